//! `GET /api/2/events/segmentation`: how much of up to two events there was, per interval.

use axum::Json;
use serde_json::{Value, json};
use sluice_insights::InsightResult;

use super::failure::{Failure, Result};
use super::formula::with_properties;
use super::params::{Days, Every, Params};
use super::project::Project;
use super::question::{Event, Segment, user_property};

const INTERVALS: &[(&str, Every)] = &[
    ("1", Every::Day),
    ("7", Every::Week),
    ("30", Every::Month),
    ("90", Every::Quarter),
    ("-3600000", Every::Hour),
    ("-300000", Every::FiveMinutes),
];

/// `m`, and whether it measures a property: the first that the event is grouped by.
const MEASURES: &[(&str, (&str, bool))] = &[
    ("uniques", ("uniques", false)),
    ("totals", ("totals", false)),
    ("pct_dau", ("active_percent", false)),
    ("average", ("average", false)),
    (HISTOGRAM, (HISTOGRAM, true)),
    ("sums", ("sum", true)),
    ("value_avg", ("property_average", true)),
    (FORMULA, ("uniques", false)),
];
const FORMULA: &str = "formula";
const HISTOGRAM: &str = "histogram";

pub(super) async fn segmentation(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    let mut events = vec![Event::parse("e", params.required("e")?)?];
    if let Some(second) = params.get("e2") {
        events.push(Event::parse("e2", second)?);
    }
    let names: Vec<String> = events.iter().map(|event| event.name.clone()).collect();
    let (segments, breakdown) = Segment::with_breakdown(params)?;
    let asked = Asked {
        days: params.days()?,
        every: params.every(INTERVALS)?,
        measure: params.choice("m", MEASURES)?,
        people: params.people("any")?,
        limit: params.limit()?,
        over_time: over_time(params)?,
        second_group: second_group(params)?,
    };
    if params.get("m") == Some(FORMULA) {
        project.check_events(&names).await?;
        return formula(&project, &asked, &events, &segments, breakdown.as_ref()).await;
    }
    let mut series = Series { is_paired: events.len() > 1, ..Series::default() };
    let mut questions = Vec::new();
    for (index, event) in events.into_iter().enumerate() {
        for segment in &segments {
            let (question, is_grouped) = asked.question(&event, segment, breakdown.as_ref())?;
            series.is_paired |= is_grouped;
            questions.push((index, segment.label.clone(), question));
        }
    }
    project.check_events(&names).await?;
    for (index, label, question) in questions {
        let InsightResult::Trend(result) = project.ask(question).await? else { continue };
        series.x_values = result.buckets.iter().map(|bucket| x_value(&bucket.label)).collect();
        series.rows.extend(result.series.into_iter().map(|one| Row {
            event: index,
            label: row_label([one.bin, one.group, one.subgroup], &label),
            values: one.values,
            total: one.total,
        }));
    }
    Ok(Json(series.to_json()))
}

/// A formula of both events: one series per segment or group.
async fn formula(
    project: &Project,
    asked: &Asked,
    events: &[Event],
    segments: &[Segment],
    breakdown: Option<&Value>,
) -> Result<Json<Value>> {
    let formula = project.params.required(FORMULA)?;
    let (formula, given) = with_properties(formula, events)?;
    if events.iter().zip(given).any(|(event, given)| event.group_by.len() > usize::from(given)) {
        let message = "a formula is grouped by `g`; the first property of an event's `group_by` is \
            what its functions such as PROPSUM are about";
        return Err(Failure::parameter("e", message));
    }
    let selectors: Vec<_> = events.iter().map(|event| &event.selector).collect();
    let mut series = Series { is_paired: breakdown.is_some(), ..Series::default() };
    for segment in segments {
        let mut question = asked.about(&json!(selectors), segment);
        question["formula"] = formula.as_str().into();
        asked.split(&mut question, &breakdown.into_iter().cloned().collect::<Vec<_>>())?;
        let InsightResult::Trend(result) = project.ask(question).await? else { continue };
        series.x_values = result.buckets.iter().map(|bucket| x_value(&bucket.label)).collect();
        series.rows.extend(result.formulas.into_iter().flatten().map(|one| Row {
            event: 0,
            label: row_label([None, one.group, one.subgroup], &segment.label),
            values: one.values,
            total: one.total,
        }));
    }
    Ok(Json(series.to_json()))
}

/// What holds for every event and segment.
struct Asked {
    days: Days,
    every: Every,
    measure: (&'static str, bool),
    people: &'static str,
    limit: usize,
    over_time: Option<Value>,
    second_group: Option<Value>,
}

/// `rollingWindow` and `rollingAverage`: over so many intervals up to each.
fn over_time(params: &Params) -> Result<Option<Value>> {
    let asked = [("rollingWindow", "rolling_window"), ("rollingAverage", "rolling_average")];
    let given = asked.iter().filter(|(theirs, _)| params.get(theirs).is_some());
    let given: Vec<_> = given.collect();
    match given[..] {
        [] => Ok(None),
        [(theirs, ours)] => Ok(Some(json!({ *ours: params.number(theirs, 1_u32)? }))),
        _ => Err(Failure::parameter("rollingAverage", "it does not go with `rollingWindow`")),
    }
}

/// `g2`: groups are then pairs of values.
fn second_group(params: &Params) -> Result<Option<Value>> {
    let second = params.get("g2").map(user_property).transpose()?;
    if second.is_some() && params.get("g").is_none() {
        return Err(Failure::parameter("g2", "it goes with `g`"));
    }
    Ok(second)
}

/// What a row counts, in words: its values, or its segment if it has none.
fn row_label(parts: [Option<String>; 3], segment: &str) -> String {
    let values: Vec<String> = parts.into_iter().flatten().collect();
    if values.is_empty() { segment.to_owned() } else { values.join("; ") }
}

impl Asked {
    fn about(&self, events: &Value, segment: &Segment) -> Value {
        let mut question = json!({
            "kind": "trend", "range": self.days.to_json(), "interval": self.every.name(),
            "events": events, "users": self.people,
        });
        segment.narrow(&mut question);
        if let Some(over_time) = &self.over_time {
            question["over_time"] = over_time.clone();
        }
        question
    }

    /// Splits a question by up to two properties; gives whether it is split.
    fn split(&self, question: &mut Value, groups: &[Value]) -> Result<bool> {
        let groups: Vec<_> = groups.iter().chain(&self.second_group).collect();
        for (place, group) in ["breakdown", "then_by"].iter().zip(&groups) {
            question[*place] = (*group).clone();
            question["groups_max"] = self.limit.into();
        }
        if groups.len() > 2 {
            return Err(Failure::invalid("At most two group-bys are available here"));
        }
        Ok(!groups.is_empty())
    }

    /// The question about one event and segment, and whether it has groups.
    fn question(
        &self,
        event: &Event,
        segment: &Segment,
        breakdown: Option<&Value>,
    ) -> Result<(Value, bool)> {
        let (name, of_property) = self.measure;
        let mut groups: Vec<Value> = event.group_by.iter().chain(breakdown).cloned().collect();
        let mut measure = json!(name);
        if of_property {
            if event.group_by.is_empty() {
                let why = "it needs a property: the first of the event's `group_by`";
                return Err(Failure::parameter("m", why));
            }
            measure = json!({ name: groups.remove(0) });
        }
        let mut question = self.about(&json!([event.selector]), segment);
        question["measure"] = measure;
        let is_split = self.split(&mut question, &groups)?;
        Ok((question, is_split || name == HISTOGRAM))
    }
}

#[derive(Default)]
struct Series {
    /// Labels are pairs of the event's index and a text.
    is_paired: bool,
    rows: Vec<Row>,
    x_values: Vec<String>,
}

struct Row {
    event: usize,
    label: String,
    values: Vec<Option<f64>>,
    total: Option<f64>,
}

impl Series {
    fn to_json(&self) -> Value {
        let label = |row: &Row| {
            if self.is_paired { json!([row.event, row.label]) } else { json!(row.label) }
        };
        let value = |value: Option<f64>| number(value.unwrap_or(0.0));
        let points = |row: &Row| row.values.iter().map(|point| value(*point)).collect::<Vec<_>>();
        let collapsed = |row: &Row| json!([{ "value": value(row.total) }]);
        json!({ "data": {
            "series": self.rows.iter().map(points).collect::<Vec<_>>(),
            "seriesLabels": self.rows.iter().map(label).collect::<Vec<_>>(),
            "seriesCollapsed": self.rows.iter().map(collapsed).collect::<Vec<_>>(),
            "xValues": self.x_values,
        } })
    }
}

/// Counts read as counts.
pub(super) fn number(value: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT { json!(value as i64) } else { json!(value) }
}

/// A bucket's name without its offset from UTC.
pub(super) fn x_value(label: &str) -> String {
    label.get(..19).unwrap_or(label).to_owned()
}

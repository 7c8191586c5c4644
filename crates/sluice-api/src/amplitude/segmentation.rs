//! `GET /api/2/events/segmentation`: how much of up to two events there was, per interval.

use axum::Json;
use serde_json::{Value, json};
use sluice_insights::InsightResult;
use sluice_insights::trend::spec::TrendSeries;

use super::failure::{Failure, Result};
use super::params::{Days, Every};
use super::project::Project;
use super::question::{Event, Segment};

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
    ("sums", ("sum", true)),
    ("value_avg", ("property_average", true)),
];

pub(super) async fn segmentation(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    params.refuse(&["formula", "g2", "rollingWindow", "rollingAverage"])?;
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
    };
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
        series.rows.extend(result.series.into_iter().map(|one| (index, label.clone(), one)));
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
}

impl Asked {
    /// The question about one event and segment, and whether it has groups.
    fn question(
        &self,
        event: &Event,
        segment: &Segment,
        breakdown: Option<&Value>,
    ) -> Result<(Value, bool)> {
        let (name, of_property) = self.measure;
        let mut groups = event.group_by.iter().chain(breakdown);
        let measure = if of_property {
            let property =
                groups.next().filter(|_| !event.group_by.is_empty()).ok_or_else(|| {
                    Failure::parameter(
                        "m",
                        "it needs a property: the first of the event's `group_by`",
                    )
                })?;
            json!({ name: property })
        } else {
            json!(name)
        };
        let group = groups.next();
        if groups.next().is_some() {
            return Err(Failure::invalid("Only one group-by is available here"));
        }
        let mut question = json!({
            "kind": "trend", "range": self.days.to_json(), "interval": self.every.name(),
            "events": [event.selector], "measure": measure, "users": self.people,
            "segment": segment.conditions,
        });
        if let Some(group) = group {
            question["breakdown"] = group.clone();
            question["groups_max"] = self.limit.into();
        }
        Ok((question, group.is_some()))
    }
}

#[derive(Default)]
struct Series {
    /// Labels are pairs of the event's index and a text.
    is_paired: bool,
    rows: Vec<(usize, String, TrendSeries)>,
    x_values: Vec<String>,
}

impl Series {
    fn to_json(&self) -> Value {
        let label = |(index, segment, one): &(usize, String, TrendSeries)| {
            let text = one.group.as_ref().unwrap_or(segment);
            if self.is_paired { json!([index, text]) } else { json!(text) }
        };
        let value = |value: Option<f64>| number(value.unwrap_or(0.0));
        let series: Vec<Vec<Value>> = self
            .rows
            .iter()
            .map(|(_, _, one)| one.values.iter().map(|point| value(*point)).collect())
            .collect();
        let collapsed: Vec<Value> =
            self.rows.iter().map(|(_, _, one)| json!([{ "value": value(one.total) }])).collect();
        json!({ "data": {
            "series": series,
            "seriesLabels": self.rows.iter().map(label).collect::<Vec<_>>(),
            "seriesCollapsed": collapsed,
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

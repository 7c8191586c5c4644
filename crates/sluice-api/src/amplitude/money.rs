//! `GET /api/2/composition` and `/api/2/revenue/ltv`: how people are distributed over the values of a
//! property, and what new people have paid by each day.

use axum::Json;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use sluice_insights::InsightResult;
use sluice_insights::lifetime::spec::{LifetimeDay, LifetimeResult};

use super::failure::{Failure, Result};
use super::params::Every;
use super::project::Project;
use super::question::{Segment, user_property};
use super::segmentation::number;

const INTERVALS: &[(&str, Every)] = &[("1", Every::Day), ("7", Every::Week), ("30", Every::Month)];
/// The last day that a row shows, `r90d`.
const ROW_DAYS: usize = 90;
/// How long what a row's people pay is added up.
const TOTAL_DAYS: u32 = 366;

/// `p`: a property, by the values that people had last.
pub(super) async fn composition(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    let name = params.required("p")?;
    let mut question = json!({
        "kind": "composition", "range": params.days()?.to_json(),
        "property": user_property(name)?, "groups_max": params.limit()?,
    });
    let segments = Segment::all(params)?;
    let [segment] = &segments[..] else {
        return Err(Failure::parameter("s", "a composition goes with a single segment"));
    };
    segment.narrow(&mut question);
    let InsightResult::Composition(result) = project.ask(question).await? else {
        return Err(Failure::invalid("the question is no composition"));
    };
    let counts: Vec<_> = result.groups.iter().map(|group| group.people).collect();
    let values: Vec<_> = result.groups.into_iter().map(|group| group.value).collect();
    Ok(Json(json!({
        "data": { "series": [counts], "seriesLabels": [name], "xValues": values },
    })))
}

/// A figure of a day, of all its cohort's people.
type Figure = fn(&LifetimeDay, new_paying: u64) -> Option<f64>;

/// `m`, and the figure it stands for.
const FIGURES: &[(&str, Figure)] = &[
    ("0", |day, _| day.arpu),
    ("1", |day, _| day.arppu),
    ("2", |day, _| Some(day.amount)),
    ("3", |_, paid| Some(paid as f64)),
];

/// A row for each interval in which people were new.
pub(super) async fn lifetime_value(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    params.refuse(&["g"])?;
    let figure = params.choice("m", FIGURES)?;
    let intervals = params.days()?.intervals(params.every(INTERVALS)?)?;
    let mut series = Vec::new();
    let segments = Segment::all(params)?;
    for segment in &segments {
        let mut question = json!({ "kind": "lifetime", "days_max": TOTAL_DAYS });
        segment.narrow(&mut question);
        let mut rows: Vec<(Date, Value)> = Vec::with_capacity(intervals.len());
        for interval in intervals.iter().rev() {
            question["range"] = interval.to_json();
            let InsightResult::Lifetime(result) = project.ask(question.clone()).await? else {
                return Err(Failure::invalid("the question is not about lifetime value"));
            };
            rows.push((interval.start, row(&result, figure)));
        }
        let dates: Vec<_> = rows.iter().map(|(date, _)| date.to_string()).collect();
        let values: Map<_, _> =
            rows.into_iter().map(|(date, row)| (date.to_string(), row)).collect();
        series.push(json!({ "dates": dates, "values": values }));
    }
    let labels: Vec<_> = match &segments[..] {
        [_] => vec![String::new()],
        several => several.iter().map(|segment| segment.label.clone()).collect(),
    };
    Ok(Json(json!({ "data": { "seriesLabels": labels, "series": series } })))
}

/// `r1d` is the first 24 hours. A day that not everybody of the row is old enough for has no key.
fn row(result: &LifetimeResult, figure: Figure) -> Value {
    let (mut row, mut paid, mut total) = (Map::new(), 0, 0.0);
    for (index, day) in result.days.iter().enumerate() {
        paid += day.new_paying;
        if day.incomplete {
            continue;
        }
        total = day.amount;
        if index < ROW_DAYS && result.people > 0 {
            let value = figure(day, paid).unwrap_or(0.0);
            row.insert(format!("r{}d", index + 1), number(value));
        }
    }
    row.insert("count".to_owned(), json!(result.people));
    row.insert("paid".to_owned(), json!(paid));
    row.insert("total_amount".to_owned(), number(total));
    Value::Object(row)
}

//! `GET /api/2/users`, `/api/2/realtime` and `/api/2/events/list`: how many people were there, and
//! which events.

use axum::Json;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};
use sluice_insights::InsightResult;
use sluice_insights::trend::spec::{TrendResult, TrendSeries};

use super::failure::{Failure, Result};
use super::params::{Days, Every};
use super::project::Project;
use super::question::Segment;
use super::segmentation::{number, x_value};
use crate::handles::EventName;

const INTERVALS: &[(&str, Every)] = &[("1", Every::Day), ("7", Every::Week), ("30", Every::Month)];
/// Five minutes each, of one day.
const REALTIME_POINTS: usize = 288;

pub(super) async fn count_users(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    let event = params.choice("m", &[("active", "_active"), ("new", "_new")])?;
    let (segments, breakdown) = Segment::with_breakdown(params)?;
    let mut question = json!({
        "kind": "trend", "range": params.days()?.to_json(),
        "interval": params.every(INTERVALS)?.name(),
        "events": [{ "event": event }], "measure": "uniques", "users": "any",
    });
    if let Some(breakdown) = breakdown {
        question["breakdown"] = breakdown;
        question["groups_max"] = params.limit()?.into();
    }
    let (mut series, mut meta, mut x_values) = (Vec::new(), Vec::new(), Vec::new());
    for (index, segment) in segments.into_iter().enumerate() {
        segment.narrow(&mut question);
        let result = trend(&project, question.clone()).await?;
        x_values = result.buckets.iter().map(|bucket| x_value(&bucket.label)).collect();
        for one in result.series {
            meta.push(one.group.as_ref().map_or(json!({ "segmentIndex": index }), |g| json!(g)));
            series.push(values(&one));
        }
    }
    Ok(Json(json!({ "data": { "series": series, "seriesMeta": meta, "xValues": x_values } })))
}

async fn trend(project: &Project, question: Value) -> Result<TrendResult> {
    match project.ask(question).await? {
        InsightResult::Trend(result) => Ok(result),
        _ => Err(Failure::invalid("the question is no trend")),
    }
}

fn values(series: &TrendSeries) -> Vec<Value> {
    series.values.iter().map(|value| number(value.unwrap_or(0.0))).collect()
}

/// People who were active, in steps of five minutes: the last day beside the one before.
pub(super) async fn realtime(project: Project) -> Result<Json<Value>> {
    project.params.every(&[("5", Every::FiveMinutes)])?;
    let now = project.api.site().clock.now();
    let now = jiff::Timestamp::from_microsecond(now.as_micros())
        .ok()
        .and_then(|now| now.in_tz(&project.time_zone).ok())
        .ok_or_else(|| Failure::invalid("the workspace's time zone is not known"))?;
    let before = |days: i64| -> Date { now.date().saturating_sub(days.days()) };
    let (mut x_values, mut counts) = (Vec::new(), Vec::new());
    for (start, end) in [(before(2), before(1)), (before(0), before(0))] {
        let question = json!({
            "kind": "trend", "range": Days { start, end }.to_json(), "interval": "5_minutes",
            "events": [{ "event": "_active" }], "measure": "uniques", "users": "any",
        });
        let result = trend(&project, question).await?;
        let begun = result.buckets.iter().take_while(|bucket| {
            bucket.from.parse::<jiff::Timestamp>().is_ok_and(|from| from <= now.timestamp())
        });
        let begun = begun.map(|bucket| bucket.label.get(11..16).unwrap_or_default().to_owned());
        let begun: Vec<String> = begun.collect();
        let of_all = result.series.first().map(values).unwrap_or_default();
        counts.extend(of_all.into_iter().take(begun.len()));
        x_values.extend(begun);
    }
    let today = counts.len().saturating_sub(REALTIME_POINTS);
    let yesterday = today.saturating_sub(REALTIME_POINTS);
    Ok(Json(json!({ "data": {
        "xValues": x_values[today..],
        "seriesLabels": ["Today", "Yesterday"],
        "series": [counts[today..], counts[yesterday..today]],
    } })))
}

/// The events that charts can show; what only says who somebody is, is none.
pub(super) async fn list_events(project: Project) -> Result<Json<Value>> {
    let shown = |event: EventName| {
        let called =
            [&event.told.display_name, &event.name].into_iter().find(|one| !one.is_empty());
        json!({
            "value": event.name, "display": called, "totals": event.count,
            "non_active": false, "deleted": false, "hidden": event.told.is_not_offered,
            "flow_hidden": false,
        })
    };
    let events = project.events().await?.into_iter().filter(|event| event.is_active);
    Ok(Json(json!({ "data": events.map(shown).collect::<Vec<_>>() })))
}

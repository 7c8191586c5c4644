//! `GET /api/2/funnels`: how many people got how far through the steps, in all and for each interval
//! of the step they began with.

use axum::Json;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use sluice_insights::InsightResult;
use sluice_insights::funnel::spec::{
    Durations, FunnelBars, FunnelMoment, FunnelResult, FunnelStep,
};
use sluice_insights::trend::spec::Bucket;

use super::failure::{Failure, Result};
use super::params::{Every, month_day};
use super::project::Project;
use super::question::{Event, Segment};

/// `mode`, and what it is called in a question.
const MODES: &[(&str, &str)] =
    &[("ordered", "in_order"), ("unordered", "any"), ("sequential", "exact")];
const DAY_SECONDS: u32 = 86_400;
/// 30 days.
const WINDOW_SECONDS_DEFAULT: u32 = 2_592_000;
const INTERVALS: &[(&str, Every)] = &[("1", Every::Day), ("7", Every::Week), ("30", Every::Month)];

pub(super) async fn funnels(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    let order = params.choice("mode", MODES)?;
    let window = params.number("cs", WINDOW_SECONDS_DEFAULT)?;
    // Without an order the window has whole days, one at least.
    let window = if order == "any" { (window / DAY_SECONDS).max(1) * DAY_SECONDS } else { window };
    let steps = Event::all(params, "e")?;
    if steps.len() < 2 {
        return Err(Failure::parameter("e", "a funnel has at least two events"));
    }
    if steps.iter().any(|step| !step.group_by.is_empty()) {
        return Err(Failure::parameter("e", "group by `g` instead of by an event"));
    }
    let names: Vec<String> = steps.iter().map(|step| step.name.clone()).collect();
    let (segments, breakdown) = Segment::with_breakdown(params)?;
    let days = params.days()?;
    let mut question = json!({
        "kind": "funnel", "range": days.to_json(), "interval": params.every(INTERVALS)?.name(),
        "steps": steps.iter().map(|step| &step.selector).collect::<Vec<_>>(),
        "window_seconds": window, "order": order,
        "users": params.people("active")?,
    });
    if let Some(breakdown) = breakdown {
        question["breakdown"] = breakdown;
        question["groups_max"] = params.limit()?.into();
    }
    project.check_events(&names).await?;
    let mut data = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        segment.narrow(&mut question);
        let result = ask(&project, &question).await?;
        let dates: Vec<Date> =
            result.buckets.iter().flatten().map(|b| begin(b, days.start)).collect();
        for (group, bars) in groups(result) {
            data.push(funnel(index, group.as_deref(), &names, &bars, &dates));
        }
    }
    Ok(Json(json!({ "data": data })))
}

async fn ask(project: &Project, question: &Value) -> Result<FunnelResult> {
    match project.ask(question.clone()).await? {
        InsightResult::Funnel(result) => Ok(result),
        _ => Err(Failure::invalid("the question is no funnel")),
    }
}

/// The first day of an interval that is in the range.
fn begin(bucket: &Bucket, start: Date) -> Date {
    bucket.label.parse().map_or(start, |date: Date| date.max(start))
}

/// The groups, largest first; without a breakdown the one of everybody, which has no name.
fn groups(result: FunnelResult) -> Vec<(Option<String>, FunnelBars)> {
    match result.groups {
        None => vec![(None, result.overall)],
        Some(groups) => groups.into_iter().map(|one| (Some(one.group), one.bars)).collect(),
    }
}

fn funnel(
    segment: usize,
    group: Option<&str>,
    names: &[String],
    bars: &FunnelBars,
    dates: &[Date],
) -> Value {
    let x_values: Vec<_> = dates.iter().map(ToString::to_string).collect();
    let formatted: Vec<_> = dates.iter().map(|date| month_day(*date)).collect();
    let per_interval = |of: fn(&FunnelMoment, usize) -> Value| {
        let row = |moment: &FunnelMoment| (0..names.len()).map(|step| of(moment, step)).collect();
        let series: Vec<Vec<Value>> = bars.over_time.iter().flatten().map(row).collect();
        json!({ "series": series, "xValues": x_values, "formattedXValues": formatted })
    };
    let per_step = |of: fn(&FunnelStep) -> Value| bars.steps.iter().map(of).collect::<Vec<_>>();
    let mut meta = Map::from_iter([("segmentIndex".to_owned(), json!(segment))]);
    let mut funnel = json!({
        "events": names,
        "stepByStep": per_step(|step| json!(step.from_previous.unwrap_or(0.0))),
        "cumulative": per_step(|step| json!(step.from_start.unwrap_or(0.0))),
        "cumulativeRaw": per_step(|step| json!(step.people)),
        "dropoffCounts": per_step(|step| json!(step.dropped_off)),
        "medianTransTimes": per_step(|step| median(step.time_from_previous)),
        "avgTransTimes": per_step(|step| mean(step.time_from_previous)),
        "dayFunnels": per_interval(|moment, step| json!(moment.people[step])),
        "dayMedianTransTimes": per_interval(|moment, step| median(time_to(moment, step))),
        "dayAvgTransTimes": per_interval(|moment, step| mean(time_to(moment, step))),
    });
    if let Some(group) = group {
        meta.insert("groupValue".to_owned(), json!(group));
        funnel["groupValue"] = json!(group);
    }
    funnel["meta"] = Value::Object(meta);
    funnel
}

fn time_to(moment: &FunnelMoment, step: usize) -> Option<Durations> {
    moment.times_from_previous[step.checked_sub(1)?]
}

fn median(time: Option<Durations>) -> Value {
    millis(time.map(|time| time.median_seconds))
}

fn mean(time: Option<Durations>) -> Value {
    millis(time.map(|time| time.mean_seconds))
}

/// In milliseconds; zero where nobody came.
fn millis(seconds: Option<f64>) -> Value {
    json!((seconds.unwrap_or(0.0) * 1_000.0).round() as i64)
}

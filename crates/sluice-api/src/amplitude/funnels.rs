//! `GET /api/2/funnels`: how many people got how far through the steps, in all and for each interval
//! of the step they began with.

use std::collections::HashMap;

use axum::Json;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use sluice_insights::InsightResult;
use sluice_insights::funnel::spec::{Durations, FunnelBars, FunnelResult, FunnelStep};

use super::failure::{Failure, Result};
use super::params::{Days, Every, month_day};
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
    let intervals = days.intervals(params.every(INTERVALS)?)?;
    let mut question = json!({
        "kind": "funnel",
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
        let whole = ask(&project, &question, days).await?;
        let mut parts = Vec::with_capacity(intervals.len());
        for interval in &intervals {
            let result = ask(&project, &question, *interval).await?;
            parts.push((interval.start, by_group(result)));
        }
        for (group, bars) in groups(whole) {
            data.push(funnel(index, group.as_deref(), &names, &bars, &parts));
        }
    }
    Ok(Json(json!({ "data": data })))
}

async fn ask(project: &Project, question: &Value, days: Days) -> Result<FunnelResult> {
    let mut question = question.clone();
    question["range"] = days.to_json();
    match project.ask(question).await? {
        InsightResult::Funnel(result) => Ok(result),
        _ => Err(Failure::invalid("the question is no funnel")),
    }
}

/// The groups, largest first; without a breakdown the one of everybody, which has no name.
fn groups(result: FunnelResult) -> Vec<(Option<String>, FunnelBars)> {
    match result.groups {
        None => vec![(None, result.overall)],
        Some(groups) => groups.into_iter().map(|one| (Some(one.group), one.bars)).collect(),
    }
}

fn by_group(result: FunnelResult) -> HashMap<Option<String>, FunnelBars> {
    groups(result).into_iter().collect()
}

type Part = (Date, HashMap<Option<String>, FunnelBars>);

fn funnel(
    segment: usize,
    group: Option<&str>,
    names: &[String],
    bars: &FunnelBars,
    parts: &[Part],
) -> Value {
    let none = FunnelBars::default();
    let key = group.map(str::to_owned);
    let part = |index: usize| parts[index].1.get(&key).unwrap_or(&none);
    let per_interval = |of: fn(&FunnelStep) -> Value| {
        let row = |index: usize| -> Vec<Value> {
            let bars = part(index);
            (0..names.len()).map(|step| bars.steps.get(step).map_or(json!(0), of)).collect()
        };
        let series: Vec<_> = (0..parts.len()).map(row).collect();
        let dates: Vec<Date> = parts.iter().map(|(date, _)| *date).collect();
        json!({
            "series": series,
            "xValues": dates.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "formattedXValues": dates.iter().map(|date| month_day(*date)).collect::<Vec<_>>(),
        })
    };
    let per_step = |of: fn(&FunnelStep) -> Value| bars.steps.iter().map(of).collect::<Vec<_>>();
    let mut meta = Map::from_iter([("segmentIndex".to_owned(), json!(segment))]);
    let mut funnel = json!({
        "events": names,
        "stepByStep": per_step(|step| json!(step.from_previous.unwrap_or(0.0))),
        "cumulative": per_step(|step| json!(step.from_start.unwrap_or(0.0))),
        "cumulativeRaw": per_step(|step| json!(step.people)),
        "dropoffCounts": per_step(|step| json!(step.dropped_off)),
        "medianTransTimes": per_step(|step| millis(step, |times| times.median_seconds)),
        "avgTransTimes": per_step(|step| millis(step, |times| times.mean_seconds)),
        "dayFunnels": per_interval(|step| json!(step.people)),
        "dayMedianTransTimes": per_interval(|step| millis(step, |times| times.median_seconds)),
        "dayAvgTransTimes": per_interval(|step| millis(step, |times| times.mean_seconds)),
    });
    if let Some(group) = group {
        meta.insert("groupValue".to_owned(), json!(group));
        funnel["groupValue"] = json!(group);
    }
    funnel["meta"] = Value::Object(meta);
    funnel
}

/// From the step before, in milliseconds; zero where nobody came.
fn millis(step: &FunnelStep, of: fn(&Durations) -> f64) -> Value {
    let seconds = step.time_from_previous.as_ref().map_or(0.0, of);
    json!((seconds * 1_000.0).round() as i64)
}

//! `GET /api/2/retention`: who came back, by the date of their start.

use axum::Json;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use sluice_insights::InsightResult;
use sluice_insights::retention::spec::{RetentionCell, RetentionGrid};

use super::failure::{Failure, Result};
use super::params::{Every, month_day};
use super::project::Project;
use super::question::{Event, Segment};

const INTERVALS: &[(&str, Every)] = &[("1", Every::Day), ("7", Every::Week), ("30", Every::Month)];

pub(super) async fn retention(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    let events = [("se", "_new"), ("re", "_active")].map(|(name, default)| {
        let default = json!({ "event_type": default }).to_string();
        Event::parse(name, params.get(name).unwrap_or(&default))
    });
    let [start, returning] = events;
    let (start, returning) = (start?, returning?);
    if !start.group_by.is_empty() || !returning.group_by.is_empty() {
        return Err(Failure::parameter("se", "group by `g` instead of by an event"));
    }
    let (segments, breakdown) = Segment::with_breakdown(params)?;
    let days = params.days()?;
    let mode = match params.choice("rm", &[("n-day", 0), ("rolling", 1), ("bracket", 2)])? {
        0 => json!("on"),
        1 => json!("on_or_after"),
        _ => {
            let brackets: Vec<[u32; 2]> = serde_json::from_str(params.required("rb")?)
                .map_err(|_| Failure::parameter("rb", "brackets are written [[0,1],[1,4]]"))?;
            json!({ "brackets": brackets })
        }
    };
    let mut question = json!({
        "kind": "retention", "range": days.to_json(), "unit": params.every(INTERVALS)?.name(),
        "start": start.selector, "returning": returning.selector, "mode": mode,
    });
    if let Some(breakdown) = breakdown {
        question["breakdown"] = breakdown;
        question["groups_max"] = params.limit()?.into();
    }
    project.check_events(&[start.name, returning.name]).await?;
    // The same day of two years must not have one name.
    let with_year = days.start.year() != days.end.year();
    let (mut series, mut meta) = (Vec::new(), Vec::new());
    for (index, segment) in segments.into_iter().enumerate() {
        segment.narrow(&mut question);
        let InsightResult::Retention(result) = project.ask(question.clone()).await? else {
            continue;
        };
        let mut put = |grid: &RetentionGrid, group: Option<String>| {
            series.push(grid_json(grid, with_year));
            let mut about = json!({ "segmentIndex": index, "eventIndex": 0 });
            if let Some(group) = group {
                about["groupByValue"] = group.into();
            }
            meta.push(about);
        };
        match result.groups {
            None => put(&result.overall, None),
            Some(groups) => groups.into_iter().for_each(|one| put(&one.grid, Some(one.group))),
        }
    }
    Ok(Json(json!({ "data": { "series": series, "seriesMeta": meta } })))
}

/// The first cell of a row is its size; then come the intervals.
fn grid_json(grid: &RetentionGrid, with_year: bool) -> Value {
    let name = |label: &str| match label.parse::<Date>() {
        Ok(date) if with_year => format!("{}, {}", month_day(date), date.year()),
        Ok(date) => month_day(date),
        Err(_) => label.to_owned(),
    };
    let size = |people: u64| json!({ "count": people, "outof": people, "incomplete": false });
    let cell = |cell: &RetentionCell| json!({ "count": cell.people, "outof": cell.of, "incomplete": cell.incomplete });
    let mut values = Map::new();
    for row in grid.rows.iter().rev() {
        let cells = std::iter::once(size(row.people)).chain(row.cells.iter().map(cell));
        values.insert(name(&row.label), cells.collect());
    }
    let combined = std::iter::once(size(grid.people)).chain(grid.combined.iter().map(cell));
    let combined = combined.map(|mut cell| {
        cell["retainedSetId"] = Value::Null;
        cell
    });
    json!({
        "dates": values.keys().cloned().collect::<Vec<_>>(),
        "values": values,
        "combined": combined.collect::<Vec<_>>(),
    })
}

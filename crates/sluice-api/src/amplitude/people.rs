//! `GET /api/2/usersearch` and `/api/2/useractivity`: who somebody is and what they did. The number
//! that Amplitude calls `amplitude_id` is the person's.

use axum::Json;
use jiff::Timestamp;
use serde_json::{Value, json};
use sluice_event::{ExternalId, PersonId};

use super::failure::{Failure, Result};
use super::project::Project;
use super::row::{Row, platform};
use crate::handles::{Person, PersonEvent, PersonEventsQuery, PersonSummary};

const MATCHES_MAX: u32 = 100;
const ACTIVITY_MAX: usize = 1_000;
/// Events that are passed over to get at those asked for.
const PASSED_OVER_MAX: usize = 20_000;

/// First who has the text as a whole identifier, then whose number it is, then whose main identifier
/// begins with it.
pub(super) async fn search(project: Project) -> Result<Json<Value>> {
    let text = project.params.required("user")?.trim().to_owned();
    let people = &project.api.handles().people;
    let mut found = Vec::new();
    for kind in ["user_id", "anonymous_id"] {
        let id = ExternalId::new(kind, &text);
        found.extend(people.find(project.workspace, id).await?);
    }
    found.dedup();
    let mut kind = "match_user_or_device_id";
    if found.is_empty()
        && let Ok(number) = text.parse()
        && let Some(person) = people.person(project.workspace, PersonId(number)).await?
    {
        kind = "match_amplitude_id";
        found.push(PersonId(person.id));
    }
    let mut matches = people.summaries(project.workspace, found).await?;
    if matches.is_empty() {
        kind = "match_user_prefix";
        let like = people.search(project.workspace, text.clone(), MATCHES_MAX).await?.people;
        let begins = |one: &PersonSummary| {
            one.main_id.as_ref().is_some_and(|id| id.value.starts_with(&text))
        };
        matches = like.into_iter().filter(begins).collect();
    }
    if matches.is_empty() {
        kind = "nomatch";
    }
    let matches: Vec<Value> = matches.iter().map(|one| matched(one, &project)).collect();
    Ok(Json(json!({ "matches": matches, "type": kind })))
}

fn matched(one: &PersonSummary, project: &Project) -> Value {
    let user = one.main_id.as_ref().filter(|id| id.r#type == "user_id").map(|id| &id.value);
    json!({
        "user_id": user,
        "amplitude_id": one.id,
        "last_seen": date(one.last_seen_at.as_deref(), project),
        "platform": null,
        "country": null,
    })
}

/// The local date of a time.
fn date(time: Option<&str>, project: &Project) -> Option<String> {
    let at: Timestamp = time?.parse().ok()?;
    Some(at.in_tz(&project.time_zone).ok()?.date().to_string())
}

pub(super) async fn activity(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    let number: u64 = params
        .required("user")?
        .parse()
        .map_err(|_| Failure::parameter("user", "it is an amplitude_id, a number"))?;
    let offset = params.number("offset", 0_usize)?;
    let limit = params.number("limit", ACTIVITY_MAX)?.clamp(1, ACTIVITY_MAX);
    let is_latest = params.choice("direction", &[("latest", true), ("earliest", false)])?;
    let people = &project.api.handles().people;
    let Some(person) = people.person(project.workspace, PersonId(number)).await? else {
        let user = json!({ "canonical_amplitude_id": number, "num_events": 0, "num_sessions": 0 });
        return Ok(Json(json!({ "userData": user, "events": [] })));
    };
    let total = usize::try_from(person.events).unwrap_or(usize::MAX);
    let taken = limit.min(total.saturating_sub(offset));
    // The list goes from the newest; the earliest are at its end.
    let passed_over = if is_latest { offset } else { total.saturating_sub(offset + taken) };
    let newest = timeline(&project, person.id, 0, 1).await?;
    let mut events = timeline(&project, person.id, passed_over, taken).await?;
    if !is_latest {
        events.reverse();
    }
    let events: Vec<Value> = events.iter().filter_map(|one| row(one, &person, &project)).collect();
    let user = user_data(&person, newest.first(), &project);
    Ok(Json(json!({ "userData": user, "events": events })))
}

async fn timeline(
    project: &Project,
    person: u64,
    mut passed_over: usize,
    mut wanted: usize,
) -> Result<Vec<PersonEvent>> {
    if passed_over > PASSED_OVER_MAX {
        let message = format!("more than {PASSED_OVER_MAX} events would be passed over");
        return Err(Failure::parameter("offset", message));
    }
    let (mut events, mut before) = (Vec::new(), None);
    while wanted > 0 {
        let count = if passed_over > 0 { passed_over } else { wanted }.min(ACTIVITY_MAX);
        let count_asked = u32::try_from(count).unwrap_or(u32::MAX);
        let which = PersonEventsQuery { before, count: count_asked, name: None };
        let people = &project.api.handles().people;
        let page = people.events(project.workspace, PersonId(person), which).await?;
        if passed_over > 0 {
            passed_over -= count;
        } else {
            wanted -= count;
            events.extend(page.events);
        }
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    Ok(events)
}

/// `None` for an event that is not kept any more.
fn row(one: &PersonEvent, person: &Person, project: &Project) -> Option<Value> {
    let event: Value = serde_json::from_str(&one.event.as_ref()?.0).ok()?;
    let row = Row {
        workspace: project.workspace,
        offset: one.offset,
        name: &one.name,
        person: person.id,
        event: &event,
        traits: json!({}),
    };
    Some(row.to_json())
}

fn user_data(person: &Person, newest: Option<&PersonEvent>, project: &Project) -> Value {
    let ids = |kind: &str| -> Vec<&str> {
        let of_kind = person.external_ids.iter().filter(|id| id.r#type == kind);
        of_kind.map(|id| id.value.as_str()).collect()
    };
    let merged: Vec<u64> = (person.merges.iter())
        .filter(|merge| merge.undone_at.is_none())
        .map(|merge| merge.absorbed)
        .collect();
    let event: Value = newest
        .and_then(|one| one.event.as_ref())
        .and_then(|json| serde_json::from_str(&json.0).ok())
        .unwrap_or_default();
    let last = |path: &str| event.pointer(path).cloned().unwrap_or(Value::Null);
    let place = match (last("/context/location/latitude"), last("/context/location/longitude")) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (lat, lng) => json!({ "lat": lat, "lng": lng }),
    };
    json!({
        "user_id": ids("user_id").first(),
        "canonical_amplitude_id": person.id,
        "merged_amplitude_ids": merged,
        "num_events": person.events,
        "num_sessions": null,
        "usage_time": null,
        "purchases": null,
        "revenue": null,
        "first_used": date(person.first_seen_at.as_deref(), project),
        "last_used": date(person.last_seen_at.as_deref(), project),
        "device_ids": ids("anonymous_id"),
        "last_device_id": last("/anonymousId"),
        "platform": platform(&event),
        "os": last("/context/os/name"),
        "version": last("/context/app/version"),
        "device": last("/context/device/model"),
        "device_type": last("/context/device/model"),
        "carrier": last("/context/network/carrier"),
        "country": last("/context/location/country"),
        "region": last("/context/location/region"),
        "city": last("/context/location/city"),
        "dma": last("/context/amplitude/dma"),
        "language": last("/context/locale"),
        "start_version": last("/context/amplitude/start_version"),
        "last_location": place,
        "properties": person.traits,
    })
}

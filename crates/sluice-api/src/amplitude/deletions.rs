//! `/api/2/deletions/users`: Amplitude's deletion API. Here a deletion begins at once: nobody is in any
//! answer when the request is answered, so there is nothing to revoke.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_event::PersonId;
use sluice_model::{Erasure, Role};

use super::failure::{Failure, Result};
use super::project::{Project, body};
use crate::handles::PersonKey;

const BODY_BYTES_MAX: usize = 256 * 1024;
/// Ids of one request.
const IDS_MAX: usize = 100;
/// Longest time that a list is asked of.
const DAYS_MAX: i32 = 184;

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    amplitude_ids: Vec<u64>,
    #[serde(default)]
    user_ids: Vec<Value>,
    #[serde(default)]
    requester: Option<String>,
    #[serde(default, alias = "ignore_invalid_ids")]
    ignore_invalid_id: Value,
    #[serde(default)]
    delete_from_org: Value,
}

/// Amplitude writes flags as text.
fn is_true(flag: &Value) -> bool {
    *flag == Value::Bool(true)
        || flag.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

pub(super) async fn delete_users(project: Project, sent: Body) -> Result<Json<Value>> {
    let actor = project.allowed(Role::Admin)?;
    let asked: Asked = serde_json::from_slice(&body(sent, BODY_BYTES_MAX).await?)
        .map_err(|error| Failure::invalid(format!("Invalid body: {error}")))?;
    if is_true(&asked.delete_from_org) {
        let message = "`delete_from_org` is not available: ask each workspace by its own keys";
        return Err(Failure::invalid(message));
    }
    let text = |id: &Value| id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let users = asked.user_ids.iter().map(|id| PersonKey::UserId(text(id)));
    let numbers = asked.amplitude_ids.iter().map(|id| PersonKey::Number(PersonId(*id)));
    let keys: Vec<PersonKey> = numbers.chain(users).collect();
    if keys.is_empty() || keys.len() > IDS_MAX {
        let message = format!("`amplitude_ids` and `user_ids` hold 1 to {IDS_MAX} ids together");
        return Err(Failure::invalid(message));
    }
    let found = project.api.handles().people.known(project.workspace, keys.clone()).await?;
    let missing = keys.iter().zip(&found).filter(|(_, found)| found.is_none());
    let invalid: Vec<String> = missing.map(|(key, _)| key.to_string()).collect();
    if !invalid.is_empty() && !is_true(&asked.ignore_invalid_id) {
        let message = format!(
            "Invalid ids: {}; send `\"ignore_invalid_id\": \"true\"` to leave them out",
            invalid.join(", ")
        );
        return Err(Failure::invalid(message));
    }
    let mut people: Vec<PersonId> = found.into_iter().flatten().collect();
    people.sort_unstable();
    people.dedup();
    let requester = asked.requester.unwrap_or_else(|| actor.name.clone());
    if !people.is_empty() {
        let erasures = &project.api.handles().erasures;
        erasures.erase(project.workspace, people.clone(), requester.clone(), actor).await?;
    }
    let now = project.api.site().clock.now();
    let erasure = |person: &PersonId| Erasure {
        person: person.0,
        requester: requester.clone(),
        requested_at: now,
        finished_at: None,
    };
    let erasures: Vec<Erasure> = people.iter().map(erasure).collect();
    let mut job = job(&day(&erasures, now), &erasures.iter().collect::<Vec<_>>());
    job["invalid_ids"] = invalid.into();
    Ok(Json(job))
}

/// The day of a job, in UTC.
fn day(erasures: &[Erasure], now: sluice_base::Timestamp) -> String {
    date(erasures.first().map_or(now, |first| first.requested_at))
}

fn date(at: sluice_base::Timestamp) -> String {
    at.to_string().chars().take_while(|c| *c != 'T').collect()
}

/// The deletions of a day.
fn job(day: &str, erasures: &[&Erasure]) -> Value {
    let is_done = !erasures.is_empty() && erasures.iter().all(|one| one.finished_at.is_some());
    let finished = erasures.iter().filter_map(|one| one.finished_at).max().filter(|_| is_done);
    let ids: Vec<Value> = erasures
        .iter()
        .map(|one| {
            json!({
                "amplitude_id": one.person, "requester": one.requester,
                "requested_on_day": date(one.requested_at),
            })
        })
        .collect();
    json!({
        "day": day, "status": if is_done { "done" } else { "submitted" }, "amplitude_ids": ids,
        "active_scrub_done_date": finished.map(date), "invalid_ids": [],
    })
}

/// The deletions of some days, a job for each.
pub(super) async fn list_deletions(project: Project) -> Result<Json<Value>> {
    let [from, to] = ["start_day", "end_day"].map(|name| -> Result<Date> {
        let day = project.params.required(name)?.parse();
        day.map_err(|_| Failure::parameter(name, "a day is written YYYY-MM-DD"))
    });
    let (from, to) = (from?, to?);
    let days = from.until(to).map_or(i32::MAX, |span| span.get_days());
    if !(0..=DAYS_MAX).contains(&days) {
        return Err(Failure::parameter("end_day", "it is from `start_day` to six months later"));
    }
    let instant = |date: Date| -> Result<sluice_base::Timestamp> {
        let at: Timestamp = date
            .in_tz("UTC")
            .map_err(|_| Failure::parameter("start_day", "it is no day"))?
            .timestamp();
        Ok(sluice_base::Timestamp::from_micros(at.as_microsecond()))
    };
    let (from, to) = (instant(from)?, instant(to.saturating_add(1.day()))?);
    let workspace = project.workspace;
    let found =
        project.api.store().call(move |store| store.erasure_list(workspace, from, to)).await?;
    let mut days: BTreeMap<String, Vec<&Erasure>> = BTreeMap::new();
    for erasure in &found {
        days.entry(date(erasure.requested_at)).or_default().push(erasure);
    }
    let jobs: Vec<Value> = days.iter().map(|(day, erasures)| job(day, erasures)).collect();
    Ok(Json(json!(jobs)))
}

/// A deletion begins when it is asked for and cannot be taken back.
pub(super) async fn revoke(
    project: Project,
    Path((person, day)): Path<(u64, String)>,
) -> Result<Json<Value>> {
    project.allowed(Role::Admin)?;
    let workspace = project.workspace;
    let (from, to) = (sluice_base::Timestamp::MIN, sluice_base::Timestamp::MAX);
    let found =
        project.api.store().call(move |store| store.erasure_list(workspace, from, to)).await?;
    let is_known = found.iter().any(|one| one.person == person && date(one.requested_at) == day);
    if !is_known {
        return Err(Failure::not_found(format!("No deletion of {person} was asked for on {day}")));
    }
    Err(Failure::invalid("The deletion has begun and cannot be revoked"))
}

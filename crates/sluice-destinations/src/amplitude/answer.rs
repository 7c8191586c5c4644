//! What an answer of Amplitude means for each record of the request. Pure.
//!
//! Amplitude stores a request wholly or not at all. When it refuses one it names the records at
//! fault, by their place or by their user and device; those are judged, and the others go again.

use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use sluice_destination_kit::{HttpAnswer, HttpFailure, Reason, Verdict};

use super::json::Object;
use super::mapping::Endpoint;

/// Codes of their own: that one user or device has to wait says nothing about the others.
const THROTTLED_USER: &str = "THROTTLED_USER";
const OVER_QUOTA: &str = "OVER_DAILY_QUOTA";
/// How long Amplitude asks to hold a throttled user or device back.
const HOLD_EVENTS: Duration = Duration::from_secs(30);
const HOLD_OTHERS: Duration = Duration::from_secs(15);
/// A daily quota is counted over 24 hours and looked at once an hour.
const HOLD_QUOTA: Duration = Duration::from_secs(3600);
/// Amplitude's firewall answers 403 now and then; a key that is refused gets it for ever.
const FORBIDDEN_ATTEMPTS_MAX: u32 = 4;
/// Of a peer's words in a reason.
const ERROR_CHARS_MAX: usize = 200;

/// The request as far as the answer speaks of it.
pub(super) struct Asked<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) is_batch: bool,
    /// JSON of each record.
    pub(super) records: Vec<&'a str>,
    /// Source events the records are of; one or more.
    pub(super) events: usize,
    /// The most attempts any of them has had, with this one.
    pub(super) attempt: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    error: String,
    missing_field: Option<String>,
    events_with_invalid_fields: Map<String, Value>,
    events_with_missing_fields: Map<String, Value>,
    events_with_invalid_id_lengths: Map<String, Value>,
    silenced_devices: Vec<Value>,
    silenced_events: Vec<usize>,
    throttled_events: Vec<usize>,
    throttled_users: Map<String, Value>,
    throttled_devices: Map<String, Value>,
    exceeded_daily_quota_users: Map<String, Value>,
    exceeded_daily_quota_devices: Map<String, Value>,
}

/// What becomes of the request's records.
#[derive(Debug, PartialEq)]
pub(super) enum Judgement {
    /// The same for all, and the peer is not to be asked about anything else just now.
    All(Verdict),
    Each(Vec<Verdict>),
}

pub(super) fn judge(asked: &Asked<'_>, answer: &Result<HttpAnswer, HttpFailure>) -> Judgement {
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return Judgement::All(failure.verdict()),
    };
    let complaint: Complaint = serde_json::from_slice(&answer.body).unwrap_or_default();
    match answer.status {
        400 => bad_request(asked, &complaint, &answer.body),
        401 => Judgement::All(wrong_key("Amplitude answered 401")),
        403 if asked.attempt >= FORBIDDEN_ATTEMPTS_MAX => {
            Judgement::All(wrong_key("Amplitude answered 403 again and again"))
        }
        403 => {
            let reason = Reason::new("403", "Amplitude's firewall refused the request");
            Judgement::All(Verdict::Retry { reason, after: None })
        }
        413 => split(asked, Reason::new("413", "the request is larger than Amplitude takes")),
        429 => throttled(asked, &complaint, answer.retry_after()),
        status => match Verdict::of_status(status, answer.retry_after()) {
            Verdict::Reject { .. } => {
                let said = words(&complaint, &answer.body);
                let reason =
                    Reason::new(status.to_string(), format!("Amplitude answered {status}{said}"));
                Judgement::Each(vec![Verdict::Reject { reason }; asked.records.len()])
            }
            Verdict::Delivered => Judgement::Each(vec![Verdict::Delivered; asked.records.len()]),
            verdict => Judgement::All(verdict),
        },
    }
}

fn wrong_key(message: &str) -> Verdict {
    Verdict::Suspend { reason: Reason::new("INVALID_API_KEY", message) }
}

fn bad_request(asked: &Asked<'_>, complaint: &Complaint, body: &[u8]) -> Judgement {
    let said = words(complaint, body);
    let is_about_key = complaint.missing_field.as_deref() == Some("api_key");
    let mentions_key = said.to_ascii_lowercase().contains("invalid api key");
    if is_about_key || mentions_key {
        return Judgement::All(wrong_key("Amplitude does not know the API key"));
    }
    let reason = |message: String| Reason::new("BAD_REQUEST", message);
    if let Some(field) = &complaint.missing_field {
        let reason = reason(format!("{field} missing"));
        return Judgement::Each(vec![Verdict::Reject { reason }; asked.records.len()]);
    }
    let faults = faults(complaint, asked.records.len());
    if faults.iter().all(Option::is_none) {
        return split(asked, reason(format!("Amplitude refused it{said}")));
    }
    let verdict = |fault: Option<String>| match fault {
        Some(fault) => Verdict::Reject { reason: reason(fault) },
        None => Verdict::Again,
    };
    Judgement::Each(faults.into_iter().map(verdict).collect())
}

/// What is wrong with each record.
fn faults(complaint: &Complaint, records: usize) -> Vec<Option<String>> {
    let mut faults: Vec<Option<String>> = vec![None; records];
    let mut note = |index: usize, what: String| {
        if let Some(fault) = faults.get_mut(index) {
            match fault {
                Some(fault) => *fault = format!("{fault}, {what}"),
                None => *fault = Some(what),
            }
        }
    };
    for (fields, what) in [
        (&complaint.events_with_missing_fields, "missing"),
        (&complaint.events_with_invalid_fields, "invalid"),
        (&complaint.events_with_invalid_id_lengths, "too short"),
    ] {
        for (field, indices) in fields {
            let indices = indices.as_array().into_iter().flatten().filter_map(Value::as_u64);
            indices
                .filter_map(|index| usize::try_from(index).ok())
                .for_each(|index| note(index, format!("{field} {what}")));
        }
    }
    let devices: Vec<&str> = complaint.silenced_devices.iter().filter_map(Value::as_str).collect();
    for index in &complaint.silenced_events {
        note(*index, format!("Amplitude has silenced the device ({})", devices.join(", ")));
    }
    faults
}

fn split(asked: &Asked<'_>, reason: Reason) -> Judgement {
    let verdict =
        if asked.events > 1 { Verdict::Split { reason } } else { Verdict::Reject { reason } };
    Judgement::Each(vec![verdict; asked.records.len()])
}

/// Holds back the users and devices named and nobody else.
fn throttled(asked: &Asked<'_>, complaint: &Complaint, after: Option<Duration>) -> Judgement {
    let hold = match asked.endpoint {
        Endpoint::Events if !asked.is_batch => HOLD_EVENTS,
        _ => HOLD_OTHERS,
    };
    let hold = after.map_or(hold, |after| after.max(hold));
    let retry = |code, message, after| Verdict::Retry {
        reason: Reason::new(code, message),
        after: Some(after),
    };
    let listed: HashSet<usize> = complaint.throttled_events.iter().copied().collect();
    let verdicts: Vec<Verdict> = (asked.records.iter().enumerate())
        .map(|(index, record)| {
            let record = Object::parse(record);
            let is_named = |users: &Map<String, Value>, devices: &Map<String, Value>| {
                record.text("user_id").is_some_and(|id| users.contains_key(&*id))
                    || record.text("device_id").is_some_and(|id| devices.contains_key(&*id))
            };
            if is_named(
                &complaint.exceeded_daily_quota_users,
                &complaint.exceeded_daily_quota_devices,
            ) {
                retry(OVER_QUOTA, "over Amplitude's daily quota of this user or device", HOLD_QUOTA)
            } else if listed.contains(&index)
                || is_named(&complaint.throttled_users, &complaint.throttled_devices)
            {
                retry(THROTTLED_USER, "Amplitude throttles this user or device", hold)
            } else {
                Verdict::Again
            }
        })
        .collect();
    if verdicts.iter().all(|verdict| *verdict == Verdict::Again) {
        return Judgement::All(retry("429", "Amplitude throttles this project", hold));
    }
    Judgement::Each(verdicts)
}

/// What Amplitude says, to be put behind a sentence.
fn words(complaint: &Complaint, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let said = if complaint.error.is_empty() { text.trim() } else { complaint.error.trim() };
    if said.is_empty() {
        return String::new();
    }
    format!(": {}", said.chars().take(ERROR_CHARS_MAX).collect::<String>())
}

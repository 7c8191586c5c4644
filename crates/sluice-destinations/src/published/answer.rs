//! From what an action gave or threw to a verdict.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use sluice_destination_kit::{Reason, Redactor, Verdict};
use sluice_functions::CallError;

use super::access::Tokens;

pub(super) const INVALID_SETTINGS: &str = "INVALID_SETTINGS";
pub(super) const PAYLOAD_VALIDATION_FAILED: &str = "PAYLOAD_VALIDATION_FAILED";
const SANDBOX_LIMIT: &str = "SANDBOX_LIMIT";
/// Codes of the client's failures that no waiting heals (`HttpFailure`).
const PRIVATE_ADDRESS: &str = "PRIVATE_ADDRESS";
/// The peer gives no new access token for the refresh token.
const TOKEN_REFRESH_FAILED: &str = "TOKEN_REFRESH_FAILED";
const LASTING_FAILURES: &[&str] = &["INVALID_SETTINGS", "REDIRECT", "ERR_INVALID_ARG_VALUE"];

/// What `main` gives for a call (`catalogue/src/core.js`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    /// The settings do not fit, in a sentence.
    pub(super) settings: Option<String>,
    /// Of single events: one result for each subscription, up to the first that failed so that
    /// others would too.
    pub(super) runs: Vec<Run>,
    /// Of a batch: one for each event.
    pub(super) each: Option<Vec<Option<Status>>>,
    /// Of a batch as a whole.
    pub(super) error: Option<Thrown>,
    /// Fetched anew since the last call.
    pub(super) tokens: Option<Tokens>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Run {
    pub(super) error: Option<Thrown>,
}

/// As a destination wrote it, so of any type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    #[serde(deserialize_with = "loose_status")]
    status: Option<u16>,
    #[serde(deserialize_with = "loose_text")]
    code: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    message: Option<String>,
}

/// A number, or one in a text.
fn loose_status<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// What is no text as its JSON.
fn loose_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// An error of the destination's code.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Thrown {
    name: String,
    message: String,
    code: Option<String>,
    status: Option<u16>,
    retry_after: Option<String>,
    /// The peer answered, and the status is its own.
    answered: bool,
    /// It was asked for a new access token.
    refresh: bool,
    /// The beginning of what it answered.
    content: Option<String>,
}

impl Thrown {
    pub(super) fn verdict(&self, redactor: &Redactor) -> Verdict {
        match self.plain_verdict(redactor) {
            passing @ Verdict::Retry { .. } => passing,
            // All events would fail alike until the owner signs in again.
            lasting if self.refresh => {
                let why = lasting.reason().map(|reason| reason.message.as_str());
                let message = format!("no new access token was given: {}", why.unwrap_or_default());
                Verdict::Suspend { reason: Reason::new(TOKEN_REFRESH_FAILED, message) }
            }
            verdict => verdict,
        }
    }

    fn plain_verdict(&self, redactor: &Redactor) -> Verdict {
        let after = self.retry_after.as_deref().and_then(seconds);
        if self.answered {
            let status = self.status.unwrap_or_default();
            let said = self.content.as_deref().unwrap_or_default().trim();
            let message = match said {
                "" => format!("the peer answered {status} {}", self.message),
                said => format!("the peer answered {status} {}: {said}", self.message),
            };
            let reason = Reason::new(status.to_string(), redactor.text(&message));
            return with_reason(Verdict::of_status(status, after), reason);
        }
        let code = self.code.clone().unwrap_or_else(|| self.name.clone());
        let reason = |code: String| Reason::new(code, redactor.text(&self.message));
        match self.name.as_str() {
            "FetchError" if code == PRIVATE_ADDRESS => Verdict::Suspend { reason: reason(code) },
            "FetchError" if LASTING_FAILURES.contains(&code.as_str()) => {
                Verdict::Reject { reason: reason(code) }
            }
            "FetchError" => Verdict::Retry { reason: reason(code), after },
            "TimeoutError" | "RequestTimeoutError" | "RequestClientError" | "AbortError" => {
                Verdict::Retry { reason: reason("ETIMEDOUT".to_owned()), after }
            }
            "AggregateAjvError" | "ValidationError" => {
                Verdict::Reject { reason: reason(PAYLOAD_VALIDATION_FAILED.to_owned()) }
            }
            _ => match self.status {
                Some(status) => with_reason(Verdict::of_status(status, after), reason(code)),
                // A fault in the destination's code, or of what it was given: it would come again.
                None => Verdict::Reject { reason: reason(code) },
            },
        }
    }
}

impl Status {
    pub(super) fn verdict(&self, redactor: &Redactor) -> Verdict {
        let Some(status) = self.status else {
            // The peer's answer was not what the destination expects of it.
            let message = "the destination could not tell what became of this event";
            return Verdict::Retry { reason: Reason::new("NO_STATUS", message), after: None };
        };
        let code = self.code.clone().unwrap_or_else(|| status.to_string());
        let message = match self.message.as_deref() {
            None | Some("") => format!("the peer answered {status} for this event"),
            Some(text) => redactor.text(text),
        };
        with_reason(Verdict::of_status(status, None), Reason::new(code, message))
    }
}

/// Nothing came back from the sandbox.
pub(super) fn of_call_error(error: &CallError) -> Verdict {
    let message = error.to_string();
    match error {
        CallError::Time(_) => {
            Verdict::Retry { reason: Reason::new("ETIMEDOUT", message), after: None }
        }
        CallError::Compute(_) | CallError::Memory(_) => {
            Verdict::Split { reason: Reason::new(SANDBOX_LIMIT, message) }
        }
        CallError::Load(_) => Verdict::Suspend { reason: Reason::new("PROGRAM", message) },
        CallError::Threw(_) => Verdict::Reject { reason: Reason::new("PROGRAM", message) },
        CallError::Ended | CallError::Stopped => {
            Verdict::Retry { reason: Reason::new("SANDBOX_ENDED", message), after: None }
        }
    }
}

fn with_reason(verdict: Verdict, reason: Reason) -> Verdict {
    match verdict {
        Verdict::Retry { after, .. } => Verdict::Retry { reason, after },
        Verdict::Suspend { .. } => Verdict::Suspend { reason },
        Verdict::Reject { .. } => Verdict::Reject { reason },
        Verdict::Split { .. } => Verdict::Split { reason },
        Verdict::Delivered | Verdict::Filtered(_) | Verdict::Again => verdict,
    }
}

/// `Retry-After` as seconds; a date is left to the scheduler's own delays.
fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse::<u32>().ok().map(|seconds| Duration::from_secs(u64::from(seconds)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(thrown: &Value, expected: &str) {
        let thrown: Thrown = serde_json::from_value(thrown.clone()).unwrap();
        let verdict = thrown.verdict(&Redactor::new(&["sesame-open".to_owned()]));
        let (kind, after) = match &verdict {
            Verdict::Retry { after, .. } => ("retry", *after),
            Verdict::Suspend { .. } => ("suspend", None),
            Verdict::Reject { .. } => ("reject", None),
            Verdict::Split { .. } => ("split", None),
            Verdict::Delivered | Verdict::Filtered(_) | Verdict::Again => ("none", None),
        };
        let reason = verdict.reason().unwrap();
        let after = after.map(|after| format!(" after {}", after.as_secs())).unwrap_or_default();
        assert_eq!(format!("{kind}{after} {reason}"), expected);
    }

    #[test]
    fn what_an_action_throws_becomes_the_verdict_of_the_table() {
        let http = |status: u16| json!({"name": "HTTPError", "message": "Text", "status": status, "answered": true});
        check(&http(400), "reject 400: the peer answered 400 Text");
        check(&http(401), "suspend 401: the peer answered 401 Text");
        check(&http(413), "split 413: the peer answered 413 Text");
        check(&http(503), "retry 503: the peer answered 503 Text");
        let mut limited = http(429);
        limited["retryAfter"] = json!("17");
        limited["content"] = json!(" slow down, sesame-open ");
        check(&limited, "retry after 17 429: the peer answered 429 Text: slow down, ***");
        let of = |name: &str, code: Option<&str>, status: Option<u16>| json!({"name": name, "message": "m", "code": code, "status": status});
        check(&of("FetchError", Some("ECONNREFUSED"), None), "retry ECONNREFUSED: m");
        check(&of("FetchError", Some("PRIVATE_ADDRESS"), None), "suspend PRIVATE_ADDRESS: m");
        check(&of("FetchError", Some("REDIRECT"), None), "reject REDIRECT: m");
        check(&of("TimeoutError", Some("ETIMEDOUT"), None), "retry ETIMEDOUT: m");
        check(&of("AggregateAjvError", None, None), "reject PAYLOAD_VALIDATION_FAILED: m");
        check(&of("IntegrationError", Some("X"), Some(400)), "reject X: m");
        check(
            &of("RetryableError", Some("RETRYABLE_ERROR"), Some(500)),
            "retry RETRYABLE_ERROR: m",
        );
        check(&of("InvalidAuthenticationError", Some("Y"), Some(401)), "suspend Y: m");
        check(&of("TypeError", None, None), "reject TypeError: m");
        let mut refresh = http(400);
        refresh["refresh"] = json!(true);
        check(
            &refresh,
            "suspend TOKEN_REFRESH_FAILED: no new access token was given: the peer answered 400 Text",
        );
        refresh["status"] = json!(503);
        check(&refresh, "retry 503: the peer answered 503 Text");
    }

    #[test]
    fn an_unusual_field_of_one_event_costs_the_others_nothing() {
        let each = json!({"each": [
            {"status": "400", "code": 17, "message": {"why": "no"}}, null, {"status": 200, "code": null}, {"status": -1},
        ]});
        let answer: Answer = serde_json::from_value(each).unwrap();
        let redactor = Redactor::default();
        let verdicts: Vec<Verdict> =
            answer.each.unwrap().iter().flatten().map(|one| one.verdict(&redactor)).collect();
        assert_eq!(verdicts[0].reason().unwrap().to_string(), r#"17: {"why":"no"}"#);
        assert_eq!(verdicts[1], Verdict::Delivered);
        assert_eq!(verdicts[2].reason().unwrap().code, "NO_STATUS");
    }
}

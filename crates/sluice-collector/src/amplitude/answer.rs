//! Amplitude's answers. Its SDKs read `code` in the body, and act on the field names in it.

use std::collections::BTreeMap;

use http::StatusCode;

use super::Door;
use super::check::Faults;
use crate::answer::Answer;

/// What Amplitude's doors answer.
#[derive(Debug)]
pub(crate) enum Reply {
    Accepted {
        events: usize,
        bytes: usize,
        at_millis: i64,
    },
    /// `api_key` or `events` (or a form's field) is not there.
    MissingField(&'static str),
    InvalidKey(String),
    /// The checksum of a legacy upload is not that of its content.
    BadChecksum,
    /// The request as a whole cannot be read.
    Unreadable(&'static str),
    /// Some events are wrong, so none was taken.
    Faults(Faults),
    TooLarge,
    /// The general answers: over the rate, busy, unavailable.
    Other(Answer),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::TooLarge(_) => Self::TooLarge,
            Answer::Malformed(_) => Self::Unreadable("Invalid JSON request body"),
            other => Self::Other(other),
        }
    }
}

impl Reply {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Accepted { .. } => StatusCode::OK,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Other(answer) => answer.status(),
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) fn body(&self, door: Door) -> String {
        if door.answers_text() {
            return self.text(door);
        }
        let code = self.status().as_u16();
        match self {
            Self::Accepted { events, bytes, at_millis } => format!(
                "{{\"code\":200,\"events_ingested\":{events},\"payload_size_bytes\":{bytes},\
                 \"server_upload_time\":{at_millis}}}"
            ),
            Self::MissingField(field) => format!(
                "{{\"code\":400,\"error\":\"Request missing required field\",\"missing_field\":\"{field}\"}}"
            ),
            Self::InvalidKey(key) => {
                let error = serde_json::Value::from(format!("Invalid API key: {key}"));
                format!("{{\"code\":400,\"error\":{error},\"missing_field\":null}}")
            }
            Self::BadChecksum => "{\"code\":400,\"error\":\"bad_checksum\"}".to_owned(),
            Self::Unreadable(error) => format!("{{\"code\":400,\"error\":\"{error}\"}}"),
            Self::Faults(faults) => faults_body(faults),
            Self::TooLarge => "{\"code\":413,\"error\":\"Payload too large\"}".to_owned(),
            Self::Other(Answer::Rate { .. } | Answer::Busy { .. }) => {
                "{\"code\":429,\"error\":\"Too many requests for some devices and users\",\
                 \"eps_threshold\":0,\"throttled_devices\":{},\"throttled_users\":{},\
                 \"exceeded_daily_quota_users\":{},\"exceeded_daily_quota_devices\":{},\
                 \"throttled_events\":[]}"
                    .to_owned()
            }
            Self::Other(_) => format!("{{\"code\":{code},\"error\":\"Service unavailable\"}}"),
        }
    }

    fn text(&self, door: Door) -> String {
        match self {
            Self::Accepted { .. } => "success",
            Self::MissingField("api_key") | Self::InvalidKey(_) => "invalid_api_key",
            Self::BadChecksum => "bad_checksum",
            Self::MissingField(_) => "missing_event",
            Self::Unreadable(text) if door == Door::UserMap => text,
            Self::Unreadable(_) | Self::Faults(_) => "invalid_event",
            Self::TooLarge => "payload_too_large",
            Self::Other(Answer::Rate { .. } | Answer::Busy { .. }) => "too_many_requests",
            Self::Other(_) => "unavailable",
        }
        .to_owned()
    }
}

fn faults_body(faults: &Faults) -> String {
    if faults.invalid.is_empty() && faults.missing.is_empty() {
        return format!(
            "{{\"code\":400,\"error\":\"Invalid id length for user_id or device_id\",\
             \"events_with_invalid_id_lengths\":{}}}",
            indexes(&faults.short_ids)
        );
    }
    format!(
        "{{\"code\":400,\"error\":\"Invalid field values on some events\",\
         \"events_with_invalid_fields\":{},\"events_with_missing_fields\":{}}}",
        indexes(&faults.invalid),
        indexes(&faults.missing)
    )
}

fn indexes(by_field: &BTreeMap<&'static str, Vec<usize>>) -> String {
    let mut out = String::from("{");
    for (number, (field, events)) in by_field.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        out.push_str(&format!("{comma}\"{field}\":{events:?}"));
    }
    out.push('}');
    out.replace(", ", ",")
}

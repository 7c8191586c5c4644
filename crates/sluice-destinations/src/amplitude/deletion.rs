//! Asking Amplitude to delete people: the request, and what the answer means. Pure.
//!
//! Amplitude runs the deletion within 30 days and can be told otherwise until three days before. It
//! goes by user ids; a later event of a deleted user makes the user anew.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::Method;
use http::header::{self, HeaderMap, HeaderValue};
use sluice_destination_kit::{HttpAnswer, HttpFailure, HttpRequest, Reason, Verdict};

use super::TIMEOUT;
use super::json::Fields;
use super::settings::Config;

const INVALID_SETTINGS: &str = "INVALID_SETTINGS";
/// Amplitude takes one request a second.
const THROTTLED_DELAY: std::time::Duration = std::time::Duration::from_secs(1);

/// # Errors
/// If the settings lack the secret key.
pub fn deletion(config: &Config, user_ids: &[String]) -> Result<HttpRequest, Reason> {
    let Some(secret) = &config.secret_key else {
        let message = "deletions need the project's secret key; enter it in the settings";
        return Err(Reason::new(INVALID_SETTINGS, message));
    };
    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let pair = format!("Basic {}", BASE64.encode(format!("{}:{secret}", config.api_key)));
    if let Ok(mut value) = HeaderValue::from_str(&pair) {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    Ok(HttpRequest {
        method: Method::POST,
        url: format!("{}/api/2/deletions/users", config.deletion_origin),
        headers,
        body: body(user_ids),
        timeout: TIMEOUT,
    })
}

/// Among several ids, one that Amplitude does not know would fail the others.
fn body(user_ids: &[String]) -> Bytes {
    let mut out = String::new();
    let ids: Vec<String> =
        user_ids.iter().map(|id| serde_json::Value::from(id.as_str()).to_string()).collect();
    let mut body = Fields::open(&mut out);
    body.list("user_ids", ids.iter().map(String::as_str));
    body.text("requester", "segment");
    if user_ids.len() > 1 {
        body.text("ignore_invalid_id", "true");
    }
    body.close();
    out.into()
}

/// The verdict, and a note if there was nothing to delete.
pub(super) fn judge(
    user_ids: &[String],
    answer: &Result<HttpAnswer, HttpFailure>,
) -> (Verdict, Option<Reason>) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            let reason = Reason::new(failure.code().to_owned(), failure.to_string());
            return (Verdict::Retry { reason, after: None }, None);
        }
    };
    let said = String::from_utf8_lossy(&answer.body);
    let said: String = said.trim().chars().take(200).collect();
    match answer.status {
        400 if user_ids.iter().any(|id| said.contains(id.as_str())) => {
            let note =
                Reason::new("NOTHING_TO_DELETE", format!("Amplitude has no such user: {said}"));
            (Verdict::Delivered, Some(note))
        }
        400 => {
            let reason = Reason::new("BAD_REQUEST", format!("Amplitude refused it: {said}"));
            (Verdict::Reject { reason }, None)
        }
        401 | 403 => {
            let message = "Amplitude does not take the API key with this secret key";
            (Verdict::Suspend { reason: Reason::new(INVALID_SETTINGS, message) }, None)
        }
        429 => {
            let message = "Amplitude takes one request for deletion a second";
            let reason = Reason::new("429", message);
            (Verdict::Retry { reason, after: Some(THROTTLED_DELAY) }, None)
        }
        status => (Verdict::of_status(status, None), None),
    }
}

//! A webhook receiver as a customer would write it: it checks the signature of the exact body and
//! remembers message ids. Now and then it is away for a moment.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use hmac::{Hmac, Mac};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::Sha256;

use super::Answer;
use super::tally::{Tally, hash};

/// The shared secret that the demonstration gives to both ends.
pub(super) const SECRET: &str = "demo-webhook-secret";
/// One request in so many is answered 503.
const AWAY_ONE_IN: u64 = 150;
const AWAY_SECS: u32 = 2;

static KEY: LazyLock<Option<Hmac<Sha256>>> =
    LazyLock::new(|| Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).ok());

pub(super) struct Webhook {
    seed: u64,
    pub(super) tally: Mutex<Tally>,
}

impl Webhook {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, tally: Mutex::default() }
    }

    pub(super) fn take(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        let mut tally = self.tally.lock();
        let number = tally.request();
        let signature = headers.get("x-sluice-signature-256").and_then(|value| value.to_str().ok());
        if !is_signed(signature.unwrap_or_default(), body) {
            tally.fail(401, "the signature does not fit the body");
            return Answer::text(401, "bad signature");
        }
        let events = match serde_json::from_slice::<Value>(body) {
            Ok(Value::Array(events)) => events,
            Ok(event @ Value::Object(_)) => vec![event],
            _ => {
                tally.fail(400, "the body is no event and no list of events");
                return Answer::text(400, "not an event");
            }
        };
        if hash(self.seed, &number.to_string()).is_multiple_of(AWAY_ONE_IN) {
            tally.fail(503, "away for a moment (the demonstration's doing)");
            let retry_after = Some(AWAY_SECS);
            return Answer { retry_after, ..Answer::text(503, "away, come back soon") };
        }
        for event in &events {
            let text = |key: &str| event[key].as_str().unwrap_or_default();
            let kind = text("type");
            let name = if text("event").is_empty() { text("name") } else { text("event") };
            let who = if text("userId").is_empty() { text("anonymousId") } else { text("userId") };
            let shown = json!({ "kind": kind, "name": name, "who": who });
            let counted = if kind == "track" { name } else { kind };
            tally.take(text("messageId"), false, counted, shown);
        }
        Answer::text(200, "ok")
    }
}

/// `sha256=` and the hex HMAC-SHA256 of the body; compared in constant time.
fn is_signed(signature: &str, body: &[u8]) -> bool {
    let Some(hex) = signature.strip_prefix("sha256=") else { return false };
    let digit = |at: usize| hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(digit).collect();
    match (KEY.clone(), bytes) {
        (Some(key), Some(bytes)) => key.chain_update(body).verify_slice(&bytes).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn signed(body: &str) -> HeaderMap {
        let tag = KEY.clone().unwrap().chain_update(body).finalize().into_bytes();
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        let value = HeaderValue::from_str(&format!("sha256={hex}")).unwrap();
        HeaderMap::from_iter([("x-sluice-signature-256".parse().unwrap(), value)])
    }

    #[test]
    fn a_body_with_a_wrong_signature_is_refused_and_counted_as_a_failure() {
        let webhook = Webhook::new(1);
        let body = r#"{"type":"track","event":"A","messageId":"m1"}"#;
        assert_eq!(webhook.take(&signed(body), body.replace('A', "B").as_bytes()).status, 401);
        assert_eq!(webhook.take(&HeaderMap::new(), body.as_bytes()).status, 401);
        assert_eq!(webhook.take(&signed(body), body.as_bytes()).status, 200);
        assert_eq!(webhook.take(&signed(body), body.as_bytes()).status, 200);
        let shown = webhook.tally.lock().shown();
        assert_eq!((&shown["messages"], &shown["repeats"]), (&json!(1), &json!(1)));
        assert_eq!(shown["failedRequests"], 2);
    }
}

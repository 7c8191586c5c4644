//! What deserves a word in an event although it is no reason to refuse it: things that are probably
//! not what the sender meant.

use serde::Serialize;
use serde_json::{Map, Value};
use sluice_base::Timestamp;
use sluice_event::time;

const MINUTE_MICROS: i64 = 60_000_000;
const DAY_MICROS: i64 = 24 * 60 * MINUTE_MICROS;

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Remark {
    pub(super) field: String,
    pub(super) text: String,
}

/// Top-level keys that mean something, or that SDKs send.
const KNOWN: &[&str] = &[
    "type",
    "messageId",
    "anonymousId",
    "userId",
    "groupId",
    "previousId",
    "event",
    "name",
    "category",
    "timestamp",
    "sentAt",
    "properties",
    "traits",
    "context",
    "integrations",
    "writeKey",
    "_metadata",
];
/// Keys that the server sets itself.
const SERVERS: &[&str] = &["originalTimestamp", "receivedAt", "channel", "projectId", "version"];
/// Values by which different people would become one.
const NOBODY: &[&str] =
    &["null", "undefined", "none", "nil", "nan", "0", "-1", "unknown", "anonymous", "guest"];

/// The remarks on an event as it was sent; `shared_sent_at` stands on its batch.
pub(super) fn remarks(
    event: &Value,
    kind: &str,
    shared_sent_at: Option<&Value>,
    now: Timestamp,
) -> Vec<Remark> {
    let Value::Object(event) = event else { return Vec::new() };
    let mut remarks = Remarks(Vec::new());
    remarks.keys(event);
    remarks.ids(event);
    remarks.times(event, shared_sent_at, now);
    remarks.facts(event, kind);
    remarks.0
}

struct Remarks(Vec<Remark>);

impl Remarks {
    fn say(&mut self, field: &str, text: impl Into<String>) {
        self.0.push(Remark { field: field.to_owned(), text: text.into() });
    }

    fn keys(&mut self, event: &Map<String, Value>) {
        for key in event.keys() {
            if SERVERS.contains(&key.as_str()) {
                self.say(key, "The server sets this field; what was sent is dropped.");
            } else if !KNOWN.contains(&key.as_str()) {
                let plain = |key: &str| key.replace(['_', '-'], "").to_ascii_lowercase();
                let meant = KNOWN.iter().find(|known| plain(known) == plain(key));
                match meant {
                    Some(meant) => self.say(
                        key,
                        format!("This field is unknown and has no effect; `{meant}` is the one that counts."),
                    ),
                    None => self.say(
                        key,
                        "This field is unknown. It is passed on as it is, and no chart can use it: \
                         facts belong into `properties` or `traits`.",
                    ),
                }
            }
        }
    }

    fn ids(&mut self, event: &Map<String, Value>) {
        for field in ["userId", "anonymousId", "groupId", "previousId"] {
            let id = event.get(field).and_then(Value::as_str).unwrap_or_default();
            if NOBODY.contains(&id.to_ascii_lowercase().as_str()) {
                self.say(
                    field,
                    format!("`{id}` looks like a variable that was empty, not like somebody's id."),
                );
            }
        }
        match event.get("messageId") {
            None | Some(Value::Null) => self.say(
                "messageId",
                "There is none, so the server makes one: if this event is sent again, it counts again.",
            ),
            Some(Value::String(id)) if id.chars().count() >= 100 => {
                self.say("messageId", "Segment asks for fewer than 100 characters; Sluice takes 1,000.");
            }
            Some(Value::String(_)) => {}
            Some(_) => self.say("messageId", "It is not a text, so the server makes another."),
        }
    }

    fn times(&mut self, event: &Map<String, Value>, shared: Option<&Value>, now: Timestamp) {
        let mut time = |field: &str, value: Option<&Value>| {
            let value = value.filter(|value| !value.is_null())?;
            let at = time::parse_json(&value.to_string());
            if at.is_none() {
                self.say(
                    field,
                    format!(
                        "{value} is no time; write 2026-03-01T12:00:00.000Z. It counts as absent."
                    ),
                );
            }
            at
        };
        let at = time("timestamp", event.get("timestamp"));
        let sent = time("sentAt", event.get("sentAt").or(shared));
        let (Some(at), now) = (at, now.as_micros()) else { return };
        let at = at.as_micros();
        match sent.map(Timestamp::as_micros) {
            None if at > now + 5 * MINUTE_MICROS => {
                self.say("timestamp", "It lies in the future, and is kept so.");
            }
            Some(sent) if sent < now - DAY_MICROS => self.say(
                "sentAt",
                "It is more than a day ago. The difference counts as an error of the sender's clock and \
                 moves `timestamp` by as much; leave `sentAt` out when you send history.",
            ),
            Some(sent) if at > sent + 5 * MINUTE_MICROS => {
                self.say("timestamp", "It lies after `sentAt`, so the event will lie in the future.");
            }
            _ => {}
        }
    }

    fn facts(&mut self, event: &Map<String, Value>, kind: &str) {
        let has_traits = matches!(kind, "identify" | "group");
        if has_traits && event.contains_key("properties") {
            self.say("properties", format!("A {kind} has `traits`; `properties` are passed on and not kept with the person."));
        }
        if kind == "track" && event.contains_key("traits") {
            self.say("traits", "A track does not change traits: send an identify, or put them into `context.traits`.");
        }
        let Some(Value::Object(facts)) =
            event.get(if has_traits { "traits" } else { "properties" })
        else {
            return;
        };
        let container = if has_traits { "traits" } else { "properties" };
        if facts.len() > 10_000 {
            self.say(container, "Only the first 10,000 are kept.");
        }
        for (name, value) in facts {
            if let Some(text) = reserved(container, name, value) {
                self.say(&format!("{container}.{name}"), text);
            }
        }
    }
}

/// What is wrong with a value whose meaning Segment's spec fixes.
fn reserved(container: &str, name: &str, value: &Value) -> Option<&'static str> {
    const NUMBER: &str = "By Segment's spec this is a number; a text cannot be summed.";
    const TEXT: &str = "By Segment's spec this is a text.";
    if value.is_null() {
        return None;
    }
    let numbers: &[&str] = if container == "properties" {
        &[
            "revenue", "value", "total", "price", "quantity", "tax", "shipping", "discount",
            "subtotal",
        ]
    } else {
        &["age", "employees"]
    };
    let texts: &[&str] = if container == "properties" {
        &["currency", "coupon"]
    } else {
        &["email", "name", "firstName", "lastName", "phone", "username", "website"]
    };
    let is_time = || time::parse_json(&value.to_string()).is_some();
    match name {
        "products" if !value.is_array() => Some("By Segment's spec this is a list of objects."),
        "createdAt" if container == "traits" && !is_time() => {
            Some("By Segment's spec this is a time.")
        }
        _ if numbers.contains(&name) && !value.is_number() => Some(NUMBER),
        _ if texts.contains(&name) && !value.is_string() => Some(TEXT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(event: &Value) -> Vec<String> {
        let now = Timestamp::from_secs(1_800_000_000);
        remarks(event, event["type"].as_str().unwrap_or("track"), None, now)
            .into_iter()
            .map(|remark| remark.field)
            .collect()
    }

    #[test]
    fn an_ordinary_event_gets_no_remark() {
        let event = json!({
            "type": "track", "messageId": "m", "userId": "ann", "event": "Order Completed",
            "properties": { "revenue": 9.5, "currency": "EUR", "products": [] },
            "timestamp": "2027-01-15T07:59:00Z", "_metadata": {},
        });
        assert_eq!(fields(&event), Vec::<String>::new());
    }

    #[test]
    fn what_is_probably_not_meant_is_remarked_on() {
        for (event, field) in [
            (json!({ "user_id": "ann" }), "user_id"),
            (json!({ "colour": "red" }), "colour"),
            (json!({ "receivedAt": "now" }), "receivedAt"),
            (json!({ "userId": "undefined" }), "userId"),
            (json!({ "messageId": 7 }), "messageId"),
            (json!({ "messageId": "m".repeat(100) }), "messageId"),
            (json!({ "timestamp": "yesterday" }), "timestamp"),
            (json!({ "timestamp": "2030-01-01" }), "timestamp"),
            (json!({ "timestamp": "2020-01-01", "sentAt": "2020-01-01" }), "sentAt"),
            (json!({ "type": "track", "traits": {} }), "traits"),
            (json!({ "type": "identify", "properties": {} }), "properties"),
            (json!({ "properties": { "revenue": "39.95" } }), "properties.revenue"),
            (json!({ "type": "identify", "traits": { "email": 7 } }), "traits.email"),
        ] {
            assert!(fields(&event).iter().any(|found| found == field), "{event}");
        }
    }
}

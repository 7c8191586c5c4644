//! What a careless integration sends: events that are refused, and events that come twice.

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};
use sluice_base::Timestamp;

use crate::catalog::object;
use crate::envelope::{message_id, uuid};
use crate::visitor::{Planned, Sender};

/// The kinds of faulty events with the code under which each is refused. All of them pass the door
/// with a 200, as Segment has it, and are refused afterwards.
pub(crate) const FAULTS: [&str; 9] = [
    "no_user_anon_id",
    "event_not_defined",
    "id_not_string",
    "properties_not_object",
    "event_not_string",
    "message_too_large",
    "property_name_too_long",
    "event_name_too_long",
    "unknown_type",
];

/// Longest event, property or trait name that is taken, in characters.
const NAME_CHARS_MAX: usize = 255;
/// Largest event that is taken.
const EVENT_BYTES_MAX: usize = 32 * 1024;

/// A faulty event with the code of `FAULTS[number]`.
pub(crate) fn faulty(rng: &mut StdRng, number: usize, at: Timestamp) -> Planned {
    let mut event = object(json!({
        "messageId": message_id(rng, Sender::Server, at),
        "timestamp": at.to_string(),
        "type": "track",
        "anonymousId": uuid(rng),
        "event": "Newsletter Opened",
        "properties": { "issue": rng.random_range(1..60) },
    }));
    let code = FAULTS[number % FAULTS.len()];
    spoil(&mut event, code);
    Planned { at, person: 0, refused: Some(code), sender: Sender::Server, json: event }
}

fn spoil(event: &mut Map<String, Value>, code: &str) {
    let long_name = "x".repeat(NAME_CHARS_MAX + 1);
    match code {
        "no_user_anon_id" => {
            event.remove("anonymousId");
        }
        "event_not_defined" => {
            event.remove("event");
        }
        "id_not_string" => {
            event.insert("userId".into(), 40_231.into());
        }
        "properties_not_object" => {
            event.insert("properties".into(), "issue=12".into());
        }
        "event_not_string" => {
            event.insert("event".into(), 17.into());
        }
        "message_too_large" => {
            event["properties"]["html"] = "<p>".repeat(EVENT_BYTES_MAX / 2).into();
        }
        "property_name_too_long" => {
            event["properties"][long_name] = true.into();
        }
        "event_name_too_long" => {
            event.insert("event".into(), long_name.into());
        }
        _ => {
            event.insert("type".into(), "trak".into());
        }
    }
}

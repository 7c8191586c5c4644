//! Golden tests of a destination: given these settings and events, these are the requests.
//!
//! A case is a JSON file `{"settings": {…}, "events": [{…}], "requests": [{…}]}`. The runner sends
//! the events through the destination to a scripted peer and compares what arrived with
//! `requests`; with `UPDATE_EXPECT=1` it writes what arrived instead, and review reads the diff.
//! `http://peer/…` in the settings stands for the peer.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use sluice_base::Timestamp;
use sluice_event::time::parse as parse_timestamp;
use sluice_event::{Event, EventType, Offset, PersonId, SourceNo, StoredEvent};

use crate::http::{AddressPolicy, HttpOut, HttpOutConfig};
use crate::peer::Peer;
use crate::{Delivery, DestinationKind};

/// An event as the pipeline would have stored it, of the JSON that destinations get.
///
/// # Panics
/// If `json` has no `messageId` or no known `type`.
#[must_use]
pub fn stored_event(json: &Value) -> StoredEvent {
    let text = |key: &str| json.get(key).and_then(Value::as_str);
    let event_type = text("type").and_then(EventType::from_name).expect("a type");
    let whole = json.to_string();
    let time = |key: &str| text(key).and_then(parse_timestamp).unwrap_or(Timestamp::ZERO);
    let range = |key: &str| {
        let Some(part) = json.get(key).map(Value::to_string) else { return 0..0 };
        let needle = format!("\"{key}\":{part}");
        let start = whole.find(&needle).expect("own key") + needle.len() - part.len();
        let number = |at: usize| u32::try_from(at).expect("a small event");
        number(start)..number(start + part.len())
    };
    let body = if matches!(event_type, EventType::Identify | EventType::Group) {
        "traits"
    } else {
        "properties"
    };
    StoredEvent {
        source: SourceNo(1),
        received_offset: Offset(0),
        person: PersonId::NOBODY,
        canonical: PersonId::NOBODY,
        traits: 0,
        event: Event {
            event_type,
            message_id: text("messageId").expect("a message id").into(),
            anonymous_id: text("anonymousId").map(Into::into),
            user_id: text("userId").map(Into::into),
            group_id: text("groupId").map(Into::into),
            previous_id: text("previousId").map(Into::into),
            name: text("event").or_else(|| text("name")).unwrap_or_default().into(),
            original_timestamp: None,
            sent_at: None,
            received_at: time("receivedAt"),
            timestamp: time("timestamp"),
            session_id: -1,
            body: range(body),
            context: range("context"),
            integrations: range("integrations"),
            json: whole.as_str().into(),
        },
    }
}

/// Runs every `*.json` in `dir`.
///
/// # Panics
/// If a case differs from what it says.
pub async fn run(kind: &dyn DestinationKind, dir: &Path) {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("the folder of golden files")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "no golden files in {}", dir.display());
    for path in cases {
        run_case(kind, &path).await;
    }
}

async fn run_case(kind: &dyn DestinationKind, path: &Path) {
    let text = std::fs::read_to_string(path).expect("a golden file");
    let mut case: Value = serde_json::from_str(&text).expect("JSON");
    let peer = Peer::answering(200).await;
    let origin = peer.url().trim_end_matches("/hook").to_owned();
    let settings = case["settings"].to_string().replace("http://peer", &origin);
    let settings: Value = serde_json::from_str(&settings).expect("JSON");
    let policy = AddressPolicy { allow_private: true, ..AddressPolicy::default() };
    let http = HttpOut::new(HttpOutConfig { policy, ..HttpOutConfig::default() });
    let checked =
        kind.settings().check(&settings).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let destination = kind.build(checked, http).expect("settings that fit together");
    let events: Vec<StoredEvent> =
        case["events"].as_array().expect("events").iter().map(stored_event).collect();
    let taken: Vec<&StoredEvent> = events.iter().filter(|event| destination.takes(event)).collect();
    for chunk in taken.chunks(destination.limits().events_max) {
        let batch: Vec<Delivery<'_>> = chunk
            .iter()
            .map(|stored| Delivery { offset: Offset(1), stored, attempt: 1, progress: None })
            .collect();
        destination.deliver(&batch).await;
    }
    let arrived = Value::Array(peer.arrived().iter().map(shown).collect());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        case["requests"] = arrived;
        let pretty = serde_json::to_string_pretty(&case).expect("JSON") + "\n";
        std::fs::write(path, pretty).expect("the golden file can be written");
        return;
    }
    assert_eq!(arrived, case["requests"], "{} (UPDATE_EXPECT=1 rewrites it)", path.display());
}

fn shown(request: &crate::peer::Arrived) -> Value {
    let mut headers = Map::new();
    for (name, value) in &request.headers {
        if name != http::header::HOST {
            headers.insert(name.to_string(), value.to_str().unwrap_or_default().into());
        }
    }
    headers.sort_keys();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    json!({"method": request.method, "path": request.path, "headers": headers, "body": body})
}

//! An event with the keys that Amplitude's exports have.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sluice_event::WorkspaceNo;

/// An event and what is known beside it.
pub(super) struct Row<'a> {
    pub(super) workspace: WorkspaceNo,
    /// Place in the events log; with the workspace it makes the `uuid`.
    pub(super) offset: u64,
    /// As analytics counts it.
    pub(super) name: &'a str,
    pub(super) person: u64,
    /// In its final form.
    pub(super) event: &'a Value,
    /// The traits at the event.
    pub(super) traits: Value,
}

/// Keys whose values stand in the event as they are; null if it has none.
const COPIED: &[(&str, &str)] = &[
    ("city", "/context/location/city"),
    ("country", "/context/location/country"),
    ("device_brand", "/context/device/brand"),
    ("device_carrier", "/context/network/carrier"),
    ("device_family", "/context/device/manufacturer"),
    ("device_id", "/anonymousId"),
    ("device_manufacturer", "/context/device/manufacturer"),
    ("device_model", "/context/device/model"),
    ("device_type", "/context/device/model"),
    ("dma", "/context/amplitude/dma"),
    ("event_id", "/context/amplitude/event_id"),
    ("ip_address", "/context/ip"),
    ("language", "/context/locale"),
    ("location_lat", "/context/location/latitude"),
    ("location_lng", "/context/location/longitude"),
    ("os_name", "/context/os/name"),
    ("os_version", "/context/os/version"),
    ("paying", "/context/amplitude/paying"),
    ("region", "/context/location/region"),
    ("start_version", "/context/amplitude/start_version"),
    ("user_id", "/userId"),
    ("version_name", "/context/app/version"),
];

/// Keys that Amplitude documents and that have no value here.
const EMPTY: &[&str] = &["amplitude_attribution_ids", "sample_rate"];

impl Row<'_> {
    pub(super) fn to_json(&self) -> Value {
        let event = self.event;
        let at = |path: &str| event.pointer(path).cloned().unwrap_or(Value::Null);
        let object = |path: &str| event.pointer(path).cloned().unwrap_or_else(|| json!({}));
        // The first of these times that the event has.
        let time = |names: &[&str]| {
            names.iter().find_map(|name| event.get(*name)).map_or(Value::Null, time)
        };
        let received = time(&["receivedAt"]);
        let mut row = json!({
            "$insert_id": event.pointer("/context/amplitude/insert_id").unwrap_or(&event["messageId"]),
            "amplitude_id": self.person,
            "app": self.workspace.0,
            "client_event_time": time(&["originalTimestamp", "timestamp"]),
            "client_upload_time": time(&["sentAt", "receivedAt"]),
            "data": {},
            "event_properties": object("/properties"),
            "event_time": time(&["timestamp"]),
            "event_type": self.name,
            "group_properties": {},
            "groups": object("/context/groups"),
            "library": library(event),
            "platform": platform(event),
            "processed_time": received,
            "server_received_time": received,
            "server_upload_time": received,
            "session_id": session(event),
            "user_properties": self.traits,
            "uuid": self.uuid(),
        });
        for (key, path) in COPIED {
            row[*key] = at(path);
        }
        for key in EMPTY {
            row[*key] = Value::Null;
        }
        row
    }

    /// The same whenever the event is exported.
    fn uuid(&self) -> String {
        let digest = Sha256::new()
            .chain_update(self.workspace.0.to_le_bytes())
            .chain_update(self.offset.to_le_bytes())
            .finalize();
        let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [&hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32]];
        format!("{}-{}-8{}-8{}-{}", parts[0], parts[1], parts[2], parts[3], parts[4])
    }
}

/// `amplitude-ts/2.11.1`.
fn library(event: &Value) -> Value {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    match (text("/context/library/name"), text("/context/library/version")) {
        (Some(name), Some(version)) => json!(format!("{name}/{version}")),
        (name, _) => json!(name),
    }
}

/// What an Amplitude SDK said, else what the sender's library tells.
pub(super) fn platform(event: &Value) -> Value {
    match event.pointer("/context/amplitude/platform") {
        Some(own) => own.clone(),
        None if event.pointer("/context/library/name") == Some(&json!("analytics.js")) => {
            json!("Web")
        }
        None => Value::Null,
    }
}

/// The session that the sender named; -1 is none.
fn session(event: &Value) -> Value {
    let named = |name: &str| event.pointer(&format!("/integrations/{name}/session_id")).cloned();
    named("Actions Amplitude").or_else(|| named("Amplitude")).unwrap_or_else(|| json!(-1))
}

/// `2026-03-01 12:00:00.123456`, UTC.
fn time(given: &Value) -> Value {
    let parsed = given.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    parsed.map_or(Value::Null, |at| json!(at.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_keys_of_an_export() {
        let event = json!({
            "type": "track", "event": "Seen", "userId": "ann-1", "anonymousId": "d-1", "messageId": "i-1@d-1",
            "timestamp": "2026-03-01T12:00:00.123Z", "receivedAt": "2026-03-01T12:00:05.000Z",
            "properties": { "n": 1 },
            "context": {
                "library": { "name": "amplitude-ts", "version": "2.1.0" }, "groups": { "org": "15" },
                "amplitude": { "insert_id": "i-1", "event_id": 7, "platform": "iOS" },
            },
            "integrations": { "Actions Amplitude": { "session_id": 1_772_366_000_000_i64 } },
        });
        let row = Row {
            workspace: WorkspaceNo(1),
            offset: 9,
            name: "Seen",
            person: 3,
            event: &event,
            traits: json!({ "plan": "pro" }),
        };
        let json = row.to_json();
        for (key, expected) in [
            ("$insert_id", json!("i-1")),
            ("amplitude_id", json!(3)),
            ("client_upload_time", json!("2026-03-01 12:00:05.000000")),
            ("event_time", json!("2026-03-01 12:00:00.123000")),
            ("groups", json!({ "org": "15" })),
            ("library", json!("amplitude-ts/2.1.0")),
            ("platform", json!("iOS")),
            ("session_id", json!(1_772_366_000_000_i64)),
            ("user_properties", json!({ "plan": "pro" })),
            ("region", Value::Null),
        ] {
            assert_eq!(json[key], expected, "{key}");
        }
        let uuid = json["uuid"].as_str().unwrap();
        assert_eq!(uuid.len(), 36);
        assert_eq!(row.to_json()["uuid"], uuid);
    }
}

//! The upload form of Amplitude's SDKs before 2020: `client`, `e`, `v`, `upload_time`, `checksum`. Its
//! events are those of HTTP V2 with some other names.

use std::collections::HashMap;

use md5::{Digest as _, Md5};
use serde_json::value::RawValue;

use super::Reply;
use super::request::{Members, members, text};

/// The field with the events.
pub(super) const EVENTS: &str = "e";

/// Names that differ from those of HTTP V2.
const RENAMED: &[(&str, &str)] = &[("timestamp", "time"), ("uuid", "insert_id")];
/// Members of `api_properties`, which old SDKs keep apart from the event.
const API_PROPERTIES: &[(&str, &str)] =
    &[("androidADID", "adid"), ("ios_idfa", "idfa"), ("ios_idfv", "idfv")];

/// Checks the upload and gives its fields and events the names of the other doors.
pub(super) fn prepare(fields: &mut HashMap<String, String>) -> Result<(), Reply> {
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if let Some(given) = fields.get("checksum") {
        let mut md5 = Md5::new();
        for name in ["v", "client", EVENTS, "upload_time"] {
            md5.update(field(name));
        }
        let expected: String = md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if !given.eq_ignore_ascii_case(&expected) {
            return Err(Reply::BadChecksum);
        }
    }
    let key = fields.get("client").ok_or(Reply::MissingField("api_key"))?.clone();
    let events = fields.get(EVENTS).ok_or(Reply::MissingField(EVENTS))?;
    let list: Vec<&RawValue> =
        serde_json::from_str(events).map_err(|_| Reply::Unreadable("Invalid event JSON"))?;
    let renamed: Vec<String> = list.iter().map(|event| renamed(event)).collect();
    fields.insert(EVENTS.to_owned(), format!("[{}]", renamed.join(",")));
    fields.insert("api_key".to_owned(), key);
    Ok(())
}

/// The event with the names of HTTP V2; what is no object stays as it is.
fn renamed(event: &RawValue) -> String {
    let Some(given) = members(event.get()) else { return event.get().to_owned() };
    let mut out = Vec::with_capacity(given.len());
    let mut put = |name: &str, json: &str| {
        out.push(format!("{}:{json}", serde_json::Value::from(name)));
    };
    let api = given.get("api_properties").and_then(|raw| members(raw.get())).unwrap_or_default();
    let place = api.get("location").and_then(|raw| members(raw.get())).unwrap_or_default();
    let library = given.get("library").and_then(|raw| library(raw));
    let renamings = [
        (RENAMED, &given),
        (API_PROPERTIES, &api),
        (&[("lat", "location_lat"), ("lng", "location_lng")], &place),
    ];
    for (names, from) in renamings {
        for (old, new) in names {
            if let Some(raw) = from.get(*old).filter(|_| !given.contains_key(*new)) {
                put(new, raw.get());
            }
        }
    }
    if let Some(library) = &library {
        put("library", &serde_json::Value::from(library.as_str()).to_string());
    }
    let is_renamed = |name: &str| RENAMED.iter().any(|(old, _)| *old == name);
    for (name, raw) in &given {
        if !is_renamed(name) && (name != "library" || library.is_none()) {
            put(name, raw.get());
        }
    }
    format!("{{{}}}", out.join(","))
}

/// `{"name": "amplitude-js", "version": "8.21.9"}` as `amplitude-js/8.21.9`.
fn library(raw: &RawValue) -> Option<String> {
    let parts: Members<'_> = members(raw.get())?;
    let part = |name: &str| parts.get(name).and_then(|raw| text(raw)).unwrap_or_default();
    Some(format!("{}/{}", part("name"), part("version")))
}

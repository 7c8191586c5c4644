//! Reading a request's body: JSON, or the forms of the older doors.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;
use sluice_base::Timestamp;

use super::{Door, Reply};

/// Amplitude takes no more events in one request.
const EVENTS_MAX: usize = 2_000;
/// The shortest user or device id, unless the request says otherwise.
const ID_CHARS_MIN: usize = 5;

/// The members of an object, `null` ones left out.
pub(crate) type Members<'a> = HashMap<Cow<'a, str>, &'a RawValue>;

/// What a request holds.
pub(crate) struct Upload<'a> {
    pub(crate) api_key: String,
    pub(crate) events: Vec<Members<'a>>,
    pub(crate) id_chars_min: usize,
    /// The sender's clock when the request left.
    pub(crate) uploaded_at: Option<Timestamp>,
}

/// An object's members; of a key given twice the last counts.
pub(super) fn members(json: &str) -> Option<Members<'_>> {
    #[derive(serde::Deserialize)]
    struct Object<'a>(#[serde(borrow)] HashMap<Cow<'a, str>, &'a RawValue>);
    let Object(mut members) = serde_json::from_str(json).ok()?;
    members.retain(|_, value| value.get() != "null");
    Some(members)
}

/// An object's members in the order given.
pub(super) fn ordered(json: &str) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    struct Ordered;
    impl<'de> serde::de::Visitor<'de> for Ordered {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &RawValue>()? {
                members.push((key, value));
            }
            Ok(members)
        }
    }
    #[derive(serde::Deserialize)]
    struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
    let mut reader = serde_json::Deserializer::from_str(json);
    serde::Deserializer::deserialize_map(&mut reader, Ordered).ok()
}

/// A JSON string's content.
pub(super) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(serde::Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str(raw.get()).ok().map(|Text(text)| text)
}

impl<'a> Upload<'a> {
    /// Reads the JSON of HTTP V2 and Batch.
    pub(crate) fn of_json(body: &'a [u8]) -> Result<Self, Reply> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(Reply::Unreadable("Missing request body"));
        }
        let json = std::str::from_utf8(body).ok().and_then(members);
        let request = json.ok_or(Reply::Unreadable("Invalid JSON request body"))?;
        let api_key = request.get("api_key").and_then(|raw| text(raw));
        let api_key = api_key.ok_or(Reply::MissingField("api_key"))?.into_owned();
        let events = request.get("events").ok_or(Reply::MissingField("events"))?;
        let options = request.get("options").and_then(|raw| members(raw.get()));
        Ok(Self {
            api_key,
            events: events_of(events)?,
            id_chars_min: id_chars_min(options.as_ref()),
            uploaded_at: request
                .get("client_upload_time")
                .and_then(|raw| sluice_event::time::parse_json(raw.get())),
        })
    }

    /// Reads a form.
    pub(crate) fn of_form(door: Door, fields: &'a HashMap<String, String>) -> Result<Self, Reply> {
        let name = door.field();
        let api_key = fields.get("api_key").ok_or(Reply::MissingField("api_key"))?.clone();
        let json = fields.get(name).ok_or(Reply::MissingField(name))?;
        let raw: &RawValue =
            serde_json::from_str(json).map_err(|_| Reply::Unreadable("Invalid event JSON"))?;
        let options = fields.get("options").and_then(|json| members(json));
        let id_chars_min = match door {
            // Mappings have no such rule, and SDKs before 2020 did not know it.
            Door::UserMap | Door::Legacy => 1,
            _ => id_chars_min(options.as_ref()),
        };
        let uploaded_at = fields.get("upload_time").filter(|_| door == Door::Legacy);
        Ok(Self {
            api_key,
            events: events_of(raw)?,
            id_chars_min,
            uploaded_at: uploaded_at.and_then(|millis| sluice_event::time::parse_json(millis)),
        })
    }
}

fn id_chars_min(options: Option<&Members<'_>>) -> usize {
    let given = options.and_then(|options| options.get("min_id_length"));
    given.and_then(|raw| raw.get().parse().ok()).unwrap_or(ID_CHARS_MIN)
}

/// A list of events, or one event.
fn events_of(raw: &RawValue) -> Result<Vec<Members<'_>>, Reply> {
    const WRONG: Reply = Reply::Unreadable("Invalid event JSON");
    if raw.get().starts_with('{') {
        return Ok(vec![members(raw.get()).ok_or(WRONG)?]);
    }
    let list: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| WRONG)?;
    if list.len() > EVENTS_MAX {
        return Err(Reply::TooLarge);
    }
    list.into_iter().map(|event| members(event.get()).ok_or(WRONG)).collect()
}

/// The fields of a form, from the query or the body, URL-encoded or in parts.
pub(crate) fn form(query: Option<&str>, body: &[u8]) -> HashMap<String, String> {
    let pairs = |text: &[u8]| {
        form_urlencoded::parse(text)
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect::<Vec<_>>()
    };
    let body = if body.starts_with(b"--") { parts(body) } else { pairs(body) };
    pairs(query.unwrap_or_default().as_bytes()).into_iter().chain(body).collect()
}

/// The fields of `multipart/form-data`. The boundary is the body's first line.
fn parts(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let Some((boundary, _)) = text.split_once("\r\n") else { return Vec::new() };
    let field = |part: &str| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        let (_, name) = head.split_once("name=\"")?;
        let (name, _) = name.split_once('"')?;
        Some((name.to_owned(), value.strip_suffix("\r\n").unwrap_or(value).to_owned()))
    };
    text.split(boundary).filter_map(field).collect()
}

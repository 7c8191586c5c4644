//! An Amplitude for the demonstration: it checks what Amplitude's HTTP API documents and answers in
//! its shapes. A request is stored wholly or not at all, and a repeat is told by its `insert_id`.
//!
//! By the seed it throttles some users once, finds fault with a few events, and fails a few requests
//! with 500. Not here: anything Amplitude does with an event once it is stored.

use std::collections::{BTreeMap, HashSet};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use sluice_base::{Clock as _, SystemClock};

use super::Answer;
use super::tally::{Tally, hash};

/// The project's key that the demonstration gives to both ends.
pub(super) const API_KEY: &str = "d3m0d3m0d3m0d3m0d3m0d3m0d3m0d3m0";
const EVENTS_MAX: usize = 2_000;
const BYTES_MAX: usize = 1_000_000;
const BATCH_BYTES_MAX: usize = 20_000_000;
const ID_CHARS_MIN: u64 = 5;
const EPS_THRESHOLD: u64 = 30;
/// One request in so many is answered 500.
const FAILS_ONE_IN: u64 = 90;
/// One user in so many is throttled the first time.
const THROTTLES_ONE_IN: u64 = 200;
/// One event in so many is found invalid, for ever.
const INVALID_ONE_IN: u64 = 900;
/// Belongs to an order that counts itself.
const PART: &str = "Product Purchased";

pub(super) struct Amplitude {
    seed: u64,
    pub(super) tally: Mutex<Tally>,
    /// Users and devices that have been throttled and are no more.
    throttled: Mutex<HashSet<String>>,
}

/// What is wrong, by field, with the places of the events.
type Faults = BTreeMap<&'static str, Vec<usize>>;

impl Amplitude {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, tally: Mutex::default(), throttled: Mutex::default() }
    }

    pub(super) fn events(&self, body: &[u8], is_batch: bool) -> Answer {
        let mut tally = self.tally.lock();
        let number = tally.request();
        let answer = self.judge_events(&mut tally, number, body, is_batch);
        answer.unwrap_or_else(|(answer, why)| {
            tally.fail(answer.status, &why);
            answer
        })
    }

    fn judge_events(
        &self,
        tally: &mut Tally,
        number: u64,
        body: &[u8],
        is_batch: bool,
    ) -> Result<Answer, (Answer, String)> {
        let most = if is_batch { BATCH_BYTES_MAX } else { BYTES_MAX };
        if body.len() > most {
            return Err(plain(413, "Payload too large"));
        }
        let request: Value =
            serde_json::from_slice(body).map_err(|_| plain(400, "Invalid JSON request body"))?;
        check_key(request["api_key"].as_str())?;
        let events = match request["events"].as_array() {
            Some(events) if events.len() > EVENTS_MAX => {
                return Err(plain(413, "Too many events in request"));
            }
            Some(events) if !events.is_empty() => events,
            _ => return Err(missing("events")),
        };
        let shortest = request["options"]["min_id_length"].as_u64().unwrap_or(ID_CHARS_MIN);
        self.check(tally, events, shortest)?;
        self.throttle(events)?;
        self.stumble(number)?;
        for event in events {
            store(tally, event);
        }
        Ok(Answer::json(
            200,
            &json!({
                "code": 200, "events_ingested": events.len(),
                "payload_size_bytes": body.len(),
                "server_upload_time": SystemClock.now().as_millis(),
            }),
        ))
    }

    /// The answer that names events with missing and invalid fields.
    fn check(
        &self,
        tally: &mut Tally,
        events: &[Value],
        shortest: u64,
    ) -> Result<(), (Answer, String)> {
        let (mut missing, mut invalid, mut short) = (Faults::new(), Faults::new(), Faults::new());
        for (place, event) in events.iter().enumerate() {
            check_event(event, place, shortest, (&mut missing, &mut invalid, &mut short));
            let id = event["insert_id"].as_str().unwrap_or_default();
            let is_chosen = hash(self.seed, id).is_multiple_of(INVALID_ONE_IN);
            if is_chosen && event["event_type"] != PART {
                invalid.entry("event_properties").or_default().push(place);
            }
            if [&missing, &invalid, &short].into_iter().any(|faults| is_listed(faults, place)) {
                tally.refuse(id);
            }
        }
        if missing.is_empty() && invalid.is_empty() && short.is_empty() {
            return Ok(());
        }
        let fields: Vec<&str> =
            missing.keys().chain(invalid.keys()).chain(short.keys()).copied().collect();
        let why = format!("events with invalid fields: {}", fields.join(", "));
        let body = json!({
            "code": 400, "error": "Request has invalid or missing fields", "missing_field": null,
            "events_with_missing_fields": missing, "events_with_invalid_fields": invalid,
            "events_with_invalid_id_lengths": short,
        });
        Err((Answer::json(400, &body), why))
    }

    /// Some users are too much for Amplitude, once.
    fn throttle(&self, events: &[Value]) -> Result<(), (Answer, String)> {
        let mut throttled = self.throttled.lock();
        let (mut users, mut devices, mut places) = (Map::new(), Map::new(), Vec::new());
        for (place, event) in events.iter().enumerate() {
            let ids = [(&mut users, &event["user_id"]), (&mut devices, &event["device_id"])];
            for (named, id) in ids {
                let Some(id) = id.as_str() else { continue };
                let is_chosen = hash(self.seed, id).is_multiple_of(THROTTLES_ONE_IN);
                if is_chosen && !throttled.contains(id) {
                    named.insert(id.to_owned(), json!(EPS_THRESHOLD + 11));
                    if places.last() != Some(&place) {
                        places.push(place);
                    }
                }
            }
        }
        if places.is_empty() {
            return Ok(());
        }
        throttled.extend(users.keys().chain(devices.keys()).cloned());
        let names: Vec<&str> = users.keys().chain(devices.keys()).map(String::as_str).collect();
        let why = format!("throttled: {}", names.join(", "));
        let body = json!({
            "code": 429, "error": "Too many requests for some devices and users",
            "eps_threshold": EPS_THRESHOLD, "throttled_users": users,
            "throttled_devices": devices, "throttled_events": places,
        });
        Err((Answer::json(429, &body), why))
    }

    fn stumble(&self, number: u64) -> Result<(), (Answer, String)> {
        if hash(self.seed, &number.to_string()).is_multiple_of(FAILS_ONE_IN) {
            return Err(plain(500, "Internal server error (the demonstration's doing)"));
        }
        Ok(())
    }

    pub(super) fn identify(&self, body: &[u8]) -> Answer {
        self.form(body, "identification", check_identify, |tally, record| {
            let properties = record["user_properties"].as_object();
            let is_group = properties.is_some() && record["groups"].as_object() == properties;
            let name = if is_group { "[Group]" } else { "[Identify]" };
            let shown = json!({ "kind": "identify", "name": name, "who": who(record) });
            tally.take(record["insert_id"].as_str().unwrap_or_default(), false, name, shown);
        })
    }

    pub(super) fn group_identify(&self, body: &[u8]) -> Answer {
        let check = |record: &Value| {
            let has = |key: &str| record[key].as_str().is_some();
            let is_whole = has("group_type") && has("group_value");
            if is_whole { Ok(()) } else { Err("missing group_type or group_value") }
        };
        self.form(body, "identification", check, |tally, record| {
            let shown = json!({ "kind": "groupidentify", "name": record["group_type"], "who": record["group_value"] });
            tally.take("", true, "[Group properties]", shown);
        })
    }

    pub(super) fn usermap(&self, body: &[u8]) -> Answer {
        let check = |record: &Value| {
            let has = |key: &str| record[key].as_str().is_some();
            let is_whole = has("user_id") && (has("global_user_id") || record["unmap"] == true);
            if is_whole { Ok(()) } else { Err("missing user_id or global_user_id") }
        };
        self.form(body, "mapping", check, |tally, record| {
            let shown = json!({ "kind": "usermap", "name": record["global_user_id"], "who": record["user_id"] });
            tally.take("", true, "[User mapping]", shown);
        })
    }

    /// The form APIs: a key and a JSON record or a list of them, stored wholly or not at all.
    fn form(
        &self,
        body: &[u8],
        field: &'static str,
        check: impl Fn(&Value) -> Result<(), &'static str>,
        store: impl Fn(&mut Tally, &Value),
    ) -> Answer {
        let mut tally = self.tally.lock();
        let number = tally.request();
        let judged = self.judge_form(number, body, field).and_then(|records| {
            records.iter().try_for_each(&check).map_err(|why| plain(400, why))?;
            Ok(records)
        });
        match judged {
            Ok(records) => {
                records.iter().for_each(|record| store(&mut tally, record));
                Answer::text(200, "success")
            }
            Err((answer, why)) => {
                tally.fail(answer.status, &why);
                answer
            }
        }
    }

    fn judge_form(
        &self,
        number: u64,
        body: &[u8],
        field: &'static str,
    ) -> Result<Vec<Value>, (Answer, String)> {
        let pairs: Vec<_> = form_urlencoded::parse(body).collect();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, text)| text);
        check_key(value("api_key").map(AsRef::as_ref))?;
        let text = value(field).ok_or_else(|| missing(field))?;
        let records = match serde_json::from_str(text) {
            Ok(Value::Array(records)) => records,
            Ok(record @ Value::Object(_)) => vec![record],
            _ => return Err(plain(400, "invalid JSON")),
        };
        self.stumble(number)?;
        Ok(records)
    }
}

fn plain(status: u16, error: &str) -> (Answer, String) {
    (Answer::json(status, &json!({ "code": status, "error": error })), error.to_owned())
}

fn missing(field: &str) -> (Answer, String) {
    let body =
        json!({ "code": 400, "error": "Request missing required field", "missing_field": field });
    (Answer::json(400, &body), format!("missing {field}"))
}

fn check_key(key: Option<&str>) -> Result<(), (Answer, String)> {
    match key {
        Some(API_KEY) => Ok(()),
        Some(key) => Err(plain(400, &format!("Invalid API key: {key}"))),
        None => Err(missing("api_key")),
    }
}

fn check_identify(record: &Value) -> Result<(), &'static str> {
    if record["user_id"].is_null() && record["device_id"].is_null() {
        return Err("missing user_id and device_id");
    }
    let properties = record["user_properties"].as_object();
    let keys = properties.map_or(0, Map::len);
    let operators =
        properties.map_or(0, |all| all.keys().filter(|key| key.starts_with('$')).count());
    if operators > 0 && keys > operators {
        return Err("user_properties mix operations and plain keys");
    }
    if properties.is_some() && has_nested_array(&record["user_properties"]) {
        return Err("user_properties hold a list in a list");
    }
    Ok(())
}

fn who(record: &Value) -> &str {
    record["user_id"].as_str().or_else(|| record["device_id"].as_str()).unwrap_or_default()
}

fn store(tally: &mut Tally, event: &Value) {
    let name = event["event_type"].as_str().unwrap_or_default();
    let shown = json!({
        "kind": "event", "name": name, "who": who(event), "revenue": event["revenue"],
    });
    let id = event["insert_id"].as_str().unwrap_or_default();
    tally.take(id, name == PART, name, shown);
}

fn is_listed(faults: &Faults, place: usize) -> bool {
    faults.values().any(|places| places.last() == Some(&place))
}

/// Notes what Amplitude would not take of one event.
fn check_event(
    event: &Value,
    place: usize,
    shortest: u64,
    (missing, invalid, short): (&mut Faults, &mut Faults, &mut Faults),
) {
    if event["event_type"].as_str().is_none_or(str::is_empty) {
        missing.entry("event_type").or_default().push(place);
    }
    if event["user_id"].is_null() && event["device_id"].is_null() {
        missing.entry("user_id").or_default().push(place);
    }
    for id in ["user_id", "device_id"] {
        match &event[id] {
            Value::Null => {}
            Value::String(text) if (text.chars().count() as u64) < shortest => {
                short.entry(id).or_default().push(place);
            }
            Value::String(_) => {}
            _ => invalid.entry(id).or_default().push(place),
        }
    }
    for key in ["time", "session_id", "event_id"] {
        if !event[key].is_null() && !event[key].is_i64() {
            invalid.entry(key).or_default().push(place);
        }
    }
    for key in ["price", "revenue", "quantity", "location_lat", "location_lng"] {
        if !event[key].is_null() && !event[key].is_number() {
            invalid.entry(key).or_default().push(place);
        }
    }
    for key in ["event_properties", "user_properties", "groups"] {
        let value = &event[key];
        if !value.is_null() && (!value.is_object() || has_nested_array(value)) {
            invalid.entry(key).or_default().push(place);
        }
    }
}

/// Amplitude takes no list in a list.
fn has_nested_array(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|inner| inner.is_array() || has_nested_array(inner)),
        Value::Object(map) => map.values().any(has_nested_array),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(amplitude: &Amplitude, events: &Value) -> (u16, Value) {
        let body = json!({ "api_key": API_KEY, "events": events, "options": {"min_id_length": 1} });
        let answer = amplitude.events(body.to_string().as_bytes(), false);
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    fn event(id: &str, user: &str) -> Value {
        json!({ "event_type": "E", "insert_id": id, "user_id": user, "time": 1, "event_properties": {} })
    }

    #[test]
    fn a_request_with_one_bad_event_stores_nothing_and_names_it() {
        let amplitude = Amplitude::new(1);
        let mut late = event("b", "u2");
        late["time"] = json!("2026-03-05T10:15:30Z");
        let mut nested = event("c", "u3");
        nested["event_properties"] = json!({"rows": [[1]]});
        let (status, body) =
            ask(&amplitude, &json!([event("a", "u1"), late, nested, {"user_id": "u"}]));
        assert_eq!(status, 400);
        assert_eq!(
            body["events_with_invalid_fields"],
            json!({"event_properties": [2], "time": [1]})
        );
        assert_eq!(body["events_with_missing_fields"], json!({"event_type": [3]}));
        assert_eq!(amplitude.tally.lock().counts().messages, 0);
        let (status, body) = ask(&amplitude, &json!([event("a", "u1")]));
        assert_eq!((status, &body["events_ingested"]), (200, &json!(1)));
    }

    #[test]
    fn a_throttled_user_is_named_once_and_taken_the_next_time() {
        let amplitude = Amplitude::new(1);
        let is_chosen = |user: &String| hash(1, user).is_multiple_of(THROTTLES_ONE_IN);
        let user = (0..).map(|n| format!("user-{n}")).find(is_chosen).unwrap();
        let events = json!([event("a", "u1"), event("b", &user)]);
        let (status, body) = ask(&amplitude, &events);
        assert_eq!(status, 429);
        assert_eq!(body["throttled_events"], json!([1]));
        assert!(body["throttled_users"].get(&user).is_some());
        assert_eq!(ask(&amplitude, &events).0, 200);
    }

    #[test]
    fn a_wrong_key_is_refused_as_amplitude_words_it() {
        let body = json!({ "api_key": "other", "events": [event("a", "u")] }).to_string();
        let answer = Amplitude::new(1).events(body.as_bytes(), false);
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("Invalid API key"));
    }
}

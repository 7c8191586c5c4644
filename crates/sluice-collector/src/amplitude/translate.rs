//! An event of Amplitude's as a call of Segment's spec.
//!
//! - `$identify` is an identify call, `$groupidentify` a group call per group, any other a track.
//! - `device_id` is the anonymous id, `user_id` the user id. The message id is `insert_id` and the
//!   device (or user), since Amplitude deduplicates per device.
//! - Plain user properties and `$set` are traits. All operations stand in `context.traitOperations`,
//!   which the person's traits follow (`sluice_profiles`).
//! - `time` counts as it is, unless the sender's clock was off by more than 60 seconds at upload.
//! - What has no place in Segment's spec is kept in `context.amplitude`.
//!
//! Sources: Amplitude's "HTTP V2 API" and its table of Segment's fields; Segment's "Spec: Common
//! fields".

use std::borrow::Cow;
use std::net::IpAddr;

use sluice_base::Timestamp;

use super::Door;
use super::check::{id, is_nobody};
use super::groups;
use super::request::{Members, members, text};
use super::shorten::shorten;

/// A sender's clock that differs by less is taken as right.
const SKEW_MICROS_MIN: i64 = 60_000_000;

/// What a request says about all of its events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) door: Door,
    pub(crate) ip: IpAddr,
    pub(crate) received_at: Timestamp,
    pub(crate) uploaded_at: Option<Timestamp>,
}

/// A JSON object in the making.
struct Object {
    out: String,
}

impl Object {
    fn new() -> Self {
        Self { out: "{".to_owned() }
    }

    fn raw(&mut self, key: &str, json: &str) {
        if self.out.len() > 1 {
            self.out.push(',');
        }
        sluice_event::json::put_string(&mut self.out, key);
        self.out.push(':');
        self.out.push_str(json);
    }

    fn text(&mut self, key: &str, value: &str) {
        let mut json = String::with_capacity(value.len() + 2);
        sluice_event::json::put_string(&mut json, value);
        self.raw(key, &json);
    }

    /// Members of `event` under the names that Segment's spec has for them.
    fn copy(&mut self, event: &Members<'_>, names: &[(&str, &str)]) {
        for (from, to) in names {
            if let Some(raw) = event.get(*from) {
                self.raw(to, &shorten(raw.get()));
            }
        }
    }

    fn object(&mut self, key: &str, object: Self) {
        if object.out.len() > 1 {
            self.raw(key, &object.end());
        }
    }

    fn end(mut self) -> String {
        self.out.push('}');
        self.out
    }
}

/// Kept as they came, in `context.amplitude`.
const KEPT: &[&str] = &[
    "time",
    "event_id",
    "insert_id",
    "platform",
    "dma",
    "paying",
    "start_version",
    "idfv",
    "android_id",
    "android_app_set_id",
    "plan",
    "ingestion_metadata",
    "partner_id",
    "receipt",
    "receiptSig",
    "$skip_user_properties_sync",
    "product_id",
];

/// Names under which Amplitude shows what its SDKs send.
const SHOWN_AS: &[(&str, &str)] = &[
    ("revenue_amount", "[Amplitude] Revenue"),
    ("session_start", "[Amplitude] Start Session"),
    ("session_end", "[Amplitude] End Session"),
    ("$exposure", "[Experiment] Exposure"),
    ("$impression", "[Experiment] Impression"),
];

/// The calls of one event, each made when it is asked for.
pub(crate) type Calls<'e> = Box<dyn Iterator<Item = String> + Send + 'e>;

/// The calls that an event becomes, as JSON text. The event was checked.
pub(crate) fn translate<'e>(event: &'e Members<'_>, origin: &'e Origin) -> Calls<'e> {
    let name = name(event);
    match (origin.door, &*name) {
        (Door::GroupIdentify, _) | (_, "$groupidentify") => groups(event, origin),
        (Door::UserMap, _) => Box::new(mapping(event).into_iter()),
        (Door::Identify, _) | (_, "$identify") => {
            Box::new(std::iter::once_with(move || identify(event, origin)))
        }
        _ => Box::new(std::iter::once_with(move || track(event, origin, &name))),
    }
}

/// How many calls that is.
pub(crate) fn count(event: &Members<'_>, door: Door) -> usize {
    match (door, &*name(event)) {
        (Door::GroupIdentify, _) | (_, "$groupidentify") => groups_of(event, door).len(),
        (Door::UserMap, _) => 2,
        _ => 1,
    }
}

fn name<'e>(event: &'e Members<'_>) -> Cow<'e, str> {
    event.get("event_type").and_then(|raw| text(raw)).unwrap_or_default()
}

fn track(event: &Members<'_>, origin: &Origin, name: &str) -> String {
    let shown = SHOWN_AS.iter().find(|(sent, _)| *sent == name).map_or(name, |(_, shown)| shown);
    let mut call = Object::new();
    call.text("type", "track");
    call.raw("event", &shorten(&quoted(shown)));
    let properties = event.get("event_properties").map_or("{}", |raw| raw.get());
    call.raw("properties", &with_revenue(event, &shorten(properties)));
    ids_and_time(&mut call, event, origin);
    call.object("context", context(event, origin, operations(event)));
    session(&mut call, event);
    call.end()
}

fn identify(event: &Members<'_>, origin: &Origin) -> String {
    let mut call = Object::new();
    call.text("type", "identify");
    let properties = user_properties(event);
    let traits = properties.set.as_deref().unwrap_or("{}");
    call.raw("traits", &shorten(traits));
    ids_and_time(&mut call, event, origin);
    call.object("context", context(event, origin, properties.operations));
    session(&mut call, event);
    call.end()
}

/// One call for each group that the event names.
fn groups<'e>(event: &'e Members<'_>, origin: &'e Origin) -> Calls<'e> {
    let traits = event.get("group_properties").map_or("{}", |raw| raw.get());
    let numbered = groups_of(event, origin.door).into_iter().enumerate();
    Box::new(
        numbered.map(move |(at, (kind, value))| group(event, origin, &kind, &value, traits, at)),
    )
}

/// Type and name of each group that the event names.
fn groups_of<'e>(event: &'e Members<'_>, door: Door) -> Vec<(Cow<'e, str>, String)> {
    if door == Door::GroupIdentify {
        let kind = event.get("group_type").and_then(|raw| id(raw)).unwrap_or_default();
        let values = event.get("group_value").map(|raw| groups::values(raw)).unwrap_or_default();
        return values.into_iter().map(|value| (kind.clone(), value)).collect();
    }
    let types = event.get("groups").map(|raw| groups::of(raw)).unwrap_or_default().into_iter();
    types
        .flat_map(|(kind, values)| values.into_iter().map(move |value| (kind.clone(), value)))
        .collect()
}

/// A mapping joins two known users, as an alias call does. The identify call before it makes sure
/// that the first of them is known as a user: the previous id of an alias is taken for an anonymous
/// one unless it is.
fn mapping(event: &Members<'_>) -> Vec<String> {
    let [Some(user), Some(global)] =
        ["user_id", "global_user_id"].map(|name| event.get(name).and_then(|raw| id(raw)))
    else {
        return Vec::new();
    };
    let call = |kind: &str, ids: &[(&str, &str)]| {
        let mut call = Object::new();
        call.text("type", kind);
        for (name, id) in ids {
            call.raw(name, &shorten(&quoted(id)));
        }
        call.end()
    };
    vec![
        call("identify", &[("userId", &user)]),
        call("alias", &[("userId", &global), ("previousId", &user)]),
    ]
}

fn group(
    event: &Members<'_>,
    origin: &Origin,
    kind: &str,
    value: &str,
    properties: &str,
    number: usize,
) -> String {
    let mut call = Object::new();
    call.text("type", "group");
    call.raw("groupId", &shorten(&quoted(value)));
    let sorted = sort_operations(properties);
    call.raw("traits", &shorten(sorted.set.as_deref().unwrap_or("{}")));
    ids(&mut call, event);
    if let Some(message_id) = message_id(event) {
        let suffix = if number == 0 { String::new() } else { format!("-{number}") };
        call.text("messageId", &format!("{message_id}{suffix}"));
    }
    time(&mut call, event, origin);
    let mut context = context(event, origin, None);
    context.text("groupType", kind);
    if let Some(operations) = sorted.operations {
        context.raw("groupTraitOperations", &operations);
    }
    call.object("context", context);
    call.end()
}

fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    sluice_event::json::put_string(&mut json, text);
    json
}

fn ids_and_time(call: &mut Object, event: &Members<'_>, origin: &Origin) {
    ids(call, event);
    if let Some(message_id) = message_id(event) {
        call.text("messageId", &message_id);
    }
    time(call, event, origin);
}

fn ids(call: &mut Object, event: &Members<'_>) {
    for (from, to) in [("user_id", "userId"), ("device_id", "anonymousId")] {
        let given = event.get(from).and_then(|raw| id(raw));
        if let Some(id) = given.filter(|id| !is_nobody(id)) {
            call.raw(to, &shorten(&quoted(&id)));
        }
    }
}

/// Two devices may use one insert id for two events.
fn message_id(event: &Members<'_>) -> Option<String> {
    let insert_id = event.get("insert_id").and_then(|raw| id(raw)).filter(|id| !id.is_empty())?;
    let owner = ["device_id", "user_id"].iter().find_map(|name| event.get(*name));
    let owner = owner.and_then(|raw| id(raw)).unwrap_or_default();
    let short = |text: &str| text.chars().take(450).collect::<String>();
    Some(format!("{}@{}", short(&insert_id), short(&owner)))
}

fn time(call: &mut Object, event: &Members<'_>, origin: &Origin) {
    let Some(at) = event.get("time").and_then(|raw| sluice_event::time::parse_json(raw.get()))
    else {
        return;
    };
    let skew = origin
        .uploaded_at
        .map_or(0, |uploaded_at| origin.received_at.as_micros() - uploaded_at.as_micros());
    let skew = if skew.abs() > SKEW_MICROS_MIN { skew } else { 0 };
    call.text("timestamp", &Timestamp::from_micros(at.as_micros() + skew).to_string());
}

fn session(call: &mut Object, event: &Members<'_>) {
    if let Some(id) = event.get("session_id").filter(|raw| raw.get() != "-1") {
        call.raw(
            "integrations",
            &format!("{{\"Actions Amplitude\":{{\"session_id\":{}}}}}", id.get()),
        );
    }
}

/// The amount stands in the properties, as Segment's e-commerce events have it. Price and quantity
/// go before a revenue that came with both.
fn with_revenue(event: &Members<'_>, properties: &str) -> String {
    let given = members(properties).unwrap_or_default();
    let mut more = Object::new();
    let number = |top: &str, own: &str| {
        let raw = event.get(top).or_else(|| given.get(own))?;
        raw.get().parse::<f64>().ok()
    };
    let (price, quantity) = (number("price", "$price"), number("quantity", "$quantity"));
    let revenue = number("revenue", "$revenue");
    let revenue = match (price, quantity, revenue) {
        (Some(price), Some(quantity), Some(_)) => Some(price * quantity),
        (_, _, Some(revenue)) => Some(revenue),
        (Some(price), quantity, None) => Some(price * quantity.unwrap_or(1.0)),
        _ => None,
    };
    for name in ["price", "quantity", "productId", "revenueType", "currency"] {
        if let Some(raw) = event.get(name).filter(|_| !given.contains_key(name)) {
            more.raw(name, &shorten(raw.get()));
        }
    }
    // A number beyond what a float holds has no JSON.
    let revenue = revenue.filter(|revenue| revenue.is_finite());
    if let Some(revenue) = revenue.filter(|_| !given.contains_key("revenue")) {
        more.raw("revenue", &revenue.to_string());
    }
    if more.out.len() == 1 {
        return properties.to_owned();
    }
    let own = properties.trim_end().strip_suffix('}').unwrap_or("{");
    let comma = if given.is_empty() { "" } else { "," };
    format!("{own}{comma}{}", &more.end()[1..])
}

/// What an event says about its user: the plain values, and all operations.
#[derive(Default)]
struct UserProperties {
    set: Option<String>,
    operations: Option<String>,
}

fn user_properties(event: &Members<'_>) -> UserProperties {
    event.get("user_properties").map(|raw| sort_operations(raw.get())).unwrap_or_default()
}

/// Plain keys mean `$set`; beside an operation they are ignored.
fn sort_operations(json: &str) -> UserProperties {
    let json = shorten(json);
    let given = members(&json).unwrap_or_default();
    if given.is_empty() {
        return UserProperties::default();
    }
    if !given.keys().any(|key| key.starts_with('$')) {
        let operations = Some(format!("{{\"$set\":{json}}}"));
        return UserProperties { set: Some(json.into_owned()), operations };
    }
    let set = given.get("$set").map(|raw| raw.get().to_owned());
    UserProperties { set, operations: Some(json.into_owned()) }
}

/// Of an event other than `$identify`; none if it asks to leave the stored properties alone.
fn operations(event: &Members<'_>) -> Option<String> {
    let skips = event.get("$skip_user_properties_sync").is_some_and(|raw| raw.get() == "true");
    user_properties(event).operations.filter(|_| !skips)
}

fn context(event: &Members<'_>, origin: &Origin, operations: Option<String>) -> Object {
    let mut context = Object::new();
    let mut part = |name: &str, names: &[(&str, &str)]| {
        let mut object = Object::new();
        object.copy(event, names);
        context.object(name, object);
    };
    part(
        "app",
        &[(
            if event.contains_key("app_version") { "app_version" } else { "version_name" },
            "version",
        )],
    );
    part("os", &[("os_name", "name"), ("os_version", "version")]);
    part(
        "device",
        &[
            ("device_brand", "brand"),
            ("device_manufacturer", "manufacturer"),
            ("device_model", "model"),
            (if event.contains_key("idfa") { "idfa" } else { "adid" }, "advertisingId"),
        ],
    );
    part("network", &[("carrier", "carrier")]);
    part(
        "location",
        &[
            ("country", "country"),
            ("region", "region"),
            ("city", "city"),
            ("location_lat", "latitude"),
            ("location_lng", "longitude"),
        ],
    );
    context.copy(event, &[("language", "locale"), ("user_agent", "userAgent")]);
    if let Some(raw) = event.get("groups") {
        context.raw("groups", &shorten(&groups::limited(raw)));
    }
    match event.get("ip").and_then(|raw| text(raw)) {
        Some(ip) if ip == "$remote" => context.text("ip", &origin.ip.to_string()),
        Some(ip) => context.text("ip", &ip),
        None => {}
    }
    library(&mut context, event);
    if let Some(operations) = operations {
        context.raw("traitOperations", &operations);
    }
    let mut kept = Object::new();
    for name in KEPT {
        if let Some(raw) = event.get(*name) {
            kept.raw(name, &shorten(raw.get()));
        }
    }
    context.object("amplitude", kept);
    context
}

/// `amplitude-ts/2.11.1`; a request of an API's own caller is `http/2.0`.
fn library(context: &mut Object, event: &Members<'_>) {
    let given = event.get("library").and_then(|raw| text(raw)).unwrap_or(Cow::Borrowed("http/2.0"));
    let (name, version) = given.split_once('/').unwrap_or((&given, ""));
    let mut library = Object::new();
    library.text("name", name);
    library.text("version", version);
    context.object("library", library);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn translated(event: &Value, uploaded_at: Option<&str>) -> Vec<Value> {
        translated_text(&event.to_string(), uploaded_at)
    }

    fn translated_text(text: &str, uploaded_at: Option<&str>) -> Vec<Value> {
        let origin = Origin {
            door: Door::HttpV2,
            ip: [203, 0, 113, 9].into(),
            received_at: sluice_event::time::parse("2026-03-01T12:00:05Z").unwrap(),
            uploaded_at: uploaded_at.and_then(sluice_event::time::parse),
        };
        let event = members(text).unwrap();
        let calls: Vec<Value> =
            translate(&event, &origin).map(|call| serde_json::from_str(&call).unwrap()).collect();
        assert_eq!(calls.len(), count(&event, origin.door));
        calls
    }

    #[test]
    fn an_event_is_a_track_with_its_context_and_its_session() {
        let event = json!({
            "user_id": "jo@x.io", "device_id": "D-0001", "event_type": "watch_tutorial",
            "time": 1_772_366_400_000_i64, "insert_id": "i-1", "session_id": 1_772_366_000_000_i64,
            "event_properties": { "load_time": 0.837, "tags": ["a", null] },
            "user_properties": { "age": 25 }, "ip": "$remote", "os_name": "iOS", "language": "en-US",
            "library": "amplitude-ts/2.11.1", "event_id": 7, "unknown_key": 1, "groups": { "org": "15" },
        });
        let expected = json!([{
            "type": "track", "event": "watch_tutorial",
            "properties": { "load_time": 0.837, "tags": ["a", null] },
            "userId": "jo@x.io", "anonymousId": "D-0001", "messageId": "i-1@D-0001",
            "timestamp": "2026-03-01T12:00:00.000Z",
            "context": {
                "os": { "name": "iOS" }, "locale": "en-US", "groups": { "org": "15" }, "ip": "203.0.113.9",
                "library": { "name": "amplitude-ts", "version": "2.11.1" },
                "traitOperations": { "$set": { "age": 25 } },
                "amplitude": { "time": 1_772_366_400_000_i64, "event_id": 7, "insert_id": "i-1" },
            },
            "integrations": { "Actions Amplitude": { "session_id": 1_772_366_000_000_i64 } },
        }]);
        assert_eq!(json!(translated(&event, None)), expected);
    }

    #[test]
    fn a_clock_counts_as_wrong_beyond_60_seconds() {
        let event =
            json!({ "user_id": "user-1", "event_type": "e", "time": 1_772_366_400_000_i64 });
        for (uploaded_at, expected) in [
            ("2026-03-01T12:00:05Z", "2026-03-01T12:00:00.000Z"),
            ("2026-03-01T11:59:05Z", "2026-03-01T12:00:00.000Z"),
            ("2026-03-01T11:59:04Z", "2026-03-01T12:01:01.000Z"),
            ("2026-03-01T10:00:05Z", "2026-03-01T14:00:00.000Z"),
        ] {
            assert_eq!(translated(&event, Some(uploaded_at))[0]["timestamp"], expected);
        }
    }

    #[test]
    fn revenue_is_price_times_quantity_only_if_all_three_are_there() {
        for (event, revenue) in [
            (json!({ "price": 10, "quantity": 2, "revenue": 99 }), json!(20)),
            (json!({ "price": 10, "revenue": 99 }), json!(99)),
            (json!({ "price": 10 }), json!(10)),
            (
                json!({ "event_properties": { "$price": 2.5, "$quantity": 2, "$revenue": 5 } }),
                json!(5),
            ),
            (json!({ "event_properties": { "revenue": "own" }, "revenue": 1 }), json!("own")),
            (json!({ "quantity": 3 }), Value::Null),
        ] {
            let mut event = event;
            event["event_type"] = "Bought".into();
            event["user_id"] = "user-1".into();
            let call = &translated(&event, None)[0];
            assert_eq!(call["properties"]["revenue"], revenue, "{event}");
        }
    }

    #[test]
    fn a_revenue_beyond_what_a_number_holds_is_left_out() {
        for amounts in [r#""revenue":1e999"#, r#""price":1e200,"quantity":1e200,"revenue":1"#] {
            let event = format!(r#"{{"user_id":"user-1","event_type":"Bought",{amounts}}}"#);
            let call = &translated_text(&event, None)[0];
            assert_eq!(call["properties"].get("revenue"), None, "{event}");
        }
    }

    #[test]
    fn operations_are_kept_and_set_becomes_traits() {
        let event = json!({
            "device_id": "D-0001", "event_type": "$identify",
            "user_properties": { "$set": { "plan": "pro" }, "$add": { "visits": 1 }, "ignored": true },
        });
        let call = &translated(&event, None)[0];
        assert_eq!(call["type"], "identify");
        assert_eq!(call["traits"], json!({ "plan": "pro" }));
        assert_eq!(call["context"]["traitOperations"]["$add"], json!({ "visits": 1 }));
    }

    #[test]
    fn each_group_is_a_call_of_its_own() {
        let event = json!({
            "event_type": "$groupidentify", "insert_id": "g", "device_id": "D-0001",
            "groups": { "org": ["a", 15], "team": "x" }, "group_properties": { "$set": { "size": 3 } },
        });
        let calls = translated(&event, None);
        let seen: Vec<_> = calls
            .iter()
            .map(|call| {
                (
                    call["groupId"].clone(),
                    call["context"]["groupType"].clone(),
                    call["messageId"].clone(),
                )
            })
            .collect();
        let expected =
            [("a", "org", "g@D-0001"), ("15", "org", "g@D-0001-1"), ("x", "team", "g@D-0001-2")];
        assert_eq!(seen, expected.map(|(a, b, c)| (json!(a), json!(b), json!(c))));
        assert!(calls.iter().all(|call| call["traits"] == json!({ "size": 3 })));
    }
}

//! Items and what becomes of them, field by field.

use std::net::IpAddr;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use sluice_base::Timestamp;
use sluice_event::wire::{Sender, WireLimits, normalize};
use sluice_event::{
    Endpoint, Event, EventType, IpPolicy, Offset, ReceivedItem, ReceivedRequest, Refusal, SourceNo,
};

/// An item and what surrounds it.
#[derive(Clone)]
pub(crate) struct Given<'a> {
    pub(crate) item: &'a str,
    pub(crate) endpoint: Endpoint,
    pub(crate) sent_at: Option<&'a str>,
    pub(crate) context: Option<&'a str>,
    pub(crate) integrations: Option<&'a str>,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) ip_policy: IpPolicy,
    pub(crate) limits: WireLimits,
}

impl<'a> Given<'a> {
    pub(crate) fn batch(item: &'a str) -> Self {
        Self {
            item,
            endpoint: Endpoint::Batch,
            sent_at: None,
            context: None,
            integrations: None,
            ip: Some(IpAddr::from([203, 0, 113, 7])),
            user_agent: Some("okhttp/4"),
            ip_policy: IpPolicy::Keep,
            limits: WireLimits::default(),
        }
    }

    pub(crate) fn single(event_type: EventType, item: &'a str) -> Self {
        Self { endpoint: Endpoint::Single { event_type, short: false }, ..Self::batch(item) }
    }

    pub(crate) fn track(item: &'a str) -> Self {
        Self::single(EventType::Track, item)
    }

    pub(crate) fn client(item: &'a str) -> Self {
        Self { endpoint: Endpoint::ClientBatch, ..Self::batch(item) }
    }
}

pub(crate) fn normalized(given: &Given<'_>) -> Result<Event, Refusal> {
    let request = ReceivedRequest {
        source: SourceNo(3),
        received_at: Timestamp::from_millis(1_772_366_400_000),
        endpoint: given.endpoint,
        ip: given.ip,
        user_agent: given.user_agent,
        sent_at: given.sent_at,
        context: given.context,
        integrations: given.integrations,
        items: vec![ReceivedItem::Event(given.item)],
    };
    normalize(
        &request,
        0,
        Offset(41),
        Sender { project_id: "src_1", ip: given.ip_policy },
        &given.limits,
    )
}

#[expect(clippy::needless_pass_by_value, reason = "expect! makes a value")]
fn check(given: Given<'_>, expected: Expect) {
    let text = match normalized(&given) {
        Ok(event) => {
            check_ranges(&event);
            event.json.to_string()
        }
        Err(refusal) => refusal.code().to_owned(),
    };
    expected.assert_eq(&text);
}

/// The ranges point at the objects they name.
fn check_ranges(event: &Event) {
    let json: serde_json::Value = serde_json::from_str(&event.json).unwrap();
    let body = match event.event_type {
        EventType::Identify | EventType::Group => "traits",
        EventType::Alias => "none",
        _ => "properties",
    };
    for (name, text) in [
        (body, event.body_json()),
        ("context", event.context_json()),
        ("integrations", event.integrations_json()),
    ] {
        let pointed = text.map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(json.get(name), pointed.as_ref(), "{name}");
    }
}

#[test]
fn a_browser_event_keeps_its_order_and_gains_the_server_fields() {
    let item = r#"{"timestamp":"2026-03-01T11:59:59.500Z","integrations":{"Amplitude":{"session_id":1772366000000}},"userId":"u-1","anonymousId":"a-1","event":"Order Completed","type":"track","properties":{"total":12345678901234567890.10, "big":9007199254740993,"none":null},"context":{"page":{"path":"/"},"userAgent":"Mozilla/5.0","library":{"name":"analytics.js","version":"npm:next-1.84.1"}},"messageId":"ajs-next-1","sentAt":"2026-03-01T12:00:00.000Z","_metadata":{"bundled":["X"]}}"#;
    let given = Given {
        endpoint: Endpoint::Single { event_type: EventType::Track, short: true },
        ..Given::batch(item)
    };
    let event = normalized(&given).unwrap();
    assert_eq!(event.session_id, 1_772_366_000_000);
    assert_eq!(
        (event.user_id.as_deref(), event.anonymous_id.as_deref()),
        (Some("u-1"), Some("a-1"))
    );
    assert_eq!((&*event.name, &*event.message_id), ("Order Completed", "ajs-next-1"));
    check(
        given,
        expect![[
            r#"{"integrations":{"Amplitude":{"session_id":1772366000000}},"userId":"u-1","anonymousId":"a-1","event":"Order Completed","properties":{"total":12345678901234567890.10, "big":9007199254740993,"none":null},"context":{"page":{"path":"/"},"userAgent":"Mozilla/5.0","library":{"name":"analytics.js","version":"npm:next-1.84.1"},"ip":"203.0.113.7"},"messageId":"ajs-next-1","_metadata":{"bundled":["X"]},"originalTimestamp":"2026-03-01T11:59:59.500Z","sentAt":"2026-03-01T12:00:00.000Z","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T11:59:59.500Z","channel":"client","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
}

#[test]
fn a_python_body_with_nulls_reads_as_without_them() {
    let item = r#"{"integrations":{},"anonymousId":null,"timestamp":"2026-03-01T11:00:00.123456+00:00","context":{"library":{"name":"analytics-python","version":"2.3.4"}},"userId":"u","traits":{"plan":null,"n":1.0},"type":"identify","messageId":"m","category":null}"#;
    check(
        Given::batch(item),
        expect![[
            r#"{"integrations":{},"context":{"library":{"name":"analytics-python","version":"2.3.4"}},"userId":"u","traits":{"plan":null,"n":1.0},"messageId":"m","originalTimestamp":"2026-03-01T11:00:00.123456+00:00","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T11:00:00.123Z","channel":"server","projectId":"src_1","version":2,"type":"identify"}"#
        ]],
    );
}

#[test]
fn a_batch_context_lies_beneath_the_items() {
    let item = r#"{"type":"page","userId":"u","name":"Home","context":{"app":{"version":"2","b":null},"locale":"de"},"integrations":{"All":false}}"#;
    let given = Given {
        context: Some(
            r#"{"app":{"name":"Shop","version":"1","b":3},"locale":"en","library":{"name":"analytics-java"}}"#,
        ),
        integrations: Some(r#"{"All":true,"Amplitude":{"session_id":"77"}}"#),
        ..Given::batch(item)
    };
    assert_eq!(normalized(&given).unwrap().session_id, 77);
    check(
        given,
        expect![[
            r#"{"userId":"u","name":"Home","context":{"app":{"version":"2","b":null,"name":"Shop"},"locale":"de","library":{"name":"analytics-java"}},"integrations":{"All":false,"Amplitude":{"session_id":"77"}},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"server","projectId":"src_1","version":2,"type":"page"}"#
        ]],
    );
}

#[test]
fn an_event_without_context_or_message_id_gets_both() {
    check(
        Given::track(r#"{"event":"e","userId":"u"}"#),
        expect![[
            r#"{"event":"e","userId":"u","context":{"library":{"name":"unknown","version":"unknown"}},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"server","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
}

#[test]
fn the_made_message_id_is_the_same_each_time_and_another_for_each_offset() {
    let given = Given::track(r#"{"event":"e","userId":"u"}"#);
    let first = normalized(&given).unwrap().message_id;
    assert_eq!(normalized(&given).unwrap().message_id, first);
    assert_eq!(first.len(), "api-".len() + 27);
    let request = |source| ReceivedRequest {
        source: SourceNo(source),
        received_at: Timestamp::from_secs(1_772_366_400),
        endpoint: given.endpoint,
        ip: None,
        user_agent: None,
        sent_at: None,
        context: None,
        integrations: None,
        items: vec![ReceivedItem::Event(given.item); 2],
    };
    let mut ids = std::collections::HashSet::new();
    for source in 0..10 {
        for offset in 0..1_000 {
            let event =
                normalize(&request(source), 1, Offset(offset), "s".into(), &given.limits).unwrap();
            assert!(ids.insert(event.message_id));
        }
    }
}

#[test]
fn the_client_channel_gets_address_and_agent_and_the_server_channel_neither() {
    check(
        Given::client(r#"{"type":"track","event":"e","userId":"u","context":{"ip":null}}"#),
        expect![[
            r#"{"event":"e","userId":"u","context":{"library":{"name":"unknown","version":"unknown"},"ip":"203.0.113.7","userAgent":"okhttp/4"},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"client","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
    check(
        Given::client(
            r#"{"type":"track","event":"e","userId":"u","context":{"ip":"0.0.0.0","userAgent":"own"}}"#,
        ),
        expect![[
            r#"{"event":"e","userId":"u","context":{"ip":"0.0.0.0","userAgent":"own","library":{"name":"unknown","version":"unknown"}},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"client","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
    check(
        Given::batch(r#"{"type":"track","event":"e","userId":"u","context":{}}"#),
        expect![[
            r#"{"event":"e","userId":"u","context":{"library":{"name":"unknown","version":"unknown"}},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"server","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
    check(
        Given::batch(r#"{"type":"track","event":"e","userId":"u","context":{"direct":true}}"#),
        expect![[
            r#"{"event":"e","userId":"u","context":{"direct":true,"library":{"name":"unknown","version":"unknown"},"ip":"203.0.113.7"},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"client","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
    let old_android = r#"{"type":"track","event":"e","userId":"u","context":{"library":{"name":"analytics-android"}}}"#;
    check(
        Given::batch(old_android),
        expect![[
            r#"{"event":"e","userId":"u","context":{"library":{"name":"analytics-android"},"ip":"203.0.113.7"},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"client","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
}

#[test]
fn what_the_server_sets_replaces_what_the_sender_wrote() {
    check(
        Given::track(
            r#"{"receivedAt":"x","channel":"y","projectId":"z","version":"1.1","type":"page","originalTimestamp":"o","writeKey":"secret","event":"e","userId":"u","unknown":[1,{"a":1e2}]}"#,
        ),
        expect![[
            r#"{"event":"e","userId":"u","unknown":[1,{"a":1e2}],"context":{"library":{"name":"unknown","version":"unknown"}},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"server","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
}

#[test]
fn of_a_key_given_twice_the_last_counts() {
    check(
        Given::track(
            r#"{"userId":"a","event":"x","custom":1,"userId":"b","\u0065vent":"y","custom":2,"anonymousId":"c","anonymousId":null}"#,
        ),
        expect![[
            r#"{"userId":"b","\u0065vent":"y","custom":2,"context":{"library":{"name":"unknown","version":"unknown"}},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"server","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
}

#[test]
fn nul_and_lone_surrogates_do_no_harm() {
    let item = r#"{"userId":"a\u0000b","event":"x\ud800y","properties":{"k\udfff":"\ud83d\ude00 \ud83d","n":"\u0000"},"messageId":"m\u0000"}"#;
    let event = normalized(&Given::track(item)).unwrap();
    assert_eq!((event.user_id.as_deref(), &*event.name), (Some("ab"), "x\u{fffd}y"));
    check(
        Given::track(item),
        expect![[
            r#"{"userId":"ab","event":"x\ufffdy","properties":{"k\ufffd":"\ud83d\ude00 \ufffd","n":"\u0000"},"messageId":"m","context":{"library":{"name":"unknown","version":"unknown"}},"integrations":{},"receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"server","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
}

#[test]
fn a_number_beyond_a_double_becomes_its_text() {
    check(
        Given::track(
            r#"{"userId":"u","event":"e","properties":{"a":1e999,"b":-1E+400,"c":1e308,"d":"1e999"}}"#,
        ),
        expect![[
            r#"{"userId":"u","event":"e","properties":{"a":"1e999","b":"-1E+400","c":1e308,"d":"1e999"},"context":{"library":{"name":"unknown","version":"unknown"}},"integrations":{},"messageId":"api-3ALKRDmTlU1FIZaURS79jJiFwVt","receivedAt":"2026-03-01T12:00:00.000Z","timestamp":"2026-03-01T12:00:00.000Z","channel":"server","projectId":"src_1","version":2,"type":"track"}"#
        ]],
    );
}

#[test]
fn a_group_call_gives_the_group_and_other_calls_take_it_from_the_context() {
    let group = normalized(&Given::single(
        EventType::Group,
        r#"{"userId":"u","groupId":"g","traits":{"name":null}}"#,
    ));
    assert_eq!(group.unwrap().group_id.as_deref(), Some("g"));
    let track = r#"{"userId":"u","event":"e","context":{"groupId":"c","sessionId":5}}"#;
    let track = normalized(&Given::track(track)).unwrap();
    assert_eq!((track.group_id.as_deref(), track.session_id), (Some("c"), 5));
    let alias = r#"{"userId":"new","previousId":"old"}"#;
    let alias = normalized(&Given::single(EventType::Alias, alias)).unwrap();
    assert_eq!(alias.previous_id.as_deref(), Some("old"));
}

#[test]
fn surplus_properties_are_dropped_and_the_event_stays() {
    let limits = WireLimits { properties_max: 2, ..WireLimits::default() };
    for (properties, kept) in [
        (r#"{"a":1, "b":2 , "c":3,"d":4}"#, r#"{"a":1, "b":2 }"#),
        (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2}"#),
    ] {
        let item = format!(r#"{{"userId":"u","event":"e","properties":{properties}}}"#);
        let event = normalized(&Given { limits: limits.clone(), ..Given::track(&item) }).unwrap();
        assert_eq!(event.body_json(), Some(kept));
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let key = prop_oneof![
            ".{0,4}",
            Just("name".to_owned()),
            Just("library".to_owned()),
            Just("ip".to_owned())
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const KEYS: &[&str] = &[
    "type",
    "messageId",
    "userId",
    "anonymousId",
    "groupId",
    "previousId",
    "event",
    "name",
    "category",
    "timestamp",
    "sentAt",
    "receivedAt",
    "properties",
    "traits",
    "context",
    "integrations",
    "writeKey",
    "custom",
    "other",
];

fn endpoints() -> impl Strategy<Value = Endpoint> {
    let single = (prop::sample::select(EventType::ALL), any::<bool>())
        .prop_map(|(event_type, short)| Endpoint::Single { event_type, short });
    prop_oneof![single, Just(Endpoint::Batch), Just(Endpoint::ClientBatch)]
}

/// An item of mostly sensible members, some of the wrong kind.
fn item() -> impl Strategy<Value = String> {
    let sensible = |key: &'static str| -> BoxedStrategy<serde_json::Value> {
        match key {
            "type" => {
                prop::sample::select(EventType::ALL).prop_map(|kind| kind.name().into()).boxed()
            }
            "context" | "properties" | "traits" | "integrations" => {
                json_value().prop_filter("object", serde_json::Value::is_object).boxed()
            }
            "timestamp" | "sentAt" => Just("2026-03-01T12:00:00Z".into()).boxed(),
            _ => "[a-z]{1,6}".prop_map(serde_json::Value::from).boxed(),
        }
    };
    let member = prop::sample::select(KEYS)
        .prop_flat_map(move |key| (Just(key), prop_oneof![6 => sensible(key), 1 => json_value()]));
    prop::collection::vec(member, 0..14).prop_map(|members| {
        let members: Vec<_> =
            members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!(
            "{{\"userId\":\"u\",{}\"event\":\"e\"}}",
            members.iter().map(|m| format!("{m},")).collect::<String>()
        )
    })
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn an_accepted_event_is_sound(item in item(), endpoint in endpoints(), context in prop::option::of(json_value())) {
        let context = context.map(|context| context.to_string());
        let given = Given { endpoint, context: context.as_deref(), ..Given::batch(&item) };
        if let Ok(event) = normalized(&given) {
            check_ranges(&event);
            let json: serde_json::Value = serde_json::from_str(&event.json).unwrap();
            prop_assert!(json.get("writeKey").is_none());
            prop_assert_eq!(&json["type"], event.event_type.name());
            prop_assert_eq!(&json["messageId"], &*event.message_id);
            prop_assert_eq!(&json["version"], 2);
            let sent: serde_json::Value = serde_json::from_str(&item).unwrap();
            for key in ["custom", "other"] {
                let sent = sent.get(key).filter(|value| !value.is_null());
                prop_assert_eq!(json.get(key), sent);
            }
            if let (None, Some(own)) = (&context, sent["context"].as_object()) {
                for (key, value) in own.iter().filter(|(_, value)| !value.is_null()) {
                    prop_assert_eq!(&json["context"][key], value);
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        item in ".{0,60}",
        mutated in item(),
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..4),
        endpoint in endpoints(),
    ) {
        let mut damaged = mutated.into_bytes();
        let at = at.index(damaged.len());
        let end = (at + bytes.len()).min(damaged.len());
        damaged.splice(at..end, bytes);
        let damaged = String::from_utf8_lossy(&damaged).into_owned();
        for item in [&item, &damaged] {
            let given = Given { endpoint, context: Some(item), integrations: Some(item), sent_at: Some(item), ..Given::batch(item) };
            if let Ok(event) = normalized(&given) {
                check_ranges(&event);
            }
        }
    }
}

#[test]
fn of_an_address_only_what_the_source_keeps_stays() {
    let own =
        r#"{"type":"track","event":"e","userId":"u","context":{"a":1,"ip":"198.51.100.9","b":2}}"#;
    let none = r#"{"type":"track","event":"e","userId":"u","context":{"a":1}}"#;
    let odd = r#"{"type":"track","event":"e","userId":"u","context":{"ip":7}}"#;
    let context = |item, ip_policy| {
        let event = normalized(&Given { ip_policy, ..Given::client(item) }).unwrap();
        let context: serde_json::Value =
            serde_json::from_str(event.context_json().unwrap()).unwrap();
        context["ip"].as_str().map(str::to_owned)
    };
    for (policy, from_own, from_none) in [
        (IpPolicy::Keep, Some("198.51.100.9"), Some("203.0.113.7")),
        (IpPolicy::Truncate, Some("198.51.100.0"), Some("203.0.113.0")),
        (IpPolicy::Drop, None, None),
    ] {
        assert_eq!(context(own, policy).as_deref(), from_own, "{policy:?}");
        assert_eq!(context(none, policy).as_deref(), from_none, "{policy:?}");
    }
    assert_eq!(context(odd, IpPolicy::Truncate), None, "what is no address cannot be cut");
    let event = normalized(&Given { ip_policy: IpPolicy::Drop, ..Given::client(own) }).unwrap();
    assert!(!event.json.contains("198.51"), "{}", event.json);
}

//! Each refusal code and the item that earns it.

use sluice_event::wire::{WireLimits, normalize};
use sluice_event::{EventType, Offset, ReceivedItem, ReceivedRequest, Refusal, SourceNo};

use crate::normalize::{Given, normalized};

fn check(event_type: EventType, item: &str, expected: &str) {
    let outcome = match normalized(&Given::single(event_type, item)) {
        Ok(_) => "accepted",
        Err(refusal) => refusal.code(),
    };
    assert_eq!(outcome, expected, "{item}");
}

#[test]
fn ids_are_checked() {
    use EventType::{Alias, Group, Identify, Track};
    check(Identify, r#"{}"#, "no_user_anon_id");
    check(Identify, r#"{"userId":null,"anonymousId":null}"#, "no_user_anon_id");
    check(Identify, r#"{"userId":""}"#, "id_required");
    check(Identify, r#"{"userId":"\u0000"}"#, "id_required");
    check(Identify, r#"{"userId":"","anonymousId":"a"}"#, "accepted");
    check(Identify, r#"{"userId":5}"#, "id_not_string");
    check(Identify, r#"{"userId":"u","anonymousId":{}}"#, "id_not_string");
    check(Group, r#"{"userId":"u"}"#, "id_required");
    check(Group, r#"{"userId":"u","groupId":5}"#, "id_not_string");
    check(Group, r#"{"groupId":"g"}"#, "no_user_anon_id");
    check(Alias, r#"{"userId":"u"}"#, "id_required");
    check(Alias, r#"{"anonymousId":"a","previousId":"p"}"#, "id_required");
    check(Alias, r#"{"userId":"u","previousId":5}"#, "id_not_string");
    check(Track, r#"{"userId":"u","event":"e","groupId":5}"#, "accepted");
}

#[test]
fn names_are_checked() {
    use EventType::{Page, Screen, Track};
    check(Track, r#"{"userId":"u"}"#, "event_not_defined");
    check(Track, r#"{"userId":"u","event":""}"#, "event_not_defined");
    check(Track, r#"{"userId":"u","event":null}"#, "event_not_defined");
    check(Track, r#"{"userId":"u","event":["e"]}"#, "event_not_string");
    check(Page, r#"{"userId":"u","name":7}"#, "name_not_string");
    check(Screen, r#"{"userId":"u","category":true}"#, "category_not_string");
    check(Page, r#"{"userId":"u"}"#, "accepted");
    let named = |length| format!(r#"{{"userId":"u","event":"{}"}}"#, "é".repeat(length));
    check(Track, &named(255), "accepted");
    check(Track, &named(256), "event_name_too_long");
    let property = |length| {
        format!(r#"{{"userId":"u","event":"e","properties":{{"a":1,"{}":1}}}}"#, "é".repeat(length))
    };
    check(Track, &property(255), "accepted");
    check(Track, &property(256), "property_name_too_long");
}

#[test]
fn containers_are_checked() {
    use EventType::{Group, Identify, Page, Track};
    check(Track, r#"{"userId":"u","event":"e","properties":[]}"#, "properties_not_object");
    check(Page, r#"{"userId":"u","properties":"p"}"#, "properties_not_object");
    check(Identify, r#"{"userId":"u","traits":5}"#, "traits_not_object");
    check(Group, r#"{"userId":"u","groupId":"g","traits":[]}"#, "traits_not_object");
    check(Track, r#"{"userId":"u","event":"e","properties":null}"#, "accepted");
    check(Track, r#"{"userId":"u","event":"e","context":[],"integrations":[ ]}"#, "accepted");
    check(Track, r#"{"userId":"u","event":"e","context":"c"}"#, "bad_request");
    check(Track, r#"{"userId":"u","event":"e","integrations":[1]}"#, "bad_request");
    let device = |id| {
        format!(r#"{{"userId":"u","event":"e","context":{{"device":{{"advertisingId":{id}}}}}}}"#)
    };
    check(Track, &device("5"), "device_advertisingid_should_be_string");
    check(Track, &device("null"), "accepted");
    check(Track, &device(r#""id""#), "accepted");
}

#[test]
fn a_batch_item_needs_a_type() {
    for (item, expected) in [
        (r#"{"userId":"u","event":"e"}"#, Err(Refusal::UnknownType)),
        (r#"{"type":"purchase","userId":"u"}"#, Err(Refusal::UnknownType)),
        (r#"{"type":1,"userId":"u"}"#, Err(Refusal::UnknownType)),
        (r#"{"type":"tr\u0061ck","userId":"u","event":"e"}"#, Ok(EventType::Track)),
    ] {
        assert_eq!(
            normalized(&Given::batch(item)).map(|event| event.event_type),
            expected,
            "{item}"
        );
    }
}

#[test]
fn the_path_decides_the_type_of_a_single_event() {
    let event =
        normalized(&Given::single(EventType::Page, r#"{"type":"track","userId":"u"}"#)).unwrap();
    assert_eq!(event.event_type, EventType::Page);
}

#[test]
fn a_consent_event_has_its_shape_checked() {
    let event = |consent: &str| {
        format!(
            r#"{{"userId":"u","event":"Segment Consent Preference Updated","context":{{"consent":{consent}}}}}"#
        )
    };
    for (consent, expected) in [
        ("null", "consent_categorypreferences_should_exist"),
        ("{}", "consent_categorypreferences_should_exist"),
        (r#"{"categoryPreferences":[]}"#, "consent_categorypreferences_fields_should_be_object"),
        (
            r#"{"categoryPreferences":{"ads":"yes"}}"#,
            "consent_categorypreferences_fields_should_be_bool",
        ),
        (
            r#"{"categoryPreferences":{"ads":true},"version":"2"}"#,
            "consent_version_should_be_number",
        ),
        (r#"{"categoryPreferences":{"ads":true,"x":false},"version":2}"#, "accepted"),
        (r#"{"categoryPreferences":{}}"#, "accepted"),
    ] {
        check(EventType::Track, &event(consent), expected);
    }
    let other = event("5").replace("Segment Consent Preference Updated", "e");
    check(EventType::Track, &other, "accepted");
}

#[test]
fn nesting_has_a_limit_and_no_stack_overflows() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"userId":"u","event":"e","properties":{{"p":{open}{close}}}}}"#)
    };
    check(EventType::Track, &nested(62), "accepted");
    check(EventType::Track, &nested(63), "nested_too_deep");
    check(EventType::Track, &nested(10_000), "nested_too_deep");
    let limits =
        WireLimits { event_bytes_max: usize::MAX, depth_max: usize::MAX, ..WireLimits::default() };
    let deep = format!("{}1{}", r#"{"a":"#.repeat(1_000_000), "}".repeat(1_000_000));
    let item = r#"{"userId":"u","event":"e","context":{"a":{"a":{"b":1}}}}"#;
    let given = Given { context: Some(&deep), limits, ..Given::track(item) };
    assert!(normalized(&given).is_ok());
}

#[test]
fn sizes_have_limits() {
    let item = format!(r#"{{"userId":"u","event":"e","p":"{}"}}"#, "x".repeat(32 << 10));
    check(EventType::Track, &item, "message_too_large");
    let id =
        |length| format!(r#"{{"userId":"u","event":"e","messageId":"{}"}}"#, "é".repeat(length));
    check(EventType::Track, &id(100), "accepted");
    check(EventType::Track, &id(1_000), "accepted");
    check(EventType::Track, &id(1_001), "message_id_too_long");
}

#[test]
fn a_stub_keeps_its_reason_and_a_missing_item_is_a_bad_request() {
    let request = ReceivedRequest {
        source: SourceNo(1),
        received_at: sluice_base::Timestamp::ZERO,
        endpoint: sluice_event::Endpoint::Batch,
        ip: None,
        user_agent: None,
        sent_at: None,
        context: None,
        integrations: None,
        items: vec![ReceivedItem::Stub {
            refusal: Refusal::MessageTooLarge,
            size: 40_000,
            head: "{",
        }],
    };
    let refusal = |index| {
        normalize(&request, index, Offset(0), "s".into(), &WireLimits::default()).unwrap_err()
    };
    assert_eq!(refusal(0), Refusal::MessageTooLarge);
    assert_eq!(refusal(1), Refusal::BadRequest);
}

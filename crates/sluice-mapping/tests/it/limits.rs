//! What a mapping may make of an event is bounded, however it goes about it.

use serde_json::{Value, json};
use sluice_mapping::{APPLY_BYTES_MAX, Mapping};

/// The mapping is refused for what it would make, and soon.
fn check_refused(mapping: &Value, event: &Value) {
    let told = Mapping::parse(mapping).unwrap().apply(event).unwrap_err().to_string();
    let is_told = told.contains(&APPLY_BYTES_MAX.to_string()) || told.contains("bytes together");
    assert!(is_told, "{told}");
}

fn text(bytes: usize) -> String {
    "x".repeat(bytes)
}

#[test]
fn what_doubles_with_each_level_is_refused() {
    let mut nested = json!({"@path": "$.a"});
    for _ in 0..26 {
        nested = json!({"@json": {"mode": "encode", "value": nested}});
    }
    check_refused(&json!({ "field": nested }), &json!({"a": "\\"}));
    let mut nested = json!({"@path": "$.a"});
    for _ in 0..6 {
        nested = json!({"@arrayPath": [{"@literal": vec![1; 16]}, {"n": nested}]});
    }
    check_refused(&json!({ "field": nested }), &json!({"a": 1}));
}

#[test]
fn a_large_value_in_many_places_is_refused() {
    let event = json!({ "a": text(30_000), "list": vec!["y"; 5_000] });
    check_refused(&json!({"field": {"@template": "{{a}}".repeat(1_000)}}), &event);
    check_refused(&json!({"field": {"@template": "{{{a}}}".repeat(1_000)}}), &event);
    let fields: Value = (0..1_000).map(|i| (format!("f{i}"), json!({"@path": "$.a"}))).collect();
    check_refused(&json!({ "all": fields }), &event);
    check_refused(
        &json!({"field": {"@arrayPath": ["$.list", {"c": {"@literal": text(10_000)}}]}}),
        &event,
    );
    let mut nested = json!({"@path": "$.a"});
    for pattern in ["x", "0", "1", "2", "3"] {
        let replacement = "0123456789";
        nested =
            json!({"@replace": {"pattern": pattern, "replacement": replacement, "value": nested}});
    }
    check_refused(&json!({ "field": [nested, nested, nested] }), &event);
    let parts = vec![json!({"@path": "$.a"}); 10];
    check_refused(&json!({"field": {"@merge": {"objects": parts, "direction": "left"}}}), &event);
}

#[test]
fn a_liquid_filter_is_refused_before_it_makes_too_much() {
    let event = json!({ "b": text(200_000), "c": text(30_000) });
    for template in [
        "{{ c | split: '' | join: b }}",
        "{{ b | split: '' }}",
        "{% assign a = c | append: c %}{{ a | replace: 'x', a }}",
    ] {
        check_refused(&json!({"field": {"@liquid": template}}), &event);
    }
    // Each in its own bounds, all together beyond those of a mapping.
    let fields: Value = (0..60).map(|i| (format!("f{i}"), json!({"@liquid": "{{ b }}"}))).collect();
    check_refused(&json!({ "all": fields }), &event);
}

#[test]
fn a_large_event_in_an_ordinary_mapping_passes() {
    let items: Vec<Value> = (0..300).map(|i| json!({"id": i, "name": text(50)})).collect();
    let event = json!({"event": "Bought", "properties": {"items": items, "note": text(10_000)}});
    let mapping = json!({
        "name": {"@path": "$.event"},
        "all": {"@path": "$.properties"},
        "flat": {"@flatten": {"value": {"@path": "$.properties"}, "separator": "."}},
        "items": {"@arrayPath": ["$.properties.items", {"sku": {"@path": "$.id"}}]},
        "json": {"@json": {"mode": "encode", "value": {"@path": "$.properties"}}},
    });
    let payload = Mapping::parse(&mapping).unwrap().apply(&event).unwrap();
    assert_eq!(payload["items"][299], json!({"sku": 299}));
    assert_eq!(payload["flat"]["items.7.id"], json!(7));
}

#[test]
fn braces_that_never_close_cost_no_time() {
    let open = "{".repeat(60_000);
    let mapping = Mapping::parse(&json!({"a": {"@template": {"@path": "$.t"}}})).unwrap();
    let text = format!("{open} }} {open}");
    assert_eq!(mapping.apply(&json!({ "t": text })).unwrap(), json!({ "a": text }));
}

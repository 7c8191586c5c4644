//! What is refused, where it is, and why; and what an event can make fail.

use serde_json::{Value, json};
use sluice_mapping::Mapping;

fn check(mapping: &Value, expected: &[&str]) {
    let error = Mapping::parse(mapping).unwrap_err();
    let told: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
}

#[test]
fn all_mistakes_of_a_mapping_are_told_with_their_places() {
    check(
        &json!({
            "a": {"@paht": "$.x"},
            "b": {"@replace": {"pattern": "", "replacement": 5, "global": "yes"}},
            "c": [{"@case": {"operator": "title", "value": "x"}}],
            "d/e": {"@json": {"mode": "encode"}},
            "f": {"@arrayPath": "$.items"},
            "g": {"@template": 5},
            "h": {"@if": {"@path": "$.x"}},
        }),
        &[
            "/a has an invalid directive: @paht; did you mean @path?",
            "/b/@replace/global should be a boolean but it is a string",
            "/b/@replace/replacement should be a string but it is a number",
            "/b/@replace/pattern should be a string of length 1 or greater",
            "/b/@replace should have field \"value\" but it doesn't",
            "/c/0/@case is wrong: @case requires an \"operator\" key with a value of \"lower\" or \"upper\"",
            "/d~1e/@json should have field \"value\" but it doesn't",
            "/f/@arrayPath should be an array but it is a string",
            "/g/@template should be a string or a mapping directive but it is a number",
            "/h/@if shouldn't have directive (@-prefixed) keys but it has \"@path\"",
        ],
    );
    check(&json!([]), &["the mapping should be an object but it is an array"]);
    check(
        &json!({"a": {"@liquid": "x\n {{ a | nope }}"}}),
        &["/a/@liquid there is no filter `nope`; did you mean `pop`?, line:2, col:2"],
    );
}

#[test]
fn nesting_is_bounded() {
    let mut mapping = json!(1);
    for _ in 0..100 {
        mapping = json!({ "a": mapping });
    }
    assert!(Mapping::parse(&mapping).unwrap_err().to_string().contains("nested more than"));
}

#[test]
fn an_error_with_an_event_names_the_field() {
    let mapping = json!({"outer": {"inner": {"@path": {"@path": "$.where"}}}});
    let mapping = Mapping::parse(&mapping).unwrap();
    let error = mapping.apply(&json!({"where": 5})).unwrap_err();
    assert_eq!(error.pointer(), "/outer/inner");
    assert_eq!(error.to_string(), "/outer/inner: @path: expected string, got number");
    assert_eq!(mapping.apply(&json!({"where": "a", "a": 1})), Ok(json!({"outer": {"inner": 1}})));
    assert!(mapping.apply(&json!([])).unwrap_err().to_string().contains("got array"));
}

#[test]
fn undefined_and_null_are_told_apart_to_the_end() {
    let event = json!({"none": null, "list": [{"a": 1}, {"a": null}, {}, 7]});
    let apply = |mapping: Value| Mapping::parse(&mapping).unwrap().apply(&event).unwrap();
    assert_eq!(
        apply(json!({"x": [{"@path": "$.no"}, {"@path": "$.none"}]})),
        json!({"x": [null, null]})
    );
    assert_eq!(
        apply(json!({"x": {"@arrayPath": ["$.list", {"b": {"@path": "a"}}]}})),
        json!({"x": [{"b": 1}, {"b": null}, {}, {}]})
    );
    // A later undefined member takes an earlier one away.
    assert_eq!(
        apply(
            json!({"x": {"@merge": {"direction": "right", "objects": [{"a": 1, "b": 2}, {"a": {"@path": "$.no"}}]}}})
        ),
        json!({"x": {"b": 2}})
    );
    assert_eq!(
        apply(
            json!({"x": {"@json": {"mode": "encode", "value": [{"a": {"@path": "$.no"}}, {"@path": "$.no"}]}}})
        ),
        json!({"x": "[{},null]"})
    );
    assert_eq!(
        apply(
            json!({"x": {"@if": {"blank": {"@literal": [{"@path": "$.no"}]}, "then": 1, "else": 2}}})
        ),
        json!({"x": 2})
    );
}

#[test]
fn triple_braces_come_first_and_what_they_give_is_filled_too() {
    let event = json!({"a": "{{b}}", "b": "x"});
    let mapping =
        Mapping::parse(&json!({"t": {"@template": "{{{a}}} {{a}} {{}} {{ b }"}})).unwrap();
    assert_eq!(mapping.apply(&event), Ok(json!({"t": "x {{b}} {{}} {{ b }"})));
}

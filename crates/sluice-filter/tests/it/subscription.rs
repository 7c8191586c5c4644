//! Triggers: the truth table, the original's oddities, what a person is told, and that printing
//! undoes parsing.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_filter::Subscription;

fn event() -> Value {
    json!({"type": "track", "event": "Order Completed", "name": null, "userId": "u-7", "properties": {"total": 30, "code": "AB-12", "vip": true, "beta": false, "str": "30", "nul": null, "empty": "", "list": [1, 2], "items": [{"sku": "s1"}], "a b": 1, "deep": {"x": {"y": "z"}}}, "traits": {"email": "ann@corp.example", "age": 41}, "context": {"device": {"type": "ios"}, "library": {"name": "analytics-ios"}}})
}

/// The text, whether it matches [`event`]; a text that does not parse matches nothing.
const TABLE: &[(&str, bool)] = &[
    (r#"type = "track""#, true),
    (r#"type = "page""#, false),
    (r#"type != "page""#, true),
    (r#"event = "Order Completed""#, true),
    (r#"event = "order completed""#, false), // case sensitive
    (r#"event != "Order Completed""#, false),
    (r#"type = "track" and event = "Order Completed""#, true),
    (r#"type = "page" or event = "Order Completed""#, true),
    (r#"type = "track" and (event = "A" or event = "Order Completed")"#, true), // one level of parentheses
    ("properties.total = 30", true),                                            // number equality
    ("properties.total = 30.0", true),
    ("properties.str = 30", false), // string never equals a number
    (r#"properties.total = "30""#, false), // number never equals a string
    (r#"properties.str = "30""#, true),
    ("properties.total != 30", false),
    ("properties.str != 30", false), // not a number: false for != too
    ("properties.nope != 30", false), // missing: false for numeric !=
    (r#"properties.nope != "x""#, true), // missing: true for string !=
    (r#"properties.nope = "x""#, false),
    ("properties.total > 29", true),
    ("properties.total >= 30", true),
    ("properties.total < 30", false),
    ("properties.total <= 30", true),
    ("properties.str > 29", false), // string: false
    ("properties.vip = true", true),
    ("properties.beta = false", true),
    ("properties.nope = false", false), // missing is not false
    ("properties.vip != true", true),   // compares with the text "true": true
    ("properties.nul = null", true),
    ("properties.nope = null", true), // missing counts as null
    ("properties.empty != null", true),
    ("properties.nul != null", false),
    (r#"contains(properties.code, "B-")"#, true),
    (r#"!contains(properties.code, "B-")"#, false),
    (r#"!contains(properties.nope, "B-")"#, false), // missing: false
    (r#"contains(properties.total, "3")"#, false),  // not a string: false
    (r#"contains(event, "Order")"#, true),
    (r#"match(properties.code, "AB*")"#, true), // prefix
    (r#"match(properties.code, "*12")"#, true), // suffix
    (r#"!match(properties.code, "X*")"#, true),
    (r#"!match(properties.nope, "X*")"#, false), // missing: false
    (r#"match(properties.code, "*B-*")"#, false), // only a trailing star is seen; the text before it, `*B-`, must be a literal prefix
    (r#"match(properties.code, "AB-12")"#, true), // no star: the first character is cut off and the rest must be a suffix
    ("traits.age >= 41", true),
    (r#"contains(traits.email, "@corp.")"#, true),
    (r#"context.device.type = "ios""#, true),
    (r#"properties.deep.x.y = "z""#, true),
    ("userId != null", true),
    (r#"userId = "u-7""#, true),
    ("name = null", true),
    ("name != null", false),
    (r#"type = "page" and event = "Nope" or userId = "u-7""#, true), // mixed without parentheses: the last connective (`or`) applies to all
    (r#"type = "track" or event = "Nope" and userId = "zz""#, false), // last connective is `and`: all three required (ordinary precedence would give true)
    (r#"foo = "x""#, false), // unknown field: no condition at all → never matches; parse error
    ("type =", false),       // value is read as the end marker
    (r#"type = "track" and"#, true), // trailing connective is ignored
    (" ", false),            // empty; parse error
    (r#"type = "track" and $"#, false), // lexer error; parse error
    (r#"properties.list = "1,2""#, false), // arrays are not stringified
    (r#"messageId = "m" and type = "track""#, true), // unknown fields are skipped, the rest is evaluated
];

fn matches(text: &str, event: &Value) -> bool {
    Subscription::parse(text).is_ok_and(|trigger| trigger.matches(event))
}

#[test]
fn the_truth_table_holds_row_by_row() {
    let event = event();
    for (text, expected) in TABLE {
        assert_eq!(matches(text, &event), *expected, "{text}");
    }
}

#[test]
fn what_the_original_does_with_odd_texts_happens_here_too() {
    let event = event();
    // The first `)` closes the group, so the second function stands outside of it.
    let odd = r#"type = "page" and (contains(event, "nope") or contains(event, "Order"))"#;
    assert!(matches(odd, &event));
    // A group within a group is an error.
    assert!(!matches(r#"(type = "track" and (event = "Order Completed"))"#, &event));
    // `!` before anything but a function is passed over.
    assert!(matches(r#"!type = "track""#, &event));
    // Single quotes belong to the value.
    assert!(!matches("type = 'track'", &event));
    assert!(matches(r#"type="track" and properties.total>29"#, &event));
    assert!(matches(r#"properties.items\[0\].sku = "s1""#, &event));
    assert!(matches(r#"properties.items.\0.sku = "s1" and properties.a\ b = 1"#, &event));
}

#[test]
fn a_person_is_told_where_and_what() {
    let message = |text: &str| Subscription::parse(text).unwrap_err().to_string();
    assert_eq!(
        message("type = \"track\"\nand event \"X\""),
        "line 2, column 11: expected =, !=, <, <=, > or >="
    );
    assert!(message("event = ").contains("column 9: expected a value"));
    assert!(
        message("contains(event \"x\")").contains("column 16: write contains(event, \"text\")")
    );
    assert!(message("event = \"x").contains("no closing"));
    assert!(message("evnt = \"x\"").contains("there is no condition"));
    let note = |text: &str| {
        let trigger = Subscription::parse(text).unwrap();
        trigger.notes().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert!(note("evnt = \"x\" and type = \"track\"").contains("did you mean `event`?"));
    assert!(note("type = \"a\" or type = \"b\" and event = \"c\"").contains("`and`, holds for"));
    assert!(note("type = \"a\" and").contains("nothing follows"));
    assert!(note("!type = \"a\"").contains("passed over"));
    assert_eq!(note("type = \"track\" and (event = \"a\" or event = \"b\")"), "");
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        r#""[^"]{0,6}""#.prop_map(String::from),
        "'[^']{0,6}'".prop_map(String::from),
        any::<i32>().prop_map(|number| (f64::from(number) / 16.0).to_string()),
        prop::sample::select(vec!["true", "false", "null", "word"]).prop_map(String::from),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        prop::sample::select(vec!["type", "event", "name", "userId"]).prop_map(String::from),
        (
            prop::sample::select(vec!["properties", "traits", "context"]),
            prop::collection::vec(r"[a-z_]([a-z0-9_-]|\\.){0,4}", 1..3)
        )
            .prop_map(|(part, path)| format!("{part}.{}", path.join("."))),
    ];
    let operator = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let function = prop::sample::select(vec!["contains", "match", "!contains", "!match"]);
    (field, operator, function, value(), any::<bool>()).prop_map(
        |(field, operator, function, value, is_call)| {
            if is_call {
                format!("{function}({field}, {value})")
            } else {
                format!("{field} {operator} {value}")
            }
        },
    )
}

fn joined(list: &[String], any: bool) -> String {
    list.join(if any { " or " } else { " and " })
}

fn trigger() -> impl Strategy<Value = String> {
    let group = (prop::collection::vec(condition(), 1..4), any::<bool>())
        .prop_map(|(list, any)| format!("({})", joined(&list, any)));
    (prop::collection::vec(prop_oneof![condition(), group], 1..4), any::<bool>())
        .prop_map(|(list, any)| joined(&list, any))
}

proptest! {
    #[test]
    fn printing_and_parsing_is_the_identity(text in trigger()) {
        if let Ok(trigger) = Subscription::parse(&text) {
            let printed = trigger.to_string();
            let again = Subscription::parse(&printed);
            prop_assert_eq!(again.as_ref(), Ok(&trigger), "{} printed as {}", text, printed);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,40}") {
        if let Ok(trigger) = Subscription::parse(&text) {
            let _must_not_panic = trigger.matches(&event());
        }
    }
}

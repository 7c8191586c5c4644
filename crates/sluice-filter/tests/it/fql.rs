//! FQL: the truth table, where mistakes are, and that printing undoes parsing.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_filter::fql::{Comparison, Expr, Function, Query};

fn event() -> Value {
    json!({"type": "track", "event": "Cart Updated", "userId": "u-7", "context": {"library": {"name": "analytics.js", "version": "4.1"}, "ip": null}, "properties": {"total": 30, "qty": 0, "coupon": null, "tags": ["sale", "new"], "codes": [1, 2], "title": "Rain Coat", "vip": true, "free": false, "price": "19.99", "kana": "アイ", "empty": "", "none": [], "product 1": {"price": 5}, "path": "a/b/c", "star": "ab*d", "utm-source": "mail", "obj": {"a": 1}}, "traits": {"email": "Ann@Corp.example"}})
}

/// The query, what it gives for [`event`]; `None` for one that is not valid.
const TABLE: &[(&str, Option<bool>)] = &[
    ("event = 'Cart Updated'", Some(true)),
    (r#"event = "cart updated""#, Some(false)), // case sensitive; either quote
    ("event != 'X'", Some(true)),
    ("properties.missing = null", Some(true)), // absent reads as null
    ("properties.coupon = null", Some(true)),
    ("properties.total = 30.0", Some(true)), // numbers compare by value
    ("properties.price = 19.99", Some(false)), // string against number: different types
    ("properties.price != 19.99", Some(true)), // different types → true
    ("number(properties.price) > 19", Some(true)),
    ("properties.total > '29'", Some(false)), // non-number operand → false
    ("properties.missing > 1", Some(false)),
    ("!(properties.missing > 1)", Some(true)), // negation of false
    ("properties.vip", Some(true)),            // bare boolean field
    ("!properties.free", Some(true)),
    ("properties.title", Some(false)), // bare non-boolean → not true
    ("!properties.title", Some(true)), // `!` of anything that is not true → true
    ("properties.missing and type = 'track'", Some(false)), // null operand
    ("properties.missing or type = 'track'", Some(true)),
    ("type = 'page' or type = 'track' and event = 'Nope'", Some(false)), // `and` binds tighter
    ("(type = 'page' or type = 'track') and event = 'Cart Updated'", Some(true)),
    ("type = 'track' or type = 'page' and event = 'Nope'", Some(true)), // would be false if read left to right
    ("type in ['track', 'identify']", Some(true)),
    ("!(type in ['track', 'identify'])", Some(false)),
    ("'sale' in properties.tags", Some(true)),
    ("'1' in properties.codes", Some(false)), // list elements are strict too
    ("2 in properties.codes", Some(true)),
    ("null in [null, 1]", Some(true)),
    ("'a' in properties.title", Some(false)), // right side is not a list → false
    ("properties.codes = [1, 2]", Some(true)), // list equality
    ("properties.codes = [2, 1]", Some(false)), // order matters
    ("properties.none = []", Some(true)),
    ("contains(traits.email, 'Corp')", Some(true)),
    ("contains(lowercase(traits.email), 'corp')", Some(true)), // nested call
    ("contains(properties.missing, 'x')", Some(false)),
    ("contains(properties.total, '3')", Some(false)), // not a string
    ("contains(properties.title, '')", Some(true)),   // empty needle
    ("length(properties.tags) = 2", Some(true)),
    ("length(properties.kana) = 6", Some(true)), // UTF-8 bytes
    ("length(properties.missing) = 0", Some(true)),
    ("length(properties.total) = 2", Some(false)), // number argument → null
    ("length(properties.obj) > 0", Some(false)),   // object argument → null
    ("lowercase(properties.missing) = null", Some(true)),
    ("typeof(properties.tags) = 'list'", Some(true)),
    ("typeof(properties.missing) = 'null'", Some(true)),
    ("typeof(properties.vip) = 'bool'", Some(true)),
    ("match(context.library.version, '4.*')", Some(true)), // the dot is literal
    ("match(properties.path, 'a*c')", Some(true)),         // `*` crosses `/`
    ("match(event, 'Cart')", Some(false)),                 // whole string must match
    ("match(event, 'C?rt*')", Some(true)),
    (r"match(properties.star, 'ab\*d')", Some(true)), // escaped star
    (r"match('abXd', 'ab\*d')", Some(false)),         // literal first argument
    ("match(properties.title, '[A-Z]ain*')", Some(true)),
    ("match(properties.title, '[^A-Z]*')", Some(false)), // negated class (in the code, not in the docs)
    ("match(properties.empty, '*')", Some(true)),
    ("match(properties.title, '[')", Some(false)), // malformed pattern → false, query stays valid
    (r"properties.product\ 1.price = 5", Some(true)), // escaped space
    ("properties.utm-source = 'mail'", Some(true)), // hyphen needs no escape
    ("snakecase(properties.title) = 'Rain_Coat'", Some(true)), // only spaces change
    ("titlecase('test string') = 'Test String'", Some(true)),
    ("uppercase(event) = 'CART UPDATED'", Some(true)),
    ("string(properties.total) = '30'", Some(true)),
    ("bool(properties.qty) = false", Some(true)),
    ("all", Some(true)), // whole query
    (" ", None),
    (r#"userId = oops""#, None),  // unterminated string
    ("type = 'track' and", None), // dangling operator
    ("foo(type)", None),          // unknown function
    ("contains(type)", None),     // wrong argument count
    ("properties.total = -30", Some(false)),
    ("context.ip != null", Some(false)),
];

#[test]
fn the_truth_table_holds_row_by_row() {
    let event = event();
    for (text, expected) in TABLE {
        let given = Query::parse(text).ok().map(|query| query.matches(&event));
        assert_eq!(given, *expected, "{text}");
    }
}

#[test]
fn a_mistake_is_told_with_its_place_and_the_remedy() {
    let cases = [
        ("", "line 1, column 1: the query is empty; `all` matches every event"),
        ("type = 'track' and\n  evnt(", "line 2, column 3: there is no function `evnt`"),
        (
            "contain(event, 'x')",
            "column 1: there is no function `contain`; did you mean `contains`?",
        ),
        ("event('x')", "`event` is a field, not a function"),
        ("contains(event)", "column 1: `contains` takes 2 arguments, not 1"),
        ("type == 'track'", "column 7: expected a value; equality is a single `=`, found `=`"),
        ("type = 'track' && event = 'x'", "column 16: `&` has no meaning here; write `and`"),
        ("userId = oops\"", "column 14: `\"` cannot follow `oops`"),
        ("event = 'abc", "column 9: the text that starts here has no closing '"),
        ("(type = 'a'", "column 12: expected `)` or `and` or `or`, found the end"),
        ("type = 'a')", "column 11: this `)` has no `(` before it"),
        (
            "type = 'a' event = 'b'",
            "column 12: expected `and`, `or` or the end of the query, found `event`",
        ),
        ("a = 1 and", "column 10: expected a field"),
        ("a < b < c", "column 7: comparisons do not chain"),
        ("properties.items[0] = 1", "column 17: a place in a list is written with a backslash"),
        ("properties.items.0 = 1", "column 18: a place in a list is written with a backslash"),
        ("a = 5. ", "a number is digits"),
        (
            "type = 'a' or(b = 1)",
            "column 12: expected `and`, `or` or the end of the query, found `or`",
        ),
    ];
    for (text, expected) in cases {
        let message = Query::parse(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}\n  {message}\n  {expected}");
    }
    let deep = format!("{}1{}", "(".repeat(4_000 / 2), ")".repeat(4_000 / 2));
    assert!(Query::parse(&deep).unwrap_err().to_string().contains("nested more than"));
    assert!(Query::parse(&"!".repeat(5_000)).is_err());
    assert!(Query::parse(&" ".repeat(6_000)).unwrap_err().to_string().contains("at most 5120"));
}

#[test]
fn reserved_words_are_names_within_a_path_and_when_escaped() {
    let event = json!({"or": true, "properties": {"or": true, "in": 1, "null": 2, "0a": 3}});
    for text in
        [r"\or", "properties.or", "properties.in = 1", "properties.null = 2", r"properties.\0a = 3"]
    {
        assert!(Query::parse(text).unwrap().matches(&event), "{text}");
    }
}

fn expr() -> impl Strategy<Value = Expr> {
    let text = prop_oneof!["[^']{0,6}", "[^\"]{0,6}"];
    let leaf = prop_oneof![
        Just(Expr::Null),
        any::<bool>().prop_map(Expr::Bool),
        any::<i64>().prop_map(|number| Expr::Number(number as f64 / 8.0)),
        text.prop_map(Expr::Text),
        prop::collection::vec(
            prop_oneof![".{1,5}", "[a-z]{1,5}", "and|or|null|true|false|in|all"],
            1..3
        )
        .prop_map(Expr::Path),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expr::List),
            list.clone().prop_map(Expr::And),
            list.prop_map(Expr::Or),
            inner.clone().prop_map(|inner| Expr::Not(Box::new(inner))),
            (0..Function::ALL.len(), prop::collection::vec(inner.clone(), 2)).prop_map(
                |(index, mut arguments)| {
                    let function = Function::ALL[index];
                    arguments.truncate(function.arguments());
                    Expr::Call(function, arguments)
                }
            ),
            (prop::sample::select(Comparison::ALL.to_vec()), inner.clone(), inner).prop_map(
                |(comparison, left, right)| Expr::Compare(comparison, Box::new((left, right)))
            ),
        ]
    })
}

proptest! {
    #[test]
    fn printing_and_parsing_is_the_identity(expr in expr()) {
        let query = Query::Expr(expr);
        let text = query.to_string();
        let again = Query::parse(&text);
        prop_assert_eq!(again.as_ref(), Ok(&query), "{}", text);
        let _must_not_panic = query.matches(&event());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,40}") {
        if let Ok(query) = Query::parse(&text) {
            let _must_not_panic = query.matches(&event());
        }
    }
}

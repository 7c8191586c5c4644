//! JSON values as JavaScript sees them: which count as true, how they print, what a member of them is.
//!
//! Segment's mappings and triggers are defined by what JavaScript does with an event; both need the
//! same few rules. Of inherited members only `length` exists here.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

/// False for null, false, zero, NaN and the empty text.
#[must_use]
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|n| n != 0.0 && !n.is_nan()),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// The member of a value; `None` is "undefined".
#[must_use]
pub fn member<'v>(value: &'v Value, key: &str) -> Option<Cow<'v, Value>> {
    match value {
        Value::Object(map) => map.get(key).map(Cow::Borrowed),
        Value::Array(items) => match index(key) {
            Some(index) => items.get(index).map(Cow::Borrowed),
            None => (key == "length").then(|| Cow::Owned(items.len().into())),
        },
        Value::String(text) => match index(key) {
            Some(index) => {
                text.chars().nth(index).map(|c| Cow::Owned(Value::String(c.to_string())))
            }
            None => (key == "length").then(|| Cow::Owned(text.encode_utf16().count().into())),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// A decimal index as JavaScript writes it: no sign, no leading zero.
fn index(key: &str) -> Option<usize> {
    let plain = key.bytes().all(|b| b.is_ascii_digit()) && (key == "0" || !key.starts_with('0'));
    if plain { key.parse().ok() } else { None }
}

/// Follows `keys` from `value`. A walk ends early at a value that does not count as true, and that
/// value is the result.
pub fn walk<'v, 'k>(
    value: &'v Value,
    keys: impl IntoIterator<Item = &'k str>,
) -> Option<Cow<'v, Value>> {
    let mut at = Cow::Borrowed(value);
    for key in keys {
        if !is_truthy(&at) {
            return Some(at);
        }
        at = match at {
            Cow::Borrowed(value) => member(value, key)?,
            Cow::Owned(value) => Cow::Owned(member(&value, key)?.into_owned()),
        };
    }
    Some(at)
}

/// A number as JavaScript prints it: `12.5`, `3`, `1e+21`.
#[must_use]
pub fn number_text(number: f64) -> String {
    ryu_js::Buffer::new().format(number).to_owned()
}

/// A value as JavaScript turns it into text.
pub fn push_text(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            out.push_str(ryu_js::Buffer::new().format(number.as_f64().unwrap_or(f64::NAN)));
        }
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                if !item.is_null() {
                    push_text(out, item);
                }
            }
        }
        Value::Object(_) => out.push_str("[object Object]"),
    }
}

/// A value as compact JSON, its numbers as JavaScript prints them.
pub fn push_json(out: &mut String, value: &Value) {
    match value {
        Value::Number(_) => push_text(out, value),
        Value::Null | Value::Bool(_) => push_text(out, value),
        Value::String(text) => push_json_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                push_json(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            let members = in_order(map.iter(), |(key, _)| key);
            for (position, (key, item)) in members.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                push_json_string(out, key);
                out.push(':');
                push_json(out, item);
            }
            out.push('}');
        }
    }
}

/// Members in JavaScript's order: whole numbers first and ascending, then as they were added.
pub fn in_order<T>(members: impl Iterator<Item = T>, key: impl Fn(&T) -> &str) -> Vec<T> {
    let mut members: Vec<T> = members.collect();
    if members.iter().any(|member| index(key(member)).is_some()) {
        members.sort_by_key(|member| index(key(member)).unwrap_or(usize::MAX));
    }
    members
}

/// A text as a JSON string, with its quotes.
pub fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => {
                // Writing to a String cannot fail.
                let _infallible = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A text as JavaScript's `Number` reads it; NaN if it is none.
#[must_use]
pub fn number_of(text: &str) -> f64 {
    let text = text.trim();
    let radix = |prefix: [&str; 2], radix| {
        let digits = text.strip_prefix(prefix[0]).or_else(|| text.strip_prefix(prefix[1]))?;
        u64::from_str_radix(digits, radix).ok()
    };
    if text.is_empty() {
        return 0.0;
    }
    if let Some(whole) = radix(["0x", "0X"], 16)
        .or_else(|| radix(["0o", "0O"], 8))
        .or_else(|| radix(["0b", "0B"], 2))
    {
        #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers lose it too")]
        return whole as f64;
    }
    match text.trim_start_matches(['+', '-']) {
        "Infinity" if text.starts_with('-') => f64::NEG_INFINITY,
        "Infinity" => f64::INFINITY,
        _ => {
            let plain = |b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
            if text.bytes().all(plain) { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_print_as_javascript_prints_them() {
        let text = |value: Value| {
            let mut out = String::new();
            push_text(&mut out, &value);
            out
        };
        assert_eq!(text(json!(30.0)), "30");
        assert_eq!(text(json!(1e21)), "1e+21");
        assert_eq!(text(json!(0.000_000_1)), "1e-7");
        assert_eq!(text(json!(["a", null, [1, true], {"b": 1}])), "a,,1,true,[object Object]");
        let mut out = String::new();
        push_json(&mut out, &json!({"a": [1.0, "x\"\n\u{1}", null]}));
        assert_eq!(out, r#"{"a":[1,"x\"\n\u0001",null]}"#);
        out.clear();
        push_json(&mut out, &json!({"b": 1, "10": 2, "a": 3, "9": 4}));
        assert_eq!(out, r#"{"9":4,"10":2,"b":1,"a":3}"#);
    }

    #[test]
    fn a_walk_stops_at_what_does_not_count_as_true() {
        let value = json!({"a": {"zero": 0, "list": ["x", "yz"], "null": null}});
        let at = |path: &str| walk(&value, path.split('.')).map(Cow::into_owned);
        assert_eq!(at("a.zero.deep"), Some(json!(0)));
        assert_eq!(at("a.null.deep"), Some(json!(null)));
        assert_eq!(at("a.list.1.length"), Some(json!(2)));
        assert_eq!(at("a.list.length"), Some(json!(2)));
        assert_eq!(at("a.list.01"), None);
        assert_eq!(at("a.none"), None);
        assert_eq!(at("a.list.constructor"), None);
    }

    #[test]
    fn texts_read_as_numbers_as_in_javascript() {
        for (text, number) in
            [("", 0.0_f64), (" 5 ", 5.0), ("0x10", 16.0), ("-2.5e1", -25.0), ("+1", 1.0)]
        {
            assert_eq!(number_of(text).to_bits(), number.to_bits(), "{text}");
        }
        for text in ["abc", "1 2", "nan", "inf", "--1", "1_0"] {
            assert!(number_of(text).is_nan(), "{text}");
        }
    }
}

//! A property's value as conditions and breakdowns see it.

use std::borrow::Cow;

/// What an absent, null or empty value is called, in filters and as a group of a breakdown.
pub const NONE: &str = "(none)";

/// A value, borrowed from wherever it is stored. Absent, null and the empty list are the same.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    /// An object, as its JSON text: compares as that text.
    Object(Cow<'a, str>),
}

impl Value<'_> {
    /// From parsed JSON. Lists inside lists keep their JSON text.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Value<'static> {
        match json {
            serde_json::Value::Array(items) if items.is_empty() => Value::Null,
            serde_json::Value::Array(items) => {
                Value::List(items.iter().map(Self::scalar).collect())
            }
            scalar => Self::scalar(scalar),
        }
    }

    fn scalar(json: &serde_json::Value) -> Value<'static> {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(*flag),
            serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Value::Text(Cow::Owned(text.clone())),
            nested => Value::Object(Cow::Owned(nested.to_string())),
        }
    }

    /// The value as text; a number in its shortest form, so `5.0` is `5`.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(NONE),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Number(number) => Cow::Owned(number_text(*number)),
            Self::Text(text) | Self::Object(text) => Cow::Borrowed(text),
            Self::List(items) => Cow::Owned(
                items.iter().map(|item| item.text().into_owned()).collect::<Vec<_>>().join(","),
            ),
        }
    }

    /// The value as a number, if it is one or a text that reads as one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => parse_number(text),
            _ => None,
        }
    }
}

/// A text that reads as a finite decimal number.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if text.is_empty() || !plain {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A number in its shortest form: whole numbers without a point.
#[must_use]
pub fn number_text(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("{number}") }
}

/// The groups of a breakdown that a value belongs to: its text, each distinct element of a list,
/// or [`NONE`].
#[must_use]
pub fn group_keys(value: &Value<'_>) -> Vec<String> {
    match value {
        Value::List(items) if !items.is_empty() => {
            let mut keys: Vec<String> = Vec::with_capacity(items.len());
            for item in items {
                let key = item.text().into_owned();
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            keys
        }
        Value::List(_) => vec![NONE.to_owned()],
        scalar => vec![scalar.text().into_owned()],
    }
}

//! What an expression gives for an event.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value as Json;
use sluice_base::ecma;

use super::{Comparison, Expr, Function, Query, glob};
use crate::value::parse_number;

/// A value while a query runs; objects are only compared and named.
#[derive(Clone, Debug)]
enum Value<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(&'a Json),
}

impl Query {
    /// Whether the event fulfils the query.
    #[must_use]
    pub fn matches(&self, event: &Json) -> bool {
        match self {
            Self::All => true,
            Self::Expr(expr) => is_true(expr, event),
        }
    }
}

fn is_true(expr: &Expr, event: &Json) -> bool {
    matches!(eval(expr, event), Value::Bool(true))
}

fn eval<'a>(expr: &'a Expr, event: &'a Json) -> Value<'a> {
    match expr {
        Expr::Null => Value::Null,
        Expr::Bool(flag) => Value::Bool(*flag),
        Expr::Number(number) => Value::Number(*number),
        Expr::Text(text) => Value::Text(Cow::Borrowed(text)),
        Expr::List(items) => Value::List(items.iter().map(|item| eval(item, event)).collect()),
        Expr::Path(segments) => walk(segments, event).map_or(Value::Null, Value::of),
        Expr::Call(function, arguments) => call(*function, arguments, event),
        Expr::Not(inner) => Value::Bool(!is_true(inner, event)),
        Expr::Compare(comparison, sides) => {
            let (left, right) = (eval(&sides.0, event), eval(&sides.1, event));
            Value::Bool(compare(*comparison, &left, &right))
        }
        Expr::And(list) => Value::Bool(list.iter().all(|inner| is_true(inner, event))),
        Expr::Or(list) => Value::Bool(list.iter().any(|inner| is_true(inner, event))),
    }
}

/// Objects by key, lists by position.
fn walk<'a>(segments: &[String], event: &'a Json) -> Option<&'a Json> {
    segments.iter().try_fold(event, |at, segment| match at {
        Json::Object(map) => map.get(segment),
        Json::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

fn compare(comparison: Comparison, left: &Value<'_>, right: &Value<'_>) -> bool {
    let numbers = |holds: fn(Ordering) -> bool| match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right).is_some_and(holds),
        _ => false,
    };
    match comparison {
        Comparison::Equal => left.equals(right),
        Comparison::NotEqual => !left.equals(right),
        Comparison::Less => numbers(Ordering::is_lt),
        Comparison::LessOrEqual => numbers(Ordering::is_le),
        Comparison::Greater => numbers(Ordering::is_gt),
        Comparison::GreaterOrEqual => numbers(Ordering::is_ge),
        Comparison::In => match right {
            Value::List(items) => items.iter().any(|item| item.equals(left)),
            _ => false,
        },
    }
}

fn call<'a>(function: Function, arguments: &'a [Expr], event: &'a Json) -> Value<'a> {
    let argument = |index: usize| arguments.get(index).map_or(Value::Null, |a| eval(a, event));
    let first = argument(0);
    match function {
        Function::Contains => {
            Value::Bool(both_texts(&first, &argument(1), |s, sub| s.contains(sub)))
        }
        Function::Match => {
            Value::Bool(both_texts(&first, &argument(1), |s, pattern| glob::fits(pattern, s)))
        }
        Function::Length => match first {
            #[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^52")]
            Value::Text(text) => Value::Number(text.len() as f64),
            #[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^52")]
            Value::List(items) => Value::Number(items.len() as f64),
            Value::Null => Value::Number(0.0),
            _ => Value::Null,
        },
        Function::Lowercase => map_text(first, |text| text.to_lowercase()),
        Function::Uppercase => map_text(first, |text| text.to_uppercase()),
        Function::Snakecase => map_text(first, |text| text.replace(' ', "_")),
        Function::Kebabcase => map_text(first, |text| text.replace(' ', "-")),
        Function::Titlecase => map_text(first, title),
        Function::Typeof => Value::Text(Cow::Borrowed(match first {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) => "list",
            Value::Object(_) => "json",
        })),
        Function::Bool => to_bool(first),
        Function::String => to_text(first),
        Function::Number => match first {
            Value::Number(_) => first,
            Value::Text(text) => parse_number(&text).map_or(Value::Null, Value::Number),
            _ => Value::Null,
        },
    }
}

fn both_texts(left: &Value<'_>, right: &Value<'_>, holds: impl Fn(&str, &str) -> bool) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => holds(left, right),
        _ => false,
    }
}

fn map_text<'a>(value: Value<'a>, change: impl Fn(&str) -> String) -> Value<'a> {
    match value {
        Value::Text(text) => Value::Text(Cow::Owned(change(&text))),
        _ => Value::Null,
    }
}

/// The first letter of each word, words being parted by spaces.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut starts_word = true;
    for c in text.chars() {
        if starts_word {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        starts_word = c == ' ';
    }
    out
}

fn to_bool(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Null => Value::Bool(false),
        Value::Bool(_) => value,
        Value::Number(number) => Value::Bool(number != 0.0),
        Value::List(items) => Value::Bool(!items.is_empty()),
        Value::Text(text) => match text.to_lowercase().as_str() {
            "true" | "t" | "1" => Value::Bool(true),
            "false" | "f" | "0" | "" => Value::Bool(false),
            _ => Value::Null,
        },
        Value::Object(_) => Value::Null,
    }
}

fn to_text(value: Value<'_>) -> Value<'_> {
    let mut out = String::new();
    match &value {
        Value::Text(_) => return value,
        Value::Null => {}
        other => ecma::push_json(&mut out, &other.to_json()),
    }
    Value::Text(Cow::Owned(out))
}

impl<'a> Value<'a> {
    fn of(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Bool(*flag),
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::Text(Cow::Borrowed(text)),
            Json::Array(items) => Self::List(items.iter().map(Self::of).collect()),
            Json::Object(_) => Self::Object(json),
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(flag) => Json::Bool(*flag),
            Self::Number(number) => Json::from(*number),
            Self::Text(text) => Json::String(text.clone().into_owned()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Object(json) => (*json).clone(),
        }
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            #[expect(clippy::float_cmp, reason = "the language's equality is exact")]
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(l, r)| l.equals(r))
            }
            (Self::Object(Json::Object(left)), Self::Object(Json::Object(right))) => {
                left.len() == right.len()
                    && left.iter().all(|(key, value)| {
                        right.get(key).is_some_and(|other| Self::of(value).equals(&Self::of(other)))
                    })
            }
            _ => false,
        }
    }
}

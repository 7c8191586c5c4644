//! The filters by name, and those about numbers, lists, dates and values in general.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sluice_base::{Clock as _, SystemClock, ecma, nearest};

use super::render::{Context, equal};
use super::text_filters;

/// The filters there are.
pub const FILTERS: &[&str] = &[
    "abs",
    "append",
    "at_least",
    "at_most",
    "base64_decode",
    "base64_encode",
    "capitalize",
    "ceil",
    "cgi_escape",
    "compact",
    "date",
    "date_to_long_string",
    "date_to_rfc822",
    "date_to_string",
    "date_to_xmlschema",
    "default",
    "divided_by",
    "downcase",
    "escape",
    "escape_once",
    "first",
    "floor",
    "join",
    "json",
    "jsonify",
    "last",
    "lstrip",
    "minus",
    "modulo",
    "normalize_whitespace",
    "number_of_words",
    "plus",
    "pop",
    "prepend",
    "push",
    "raw",
    "remove",
    "remove_first",
    "remove_last",
    "replace",
    "replace_first",
    "replace_last",
    "round",
    "rstrip",
    "shift",
    "size",
    "slice",
    "split",
    "strip",
    "strip_html",
    "strip_newlines",
    "sum",
    "times",
    "to_integer",
    "truncate",
    "truncatewords",
    "unshift",
    "upcase",
    "uri_escape",
    "url_decode",
    "url_encode",
    "xml_escape",
];

const DISABLED: &[&str] = &[
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "uniq",
    "where_exp",
    "type",
];

/// The filter of that name.
pub(super) fn known(name: &str) -> Result<&'static str, String> {
    if DISABLED.contains(&name) {
        return Err(format!("filter \"{name}\" is disabled"));
    }
    let found = FILTERS.iter().copied().find(|known| *known == name);
    found.ok_or_else(|| match nearest(name, FILTERS.iter().copied()) {
        Some(near) => format!("there is no filter `{name}`; did you mean `{near}`?"),
        None => format!("there is no filter `{name}`"),
    })
}

/// What a filter gets.
pub(super) struct Input<'i> {
    /// `None` is undefined.
    pub(super) value: Option<Value>,
    pub(super) arguments: &'i [Value],
    pub(super) named: &'i [(&'i str, Value)],
}

impl Input<'_> {
    pub(super) fn text(&self) -> String {
        self.value.as_ref().map(text).unwrap_or_default()
    }

    /// Absent arguments are null.
    pub(super) fn argument(&self, index: usize) -> &Value {
        self.arguments.get(index).unwrap_or(&Value::Null)
    }

    pub(super) fn argument_text(&self, index: usize) -> String {
        text(self.argument(index))
    }

    fn number(&self) -> f64 {
        self.value.as_ref().map_or(0.0, number_of)
    }

    fn list(&mut self) -> Vec<Value> {
        match self.value.take() {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => vec![other],
        }
    }
}

/// A value as Liquid prints it.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| out.push_str(&text(item))),
        other => ecma::push_text(&mut out, other),
    }
    out
}

/// A number, whole ones without a point; what JSON cannot hold as the text JavaScript prints.
pub(super) fn number(number: f64) -> Value {
    const WHOLE_MAX: f64 = 9_007_199_254_740_991.0;
    if number.fract() == 0.0 && number.abs() <= WHOLE_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        return Value::from(number as i64);
    }
    serde_json::Number::from_f64(number)
        .map_or_else(|| Value::String(ecma::number_text(number)), Value::Number)
}

/// As JavaScript converts to a number; NaN if it is none.
pub(super) fn strict_number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        other => {
            let mut text = String::new();
            ecma::push_text(&mut text, other);
            ecma::number_of(&text)
        }
    }
}

fn number_of(value: &Value) -> f64 {
    let number = strict_number(value);
    if number.is_nan() { 0.0 } else { number }
}

/// Runs a filter of [`FILTERS`].
pub(super) fn run(
    name: &str,
    mut input: Input<'_>,
    context: &Context<'_>,
) -> Result<Option<Value>, String> {
    if let Some(result) = arithmetic(name, &input) {
        return Ok(Some(number(result)));
    }
    if let Some(result) = of_list(name, &mut input) {
        return Ok(result);
    }
    Ok(Some(match name {
        "join" => return join(&mut input, context).map(Some),
        "default" => return Ok(Some(default(input))),
        "raw" => return Ok(input.value),
        "json" | "jsonify" => {
            let Some(value) = input.value else { return Ok(None) };
            let mut out = String::new();
            match input.arguments.first().map(number_of) {
                Some(indent) if indent >= 1.0 => {
                    out = serde_json::to_string_pretty(&value).unwrap_or_default();
                }
                _ => ecma::push_json(&mut out, &value),
            }
            Value::String(out)
        }
        "to_integer" => number(number_of(&Value::String(input.text())).round()),
        "date"
        | "date_to_xmlschema"
        | "date_to_rfc822"
        | "date_to_string"
        | "date_to_long_string" => return date(name, input, context),
        "base64_encode" => Value::String(BASE64_STANDARD.encode(input.text())),
        "base64_decode" => {
            let bytes = BASE64_STANDARD.decode(input.text()).unwrap_or_default();
            Value::String(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => return text_filters::run(name, &input, context),
    }))
}

fn arithmetic(name: &str, input: &Input<'_>) -> Option<f64> {
    let left = input.number();
    let right = number_of(input.argument(0));
    Some(match name {
        "abs" => left.abs(),
        "ceil" => left.ceil(),
        "floor" => left.floor(),
        "plus" => left + right,
        "minus" => left - right,
        "times" => left * right,
        "divided_by" if ecma::is_truthy(input.argument(1)) => (left / right).floor(),
        "divided_by" => left / right,
        "modulo" => ((left % right) + right) % right,
        "at_least" => left.max(right),
        "at_most" => left.min(right),
        "round" => round(left, right),
        _ => return None,
    })
}

/// To a number of decimals, half away from zero, by moving the point in the decimal form.
fn round(value: f64, decimals: f64) -> f64 {
    const WHOLE_MAX: f64 = 9_007_199_254_740_991.0;
    let shift = |number: f64, by: f64| {
        let text = ecma::number_text(number);
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        let power = ecma::number_of(power) + by;
        format!("{mantissa}e{power}").parse::<f64>().unwrap_or(f64::NAN)
    };
    let scaled = shift(value.abs(), decimals);
    // NaN too is left as it is.
    if !(scaled..=WHOLE_MAX).contains(&scaled) {
        return value;
    }
    let rounded = shift((scaled + 0.5).floor(), -decimals);
    if value < 0.0 { -rounded } else { rounded }
}

/// `None` if the filter is not about lists.
fn of_list(name: &str, input: &mut Input<'_>) -> Option<Option<Value>> {
    let edge = |value: &Option<Value>, is_first: bool| match value {
        Some(Value::Array(items)) => if is_first { items.first() } else { items.last() }.cloned(),
        Some(Value::String(text)) => {
            let c = if is_first { text.chars().next() } else { text.chars().next_back() };
            Some(Value::String(c.map(String::from).unwrap_or_default()))
        }
        _ => Some(Value::String(String::new())),
    };
    Some(Some(match name {
        "first" => return Some(edge(&input.value, true)),
        "last" => return Some(edge(&input.value, false)),
        "size" => match &input.value {
            Some(Value::String(text)) => text.encode_utf16().count().into(),
            Some(Value::Array(items)) => items.len().into(),
            _ => 0.into(),
        },
        "compact" => {
            Value::Array(input.list().into_iter().filter(|item| !item.is_null()).collect())
        }
        "sum" => {
            let key = input.argument(0).clone();
            let items = input.list();
            let summand = |item: &Value| match key.as_str() {
                Some(key) => item.get(key).map_or(0.0, number_of),
                None => number_of(item),
            };
            number(items.iter().map(summand).sum())
        }
        "push" | "unshift" | "pop" | "shift" => {
            let argument = input.argument(0).clone();
            let mut items = input.list();
            match name {
                "push" => items.push(argument),
                "unshift" => items.insert(0, argument),
                "pop" => drop(items.pop()),
                _ => drop((!items.is_empty()).then(|| items.remove(0))),
            }
            Value::Array(items)
        }
        "slice" => slice(input),
        _ => return None,
    }))
}

fn join(input: &mut Input<'_>, context: &Context<'_>) -> Result<Value, String> {
    let between = match input.argument(0) {
        Value::Null => " ".to_owned(),
        other => text(other),
    };
    let items: Vec<String> = input.list().iter().map(joined).collect();
    // A long text between each of many items.
    context.allows(items.len().saturating_mul(between.len()))?;
    Ok(Value::String(items.join(&between)))
}

/// As JavaScript joins: null is empty.
fn joined(value: &Value) -> String {
    let mut out = String::new();
    if !value.is_null() {
        ecma::push_text(&mut out, value);
    }
    out
}

fn slice(input: &Input<'_>) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "positions saturate")]
    let whole = |index: usize, absent: i64| match input.arguments.get(index) {
        Some(value) => number_of(value) as i64,
        None => absent,
    };
    let (begin, length) = (whole(0, 0), whole(1, 1));
    let range = |count: usize| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let begin = if begin < 0 { count + begin } else { begin };
        let end = begin.saturating_add(length).min(count);
        let good = begin >= 0 && length > 0 && begin < count;
        let at = |position: i64| usize::try_from(position).unwrap_or(0);
        if good { at(begin)..at(end) } else { 0..0 }
    };
    match &input.value {
        None | Some(Value::Null) => Value::Array(Vec::new()),
        Some(Value::Array(items)) => Value::Array(items[range(items.len())].to_vec()),
        Some(other) => {
            let letters: Vec<char> = text(other).chars().collect();
            Value::String(letters[range(letters.len())].iter().collect())
        }
    }
}

fn default(input: Input<'_>) -> Value {
    let instead = input.argument(0).clone();
    let keeps_false = input
        .named
        .iter()
        .any(|(name, value)| *name == "allow_false" && equal(value, &Value::Bool(true)));
    match input.value {
        None | Some(Value::Null) => instead,
        Some(Value::Bool(false)) if !keeps_false => instead,
        Some(Value::String(text)) if text.is_empty() => instead,
        Some(Value::Array(items)) if items.is_empty() => instead,
        Some(value) => value,
    }
}

/// What is no date is left as it is.
fn date(name: &str, input: Input<'_>, context: &Context<'_>) -> Result<Option<Value>, String> {
    /// What a directive of a format can become, for each of its bytes: `%255d` is padded.
    const FORMAT_FACTOR: usize = 64;
    let Some(time) = input.value.as_ref().and_then(time_of) else { return Ok(input.value) };
    let format = match name {
        "date_to_xmlschema" => "%Y-%m-%dT%H:%M:%S%:z".to_owned(),
        "date_to_rfc822" => "%a, %d %b %Y %H:%M:%S %z".to_owned(),
        "date_to_string" => "%d %b %Y".to_owned(),
        "date_to_long_string" => "%d %B %Y".to_owned(),
        _ => match input.argument(0) {
            Value::Null => "%A, %B %-e, %Y at %-l:%M %P %z".to_owned(),
            format => text(format),
        },
    };
    context.allows(format.len().saturating_mul(FORMAT_FACTOR))?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC);
    match jiff::fmt::strtime::format(&format, &zoned) {
        Ok(text) => Ok(Some(Value::String(text))),
        Err(error) => Err(format!("date format \"{format}\" cannot be used: {error}")),
    }
}

/// Seconds since 1970, an ISO date or date-time (UTC without an offset), `now`, `today`.
fn time_of(value: &Value) -> Option<jiff::Timestamp> {
    let from_seconds = |seconds: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "out of range is no date either way")]
        jiff::Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()
    };
    match value {
        Value::Number(seconds) => from_seconds(seconds.as_f64()?),
        Value::String(text) => match text.as_str() {
            "now" | "today" => {
                jiff::Timestamp::from_microsecond(SystemClock.now().as_micros()).ok()
            }
            digits if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                from_seconds(digits.parse().ok()?)
            }
            text => {
                let civil = || text.parse::<jiff::civil::DateTime>().ok();
                text.parse().ok().or_else(|| {
                    civil()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
                })
            }
        },
        _ => None,
    }
}

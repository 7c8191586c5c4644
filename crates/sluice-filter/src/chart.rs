//! The dialect of insights: how a chart's filter compares a value.
//!
//! Rules (as Amplitude documents its chart filters, and what Sluice fixes where it is silent):
//! - `is`: numbers compare as numbers when either side is a number (`5`, `5.0` and `"5"` are
//!   equal); two texts compare exactly, so version `"1.10"` is not `"1.1"`; booleans are the words
//!   `true` and `false` in any case; [`NONE`] matches an absent or null value.
//! - `contains`, `starts_with` ignore case; globs and regular expressions do not.
//! - order: as numbers if both sides read as numbers, else as texts by code point (not for
//!   elements of lists).
//! - a list matches if any element does, for negative operators too: "is not A" holds on [A, B].
//!   The `set_…` operators look at the whole; a single value is a set of one.
//! - null: only `is (none)` and the negative operators hold.

use std::cmp::Ordering;

use crate::condition::Operand;
use crate::value::parse_number;
use crate::{FilterError, NONE, Op, PropertyCondition, Value};

/// Compiled patterns above this size are refused.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// A comparison made ready to run on many values.
#[derive(Clone, Debug)]
pub struct Matcher {
    op: Op,
    operands: Vec<Prepared>,
    patterns: Vec<regex::Regex>,
}

#[derive(Clone, Debug)]
struct Prepared {
    text: String,
    lower: String,
    number: Option<f64>,
    /// Written as a number, so a text is compared with it as a number.
    is_number: bool,
    is_bool: bool,
    is_none: bool,
}

impl Matcher {
    /// Makes a comparison ready.
    ///
    /// # Errors
    /// If there are no operands, or a pattern does not compile.
    pub fn new(condition: &PropertyCondition) -> Result<Self, FilterError> {
        if condition.values.is_empty() {
            return Err(FilterError::NoValues {
                op: condition.op.name(),
                property: condition.property.clone(),
            });
        }
        let operands: Vec<Prepared> = condition.values.iter().map(Prepared::new).collect();
        let patterns = match condition.op {
            Op::GlobMatch | Op::GlobDoesNotMatch => operands
                .iter()
                .map(|operand| compile(&glob(&operand.text), &operand.text, "a glob"))
                .collect(),
            Op::Regex => {
                operands.iter().map(|o| compile(&o.text, &o.text, "a regular expression")).collect()
            }
            _ => Ok(Vec::new()),
        }?;
        Ok(Self { op: condition.op, operands, patterns })
    }

    /// Whether the comparison holds for a value.
    #[must_use]
    pub fn matches(&self, value: &Value<'_>) -> bool {
        match self.op {
            Op::SetIs => self.set_is(value),
            Op::SetIsNot => !self.set_is(value),
            Op::SetContains => self.set_contains(value),
            Op::SetDoesNotContain => !self.set_contains(value),
            Op::SetContainsAny => elements(value).iter().any(|item| self.is(item)),
            _ => match value {
                Value::List(items) if !items.is_empty() => {
                    items.iter().any(|item| self.one(item, true))
                }
                Value::List(_) => self.one(&Value::Null, false),
                scalar => self.one(scalar, false),
            },
        }
    }

    fn one(&self, value: &Value<'_>, in_list: bool) -> bool {
        match self.op {
            Op::Is => self.is(value),
            Op::IsNot => !self.is(value),
            Op::Contains => self.contains(value),
            Op::DoesNotContain => !self.contains(value),
            Op::StartsWith => {
                let Some(text) = lower(value) else { return false };
                self.operands.iter().any(|operand| text.starts_with(&operand.lower))
            }
            Op::Less => self.compare(value, in_list, Ordering::is_lt),
            Op::LessOrEqual => self.compare(value, in_list, Ordering::is_le),
            Op::Greater => self.compare(value, in_list, Ordering::is_gt),
            Op::GreaterOrEqual => self.compare(value, in_list, Ordering::is_ge),
            Op::GlobMatch | Op::Regex => self.pattern(value),
            Op::GlobDoesNotMatch => !self.pattern(value),
            Op::SetIs
            | Op::SetIsNot
            | Op::SetContains
            | Op::SetDoesNotContain
            | Op::SetContainsAny => false,
        }
    }

    fn is(&self, value: &Value<'_>) -> bool {
        self.operands.iter().any(|operand| operand.equals(value))
    }

    fn contains(&self, value: &Value<'_>) -> bool {
        let Some(text) = lower(value) else { return false };
        self.operands.iter().any(|operand| text.contains(&operand.lower))
    }

    fn pattern(&self, value: &Value<'_>) -> bool {
        !matches!(value, Value::Null) && {
            let text = value.text();
            self.patterns.iter().any(|pattern| pattern.is_match(&text))
        }
    }

    fn compare(&self, value: &Value<'_>, in_list: bool, holds: impl Fn(Ordering) -> bool) -> bool {
        if matches!(value, Value::Null) {
            return false;
        }
        let number = value.number();
        self.operands.iter().any(|operand| match (number, operand.number) {
            (Some(left), Some(right)) => left.partial_cmp(&right).is_some_and(&holds),
            _ => !in_list && holds(value.text().as_ref().cmp(operand.text.as_str())),
        })
    }

    fn set_is(&self, value: &Value<'_>) -> bool {
        let elements = elements(value);
        elements.iter().all(|item| self.is(item)) && self.has_all(&elements)
    }

    fn set_contains(&self, value: &Value<'_>) -> bool {
        self.has_all(&elements(value))
    }

    fn has_all(&self, elements: &[Value<'_>]) -> bool {
        self.operands.iter().all(|operand| elements.iter().any(|item| operand.equals(item)))
    }
}

impl Prepared {
    fn new(operand: &Operand) -> Self {
        let text = operand.text();
        Self {
            lower: text.to_lowercase(),
            number: parse_number(&text),
            is_number: matches!(operand, Operand::Number(_)),
            is_bool: matches!(operand, Operand::Bool(_)),
            is_none: text == NONE,
            text,
        }
    }

    fn equals(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Null => self.is_none,
            Value::Bool(flag) => self.lower == if *flag { "true" } else { "false" },
            Value::Number(number) => self.number == Some(*number),
            Value::Text(text) if self.is_number => {
                self.number.is_some() && parse_number(text) == self.number
            }
            Value::Text(text) if self.is_bool => text.eq_ignore_ascii_case(&self.text),
            Value::Text(text) | Value::Object(text) => *text == self.text,
            Value::List(_) => false,
        }
    }
}

fn lower(value: &Value<'_>) -> Option<String> {
    (!matches!(value, Value::Null)).then(|| value.text().to_lowercase())
}

/// The value as a set: a list's elements, else itself alone.
fn elements<'v>(value: &'v Value<'v>) -> Vec<Value<'v>> {
    match value {
        Value::List(items) if !items.is_empty() => items.clone(),
        Value::List(_) => vec![Value::Null],
        scalar => vec![scalar.clone()],
    }
}

/// `*` is any run without `/`, `**` any run; all else is literal.
fn glob(pattern: &str) -> String {
    let mut out = String::from("(?s)^");
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '*' {
            if rest.next_if_eq(&'*').is_some() {
                out.push_str(".*");
            } else {
                out.push_str("[^/]*");
            }
        } else {
            out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        }
    }
    out.push('$');
    out
}

fn compile(source: &str, pattern: &str, what: &'static str) -> Result<regex::Regex, FilterError> {
    regex::RegexBuilder::new(source).size_limit(PATTERN_BYTES_MAX).build().map_err(|error| {
        FilterError::Pattern { pattern: pattern.to_owned(), what, why: error.to_string() }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Condition;

    fn check(op: &str, operands: &[&str], value: &serde_json::Value) -> bool {
        let json = json!({ "property": "p", "op": op, "values": operands });
        let Condition::Property(leaf) = Condition::from_json(&json).unwrap() else {
            panic!("a leaf")
        };
        Matcher::new(&leaf).unwrap().matches(&Value::from_json(value))
    }

    #[test]
    fn the_truth_table_holds_cell_by_cell() {
        let columns =
            [json!("Pro"), json!("pro"), json!(10), json!("9"), json!(["a", "b"]), json!(null)];
        let rows: &[(&str, &[&str], &str)] = &[
            ("is", &["Pro"], "TFFFFF"),
            ("is_not", &["Pro"], "FTTTTT"),
            ("is", &["Pro", "(none)"], "TFFFFT"),
            ("is_not", &["Pro", "(none)"], "FTTTTF"),
            ("contains", &["PR"], "TTFFFF"),
            ("does_not_contain", &["PR"], "FFTTTT"),
            ("starts_with", &["p"], "TTFFFF"),
            ("greater", &["9.5"], "TTTFFF"),
            ("greater_or_equal", &["10"], "TTTFFF"),
            ("less", &["9.5"], "FFFTFF"),
            ("less_or_equal", &["10"], "FFTTFF"),
            ("is", &["a"], "FFFFTF"),
            ("is_not", &["a"], "TTTTTT"),
            ("set_contains", &["a", "b"], "FFFFTF"),
            ("set_does_not_contain", &["a", "b"], "TTTTFT"),
            ("set_contains_any", &["a", "Pro"], "TFFFTF"),
            ("set_is", &["b", "a"], "FFFFTF"),
            ("set_is_not", &["b", "a"], "TTTTFT"),
            ("set_is", &["Pro"], "TFFFFF"),
            ("glob_match", &["P*"], "TFFFFF"),
            ("glob_does_not_match", &["P*"], "FTTTTT"),
            ("regex", &["(?i)^pro$"], "TTFFFF"),
        ];
        for (op, operands, cells) in rows {
            for (value, cell) in columns.iter().zip(cells.chars()) {
                assert_eq!(check(op, operands, value), cell == 'T', "{op} {operands:?} on {value}");
            }
        }
    }

    #[test]
    fn numbers_and_booleans_compare_across_their_spellings() {
        for value in [json!(5), json!(5.0), json!("5")] {
            assert!(check("is", &["5"], &value), "{value}");
        }
        assert!(check("is", &["5.0"], &json!(5)));
        assert!(!check("is", &["1.1"], &json!("1.10")));
        assert!(check("is", &["TRUE"], &json!(true)));
        assert!(!check("is", &["TRUE"], &json!("true")));
        let json = json!({ "property": "p", "op": "is", "values": [5, true] });
        let Condition::Property(leaf) = Condition::from_json(&json).unwrap() else {
            panic!("a leaf")
        };
        let matcher = Matcher::new(&leaf).unwrap();
        assert!(matcher.matches(&Value::from_json(&json!("5.00"))));
        assert!(matcher.matches(&Value::from_json(&json!("True"))));
    }

    #[test]
    fn a_list_has_no_string_order_but_has_number_order() {
        assert!(!check("greater", &["9.5"], &json!(["a", "b"])));
        assert!(check("greater", &["9.5"], &json!(["a", 10])));
        assert!(check("is", &["(none)"], &json!([])));
        assert!(check("is", &["(none)"], &json!([null, "a"])));
    }

    #[test]
    fn one_star_of_a_glob_stops_at_a_slash() {
        assert!(check("glob_match", &["/a/*"], &json!("/a/b")));
        assert!(!check("glob_match", &["/a/*"], &json!("/a/b/c")));
        assert!(check("glob_match", &["/a/**"], &json!("/a/b/c")));
        assert!(!check("glob_match", &["a.b"], &json!("axb")));
    }

    #[test]
    fn a_pattern_that_does_not_compile_is_refused() {
        let json = json!({ "property": "p", "op": "regex", "values": ["("] });
        let Condition::Property(leaf) = Condition::from_json(&json).unwrap() else {
            panic!("a leaf")
        };
        assert!(matches!(Matcher::new(&leaf), Err(FilterError::Pattern { .. })));
    }
}

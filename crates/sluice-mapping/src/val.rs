//! Values while a mapping runs: borrowed from the event or the mapping where that can be, and with
//! "undefined" as a third state beside values and null.

use std::borrow::Cow;

use serde_json::{Map, Value};
use sluice_base::ecma;

use crate::budget::Budget;
use crate::error::ApplyError;

type Members<'a> = Vec<(Cow<'a, str>, Val<'a>)>;

#[derive(Clone, Debug)]
pub(crate) enum Val<'a> {
    Undefined,
    Ref(&'a Value),
    Own(Value),
    /// Made by the mapping; elements may be undefined.
    List(Vec<Self>),
    /// Made by the mapping, each key once; values may be undefined.
    Members(Members<'a>),
}

/// What JavaScript calls the type of a value.
pub(crate) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl<'a> From<Option<Cow<'a, Value>>> for Val<'a> {
    fn from(found: Option<Cow<'a, Value>>) -> Self {
        match found {
            None => Self::Undefined,
            Some(Cow::Borrowed(value)) => Self::Ref(value),
            Some(Cow::Owned(value)) => Self::Own(value),
        }
    }
}

impl<'a> Val<'a> {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Own(Value::String(text.into()))
    }

    /// A finished value, if it is one.
    pub(crate) const fn as_json(&self) -> Option<&Value> {
        match self {
            Self::Ref(value) => Some(value),
            Self::Own(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        self.as_json().and_then(Value::as_str)
    }

    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::List(_) => "array",
            Self::Members(_) => "object",
            Self::Ref(value) => kind(value),
            Self::Own(value) => kind(value),
        }
    }

    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::Ref(Value::Null) | Self::Own(Value::Null))
    }

    pub(crate) const fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined) || self.is_null()
    }

    /// Undefined, null, and what JavaScript finds equal to the empty text.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Undefined => true,
            Self::Members(_) => false,
            Self::List(items) => match items.as_slice() {
                [] => true,
                [only] => only.is_nullish() || only.is_empty_text_or_list(),
                _ => false,
            },
            Self::Ref(value) => is_blank(value),
            Self::Own(value) => is_blank(value),
        }
    }

    fn is_empty_text_or_list(&self) -> bool {
        matches!(self.kind(), "string" | "array") && self.is_blank()
    }

    /// Its members; of an array and a text these are their elements. Nothing for other values.
    pub(crate) fn into_members(self, budget: &Budget) -> Result<Members<'a>, ApplyError> {
        // Before they are made; a text of a megabyte has a million of them.
        let count = match self.as_json() {
            Some(Value::Object(map)) => map.len(),
            Some(Value::Array(items)) => items.len(),
            Some(Value::String(text)) => text.chars().count(),
            _ => 0,
        };
        budget.take(count.saturating_mul(MEMBER))?;
        let numbered = |position: usize| Cow::Owned(position.to_string());
        Ok(match self {
            Self::Members(members) => members,
            Self::List(items) => {
                items.into_iter().enumerate().map(|(at, item)| (numbered(at), item)).collect()
            }
            Self::Ref(Value::Object(map)) => map
                .iter()
                .map(|(key, value)| (Cow::Borrowed(key.as_str()), Self::Ref(value)))
                .collect(),
            Self::Ref(Value::Array(items)) => {
                items.iter().enumerate().map(|(at, item)| (numbered(at), Self::Ref(item))).collect()
            }
            Self::Own(Value::Object(map)) => {
                map.into_iter().map(|(key, value)| (Cow::Owned(key), Self::Own(value))).collect()
            }
            Self::Own(Value::Array(items)) => items
                .into_iter()
                .enumerate()
                .map(|(at, item)| (numbered(at), Self::Own(item)))
                .collect(),
            Self::Ref(Value::String(text)) => characters(text),
            Self::Own(Value::String(text)) => characters(&text),
            _ => Vec::new(),
        })
    }

    /// The finished value; undefined members are left out, undefined elements become null.
    pub(crate) fn into_json(self, budget: &Budget) -> Result<Option<Value>, ApplyError> {
        Ok(Some(match self {
            Self::Undefined => return Ok(None),
            Self::Ref(value) => {
                budget.take_copy(value)?;
                value.clone()
            }
            Self::Own(value) => value,
            Self::List(items) => {
                let finished = |item: Self| Ok(item.into_json(budget)?.unwrap_or(Value::Null));
                Value::Array(items.into_iter().map(finished).collect::<Result<_, ApplyError>>()?)
            }
            Self::Members(members) => {
                let mut map = Map::with_capacity(members.len());
                for (key, value) in members {
                    if let Some(value) = value.into_json(budget)? {
                        budget.take_member(key.len())?;
                        map.insert(key.into_owned(), value);
                    }
                }
                Value::Object(map)
            }
        }))
    }

    /// The same value, borrowing from nothing.
    pub(crate) fn detach(self, budget: &Budget) -> Result<Val<'static>, ApplyError> {
        Ok(match self {
            Self::Undefined => Val::Undefined,
            Self::Ref(value) => {
                budget.take_copy(value)?;
                Val::Own(value.clone())
            }
            Self::Own(value) => Val::Own(value),
            Self::List(items) => {
                let items = items.into_iter().map(|item| item.detach(budget));
                Val::List(items.collect::<Result<_, _>>()?)
            }
            Self::Members(members) => {
                let members = members.into_iter().map(|(key, value)| {
                    budget.take_member(key.len())?;
                    Ok((Cow::Owned(key.into_owned()), value.detach(budget)?))
                });
                Val::Members(members.collect::<Result<_, ApplyError>>()?)
            }
        })
    }

    /// Its compact JSON; false if it is undefined.
    pub(crate) fn push_json(&self, out: &mut String, budget: &Budget) -> Result<bool, ApplyError> {
        match self {
            Self::Undefined => return Ok(false),
            Self::Ref(value) => push_json(out, value, budget)?,
            Self::Own(value) => push_json(out, value, budget)?,
            Self::List(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    if !item.push_json(out, budget)? {
                        out.push_str("null");
                    }
                }
                out.push(']');
            }
            Self::Members(members) => {
                out.push('{');
                let defined = members.iter().filter(|(_, value)| !matches!(value, Self::Undefined));
                let defined = ecma::in_order(defined, |(key, _)| key);
                for (position, (key, value)) in defined.into_iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    budget.take_member(key.len())?;
                    ecma::push_json_string(out, key);
                    out.push(':');
                    value.push_json(out, budget)?;
                }
                out.push('}');
            }
        }
        Ok(true)
    }
}

/// A member in memory.
const MEMBER: usize = size_of::<(Cow<'_, str>, Val<'_>)>() + 16;

/// Its weight is asked before, which is about its JSON; the escapes it took are known after.
fn push_json(out: &mut String, value: &Value, budget: &Budget) -> Result<(), ApplyError> {
    budget.take_copy(value)?;
    let before = out.len();
    ecma::push_json(out, value);
    budget.take(out.len() - before)
}

fn characters(text: &str) -> Members<'static> {
    text.chars().enumerate().map(|(at, c)| (Cow::Owned(at.to_string()), Val::text(c))).collect()
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Array(items) => match items.as_slice() {
            [] => true,
            [only] => match only {
                Value::Null => true,
                Value::String(_) | Value::Array(_) => is_blank(only),
                _ => false,
            },
            _ => false,
        },
        other => !ecma::is_truthy(other),
    }
}

//! Operations on traits, as Amplitude's user properties have them: `$clearAll`, `$unset`, `$set`,
//! `$setOnce`, `$add`, `$append`, `$prepend`, `$preInsert`, `$postInsert`, `$remove`.
//!
//! They stand in `context.traitOperations` of any call. Those of one event apply in the order above;
//! events apply in the order of the log, since an operation has no meaning without the value before
//! it. Source: Amplitude's "Identify API".

use memchr::memmem;
use serde_json::Value;
use sluice_event::Event;

const MEMBER: &str = "traitOperations";

/// Whether the event may have operations; a search that most events pay for.
pub(crate) fn may_stand_in(event: &Event) -> bool {
    let context = event.context_json().unwrap_or_default();
    memmem::find(context.as_bytes(), MEMBER.as_bytes()).is_some()
}

/// The operations of an event, in the order in which they apply.
pub(crate) fn operations(event: &Event) -> Vec<Operation> {
    let found = event
        .context_json()
        .filter(|_| may_stand_in(event))
        .and_then(|context| serde_json::from_str::<Value>(context).ok());
    let Some(Value::Object(given)) = found.as_ref().and_then(|context| context.get(MEMBER)) else {
        return Vec::new();
    };
    if given.contains_key("$clearAll") {
        return vec![Operation::ClearAll];
    }
    let in_order = KINDS.iter().flat_map(|(name, kind)| {
        let members = given.get(*name).and_then(Value::as_object);
        members.into_iter().flatten().map(|(name, operand)| (*kind, name, operand))
    });
    in_order
        .map(|(kind, name, operand)| Operation::Change(kind, name.clone(), operand.clone()))
        .collect()
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    ClearAll,
    Change(Kind, String, Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unset,
    Set,
    SetOnce,
    Add,
    Append,
    Prepend,
    PreInsert,
    PostInsert,
    Remove,
}

const KINDS: &[(&str, Kind)] = &[
    ("$unset", Kind::Unset),
    ("$set", Kind::Set),
    ("$setOnce", Kind::SetOnce),
    ("$add", Kind::Add),
    ("$append", Kind::Append),
    ("$prepend", Kind::Prepend),
    ("$preInsert", Kind::PreInsert),
    ("$postInsert", Kind::PostInsert),
    ("$remove", Kind::Remove),
];

impl Kind {
    /// The value after the operation; `None` if it stays as it is. `was_set` tells a trait that was
    /// removed from one that never was.
    pub(crate) fn apply(self, old: Option<Value>, was_set: bool, operand: &Value) -> Option<Value> {
        match self {
            Self::Unset => Some(Value::Null),
            Self::Set => Some(operand.clone()),
            Self::SetOnce => (!was_set).then(|| operand.clone()),
            Self::Add => add(old.as_ref(), operand),
            Self::Remove => {
                let gone = list(Some(operand.clone()));
                let stays = list(Some(old?)).into_iter().filter(|value| !gone.contains(value));
                Some(Value::Array(stays.collect()))
            }
            Self::Append => Some(joined(list(old), list(Some(operand.clone())))),
            Self::Prepend => Some(joined(list(Some(operand.clone())), list(old))),
            Self::PostInsert => {
                let old = list(old);
                let new = absent(operand, &old);
                Some(joined(old, new))
            }
            Self::PreInsert => {
                let old = list(old);
                let new = absent(operand, &old);
                Some(joined(new, old))
            }
        }
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
    }
}

fn joined(mut first: Vec<Value>, second: Vec<Value>) -> Value {
    first.extend(second);
    Value::Array(first)
}

/// The operand's values that the list does not have.
fn absent(operand: &Value, list_of_old: &[Value]) -> Vec<Value> {
    let new = list(Some(operand.clone()));
    new.into_iter().filter(|value| !list_of_old.contains(value)).collect()
}

/// A number or a number in a text; anything else adds nothing, and nothing is added to it.
fn add(old: Option<&Value>, operand: &Value) -> Option<Value> {
    let number = |value: &Value| match value {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        other => other.as_f64(),
    };
    if let (Some(old), Some(more)) = (old.map_or(Some(0), Value::as_i64), operand.as_i64()) {
        return old.checked_add(more).map(Value::from);
    }
    let sum = old.map_or(Some(0.0), number)? + number(operand)?;
    serde_json::Number::from_f64(sum).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(old: &Value, kind: Kind, operand: &Value) -> Option<Value> {
        let old = Some(old.clone()).filter(|old| !old.is_null());
        let was_set = old.is_some();
        kind.apply(old, was_set, operand)
    }

    #[test]
    fn lists_grow_and_shrink_as_amplitude_says() {
        let null = Value::Null;
        for (old, kind, operand, expected) in [
            (&null, Kind::Append, json!("b"), json!(["b"])),
            (&json!("a"), Kind::Append, json!("b"), json!(["a", "b"])),
            (&json!(["a", "b"]), Kind::PreInsert, json!(["b", "c"]), json!(["c", "a", "b"])),
            (&json!(["c", "a", "b"]), Kind::Remove, json!("a"), json!(["c", "b"])),
            (&json!(["c", "b"]), Kind::Append, json!("c"), json!(["c", "b", "c"])),
            (&json!(["c", "b"]), Kind::Prepend, json!(["x", "c"]), json!(["x", "c", "c", "b"])),
            (&json!(["c"]), Kind::PostInsert, json!(["c", "d"]), json!(["c", "d"])),
        ] {
            assert_eq!(after(old, kind, &operand), Some(expected), "{old} {kind:?} {operand}");
        }
        assert_eq!(after(&null, Kind::Remove, &json!("a")), None);
    }

    #[test]
    fn numbers_add_and_other_values_stay() {
        for (old, operand, expected) in [
            (Value::Null, json!(2), Some(json!(2))),
            (json!(3), json!(-1), Some(json!(2))),
            (json!("3"), json!("1.5"), Some(json!(4.5))),
            (json!(1.5), json!(1), Some(json!(2.5))),
            (json!("pro"), json!(1), None),
            (json!(1), json!("many"), None),
        ] {
            assert_eq!(after(&old, Kind::Add, &operand), expected, "{old} + {operand}");
        }
    }
}

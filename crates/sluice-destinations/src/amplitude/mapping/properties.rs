//! Event and user properties: which of them go along, what joins them, and what becomes of values
//! that Amplitude cannot take.
//!
//! Amplitude refuses a list in a list, at any depth; by default the inner one becomes its JSON text.

use std::borrow::Cow;

use serde_json::Value;
use sluice_event::Event;
use sluice_event::json::RawText;

use super::super::json::{Fields, Object, is_key};
use super::super::settings::{Config, NestedArrays, QueryTarget};
use super::Mapped;
use super::fields::literal;
use super::subject::Subject;

/// Properties of one event, written with [`EventProperties::put`].
pub(super) struct EventProperties<'a> {
    members: Vec<(RawText<'a>, &'a str)>,
    /// Take the place of members of the same name.
    added: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> EventProperties<'a> {
    /// Those of the call, with what the settings add to them.
    pub(super) fn of_call(subject: &Subject<'a>, properties: &Object<'a>) -> Self {
        let mut added = Vec::new();
        for (path, name) in &subject.config.append_fields {
            if let Some(value) = at_path(subject.event, path) {
                added.push((Cow::Owned(name.clone()), Cow::Borrowed(value)));
            }
        }
        let to_event =
            |(_, target): &&(String, QueryTarget)| *target == QueryTarget::EventProperties;
        for (name, _) in subject.config.query.iter().filter(to_event) {
            if let Some(search) = subject.context.page.text("search") {
                added.push((Cow::Owned(name.clone()), Cow::Owned(literal(&search))));
            }
        }
        Self { members: properties.members().collect(), added }
    }

    pub(super) fn add(&mut self, name: &'static str, raw: Cow<'a, str>) {
        self.added.push((Cow::Borrowed(name), raw));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.members.retain(|(key, _)| !is_key(key, name));
    }

    pub(super) fn put(self, fields: &mut Fields<'_>, config: &Config, mapped: &mut Mapped) {
        let mut object = fields.object("event_properties");
        for (key, raw) in &self.members {
            if !self.added.iter().any(|(name, _)| is_key(key, name)) {
                object.raw(key.raw(), &takeable(raw, config, mapped));
            }
        }
        for (name, raw) in &self.added {
            object.raw_named(name, &takeable(raw, config, mapped));
        }
        object.close();
    }
}

/// A value that Amplitude can take.
pub(super) fn takeable<'a>(raw: &'a str, config: &Config, mapped: &mut Mapped) -> Cow<'a, str> {
    let lists = memchr::memchr_iter(b'[', raw.as_bytes()).take(2).count();
    if lists < 2 || config.nested_arrays == NestedArrays::Pass {
        return Cow::Borrowed(raw);
    }
    let Ok(mut value) = serde_json::from_str::<Value>(raw) else { return Cow::Borrowed(raw) };
    if !flatten(&mut value, config.nested_arrays) {
        return Cow::Borrowed(raw); // the brackets stood in texts, or lists side by side
    }
    let message = match config.nested_arrays {
        NestedArrays::Drop => "a list in a list was left out",
        _ => "a list in a list was sent as its JSON text",
    };
    mapped.warn("NESTED_ARRAY", message);
    Cow::Owned(value.to_string())
}

/// True if something was changed. The depth is bounded by what the door takes.
fn flatten(value: &mut Value, how: NestedArrays) -> bool {
    match value {
        Value::Object(map) => {
            map.values_mut().fold(false, |changed, value| flatten(value, how) | changed)
        }
        Value::Array(list) => {
            let before = list.len();
            if how == NestedArrays::Drop {
                list.retain(|inner| !inner.is_array());
            }
            let mut changed = list.len() != before;
            for inner in list {
                if inner.is_array() {
                    *inner = Value::String(inner.to_string());
                    changed = true;
                } else {
                    changed |= flatten(inner, how);
                }
            }
            changed
        }
        _ => false,
    }
}

/// The value at a dotted path of the whole event.
fn at_path<'a>(event: &'a Event, path: &str) -> Option<&'a str> {
    path.split('.').try_fold(&*event.json, |object, key| Object::parse(object).get(key))
}

//! What can be done with events at a destination: its actions, and the subscriptions it proposes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// One thing that a kind can do with an event.
#[derive(Debug, Deserialize, Serialize)]
pub struct Action {
    /// Stored with subscriptions, so never renamed.
    pub slug: String,
    pub title: String,
    #[serde(default)]
    pub description: String,
    /// Proposed for a new subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// It still works, but is not offered any more.
    #[serde(default)]
    pub hidden: bool,
    /// It takes several events with one request.
    #[serde(default)]
    pub batches: bool,
    /// The fields that a mapping fills, as the console draws them.
    pub fields: Box<RawValue>,
}

impl Action {
    /// A mapping to begin with: what each field proposes. An object that proposes nothing itself has
    /// what its own fields do; a list of objects has nothing, since nobody says how many.
    #[must_use]
    pub fn defaults(&self) -> Map<String, Value> {
        defaults(&serde_json::from_str::<Vec<Field>>(self.fields.get()).unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct Field {
    key: String,
    #[serde(default)]
    default: Option<Value>,
    #[serde(default)]
    multiple: bool,
    #[serde(default)]
    properties: Vec<Self>,
}

fn defaults(fields: &[Field]) -> Map<String, Value> {
    let of = |field: &Field| {
        let own = field.default.clone().filter(|value| !value.is_null());
        own.or_else(|| {
            let inner = defaults(&field.properties);
            (!field.multiple && !inner.is_empty()).then_some(Value::Object(inner))
        })
    };
    fields.iter().filter_map(|field| Some((field.key.clone(), of(field)?))).collect()
}

/// A subscription that a kind proposes.
#[derive(Debug, Deserialize, Serialize)]
pub struct Preset {
    pub name: String,
    pub action: String,
    pub trigger: String,
    pub mapping: Box<RawValue>,
    /// `automatic`: part of a new destination. Others are offered.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Preset {
    #[must_use]
    pub fn is_automatic(&self) -> bool {
        self.kind == "automatic"
    }

    #[must_use]
    pub fn mapping(&self) -> Value {
        serde_json::from_str(self.mapping.get()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_begins_with_its_own_default_or_else_with_those_of_its_fields() {
        let action: Action = serde_json::from_value(json!({ "slug": "a", "title": "A", "fields": [
            { "key": "event", "default": { "@path": "$.event" } },
            { "key": "none" },
            { "key": "nothing", "default": null },
            { "key": "off", "default": false },
            { "key": "own", "default": { "x": 1 }, "properties": [{ "key": "y", "default": 2 }] },
            { "key": "inner", "properties": [
                { "key": "id", "default": { "@path": "$.userId" } },
                { "key": "deep", "properties": [{ "key": "z", "default": 3 }] },
                { "key": "none" },
            ] },
            { "key": "list", "multiple": true, "properties": [{ "key": "id", "default": 1 }] },
            { "key": "empty", "properties": [{ "key": "id" }] },
        ] }))
        .unwrap();
        let expected = json!({
            "event": { "@path": "$.event" },
            "off": false,
            "own": { "x": 1 },
            "inner": { "id": { "@path": "$.userId" }, "deep": { "z": 3 } },
        });
        assert_eq!(Value::Object(action.defaults()), expected);
    }
}

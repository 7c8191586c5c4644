//! What is taken out of a payload between mapping and validation.

use serde_json::Value;

/// Takes null out where the schema of an action's fields does not allow it, and the empty text where
/// the field is no text or stands at the top. Fields that the schema does not describe stay.
pub fn remove_empty_values(payload: &mut Value, schema: &Value) {
    remove_from(payload, schema, true);
}

fn remove_from(value: &mut Value, schema: &Value, is_root: bool) {
    if schema.get("type").is_none() && schema.get("enum").is_none() {
        return;
    }
    match value {
        Value::Array(items) => {
            // Elements are judged as they are: what is nested in them stays.
            if let Some(of_items) = schema.get("items") {
                items.retain(|item| !is_empty(item, of_items));
            }
        }
        Value::Object(members) => {
            let Some(properties) = schema.get("properties") else { return };
            members.retain(|key, member| {
                let of_member = properties.get(key).unwrap_or(&Value::Null);
                remove_from(member, of_member, false);
                let is_empty_text = member.as_str() == Some("");
                !(is_empty(member, of_member) || (is_root && is_empty_text))
            });
        }
        _ => {}
    }
}

/// Null or the empty text, where the schema says what the field is and it is something else.
fn is_empty(value: &Value, schema: &Value) -> bool {
    if schema.get("type").is_none() && schema.get("enum").is_none() {
        return false;
    }
    let allows = |name: &str| match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(|allowed| allowed == name),
        Some(allowed) => allowed == name,
        None => false,
    };
    match value {
        Value::Null => !allows("null"),
        Value::String(text) => text.is_empty() && !allows("string"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_and_empty_texts_go_where_the_schema_does_not_take_them() {
        let schema = json!({"type": "object", "properties": {
            "a": {"type": "number"},
            "b": {"type": ["string", "null"]},
            "c": {"type": "string"},
            "d": {"type": "object", "properties": {"e": {"type": "string"}, "f": {"type": "integer"}}},
            "g": {"type": "array", "items": {"type": "string"}},
            "h": {"description": "anything"}
        }});
        let mut payload = json!({
            "a": null, "b": null, "c": "", "d": {"e": "", "f": "", "x": null},
            "g": ["", null, "z"], "h": null, "unknown": null
        });
        remove_empty_values(&mut payload, &schema);
        let expected = json!({"b": null, "d": {"e": "", "x": null}, "g": ["", "z"], "h": null, "unknown": null});
        assert_eq!(payload, expected);
    }
}

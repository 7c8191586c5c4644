//! Settings of a destination as data: the console draws a form from the schema, the API lists it,
//! and one function checks values, with messages that name the field and the nearest known key.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use sluice_base::nearest;

use crate::http::parse_url;

/// Where a form shows the settings that every connection has.
pub const DELIVERY_SECTION: &str = "Delivery";

/// The fields of a kind, in the order in which a form shows them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SettingsSchema {
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Field {
    pub key: String,
    pub label: String,
    pub description: String,
    /// The heading under which a form shows the field; empty for the first, unnamed part.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub section: String,
    #[serde(flatten)]
    pub kind: FieldKind,
    pub required: bool,
    /// Never shown again once stored, and blanked in recorded exchanges. Of a text map, the values.
    pub secret: bool,
    /// A secret that never leaves: it only signs.
    #[serde(skip)]
    pub signs: bool,
    /// Whether it says, by itself or in part, whom secrets are sent to: see
    /// [`SettingsSchema::kept_for_another`].
    pub address: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    /// `http` or `https`, absolute.
    Url,
    Integer {
        min: i64,
        max: i64,
    },
    Boolean,
    Choice {
        choices: Vec<String>,
    },
    /// A list of texts, such as names of traits.
    TextList,
    /// An object whose values are texts, such as headers.
    TextMap,
}

impl Field {
    #[must_use]
    pub fn new(key: &str, label: &str, description: &str, kind: FieldKind) -> Self {
        let address = kind == FieldKind::Url;
        Self {
            key: key.to_owned(),
            label: label.to_owned(),
            description: description.to_owned(),
            section: String::new(),
            kind,
            required: false,
            secret: false,
            signs: false,
            address,
            default: None,
        }
    }

    #[must_use]
    pub fn section(mut self, section: &str) -> Self {
        section.clone_into(&mut self.section);
        self
    }

    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// A secret that signs what is sent and is never sent itself.
    #[must_use]
    pub fn signing_secret(mut self) -> Self {
        (self.secret, self.signs) = (true, true);
        self
    }

    #[must_use]
    pub fn address(mut self) -> Self {
        self.address = true;
        self
    }

    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        match (&self.kind, value) {
            (FieldKind::Text, Value::String(_)) | (FieldKind::Boolean, Value::Bool(_)) => Ok(()),
            (FieldKind::Text, _) => Err("must be a text".to_owned()),
            (FieldKind::Boolean, _) => Err("must be true or false".to_owned()),
            (FieldKind::Url, Value::String(text)) => match parse_url(text) {
                Ok(_) => Ok(()),
                Err(why) => Err(format!("must be a URL such as https://example.com/hook: {why}")),
            },
            (FieldKind::Url, _) => Err("must be a URL such as https://example.com/hook".to_owned()),
            (FieldKind::Integer { min, max }, value) => match value.as_i64() {
                Some(number) if (*min..=*max).contains(&number) => Ok(()),
                _ => Err(format!("must be a whole number from {min} to {max}")),
            },
            (FieldKind::Choice { choices }, Value::String(text)) if choices.contains(text) => {
                Ok(())
            }
            (FieldKind::Choice { choices }, _) => {
                Err(format!("must be one of {}", choices.join(", ")))
            }
            (FieldKind::TextList, Value::Array(list)) if list.iter().all(Value::is_string) => {
                Ok(())
            }
            (FieldKind::TextList, _) => Err("must be a list of texts".to_owned()),
            (FieldKind::TextMap, Value::Object(map)) if map.values().all(Value::is_string) => {
                Ok(())
            }
            (FieldKind::TextMap, _) => Err("must be an object whose values are texts".to_owned()),
        }
    }
}

fn delivery_fields() -> [Field; 4] {
    let integer = |key, label, description, (min, max)| {
        Field::new(key, label, description, FieldKind::Integer { min, max })
    };
    [
        integer(
            "retryWindowHours",
            "Hours to retry",
            "A delivery that still fails so long after its first attempt becomes a dead letter.",
            (1, 72),
        )
        .default_value(4),
        integer(
            "concurrentRequests",
            "Requests at a time",
            "Of different people; one person's events always go one after the other.",
            (1, 200),
        )
        .default_value(20),
        integer(
            "requestsPerSecond",
            "Requests per second, at most",
            "Empty: as fast as it answers. One that answers 429 is asked less often by itself.",
            (1, 100_000),
        ),
        integer(
            "eventsPerSecond",
            "Events per second, at most",
            "Empty: as fast as it answers.",
            (1, 1_000_000),
        ),
    ]
}

impl SettingsSchema {
    /// The kind's own fields and those that every connection has, which the scheduler reads.
    #[must_use]
    pub fn new(mut fields: Vec<Field>) -> Self {
        fields.extend(delivery_fields().map(|field| field.section(DELIVERY_SECTION)));
        Self { fields }
    }

    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The stored secrets that would go to another peer than the one they were given for
    /// (invariant I9), each with the address that changes: who may change settings but not see the
    /// secrets could have them sent to a server of their own. `is_given` says whether a secret comes
    /// anew with the change.
    #[must_use]
    pub fn kept_for_another(
        &self,
        before: &Value,
        after: &Value,
        is_given: impl Fn(&Field) -> bool,
    ) -> Vec<(&Field, &Field)> {
        let value = |settings: &Value, field: &Field| {
            let value = settings.get(&field.key).or(field.default.as_ref());
            value.filter(|value| !matches!(value, Value::Null)).cloned()
        };
        let changed: Vec<&Field> = self
            .fields
            .iter()
            .filter(|field| field.address && value(before, field) != value(after, field))
            .collect();
        let secrets = self.fields.iter().filter(|field| field.secret && !field.signs);
        let kept = secrets.filter(|field| {
            before.get(&field.key).is_some() && after.get(&field.key).is_some() && !is_given(field)
        });
        let address = |secret: &&Field| changed.iter().find(|one| one.key != secret.key).copied();
        kept.filter_map(|secret| Some((secret, address(&secret)?))).collect()
    }

    /// Checks `raw` and fills in defaults. A null counts as absent; an empty text in a field that
    /// is not required too.
    ///
    /// # Errors
    /// All problems at once.
    pub fn check(&self, raw: &Value) -> Result<Settings, SettingsError> {
        let empty = Map::new();
        let raw = match raw {
            Value::Object(map) => map,
            Value::Null => &empty,
            _ => return Err(SettingsError::one("", "settings must be an object")),
        };
        let mut problems = Vec::new();
        for key in raw.keys().filter(|key| self.field(key).is_none()) {
            problems.push(SettingsProblem { key: key.clone(), message: self.unknown(key) });
        }
        let mut values = Map::new();
        for field in &self.fields {
            let given =
                raw.get(&field.key).filter(|value| !value.is_null() && value.as_str() != Some(""));
            match given.or(field.default.as_ref()) {
                Some(value) => match field.check(value) {
                    Ok(()) => drop(values.insert(field.key.clone(), value.clone())),
                    Err(message) => {
                        problems.push(SettingsProblem { key: field.key.clone(), message })
                    }
                },
                None if field.required => {
                    let message = "is required".to_owned();
                    problems.push(SettingsProblem { key: field.key.clone(), message });
                }
                None => {}
            }
        }
        if !problems.is_empty() {
            return Err(SettingsError { problems });
        }
        let secrets = self.secrets_of(&values);
        Ok(Settings { values, secrets })
    }

    /// `raw` with every secret value replaced by `***`, for showing.
    #[must_use]
    pub fn blanked(&self, raw: &Value) -> Value {
        let mut shown = raw.clone();
        for field in self.fields.iter().filter(|field| field.secret) {
            match shown.get_mut(&field.key) {
                Some(Value::Object(map)) => {
                    map.values_mut().for_each(|value| *value = "***".into())
                }
                Some(value) if !value.is_null() => *value = "***".into(),
                _ => {}
            }
        }
        shown
    }

    fn secrets_of(&self, values: &Map<String, Value>) -> Vec<String> {
        let mut secrets = Vec::new();
        for field in self.fields.iter().filter(|field| field.secret) {
            match values.get(&field.key) {
                Some(Value::String(text)) => secrets.push(text.clone()),
                Some(Value::Object(map)) => {
                    secrets.extend(map.values().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        secrets
    }

    fn unknown(&self, key: &str) -> String {
        let known: Vec<&str> = self.fields.iter().map(|field| field.key.as_str()).collect();
        match nearest(key, known.iter().copied()) {
            Some(meant) => format!("is not a setting; did you mean `{meant}`?"),
            None => format!("is not a setting; known are {}", known.join(", ")),
        }
    }
}

/// Checked settings with defaults filled in.
#[derive(Clone)]
pub struct Settings {
    values: Map<String, Value>,
    secrets: Vec<String>,
}

impl Settings {
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).and_then(Value::as_str)
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    #[must_use]
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.values.get(key).and_then(Value::as_i64)
    }

    #[must_use]
    pub fn boolean(&self, key: &str) -> Option<bool> {
        self.values.get(key).and_then(Value::as_bool)
    }

    pub fn text_list(&self, key: &str) -> impl Iterator<Item = &str> {
        let list = self.values.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }

    pub fn text_map(&self, key: &str) -> impl Iterator<Item = (&str, &str)> {
        let map = self.values.get(key).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    /// The secret values, for the redactor.
    #[must_use]
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// Settings that do not fit; never quotes a value, which could be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    pub problems: Vec<SettingsProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsProblem {
    /// The setting, or empty for the whole.
    pub key: String,
    pub message: String,
}

impl SettingsError {
    #[must_use]
    pub fn one(key: &str, message: impl Into<String>) -> Self {
        Self { problems: vec![SettingsProblem { key: key.to_owned(), message: message.into() }] }
    }
}

impl std::error::Error for SettingsError {}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let gap = if i == 0 { "" } else { "; " };
            match problem.key.as_str() {
                "" => write!(f, "{gap}{}", problem.message)?,
                key => write!(f, "{gap}setting `{key}` {}", problem.message)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> SettingsSchema {
        SettingsSchema::new(vec![
            Field::new("url", "URL", "", FieldKind::Url).required(),
            Field::new("sharedSecret", "Secret", "", FieldKind::Text).secret(),
            Field::new("batchSize", "Batch", "", FieldKind::Integer { min: 1, max: 10 })
                .default_value(1),
        ])
    }

    #[test]
    fn all_problems_are_named_with_the_nearest_key() {
        let error = schema().check(&json!({"sharedsecet": "x", "batchSize": 11})).unwrap_err();
        assert_eq!(
            error.to_string(),
            "setting `sharedsecet` is not a setting; did you mean `sharedSecret`?; \
             setting `url` is required; setting `batchSize` must be a whole number from 1 to 10"
        );
    }

    #[test]
    fn a_secret_is_kept_for_another_if_an_address_changes_without_it() {
        let schema = SettingsSchema::new(vec![
            Field::new("url", "URL", "", FieldKind::Url).default_value("https://a.example"),
            Field::new("name", "Name", "", FieldKind::Text),
            Field::new("token", "Token", "", FieldKind::Text).secret(),
            Field::new("signature", "Signature", "", FieldKind::Text).signing_secret(),
            Field::new("hosts", "Hosts", "", FieldKind::TextMap).secret().address(),
        ]);
        let before = json!({"token": "t", "signature": "s", "hosts": {"a": "b"}});
        let asked = |change: Value, given: &str| -> Vec<String> {
            let mut after = before.clone();
            after.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let kept = schema.kept_for_another(&before, &after, |field| field.key == given);
            kept.iter().map(|(secret, by)| format!("{} {}", secret.key, by.key)).collect()
        };
        assert_eq!(asked(json!({"url": "https://b.example"}), ""), ["token url", "hosts url"]);
        assert_eq!(asked(json!({"url": "https://b.example"}), "token"), ["hosts url"]);
        assert!(asked(json!({"url": "https://a.example", "name": "n"}), "").is_empty());
        assert_eq!(asked(json!({"hosts": {"a": "c"}}), "hosts"), ["token hosts"]);
        assert!(schema.kept_for_another(&json!({}), &before, |_| false).is_empty());
    }

    #[test]
    fn defaults_are_filled_in_and_secrets_known() {
        let raw = json!({"url": "https://a.example/x", "sharedSecret": "geheim"});
        let settings = schema().check(&raw).unwrap();
        assert_eq!(settings.integer("batchSize"), Some(1));
        assert_eq!(settings.secrets(), ["geheim"]);
        assert_eq!(schema().blanked(&raw)["sharedSecret"], "***");
        assert!(!format!("{settings:?}").contains("geheim"));
    }
}

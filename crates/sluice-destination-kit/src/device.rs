//! Device mode: a destination that the sender's own program reaches, a page or an app, with a plugin
//! that the browser SDK loads or that is built into the app.
//!
//! Whether a destination works so is one of its settings, [`CONNECTION_MODE`], which a kind that
//! offers it has in its schema. What goes to the devices is public: whoever opens a page can read it.
//! So a kind names each setting that does, and nothing goes by itself.
//!
//! Not here: the plugins (`browser/`), and how SDKs are told of them (`sluice-collector`).

use serde_json::{Map, Value};

use crate::settings::{Field, FieldKind, SettingsSchema};

/// The setting that says from where events are sent.
pub const CONNECTION_MODE: &str = "connectionMode";
/// Where a form shows the settings that only devices read; it does so in device mode.
pub const DEVICE_SECTION: &str = "Device mode";
const CLOUD: &str = "cloud";
const DEVICE: &str = "device";

/// What a kind does on devices.
#[derive(Clone, Debug)]
pub struct DeviceMode {
    /// The plugin that browsers load, by its name in `browser/`.
    pub plugin: String,
    /// Keys of the settings that devices get.
    pub settings: Vec<String>,
    /// There is nothing but device mode, so it is no setting.
    pub is_only: bool,
}

impl DeviceMode {
    /// Whether a destination with these settings works on devices.
    #[must_use]
    pub fn is_on(&self, settings: &Value) -> bool {
        self.is_only || settings.get(CONNECTION_MODE).and_then(Value::as_str) == Some(DEVICE)
    }

    const fn missing(&self, kind: &FieldKind) -> Option<Value> {
        match kind {
            FieldKind::Text if !self.is_only => Some(Value::String(String::new())),
            FieldKind::TextList if !self.is_only => Some(Value::Array(Vec::new())),
            _ => None,
        }
    }

    /// The settings that devices get: all those that the kind lets out, with the schema's defaults.
    /// Plugins in apps are not made for a list or a text that is missing, so these are empty then;
    /// plugins that only pages have take what is missing for not set.
    #[must_use]
    pub fn public_settings(&self, schema: &SettingsSchema, raw: &Value) -> Map<String, Value> {
        let value = |key: &String| {
            let field = schema.field(key)?;
            let given = raw.get(key).filter(|value| !value.is_null());
            given.or(field.default.as_ref()).cloned().or_else(|| self.missing(&field.kind))
        };
        self.settings.iter().filter_map(|key| Some((key.clone(), value(key)?))).collect()
    }
}

/// The field for a kind that offers device mode.
#[must_use]
pub fn connection_mode_field() -> Field {
    let choices = [CLOUD, DEVICE].map(str::to_owned).to_vec();
    Field::new(
        CONNECTION_MODE,
        "Connection mode",
        "cloud: Sluice sends the events. device: the page or the app sends them itself, with the \
         destination's own SDK, and Sluice leaves those alone. The settings that devices need can be \
         read by anybody then.",
        FieldKind::Choice { choices },
    )
    .default_value(CLOUD)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn devices_get_what_the_kind_lets_out_and_nothing_else() {
        let schema = SettingsSchema::new(vec![
            Field::new("key", "Key", "", FieldKind::Text).secret(),
            Field::new("secretKey", "Secret key", "", FieldKind::Text).secret(),
            Field::new("utm", "UTM", "", FieldKind::Boolean).default_value(true),
            Field::new("trait", "Trait", "", FieldKind::Text),
            connection_mode_field(),
        ]);
        let mode = DeviceMode {
            plugin: "p".to_owned(),
            settings: ["key", "utm", "trait"].map(str::to_owned).to_vec(),
            is_only: false,
        };
        let raw =
            json!({ "key": "k", "secretKey": "hush", "trait": null, "connectionMode": "device" });
        assert!(mode.is_on(&raw) && !mode.is_on(&json!({})));
        let public = Value::Object(mode.public_settings(&schema, &raw));
        assert_eq!(public, json!({ "key": "k", "utm": true, "trait": "" }));
        assert!(schema.check(&json!({ "connectionMode": "cloudy" })).is_err());
    }
}

//! Destinations that pages and apps send to themselves, as the settings tell SDKs of them.
//!
//! Segment's browser SDK loads the script named in `remotePlugins`, gives it what stands under the
//! destination's name in `integrations`, and lists the name and the connection's id in each event, by
//! which the server knows that the event has gone there. Apps have plugins of their own and read the
//! same settings.

use serde_json::{Map, Value, json};
use sluice_event::SourceNo;

use super::sdk::BrowserSdk;

/// Gives the destinations of sources. Asked for each page that opens, so it must be quick.
pub trait Devices: Send + Sync + 'static {
    fn of_source(&self, source: SourceNo) -> Vec<DeviceDestination>;

    /// The consent categories that any destination of the source asks for, each once.
    fn consent_categories(&self, source: SourceNo) -> Vec<String>;
}

/// One of them. All of it can be read by anybody.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceDestination {
    pub connection_id: String,
    /// By which the `integrations` object of events means it.
    pub name: String,
    /// Name of the plugin that browsers load.
    pub plugin: String,
    pub settings: Map<String, Value>,
    /// What starts its actions, and how their fields are filled; of a plugin that has actions.
    pub subscriptions: Vec<Value>,
    /// What is held back from it or changed for it, as the SDK's routing rules.
    pub rules: Vec<Value>,
    /// All of these a visitor must have agreed to; empty if nothing is asked.
    pub consent_categories: Vec<String>,
}

/// Adds the destinations to the settings. One whose plugin is not in this build is left out, so that
/// the server goes on sending for it.
pub(super) fn add(
    settings: &mut Value,
    destinations: &[DeviceDestination],
    sdk: &BrowserSdk,
    origin: &str,
) {
    for destination in destinations {
        let Some(plugin) = sdk.plugin(&destination.plugin) else { continue };
        let name = destination.name.as_str();
        let mut integration = destination.settings.clone();
        integration.insert("bundlingStatus".to_owned(), json!("bundled"));
        // Without a component the SDK looks for no plugin in its older format.
        integration.insert("versionSettings".to_owned(), json!({ "componentTypes": [] }));
        if !destination.consent_categories.is_empty() {
            let categories = json!({ "categories": destination.consent_categories });
            integration.insert("consentSettings".to_owned(), categories);
        }
        settings["integrations"][name] = Value::Object(integration);
        settings["integrations"]["Segment.io"]["maybeBundledConfigIds"][name] =
            json!([destination.connection_id]);
        let own = match destination.subscriptions.as_slice() {
            [] => json!({}),
            subscriptions => json!({ "subscriptions": subscriptions }),
        };
        let loaded = json!({
            "name": name,
            "creationName": name,
            "url": format!("{origin}/analytics-next/bundles/{}", plugin.file),
            "libraryName": plugin.library,
            "settings": own,
        });
        push(&mut settings["remotePlugins"], [loaded]);
        if !destination.rules.is_empty() {
            push(&mut settings["middlewareSettings"]["routingRules"], destination.rules.clone());
        }
    }
}

/// Tells consent managers of Segment's SDKs which categories to write into events. They would keep
/// events from the server altogether if nobody without a category wanted them; its own analytics do.
pub(super) fn ask_for_consent(settings: &mut Value, categories: &[String]) {
    if !categories.is_empty() {
        settings["consentSettings"] =
            json!({ "allCategories": categories, "hasUnmappedDestinations": true });
    }
}

fn push(list: &mut Value, more: impl IntoIterator<Item = Value>) {
    match list {
        Value::Array(list) => list.extend(more),
        empty => *empty = more.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_stands_where_the_sdk_looks_and_one_without_plugin_nowhere() {
        let files: &[(&str, &[u8])] = &[
            ("bundles/amplitude.bundle.0f.js", b"plugin"),
            (
                "plugins.json",
                br#"{"amplitude":{"file":"amplitude.bundle.0f.js","library":"sluiceAmplitude"}}"#,
            ),
        ];
        let sdk = BrowserSdk::new(files);
        let destination = |name: &str, plugin: &str| DeviceDestination {
            connection_id: format!("c-{name}"),
            name: name.to_owned(),
            plugin: plugin.to_owned(),
            settings: Map::from_iter([("apiKey".to_owned(), json!("public"))]),
            subscriptions: vec![json!({ "partnerAction": "send" })],
            rules: vec![json!({ "destinationName": name })],
            consent_categories: vec!["Advertising".to_owned()],
        };
        let mut settings = json!({
            "integrations": { "Segment.io": { "maybeBundledConfigIds": {} } },
            "middlewareSettings": {}, "remotePlugins": [],
        });
        let all = [destination("Amplitude", "amplitude"), destination("Other", "absent")];
        add(&mut settings, &all, &sdk, "https://h");
        ask_for_consent(&mut settings, &[]);
        assert_eq!(settings.get("consentSettings"), None);
        ask_for_consent(&mut settings, &["Advertising".to_owned(), "Analytics".to_owned()]);
        assert_eq!(
            settings,
            json!({
                "integrations": {
                    "Segment.io": { "maybeBundledConfigIds": { "Amplitude": ["c-Amplitude"] } },
                    "Amplitude": {
                        "apiKey": "public", "bundlingStatus": "bundled",
                        "versionSettings": { "componentTypes": [] },
                        "consentSettings": { "categories": ["Advertising"] },
                    },
                },
                "consentSettings": {
                    "allCategories": ["Advertising", "Analytics"],
                    "hasUnmappedDestinations": true,
                },
                "middlewareSettings": { "routingRules": [{ "destinationName": "Amplitude" }] },
                "remotePlugins": [{
                    "name": "Amplitude", "creationName": "Amplitude",
                    "url": "https://h/analytics-next/bundles/amplitude.bundle.0f.js",
                    "libraryName": "sluiceAmplitude",
                    "settings": { "subscriptions": [{ "partnerAction": "send" }] },
                }],
            })
        );
    }
}

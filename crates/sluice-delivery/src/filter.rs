//! Which events a connection gets: the conditions before anything is sent, in their documented
//! order, each with the reason under which the event is counted.

use serde::Deserialize;
use serde_json::{Map, Value};
use sluice_destination_kit::{Destination, DestinationKind};
use sluice_event::wire::CONSENT_EVENT;
use sluice_event::{EventType, StoredEvent};
use sluice_filter::destination_filter::{Held, Rules};
use sluice_model::Routing;
use sluice_model::tables::ConnectionSpec;

use crate::edit::edited;

pub(crate) const CONNECTION_DISABLED: &str = "connection_disabled";
pub(crate) const BY_INTEGRATIONS_OBJECT: &str = "FILTERED_BY_INTEGRATIONS_OBJECT";
pub(crate) const SENT_CLIENT_SIDE: &str = "MESSAGE_SENT_CLIENT_SIDE";
pub(crate) const BY_CONSENT: &str = "FILTERED_BY_END_USER_CONSENT";
pub(crate) const BY_SCHEMA: &str = "FILTERED_BY_SCHEMA";
pub(crate) const BY_RULES: &str = "FILTERED_BY_RULES";
pub(crate) const BY_SAMPLE: &str = "FILTERED_BY_SAMPLE";

/// The filters of one connection. Each part filters as far as it is known: a kind that is not in
/// the catalogue has no names, and settings that do not fit make no destination.
#[derive(Clone, Copy)]
pub(crate) struct Filter<'a> {
    pub(crate) spec: &'a ConnectionSpec,
    pub(crate) kind: Option<&'a dyn DestinationKind>,
    pub(crate) destination: Option<&'a dyn Destination>,
    /// The destination's filters, as of `spec`.
    pub(crate) rules: &'a Rules,
}

impl Filter<'_> {
    /// Why the event does not go to this connection; `None` if it goes.
    pub(crate) fn reason(self, stored: &StoredEvent) -> Option<&'static str> {
        if !self.spec.enabled {
            return Some(CONNECTION_DISABLED);
        }
        self.lasting_reason(stored)
    }

    /// As [`Filter::reason`], whether or not the connection is switched off now.
    pub(crate) fn lasting_reason(self, stored: &StoredEvent) -> Option<&'static str> {
        let by_kind = self.kind.and_then(|kind| before_rules(self.spec, kind, stored));
        by_kind.or_else(|| by_rules(self.rules, stored)).or_else(|| {
            // Asked of the event as it is sent.
            let changed = self.rules.may_edit().then(|| edited(self.rules, stored)).flatten();
            let sent = changed.as_ref().unwrap_or(stored);
            let turned_away = self.destination.filter(|destination| !destination.takes(sent));
            turned_away.map(Destination::untaken_reason)
        })
    }
}

/// The person, the sender or the schema says that the event is not for this destination, or the
/// sender has sent it there itself.
fn before_rules(
    spec: &ConnectionSpec,
    kind: &dyn DestinationKind,
    stored: &StoredEvent,
) -> Option<&'static str> {
    let names = || std::iter::once(kind.name()).chain(kind.other_names().iter().copied());
    let mut wish = Wish::default();
    if kind.obeys_integrations() {
        if !has_consent(&spec.routing, stored) {
            return Some(BY_CONSENT);
        }
        if let Some(text) = stored.event.integrations_json().filter(|text| text.len() > "{}".len())
        {
            wish = Wish::of(text, &names().collect::<Vec<_>>());
        }
        if !wish.is_yes() {
            return Some(BY_INTEGRATIONS_OBJECT);
        }
    }
    let ids = [spec.id.as_str(), spec.destination_id.as_str()];
    let is_on = spec.routing.switches.lets_pass(stored.event.event_type, &stored.event.name);
    // An SDK lists what it left out by the same switches, too.
    if !is_on && wish.own != Some(true) {
        return Some(BY_SCHEMA);
    }
    is_bundled(&stored.event.json, names(), ids).then_some(SENT_CLIENT_SIDE)
}

/// Every category of the connection must have been agreed to. An event that carries no preferences
/// was sent without a consent manager, and passes; so does [`CONSENT_EVENT`], since receivers must
/// learn of what it says.
fn has_consent(routing: &Routing, stored: &StoredEvent) -> bool {
    let categories = &routing.consent_categories;
    let event = &stored.event;
    if categories.is_empty()
        || (event.event_type == EventType::Track && &*event.name == CONSENT_EVENT)
    {
        return true;
    }
    let context = event.context_json().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let preferences = context.as_ref().and_then(|context| {
        context
            .get("consent")?
            .get("categoryPreferences")
            .filter(|preferences| !preferences.is_null())
    });
    preferences.is_none_or(|preferences| {
        categories.iter().all(|category| preferences.get(category) == Some(&Value::Bool(true)))
    })
}

/// A filter holds the event back. One that cannot be read is held back too.
fn by_rules(rules: &Rules, stored: &StoredEvent) -> Option<&'static str> {
    if rules.is_empty() {
        return None;
    }
    let Ok(event) = serde_json::from_str(&stored.event.json) else { return Some(BY_RULES) };
    rules.held(&event).map(|held| match held {
        Held::Dropped => BY_RULES,
        Held::Sampled => BY_SAMPLE,
    })
}

/// What the event's `integrations` say of a destination.
#[derive(Clone, Copy, Default)]
struct Wish {
    /// By its own key.
    own: Option<bool>,
    all: Option<bool>,
}

impl Wish {
    /// A key is matched exactly first, then without regard to case. An options object counts as
    /// true; other values are ignored.
    fn of(integrations: &str, names: &[&str]) -> Self {
        let Ok(object) = serde_json::from_str::<Map<String, Value>>(integrations) else {
            return Self::default();
        };
        let truth = |value: &Value| match value {
            Value::Bool(truth) => Some(*truth),
            Value::Object(_) => Some(true),
            _ => None,
        };
        let exact = names.iter().find_map(|name| truth(object.get(*name)?));
        let own = exact.or_else(|| {
            let is_ours = |key: &str| names.iter().any(|name| name.eq_ignore_ascii_case(key));
            object.iter().find_map(|(key, value)| if is_ours(key) { truth(value) } else { None })
        });
        Self { own, all: object.get("All").and_then(truth) }
    }

    /// The destination's own key decides, else `All`, else yes.
    fn is_yes(self) -> bool {
        self.own.or(self.all).unwrap_or(true)
    }
}

#[derive(Deserialize)]
struct WithMetadata {
    #[serde(rename = "_metadata")]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    bundled: Vec<Value>,
    #[serde(default)]
    bundled_ids: Vec<Value>,
    #[serde(default)]
    failed_initializations: Vec<Value>,
}

/// True if the sender's SDK says that it sent the event to this destination itself. With ids, they
/// decide: a second destination of the same name is served from here. A plugin that did not start
/// has sent nothing.
fn is_bundled<'a>(json: &str, mut names: impl Iterator<Item = &'a str>, ids: [&str; 2]) -> bool {
    if !json.contains("\"_metadata\"") {
        return false;
    }
    let Ok(WithMetadata { metadata: Some(metadata) }) = serde_json::from_str(json) else {
        return false;
    };
    let lists = |list: &[Value], text: &str| list.iter().any(|value| value.as_str() == Some(text));
    let is_listed = |name: &str| {
        lists(&metadata.bundled, name) && !lists(&metadata.failed_initializations, name)
    };
    if metadata.bundled_ids.is_empty() {
        return names.any(is_listed);
    }
    ids.iter().any(|id| lists(&metadata.bundled_ids, id))
        && !names.any(|name| lists(&metadata.failed_initializations, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_allowed(integrations: &str, expected: bool) {
        let wish = Wish::of(integrations, &["Webhooks", "Webhook"]);
        assert_eq!(wish.is_yes(), expected, "{integrations}");
    }

    #[test]
    fn the_own_key_beats_all_and_an_exact_key_beats_one_in_another_case() {
        check_allowed("{}", true);
        check_allowed(r#"{"All":false}"#, false);
        check_allowed(r#"{"All":true}"#, true);
        check_allowed(r#"{"All":false,"Webhook":true}"#, true);
        check_allowed(r#"{"Webhooks":false}"#, false);
        check_allowed(r#"{"webhooks":false}"#, false);
        check_allowed(r#"{"webhooks":false,"Webhooks":true}"#, true);
        check_allowed(r#"{"All":false,"Webhooks":{"k":1}}"#, true);
        check_allowed(r#"{"Webhooks":"no"}"#, true);
        check_allowed(r#"{"Amplitude":false}"#, true);
    }

    #[test]
    fn an_event_that_the_browser_sent_itself_is_known_by_name_or_id() {
        let check = |json: &str| is_bundled(json, ["Webhooks"].into_iter(), ["c1", "d1"]);
        assert!(check(r#"{"_metadata":{"bundled":["Webhooks"]}}"#));
        assert!(check(r#"{"_metadata":{"bundledIds":["d1"]}}"#));
        assert!(!check(r#"{"_metadata":{"bundled":["Amplitude"],"unbundled":["Webhooks"]}}"#));
        let two = r#"{"_metadata":{"bundled":["Webhooks"],"bundledIds":["another"]}}"#;
        assert!(!check(two), "the other destination of this name sent it");
        let failed = r#""failedInitializations":["Webhooks"]"#;
        assert!(!check(&format!(r#"{{"_metadata":{{"bundled":["Webhooks"],{failed}}}}}"#)));
        assert!(!check(&format!(r#"{{"_metadata":{{"bundledIds":["c1"],{failed}}}}}"#)));
        assert!(!check(r#"{"properties":{"_metadata":{"bundled":["Webhooks"]}}}"#));
    }
}

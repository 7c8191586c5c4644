//! A destination (one kind of the catalogue, configured) and its connections: one per source that
//! it serves.

use sluice_base::{Secret, Timestamp};
use sluice_event::{SourceNo, WorkspaceNo};

use crate::check::{Checks, Problem, text_id};
use crate::routing::Routing;
use crate::source::SourceId;
use crate::subscription::{NewSubscription, Subscription};

text_id!(
    /// Public id of a destination.
    DestinationId
);

/// Settings by the kind's schema, secrets in clear; never printed.
pub type Settings = Secret<serde_json::Value>;

/// Largest settings of one destination, as JSON text.
pub const SETTINGS_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub struct Destination {
    pub id: DestinationId,
    pub workspace: WorkspaceNo,
    pub name: String,
    /// Slug of the kind in the catalogue, which Segment calls `metadataId`.
    pub kind: String,
    pub enabled: bool,
    pub settings: Settings,
    /// Counts up with every change of name, state or settings.
    pub revision: u64,
    /// Of a kind with actions, oldest first.
    pub subscriptions: Vec<Subscription>,
    /// Oldest first.
    pub connections: Vec<Connection>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A source wired to a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Names the connection's folder on disk; never reused.
    pub id: String,
    pub source: SourceNo,
    pub source_id: SourceId,
    pub created_at: Timestamp,
    /// Events decided from here on are for it: its creation, or when it was last restored.
    pub starts_at: Timestamp,
    pub routing: Routing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewDestination {
    pub source_id: SourceId,
    pub name: String,
    pub kind: String,
    pub enabled: bool,
    pub settings: Settings,
    pub subscriptions: Vec<NewSubscription>,
}

/// What may change about a destination; `None` leaves it. Settings replace the former ones whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DestinationChange {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    pub settings: Option<Settings>,
}

impl NewDestination {
    /// Checks what is common to all kinds; the kind checks its settings by its own schema.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("name", &self.name);
        checks.slug("metadataId", &self.kind);
        check_settings(&mut checks, &self.settings);
        let mut problems = checks.finish().err().unwrap_or_default();
        problems.extend(self.subscriptions.iter().filter_map(|one| one.check().err()).flatten());
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

impl DestinationChange {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        if let Some(name) = &self.name {
            checks.name("name", name);
        }
        if let Some(settings) = &self.settings {
            check_settings(&mut checks, settings);
        }
        checks.finish()
    }
}

fn check_settings(checks: &mut Checks, settings: &Settings) {
    let settings = settings.expose();
    if !settings.is_object() {
        checks.fail("settings", "must be a JSON object");
    } else if settings.to_string().len() > SETTINGS_BYTES_MAX {
        checks.fail("settings", format!("must have at most {SETTINGS_BYTES_MAX} bytes as JSON"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_must_be_an_object_of_bounded_size_and_never_print() {
        let with = |settings| NewDestination {
            source_id: "s".into(),
            name: "Hook".to_owned(),
            kind: "webhook".to_owned(),
            enabled: true,
            settings: Secret::new(settings),
            subscriptions: Vec::new(),
        };
        let good = with(json!({ "secret": "hush" }));
        assert_eq!(good.check(), Ok(()));
        assert!(!format!("{good:?}").contains("hush"));
        assert!(with(json!([])).check().is_err());
        assert!(with(json!({ "a": "x".repeat(SETTINGS_BYTES_MAX) })).check().is_err());
    }
}

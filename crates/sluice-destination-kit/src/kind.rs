//! The catalogue: the kinds of destination that exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_model::Subscription;

use crate::action::{Action, Preset};
use crate::destination::Destination;
use crate::device::DeviceMode;
use crate::http::HttpOut;
use crate::keep::{KeepNothing, KeepSettings};
use crate::remark::{Remark, Seen};
use crate::settings::{Settings, SettingsError, SettingsSchema};

/// What `cargo xtask parity` found of a kind that was written for another engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Comparison {
    /// Its actions with various events and answers, in both engines.
    pub runs: u64,
    /// Those of them that did the same: requests, outcome, errors.
    pub equal: u64,
    /// Requests that the runs made here.
    pub requests: u64,
}

/// An entry of the catalogue.
pub trait DestinationKind: Send + Sync {
    /// Stored with every connection, so never renamed.
    fn slug(&self) -> &str;

    /// The catalogue name by which senders address it in the `integrations` object.
    fn name(&self) -> &str;

    /// Other names that mean this kind in the `integrations` object.
    fn other_names(&self) -> &[&str] {
        &[]
    }

    /// One sentence for the catalogue page.
    fn description(&self) -> &str;

    /// Warehouses and object stores get every event whatever the `integrations` object says.
    fn obeys_integrations(&self) -> bool {
        true
    }

    fn settings(&self) -> &SettingsSchema;

    /// Why no destination of this kind can be made here; `None` if one can.
    fn unavailable(&self) -> Option<&str> {
        None
    }

    /// Whether the peer can be asked to delete people, see
    /// [`Destination::forget`].
    fn deletes_people(&self) -> bool {
        false
    }

    /// What subscriptions can start. Empty for a kind that takes all events its own way.
    fn actions(&self) -> &[Action] {
        &[]
    }

    /// Subscriptions to begin with.
    fn presets(&self) -> &[Preset] {
        &[]
    }

    /// What it does on the senders' devices; `None` if only the server can send.
    fn device_mode(&self) -> Option<&DeviceMode> {
        None
    }

    /// How its code did beside another engine; `None` for a kind that has no other.
    fn compared(&self) -> Option<Comparison> {
        None
    }

    /// Its peer lets an operator's own client in by OAuth; its settings have the keys of
    /// [`crate::oauth`].
    fn connects_by_oauth(&self) -> bool {
        false
    }

    /// Whether [`DestinationKind::remarks`] may say something.
    fn has_remarks(&self) -> bool {
        false
    }

    /// What an owner should know of these settings. `seen` is absent if nobody could tell.
    fn remarks(&self, settings: &Settings, seen: Option<&Seen>) -> Vec<Remark> {
        let _: (&Settings, Option<&Seen>) = (settings, seen);
        Vec::new()
    }

    /// Makes a destination of checked settings.
    ///
    /// # Errors
    /// If the settings are right one by one but not together.
    fn build(
        &self,
        settings: Settings,
        http: HttpOut,
    ) -> Result<Arc<dyn Destination>, SettingsError>;

    /// As [`DestinationKind::build`], with the subscriptions of a kind that has actions, and a place
    /// for settings that the peer gives anew.
    ///
    /// # Errors
    /// If the settings or the subscriptions cannot be used.
    fn build_with(
        &self,
        settings: Settings,
        subscriptions: &[Subscription],
        http: HttpOut,
        keep: Arc<dyn KeepSettings>,
    ) -> Result<Arc<dyn Destination>, SettingsError> {
        let _: (&[Subscription], Arc<dyn KeepSettings>) = (subscriptions, keep);
        self.build(settings, http)
    }
}

/// All kinds of this server, by slug.
#[derive(Clone, Default)]
pub struct Catalog {
    kinds: BTreeMap<String, Arc<dyn DestinationKind>>,
}

impl Catalog {
    #[must_use]
    pub fn new(kinds: impl IntoIterator<Item = Arc<dyn DestinationKind>>) -> Self {
        Self { kinds: kinds.into_iter().map(|kind| (kind.slug().to_owned(), kind)).collect() }
    }

    #[must_use]
    pub fn get(&self, slug: &str) -> Option<&Arc<dyn DestinationKind>> {
        self.kinds.get(slug)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn DestinationKind>> {
        self.kinds.values()
    }

    /// Checks raw settings and makes a destination of them.
    ///
    /// # Errors
    /// If there is no such kind or the settings do not fit.
    pub fn build(
        &self,
        slug: &str,
        raw: &serde_json::Value,
        http: HttpOut,
    ) -> Result<Arc<dyn Destination>, SettingsError> {
        self.build_with(slug, raw, &[], http, Arc::new(KeepNothing))
    }

    /// As [`Catalog::build`], with the subscriptions of a kind that has actions, and a place for
    /// settings that the peer gives anew.
    ///
    /// # Errors
    /// If there is no such kind or the settings or subscriptions do not fit.
    pub fn build_with(
        &self,
        slug: &str,
        raw: &serde_json::Value,
        subscriptions: &[Subscription],
        http: HttpOut,
        keep: Arc<dyn KeepSettings>,
    ) -> Result<Arc<dyn Destination>, SettingsError> {
        let kind = self.get(slug).ok_or_else(|| {
            SettingsError::one("", format!("there is no destination kind `{slug}`"))
        })?;
        kind.build_with(kind.settings().check(raw)?, subscriptions, http, keep)
    }
}

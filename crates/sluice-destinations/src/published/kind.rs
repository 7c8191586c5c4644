//! A published destination as an entry of the catalogue.

use std::sync::Arc;

use sluice_destination_kit::oauth::ACCESS_TOKEN;
use sluice_destination_kit::{
    Action, Comparison, Destination, DestinationKind, HttpOut, KeepNothing, KeepSettings, Preset,
    Settings, SettingsError, SettingsSchema,
};
use sluice_functions::{Engine, Script};
use sluice_model::Subscription;

use super::access::Access;
use super::destination::PublishedDestination;
use super::files::Files;
use super::manifest::Entry;
use super::prepared::Prepared;
use super::program::{self, Libraries};
use super::schema;

pub struct Published {
    slug: String,
    name: String,
    description: String,
    actions: Vec<Action>,
    presets: Vec<Preset>,
    unavailable: Option<String>,
    compared: Option<Comparison>,
    is_oauth: bool,
    deletes: bool,
    /// It asks for nothing but an access token that is there.
    needs_token: bool,
    schema: SettingsSchema,
    /// Of the settings that the destination's own code knows.
    own_keys: Vec<String>,
    scripts: Vec<Arc<Script>>,
    engine: Engine,
}

impl Published {
    pub(super) fn new(
        entry: Entry,
        files: &Files,
        core: &Arc<Script>,
        libraries: &Libraries,
        engine: Engine,
    ) -> Self {
        let mut scripts = vec![Arc::clone(core)];
        scripts.extend(entry.libraries.iter().map(|name| libraries.get(name)));
        scripts.push(program::script(files, &format!("to/{}", entry.slug)));
        let schema = schema::schema(&entry);
        let is_oauth = schema::is_oauth(&entry);
        let needs_token = is_oauth && !entry.refreshes;
        let description = match entry.description.trim() {
            "" => format!("Sends events to {}.", entry.name),
            text => text.to_owned(),
        };
        Self {
            own_keys: entry.settings.into_iter().map(|field| field.key).collect(),
            slug: entry.slug,
            name: entry.name,
            description,
            actions: entry.actions,
            presets: entry.presets,
            unavailable: entry.unavailable,
            compared: entry.compared,
            is_oauth,
            deletes: entry.deletes,
            needs_token,
            schema,
            scripts,
            engine,
        }
    }

    #[must_use]
    pub fn is(&self, slug: &str) -> bool {
        self.slug == slug
    }

    #[must_use]
    pub const fn can_run(&self) -> bool {
        self.unavailable.is_none()
    }

    /// What a sandbox loads before the configuration.
    #[must_use]
    pub fn scripts(&self) -> &[Arc<Script>] {
        &self.scripts
    }

    /// The parts that a destination of this kind is made of, for running its code without events.
    pub(super) fn make(
        &self,
        settings: &Settings,
        subscriptions: &[Subscription],
        http: &HttpOut,
        keep: Arc<dyn KeepSettings>,
    ) -> Result<PublishedDestination, SettingsError> {
        if let Some(why) = &self.unavailable {
            return Err(SettingsError::one("", format!("{} is not available: {why}", self.name)));
        }
        let enabled: Vec<Subscription> =
            subscriptions.iter().filter(|one| one.enabled).cloned().collect();
        let prepare = |one: &Subscription| {
            let action = self.actions.iter().find(|action| action.slug == one.action);
            Prepared::new(one, action)
                .map_err(|why| SettingsError::one("", format!("mapping `{}`: {why}", one.name)))
        };
        let prepared = enabled.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
        let split = schema::split(&self.own_keys, settings);
        let program = program::program(&self.scripts, &split, &enabled);
        Ok(PublishedDestination::new(
            self.engine.clone(),
            program,
            prepared,
            http,
            Access::new(settings.secrets(), keep),
            (&self.slug, self.deletes),
        ))
    }
}

impl DestinationKind for Published {
    fn slug(&self) -> &str {
        &self.slug
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn settings(&self) -> &SettingsSchema {
        &self.schema
    }

    fn compared(&self) -> Option<Comparison> {
        self.compared
    }

    fn unavailable(&self) -> Option<&str> {
        self.unavailable.as_deref()
    }

    fn connects_by_oauth(&self) -> bool {
        self.is_oauth
    }

    fn deletes_people(&self) -> bool {
        self.deletes
    }

    fn actions(&self) -> &[Action] {
        &self.actions
    }

    fn presets(&self) -> &[Preset] {
        &self.presets
    }

    fn build(
        &self,
        settings: Settings,
        http: HttpOut,
    ) -> Result<Arc<dyn Destination>, SettingsError> {
        self.build_with(settings, &[], http, Arc::new(KeepNothing))
    }

    fn build_with(
        &self,
        settings: Settings,
        subscriptions: &[Subscription],
        http: HttpOut,
        keep: Arc<dyn KeepSettings>,
    ) -> Result<Arc<dyn Destination>, SettingsError> {
        let has_token = settings.text(ACCESS_TOKEN).is_some_and(|token| !token.is_empty());
        if self.needs_token && !has_token {
            let message = "is missing: connect the destination, or enter a token";
            return Err(SettingsError::one(ACCESS_TOKEN, message.to_owned()));
        }
        Ok(Arc::new(self.make(&settings, subscriptions, &http, keep)?))
    }
}

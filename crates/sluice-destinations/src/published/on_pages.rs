//! Published browser destinations: Segment's plugins, which pages load and which send from there. The
//! server tells pages of them, with their mappings, and sends nothing itself.

use std::sync::Arc;

use sluice_destination_kit::{
    Action, BatchLimits, BatchOutcome, BoxFuture, Delivery, Destination, DestinationKind,
    DeviceMode, HttpOut, Preset, Reason, Settings, SettingsError, SettingsSchema, Verdict,
    Verdicts,
};
use sluice_event::StoredEvent;

use super::files::{Files, FilesError};
use super::manifest::{Entry, Manifest};
use super::schema;

const CATALOGUE: &str = "destinations.json";
/// Of events that no page sent, such as those of a server library.
const NOT_FROM_A_PAGE: &str = "ONLY_SENT_FROM_PAGES";

pub struct OnPages {
    slug: String,
    name: String,
    description: String,
    actions: Vec<Action>,
    presets: Vec<Preset>,
    unavailable: Option<String>,
    schema: SettingsSchema,
    device_mode: DeviceMode,
}

/// All of the files. Empty if npm did not build them.
///
/// # Errors
/// If the files do not belong together.
pub fn on_pages(files: &Files) -> Result<Vec<OnPages>, FilesError> {
    let Some(catalogue) = files.text(CATALOGUE)? else { return Ok(Vec::new()) };
    let manifest: Manifest = serde_json::from_str(&catalogue)
        .map_err(|error| FilesError::Damaged(CATALOGUE.to_owned(), error.to_string()))?;
    Ok(manifest.destinations.into_iter().map(OnPages::new).collect())
}

impl OnPages {
    fn new(entry: Entry) -> Self {
        let mut schema = schema::schema(&entry);
        // A page needs all of them, so none is a secret. How the server sends is no matter here.
        let own: Vec<String> = entry.settings.into_iter().map(|field| field.key).collect();
        schema.fields.retain(|field| own.contains(&field.key));
        schema.fields.iter_mut().for_each(|field| field.secret = false);
        let description = match entry.description.trim() {
            "" => format!("Sends to {} from the page, with the vendor's own script.", entry.name),
            text => text.to_owned(),
        };
        Self {
            device_mode: DeviceMode { plugin: entry.slug.clone(), settings: own, is_only: true },
            slug: entry.slug,
            name: entry.name,
            description,
            actions: entry.actions,
            presets: entry.presets,
            unavailable: entry.unavailable,
            schema,
        }
    }
}

impl DestinationKind for OnPages {
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

    fn unavailable(&self) -> Option<&str> {
        self.unavailable.as_deref()
    }

    fn actions(&self) -> &[Action] {
        &self.actions
    }

    fn presets(&self) -> &[Preset] {
        &self.presets
    }

    fn device_mode(&self) -> Option<&DeviceMode> {
        self.unavailable.is_none().then_some(&self.device_mode)
    }

    fn build(&self, _: Settings, _: HttpOut) -> Result<Arc<dyn Destination>, SettingsError> {
        Ok(Arc::new(Nothing))
    }
}

/// The server's side: it has nothing to send.
struct Nothing;

impl Destination for Nothing {
    fn limits(&self) -> BatchLimits {
        BatchLimits::SINGLE
    }

    fn takes(&self, _: &StoredEvent) -> bool {
        false
    }

    fn untaken_reason(&self) -> &'static str {
        NOT_FROM_A_PAGE
    }

    fn deliver<'a>(&'a self, _: &'a [Delivery<'a>]) -> BoxFuture<'a, BatchOutcome> {
        let message = "only pages send to this destination; open one that has the snippet";
        let reason = Reason::new(NOT_FROM_A_PAGE, message);
        let verdicts = Verdicts::Whole(Verdict::Reject { reason });
        Box::pin(std::future::ready(BatchOutcome::new(verdicts)))
    }
}

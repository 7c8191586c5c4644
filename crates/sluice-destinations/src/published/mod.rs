//! Published destinations: those of Segment's open-source package, run unmodified in the sandbox of
//! `sluice-functions`.
//!
//! Inside: `files` (what npm built, see `catalogue/`), `manifest` (what the catalogue says of each),
//! `kind`, `schema` and `oauth` (an entry of our catalogue), `prepared` (a subscription, ready), `program`
//! (what a sandbox loads), `destination` (delivering a batch), `egress` (the way out of the sandbox),
//! `access` (secrets, and tokens that were renewed), `answer` (from what an action threw to a
//! verdict), `partial` (what of an event is done); `on_pages` (those that pages run, not the server).
//!
//! Which events start an action and what its fields hold is decided here, in Rust; the sandbox checks
//! the fields, makes the requests and reads the answers, as the destination's authors wrote it.
//!
//! Not here: retries, order and batching (`sluice-delivery`).

mod access;
mod answer;
mod destination;
mod egress;
mod files;
mod kind;
mod manifest;
mod oauth;
mod on_pages;
mod partial;
mod prepared;
mod program;
mod schema;

use std::sync::Arc;

use sluice_destination_kit::DestinationKind;
use sluice_functions::Engine;

pub use files::{Files, FilesError};
pub use kind::Published;
pub use on_pages::{OnPages, on_pages};

/// All published destinations of the files, also those that cannot run here. Empty if npm did not
/// build them.
///
/// # Errors
/// If the files do not belong together.
pub fn kinds(files: &Files, engine: &Engine) -> Result<Vec<Published>, FilesError> {
    let Some(catalogue) = files.text("catalogue.json")? else { return Ok(Vec::new()) };
    let manifest: manifest::Manifest = serde_json::from_str(&catalogue)
        .map_err(|error| FilesError::Damaged("catalogue.json".to_owned(), error.to_string()))?;
    let core = program::script(files, "core");
    let libraries = program::Libraries::new(files);
    let make = |entry| Published::new(entry, files, &core, &libraries, engine.clone());
    Ok(manifest.destinations.into_iter().map(make).collect())
}

/// As entries of the catalogue.
pub(crate) fn boxed<K: DestinationKind + 'static>(
    kinds: Vec<K>,
) -> impl Iterator<Item = Arc<dyn DestinationKind>> {
    kinds.into_iter().map(|kind| Arc::new(kind) as Arc<dyn DestinationKind>)
}

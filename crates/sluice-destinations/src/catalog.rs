//! The list of kinds: the native ones by hand, the published ones as their catalogue has them.

use std::sync::Arc;

use sluice_destination_kit::{Catalog, DestinationKind};

use crate::published::{self, OnPages, Published};
use crate::{amplitude, webhook};

/// All native kinds.
#[must_use]
pub fn catalog() -> Catalog {
    catalog_with(Vec::new(), Vec::new())
}

/// The native kinds and the published ones, of servers and of pages.
#[must_use]
pub fn catalog_with(published: Vec<Published>, on_pages: Vec<OnPages>) -> Catalog {
    let kinds: [Arc<dyn DestinationKind>; 2] =
        [Arc::new(amplitude::Kind::new()), Arc::new(webhook::Kind::new())];
    let published = published::boxed(published).chain(published::boxed(on_pages));
    Catalog::new(kinds.into_iter().chain(published))
}

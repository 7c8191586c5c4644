//! The list of native kinds.

use std::sync::Arc;

use sluice_destination_kit::{Catalog, DestinationKind};

use crate::{amplitude, webhook};

/// All native kinds.
#[must_use]
pub fn catalog() -> Catalog {
    let kinds: [Arc<dyn DestinationKind>; 2] =
        [Arc::new(amplitude::Kind::new()), Arc::new(webhook::Kind::new())];
    Catalog::new(kinds)
}

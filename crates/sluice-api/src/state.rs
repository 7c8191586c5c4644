//! What the handlers reach: the store, the catalogue, and the running parts.

use std::sync::Arc;

use sluice_destination_kit::Catalog;
use sluice_store::Store;
use tokio::sync::Semaphore;

use crate::attempts::Attempts;
use crate::handles::{
    Deliveries, Erasures, EventSchema, Exports, Ledgers, LiveEvents, People, Questions, Receipts,
    WorkspaceParts,
};
use crate::oauth::Ways;
use crate::routes::stream_permits;
use crate::visitor::Site;

/// The running parts, given by whoever assembles the server.
#[derive(Clone)]
pub struct Handles {
    pub questions: Arc<dyn Questions>,
    pub deliveries: Arc<dyn Deliveries>,
    pub receipts: Arc<dyn Receipts>,
    pub live: Arc<dyn LiveEvents>,
    pub ledgers: Arc<dyn Ledgers>,
    pub people: Arc<dyn People>,
    pub schema: Arc<dyn EventSchema>,
    pub exports: Arc<dyn Exports>,
    pub erasures: Arc<dyn Erasures>,
    pub workspaces: Arc<dyn WorkspaceParts>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Parts>);

struct Parts {
    store: Store,
    catalog: Arc<Catalog>,
    handles: Handles,
    site: Site,
    attempts: Attempts,
    oauth: Ways,
    live_streams: Arc<Semaphore>,
}

impl ApiState {
    #[must_use]
    pub fn new(store: Store, catalog: Arc<Catalog>, handles: Handles, site: Site) -> Self {
        Self(Arc::new(Parts {
            store,
            catalog,
            handles,
            site,
            attempts: Attempts::default(),
            oauth: Ways::default(),
            live_streams: stream_permits(),
        }))
    }

    pub(crate) fn site(&self) -> &Site {
        &self.0.site
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }

    /// Ways to peers that were begun.
    pub(crate) fn oauth(&self) -> &Ways {
        &self.0.oauth
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// One permit for each stream of live events.
    pub(crate) fn live_streams(&self) -> &Arc<Semaphore> {
        &self.0.live_streams
    }

    pub(crate) fn handles(&self) -> &Handles {
        &self.0.handles
    }
}

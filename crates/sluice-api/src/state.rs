//! What the handlers reach: the store, the catalogue, and the running parts.

use std::sync::Arc;

use sluice_destination_kit::Catalog;
use sluice_store::Store;

use crate::handles::{Deliveries, EventSchema, Ledgers, People, Questions, Receipts};

/// The running parts, given by whoever assembles the server.
#[derive(Clone)]
pub struct Handles {
    pub questions: Arc<dyn Questions>,
    pub deliveries: Arc<dyn Deliveries>,
    pub receipts: Arc<dyn Receipts>,
    pub ledgers: Arc<dyn Ledgers>,
    pub people: Arc<dyn People>,
    pub schema: Arc<dyn EventSchema>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Parts>);

struct Parts {
    store: Store,
    catalog: Arc<Catalog>,
    handles: Handles,
}

impl ApiState {
    #[must_use]
    pub fn new(store: Store, catalog: Arc<Catalog>, handles: Handles) -> Self {
        Self(Arc::new(Parts { store, catalog, handles }))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub(crate) fn handles(&self) -> &Handles {
        &self.0.handles
    }
}

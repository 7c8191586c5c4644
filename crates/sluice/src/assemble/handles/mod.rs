//! What the API asks of the running parts, answered from the parts' own handles.

mod deliveries;
mod delivery_test;
mod erasures;
mod events;
mod exports;
mod ledger;
mod live_events;
mod people;
mod questions;
mod receipts;
mod summary;

use std::sync::Arc;

use sluice_api::Handles;
use sluice_api::handles::{Answer, HandleError, WorkspaceParts, blocking};
use sluice_delivery::{DeliveryError, DeliveryHandle};
use sluice_event::{SourceNo, WorkspaceNo};
use sluice_store::Store;
use tokio_util::sync::CancellationToken;

use super::erasing::Wake;
use super::workspace::{Workspace, Workspaces};

/// One value behind all traits: each needs the same few handles.
#[derive(Clone)]
pub(super) struct Parts {
    store: Store,
    workspaces: Arc<Workspaces>,
    delivery: DeliveryHandle,
    /// Ends answers that would go on for ever.
    stop: CancellationToken,
    erasing: Wake,
}

pub(super) fn all(
    store: &Store,
    workspaces: &Arc<Workspaces>,
    delivery: &DeliveryHandle,
    stop: &CancellationToken,
    erasing: Wake,
) -> Handles {
    let parts = Arc::new(Parts {
        store: store.clone(),
        workspaces: Arc::clone(workspaces),
        delivery: delivery.clone(),
        stop: stop.clone(),
        erasing,
    });
    Handles {
        questions: Arc::clone(&parts) as _,
        deliveries: Arc::clone(&parts) as _,
        receipts: Arc::clone(&parts) as _,
        live: Arc::clone(&parts) as _,
        ledgers: Arc::clone(&parts) as _,
        people: Arc::clone(&parts) as _,
        schema: Arc::clone(&parts) as _,
        exports: Arc::clone(&parts) as _,
        erasures: Arc::clone(&parts) as _,
        workspaces: parts,
    }
}

impl WorkspaceParts for Parts {
    fn start(&self, workspace: sluice_model::Workspace) -> Answer<()> {
        let workspaces = Arc::clone(&self.workspaces);
        blocking(move || {
            workspaces.start(&workspace).map_err(|error| internal(format!("{error:#}")))
        })
    }
}

impl Parts {
    fn workspace(&self, no: WorkspaceNo) -> Result<Arc<Workspace>, HandleError> {
        self.workspaces
            .get(no)
            .ok_or_else(|| HandleError::NotFound { what: "workspace", id: no.0.to_string() })
    }

    /// Public id of a source; its number in text if the source is gone.
    fn source_id(&self, no: SourceNo) -> String {
        let sources = self.store.sources();
        let table = sources.borrow();
        table.by_no.get(&no).map_or_else(|| no.0.to_string(), |entry| entry.id.clone())
    }

    /// Connection id to destination id.
    fn destination_id(&self, connection: &str) -> String {
        let connections = self.store.connections();
        let table = connections.borrow();
        let found = table.connections.iter().find(|spec| spec.id == connection);
        found.map(|spec| spec.destination_id.clone()).unwrap_or_default()
    }
}

fn internal(error: impl std::fmt::Display) -> HandleError {
    HandleError::Internal(error.to_string())
}

fn stopping() -> HandleError {
    HandleError::Busy { message: "the server is stopping".to_owned(), retry_after_seconds: 5 }
}

fn of_delivery(error: DeliveryError) -> HandleError {
    match error {
        DeliveryError::NoConnection { id } => HandleError::NotFound { what: "connection", id },
        DeliveryError::Stopping => stopping(),
        other => internal(other),
    }
}

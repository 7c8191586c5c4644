//! Settings that a destination's peer gives anew go to the store.

use std::sync::Arc;

use serde_json::{Map, Value};
use sluice_base::Secret;
use sluice_delivery::KeepFor;
use sluice_destination_kit::{BoxFuture, KeepSettings};
use sluice_event::WorkspaceNo;
use sluice_model::DestinationId;
use sluice_store::Store;

struct Kept {
    store: Store,
    workspace: WorkspaceNo,
    destination: DestinationId,
}

pub(super) fn keep_in(store: &Store) -> KeepFor {
    let store = store.clone();
    Arc::new(move |workspace, destination| {
        let destination = DestinationId::from(destination);
        Arc::new(Kept { store: store.clone(), workspace, destination }) as Arc<dyn KeepSettings>
    })
}

impl KeepSettings for Kept {
    fn keep(&self, renewed: Secret<Map<String, Value>>) -> BoxFuture<'_, Result<(), String>> {
        let (workspace, id) = (self.workspace, self.destination.clone());
        Box::pin(async move {
            let kept =
                self.store.call(move |store| store.destination_renew(workspace, &id, &renewed));
            kept.await.map_err(|error| error.to_string())
        })
    }
}

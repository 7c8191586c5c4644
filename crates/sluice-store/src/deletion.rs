//! That somebody asked a destination to delete people. Only the audit trail knows: who they were is
//! what is to be forgotten.

use serde_json::json;
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, AuditAction, DestinationId};

use crate::audit::{Change, record};
use crate::db::Store;
use crate::destination::get;
use crate::error::StoreError;

impl Store {
    /// # Errors
    /// If there is no such destination.
    pub fn destination_people_deleted(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        people: usize,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let (_, found) = get(db, &self.0.sealer, workspace, id)?;
            let detail = json!({ "name": found.name, "people": people });
            let (action, resource) = (AuditAction::Deleted, "destination people");
            record(db, at, actor, &Change { workspace, action, resource, id: id.as_str(), detail })
        })
    }
}

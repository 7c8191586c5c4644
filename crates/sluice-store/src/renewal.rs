//! Settings of a destination that its peer gave: tokens that it renewed by itself, or that an editor
//! went for.

use rusqlite::Transaction;
use serde_json::{Map, Value, json};
use sluice_base::{Secret, Timestamp};
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, AuditAction, DestinationChange, DestinationId};

use crate::audit::{Change, record};
use crate::db::Store;
use crate::destination::{get, seal};
use crate::error::{Act, StoreError};

impl Store {
    /// Takes over settings that the destination's peer gave anew. Nobody changed anything, so the
    /// audit trail has no entry of it.
    ///
    /// # Errors
    /// If there is none, or the settings would grow too large.
    pub fn destination_renew(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        renewed: &Secret<Map<String, Value>>,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| self.take_over(db, workspace, id, renewed, at))
    }

    /// As [`Store::destination_renew`], after somebody went to the peer for them.
    ///
    /// # Errors
    /// As there.
    pub fn destination_connect(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        renewed: &Secret<Map<String, Value>>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            self.take_over(db, workspace, id, renewed, at)?;
            let names: Vec<&String> = renewed.expose().keys().collect();
            let detail = json!({ "connected": true, "settingsChanged": names });
            let (action, resource) = (AuditAction::Changed, "destination");
            record(db, at, actor, &Change { workspace, action, resource, id: id.as_str(), detail })
        })
    }

    fn take_over(
        &self,
        db: &Transaction<'_>,
        workspace: WorkspaceNo,
        id: &DestinationId,
        renewed: &Secret<Map<String, Value>>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sealer = &self.0.sealer;
        let (no, before) = get(db, sealer, workspace, id)?;
        let mut settings = before.settings.expose().as_object().cloned().unwrap_or_default();
        settings.extend(renewed.expose().clone());
        let settings = Secret::new(Value::Object(settings));
        let change =
            DestinationChange { settings: Some(settings.clone()), ..DestinationChange::default() };
        change.check().map_err(StoreError::Invalid)?;
        db.execute(
            "UPDATE destination SET settings = ?2, revision = revision + 1, updated_at = ?3 \
             WHERE no = ?1",
            (no, seal(sealer, id, &settings)?, at.as_micros()),
        )
        .act("renew the settings of a destination")?;
        Ok(())
    }
}

//! Write keys of sources: several at a time, so that they can be rotated without losing an event.

use rusqlite::{Connection, Transaction};
use serde_json::json;
use sluice_base::Timestamp;
use sluice_event::{SourceNo, WorkspaceNo};
use sluice_model::source::{WRITE_KEY_CHARS, WRITE_KEYS_MAX};
use sluice_model::{Actor, AuditAction, Problem, Source, SourceId, WriteKey};

use crate::audit::{Change, record};
use crate::db::Store;
use crate::error::{Act, StoreError};
use crate::{random, source};

impl Store {
    /// Gives the source one more write key, which stands last in the answer.
    ///
    /// # Errors
    /// If there is no such source or it has as many keys as it may.
    pub fn write_key_create(
        &self,
        workspace: WorkspaceNo,
        id: &SourceId,
        actor: &Actor,
    ) -> Result<Source, StoreError> {
        let at = self.now();
        self.write(|db| {
            let before = source::get(db, workspace, id)?;
            if before.write_keys.len() >= WRITE_KEYS_MAX {
                let message =
                    format!("a source has at most {WRITE_KEYS_MAX} write keys; remove one first");
                return Err(StoreError::Conflict(Problem::new("writeKeys", message)));
            }
            let key = add(db, before.no, at)?;
            let action = AuditAction::Created;
            record(db, at, actor, &change(workspace, action, id, key.as_str()))?;
            source::get(db, workspace, id)
        })
    }

    /// Revokes a write key for ever. The last one stays: to stop a source, disable it.
    ///
    /// # Errors
    /// If the source has no such key, or no other.
    pub fn write_key_delete(
        &self,
        workspace: WorkspaceNo,
        id: &SourceId,
        key: &str,
        actor: &Actor,
    ) -> Result<Source, StoreError> {
        let at = self.now();
        self.write(|db| {
            let before = source::get(db, workspace, id)?;
            if !before.write_keys.iter().any(|held| held.as_str() == key) {
                return Err(StoreError::not_found("write key", key));
            }
            if before.write_keys.len() == 1 {
                let message = "the last write key of a source stays; make another first, or disable \
                               the source";
                return Err(StoreError::Conflict(Problem::new("writeKey", message)));
            }
            db.execute("UPDATE write_key SET revoked_at = ?2 WHERE key = ?1", (key, at.as_micros()))
                .act("revoke a write key")?;
            record(db, at, actor, &change(workspace, AuditAction::Deleted, id, key))?;
            source::get(db, workspace, id)
        })
    }
}

fn change<'a>(
    workspace: WorkspaceNo,
    action: AuditAction,
    source: &'a SourceId,
    key: &str,
) -> Change<'a> {
    let last4 = key.get(key.len().saturating_sub(4)..).unwrap_or_default();
    let detail = json!({ "last4": last4 });
    Change { workspace, action, resource: "write_key", id: source.as_str(), detail }
}

pub(crate) fn add(
    db: &Transaction<'_>,
    source: SourceNo,
    at: Timestamp,
) -> Result<WriteKey, StoreError> {
    let key = WriteKey::parse(&random::text(WRITE_KEY_CHARS))
        .map_err(|problem| StoreError::Damaged(problem.to_string()))?;
    db.execute(
        "INSERT INTO write_key (key, source_no, created_at) VALUES (?1, ?2, ?3)",
        (key.as_str(), source.0, at.as_micros()),
    )
    .act("make a write key")?;
    Ok(key)
}

/// Valid keys, oldest first.
pub(crate) fn of_source(db: &Connection, source: SourceNo) -> Result<Vec<WriteKey>, StoreError> {
    let mut query = db
        .prepare_cached(
            "SELECT key FROM write_key WHERE source_no = ?1 AND revoked_at IS NULL ORDER BY no",
        )
        .act("prepare write keys")?;
    let mut rows = query.query([source.0]).act("read write keys")?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next().act("read write keys")? {
        let key: String = row.get(0).act("read a write key")?;
        keys.push(
            WriteKey::parse(&key).map_err(|problem| StoreError::Damaged(problem.to_string()))?,
        );
    }
    Ok(keys)
}

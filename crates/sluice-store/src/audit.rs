//! The audit trail: one entry per change, written in the same transaction.

use rusqlite::{Connection, Row, Transaction};
use serde_json::Value;
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, AuditAction, AuditEntry};

use crate::db::{Listed, Store, time};
use crate::error::{Act, StoreError};

/// What an entry says beside who and when.
pub(crate) struct Change<'a> {
    pub(crate) workspace: WorkspaceNo,
    pub(crate) action: AuditAction,
    pub(crate) resource: &'static str,
    pub(crate) id: &'a str,
    /// Never holds a secret.
    pub(crate) detail: Value,
}

pub(crate) fn record(
    db: &Transaction<'_>,
    at: Timestamp,
    actor: &Actor,
    change: &Change<'_>,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO audit (workspace_no, at, actor_id, actor_name, action, resource, resource_id, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            change.workspace.0,
            at.as_micros(),
            &actor.id,
            &actor.name,
            change.action.name(),
            change.resource,
            change.id,
            change.detail.to_string(),
        ),
    )
    .act("record a change")?;
    Ok(())
}

impl Store {
    /// The newest changes first; `before` continues a list (the number of its last entry).
    ///
    /// # Errors
    /// If the database fails.
    pub fn audit_list(
        &self,
        workspace: WorkspaceNo,
        before: Option<u64>,
        count: u32,
    ) -> Result<Listed<AuditEntry>, StoreError> {
        self.read(|db| newest_first(db, workspace, before, count))
    }
}

fn newest_first(
    db: &Connection,
    workspace: WorkspaceNo,
    before: Option<u64>,
    count: u32,
) -> Result<Listed<AuditEntry>, StoreError> {
    let total = db
        .query_row("SELECT count(*) FROM audit WHERE workspace_no = ?1", [workspace.0], |row| {
            row.get(0)
        })
        .act("count the changes")?;
    let mut query = db
        .prepare_cached(
            "SELECT * FROM audit WHERE workspace_no = ?1 AND no < ?2 ORDER BY no DESC LIMIT ?3",
        )
        .act("prepare the changes")?;
    let before = before.unwrap_or(u64::MAX).min(i64::MAX as u64);
    let mut rows =
        query.query((workspace.0, before, u64::from(count) + 1)).act("read the changes")?;
    let mut items = Vec::new();
    let mut next = None;
    while let Some(row) = rows.next().act("read the changes")? {
        if items.len() == count as usize {
            next = items.last().map(|entry: &AuditEntry| entry.no);
            break;
        }
        items.push(entry(row)?);
    }
    Ok(Listed { items, next, total })
}

fn entry(row: &Row<'_>) -> Result<AuditEntry, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a change");
    let action = text("action")?;
    let detail = text("detail")?;
    Ok(AuditEntry {
        no: row.get("no").act("read a change")?,
        at: time(row, "at")?,
        actor: Actor { id: text("actor_id")?, name: text("actor_name")? },
        action: AuditAction::from_name(&action)
            .ok_or_else(|| StoreError::Damaged(format!("unknown audit action `{action}`")))?,
        resource: text("resource")?,
        resource_id: text("resource_id")?,
        detail: serde_json::from_str(&detail)
            .map_err(|error| StoreError::Damaged(format!("audit detail: {error}")))?,
    })
}

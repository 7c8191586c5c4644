//! Saved insights.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;
use sluice_event::WorkspaceNo;
use sluice_model::{
    Actor, AuditAction, NewSavedInsight, SavedInsight, SavedInsightChange, SavedInsightId,
};

use crate::audit::{Change, record};
use crate::db::{Listed, Page, Store, list, time};
use crate::error::{Act, StoreError};
use crate::random;

impl Store {
    /// # Errors
    /// If the database fails.
    pub fn insight_list(
        &self,
        workspace: WorkspaceNo,
        page: Page,
    ) -> Result<Listed<SavedInsight>, StoreError> {
        self.read(|db| list(db, ("saved_insight", "deleted_at IS NULL"), workspace, page, insight))
    }

    /// # Errors
    /// If the workspace has none of this id.
    pub fn insight_get(
        &self,
        workspace: WorkspaceNo,
        id: &SavedInsightId,
    ) -> Result<SavedInsight, StoreError> {
        self.read(|db| get(db, workspace, id))
    }

    /// # Errors
    /// If it is no good.
    pub fn insight_create(
        &self,
        workspace: WorkspaceNo,
        new: &NewSavedInsight,
        actor: &Actor,
    ) -> Result<SavedInsight, StoreError> {
        new.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let id = SavedInsightId::new(random::id());
            db.execute(
                "INSERT INTO saved_insight
                     (id, workspace_no, name, query, display, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                (
                    id.as_str(),
                    workspace.0,
                    &new.name,
                    new.query.to_string(),
                    new.display.as_ref().map(ToString::to_string),
                    at.as_micros(),
                ),
            )
            .act("save an insight")?;
            let action = AuditAction::Created;
            let detail = json!({ "name": new.name });
            let change = Change { workspace, action, resource: "insight", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, &id)
        })
    }

    /// # Errors
    /// If there is none or the change is no good.
    pub fn insight_change(
        &self,
        workspace: WorkspaceNo,
        id: &SavedInsightId,
        change: &SavedInsightChange,
        actor: &Actor,
    ) -> Result<SavedInsight, StoreError> {
        change.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let before = get(db, workspace, id)?;
            let name = change.name.as_ref().unwrap_or(&before.name);
            let query = change.query.as_ref().unwrap_or(&before.query);
            let display = change.display.as_ref().or(before.display.as_ref());
            db.execute(
                "UPDATE saved_insight SET name = ?2, query = ?3, display = ?4, updated_at = ?5
                 WHERE id = ?1",
                (
                    id.as_str(),
                    name,
                    query.to_string(),
                    display.map(ToString::to_string),
                    at.as_micros(),
                ),
            )
            .act("change an insight")?;
            let action = AuditAction::Changed;
            let detail = json!({ "name": name, "queryChanged": *query != before.query });
            let change = Change { workspace, action, resource: "insight", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, id)
        })
    }

    /// # Errors
    /// If there is none.
    pub fn insight_delete(
        &self,
        workspace: WorkspaceNo,
        id: &SavedInsightId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            let before = get(db, workspace, id)?;
            db.execute(
                "UPDATE saved_insight SET deleted_at = ?2 WHERE id = ?1",
                (id.as_str(), at.as_micros()),
            )
            .act("delete an insight")?;
            let action = AuditAction::Deleted;
            let detail = json!({ "name": before.name });
            let change = Change { workspace, action, resource: "insight", id: id.as_str(), detail };
            record(db, at, actor, &change)
        })
    }
}

fn get(
    db: &Connection,
    workspace: WorkspaceNo,
    id: &SavedInsightId,
) -> Result<SavedInsight, StoreError> {
    db.query_row(
        "SELECT * FROM saved_insight WHERE workspace_no = ?1 AND id = ?2 AND deleted_at IS NULL",
        (workspace.0, id.as_str()),
        |row| Ok(insight(row)),
    )
    .optional()
    .act("read an insight")?
    .unwrap_or_else(|| Err(StoreError::not_found("insight", id.as_str())))
}

fn insight(row: &Row<'_>) -> Result<SavedInsight, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read an insight");
    let id = text("id")?;
    let query = serde_json::from_str(&text("query")?)
        .map_err(|error| StoreError::Damaged(format!("the question of insight `{id}`: {error}")))?;
    let display: Option<String> = row.get("display").act("read an insight")?;
    let display = display
        .map(|json| serde_json::from_str(&json))
        .transpose()
        .map_err(|error| StoreError::Damaged(format!("the display of insight `{id}`: {error}")))?;
    Ok(SavedInsight {
        id: SavedInsightId::new(id),
        workspace: WorkspaceNo(row.get("workspace_no").act("read an insight")?),
        name: text("name")?,
        query,
        display,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

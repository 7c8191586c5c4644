//! Sources. A deleted source keeps its row (and its number) and can be restored.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde_json::{Map, Value, json};
use sluice_event::{SourceNo, WorkspaceNo};
use sluice_model::{
    Actor, AuditAction, NewSource, Problem, Source, SourceChange, SourceId, SourceSettings,
};

use crate::audit::{Change, record};
use crate::db::{Listed, Page, Store, list, time};
use crate::error::{Act, StoreError};
use crate::workspace::note;
use crate::{random, write_key};

impl Store {
    /// # Errors
    /// If the database fails.
    pub fn source_list(
        &self,
        workspace: WorkspaceNo,
        page: Page,
    ) -> Result<Listed<Source>, StoreError> {
        self.read(|db| {
            list(db, ("source", "deleted_at IS NULL"), workspace, page, |row| source(db, row))
        })
    }

    /// # Errors
    /// If the workspace has none of this id.
    pub fn source_get(&self, workspace: WorkspaceNo, id: &SourceId) -> Result<Source, StoreError> {
        self.read(|db| get(db, workspace, id))
    }

    /// Makes a source with one write key.
    ///
    /// # Errors
    /// If it is no good or its slug is taken.
    pub fn source_create(
        &self,
        workspace: WorkspaceNo,
        new: &NewSource,
        actor: &Actor,
    ) -> Result<Source, StoreError> {
        new.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            slug_is_free(db, workspace, &new.slug, None)?;
            let id = SourceId::new(random::id());
            db.execute(
                "INSERT INTO source (id, workspace_no, slug, name, kind, enabled, settings, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
                (
                    id.as_str(),
                    workspace.0,
                    &new.slug,
                    &new.name,
                    &new.kind,
                    new.enabled,
                    json!(new.settings).to_string(),
                    at.as_micros(),
                ),
            )
            .act("make a source")?;
            let no = u32::try_from(db.last_insert_rowid())
                .map_err(|_| StoreError::Damaged("source numbers have run out".to_owned()))?;
            write_key::add(db, SourceNo(no), at)?;
            let change = Change {
                workspace,
                action: AuditAction::Created,
                resource: "source",
                id: id.as_str(),
                detail: json!({ "name": new.name, "slug": new.slug }),
            };
            record(db, at, actor, &change)?;
            get(db, workspace, &id)
        })
    }

    /// # Errors
    /// If there is none, the change is no good, or its slug is taken.
    pub fn source_change(
        &self,
        workspace: WorkspaceNo,
        id: &SourceId,
        change: &SourceChange,
        actor: &Actor,
    ) -> Result<Source, StoreError> {
        change.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let before = get(db, workspace, id)?;
            let slug = change.slug.as_ref().unwrap_or(&before.slug);
            slug_is_free(db, workspace, slug, Some(before.no))?;
            let name = change.name.as_ref().unwrap_or(&before.name);
            let enabled = change.enabled.unwrap_or(before.enabled);
            let settings = change.settings.as_ref().unwrap_or(&before.settings);
            db.execute(
                "UPDATE source SET slug = ?2, name = ?3, enabled = ?4, settings = ?5, updated_at = ?6 \
                 WHERE no = ?1",
                (before.no.0, slug, name, enabled, json!(settings).to_string(), at.as_micros()),
            )
            .act("change a source")?;
            let mut detail = Map::new();
            note(&mut detail, "slug", &before.slug, slug);
            note(&mut detail, "name", &before.name, name);
            note(&mut detail, "enabled", &before.enabled, &enabled);
            note(&mut detail, "settings", &before.settings, settings);
            let action = AuditAction::Changed;
            let detail = Value::Object(detail);
            let change = Change { workspace, action, resource: "source", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, id)
        })
    }

    /// Its write keys stop at once; its connections rest until [`Store::source_restore`].
    ///
    /// # Errors
    /// If there is none.
    pub fn source_delete(
        &self,
        workspace: WorkspaceNo,
        id: &SourceId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            let source = get(db, workspace, id)?;
            db.execute(
                "UPDATE source SET deleted_at = ?2 WHERE no = ?1",
                (source.no.0, at.as_micros()),
            )
            .act("delete a source")?;
            let action = AuditAction::Deleted;
            let detail = json!({ "name": source.name });
            let change = Change { workspace, action, resource: "source", id: id.as_str(), detail };
            record(db, at, actor, &change)
        })
    }

    /// Undoes [`Store::source_delete`], with the write keys the source had.
    ///
    /// # Errors
    /// If no source of this id was deleted, or its slug is taken by now.
    pub fn source_restore(
        &self,
        workspace: WorkspaceNo,
        id: &SourceId,
        actor: &Actor,
    ) -> Result<Source, StoreError> {
        let at = self.now();
        self.write(|db| {
            let slug: Option<String> = db
                .query_row(
                    "SELECT slug FROM source \
                     WHERE workspace_no = ?1 AND id = ?2 AND deleted_at IS NOT NULL",
                    (workspace.0, id.as_str()),
                    |row| row.get(0),
                )
                .optional()
                .act("look for a deleted source")?;
            let slug = slug.ok_or_else(|| StoreError::not_found("deleted source", id.as_str()))?;
            slug_is_free(db, workspace, &slug, None)?;
            db.execute(
                "UPDATE source SET deleted_at = NULL, updated_at = ?2 WHERE id = ?1",
                (id.as_str(), at.as_micros()),
            )
            .act("restore a source")?;
            // The cursors of its connections went with the deletion: they go on from now.
            db.execute(
                "UPDATE connection SET starts_at = ?2 \
                 WHERE source_no = (SELECT no FROM source WHERE id = ?1)",
                (id.as_str(), at.as_micros()),
            )
            .act("restart the connections of a source")?;
            let action = AuditAction::Restored;
            let detail = json!({});
            let change = Change { workspace, action, resource: "source", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, id)
        })
    }
}

fn slug_is_free(
    db: &Transaction<'_>,
    workspace: WorkspaceNo,
    slug: &str,
    except: Option<SourceNo>,
) -> Result<(), StoreError> {
    let holder: Option<u32> = db
        .query_row(
            "SELECT no FROM source WHERE workspace_no = ?1 AND slug = ?2 AND deleted_at IS NULL",
            (workspace.0, slug),
            |row| row.get(0),
        )
        .optional()
        .act("look for a slug")?;
    if holder.is_none() || holder == except.map(|no| no.0) {
        return Ok(());
    }
    Err(StoreError::Conflict(Problem::new("slug", format!("`{slug}` is taken by another source"))))
}

pub(crate) fn get(
    db: &Connection,
    workspace: WorkspaceNo,
    id: &SourceId,
) -> Result<Source, StoreError> {
    let mut query = db
        .prepare_cached(
            "SELECT * FROM source WHERE workspace_no = ?1 AND id = ?2 AND deleted_at IS NULL",
        )
        .act("prepare a source")?;
    let mut rows = query.query((workspace.0, id.as_str())).act("read a source")?;
    match rows.next().act("read a source")? {
        Some(row) => source(db, row),
        None => Err(StoreError::not_found("source", id.as_str())),
    }
}

/// A source from its row, with its write keys.
pub(crate) fn source(db: &Connection, row: &Row<'_>) -> Result<Source, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a source");
    let no = SourceNo(row.get("no").act("read a source")?);
    let settings: SourceSettings = serde_json::from_str(&text("settings")?)
        .map_err(|error| StoreError::Damaged(format!("settings of source {}: {error}", no.0)))?;
    Ok(Source {
        no,
        id: SourceId::new(text("id")?),
        workspace: WorkspaceNo(row.get("workspace_no").act("read a source")?),
        slug: text("slug")?,
        name: text("name")?,
        kind: text("kind")?,
        enabled: row.get("enabled").act("read a source")?,
        write_keys: write_key::of_source(db, no)?,
        settings,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

//! The data dictionary.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;
use sluice_event::WorkspaceNo;
use sluice_model::dictionary::{ENTRIES_MAX, check_entry};
use sluice_model::{Actor, AuditAction, DictionaryEntry, EntryKind, EntrySays, Problem};

use crate::audit::{Change, record};
use crate::db::{Store, time};
use crate::error::{Act, StoreError};

impl Store {
    /// All entries, by kind and name.
    ///
    /// # Errors
    /// If the database fails.
    pub fn dictionary_list(
        &self,
        workspace: WorkspaceNo,
    ) -> Result<Vec<DictionaryEntry>, StoreError> {
        self.read(|db| {
            let sql = "SELECT * FROM dictionary_entry WHERE workspace_no = ?1 ORDER BY kind, name";
            let mut query = db.prepare_cached(sql).act("prepare the dictionary")?;
            let rows =
                query.query_map([workspace.0], |row| Ok(entry(row))).act("read the dictionary")?;
            rows.map(|row| row.act("read the dictionary")?).collect()
        })
    }

    /// Keeps what an entry says, in place of what it said.
    ///
    /// # Errors
    /// If it is no good, or there are too many.
    pub fn dictionary_set(
        &self,
        workspace: WorkspaceNo,
        (kind, name): (EntryKind, &str),
        says: &EntrySays,
        actor: &Actor,
    ) -> Result<DictionaryEntry, StoreError> {
        check_entry(kind, name, says).map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write_aside(|db| {
            check_same_as(db, workspace, name, says)?;
            db.execute(
                "INSERT OR REPLACE INTO dictionary_entry
                     (workspace_no, kind, name, display_name, description, is_hidden,
                      is_deprecated, is_test, is_deleted, same_as, definition, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                rusqlite::params![
                    workspace.0,
                    kind.name(),
                    name,
                    says.display_name,
                    says.description,
                    says.is_hidden,
                    says.is_deprecated,
                    says.is_test,
                    says.is_deleted,
                    says.same_as,
                    says.definition.as_ref().map(ToString::to_string),
                    at.as_micros(),
                ],
            )
            .act("keep an entry of the dictionary")?;
            let sql = "SELECT count(*) FROM dictionary_entry WHERE workspace_no = ?1";
            let count: u64 =
                db.query_row(sql, [workspace.0], |row| row.get(0)).act("count the dictionary")?;
            if count > ENTRIES_MAX {
                let message = format!("a dictionary has at most {ENTRIES_MAX} entries");
                return Err(StoreError::Invalid(vec![Problem::new("name", message)]));
            }
            let action = AuditAction::Changed;
            let detail = json!({ "kind": kind.name(), "deleted": says.is_deleted });
            let change = Change { workspace, action, resource: "dictionary", id: name, detail };
            record(db, at, actor, &change)?;
            get(db, workspace, kind, name)
        })
    }

    /// Takes an entry out: its event or property is as if nothing had been said of it.
    ///
    /// # Errors
    /// If there is none.
    pub fn dictionary_delete(
        &self,
        workspace: WorkspaceNo,
        (kind, name): (EntryKind, &str),
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            get(db, workspace, kind, name)?;
            db.execute(
                "DELETE FROM dictionary_entry WHERE workspace_no = ?1 AND kind = ?2 AND name = ?3",
                (workspace.0, kind.name(), name),
            )
            .act("take an entry out of the dictionary")?;
            let action = AuditAction::Deleted;
            let detail = json!({ "kind": kind.name() });
            let change = Change { workspace, action, resource: "dictionary", id: name, detail };
            record(db, at, actor, &change)
        })
    }
}

/// An event is the same as one that is nothing else itself: names have one step to go.
fn check_same_as(
    db: &Connection,
    workspace: WorkspaceNo,
    name: &str,
    says: &EntrySays,
) -> Result<(), StoreError> {
    let Some(other) = &says.same_as else { return Ok(()) };
    let wrong = |message: String| Err(StoreError::Invalid(vec![Problem::new("sameAs", message)]));
    let of = |sql: &str, name: &str| -> Result<Option<String>, StoreError> {
        let found: Option<Option<String>> = db
            .query_row(sql, (workspace.0, name), |row| row.get(0))
            .optional()
            .act("read the dictionary")?;
        Ok(found.flatten())
    };
    let onward = "SELECT same_as FROM dictionary_entry
         WHERE workspace_no = ?1 AND kind = 'event' AND name = ?2";
    if let Some(onward) = of(onward, other)? {
        return wrong(format!("`{other}` is itself the same as `{onward}`; name that"));
    }
    let hither = "SELECT name FROM dictionary_entry
         WHERE workspace_no = ?1 AND kind = 'event' AND same_as = ?2 LIMIT 1";
    if let Some(hither) = of(hither, name)? {
        return wrong(format!("`{hither}` is the same as this event; change that first"));
    }
    Ok(())
}

fn get(
    db: &Connection,
    workspace: WorkspaceNo,
    kind: EntryKind,
    name: &str,
) -> Result<DictionaryEntry, StoreError> {
    db.query_row(
        "SELECT * FROM dictionary_entry WHERE workspace_no = ?1 AND kind = ?2 AND name = ?3",
        (workspace.0, kind.name(), name),
        |row| Ok(entry(row)),
    )
    .optional()
    .act("read the dictionary")?
    .unwrap_or_else(|| Err(StoreError::not_found("dictionary entry", name)))
}

fn entry(row: &Row<'_>) -> Result<DictionaryEntry, StoreError> {
    const ACT: &str = "read an entry of the dictionary";
    let text = |column: &str| row.get::<_, String>(column).act(ACT);
    let flag = |column: &str| row.get::<_, bool>(column).act(ACT);
    let (kind, name) = (text("kind")?, text("name")?);
    let kind = EntryKind::from_name(&kind)
        .ok_or_else(|| StoreError::Damaged(format!("the kind `{kind}` of `{name}`")))?;
    let definition: Option<String> = row.get("definition").act(ACT)?;
    let definition = definition
        .map(|json| serde_json::from_str(&json))
        .transpose()
        .map_err(|error| StoreError::Damaged(format!("the definition of `{name}`: {error}")))?;
    let says = EntrySays {
        display_name: text("display_name")?,
        description: text("description")?,
        is_hidden: flag("is_hidden")?,
        is_deprecated: flag("is_deprecated")?,
        is_test: flag("is_test")?,
        is_deleted: flag("is_deleted")?,
        same_as: row.get("same_as").act(ACT)?,
        definition,
    };
    Ok(DictionaryEntry { kind, name, says, updated_at: time(row, "updated_at")? })
}

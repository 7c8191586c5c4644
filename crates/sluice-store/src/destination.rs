//! Destinations, with sealed settings, and their connections.

use rusqlite::{Connection as Db, OptionalExtension, Row, Transaction};
use serde_json::{Map, Value, json};
use sluice_base::{Secret, Timestamp};
use sluice_event::{SourceNo, WorkspaceNo};
use sluice_model::{
    Actor, AuditAction, Connection, Destination, DestinationChange, DestinationId, NewDestination,
    Problem, Settings, SourceId,
};

use crate::audit::{Change, record};
use crate::db::{Listed, Page, Store, list, time};
use crate::error::{Act, StoreError};
use crate::seal::Sealer;
use crate::workspace::note;
use crate::{random, routing, source, subscription};

impl Store {
    /// # Errors
    /// If the database fails.
    pub fn destination_list(
        &self,
        workspace: WorkspaceNo,
        page: Page,
    ) -> Result<Listed<Destination>, StoreError> {
        self.read(|db| {
            list(db, ("destination", "deleted_at IS NULL"), workspace, page, |row| {
                destination(db, &self.0.sealer, row).map(|(_, found)| found)
            })
        })
    }

    /// # Errors
    /// If there is no such source.
    pub fn destination_list_of_source(
        &self,
        workspace: WorkspaceNo,
        source: &SourceId,
        page: Page,
    ) -> Result<Listed<Destination>, StoreError> {
        self.read(|db| {
            let no = source::get(db, workspace, source)?.no.0;
            // The number is ours, not text of a stranger, so it may stand in the statement.
            let of_source = format!(
                "deleted_at IS NULL AND no IN \
                 (SELECT destination_no FROM connection WHERE source_no = {no} AND deleted_at IS NULL)"
            );
            list(db, ("destination", &of_source), workspace, page, |row| {
                destination(db, &self.0.sealer, row).map(|(_, found)| found)
            })
        })
    }

    /// # Errors
    /// If the workspace has none of this id.
    pub fn destination_get(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
    ) -> Result<Destination, StoreError> {
        self.read(|db| get(db, &self.0.sealer, workspace, id).map(|(_, found)| found))
    }

    /// Makes a destination with a connection from its first source.
    ///
    /// # Errors
    /// If it is no good, or the source does not exist.
    pub fn destination_create(
        &self,
        workspace: WorkspaceNo,
        new: &NewDestination,
        actor: &Actor,
    ) -> Result<Destination, StoreError> {
        new.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let from = source_for(db, workspace, &new.source_id)?;
            let id = DestinationId::new(random::id());
            let settings = seal(&self.0.sealer, &id, &new.settings)?;
            db.execute(
                "INSERT INTO destination \
                 (id, workspace_no, name, kind, enabled, settings, revision, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7)",
                (id.as_str(), workspace.0, &new.name, &new.kind, new.enabled, settings, at.as_micros()),
            )
            .act("make a destination")?;
            let no = db.last_insert_rowid();
            connection_add(db, no, from, at)?;
            for one in &new.subscriptions {
                subscription::add(db, &self.0.sealer, no, one, at)?;
            }
            let change = Change {
                workspace,
                action: AuditAction::Created,
                resource: "destination",
                id: id.as_str(),
                detail: json!({ "name": new.name, "metadataId": new.kind, "sourceId": new.source_id.as_str() }),
            };
            record(db, at, actor, &change)?;
            get(db, &self.0.sealer, workspace, &id).map(|(_, made)| made)
        })
    }

    /// # Errors
    /// If there is none or the change is no good.
    pub fn destination_change(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        change: &DestinationChange,
        actor: &Actor,
    ) -> Result<Destination, StoreError> {
        self.destination_change_by(workspace, id, |_| Ok(change.clone()), actor)
    }

    /// As [`Store::destination_change`], with a change that depends on what is there: nobody else
    /// changes it in between.
    ///
    /// # Errors
    /// If there is none, `decide` gives an error, or its change is no good.
    pub fn destination_change_by(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        decide: impl FnOnce(&Destination) -> Result<DestinationChange, StoreError>,
        actor: &Actor,
    ) -> Result<Destination, StoreError> {
        let at = self.now();
        let sealer = &self.0.sealer;
        self.write(|db| {
            let (no, before) = get(db, sealer, workspace, id)?;
            let change = decide(&before)?;
            change.check().map_err(StoreError::Invalid)?;
            let name = change.name.as_ref().unwrap_or(&before.name);
            let enabled = change.enabled.unwrap_or(before.enabled);
            let settings = change.settings.as_ref().unwrap_or(&before.settings);
            db.execute(
                "UPDATE destination SET name = ?2, enabled = ?3, settings = ?4, \
                 revision = revision + 1, updated_at = ?5 WHERE no = ?1",
                (no, name, enabled, seal(sealer, id, settings)?, at.as_micros()),
            )
            .act("change a destination")?;
            let mut detail = Map::new();
            note(&mut detail, "name", &before.name, name);
            note(&mut detail, "enabled", &before.enabled, &enabled);
            let changed = settings_changed(&before.settings, settings);
            if !changed.is_empty() {
                detail.insert("settingsChanged".to_owned(), json!(changed));
            }
            let action = AuditAction::Changed;
            let detail = Value::Object(detail);
            let change =
                Change { workspace, action, resource: "destination", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, sealer, workspace, id).map(|(_, after)| after)
        })
    }

    /// # Errors
    /// If there is none.
    pub fn destination_delete(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            let (no, before) = get(db, &self.0.sealer, workspace, id)?;
            db.execute(
                "UPDATE destination SET deleted_at = ?2 WHERE no = ?1",
                (no, at.as_micros()),
            )
            .act("delete a destination")?;
            let action = AuditAction::Deleted;
            let detail = json!({ "name": before.name });
            let change =
                Change { workspace, action, resource: "destination", id: id.as_str(), detail };
            record(db, at, actor, &change)
        })
    }

    /// Undoes [`Store::destination_delete`]: same settings, same connections.
    ///
    /// # Errors
    /// If no destination of this id was deleted.
    pub fn destination_restore(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        actor: &Actor,
    ) -> Result<Destination, StoreError> {
        let at = self.now();
        self.write(|db| {
            let restored = db
                .execute(
                    "UPDATE destination SET deleted_at = NULL, revision = revision + 1, updated_at = ?3 \
                     WHERE workspace_no = ?1 AND id = ?2 AND deleted_at IS NOT NULL",
                    (workspace.0, id.as_str(), at.as_micros()),
                )
                .act("restore a destination")?;
            if restored == 0 {
                return Err(StoreError::not_found("deleted destination", id.as_str()));
            }
            // Its cursors went with the deletion: it goes on from now, and sends nothing again.
            db.execute(
                "UPDATE connection SET starts_at = ?2 \
                 WHERE destination_no = (SELECT no FROM destination WHERE id = ?1)",
                (id.as_str(), at.as_micros()),
            )
            .act("restart the connections of a destination")?;
            let action = AuditAction::Restored;
            let detail = json!({});
            let change = Change { workspace, action, resource: "destination", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, &self.0.sealer, workspace, id).map(|(_, after)| after)
        })
    }

    /// Wires one more source to the destination; no change if it is wired already.
    ///
    /// # Errors
    /// If one of the two does not exist.
    pub fn connection_create(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        from: &SourceId,
        actor: &Actor,
    ) -> Result<Destination, StoreError> {
        let at = self.now();
        let sealer = &self.0.sealer;
        self.write(|db| {
            let (no, before) = get(db, sealer, workspace, id)?;
            let source = source_for(db, workspace, from)?;
            if before.connections.iter().any(|held| held.source == source) {
                return Ok(before);
            }
            connection_add(db, no, source, at)?;
            record(db, at, actor, &connection_change(workspace, AuditAction::Created, id, from))?;
            get(db, sealer, workspace, id).map(|(_, after)| after)
        })
    }

    /// Unwires a source. What still waits for the connection is given up with it.
    ///
    /// # Errors
    /// If the two are not wired.
    pub fn connection_delete(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        from: &SourceId,
        actor: &Actor,
    ) -> Result<Destination, StoreError> {
        let at = self.now();
        let sealer = &self.0.sealer;
        self.write(|db| {
            let (_, before) = get(db, sealer, workspace, id)?;
            let held = before.connections.iter().find(|held| held.source_id == *from);
            let held =
                held.ok_or_else(|| StoreError::not_found("connected source", from.as_str()))?;
            db.execute(
                "UPDATE connection SET deleted_at = ?2 WHERE id = ?1",
                (&held.id, at.as_micros()),
            )
            .act("delete a connection")?;
            record(db, at, actor, &connection_change(workspace, AuditAction::Deleted, id, from))?;
            get(db, sealer, workspace, id).map(|(_, after)| after)
        })
    }
}

fn connection_change<'a>(
    workspace: WorkspaceNo,
    action: AuditAction,
    id: &'a DestinationId,
    from: &SourceId,
) -> Change<'a> {
    let detail = json!({ "sourceId": from.as_str() });
    Change { workspace, action, resource: "connection", id: id.as_str(), detail }
}

fn connection_add(
    db: &Transaction<'_>,
    destination_no: i64,
    source: SourceNo,
    at: Timestamp,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO connection (id, destination_no, source_no, created_at, starts_at) VALUES (?1, ?2, ?3, ?4, ?4)",
        (random::id(), destination_no, source.0, at.as_micros()),
    )
    .act("make a connection")?;
    Ok(())
}

/// A source named in a body: when it does not exist, the body is wrong, not the address.
pub(crate) fn source_for(
    db: &Db,
    workspace: WorkspaceNo,
    id: &SourceId,
) -> Result<SourceNo, StoreError> {
    match source::get(db, workspace, id) {
        Ok(source) => Ok(source.no),
        Err(StoreError::NotFound { .. }) => Err(StoreError::Invalid(vec![Problem::new(
            "sourceId",
            format!("no source with the id `{id}`"),
        )])),
        Err(other) => Err(other),
    }
}

/// Top-level names of settings that differ; the values stay out of the audit trail.
fn settings_changed(before: &Settings, after: &Settings) -> Vec<String> {
    let empty = Map::new();
    let before = before.expose().as_object().unwrap_or(&empty);
    let after = after.expose().as_object().unwrap_or(&empty);
    let mut names: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

pub(crate) fn seal(
    sealer: &Sealer,
    id: &DestinationId,
    settings: &Settings,
) -> Result<Vec<u8>, StoreError> {
    sealer.seal(id.as_str(), settings.expose().to_string().as_bytes())
}

pub(crate) fn get(
    db: &Db,
    sealer: &Sealer,
    workspace: WorkspaceNo,
    id: &DestinationId,
) -> Result<(i64, Destination), StoreError> {
    let no: Option<i64> = db
        .query_row(
            "SELECT no FROM destination WHERE workspace_no = ?1 AND id = ?2 AND deleted_at IS NULL",
            (workspace.0, id.as_str()),
            |row| row.get(0),
        )
        .optional()
        .act("look for a destination")?;
    let no = no.ok_or_else(|| StoreError::not_found("destination", id.as_str()))?;
    let mut query = db
        .prepare_cached("SELECT * FROM destination WHERE no = ?1")
        .act("prepare a destination")?;
    let mut rows = query.query([no]).act("read a destination")?;
    match rows.next().act("read a destination")? {
        Some(row) => Ok((no, destination(db, sealer, row)?.1)),
        None => Err(StoreError::not_found("destination", id.as_str())),
    }
}

/// A destination from its row, with its number, settings opened, and connections.
pub(crate) fn destination(
    db: &Db,
    sealer: &Sealer,
    row: &Row<'_>,
) -> Result<(u64, Destination), StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a destination");
    let id = text("id")?;
    let sealed: Vec<u8> = row.get("settings").act("read a destination")?;
    let settings = serde_json::from_slice(&sealer.unseal(&id, &sealed)?)
        .map_err(|_| StoreError::Damaged(format!("settings of destination `{id}`")))?;
    let no = row.get("no").act("read a destination")?;
    let found = Destination {
        id: DestinationId::new(id),
        workspace: WorkspaceNo(row.get("workspace_no").act("read a destination")?),
        name: text("name")?,
        kind: text("kind")?,
        enabled: row.get("enabled").act("read a destination")?,
        settings: Secret::new(settings),
        revision: row.get("revision").act("read a destination")?,
        subscriptions: subscription::of_destination(db, sealer, no)?,
        connections: connections(db, no)?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    };
    Ok((no, found))
}

/// Live connections of a destination from live sources, oldest first.
fn connections(db: &Db, destination_no: u64) -> Result<Vec<Connection>, StoreError> {
    let mut query = db
        .prepare_cached(
            "SELECT c.id, c.source_no, s.id AS source_id, c.created_at, c.starts_at, c.routing \
             FROM connection c JOIN source s ON s.no = c.source_no \
             WHERE c.destination_no = ?1 AND c.deleted_at IS NULL AND s.deleted_at IS NULL \
             ORDER BY c.no",
        )
        .act("prepare connections")?;
    let mut rows = query.query([destination_no]).act("read connections")?;
    let mut list = Vec::new();
    while let Some(row) = rows.next().act("read connections")? {
        let id: String = row.get("id").act("read a connection")?;
        let kept: String = row.get("routing").act("read a connection")?;
        list.push(Connection {
            routing: routing::from_text(&id, &kept)?,
            id,
            source: SourceNo(row.get("source_no").act("read a connection")?),
            source_id: SourceId::new(row.get("source_id").act("read a connection")?),
            created_at: time(row, "created_at")?,
            starts_at: time(row, "starts_at")?,
        });
    }
    Ok(list)
}

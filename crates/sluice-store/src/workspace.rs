//! Workspaces. The first start makes the default one.

use rusqlite::{OptionalExtension, Row, Transaction};
use serde_json::{Map, Value, json};
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;
use sluice_model::check::{Checks, slug_from_name};
use sluice_model::{Actor, AuditAction, Problem, Workspace, WorkspaceChange, WorkspaceId};

use crate::audit::{Change, record};
use crate::dashboard;
use crate::db::{Store, time};
use crate::error::{Act, StoreError};
use crate::random;

const DEFAULT_NAME: &str = "My workspace";
const DEFAULT_TIME_ZONE: &str = "UTC";

impl Store {
    /// # Errors
    /// If the database fails.
    pub fn workspace_list(&self) -> Result<Vec<Workspace>, StoreError> {
        self.read(|db| {
            let mut query = db
                .prepare_cached("SELECT * FROM workspace ORDER BY no")
                .act("prepare workspaces")?;
            let mut rows = query.query([]).act("read workspaces")?;
            let mut list = Vec::new();
            while let Some(row) = rows.next().act("read workspaces")? {
                list.push(workspace(row)?);
            }
            Ok(list)
        })
    }

    /// # Errors
    /// If there is none of this number.
    pub fn workspace_get(&self, no: WorkspaceNo) -> Result<Workspace, StoreError> {
        self.read(|db| get(db, no))
    }

    /// # Errors
    /// If the name or zone is no good, or the slug is taken.
    pub fn workspace_create(
        &self,
        name: &str,
        time_zone: &str,
        actor: &Actor,
    ) -> Result<Workspace, StoreError> {
        let change =
            WorkspaceChange { name: Some(name.to_owned()), time_zone: Some(time_zone.to_owned()) };
        change.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| create(db, name, time_zone, at, actor))
    }

    /// # Errors
    /// If the change is no good.
    pub fn workspace_change(
        &self,
        no: WorkspaceNo,
        change: &WorkspaceChange,
        actor: &Actor,
    ) -> Result<Workspace, StoreError> {
        change.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let before = get(db, no)?;
            let name = change.name.as_ref().unwrap_or(&before.name);
            let zone = change.time_zone.as_ref().unwrap_or(&before.time_zone);
            db.execute(
                "UPDATE workspace SET name = ?2, time_zone = ?3 WHERE no = ?1",
                (no.0, name, zone),
            )
            .act("change a workspace")?;
            let mut detail = Map::new();
            note(&mut detail, "name", &before.name, name);
            note(&mut detail, "timeZone", &before.time_zone, zone);
            let change = Change {
                workspace: no,
                action: AuditAction::Changed,
                resource: "workspace",
                id: before.id.as_str(),
                detail: Value::Object(detail),
            };
            record(db, at, actor, &change)?;
            get(db, no)
        })
    }

    pub(crate) fn workspace_ensure_default(&self) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            let any = db
                .query_row("SELECT no FROM workspace LIMIT 1", [], |_| Ok(()))
                .optional()
                .act("look for a workspace")?;
            if any.is_none() {
                create(db, DEFAULT_NAME, DEFAULT_TIME_ZONE, at, &Actor::server())?;
            }
            Ok(())
        })
    }
}

/// Notes a field that changed, for the audit trail.
pub(crate) fn note<T: PartialEq + serde::Serialize>(
    detail: &mut Map<String, Value>,
    field: &str,
    before: &T,
    after: &T,
) {
    if before != after {
        detail.insert(field.to_owned(), json!({ "from": before, "to": after }));
    }
}

fn create(
    db: &Transaction<'_>,
    name: &str,
    time_zone: &str,
    at: Timestamp,
    actor: &Actor,
) -> Result<Workspace, StoreError> {
    let slug = slug_from_name(name);
    let mut checks = Checks::default();
    checks.slug("slug", &slug);
    checks.finish().map_err(StoreError::Invalid)?;
    let taken = db
        .query_row("SELECT 1 FROM workspace WHERE slug = ?1", [&slug], |_| Ok(()))
        .optional()
        .act("look for a workspace")?;
    if taken.is_some() {
        return Err(StoreError::Conflict(Problem::new("name", format!("`{slug}` is taken"))));
    }
    let id = random::id();
    db.execute(
        "INSERT INTO workspace (id, slug, name, time_zone, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        (&id, &slug, name, time_zone, at.as_micros()),
    )
    .act("make a workspace")?;
    let no = u32::try_from(db.last_insert_rowid())
        .map_err(|_| StoreError::Damaged("workspace numbers have run out".to_owned()))?;
    let change = Change {
        workspace: WorkspaceNo(no),
        action: AuditAction::Created,
        resource: "workspace",
        id: &id,
        detail: json!({ "name": name, "timeZone": time_zone }),
    };
    record(db, at, actor, &change)?;
    dashboard::create_default(db, WorkspaceNo(no), at)?;
    get(db, WorkspaceNo(no))
}

fn get(db: &rusqlite::Connection, no: WorkspaceNo) -> Result<Workspace, StoreError> {
    let mut query =
        db.prepare_cached("SELECT * FROM workspace WHERE no = ?1").act("prepare a workspace")?;
    let mut rows = query.query([no.0]).act("read a workspace")?;
    match rows.next().act("read a workspace")? {
        Some(row) => workspace(row),
        None => Err(StoreError::not_found("workspace", &no.0.to_string())),
    }
}

fn workspace(row: &Row<'_>) -> Result<Workspace, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a workspace");
    Ok(Workspace {
        no: WorkspaceNo(row.get("no").act("read a workspace")?),
        id: WorkspaceId::new(text("id")?),
        slug: text("slug")?,
        name: text("name")?,
        time_zone: text("time_zone")?,
        created_at: time(row, "created_at")?,
    })
}

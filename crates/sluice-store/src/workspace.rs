//! Workspaces. The first start makes the default one.

use rusqlite::{OptionalExtension, Row, Transaction};
use serde_json::{Map, Value, json};
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;
use sluice_model::check::{Checks, slug_from_name};
use sluice_model::{
    Actor, AuditAction, NewWorkspace, Problem, Region, Role, Workspace, WorkspaceChange,
    WorkspaceId,
};

use crate::audit::{Change, record};
use crate::dashboard;
use crate::db::{Store, time};
use crate::error::{Act, StoreError};
use crate::session::Session;
use crate::{random, user};

const DEFAULT_NAME: &str = "My workspace";
const DEFAULT_TIME_ZONE: &str = "UTC";
/// Each costs threads and open files.
const WORKSPACES_MAX: u32 = 100;

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

    /// Makes a workspace; the person of `session`, if there is one, becomes its admin.
    ///
    /// # Errors
    /// If something is no good, the slug is taken, or there are too many workspaces.
    pub fn workspace_create(
        &self,
        new: &NewWorkspace,
        session: Option<&Session>,
        actor: &Actor,
    ) -> Result<Workspace, StoreError> {
        new.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let made = create(db, new, at, actor)?;
            if let Some(session) = session {
                user::seat(db, at, made.no, session.user_no(), Role::Admin)?;
                let detail = json!({ "email": session.user.email.as_str(), "role": Role::Admin });
                let id = &session.user.id;
                user::record_user(db, at, actor, made.no, AuditAction::Created, id, detail)?;
            }
            Ok(made)
        })
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
                let new = NewWorkspace {
                    name: DEFAULT_NAME.to_owned(),
                    slug: None,
                    time_zone: DEFAULT_TIME_ZONE.to_owned(),
                    region: Region::default(),
                };
                create(db, &new, at, &Actor::server())?;
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
    new: &NewWorkspace,
    at: Timestamp,
    actor: &Actor,
) -> Result<Workspace, StoreError> {
    let count: u32 = db
        .query_row("SELECT count(*) FROM workspace", [], |row| row.get(0))
        .act("count the workspaces")?;
    if count >= WORKSPACES_MAX {
        let message = format!("a server has at most {WORKSPACES_MAX} workspaces");
        return Err(StoreError::Conflict(Problem::new("", message)));
    }
    let slug = free_slug(db, new, None)?;
    let id = random::id();
    db.execute(
        "INSERT INTO workspace (id, slug, name, time_zone, region, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (&id, &slug, &new.name, &new.time_zone, new.region.name(), at.as_micros()),
    )
    .act("make a workspace")?;
    let no = u32::try_from(db.last_insert_rowid())
        .map_err(|_| StoreError::Damaged("workspace numbers have run out".to_owned()))?;
    let change = Change {
        workspace: WorkspaceNo(no),
        action: AuditAction::Created,
        resource: "workspace",
        id: &id,
        detail: json!({ "name": new.name, "timeZone": new.time_zone, "region": new.region }),
    };
    record(db, at, actor, &change)?;
    dashboard::create_default(db, WorkspaceNo(no), at)?;
    get(db, WorkspaceNo(no))
}

/// The workspace that the first start made gets what the first admin chooses for it.
pub(crate) fn settle(
    db: &Transaction<'_>,
    at: Timestamp,
    before: &Workspace,
    new: &NewWorkspace,
    actor: &Actor,
) -> Result<(), StoreError> {
    let slug = free_slug(db, new, Some(before.no))?;
    db.execute(
        "UPDATE workspace SET name = ?2, slug = ?3, time_zone = ?4, region = ?5 WHERE no = ?1",
        (before.no.0, &new.name, &slug, &new.time_zone, new.region.name()),
    )
    .act("set a workspace up")?;
    let mut detail = Map::new();
    note(&mut detail, "name", &before.name, &new.name);
    note(&mut detail, "slug", &before.slug, &slug);
    note(&mut detail, "timeZone", &before.time_zone, &new.time_zone);
    note(&mut detail, "region", &before.region, &new.region);
    let change = Change {
        workspace: before.no,
        action: AuditAction::Changed,
        resource: "workspace",
        id: before.id.as_str(),
        detail: Value::Object(detail),
    };
    record(db, at, actor, &change)
}

/// The slug asked for, or one made of the name; an error if another workspace has it.
fn free_slug(
    db: &Transaction<'_>,
    new: &NewWorkspace,
    own: Option<WorkspaceNo>,
) -> Result<String, StoreError> {
    let slug = new.slug.clone().unwrap_or_else(|| slug_from_name(&new.name));
    let mut checks = Checks::default();
    checks.slug("slug", &slug);
    checks.finish().map_err(StoreError::Invalid)?;
    let holder: Option<u32> = db
        .query_row("SELECT no FROM workspace WHERE slug = ?1", [&slug], |row| row.get(0))
        .optional()
        .act("look for a workspace")?;
    if holder.is_some_and(|no| Some(WorkspaceNo(no)) != own) {
        let field = if new.slug.is_some() { "slug" } else { "name" };
        return Err(StoreError::Conflict(Problem::new(field, format!("`{slug}` is taken"))));
    }
    Ok(slug)
}

/// The oldest workspace, which the first start made.
pub(crate) fn first(db: &rusqlite::Connection) -> Result<Workspace, StoreError> {
    let no: u32 = db
        .query_row("SELECT min(no) FROM workspace", [], |row| row.get(0))
        .act("look for the first workspace")?;
    get(db, WorkspaceNo(no))
}

pub(crate) fn get(db: &rusqlite::Connection, no: WorkspaceNo) -> Result<Workspace, StoreError> {
    let mut query =
        db.prepare_cached("SELECT * FROM workspace WHERE no = ?1").act("prepare a workspace")?;
    let mut rows = query.query([no.0]).act("read a workspace")?;
    match rows.next().act("read a workspace")? {
        Some(row) => workspace(row),
        None => Err(StoreError::not_found("workspace", &no.0.to_string())),
    }
}

pub(crate) fn workspace(row: &Row<'_>) -> Result<Workspace, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a workspace");
    Ok(Workspace {
        no: WorkspaceNo(row.get("no").act("read a workspace")?),
        id: WorkspaceId::new(text("id")?),
        slug: text("slug")?,
        name: text("name")?,
        time_zone: text("time_zone")?,
        region: Region::from_name(&text("region")?)
            .ok_or_else(|| StoreError::Damaged("unknown region of a workspace".to_owned()))?,
        created_at: time(row, "created_at")?,
    })
}

//! Filters of destinations. Each change counts the destination's revision up, so that delivery takes
//! notice.

use rusqlite::{Connection as Db, OptionalExtension, Row, Transaction};
use serde_json::json;
use sluice_base::Timestamp;
use sluice_event::{SourceNo, WorkspaceNo};
use sluice_model::filter::FILTERS_MAX;
use sluice_model::{
    Actor, AuditAction, DestinationFilter, DestinationId, FilterId, NewDestinationFilter, Problem,
    SourceId,
};

use crate::audit::{Change, record};
use crate::db::{Store, time};
use crate::destination::{get as get_destination, source_for};
use crate::error::{Act, StoreError};
use crate::random;

const SELECT: &str = "SELECT f.*, s.id AS source_id FROM destination_filter f \
     LEFT JOIN source s ON s.no = f.source_no";

impl Store {
    /// The filters of a destination, oldest first.
    ///
    /// # Errors
    /// If there is no such destination.
    pub fn filter_list(
        &self,
        workspace: WorkspaceNo,
        destination: &DestinationId,
    ) -> Result<Vec<DestinationFilter>, StoreError> {
        self.read(|db| {
            let (no, _) = get_destination(db, &self.0.sealer, workspace, destination)?;
            of_destination(db, no.unsigned_abs())
        })
    }

    /// # Errors
    /// If there is no such destination or filter.
    pub fn filter_get(
        &self,
        workspace: WorkspaceNo,
        destination: &DestinationId,
        id: &FilterId,
    ) -> Result<DestinationFilter, StoreError> {
        self.read(|db| {
            let (no, _) = get_destination(db, &self.0.sealer, workspace, destination)?;
            get(db, no, id)
        })
    }

    /// # Errors
    /// If there is no such destination, it has as many filters as it may, or this one is no good.
    pub fn filter_create(
        &self,
        workspace: WorkspaceNo,
        destination: &DestinationId,
        new: &NewDestinationFilter,
        actor: &Actor,
    ) -> Result<DestinationFilter, StoreError> {
        new.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let (no, _) = get_destination(db, &self.0.sealer, workspace, destination)?;
            if of_destination(db, no.unsigned_abs())?.len() >= FILTERS_MAX {
                let message = format!("a destination has at most {FILTERS_MAX} filters");
                return Err(StoreError::Conflict(Problem::new("id", message)));
            }
            let id = FilterId::new(random::id());
            db.execute(
                "INSERT INTO destination_filter (id, destination_no, source_no, title, description, \
                 enabled, condition, actions, created_at, updated_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
                (
                    id.as_str(),
                    no,
                    source_no(db, workspace, new.source_id.as_ref())?,
                    &new.title,
                    &new.description,
                    new.enabled,
                    &new.condition,
                    actions_json(new)?,
                    at.as_micros(),
                ),
            )
            .act("make a filter")?;
            let made = get(db, no, &id)?;
            finish(db, (workspace, no, at), actor, AuditAction::Created, &made)?;
            Ok(made)
        })
    }

    /// Puts what `decide` makes of the filter in its place; nobody else changes it in between.
    ///
    /// # Errors
    /// If there is none, or the new one is no good.
    pub fn filter_change(
        &self,
        workspace: WorkspaceNo,
        destination: &DestinationId,
        id: &FilterId,
        decide: impl FnOnce(DestinationFilter) -> NewDestinationFilter,
        actor: &Actor,
    ) -> Result<DestinationFilter, StoreError> {
        let at = self.now();
        self.write(|db| {
            let (no, _) = get_destination(db, &self.0.sealer, workspace, destination)?;
            let new = &decide(get(db, no, id)?);
            new.check().map_err(StoreError::Invalid)?;
            db.execute(
                "UPDATE destination_filter SET source_no = ?2, title = ?3, description = ?4, \
                 enabled = ?5, condition = ?6, actions = ?7, updated_at = ?8 WHERE id = ?1",
                (
                    id.as_str(),
                    source_no(db, workspace, new.source_id.as_ref())?,
                    &new.title,
                    &new.description,
                    new.enabled,
                    &new.condition,
                    actions_json(new)?,
                    at.as_micros(),
                ),
            )
            .act("change a filter")?;
            let changed = get(db, no, id)?;
            finish(db, (workspace, no, at), actor, AuditAction::Changed, &changed)?;
            Ok(changed)
        })
    }

    /// # Errors
    /// If there is none.
    pub fn filter_delete(
        &self,
        workspace: WorkspaceNo,
        destination: &DestinationId,
        id: &FilterId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            let (no, _) = get_destination(db, &self.0.sealer, workspace, destination)?;
            let gone = get(db, no, id)?;
            db.execute("DELETE FROM destination_filter WHERE id = ?1", [id.as_str()])
                .act("delete a filter")?;
            finish(db, (workspace, no, at), actor, AuditAction::Deleted, &gone)
        })
    }
}

/// The destination has changed, and the audit trail says by whom.
fn finish(
    db: &Transaction<'_>,
    (workspace, destination_no, at): (WorkspaceNo, i64, Timestamp),
    actor: &Actor,
    action: AuditAction,
    filter: &DestinationFilter,
) -> Result<(), StoreError> {
    db.execute(
        "UPDATE destination SET revision = revision + 1, updated_at = ?2 WHERE no = ?1",
        (destination_no, at.as_micros()),
    )
    .act("count a destination's revision")?;
    let detail = json!({
        "title": filter.title,
        "enabled": filter.enabled,
        "if": filter.condition,
        "actions": filter.actions,
    });
    let resource = "destination filter";
    let change = Change { workspace, action, resource, id: filter.id.as_str(), detail };
    record(db, at, actor, &change)
}

fn source_no(
    db: &Db,
    workspace: WorkspaceNo,
    source: Option<&SourceId>,
) -> Result<Option<u32>, StoreError> {
    source.map(|id| source_for(db, workspace, id).map(|SourceNo(no)| no)).transpose()
}

fn actions_json(filter: &NewDestinationFilter) -> Result<String, StoreError> {
    serde_json::to_string(&filter.actions)
        .map_err(|error| StoreError::Invalid(vec![Problem::new("actions", error.to_string())]))
}

fn get(db: &Db, destination_no: i64, id: &FilterId) -> Result<DestinationFilter, StoreError> {
    db.query_row(
        &format!("{SELECT} WHERE f.destination_no = ?1 AND f.id = ?2"),
        (destination_no, id.as_str()),
        |row| Ok(filter(row)),
    )
    .optional()
    .act("read a filter")?
    .unwrap_or_else(|| Err(StoreError::not_found("filter", id.as_str())))
}

/// The filters of a destination, oldest first.
pub(crate) fn of_destination(
    db: &Db,
    destination_no: u64,
) -> Result<Vec<DestinationFilter>, StoreError> {
    let mut query = db
        .prepare_cached(&format!("{SELECT} WHERE f.destination_no = ?1 ORDER BY f.no"))
        .act("prepare filters")?;
    let mut rows = query.query([destination_no]).act("read filters")?;
    let mut list = Vec::new();
    while let Some(row) = rows.next().act("read filters")? {
        list.push(filter(row)?);
    }
    Ok(list)
}

fn filter(row: &Row<'_>) -> Result<DestinationFilter, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a filter");
    let id = text("id")?;
    let actions = serde_json::from_str(&text("actions")?)
        .map_err(|error| StoreError::Damaged(format!("the actions of filter `{id}`: {error}")))?;
    let source: Option<String> = row.get("source_id").act("read a filter")?;
    Ok(DestinationFilter {
        id: FilterId::new(id),
        source_id: source.map(SourceId::new),
        title: text("title")?,
        description: text("description")?,
        enabled: row.get("enabled").act("read a filter")?,
        condition: text("condition")?,
        actions,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

//! Saved cohorts, and the people of those that are lists.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde_json::json;
use sluice_event::WorkspaceNo;
use sluice_model::{
    Actor, AuditAction, Cohort, CohortChange, CohortId, CohortMembers, ListChange, NewCohort,
    NewMembers, Problem, check_list_length,
};

use crate::audit::{Change, record};
use crate::db::{Listed, Page, Store, list, time};
use crate::error::{Act, StoreError};
use crate::random;

/// Most names of those that use a cohort in the answer to deleting it.
const USES_NAMED_MAX: usize = 5;

impl Store {
    /// # Errors
    /// If the database fails.
    pub fn cohort_list(
        &self,
        workspace: WorkspaceNo,
        page: Page,
    ) -> Result<Listed<Cohort>, StoreError> {
        self.read(|db| list(db, ("cohort_listed", "deleted_at IS NULL"), workspace, page, cohort))
    }

    /// # Errors
    /// If the workspace has none of this id.
    pub fn cohort_get(&self, workspace: WorkspaceNo, id: &CohortId) -> Result<Cohort, StoreError> {
        self.read(|db| get(db, workspace, id))
    }

    /// The numbers of the listed people, ascending; none of a defined cohort.
    ///
    /// # Errors
    /// If the workspace has none of this id.
    pub fn cohort_people(
        &self,
        workspace: WorkspaceNo,
        id: &CohortId,
    ) -> Result<Vec<u64>, StoreError> {
        self.read(|db| {
            let no = number(db, workspace, id)?;
            let mut query = db
                .prepare_cached(
                    "SELECT person FROM cohort_person WHERE cohort_no = ?1 ORDER BY person",
                )
                .act("prepare the people of a cohort")?;
            let rows =
                query.query_map([no], |row| row.get(0)).act("read the people of a cohort")?;
            rows.collect::<Result<_, _>>().act("read the people of a cohort")
        })
    }

    /// # Errors
    /// If it is no good.
    pub fn cohort_create(
        &self,
        workspace: WorkspaceNo,
        new: &NewCohort,
        actor: &Actor,
    ) -> Result<Cohort, StoreError> {
        new.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write_aside(|db| {
            let id = CohortId::new(random::id());
            let (definition, people) = match &new.members {
                NewMembers::Defined(definition) => (Some(definition.to_string()), &[][..]),
                NewMembers::Listed(people) => (None, &people[..]),
            };
            db.execute(
                "INSERT INTO cohort
                     (id, workspace_no, name, description, definition, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                (id.as_str(), workspace.0, &new.name, &new.description, definition, at.as_micros()),
            )
            .act("save a cohort")?;
            add(db, number(db, workspace, &id)?, people)?;
            let action = AuditAction::Created;
            let detail = json!({ "name": new.name });
            let change = Change { workspace, action, resource: "cohort", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, &id)
        })
    }

    /// # Errors
    /// If there is none or the change is no good.
    pub fn cohort_change(
        &self,
        workspace: WorkspaceNo,
        id: &CohortId,
        change: &CohortChange,
        actor: &Actor,
    ) -> Result<Cohort, StoreError> {
        change.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write_aside(|db| {
            let before = get(db, workspace, id)?;
            let definition = match (&before.members, &change.definition) {
                (CohortMembers::Listed(_), Some(_)) => return Err(is_listed("definition")),
                (CohortMembers::Listed(_), None) => None,
                (CohortMembers::Defined(before), after) => {
                    Some(after.as_ref().unwrap_or(before).to_string())
                }
            };
            let name = change.name.as_ref().unwrap_or(&before.name);
            let description = change.description.as_ref().unwrap_or(&before.description);
            db.execute(
                "UPDATE cohort SET name = ?2, description = ?3, definition = ?4, updated_at = ?5
                 WHERE id = ?1",
                (id.as_str(), name, description, definition, at.as_micros()),
            )
            .act("change a cohort")?;
            let action = AuditAction::Changed;
            let detail = json!({ "name": name, "definitionChanged": change.definition.is_some() });
            let change = Change { workspace, action, resource: "cohort", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, id)
        })
    }

    /// Adds people to a listed cohort and takes people off it.
    ///
    /// # Errors
    /// If there is none, it is not a list, or the list would be too long.
    pub fn cohort_list_change(
        &self,
        workspace: WorkspaceNo,
        id: &CohortId,
        change: &ListChange,
        actor: &Actor,
    ) -> Result<Cohort, StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let no = number(db, workspace, id)?;
            if matches!(get(db, workspace, id)?.members, CohortMembers::Defined(_)) {
                return Err(StoreError::Invalid(vec![Problem::new(
                    "people",
                    "the people of this cohort are found by its definition; change that",
                )]));
            }
            add(db, no, &change.add)?;
            let sql = "DELETE FROM cohort_person WHERE cohort_no = ?1 AND person = ?2";
            let mut remove = db.prepare_cached(sql).act("prepare taking people off a cohort")?;
            for person in &change.remove {
                remove.execute((no, person)).act("take people off a cohort")?;
            }
            let after = get(db, workspace, id)?;
            if let CohortMembers::Listed(people) = after.members {
                let people = usize::try_from(people).unwrap_or(usize::MAX);
                check_list_length(people).map_err(StoreError::Invalid)?;
            }
            let sql = "UPDATE cohort SET updated_at = ?2 WHERE no = ?1";
            db.execute(sql, (no, at.as_micros())).act("change a cohort")?;
            let action = AuditAction::Changed;
            let detail = json!({
                "name": after.name, "added": change.add.len(), "removed": change.remove.len(),
            });
            let change = Change { workspace, action, resource: "cohort", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, id)
        })
    }

    /// # Errors
    /// If there is none, or something uses it.
    pub fn cohort_delete(
        &self,
        workspace: WorkspaceNo,
        id: &CohortId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let no = number(db, workspace, id)?;
            let before = get(db, workspace, id)?;
            let uses = uses(db, workspace, id)?;
            if !uses.is_empty() {
                let message = format!("is used by {}; change these first", uses.join(", "));
                return Err(StoreError::Conflict(Problem::new("cohortId", message)));
            }
            db.execute("DELETE FROM cohort_person WHERE cohort_no = ?1", [no])
                .act("delete the people of a cohort")?;
            let sql = "UPDATE cohort SET deleted_at = ?2 WHERE no = ?1";
            db.execute(sql, (no, at.as_micros())).act("delete a cohort")?;
            let action = AuditAction::Deleted;
            let detail = json!({ "name": before.name });
            let change = Change { workspace, action, resource: "cohort", id: id.as_str(), detail };
            record(db, at, actor, &change)
        })
    }
}

fn is_listed(field: &str) -> StoreError {
    let message = "the people of this cohort are listed; add or remove people instead";
    StoreError::Invalid(vec![Problem::new(field, message)])
}

fn add(db: &Transaction<'_>, no: i64, people: &[u64]) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO cohort_person (cohort_no, person) VALUES (?1, ?2)";
    let mut insert = db.prepare_cached(sql).act("prepare adding people to a cohort")?;
    for person in people {
        insert.execute((no, person)).act("add people to a cohort")?;
    }
    Ok(())
}

/// Saved cohorts and insights that name the cohort, in words.
fn uses(db: &Connection, workspace: WorkspaceNo, id: &CohortId) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT 'the cohort `' || name || '`' FROM cohort
         WHERE workspace_no = ?1 AND deleted_at IS NULL AND id <> ?2 AND instr(definition, ?2) > 0
         UNION ALL
         SELECT 'the insight `' || name || '`' FROM saved_insight
         WHERE workspace_no = ?1 AND deleted_at IS NULL AND instr(query, ?2) > 0
         LIMIT ?3";
    let mut query = db.prepare_cached(sql).act("prepare the uses of a cohort")?;
    let rows = query
        .query_map((workspace.0, id.as_str(), USES_NAMED_MAX as u64), |row| row.get(0))
        .act("read the uses of a cohort")?;
    rows.collect::<Result<_, _>>().act("read the uses of a cohort")
}

fn number(db: &Connection, workspace: WorkspaceNo, id: &CohortId) -> Result<i64, StoreError> {
    db.query_row(
        "SELECT no FROM cohort WHERE workspace_no = ?1 AND id = ?2 AND deleted_at IS NULL",
        (workspace.0, id.as_str()),
        |row| row.get(0),
    )
    .optional()
    .act("read a cohort")?
    .ok_or_else(|| StoreError::not_found("cohort", id.as_str()))
}

fn get(db: &Connection, workspace: WorkspaceNo, id: &CohortId) -> Result<Cohort, StoreError> {
    db.query_row(
        "SELECT * FROM cohort_listed
         WHERE workspace_no = ?1 AND id = ?2 AND deleted_at IS NULL",
        (workspace.0, id.as_str()),
        |row| Ok(cohort(row)),
    )
    .optional()
    .act("read a cohort")?
    .unwrap_or_else(|| Err(StoreError::not_found("cohort", id.as_str())))
}

fn cohort(row: &Row<'_>) -> Result<Cohort, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a cohort");
    let id = text("id")?;
    let definition: Option<String> = row.get("definition").act("read a cohort")?;
    let members = match definition {
        None => CohortMembers::Listed(row.get("people").act("read a cohort")?),
        Some(json) => CohortMembers::Defined(serde_json::from_str(&json).map_err(|error| {
            StoreError::Damaged(format!("the definition of cohort `{id}`: {error}"))
        })?),
    };
    Ok(Cohort {
        id: CohortId::new(id),
        workspace: WorkspaceNo(row.get("workspace_no").act("read a cohort")?),
        name: text("name")?,
        description: text("description")?,
        members,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

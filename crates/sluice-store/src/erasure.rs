//! Erasures: who is to be erased, by number, and whether it is done. A row is kept before anything is
//! erased, so that what a crash interrupts is taken up again.

use rusqlite::Row;
use serde_json::json;
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;
use sluice_model::erasure::REQUESTER_CHARS_MAX;
use sluice_model::{Actor, AuditAction, Erasure, Problem};

use crate::audit::{Change, record};
use crate::db::{Store, time};
use crate::error::{Act, StoreError};

impl Store {
    /// Keeps that people are to be erased; who is or will be already stays as they are.
    ///
    /// # Errors
    /// If the requester's name is too long, or the database fails.
    pub fn erasure_add(
        &self,
        workspace: WorkspaceNo,
        people: &[u64],
        requester: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        if requester.chars().count() > REQUESTER_CHARS_MAX {
            let message = format!("must have at most {REQUESTER_CHARS_MAX} characters");
            return Err(StoreError::Invalid(vec![Problem::new("requester", message)]));
        }
        let at = self.now();
        self.write_aside(|db| {
            let sql = "INSERT OR IGNORE INTO erasure
                     (workspace_no, person, requester, requested_at) VALUES (?1, ?2, ?3, ?4)";
            let mut insert = db.prepare_cached(sql).act("prepare keeping an erasure")?;
            for person in people {
                let added = insert
                    .execute((workspace.0, person, requester, at.as_micros()))
                    .act("keep an erasure")?;
                if added > 0 {
                    let (action, id) = (AuditAction::Deleted, person.to_string());
                    let detail = json!({ "requester": requester });
                    let change = Change { workspace, action, resource: "person", id: &id, detail };
                    record(db, at, actor, &change)?;
                }
            }
            Ok(())
        })
    }

    /// Those that were asked for in a time, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn erasure_list(
        &self,
        workspace: WorkspaceNo,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Erasure>, StoreError> {
        self.read(|db| {
            let sql = "SELECT * FROM erasure WHERE workspace_no = ?1
                 AND requested_at >= ?2 AND requested_at < ?3 ORDER BY no";
            let mut query = db.prepare_cached(sql).act("prepare the erasures")?;
            let rows = query
                .query_map((workspace.0, from.as_micros(), to.as_micros()), |row| Ok(erasure(row)))
                .act("read the erasures")?;
            rows.map(|row| row.act("read the erasures")?).collect()
        })
    }

    /// Who is not erased to the end yet.
    ///
    /// # Errors
    /// If the database fails.
    pub fn erasure_unfinished(&self, workspace: WorkspaceNo) -> Result<Vec<u64>, StoreError> {
        self.read(|db| {
            let sql = "SELECT person FROM erasure
                 WHERE workspace_no = ?1 AND finished_at IS NULL ORDER BY no";
            let mut query = db.prepare_cached(sql).act("prepare the erasures")?;
            let rows = query.query_map([workspace.0], |row| row.get(0)).act("read the erasures")?;
            rows.collect::<Result<_, _>>().act("read the erasures")
        })
    }

    /// Nothing is left of these people; `nodes` are all numbers that stood for them. They are taken
    /// off listed cohorts.
    ///
    /// # Errors
    /// If the database fails.
    pub fn erasure_finish(
        &self,
        workspace: WorkspaceNo,
        people: &[u64],
        nodes: &[u64],
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let sql = "DELETE FROM cohort_person WHERE person = ?2 AND cohort_no IN
                     (SELECT no FROM cohort WHERE workspace_no = ?1)";
            let mut forget = db.prepare_cached(sql).act("prepare taking people off cohorts")?;
            for node in nodes {
                forget.execute((workspace.0, node)).act("take people off cohorts")?;
            }
            let sql = "UPDATE erasure SET finished_at = ?3
                 WHERE workspace_no = ?1 AND person = ?2 AND finished_at IS NULL";
            let mut finish = db.prepare_cached(sql).act("prepare finishing an erasure")?;
            for person in people {
                finish.execute((workspace.0, person, at.as_micros())).act("finish an erasure")?;
            }
            Ok(())
        })
    }
}

fn erasure(row: &Row<'_>) -> Result<Erasure, StoreError> {
    const ACT: &str = "read an erasure";
    let finished: Option<i64> = row.get("finished_at").act(ACT)?;
    Ok(Erasure {
        person: row.get("person").act(ACT)?,
        requester: row.get("requester").act(ACT)?,
        requested_at: time(row, "requested_at")?,
        finished_at: finished.map(Timestamp::from_micros),
    })
}

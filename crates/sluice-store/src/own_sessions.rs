//! The sessions of one person, as that person sees and ends them.
//!
//! A session that may not leave its workspace was begun by a link of somebody else: it reaches only
//! others of its kind there.

use rusqlite::{Connection, Row};
use sluice_base::Timestamp;
use sluice_model::AuditAction;

use crate::db::{Store, time};
use crate::error::{Act, StoreError};
use crate::session::{SESSION_AGE_MAX, SESSION_IDLE_MAX, Session, record_session};

/// Which sessions `asking` reaches: `?1` is the person, `?2` the workspace of one that is confined.
const REACHED: &str = "user_no = ?1 AND (?2 IS NULL OR (is_confined = 1 AND workspace_no = ?2))";

fn reach(asking: &Session) -> (u64, Option<u32>) {
    (asking.user_no(), asking.is_confined.then_some(asking.seat.workspace.no.0))
}

/// A session among those of its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSession {
    pub id: String,
    /// What the browser called itself when the session was last used; empty if it did not say.
    pub agent: String,
    /// The name of the workspace it acts in.
    pub workspace: String,
    pub began_at: Timestamp,
    /// To the minute.
    pub seen_at: Timestamp,
    /// The one that asks.
    pub is_current: bool,
}

impl Store {
    /// The sessions of the person that have not ended, the last used first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn session_list(&self, asking: &Session) -> Result<Vec<OwnSession>, StoreError> {
        let at = self.now();
        self.read(|db| list(db, asking, at))
    }

    /// Ends one session of the person, also the one that asks.
    ///
    /// # Errors
    /// If the person has no such session.
    pub fn session_end_one(&self, asking: &Session, id: &str) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let no = id.parse::<u64>().map_err(|_| StoreError::not_found("session", id))?;
            let (user, only) = reach(asking);
            let ended = db
                .execute(
                    &format!("DELETE FROM session WHERE {REACHED} AND no = ?3"),
                    (user, only, no),
                )
                .act("end a session")?;
            if ended == 0 {
                return Err(StoreError::not_found("session", id));
            }
            record_session(db, at, asking, AuditAction::Deleted)
        })
    }

    /// Ends all sessions of the person but the one that asks; gives how many.
    ///
    /// # Errors
    /// If the database fails.
    pub fn session_end_others(&self, asking: &Session) -> Result<usize, StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let (user, only) = reach(asking);
            let ended = db
                .execute(
                    &format!("DELETE FROM session WHERE {REACHED} AND no <> ?3"),
                    (user, only, asking.no()),
                )
                .act("end sessions")?;
            if ended > 0 {
                record_session(db, at, asking, AuditAction::Deleted)?;
            }
            Ok(ended)
        })
    }
}

fn list(db: &Connection, asking: &Session, at: Timestamp) -> Result<Vec<OwnSession>, StoreError> {
    let act = "list sessions";
    let sql = format!(
        "SELECT s.no, s.agent, w.name, s.created_at, s.seen_at FROM session s
         JOIN workspace w ON w.no = s.workspace_no
         WHERE {REACHED} AND s.created_at > ?3 AND s.seen_at > ?4
         ORDER BY s.seen_at DESC, s.no DESC"
    );
    let mut query = db.prepare_cached(&sql).act(act)?;
    let since = |longest| at.minus(longest).as_micros();
    let (user, only) = reach(asking);
    let one = |row: &Row<'_>| -> Result<OwnSession, StoreError> {
        let no: u64 = row.get("no").act(act)?;
        Ok(OwnSession {
            id: no.to_string(),
            agent: row.get("agent").act(act)?,
            workspace: row.get("name").act(act)?,
            began_at: time(row, "created_at")?,
            seen_at: time(row, "seen_at")?,
            is_current: no == asking.no(),
        })
    };
    let asked = (user, only, since(SESSION_AGE_MAX), since(SESSION_IDLE_MAX));
    let rows = query.query_map(asked, |row| Ok(one(row))).act(act)?;
    rows.map(|row| row.act(act)?).collect()
}

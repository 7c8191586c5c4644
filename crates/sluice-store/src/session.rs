//! Sessions of signed-in people: a random token in the person's browser, its hash here.
//!
//! A session acts in one workspace at a time. Role and membership are looked up with every use, so
//! that a change holds at once. Not here: cookies and headers (`sluice-api`).

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde_json::json;
use sluice_base::{Secret, Timestamp};
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, AuditAction, Email, Role, Seat, User, WorkspaceId};

use crate::audit::{Change, record};
use crate::db::{Store, time};
use crate::error::{Act, StoreError};
use crate::password;
use crate::secret::{self, SecretHash};
use crate::token::Grant;
use crate::user::{self, Reach};

/// A session ends after so long, whatever is done in it.
pub const SESSION_AGE_MAX: Duration = Duration::from_secs(30 * 86_400);
/// A session ends after so long without a request.
pub const SESSION_IDLE_MAX: Duration = Duration::from_secs(7 * 86_400);
/// A use is written down at most so often.
const SEEN_STEP: Duration = Duration::from_secs(60);
/// The oldest sessions of a user beyond these end.
const SESSIONS_PER_USER_MAX: u32 = 50;
/// Longer names of browsers are cut.
const AGENT_CHARS_MAX: usize = 300;

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub user: User,
    /// Where the session acts.
    pub seat: Seat,
    /// Where it may act.
    pub seats: Vec<Seat>,
    /// It may not leave its workspace: it began by a link that somebody else made.
    pub is_confined: bool,
    no: u64,
    user_no: u64,
}

/// A session that has just begun, with what the browser keeps.
#[derive(Debug)]
pub struct SignedIn {
    pub token: Secret<String>,
    pub session: Session,
}

impl Session {
    /// What the session may do where it is.
    #[must_use]
    pub fn grant(&self) -> Grant {
        let admin_of = self.seats.iter().filter(|seat| seat.role == Role::Admin);
        Grant {
            workspace: self.seat.workspace.no,
            role: self.seat.role,
            actor: self.actor(),
            reach: Reach::Workspaces(admin_of.map(|seat| seat.workspace.no).collect()),
        }
    }

    #[must_use]
    pub fn actor(&self) -> Actor {
        user::actor(&self.user)
    }

    pub(crate) const fn user_no(&self) -> u64 {
        self.user_no
    }

    pub(crate) const fn no(&self) -> u64 {
        self.no
    }
}

impl Store {
    /// Begins a session if the password is right; takes as long if nobody has this address.
    ///
    /// # Errors
    /// If the database fails.
    pub fn sign_in(
        &self,
        email: &str,
        password: &Secret<String>,
    ) -> Result<Option<SignedIn>, StoreError> {
        let known = match Email::parse(email) {
            Ok(email) => self.read(|db| user::by_email(db, &email))?,
            Err(_nobody_has_it) => None,
        };
        let kept = known.as_ref().map(|(_, kept)| kept.as_str());
        if !password::is_right(password, kept) {
            return Ok(None);
        }
        let Some((no, kept)) = known else { return Ok(None) };
        let at = self.now();
        self.write_aside(|db| {
            // Hashing took its time: a password that was replaced meanwhile opens nothing.
            if !has_password(db, no, &kept)? {
                return Ok(None);
            }
            begin(db, at, no, Place::Last).map(Some)
        })
    }

    /// The session that this token belongs to, if it still holds. `agent` is what the browser
    /// calls itself.
    ///
    /// # Errors
    /// If the database fails.
    pub fn session_find(&self, token: &str, agent: &str) -> Result<Option<Session>, StoreError> {
        let at = self.now();
        let hash = secret::hash(token);
        let found = self.read(|db| find(db, &hash, at))?;
        let Some((session, seen)) = found else { return Ok(None) };
        if at.since(seen.at) >= SEEN_STEP || seen.agent.is_empty() && !agent.is_empty() {
            let agent: String = agent.chars().take(AGENT_CHARS_MAX).collect();
            self.write_aside(|db| {
                db.execute(
                    "UPDATE session SET seen_at = ?2, agent = ?3 WHERE no = ?1",
                    (session.no, at.as_micros(), agent),
                )
                .act("note the use of a session")
            })?;
        }
        Ok(Some(session))
    }

    /// # Errors
    /// If the database fails.
    pub fn session_end(&self, session: &Session) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            db.execute("DELETE FROM session WHERE no = ?1", [session.no]).act("end a session")?;
            record_session(db, at, session, AuditAction::Deleted)
        })
    }

    /// Lets the session act in another workspace of its user.
    ///
    /// # Errors
    /// If the user has no place there, or the session may not leave its workspace.
    pub fn session_switch(
        &self,
        session: &Session,
        to: &WorkspaceId,
    ) -> Result<Session, StoreError> {
        let seat = user::seat_of(&session.seats, to)?;
        let no = seat.workspace.no;
        self.write_aside(|db| {
            db.execute("UPDATE session SET workspace_no = ?2 WHERE no = ?1", (session.no, no.0))
                .act("switch the workspace")?;
            remember_place(db, session.user_no, no)
        })?;
        Ok(Session { seat, ..session.clone() })
    }

    /// Ends every session of the user and begins this one anew, if `current` is the password.
    ///
    /// # Errors
    /// If the new password is no good.
    pub fn password_change(
        &self,
        session: &Session,
        current: &Secret<String>,
        new: &Secret<String>,
    ) -> Result<Option<SignedIn>, StoreError> {
        let mut checks = sluice_model::Checks::default();
        sluice_model::user::check_password(&mut checks, "new", new);
        checks.finish().map_err(StoreError::Invalid)?;
        let known = self.read(|db| user::by_email(db, &session.user.email))?;
        let Some((no, kept)) = known else { return Ok(None) };
        if !password::is_right(current, Some(&kept)) {
            return Ok(None);
        }
        let hashed = password::hash(new)?;
        let at = self.now();
        self.write_aside(|db| {
            if !has_password(db, no, &kept)? {
                return Ok(None);
            }
            user::set_password(db, no, &hashed)?;
            user::record_everywhere(db, at, no, (AuditAction::Changed, "password"))?;
            let place = match session.is_confined {
                true => Place::Confined(session.seat.workspace.no),
                false => Place::In(session.seat.workspace.no),
            };
            begin(db, at, no, place).map(Some)
        })
    }
}

/// Where a new session begins.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// Where the user last was.
    Last,
    In(WorkspaceNo),
    /// There, and nowhere else.
    Confined(WorkspaceNo),
}

/// Begins a session; the token is in the answer and nowhere else.
pub(crate) fn begin(
    db: &Transaction<'_>,
    at: Timestamp,
    user: u64,
    place: Place,
) -> Result<SignedIn, StoreError> {
    sweep(db, at, user)?;
    let workspace = match place {
        Place::In(no) | Place::Confined(no) => no,
        Place::Last => last_place(db, user)?,
    };
    let (token, hash) = secret::fresh();
    db.execute(
        "INSERT INTO session (hash, user_no, workspace_no, is_confined, created_at, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        (hash, user, workspace.0, matches!(place, Place::Confined(_)), at.as_micros()),
    )
    .act("begin a session")?;
    db.execute("UPDATE console_user SET signed_in_at = ?2 WHERE no = ?1", (user, at.as_micros()))
        .act("note a sign-in")?;
    remember_place(db, user, workspace)?;
    let (session, _) = find(db, &hash, at)?.ok_or_else(|| {
        StoreError::Damaged("a session was begun where its user has no place".to_owned())
    })?;
    record_session(db, at, &session, AuditAction::Created)?;
    Ok(SignedIn { token, session })
}

/// Sessions and links that have ended by themselves go, and those of the user beyond the bound.
fn sweep(db: &Transaction<'_>, at: Timestamp, user: u64) -> Result<(), StoreError> {
    db.execute(
        "DELETE FROM session WHERE created_at < ?1 OR seen_at < ?2",
        (at.minus(SESSION_AGE_MAX).as_micros(), at.minus(SESSION_IDLE_MAX).as_micros()),
    )
    .act("remove old sessions")?;
    db.execute("DELETE FROM one_time_link WHERE expires_at <= ?1", [at.as_micros()])
        .act("remove old links")?;
    db.execute(
        "DELETE FROM session WHERE user_no = ?1 AND no NOT IN
         (SELECT no FROM session WHERE user_no = ?1 ORDER BY no DESC LIMIT ?2)",
        (user, SESSIONS_PER_USER_MAX - 1),
    )
    .act("remove a user's oldest sessions")?;
    Ok(())
}

fn has_password(db: &Connection, user: u64, kept: &str) -> Result<bool, StoreError> {
    db.query_row(
        "SELECT EXISTS (SELECT 1 FROM console_user WHERE no = ?1 AND password_hash = ?2)",
        (user, kept),
        |row| row.get(0),
    )
    .act("read a password's hash")
}

fn last_place(db: &Connection, user: u64) -> Result<WorkspaceNo, StoreError> {
    let last: Option<u32> = db
        .query_row("SELECT workspace_no FROM console_user WHERE no = ?1", [user], |row| row.get(0))
        .act("read a user's workspace")?;
    let seats = user::seats(db, user)?;
    let seat = seats.iter().find(|seat| Some(seat.workspace.no.0) == last).or(seats.first());
    seat.map(|seat| seat.workspace.no)
        .ok_or_else(|| StoreError::Damaged("a user has no workspace".to_owned()))
}

fn remember_place(db: &Transaction<'_>, user: u64, no: WorkspaceNo) -> Result<(), StoreError> {
    db.execute("UPDATE console_user SET workspace_no = ?2 WHERE no = ?1", (user, no.0))
        .act("remember a user's workspace")?;
    Ok(())
}

/// When and by what a session was last used, as far as it was noted.
struct Seen {
    at: Timestamp,
    agent: String,
}

/// The session behind a hash, and its last use; `None` if it has ended.
fn find(
    db: &Connection,
    hash: &SecretHash,
    at: Timestamp,
) -> Result<Option<(Session, Seen)>, StoreError> {
    let row = db
        .query_row("SELECT * FROM session WHERE hash = ?1", [hash], |row| Ok(kept(row)))
        .optional()
        .act("look for a session")?
        .transpose()?;
    let Some(kept) = row else { return Ok(None) };
    if at.since(kept.created_at) >= SESSION_AGE_MAX || at.since(kept.seen.at) >= SESSION_IDLE_MAX {
        return Ok(None);
    }
    let mut seats = user::seats(db, kept.user_no)?;
    if kept.is_confined {
        seats.retain(|seat| seat.workspace.no == kept.workspace);
    }
    let Some(seat) = seats.iter().find(|seat| seat.workspace.no == kept.workspace).cloned() else {
        return Ok(None);
    };
    let user = user::find(db, kept.user_no)?;
    let session = Session {
        user,
        seat,
        seats,
        is_confined: kept.is_confined,
        no: kept.no,
        user_no: kept.user_no,
    };
    Ok(Some((session, kept.seen)))
}

/// A session as it is kept.
struct Kept {
    no: u64,
    user_no: u64,
    workspace: WorkspaceNo,
    is_confined: bool,
    created_at: Timestamp,
    seen: Seen,
}

fn kept(row: &Row<'_>) -> Result<Kept, StoreError> {
    let act = "read a session";
    Ok(Kept {
        no: row.get("no").act(act)?,
        user_no: row.get("user_no").act(act)?,
        workspace: WorkspaceNo(row.get("workspace_no").act(act)?),
        is_confined: row.get("is_confined").act(act)?,
        created_at: time(row, "created_at")?,
        seen: Seen { at: time(row, "seen_at")?, agent: row.get("agent").act(act)? },
    })
}

pub(crate) fn record_session(
    db: &Transaction<'_>,
    at: Timestamp,
    session: &Session,
    action: AuditAction,
) -> Result<(), StoreError> {
    let change = Change {
        workspace: session.seat.workspace.no,
        action,
        resource: "session",
        id: session.user.id.as_str(),
        detail: json!({}),
    };
    record(db, at, &session.actor(), &change)
}

//! Links that work once: to set a new password, and to sign in without one. Nothing mails them; who
//! asks for one hands it on.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde_json::json;
use sluice_base::{Secret, Timestamp};
use sluice_event::WorkspaceNo;
use sluice_model::{AuditAction, Checks, Email, Problem, User, UserId};

use crate::audit::{Change, record};
use crate::db::Store;
use crate::error::{Act, StoreError};
use crate::session::{self, Place, SignedIn};
use crate::token::Grant;
use crate::user::{self, Reach};
use crate::{password, secret};

const RESET_AGE_MAX: Duration = Duration::from_secs(86_400);
const SIGN_IN_AGE_MAX: Duration = Duration::from_secs(15 * 60);

/// The code of a link; shown once.
#[derive(Debug)]
pub struct Code {
    pub code: Secret<String>,
    pub expires_at: Timestamp,
}

#[derive(Clone, Copy)]
enum Purpose {
    Reset,
    SignIn,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::SignIn => "sign_in",
        }
    }

    const fn resource(self) -> &'static str {
        match self {
            Self::Reset => "password_reset",
            Self::SignIn => "sign_in_link",
        }
    }

    const fn age_max(self) -> Duration {
        match self {
            Self::Reset => RESET_AGE_MAX,
            Self::SignIn => SIGN_IN_AGE_MAX,
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Reset => "password reset link",
            Self::SignIn => "sign-in link",
        }
    }
}

impl Store {
    /// Makes a link with which a user of the workspace sets a new password.
    ///
    /// # Errors
    /// If there is no such user, or the user is also in a workspace that is not within reach.
    pub fn password_reset_create(&self, grant: &Grant, id: &UserId) -> Result<Code, StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let (no, _) = user::get(db, grant.workspace, id)?;
            if !user::is_within(db, no, &grant.reach)? {
                let message = "is also in a workspace of which you are not admin; an admin of all \
                               their workspaces can do this";
                return Err(StoreError::Conflict(Problem::new("", message)));
            }
            create(db, at, (Purpose::Reset, no, None), id, grant)
        })
    }

    /// Whom a password reset is for.
    ///
    /// # Errors
    /// If the code is not valid.
    pub fn password_reset_user(&self, code: &str) -> Result<User, StoreError> {
        let at = self.now();
        self.read(|db| user::find(db, find(db, at, Purpose::Reset, code)?.0))
    }

    /// Sets a new password, ends every session of the user, and begins one.
    ///
    /// # Errors
    /// If the code is not valid or the password no good.
    pub fn password_reset_use(
        &self,
        code: &str,
        new: &Secret<String>,
    ) -> Result<SignedIn, StoreError> {
        let mut checks = Checks::default();
        sluice_model::user::check_password(&mut checks, "password", new);
        checks.finish().map_err(StoreError::Invalid)?;
        // Before the hashing, so that a made-up code costs nothing.
        self.password_reset_user(code)?;
        let hashed = password::hash(new)?;
        let at = self.now();
        self.write_aside(|db| {
            let (no, _) = take(db, at, Purpose::Reset, code)?;
            user::set_password(db, no, &hashed)?;
            user::record_everywhere(db, at, no, (AuditAction::Changed, "password"))?;
            session::begin(db, at, no, Place::Last)
        })
    }

    /// Makes a link that signs a user of the workspace in: the one with this address, or the oldest
    /// admin. The session may not leave the workspace, unless whoever asks reaches everywhere.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn sign_in_link_create(
        &self,
        grant: &Grant,
        email: Option<&Email>,
    ) -> Result<Code, StoreError> {
        let confined = (grant.reach != Reach::Everywhere).then_some(grant.workspace);
        let at = self.now();
        self.write_aside(|db| {
            let id = match email {
                Some(email) => by_email(db, grant.workspace, email)?,
                None => user::first_admin(db, grant.workspace)?
                    .ok_or_else(|| StoreError::not_found("user", "admin"))?,
            };
            let (no, _) = user::get(db, grant.workspace, &id)?;
            create(db, at, (Purpose::SignIn, no, confined), &id, grant)
        })
    }

    /// Makes a link that continues the session elsewhere, such as on a phone.
    ///
    /// # Errors
    /// If the database fails.
    pub fn sign_in_link_of(&self, session: &session::Session) -> Result<Code, StoreError> {
        let grant = session.grant();
        let confined = session.is_confined.then_some(grant.workspace);
        let at = self.now();
        self.write_aside(|db| {
            let (no, _) = user::get(db, grant.workspace, &session.user.id)?;
            create(db, at, (Purpose::SignIn, no, confined), &session.user.id, &grant)
        })
    }

    /// Begins a session by a link.
    ///
    /// # Errors
    /// If the code is not valid.
    pub fn sign_in_link_use(&self, code: &str) -> Result<SignedIn, StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let (no, confined) = take(db, at, Purpose::SignIn, code)?;
            session::begin(db, at, no, confined.map_or(Place::Last, Place::Confined))
        })
    }
}

fn create(
    db: &Transaction<'_>,
    at: Timestamp,
    (purpose, user, confined): (Purpose, u64, Option<WorkspaceNo>),
    id: &UserId,
    grant: &Grant,
) -> Result<Code, StoreError> {
    let (code, hash) = secret::fresh();
    let expires_at = at.plus(purpose.age_max());
    db.execute(
        "INSERT INTO one_time_link (hash, purpose, user_no, confined_to, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (hash, purpose.name(), user, confined.map(|no| no.0), expires_at.as_micros()),
    )
    .act("make a link")?;
    let change = Change {
        workspace: grant.workspace,
        action: AuditAction::Created,
        resource: purpose.resource(),
        id: id.as_str(),
        detail: json!({}),
    };
    record(db, at, &grant.actor, &change)?;
    Ok(Code { code, expires_at })
}

/// The user of a link, and the workspace that its session may not leave.
fn find(
    db: &Connection,
    at: Timestamp,
    purpose: Purpose,
    code: &str,
) -> Result<(u64, Option<WorkspaceNo>), StoreError> {
    db.query_row(
        "SELECT user_no, confined_to FROM one_time_link
         WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3",
        (secret::hash(code), purpose.name(), at.as_micros()),
        |row| Ok((row.get(0)?, row.get::<_, Option<u32>>(1)?.map(WorkspaceNo))),
    )
    .optional()
    .act("look for a link")?
    .ok_or(StoreError::Spent { what: purpose.what() })
}

/// As [`find`]; the link does not work again.
fn take(
    db: &Transaction<'_>,
    at: Timestamp,
    purpose: Purpose,
    code: &str,
) -> Result<(u64, Option<WorkspaceNo>), StoreError> {
    let found = find(db, at, purpose, code)?;
    db.execute("DELETE FROM one_time_link WHERE hash = ?1", [secret::hash(code)])
        .act("use a link")?;
    Ok(found)
}

fn by_email(db: &Connection, workspace: WorkspaceNo, email: &Email) -> Result<UserId, StoreError> {
    db.query_row(
        "SELECT id FROM member WHERE workspace_no = ?1 AND email = ?2",
        (workspace.0, email.as_str()),
        |row| row.get(0).map(UserId::new),
    )
    .optional()
    .act("look for a user")?
    .ok_or_else(|| StoreError::not_found("user", email.as_str()))
}

//! Invitations into a workspace: a link that works once, for a week. Nothing mails it; who invites
//! hands it on.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;
use sluice_base::{Secret, Timestamp};
use sluice_event::WorkspaceNo;
use sluice_model::{
    Actor, AuditAction, Credentials, Email, Invite, InviteId, Problem, Role, Workspace,
};

use crate::audit::{Change, record};
use crate::db::{Listed, Page, Store, list, time};
use crate::error::{Act, StoreError};
use crate::session::{self, Place, SignedIn};
use crate::{password, random, secret, user, workspace};

const INVITE_AGE_MAX: Duration = Duration::from_secs(7 * 86_400);

/// An invitation as the invited person sees it.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub invite: Invite,
    pub workspace: Workspace,
    /// The person has an account already, and joins with its password.
    pub has_account: bool,
}

impl Store {
    /// Invitations that nobody has accepted, also expired ones.
    ///
    /// # Errors
    /// If the database fails.
    pub fn invite_list(
        &self,
        workspace: WorkspaceNo,
        page: Page,
    ) -> Result<Listed<Invite>, StoreError> {
        self.read(|db| list(db, ("invite", "TRUE"), workspace, page, invite))
    }

    /// Invites somebody, or the same person anew; the code is in the answer and nowhere else.
    ///
    /// # Errors
    /// If the person is in the workspace already.
    pub fn invite_create(
        &self,
        workspace: WorkspaceNo,
        (email, role): (&Email, Role),
        actor: &Actor,
    ) -> Result<(Invite, Secret<String>), StoreError> {
        let at = self.now();
        let (code, hash) = secret::fresh();
        let id = InviteId::new(random::id());
        let made = self.write_aside(|db| {
            if is_member(db, workspace, email)? {
                let message = format!("`{email}` is in the workspace already");
                return Err(StoreError::Conflict(Problem::new("email", message)));
            }
            let expires_at = at.plus(INVITE_AGE_MAX).as_micros();
            db.execute(
                "INSERT INTO invite (id, workspace_no, email, role, hash, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (workspace_no, email) DO UPDATE SET id = excluded.id,
                 role = excluded.role, hash = excluded.hash, created_at = excluded.created_at,
                 expires_at = excluded.expires_at",
                (
                    id.as_str(),
                    workspace.0,
                    email.as_str(),
                    role.name(),
                    hash,
                    at.as_micros(),
                    expires_at,
                ),
            )
            .act("invite a user")?;
            let detail = json!({ "email": email.as_str(), "role": role });
            let action = AuditAction::Created;
            let change = Change { workspace, action, resource: "invite", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, &id)
        })?;
        Ok((made, code))
    }

    /// # Errors
    /// If the workspace has none of this id.
    pub fn invite_delete(
        &self,
        workspace: WorkspaceNo,
        id: &InviteId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let before = get(db, workspace, id)?;
            db.execute("DELETE FROM invite WHERE id = ?1", [id.as_str()])
                .act("withdraw an invitation")?;
            let detail = json!({ "email": before.email.as_str() });
            let action = AuditAction::Deleted;
            let change = Change { workspace, action, resource: "invite", id: id.as_str(), detail };
            record(db, at, actor, &change)
        })
    }

    /// # Errors
    /// If the code is not valid.
    pub fn invite_find(&self, code: &str) -> Result<Invitation, StoreError> {
        let at = self.now();
        self.read(|db| find(db, at, code))
    }

    /// The invited person joins: with a new account, or with the password of the one they have.
    /// `None` if that password is wrong.
    ///
    /// # Errors
    /// If the code is not valid, or name or password are no good.
    pub fn invite_accept(
        &self,
        code: &str,
        credentials: &Credentials,
    ) -> Result<Option<SignedIn>, StoreError> {
        let invitation = self.invite_find(code)?;
        let known = self.read(|db| user::by_email(db, &invitation.invite.email))?;
        let hashed = match &known {
            Some((_, kept)) if !password::is_right(&credentials.password, Some(kept)) => {
                return Ok(None);
            }
            Some(_) => None,
            None => {
                credentials.check().map_err(StoreError::Invalid)?;
                Some(password::hash(&credentials.password)?)
            }
        };
        let at = self.now();
        self.write_aside(|db| {
            let Invitation { invite, workspace, .. } = find(db, at, code)?;
            let spent = || StoreError::Spent { what: "invitation" };
            let known_now = user::by_email(db, &invite.email)?;
            if known_now != known {
                return Err(spent());
            }
            let no = match (known_now, &hashed) {
                (Some((no, _)), _) => no,
                (None, Some(hashed)) => {
                    user::insert(db, at, (&invite.email, &credentials.name), hashed)?.0
                }
                (None, None) => return Err(spent()),
            };
            user::seat(db, at, workspace.no, no, invite.role)?;
            db.execute("DELETE FROM invite WHERE id = ?1", [invite.id.as_str()])
                .act("use an invitation")?;
            let found = user::find(db, no)?;
            let detail = json!({ "email": invite.email.as_str(), "role": invite.role });
            let actor = user::actor(&found);
            let change = Change {
                workspace: workspace.no,
                action: AuditAction::Created,
                resource: "user",
                id: found.id.as_str(),
                detail,
            };
            record(db, at, &actor, &change)?;
            session::begin(db, at, no, Place::In(workspace.no)).map(Some)
        })
    }
}

fn find(db: &Connection, at: Timestamp, code: &str) -> Result<Invitation, StoreError> {
    let found = db
        .query_row(
            "SELECT * FROM invite WHERE hash = ?1 AND expires_at > ?2",
            (secret::hash(code), at.as_micros()),
            |row| Ok((row.get("workspace_no")?, invite(row))),
        )
        .optional()
        .act("look for an invitation")?;
    let Some((no, found)) = found else { return Err(StoreError::Spent { what: "invitation" }) };
    let invite = found?;
    let has_account = user::by_email(db, &invite.email)?.is_some();
    Ok(Invitation { workspace: workspace::get(db, WorkspaceNo(no))?, invite, has_account })
}

fn get(db: &Connection, workspace: WorkspaceNo, id: &InviteId) -> Result<Invite, StoreError> {
    db.query_row(
        "SELECT * FROM invite WHERE workspace_no = ?1 AND id = ?2",
        (workspace.0, id.as_str()),
        |row| Ok(invite(row)),
    )
    .optional()
    .act("read an invitation")?
    .unwrap_or_else(|| Err(StoreError::not_found("invite", id.as_str())))
}

fn is_member(db: &Connection, workspace: WorkspaceNo, email: &Email) -> Result<bool, StoreError> {
    db.query_row(
        "SELECT EXISTS (SELECT 1 FROM member WHERE workspace_no = ?1 AND email = ?2)",
        (workspace.0, email.as_str()),
        |row| row.get(0),
    )
    .act("look for a user")
}

fn invite(row: &Row<'_>) -> Result<Invite, StoreError> {
    Ok(Invite {
        id: InviteId::new(row.get("id").act("read an invitation")?),
        email: user::email(row)?,
        role: user::role(row)?,
        created_at: time(row, "created_at")?,
        expires_at: time(row, "expires_at")?,
    })
}

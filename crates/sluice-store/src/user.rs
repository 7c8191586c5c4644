//! Users and their places in workspaces. A workspace that has an admin never loses its last one.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde_json::{Value, json};
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;
use sluice_model::{
    Actor, AuditAction, Email, Member, Problem, Role, Seat, User, UserId, WorkspaceId,
};

use crate::audit::{Change, record};
use crate::db::{Listed, Page, Store, list, time};
use crate::error::{Act, StoreError};
use crate::{random, workspace};

/// Whose passwords somebody may replace: that of users who are only in these workspaces. An admin
/// of one workspace must not get into another one through a user of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The operator of the server.
    Everywhere,
    /// The workspaces of which somebody is admin.
    Workspaces(Vec<WorkspaceNo>),
}

impl Store {
    /// # Errors
    /// If the database fails.
    pub fn member_list(
        &self,
        workspace: WorkspaceNo,
        page: Page,
    ) -> Result<Listed<Member>, StoreError> {
        self.read(|db| list(db, ("member", "TRUE"), workspace, page, member))
    }

    /// # Errors
    /// If the workspace has no such user, or loses its last admin.
    pub fn member_change(
        &self,
        workspace: WorkspaceNo,
        id: &UserId,
        role: Role,
        actor: &Actor,
    ) -> Result<Member, StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let (_, before) = get(db, workspace, id)?;
            if role == before.role {
                return Ok(before);
            }
            keep_an_admin(db, workspace, &before)?;
            db.execute(
                "UPDATE membership SET role = ?3 WHERE workspace_no = ?1
                 AND user_no = (SELECT no FROM console_user WHERE id = ?2)",
                (workspace.0, id.as_str(), role.name()),
            )
            .act("change a role")?;
            let detail = json!({ "role": { "from": before.role, "to": role } });
            record_user(db, at, actor, workspace, AuditAction::Changed, id, detail)?;
            get(db, workspace, id).map(|(_, member)| member)
        })
    }

    /// The user leaves the workspace; with the last one the account goes, and every session.
    ///
    /// # Errors
    /// If the workspace has no such user, or loses its last admin.
    pub fn member_delete(
        &self,
        workspace: WorkspaceNo,
        id: &UserId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let (no, before) = get(db, workspace, id)?;
            keep_an_admin(db, workspace, &before)?;
            let pair = (workspace.0, no);
            db.execute("DELETE FROM membership WHERE workspace_no = ?1 AND user_no = ?2", pair)
                .act("remove a user")?;
            db.execute("DELETE FROM session WHERE workspace_no = ?1 AND user_no = ?2", pair)
                .act("end the sessions of a user")?;
            db.execute("DELETE FROM one_time_link WHERE confined_to = ?1 AND user_no = ?2", pair)
                .act("delete the links of a user")?;
            db.execute(
                "DELETE FROM console_user WHERE no = ?1
                 AND NOT EXISTS (SELECT 1 FROM membership WHERE user_no = ?1)",
                [no],
            )
            .act("delete a user")?;
            let detail = json!({ "email": before.user.email.as_str() });
            record_user(db, at, actor, workspace, AuditAction::Deleted, id, detail)
        })
    }
}

/// Whether anybody has an account.
pub(crate) fn any(db: &Connection) -> Result<bool, StoreError> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM console_user)", [], |row| row.get(0))
        .act("look for users")
}

/// Makes a user who is in no workspace yet; gives the number.
pub(crate) fn insert(
    db: &Transaction<'_>,
    at: Timestamp,
    (email, name): (&Email, &str),
    password_hash: &str,
) -> Result<(u64, UserId), StoreError> {
    let id = UserId::new(random::id());
    db.execute(
        "INSERT INTO console_user (id, email, name, password_hash, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (id.as_str(), email.as_str(), name, password_hash, at.as_micros()),
    )
    .act("make a user")?;
    let no = u64::try_from(db.last_insert_rowid()).unwrap_or_default();
    Ok((no, id))
}

/// Gives a user a place in a workspace.
pub(crate) fn seat(
    db: &Transaction<'_>,
    at: Timestamp,
    workspace: WorkspaceNo,
    user: u64,
    role: Role,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO membership (workspace_no, user_no, role, created_at) VALUES (?1, ?2, ?3, ?4)",
        (workspace.0, user, role.name(), at.as_micros()),
    )
    .act("give a user a place")?;
    Ok(())
}

/// All places of a user, oldest workspace first.
pub(crate) fn seats(db: &Connection, user: u64) -> Result<Vec<Seat>, StoreError> {
    let mut query = db
        .prepare_cached(
            "SELECT workspace.*, membership.role FROM membership
             JOIN workspace ON workspace.no = membership.workspace_no
             WHERE membership.user_no = ?1 ORDER BY workspace.no",
        )
        .act("prepare a user's workspaces")?;
    let mut rows = query.query([user]).act("read a user's workspaces")?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().act("read a user's workspaces")? {
        all.push(Seat { workspace: workspace::workspace(row)?, role: role(row)? });
    }
    Ok(all)
}

/// The number of the user with this address, and the hash of the password.
pub(crate) fn by_email(
    db: &Connection,
    email: &Email,
) -> Result<Option<(u64, String)>, StoreError> {
    db.query_row(
        "SELECT no, password_hash FROM console_user WHERE email = ?1",
        [email.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .optional()
    .act("look for a user")
}

/// A user of the workspace, by number and as the workspace sees them.
pub(crate) fn get(
    db: &Connection,
    workspace: WorkspaceNo,
    id: &UserId,
) -> Result<(u64, Member), StoreError> {
    db.query_row(
        "SELECT * FROM member WHERE workspace_no = ?1 AND id = ?2",
        (workspace.0, id.as_str()),
        |row| Ok(row.get("user_no").act("read a user").and_then(|no| Ok((no, member(row)?)))),
    )
    .optional()
    .act("read a user")?
    .unwrap_or_else(|| Err(StoreError::not_found("user", id.as_str())))
}

/// A new password ends every session and every link of the user.
pub(crate) fn set_password(
    db: &Transaction<'_>,
    user: u64,
    password_hash: &str,
) -> Result<(), StoreError> {
    db.execute("UPDATE console_user SET password_hash = ?2 WHERE no = ?1", (user, password_hash))
        .act("set a password")?;
    db.execute("DELETE FROM session WHERE user_no = ?1", [user]).act("end a user's sessions")?;
    db.execute("DELETE FROM one_time_link WHERE user_no = ?1", [user])
        .act("delete a user's links")?;
    Ok(())
}

/// Writes the same entry into the trail of each workspace of the user.
pub(crate) fn record_everywhere(
    db: &Transaction<'_>,
    at: Timestamp,
    user: u64,
    (action, resource): (AuditAction, &'static str),
) -> Result<(), StoreError> {
    let found = find(db, user)?;
    let actor = actor(&found);
    for seat in seats(db, user)? {
        let change = Change {
            workspace: seat.workspace.no,
            action,
            resource,
            id: found.id.as_str(),
            detail: json!({}),
        };
        record(db, at, &actor, &change)?;
    }
    Ok(())
}

pub(crate) fn actor(user: &User) -> Actor {
    Actor { id: format!("user:{}", user.id), name: user.name.clone() }
}

pub(crate) fn record_user(
    db: &Transaction<'_>,
    at: Timestamp,
    actor: &Actor,
    workspace: WorkspaceNo,
    action: AuditAction,
    id: &UserId,
    detail: Value,
) -> Result<(), StoreError> {
    let change = Change { workspace, action, resource: "user", id: id.as_str(), detail };
    record(db, at, actor, &change)
}

pub(crate) fn find(db: &Connection, no: u64) -> Result<User, StoreError> {
    db.query_row("SELECT * FROM console_user WHERE no = ?1", [no], |row| Ok(user(row)))
        .optional()
        .act("read a user")?
        .unwrap_or_else(|| Err(StoreError::not_found("user", &no.to_string())))
}

/// The oldest admin of a workspace, whom a link without a name is for.
pub(crate) fn first_admin(
    db: &Connection,
    workspace: WorkspaceNo,
) -> Result<Option<UserId>, StoreError> {
    db.query_row(
        "SELECT id FROM member WHERE workspace_no = ?1 AND role = 'admin' ORDER BY no LIMIT 1",
        [workspace.0],
        |row| row.get(0).map(UserId::new),
    )
    .optional()
    .act("look for an admin")
}

fn keep_an_admin(
    db: &Connection,
    workspace: WorkspaceNo,
    leaving: &Member,
) -> Result<(), StoreError> {
    let admins: u64 = db
        .query_row(
            "SELECT count(*) FROM membership WHERE workspace_no = ?1 AND role = 'admin'",
            [workspace.0],
            |row| row.get(0),
        )
        .act("count the admins")?;
    if leaving.role == Role::Admin && admins == 1 {
        let message = "is the last admin of the workspace; make somebody else admin first";
        return Err(StoreError::Conflict(Problem::new("", message)));
    }
    Ok(())
}

fn user(row: &Row<'_>) -> Result<User, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a user");
    Ok(User {
        id: UserId::new(text("id")?),
        email: email(row)?,
        name: text("name")?,
        created_at: time(row, "created_at")?,
    })
}

fn member(row: &Row<'_>) -> Result<Member, StoreError> {
    let signed_in: Option<i64> = row.get("signed_in_at").act("read a user")?;
    Ok(Member {
        user: user(row)?,
        role: role(row)?,
        signed_in_at: signed_in.map(Timestamp::from_micros),
    })
}

pub(crate) fn email(row: &Row<'_>) -> Result<Email, StoreError> {
    let text: String = row.get("email").act("read an email")?;
    Email::parse(&text).map_err(|problem| StoreError::Damaged(problem.to_string()))
}

pub(crate) fn role(row: &Row<'_>) -> Result<Role, StoreError> {
    let name: String = row.get("role").act("read a role")?;
    Role::from_name(&name).ok_or_else(|| StoreError::Damaged(format!("unknown role `{name}`")))
}

/// Whether every workspace of the user is within reach.
pub(crate) fn is_within(db: &Connection, user: u64, reach: &Reach) -> Result<bool, StoreError> {
    match reach {
        Reach::Everywhere => Ok(true),
        Reach::Workspaces(own) => {
            Ok(seats(db, user)?.iter().all(|seat| own.contains(&seat.workspace.no)))
        }
    }
}

/// The place that has this id.
pub(crate) fn seat_of(seats: &[Seat], id: &WorkspaceId) -> Result<Seat, StoreError> {
    let found = seats.iter().find(|seat| seat.workspace.id == *id);
    found.cloned().ok_or_else(|| StoreError::not_found("workspace", id.as_str()))
}

//! API tokens. The token itself is shown once and never kept.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;
use sluice_base::Secret;
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, ApiToken, AuditAction, NewApiToken, Problem, Role, TokenId};

use crate::audit::{Change, record};
use crate::db::{Listed, Page, Store, list, time};
use crate::error::{Act, StoreError};
use crate::random;
use crate::secret::{SecretHash, hash};
use crate::user::Reach;

/// What a token begins with, so that secret scanners and people know it.
pub const TOKEN_PREFIX: &str = "slu_";
/// Random characters after the prefix.
pub const TOKEN_CHARS: usize = 40;

/// What the bearer of a token, or a signed-in person, may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub workspace: WorkspaceNo,
    pub role: Role,
    pub actor: Actor,
    pub reach: Reach,
}

impl Store {
    /// What the bearer of `token` may do; `None` if it is not valid. Never blocks on the database.
    #[must_use]
    pub fn token_grant(&self, token: &str) -> Option<Grant> {
        self.0.grants.read().get(&hash(token)).cloned()
    }

    /// Accepts a token that the operator chose, with the role admin, until the server stops. It is
    /// not kept.
    ///
    /// # Errors
    /// If it is blank.
    pub fn token_accept(
        &self,
        workspace: WorkspaceNo,
        token: &Secret<String>,
    ) -> Result<(), StoreError> {
        let token = token.expose();
        if token.trim().is_empty() || token.chars().any(char::is_whitespace) {
            let message = "must not be blank or hold white space";
            return Err(StoreError::Invalid(vec![Problem::new("SLUICE_ADMIN_TOKEN", message)]));
        }
        let actor =
            Actor { id: "token:environment".to_owned(), name: "SLUICE_ADMIN_TOKEN".to_owned() };
        let reach = Reach::Everywhere;
        let grant = Grant { workspace, role: Role::Admin, actor, reach };
        self.0.grants.write().insert(hash(token), grant);
        Ok(())
    }

    /// # Errors
    /// If the database fails.
    pub fn token_list(
        &self,
        workspace: WorkspaceNo,
        page: Page,
    ) -> Result<Listed<ApiToken>, StoreError> {
        self.read(|db| list(db, ("api_token", "revoked_at IS NULL"), workspace, page, token))
    }

    /// # Errors
    /// If the workspace has none of this id.
    pub fn token_get(&self, workspace: WorkspaceNo, id: &TokenId) -> Result<ApiToken, StoreError> {
        self.read(|db| get(db, workspace, id))
    }

    /// Makes a token; the secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// If it is no good.
    pub fn token_create(
        &self,
        workspace: WorkspaceNo,
        new: &NewApiToken,
        actor: &Actor,
    ) -> Result<(ApiToken, Secret<String>), StoreError> {
        new.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        let chars = random::text(TOKEN_CHARS);
        let secret = format!("{TOKEN_PREFIX}{chars}");
        let id = TokenId::new(random::id());
        let made = self.write(|db| {
            let last4 = &chars[TOKEN_CHARS - 4..];
            db.execute(
                "INSERT INTO api_token (id, workspace_no, name, role, hash, last4, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    id.as_str(),
                    workspace.0,
                    &new.name,
                    new.role.name(),
                    hash(&secret),
                    last4,
                    at.as_micros(),
                ),
            )
            .act("make a token")?;
            let action = AuditAction::Created;
            let detail = json!({ "name": new.name, "role": new.role });
            let change = Change { workspace, action, resource: "token", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, &id)
        })?;
        Ok((made, Secret::new(secret)))
    }

    /// Revokes a token at once and for ever.
    ///
    /// # Errors
    /// If the workspace has none of this id.
    pub fn token_delete(
        &self,
        workspace: WorkspaceNo,
        id: &TokenId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            let before = get(db, workspace, id)?;
            db.execute(
                "UPDATE api_token SET revoked_at = ?2 WHERE id = ?1",
                (id.as_str(), at.as_micros()),
            )
            .act("revoke a token")?;
            let action = AuditAction::Deleted;
            let detail = json!({ "name": before.name });
            let change = Change { workspace, action, resource: "token", id: id.as_str(), detail };
            record(db, at, actor, &change)
        })
    }
}

/// All valid kept tokens by their hash.
pub(crate) fn grants(db: &Connection) -> Result<Vec<(SecretHash, Grant)>, StoreError> {
    let mut query = db
        .prepare_cached("SELECT * FROM api_token WHERE revoked_at IS NULL")
        .act("prepare the tokens")?;
    let mut rows = query.query([]).act("read the tokens")?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().act("read the tokens")? {
        let found = token(row)?;
        let actor = Actor { id: format!("token:{}", found.id), name: found.name };
        let (workspace, role) = (found.workspace, found.role);
        let admin_of = (role == Role::Admin).then_some(workspace);
        let reach = Reach::Workspaces(admin_of.into_iter().collect());
        let grant = Grant { workspace, role, actor, reach };
        all.push((row.get("hash").act("read a token")?, grant));
    }
    Ok(all)
}

fn get(db: &Connection, workspace: WorkspaceNo, id: &TokenId) -> Result<ApiToken, StoreError> {
    db.query_row(
        "SELECT * FROM api_token WHERE workspace_no = ?1 AND id = ?2 AND revoked_at IS NULL",
        (workspace.0, id.as_str()),
        |row| Ok(token(row)),
    )
    .optional()
    .act("read a token")?
    .unwrap_or_else(|| Err(StoreError::not_found("token", id.as_str())))
}

fn token(row: &Row<'_>) -> Result<ApiToken, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a token");
    let role = text("role")?;
    Ok(ApiToken {
        id: TokenId::new(text("id")?),
        workspace: WorkspaceNo(row.get("workspace_no").act("read a token")?),
        name: text("name")?,
        role: Role::from_name(&role)
            .ok_or_else(|| StoreError::Damaged(format!("unknown role `{role}`")))?,
        last4: text("last4")?,
        created_at: time(row, "created_at")?,
    })
}

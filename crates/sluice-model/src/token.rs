//! An API token: a secret for the REST API with a role. Only its hash is kept.

use serde::{Deserialize, Serialize};
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;

use crate::check::{Checks, Problem, text_id};

text_id!(
    /// Public id of an API token (not the secret).
    TokenId
);

/// What a token or user may do; each role may all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads and asks.
    Viewer,
    /// Also changes sources, destinations, insights.
    Editor,
    /// Also changes the workspace and its tokens.
    Admin,
}

impl Role {
    pub const ALL: &[Self] = &[Self::Viewer, Self::Editor, Self::Admin];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// Whether this role may do what asks for `needed`.
    #[must_use]
    pub fn may(self, needed: Self) -> bool {
        self >= needed
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: TokenId,
    pub workspace: WorkspaceNo,
    pub name: String,
    pub role: Role,
    /// The last four characters of the secret, so that its owner recognises it.
    pub last4: String,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiToken {
    pub name: String,
    pub role: Role,
}

impl NewApiToken {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("name", &self.name);
        checks.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_what_lower_roles_may_and_no_more() {
        for (index, role) in Role::ALL.iter().enumerate() {
            assert_eq!(Role::from_name(role.name()), Some(*role));
            for (other, needed) in Role::ALL.iter().enumerate() {
                assert_eq!(role.may(*needed), index >= other);
            }
        }
    }
}

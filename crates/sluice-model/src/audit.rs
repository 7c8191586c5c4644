//! The audit trail: who changed what in the configuration, and when.

use serde::{Deserialize, Serialize};
use sluice_base::Timestamp;

/// Who asks for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `user:<id>`, `token:<id>`, or `server` for what the program does by itself.
    pub id: String,
    /// As people know it, such as the name of the user or the token.
    pub name: String,
}

impl Actor {
    /// The program itself, as on its first start.
    #[must_use]
    pub fn server() -> Self {
        Self { id: "server".to_owned(), name: "Sluice".to_owned() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditAction {
    Created,
    Changed,
    Deleted,
    Restored,
}

impl AuditAction {
    pub const ALL: &[Self] = &[Self::Created, Self::Changed, Self::Deleted, Self::Restored];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}

/// One change. `detail` tells what changed, without secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Counts up within the server; also the order.
    pub no: u64,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: AuditAction,
    /// `source`, `write_key`, `destination`, `connection`, `token`, `insight`, `annotation`,
    /// `workspace`, `user`, `password`, `session`, `invite`, `password_reset`, `sign_in_link` or
    /// `person` (of erasures).
    pub resource: String,
    pub resource_id: String,
    pub detail: serde_json::Value,
}

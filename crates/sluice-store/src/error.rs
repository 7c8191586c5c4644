//! The one error type of the store.

use std::path::PathBuf;

use sluice_model::Problem;

/// What a caller needs to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked for breaks a rule; nothing was kept.
    Invalid,
    NotFound,
    /// It collides with something that exists.
    Conflict,
    /// The store itself failed.
    Internal,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    #[error("no {what} with the id `{id}`")]
    NotFound { what: &'static str, id: String },
    /// The text does not repeat the code.
    #[error("this {what} does not work: it was used, has expired, or never existed")]
    Spent { what: &'static str },
    #[error("{0}")]
    Conflict(Problem),
    #[error("cannot {act}")]
    Sqlite {
        act: &'static str,
        #[source]
        source: rusqlite::Error,
    },
    #[error("cannot {act} {}", path.display())]
    File {
        act: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The file is not ours, is damaged, or comes from a newer version. The text gives advice.
    #[error("{0}")]
    Unusable(String),
    #[error("a kept record cannot be read: {0}")]
    Damaged(String),
    #[error("the store was stopped while it worked")]
    Stopped,
}

impl StoreError {
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::NotFound { .. } | Self::Spent { .. } => ErrorKind::NotFound,
            Self::Conflict(_) => ErrorKind::Conflict,
            Self::Sqlite { .. }
            | Self::File { .. }
            | Self::Unusable(_)
            | Self::Damaged(_)
            | Self::Stopped => ErrorKind::Internal,
        }
    }

    pub(crate) fn not_found(what: &'static str, id: &str) -> Self {
        Self::NotFound { what, id: id.to_owned() }
    }
}

/// Names the failed act of a call to SQLite.
pub(crate) trait Act<T> {
    fn act(self, act: &'static str) -> Result<T, StoreError>;
}

impl<T> Act<T> for Result<T, rusqlite::Error> {
    fn act(self, act: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Sqlite { act, source })
    }
}

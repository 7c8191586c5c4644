//! What can go wrong with the identity map.

use std::path::PathBuf;

use sluice_event::{CodecError, MergeId};

/// What a caller can do about an [`IdentityError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request named something that is not there, or not any more.
    NotFound,
    /// The store failed or holds what it should not: delete its folder, it is rebuilt from the log.
    Broken,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("cannot open the identity map at {}", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: fjall::Error,
    },
    #[error("the store of the identity map failed")]
    Store(#[from] fjall::Error),
    #[error("the index of identifiers failed")]
    Ids(#[from] std::io::Error),
    #[error("the identity map holds a record that cannot be read")]
    Record(#[from] CodecError),
    #[error("the identity map lacks node {0}, which another record names")]
    MissingNode(u64),
    #[error("there is no merge {}", .0.0)]
    UnknownMerge(MergeId),
    #[error("merge {} is undone already", .0.0)]
    AlreadyUndone(MergeId),
}

impl IdentityError {
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownMerge(_) | Self::AlreadyUndone(_) => ErrorKind::NotFound,
            Self::Open { .. }
            | Self::Store(_)
            | Self::Ids(_)
            | Self::Record(_)
            | Self::MissingNode(_) => ErrorKind::Broken,
        }
    }
}

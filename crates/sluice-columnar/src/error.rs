//! What can go wrong in the analytics store.

use std::io;
use std::path::PathBuf;

use sluice_event::CodecError;

#[derive(Debug, thiserror::Error)]
pub enum ColumnarError {
    /// The disk refused. After a failed write or sync the store refuses further work (I1).
    #[error("cannot {act} {}", path.display())]
    Io {
        act: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is damaged: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error("{} has format version {found}, this Sluice reads {known}; was it written by a newer Sluice?", path.display())]
    Version { path: PathBuf, found: u8, known: u8 },
    /// Arrow refused what we gave it to encode.
    #[error("cannot encode a column")]
    Encode(#[from] arrow_schema::ArrowError),
    #[error("the store stopped after an earlier failure; open it again")]
    Stopped,
    #[error("the batch cannot be read")]
    Batch(#[from] CodecError),
}

/// What a caller can do about a [`ColumnarError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Bytes on disk are not what was written.
    DataLoss,
    /// The disk or an earlier failure stands in the way; open again.
    Unavailable,
    /// A fault of this program or of the input.
    Internal,
}

impl ColumnarError {
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Damaged { .. } | Self::Version { .. } => ErrorKind::DataLoss,
            Self::Io { .. } | Self::Stopped => ErrorKind::Unavailable,
            Self::Encode(_) | Self::Batch(_) => ErrorKind::Internal,
        }
    }

    pub(crate) fn io(
        act: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { act, path, source }
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.into(), what: what.into() }
    }
}

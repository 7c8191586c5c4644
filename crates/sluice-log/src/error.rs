//! What can go wrong with a log.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What a caller can do about a [`LogError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// No room now: too much waits for the disk, or the volume runs short. Try later.
    Full,
    /// The log takes no more entries; the server must stop. Never try again.
    Stopped,
    /// The offset was dropped by retention.
    Dropped,
    /// The entry can never be taken.
    TooLarge,
    /// Bytes below the synced end do not hold what was written.
    DataLoss,
    /// The disk answered an error to a reader or at opening.
    Io,
}

/// A failed act on a log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    #[error("{pending_bytes} bytes wait for the disk already")]
    Pending { pending_bytes: usize },
    #[error("the volume has only {free_bytes} bytes free")]
    DiskFull { free_bytes: u64 },
    #[error("the log is stopped: {reason}")]
    Stopped { reason: Arc<str> },
    #[error("offset {offset} was dropped; the oldest kept is {first}")]
    Dropped { offset: u64, first: u64 },
    #[error("an entry of {bytes} bytes is over the limit of {max}")]
    TooLarge { bytes: usize, max: usize },
    #[error("log segment {} is corrupt at byte {at}: {what}", path.display())]
    Corrupt { path: PathBuf, at: u64, what: String },
    #[error("cannot {act} {}", path.display())]
    Io {
        act: &'static str,
        path: PathBuf,
        #[source]
        source: Arc<io::Error>,
    },
}

impl LogError {
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Pending { .. } | Self::DiskFull { .. } => ErrorKind::Full,
            Self::Stopped { .. } => ErrorKind::Stopped,
            Self::Dropped { .. } => ErrorKind::Dropped,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Corrupt { .. } => ErrorKind::DataLoss,
            Self::Io { .. } => ErrorKind::Io,
        }
    }

    pub(crate) fn io(
        act: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { act, path, source: Arc::new(source) }
    }

    pub(crate) fn corrupt(path: impl Into<PathBuf>, at: u64, what: impl Into<String>) -> Self {
        Self::Corrupt { path: path.into(), at, what: what.into() }
    }
}

//! What can go wrong with delivery itself; a peer that fails is not an error but an outcome.

use std::io;

use sluice_event::CodecError;
use sluice_log::LogError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no such connection.
    NotFound,
    /// Durable data does not hold what was written.
    DataLoss,
    /// The disk or the log failed, or the server is stopping.
    Unavailable,
}

#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    #[error("there is no connection `{id}`")]
    NoConnection { id: String },
    #[error("delivery is stopping")]
    Stopping,
    #[error("cannot start the threads of delivery")]
    Runtime(#[source] io::Error),
    #[error("cannot read or write the files of connection `{id}`")]
    Files {
        id: String,
        #[source]
        source: io::Error,
    },
    #[error("the record at offset {offset} of the events log cannot be read")]
    Record {
        offset: u64,
        #[source]
        source: CodecError,
    },
    #[error("the events log failed")]
    Log(#[from] LogError),
}

impl DeliveryError {
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoConnection { .. } => ErrorKind::NotFound,
            Self::Record { .. } => ErrorKind::DataLoss,
            Self::Files { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                ErrorKind::DataLoss
            }
            Self::Stopping | Self::Runtime(_) | Self::Files { .. } | Self::Log(_) => {
                ErrorKind::Unavailable
            }
        }
    }
}

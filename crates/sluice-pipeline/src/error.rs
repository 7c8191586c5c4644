//! What can go wrong in the pipeline.

use std::io;

use sluice_event::CodecError;
use sluice_log::LogError;
use sluice_profiles::IdentityError;

/// What a caller can do about a [`PipelineError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request named something that is not there, or not any more.
    NotFound,
    /// The pipeline is not running; try again later.
    Unavailable,
    /// The log holds what it must not. Never try again; a person should look.
    DataLoss,
    /// The pipeline must stop and be opened anew.
    Broken,
}

#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error("a log failed under the pipeline")]
    Log(#[from] LogError),
    #[error("a record of the {log} log at offset {offset} cannot be read")]
    Record {
        log: &'static str,
        offset: u64,
        #[source]
        source: CodecError,
    },
    #[error("the deduplication index failed")]
    Dedupe(#[source] io::Error),
    #[error("the identity map failed")]
    Identity(#[from] IdentityError),
    #[error(
        "the events log gave offset {found} where {expected} was due: something else writes to it"
    )]
    ForeignWriter { expected: u64, found: u64 },
    #[error("the pipeline is not running")]
    Stopped,
}

impl PipelineError {
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Identity(error) => match error.kind() {
                sluice_profiles::ErrorKind::NotFound => ErrorKind::NotFound,
                sluice_profiles::ErrorKind::Broken => ErrorKind::Broken,
            },
            Self::Stopped => ErrorKind::Unavailable,
            Self::Record { .. } | Self::ForeignWriter { .. } => ErrorKind::DataLoss,
            Self::Log(_) | Self::Dedupe(_) => ErrorKind::Broken,
        }
    }
}

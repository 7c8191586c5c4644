//! Why a question has no answer.

use sluice_columnar::ColumnarError;
use sluice_filter::FilterError;
use sluice_log::LogError;

#[derive(Debug, thiserror::Error)]
pub enum InsightError {
    /// The question cannot be asked; the text says why.
    #[error("{0}")]
    Invalid(String),
    #[error("a filter cannot be used: {0}")]
    Filter(#[from] FilterError),
    /// More series than memory is set aside for.
    #[error("the breakdown has more than {limit} groups; add a filter or split by something else")]
    TooManyGroups { limit: usize },
    /// A property with more distinct values than memory is set aside for.
    #[error(
        "the property `{property}` has more than {limit} values among the events that are counted; \
         add a filter, take a shorter range or another property"
    )]
    TooManyPropertyValues { property: String, limit: usize },
    /// A measure that must keep more distinct values than memory is set aside for.
    #[error(
        "the measure has more than {limit} values to keep; take a shorter range or add a filter"
    )]
    TooManyValues { limit: usize },
    /// An answer that would be larger than memory is set aside for.
    #[error(
        "the answer would have more than {limit} numbers; take fewer groups (`groups_max`), \
         longer intervals or a shorter range"
    )]
    TooManyNumbers { limit: usize },
    /// The queue of questions is full; ask again later.
    #[error("too many questions are waiting")]
    Busy,
    /// Nobody waits for the answer any more.
    #[error("the question was cancelled")]
    Cancelled,
    #[error("analytics has stopped")]
    Stopped,
    #[error("the analytics store failed")]
    Store(#[from] ColumnarError),
    #[error("the events log failed")]
    Log(#[from] LogError),
    #[error("an entry of the events log does not read")]
    Decode(#[from] sluice_event::CodecError),
    #[error("the saved cohorts cannot be read: {0}")]
    Cohorts(String),
    #[error("a thread of analytics panicked; the server's log tells where")]
    Panicked,
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

/// What a caller can do about an [`InsightError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Ask differently.
    Invalid,
    /// Ask later.
    Busy,
    Cancelled,
    /// The store or the log failed; see the server's log.
    Unavailable,
}

impl InsightError {
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_)
            | Self::Filter(_)
            | Self::TooManyGroups { .. }
            | Self::TooManyPropertyValues { .. }
            | Self::TooManyNumbers { .. }
            | Self::TooManyValues { .. } => ErrorKind::Invalid,
            Self::Busy => ErrorKind::Busy,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Stopped
            | Self::Panicked
            | Self::Store(_)
            | Self::Cohorts(_)
            | Self::Log(_)
            | Self::Decode(_)
            | Self::Thread(_) => ErrorKind::Unavailable,
        }
    }
}

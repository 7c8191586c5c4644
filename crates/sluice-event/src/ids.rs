//! Names of things as they stand in the logs. Small numbers where the log repeats them.

use std::fmt;
use std::sync::Arc;

/// Place of a record in a log: counts up by one per record, never reused. Opaque outside the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

impl Offset {
    #[must_use]
    pub const fn plus(self, records: u64) -> Self {
        Self(self.0 + records)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A workspace's number; each workspace has logs, people and parts of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceNo(pub u32);

/// A source's number within the server, given once by the store and never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceNo(pub u32);

/// A person (profile). Zero means nobody. The number is the offset of the event that created the
/// person plus one, so an older person has a smaller number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub u64);

impl PersonId {
    pub const NOBODY: Self = Self(0);

    #[must_use]
    pub const fn is_nobody(self) -> bool {
        self.0 == 0
    }
}

/// A merge of two people. The number is `offset * 128 + k`, where `offset` is that of the event that
/// caused the merge and `k` counts the merges of that one event from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MergeId(pub u64);

/// A group (account) as the sender names it.
pub type GroupId = Arc<str>;

/// An identifier of a person: its type (`user_id`, `anonymous_id`, `email`, …) and value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId {
    pub kind: Arc<str>,
    pub value: Arc<str>,
}

impl ExternalId {
    #[must_use]
    pub fn new(kind: &str, value: &str) -> Self {
        Self { kind: kind.into(), value: value.into() }
    }
}

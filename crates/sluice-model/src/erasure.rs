//! Somebody's wish to be forgotten.

use sluice_base::Timestamp;

/// Longest name of who asked, in characters.
pub const REQUESTER_CHARS_MAX: usize = 200;

/// A person who is erased, or is about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The number they had.
    pub person: u64,
    /// Who asked, as they call themselves.
    pub requester: String,
    pub requested_at: Timestamp,
    /// When nothing was left; absent while something may be.
    pub finished_at: Option<Timestamp>,
}

//! One entry as readers get it.

use bytes::Bytes;
use sluice_base::Timestamp;

/// An entry of the log. It takes the offsets `base .. base + offsets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub base: u64,
    pub offsets: u64,
    /// What the payload is; the log does not care.
    pub kind: u8,
    /// When the group with this entry was written; never decreases along the log.
    pub written_at: Timestamp,
    /// Shares memory with its group; copy what is kept for long.
    pub payload: Bytes,
}

impl Entry {
    /// The offset after this entry.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.base + self.offsets
    }
}

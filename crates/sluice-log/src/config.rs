//! What one log is told when it is opened.

use std::time::Duration;

/// Who writes and syncs the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitMode {
    /// One committer thread; appenders never wait for the disk.
    Thread,
    /// No thread and no real time, for the simulation: appended entries wait in memory until a
    /// ticket is waited for (or awaited) or [`Log::flush`](crate::Log::flush) is called; the caller
    /// then writes and syncs all of them as one group.
    Inline,
}

/// What [`Log::retain`](crate::Log::retain) may drop; `None` is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Sealed segments whose youngest entry is older than this.
    pub age: Option<Duration>,
    /// The oldest sealed segments while the log takes more than this on disk.
    pub bytes: Option<u64>,
}

/// Settings of one log. Start from [`LogConfig::default`].
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A segment is sealed once it holds this much.
    pub segment_bytes: u64,
    /// Level of zstd for the body of a block; 0 stores it as it is.
    pub zstd_level: i32,
    pub commit: CommitMode,
    pub retention: Retention,
    /// Entries that wait for the disk; beyond it [`Log::append`](crate::Log::append) answers
    /// [`Full`](crate::ErrorKind::Full).
    pub pending_bytes_max: usize,
    /// A group is closed at this size (before compression); one group is one write and one sync.
    pub group_bytes: usize,
    /// A group that only [`Log::gather`](crate::Log::gather) filled is committed at this age at the
    /// latest.
    pub gather: Duration,
    /// Committed groups kept in memory for readers at the tail.
    pub recent_bytes_max: usize,
    /// The file is filled with zeros this far ahead, so that most syncs write data only and do not
    /// wait for the file system's journal. Groups larger than this are appended without.
    pub preallocate_bytes: usize,
    /// Below this much free space on the volume an append answers [`Full`](crate::ErrorKind::Full).
    pub reserve_bytes: u64,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 128 << 20,
            zstd_level: 1,
            commit: CommitMode::Thread,
            retention: Retention::default(),
            pending_bytes_max: 32 << 20,
            group_bytes: 1 << 20,
            gather: Duration::from_micros(250),
            recent_bytes_max: 8 << 20,
            preallocate_bytes: 1 << 20,
            reserve_bytes: 512 << 20,
        }
    }
}

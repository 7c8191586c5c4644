//! The durable log: append-only segments, group commit, recovery, retention, rewrite.
//!
//! Entries are opaque bytes with a kind; what they mean is not here. One log has one writer, its
//! committer; any number of appenders and readers share it.
//!
//! What it promises: an entry whose ticket answered `Ok` is on disk and stays there; readers see
//! only such entries, in order, without a gap; an offset once readable never holds another entry.
//! After a failed write or sync nothing is tried again and the log is stopped for good.
//!
//! Formats: `block.rs` (one group commit) and `segment.rs` (a file of them).

mod block;
mod commit;
mod config;
mod entry;
mod error;
mod log;
mod outcome;
mod queue;
mod reader;
mod recent;
mod recover;
mod segment;
mod upkeep;

pub use config::{CommitMode, LogConfig, Retention};
pub use entry::Entry;
pub use error::{ErrorKind, LogError};
pub use log::Log;
pub use outcome::Ticket;
pub use reader::LogReader;
pub use upkeep::Replace;

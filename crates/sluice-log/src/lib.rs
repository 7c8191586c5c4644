//! The durable log: append-only segments, group commit, recovery, retention.

mod config;
mod entry;
mod error;
mod log;

pub use config::{CommitMode, LogConfig, Retention};
pub use entry::Entry;
pub use error::{ErrorKind, LogError};
pub use log::{Log, LogReader, Ticket};

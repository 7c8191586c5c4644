//! The handle of a log.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluice_base::{Clock, Disk, Timestamp};
use tokio::sync::watch;

use crate::{Entry, LogConfig, LogError};

#[derive(Clone)]
pub struct Log {}

impl Log {
    pub fn open(_disk: Arc<dyn Disk>, _dir: PathBuf, _config: LogConfig, _clock: Arc<dyn Clock>) -> Result<Self, LogError> { unimplemented!() }
    pub fn append(&self, _kind: u8, _offsets: u64, _payload: &[u8]) -> Result<Ticket, LogError> { unimplemented!() }
    pub fn append_durable(&self, _kind: u8, _offsets: u64, _payload: &[u8]) -> Result<u64, LogError> { unimplemented!() }
    /// Writes and syncs all that waits (Inline mode), or waits until the committer did (Thread).
    pub fn flush(&self) -> Result<(), LogError> { unimplemented!() }
    pub fn first(&self) -> u64 { unimplemented!() }
    pub fn synced(&self) -> u64 { unimplemented!() }
    pub fn watch(&self) -> watch::Receiver<u64> { unimplemented!() }
    pub fn wait_past(&self, _offset: u64, _timeout: Duration) -> bool { unimplemented!() }
    pub fn reader(&self, _from: u64) -> LogReader { unimplemented!() }
    pub fn entry_at(&self, _offset: u64) -> Result<Option<Entry>, LogError> { unimplemented!() }
    pub fn offset_at(&self, _at: Timestamp) -> Result<u64, LogError> { unimplemented!() }
    pub fn retain(&self, _keep_from: u64) -> Result<u64 /* bytes dropped */, LogError> { unimplemented!() }
    pub fn rewrite(&self, _below: u64, _f: &mut dyn FnMut(&Entry) -> Option<Vec<u8>>) -> Result<u64 /* entries replaced */, LogError> { unimplemented!() }
    /// Seals the segment being written, so that `rewrite` and `retain` reach it.
    pub fn roll(&self) -> Result<(), LogError> { unimplemented!() }
    pub fn disk_bytes(&self) -> u64 { unimplemented!() }
    /// `Err(Stopped)` once a write or sync failed: the server must stop.
    pub fn health(&self) -> Result<(), LogError> { unimplemented!() }
    /// Resolves when the log has failed (never after a plain `stop`).
    pub async fn failed(&self) -> LogError { std::future::pending().await }
    pub fn stop(&self) { unimplemented!() }
}

pub struct Ticket {}

impl Ticket {
    pub fn base(&self) -> u64 { unimplemented!() }
    pub async fn durable(self) -> Result<(), LogError> { std::future::pending().await }
    pub fn wait(self) -> Result<(), LogError> { unimplemented!() }
}

pub struct LogReader {}

impl LogReader {
    /// Gives the entry that holds the position, then each following one; `None` = caught up.
    pub fn next(&mut self) -> Result<Option<Entry>, LogError> { unimplemented!() }
    /// Offset of what `next` gives next.
    pub fn position(&self) -> u64 { unimplemented!() }
    pub fn seek(&mut self, _to: u64) { unimplemented!() }
}

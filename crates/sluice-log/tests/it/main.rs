//! The log as its users see it, on the simulated and on the real disk.

#![expect(clippy::unwrap_used, reason = "tests")]

mod basics;
mod concurrency;
mod frozen;
mod recovery;
mod simulation;

use std::path::Path;
use std::sync::Arc;

use sluice_base::{CrashDisk, ManualClock, Timestamp};
use sluice_log::{CommitMode, Entry, Log, LogConfig, LogError, LogReader};

const DIR: &str = "/data/received";

/// Small in everything, so that a test meets every border.
fn small() -> LogConfig {
    LogConfig {
        segment_bytes: 4 << 10,
        zstd_level: 0,
        commit: CommitMode::Inline,
        pending_bytes_max: 64 << 10,
        group_bytes: 2 << 10,
        recent_bytes_max: 4 << 10,
        preallocate_bytes: 2 << 10,
        reserve_bytes: 0,
        ..LogConfig::default()
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_secs(1_000)))
}

fn open(disk: &CrashDisk, config: &LogConfig) -> Result<Log, LogError> {
    Log::open(Arc::new(disk.clone()), DIR, config.clone(), clock())
}

fn read_all(reader: &mut LogReader) -> Vec<Entry> {
    std::iter::from_fn(|| reader.next().unwrap()).collect()
}

fn payloads(log: &Log, from: u64) -> Vec<Vec<u8>> {
    read_all(&mut log.reader(from)).into_iter().map(|entry| entry.payload.to_vec()).collect()
}

/// The only or last segment file.
fn last_segment(disk: &CrashDisk) -> std::path::PathBuf {
    use sluice_base::Disk;
    let names = disk.list(Path::new(DIR)).unwrap();
    Path::new(DIR).join(names.iter().rfind(|name| name.ends_with(".log")).unwrap())
}

//! From the events log into parts, and from many small parts to few large ones.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sluice_base::priority::{self, Load};
use sluice_columnar::Store;
use sluice_event::{EventBatch, Offset};
use sluice_log::Log;

use super::Shared;
use crate::InsightError;

/// Kind of log entry that holds an [`EventBatch`].
const KIND_BATCH: u8 = 1;
/// How long to wait for new events when nothing is buffered, and when something is.
const IDLE_WAIT: Duration = Duration::from_millis(500);
const BUFFERED_WAIT: Duration = Duration::from_millis(50);
/// How often to look whether there is something to compact.
const COMPACT_EVERY: Duration = Duration::from_secs(1);
/// How long to wait after a compaction that failed.
const COMPACT_AGAIN: Duration = Duration::from_secs(30);

/// Reads until told to stop, or until the log or the store fails.
pub(super) fn read(store: &Store, events: &Log, shared: &Shared) {
    priority::give_way(Load::Writes);
    if let Err(error) = read_on(store, events, shared).and_then(|()| Ok(store.flush()?)) {
        shared.fail("read events", error);
    }
}

fn read_on(store: &Store, events: &Log, shared: &Shared) -> Result<(), InsightError> {
    let mut reader = events.reader(store.cursor().0);
    while !shared.stop.load(Ordering::Acquire) {
        match reader.next()? {
            Some(entry) => {
                if entry.kind == KIND_BATCH {
                    let batch = EventBatch::decode(&entry.payload)?;
                    store.ingest(Offset(entry.base), &batch)?;
                }
            }
            None => {
                let wait = if store.buffered_rows() > 0 { BUFFERED_WAIT } else { IDLE_WAIT };
                if events.wait_past(reader.position(), wait) {
                    continue;
                }
            }
        }
        if store.is_flush_due() {
            store.flush()?;
        }
    }
    Ok(())
}

/// Compacts, and takes erased people's rows out, until told to stop; rests as long as it worked, so that questions and reading go first.
pub(super) fn compact(store: &Store, shared: &Shared) {
    priority::give_way(Load::Writes);
    while !shared.stop.load(Ordering::Acquire) {
        let started = Instant::now();
        let worked = match store.erase_once() {
            Ok(false) => store.compact_once(),
            erased => erased,
        };
        match worked {
            Ok(true) => std::thread::park_timeout(started.elapsed()),
            Ok(false) => std::thread::park_timeout(COMPACT_EVERY),
            // A full disk, say. Nothing is lost by waiting; if the store itself has stopped, the
            // reader says so.
            Err(error) => {
                tracing::warn!(%error, "cannot compact parts; trying again");
                std::thread::park_timeout(COMPACT_AGAIN);
            }
        }
    }
}

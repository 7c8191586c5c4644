//! The writing side: one group after the other becomes a synced block.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sluice_base::{DiskFile, Timestamp};

use crate::block::{Block, Encoder, HEADER_BYTES, Header};
use crate::log::Shared;
use crate::queue::Group;
use crate::recover::Recovered;
use crate::segment::{self, Index, LogSegment};
use crate::{LogConfig, LogError};

/// The segment being written. Only its holder writes to the log.
pub(crate) struct Writer {
    file: Arc<dyn DiskFile>,
    segment: Arc<LogSegment>,
    mark: u64,
    at: u64,
    /// The file is filled up to here.
    allocated: u64,
    zeros: Vec<u8>,
    encoder: Encoder,
    last_written: Timestamp,
    /// When the volume's free space was last due to be measured, and what was written since.
    measured_at: Timestamp,
    since_measured: u64,
}

/// Free space is measured so often while entries come: others write to the volume, too.
const MEASURE_EVERY: Duration = Duration::from_millis(100);

impl Writer {
    pub(crate) fn new(
        recovered: &Recovered,
        segment: Arc<LogSegment>,
        config: &LogConfig,
    ) -> Result<Self, LogError> {
        let encoder =
            Encoder::new(config.zstd_level).map_err(LogError::io("compress for", &segment.path))?;
        Ok(Self {
            file: recovered.file.clone(),
            allocated: recovered.file.len().map_err(LogError::io("read", &segment.path))?,
            zeros: vec![0; config.preallocate_bytes],
            mark: recovered.index.mark,
            at: recovered.index.end_at,
            segment,
            encoder,
            last_written: recovered.last_written,
            measured_at: Timestamp::MIN,
            since_measured: 0,
        })
    }

    /// Writes and syncs one group; readers see it when this returns.
    pub(crate) fn commit(&mut self, log: &Shared, mut group: Group) -> Result<(), LogError> {
        if self.at >= log.config.segment_bytes {
            self.roll(log, group.base)?;
        }
        let written_at = log.clock.now().max(self.last_written);
        let mut header = Header {
            mark: self.mark,
            base: group.base,
            offsets: group.end - group.base,
            written_at,
            stored_len: 0,
            body_len: 0,
            entries: group.entries,
            stored_crc: 0,
            codec: 0,
        };
        let bytes = self.encoder.encode(&mut header, &mut group.block);
        let end = self.at + bytes.len() as u64;
        self.since_measured += bytes.len() as u64;
        if end > self.allocated {
            // Zeros behind the block, in the same sync: the next blocks overwrite them, and their
            // syncs need no change of the file system's own records.
            let zeros = self.zeros.get(bytes.len()..).unwrap_or_default();
            self.file.write_at(end, zeros).map_err(LogError::io("extend", &self.segment.path))?;
            self.allocated = end + zeros.len() as u64;
            self.since_measured += zeros.len() as u64;
        }
        self.file.write_at(self.at, bytes).map_err(LogError::io("write", &self.segment.path))?;
        self.file.sync().map_err(LogError::io("sync", &self.segment.path))?;
        (self.at, self.last_written) = (end, written_at);
        self.segment.push(&header);
        let memory = group.block.capacity();
        let block_len = group.block.len();
        log.recent.lock().push(Block {
            base: group.base,
            end: group.end,
            written_at,
            entries: group.entries,
            body: Bytes::from(group.block).slice(HEADER_BYTES..),
            memory,
        });
        log.publish(group.end, block_len, &group.outcome);
        Ok(())
    }

    /// Whether free space is to be measured now, when `spare` bytes were free above the reserve.
    pub(crate) fn should_measure(&mut self, spare: u64) -> bool {
        let due = self.since_measured >= spare / 16
            || self.last_written >= self.measured_at.plus(MEASURE_EVERY);
        if due {
            (self.measured_at, self.since_measured) = (self.last_written, 0);
        }
        due
    }

    /// Seals the segment and starts the next at `base`.
    pub(crate) fn roll(&mut self, log: &Shared, base: u64) -> Result<(), LogError> {
        if self.segment.base == base {
            return Ok(());
        }
        // Not synced: whatever the length, the blocks end where the next segment starts.
        self.file.set_len(self.at).map_err(LogError::io("cut", &self.segment.path))?;
        // Before readers and upkeep know it as sealed, so that nobody else writes this file.
        self.leave_mark(log)?;
        let path = segment::log_path(&log.dir, base);
        let (file, mark) = segment::create(&log.disk, &path, base, log.clock.now())?;
        let next = Arc::new(LogSegment::active(path, base, Index::empty(mark, base)));
        let sealed = std::mem::replace(&mut self.segment, next.clone());
        self.allocated = file.len().map_err(LogError::io("read", &next.path))?;
        (self.file, self.mark, self.at) = (file, mark, segment::HEADER_BYTES);
        let mut segments = log.segments.write();
        sealed.seal(base);
        segments.push(next);
        Ok(())
    }

    /// Stores the index, at a clean stop and at sealing: it says how far the segment was synced.
    pub(crate) fn leave_mark(&self, log: &Shared) -> Result<(), LogError> {
        match self.segment.known_index(self.mark) {
            Some(index) => index.store(&log.disk, &self.segment.path),
            None => Ok(()),
        }
    }
}

/// The committer thread: takes groups until the log is stopped and empty.
pub(crate) fn run(log: &Shared) {
    // If this thread panics, nobody must wait for ever.
    let alarm = Alarm(log);
    while let Some(group) = log.next_group() {
        if log.commit(group).is_err() {
            break;
        }
    }
    std::mem::drop(alarm);
}

struct Alarm<'a>(&'a Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail("the committer panicked", None);
        }
    }
}

//! Reading: in order, by offset, by time. A reader never sees an entry that is not synced.

use std::io;
use std::sync::Arc;

use sluice_base::Timestamp;

use crate::block::{Block, Entries};
use crate::log::Shared;
use crate::segment::{Index, LogSegment, Walk};
use crate::{Entry, Log, LogError};

/// Reads a log in order. Holds no lock. Inside a dropped segment it goes on to its end; after a
/// rewrite it may still show the old payloads of the one group that it stands in.
pub struct LogReader {
    shared: Arc<Shared>,
    position: u64,
    /// The block at hand and where in it.
    block: Option<(Arc<Block>, Entries)>,
    source: Option<Source>,
}

struct Source {
    segment: Arc<LogSegment>,
    walk: Walk,
}

impl Log {
    /// A reader that starts at the entry that holds `from`.
    #[must_use]
    pub fn reader(&self, from: u64) -> LogReader {
        LogReader::new(self.shared.clone(), from)
    }

    /// The entry that holds the offset; `None` if it is not synced yet or no longer kept.
    ///
    /// # Errors
    /// `Io` and `Corrupt`.
    pub fn entry_at(&self, offset: u64) -> Result<Option<Entry>, LogError> {
        match self.reader(offset).next() {
            Err(LogError::Dropped { .. }) => Ok(None),
            other => other,
        }
    }

    /// All entries of the group that holds the offset, in order; `None` if it is not synced yet or
    /// no longer kept. With the base of the first one goes backwards through the log a group at a
    /// time.
    ///
    /// # Errors
    /// `Io` and `Corrupt`.
    pub fn group_at(&self, offset: u64) -> Result<Option<Vec<Entry>>, LogError> {
        if offset >= self.synced() {
            return Ok(None);
        }
        let mut reader = self.reader(offset);
        let block = match reader.load() {
            Err(LogError::Dropped { .. }) => return Ok(None),
            other => other?,
        };
        let mut found = Vec::with_capacity(block.entries as usize);
        let mut entries = Entries::of(&block);
        let corrupt = |what| LogError::corrupt(&self.shared.dir, block.base, what);
        while let Some(entry) = entries.next(&block).map_err(corrupt)? {
            found.push(entry);
        }
        Ok(Some(found))
    }

    /// Base of the first entry written at or after `at`; [`Log::synced`] if there is none.
    ///
    /// # Errors
    /// `Io` and `Corrupt`.
    pub fn offset_at(&self, at: Timestamp) -> Result<u64, LogError> {
        loop {
            match self.find_time(at) {
                // Retention was faster; with each round there is less to drop.
                Err(LogError::Dropped { .. }) => {}
                other => return other,
            }
        }
    }

    fn find_time(&self, at: Timestamp) -> Result<u64, LogError> {
        let synced = self.synced();
        let segments = self.shared.segments.read().clone();
        let (mut low, mut high) = (0, segments.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let index = self.shared.open(&segments[middle])?.1;
            // Only the last segment can be empty; as if it were written later.
            let before = index.end > segments[middle].base && index.last_written < at;
            if before { low = middle + 1 } else { high = middle }
        }
        let Some(segment) = segments.get(low) else { return Ok(synced) };
        let (mut walk, index) = self.shared.open(segment)?;
        walk.limit = index.end_at;
        walk.seek(index.before_time(at));
        while walk.next < index.end {
            let header = walk.skip()?;
            if header.written_at >= at {
                return Ok(header.base.min(synced));
            }
        }
        Ok(synced)
    }
}

impl LogReader {
    pub(crate) const fn new(shared: Arc<Shared>, from: u64) -> Self {
        Self { shared, position: from, block: None, source: None }
    }

    /// The entry that holds the position, then each following one; `None` = caught up for now.
    ///
    /// # Errors
    /// `Dropped` if the position is no longer kept, `Io`, `Corrupt`. The position stays.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would end where this one is only caught up"
    )]
    pub fn next(&mut self) -> Result<Option<Entry>, LogError> {
        loop {
            if let Some((block, entries)) = &mut self.block {
                match entries
                    .next(block)
                    .map_err(|what| LogError::corrupt(&self.shared.dir, block.base, what))?
                {
                    Some(entry) if entry.end() > self.position => {
                        self.position = entry.end();
                        return Ok(Some(entry));
                    }
                    Some(_) => continue,
                    None => self.block = None,
                }
            }
            if self.position >= self.shared.synced() {
                return Ok(None);
            }
            let block = self.load()?;
            let entries = Entries::of(&block);
            self.block = Some((block, entries));
        }
    }

    /// The offset from which [`LogReader::next`] goes on.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Goes to the entry that holds `to`.
    pub fn seek(&mut self, to: u64) {
        self.position = to;
        self.block = None;
    }

    /// The block that holds the position, which is below the synced end.
    fn load(&mut self) -> Result<Arc<Block>, LogError> {
        if let Some(block) = self.shared.recent.lock().find(self.position) {
            self.source = None;
            return Ok(block);
        }
        let here =
            self.source.take().and_then(|source| source.going_on(&self.shared, self.position));
        let source = here.map_or_else(|| self.shared.locate(self.position), Ok)?;
        let (_, block) = self.source.insert(source).walk.block()?;
        Ok(Arc::new(block))
    }
}

impl Source {
    /// This source if the block at `position` is its next one. A reader leaves a file that was
    /// replaced, but goes on in one that was dropped.
    fn going_on(mut self, shared: &Shared, position: u64) -> Option<Self> {
        if self.walk.at >= self.walk.limit
            && let Some(index) = self.segment.known_index(self.walk.mark)
        {
            self.walk.limit = index.end_at;
        }
        let follows = self.walk.next == position && self.walk.at < self.walk.limit;
        (follows && !self.was_replaced(shared)).then_some(self)
    }

    fn was_replaced(&self, shared: &Shared) -> bool {
        let segments = shared.segments.read();
        let at = segments.binary_search_by_key(&self.segment.base, |segment| segment.base);
        at.is_ok_and(|at| !Arc::ptr_eq(&segments[at], &self.segment))
    }
}

impl Shared {
    /// Opens the segment that holds `offset` and goes before the block that holds it.
    fn locate(&self, offset: u64) -> Result<Source, LogError> {
        let segment = {
            let segments = self.segments.read();
            let after = segments.partition_point(|segment| segment.base <= offset);
            let first = segments.first().map_or(0, |segment| segment.base);
            let segment = after.checked_sub(1).and_then(|i| segments.get(i)).cloned();
            segment.ok_or(LogError::Dropped { offset, first })?
        };
        let (mut walk, index) = self.open(&segment)?;
        walk.limit = index.end_at;
        walk.seek(index.at_or_before(offset));
        loop {
            let header = walk.peek()?;
            if offset < header.end() {
                return Ok(Source { segment, walk });
            }
            walk.skip()?;
        }
    }

    pub(crate) fn open(&self, segment: &LogSegment) -> Result<(Walk, Arc<Index>), LogError> {
        match segment.open(&self.disk) {
            Err(LogError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let first = self.segments.read().first().map_or(0, |segment| segment.base);
                Err(LogError::Dropped { offset: segment.base, first })
            }
            other => other,
        }
    }
}

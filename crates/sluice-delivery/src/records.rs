//! Decoded records of an events log, shared by all connections of a workspace, so that fifty of
//! them decode each record once.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sluice_base::Timestamp;
use sluice_event::{Decision, EventBatch, SourceCounts, SourceNo, StoredEvent};
use sluice_log::{Entry, Log};

use crate::DeliveryError;

/// Largest sum of entry bytes kept.
const CACHE_BYTES_MAX: usize = 16 << 20;

/// A record of the events log.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) base: u64,
    /// The next record's base.
    pub(crate) end: u64,
    pub(crate) written_at: Timestamp,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) counts: Vec<(SourceNo, SourceCounts)>,
    pub(crate) events: Vec<Arc<StoredEvent>>,
}

impl Record {
    pub(crate) fn new(base: u64, written_at: Timestamp, batch: EventBatch) -> Self {
        Self {
            base,
            end: base + batch.offsets(),
            written_at,
            decisions: batch.decisions,
            counts: batch.counts,
            events: batch.events.into_iter().map(Arc::new).collect(),
        }
    }

    fn decode(entry: &Entry) -> Result<Self, DeliveryError> {
        let batch = EventBatch::decode(&entry.payload)
            .map_err(|source| DeliveryError::Record { offset: entry.base, source })?;
        let mut record = Self::new(entry.base, entry.written_at, batch);
        record.end = entry.end();
        Ok(record)
    }

    pub(crate) fn event(&self, offset: u64) -> Option<&Arc<StoredEvent>> {
        let index = offset.checked_sub(self.base + 1)?;
        self.events.get(usize::try_from(index).ok()?)
    }
}

/// One workspace's events log with the records decoded last.
pub(crate) struct Records {
    pub(crate) log: Log,
    cache: Mutex<Cache>,
    /// One reader at a time decodes; the others find its work in the cache.
    loading: Mutex<()>,
}

#[derive(Default)]
struct Cache {
    by_base: BTreeMap<u64, (Arc<Record>, usize)>,
    bytes: usize,
}

impl Records {
    pub(crate) fn new(log: Log) -> Self {
        Self { log, cache: Mutex::default(), loading: Mutex::default() }
    }

    pub(crate) fn cached(&self, offset: u64) -> Option<Arc<Record>> {
        let cache = self.cache.lock();
        let (_, (record, _)) = cache.by_base.range(..=offset).next_back()?;
        (offset < record.end).then(|| Arc::clone(record))
    }

    /// The record that holds `offset`; `None` if it is not written yet. Blocks on the disk.
    ///
    /// # Errors
    /// From the log; or if the record cannot be decoded.
    pub(crate) fn load(&self, offset: u64) -> Result<Option<Arc<Record>>, DeliveryError> {
        let _one_at_a_time = self.loading.lock();
        if let Some(record) = self.cached(offset) {
            return Ok(Some(record));
        }
        let Some(entry) = self.log.entry_at(offset)? else { return Ok(None) };
        let record = Arc::new(Record::decode(&entry)?);
        let mut cache = self.cache.lock();
        cache.bytes += entry.payload.len();
        cache.by_base.insert(record.base, (Arc::clone(&record), entry.payload.len()));
        // The oldest goes first: connections that follow closely need the newest.
        while cache.bytes > CACHE_BYTES_MAX && cache.by_base.len() > 1 {
            let Some((_, (_, bytes))) = cache.by_base.pop_first() else { break };
            cache.bytes -= bytes;
        }
        Ok(Some(record))
    }
}

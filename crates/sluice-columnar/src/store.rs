//! The store of one workspace: ingest, flush, compaction, snapshots.
//!
//! A flush writes parts, appends merge records to their journal, and then replaces the manifest,
//! which alone decides what counts: cursor, stored counts, parts and the number of merge records
//! change in that one step. After a crash the reader goes on at [`Store::cursor`] and applies again
//! what the manifest does not have; files that no manifest names are removed at opening.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use sluice_base::{ByteSize, Clock, Disk, Journal, StateFile, Timestamp};
use sluice_event::{Decision, EventBatch, Offset, SourceNo};

use crate::buffer::{Buffer, Written};
use crate::cache::ColumnCache;
use crate::derived::Deriver;
use crate::manifest::Manifest;
use crate::merges::{MergeMap, MergeRecord};
use crate::pack::PackWriter;
use crate::part::Part;
use crate::{ColumnarError, PartMeta, Partition, Places, Snapshot, compact};

/// Compaction makes no part larger than this: the text of a column is addressed by 31 bits.
const PART_BYTES_MAX: u64 = 1_800_000_000;

/// Limits of one workspace's store. The defaults suit a machine of 2 cores and 4 GiB.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// [`Store::ingest`] flushes by itself beyond this many buffered rows …
    pub buffer_rows_max: usize,
    /// … or about this much memory.
    pub buffer_bytes_max: ByteSize,
    /// [`Store::is_flush_due`] when the oldest buffered row is this old: how long an event may
    /// stay invisible to queries.
    pub flush_after: Duration,
    /// Columns per part; further names go to the JSON rest.
    pub columns_max: usize,
    /// Compaction merges when so many parts of about one size are in a partition.
    pub merge_parts_min: usize,
    /// Parts merged at once.
    pub merge_parts_max: usize,
    /// Compaction makes no part larger than this.
    pub part_rows_max: u32,
    /// Columns kept open for queries, over all parts.
    pub columns_cached_max: usize,
    /// Tells the country of an address; without it events get none.
    pub places: Option<Arc<dyn Places>>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            buffer_rows_max: 200_000,
            buffer_bytes_max: ByteSize::mib(128),
            flush_after: Duration::from_secs(1),
            columns_max: 10_000,
            merge_parts_min: 6,
            merge_parts_max: 12,
            part_rows_max: 12_000_000,
            columns_cached_max: 16_384,
            places: None,
        }
    }
}

/// Rows and records since the last flush.
#[derive(Default)]
struct Writer {
    buffers: BTreeMap<Partition, Buffer>,
    merges: Vec<MergeRecord>,
    stored: BTreeMap<u32, u64>,
    accepted: BTreeMap<u32, u64>,
    /// Since the last flush: events of erased people, and nodes that were erased.
    erased: u64,
    erasing: Vec<u64>,
    /// Next offset to ingest.
    next: u64,
    oldest: Option<Timestamp>,
    deriver: Deriver,
    journal: Option<Journal>,
}

impl Writer {
    fn rows(&self) -> usize {
        self.buffers.values().map(Buffer::rows).sum()
    }

    fn bytes(&self) -> usize {
        self.buffers.values().map(Buffer::bytes).sum()
    }

    /// Notes the nodes that a record erases. Their rows are older than the record.
    fn erase(&mut self, batch: &EventBatch) {
        self.erasing.extend(batch.decisions.iter().filter_map(|decision| match decision {
            Decision::Erase { person, .. } => Some(person.0),
            _ => None,
        }));
    }
}

/// What the last manifest says, open.
struct Committed {
    manifest: Manifest,
    parts: Vec<Arc<Part>>,
    merges: Arc<MergeMap>,
}

/// The analytics store of one workspace. Clones share it. One thread ingests, another may compact,
/// any number read snapshots.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    config: StoreConfig,
    clock: Arc<dyn Clock>,
    cache: Arc<Mutex<ColumnCache>>,
    state_file: StateFile,
    writer: Mutex<Writer>,
    committed: Mutex<Committed>,
    compacting: Mutex<()>,
    snapshot: RwLock<Arc<Snapshot>>,
    stopped: AtomicBool,
}

impl Store {
    /// Opens the store in `dir`, made if it is missing, and removes files that no commit names.
    ///
    /// # Errors
    /// From the disk, or if what is there is damaged or of an unknown version.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        config: StoreConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ColumnarError> {
        disk.create_dir_all(&dir).map_err(ColumnarError::io("create", &dir))?;
        let path = dir.join("manifest");
        let state_file = StateFile::new(disk.clone(), &path);
        let manifest = match state_file.load().map_err(ColumnarError::io("read", &path))? {
            Some(bytes) => {
                Manifest::decode(&bytes).map_err(|what| ColumnarError::damaged(&path, what))?
            }
            None => Manifest::default(),
        };
        let (journal, merges) = open_merges(&disk, &dir, manifest.merges)?;
        let cache = Arc::new(Mutex::new(ColumnCache::new(config.columns_cached_max)));
        let mut parts = Vec::with_capacity(manifest.parts.len());
        for meta in &manifest.parts {
            let path = dir.join(file_name(meta.id));
            parts.push(Arc::new(Part::open(&*disk, &path, meta.clone(), cache.clone())?));
        }
        for name in disk.list(&dir).map_err(ColumnarError::io("list", &dir))? {
            let stray = name.ends_with(".part")
                && !manifest.parts.iter().any(|meta| file_name(meta.id) == name);
            if stray {
                let path = dir.join(name);
                disk.remove(&path).map_err(ColumnarError::io("remove", path))?;
            }
        }
        let writer = Writer {
            next: manifest.cursor,
            stored: manifest.stored.clone(),
            accepted: manifest.accepted.clone(),
            journal: Some(journal),
            deriver: Deriver::new(config.places.clone()),
            ..Writer::default()
        };
        let committed = Committed { manifest, parts, merges: Arc::new(merges) };
        let snapshot = Arc::new(committed.snapshot());
        Ok(Self(Arc::new(Inner {
            disk,
            dir,
            config,
            clock,
            cache,
            state_file,
            writer: Mutex::new(writer),
            committed: Mutex::new(committed),
            compacting: Mutex::new(()),
            snapshot: RwLock::new(snapshot),
            stopped: AtomicBool::new(false),
        })))
    }

    /// Next offset of the events log that the store wants, buffered rows included. After opening
    /// it is the committed cursor: start reading there.
    #[must_use]
    pub fn cursor(&self) -> Offset {
        Offset(self.0.writer.lock().next)
    }

    /// Takes over a record of the events log that stands at `base`. The rows become visible with
    /// the next flush. A record that is in the store already is passed over; flushes by itself
    /// when the buffers are full.
    ///
    /// # Errors
    /// From a flush.
    pub fn ingest(&self, base: Offset, batch: &EventBatch) -> Result<(), ColumnarError> {
        self.check()?;
        let config = &self.0.config;
        let mut writer = self.0.writer.lock();
        let end = base.0 + batch.offsets();
        if end <= writer.next {
            return Ok(());
        }
        writer.oldest.get_or_insert(self.0.clock.now());
        writer.merges.extend(batch.decisions.iter().filter_map(MergeRecord::from_decision));
        let writer = &mut *writer;
        writer.erase(batch);
        for (index, stored) in batch.events.iter().enumerate() {
            *writer.stored.entry(stored.source.0).or_default() += 1;
            if stored.is_erased() {
                writer.erased += 1;
                continue;
            }
            let event = &stored.event;
            let partition = Partition::of(event.timestamp, event.received_at);
            let seq = EventBatch::event_offset(base, index).0;
            writer.buffers.entry(partition).or_default().push(
                batch,
                stored,
                seq,
                config.columns_max,
                &mut writer.deriver,
            );
        }
        writer
            .accepted
            .extend(batch.counts.iter().map(|(source, counts)| (source.0, counts.accepted)));
        writer.next = end;
        let full = writer.rows() >= config.buffer_rows_max
            || writer.bytes() >= config.buffer_bytes_max.as_usize();
        if full { self.flush_writer(writer) } else { Ok(()) }
    }

    /// Whether buffered rows have waited for [`StoreConfig::flush_after`].
    #[must_use]
    pub fn is_flush_due(&self) -> bool {
        let oldest = self.0.writer.lock().oldest;
        oldest.is_some_and(|oldest| self.0.clock.now().since(oldest) >= self.0.config.flush_after)
    }

    /// Rows taken over but not yet visible.
    #[must_use]
    pub fn buffered_rows(&self) -> usize {
        self.0.writer.lock().rows()
    }

    /// Makes everything ingested durable and visible. Does nothing if there is nothing new.
    ///
    /// # Errors
    /// From the disk. The store then refuses further writing: open it again.
    pub fn flush(&self) -> Result<(), ColumnarError> {
        self.check()?;
        self.flush_writer(&mut self.0.writer.lock())
    }

    fn check(&self) -> Result<(), ColumnarError> {
        if self.0.stopped.load(Ordering::Acquire) { Err(ColumnarError::Stopped) } else { Ok(()) }
    }

    fn flush_writer(&self, writer: &mut Writer) -> Result<(), ColumnarError> {
        let flushed = self.try_flush(writer);
        if flushed.is_err() {
            self.0.stopped.store(true, Ordering::Release);
        }
        flushed
    }

    fn try_flush(&self, writer: &mut Writer) -> Result<(), ColumnarError> {
        let inner = &*self.0;
        let (mut merges, cursor) = {
            let committed = inner.committed.lock();
            (committed.merges.clone(), committed.manifest.cursor)
        };
        if writer.next == cursor {
            return Ok(());
        }
        let records = std::mem::take(&mut writer.merges);
        if !records.is_empty() {
            let json = serde_json::to_vec(&records)
                .map_err(|error| ColumnarError::damaged(&inner.dir, error.to_string()))?;
            let path = inner.dir.join("merges");
            let journal = writer.journal.as_mut().ok_or(ColumnarError::Stopped)?;
            journal.append(&json).map_err(ColumnarError::io("append to", path))?;
            Arc::make_mut(&mut merges).extend(records);
        }
        let mut parts = Vec::new();
        for (partition, buffer) in std::mem::take(&mut writer.buffers) {
            parts.push(self.write_part(partition, &merges, |pack| buffer.write(pack, &merges))?);
        }
        inner.disk.sync_dir(&inner.dir).map_err(ColumnarError::io("sync", &inner.dir))?;
        self.commit(|committed| {
            committed.manifest.cursor = writer.next;
            committed.manifest.stored.clone_from(&writer.stored);
            committed.manifest.accepted.clone_from(&writer.accepted);
            committed.manifest.merges = merges.records_count();
            committed.manifest.erased += writer.erased;
            committed.manifest.erasing.extend(&writer.erasing);
            committed.merges = merges;
            committed.parts.extend(parts);
        })?;
        (writer.erased, writer.erasing) = (0, Vec::new());
        writer.oldest = None;
        Ok(())
    }

    fn write_part(
        &self,
        partition: Partition,
        merges: &MergeMap,
        write: impl FnOnce(&mut PackWriter) -> Result<Written, ColumnarError>,
    ) -> Result<Arc<Part>, ColumnarError> {
        let inner = &*self.0;
        let id = {
            let mut committed = inner.committed.lock();
            committed.manifest.next_part += 1;
            committed.manifest.next_part - 1
        };
        let path = inner.dir.join(file_name(id));
        let mut pack = PackWriter::create(&*inner.disk, &path)?;
        let finished = write(&mut pack).and_then(|Written { header, time, seq }| {
            let rows = header.rows;
            Ok((rows, time, seq, pack.finish(header)?))
        });
        let (rows, time, seq, bytes) = match finished {
            Ok(finished) => finished,
            Err(error) => {
                // On a full disk the half part would keep the space that others need.
                if let Err(left) = inner.disk.remove(&path) {
                    tracing::warn!(path = %path.display(), error = %left, "a half-written part stays");
                }
                return Err(error);
            }
        };
        let meta = PartMeta {
            id,
            partition,
            rows,
            bytes,
            time_min: time.0,
            time_max: time.1,
            seq_min: seq.0,
            seq_max: seq.1,
            folded: merges.records_count(),
        };
        Ok(Arc::new(Part::open(&*inner.disk, &path, meta, inner.cache.clone())?))
    }

    /// Changes what is committed: one manifest, then one snapshot.
    fn commit(&self, change: impl FnOnce(&mut Committed)) -> Result<(), ColumnarError> {
        let inner = &*self.0;
        let path = inner.dir.join("manifest");
        let mut committed = inner.committed.lock();
        change(&mut committed);
        committed.parts.sort_by_key(|part| (part.meta().partition, part.meta().id));
        committed.manifest.parts = committed.parts.iter().map(|part| part.meta().clone()).collect();
        let stored = committed
            .manifest
            .encode()
            .map_err(|what| ColumnarError::damaged(&path, what))
            .and_then(|bytes| {
                inner.state_file.store(&bytes).map_err(ColumnarError::io("write", &path))
            });
        if let Err(error) = stored {
            inner.stopped.store(true, Ordering::Release);
            return Err(error);
        }
        *inner.snapshot.write() = Arc::new(committed.snapshot());
        Ok(())
    }

    /// Merges one group of small parts of a partition. `false` if there was none worth merging.
    /// May run in another thread while ingest and queries go on; uses memory for one column and
    /// about 30 bytes per row of the result.
    ///
    /// # Errors
    /// From the disk, or if a part is damaged. What was committed stays.
    pub fn compact_once(&self) -> Result<bool, ColumnarError> {
        self.compact(self.0.config.merge_parts_min)
    }

    /// Merges until each partition has as few parts as the largest part size allows: for quiet
    /// times.
    ///
    /// # Errors
    /// See [`Store::compact_once`].
    pub fn compact_all(&self) -> Result<(), ColumnarError> {
        while self.compact_once()? {}
        while self.compact(2)? {}
        Ok(())
    }

    /// Writes one part anew that holds rows of erased people, without these. `false` if none did:
    /// then nothing of them is left.
    ///
    /// # Errors
    /// See [`Store::compact_once`].
    pub fn erase_once(&self) -> Result<bool, ColumnarError> {
        self.check()?;
        let inner = &*self.0;
        let _one_at_a_time = inner.compacting.lock();
        let (parts, erasing) = {
            let committed = inner.committed.lock();
            (committed.parts.clone(), committed.manifest.erasing.clone())
        };
        if erasing.is_empty() {
            return Ok(false);
        }
        if let Some(part) = parts.into_iter().find(|part| compact::holds(part, &erasing)) {
            self.merge(&[part])?;
            return Ok(true);
        }
        self.commit(|committed| committed.manifest.erasing.retain(|node| !erasing.contains(node)))?;
        Ok(false)
    }

    fn compact(&self, parts_min: usize) -> Result<bool, ColumnarError> {
        self.check()?;
        let inner = &*self.0;
        let _one_at_a_time = inner.compacting.lock();
        let inputs = plan(&inner.committed.lock().parts, &inner.config, parts_min);
        if inputs.is_empty() {
            return Ok(false);
        }
        self.merge(&inputs)?;
        Ok(true)
    }

    /// Writes one part in place of some of a partition. One at a time.
    fn merge(&self, inputs: &[Arc<Part>]) -> Result<(), ColumnarError> {
        let inner = &*self.0;
        let merges = inner.committed.lock().merges.clone();
        let Some(first) = inputs.first() else { return Ok(()) };
        let partition = first.meta().partition;
        let columns_max = inner.config.columns_max;
        let erasing = inner.committed.lock().manifest.erasing.clone();
        let before: u64 = inputs.iter().map(|part| u64::from(part.rows())).sum();
        let output = if compact::keeps_any(inputs, &erasing) {
            Some(self.write_part(partition, &merges, |pack| {
                compact::merge_parts(inputs, (&merges, &erasing), pack, columns_max)
            })?)
        } else {
            None
        };
        inner.disk.sync_dir(&inner.dir).map_err(ColumnarError::io("sync", &inner.dir))?;
        let old: Vec<u64> = inputs.iter().map(|part| part.meta().id).collect();
        self.commit(|committed| {
            committed.parts.retain(|part| !old.contains(&part.meta().id));
            let after = output.as_ref().map_or(0, |part| u64::from(part.rows()));
            committed.manifest.erased += before - after;
            committed.parts.extend(output);
        })?;
        // Snapshots that still hold the old parts have their bytes mapped; the names can go.
        for id in &old {
            let path = inner.dir.join(file_name(*id));
            inner.disk.remove(&path).map_err(ColumnarError::io("remove", path))?;
        }
        inner.cache.lock().forget_parts(&old);
        Ok(())
    }

    /// The store as of the last flush or compaction.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot.read().clone()
    }

    /// Bytes of all parts.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.snapshot().parts.iter().map(|part| part.meta().bytes).sum()
    }

    /// Reads everything and compares all checksums; opening checks only manifest and directories.
    ///
    /// # Errors
    /// At the first damage.
    pub fn verify(&self) -> Result<(), ColumnarError> {
        self.snapshot().parts.iter().try_for_each(|part| part.verify())
    }
}

impl Committed {
    fn snapshot(&self) -> Snapshot {
        let stored = self.manifest.stored.iter().map(|(source, rows)| (SourceNo(*source), *rows));
        Snapshot {
            parts: self.parts.clone(),
            merges: self.merges.clone(),
            cursor: self.manifest.cursor,
            stored: stored.collect(),
            accepted: self.manifest.accepted.values().sum(),
            erased: self.manifest.erased,
            erasing: Arc::new(self.manifest.erasing.clone()),
            dirty: Mutex::default(),
            first_seen: OnceLock::new(),
            names: OnceLock::new(),
            columns: OnceLock::new(),
        }
    }
}

fn file_name(id: u64) -> String {
    format!("{id:010}.part")
}

/// The journal of merge records, cut to what the manifest counts.
fn open_merges(
    disk: &Arc<dyn Disk>,
    dir: &std::path::Path,
    count: u64,
) -> Result<(Journal, MergeMap), ColumnarError> {
    let path = dir.join("merges");
    let (mut journal, entries) =
        Journal::open(disk.clone(), &path).map_err(ColumnarError::io("open", &path))?;
    let mut records: Vec<MergeRecord> = Vec::new();
    for entry in &entries {
        let of_entry: Vec<MergeRecord> = serde_json::from_slice(entry)
            .map_err(|error| ColumnarError::damaged(&path, error.to_string()))?;
        records.extend(of_entry);
    }
    if (records.len() as u64) < count {
        return Err(ColumnarError::damaged(&path, "it has fewer records than the manifest counts"));
    }
    if records.len() as u64 > count {
        records.truncate(count as usize);
        let json = serde_json::to_vec(&records)
            .map_err(|error| ColumnarError::damaged(&path, error.to_string()))?;
        journal.rewrite(&[&json]).map_err(ColumnarError::io("rewrite", &path))?;
    }
    Ok((journal, MergeMap::from_records(records)))
}

/// Parts to merge next: at least `parts_min` of one partition and of about one size (within a
/// factor of 8), smallest first, so that a row is rewritten a logarithmic number of times.
fn plan(parts: &[Arc<Part>], config: &StoreConfig, parts_min: usize) -> Vec<Arc<Part>> {
    for group in parts.chunk_by(|a, b| a.meta().partition == b.meta().partition) {
        let mut group = group.to_vec();
        group.sort_by_key(|part| part.rows());
        for from in 0..group.len() {
            let limit = u64::from(group[from].rows().max(1)) * 8;
            let (mut rows, mut bytes) = (0, 0);
            let close = |part: &&Arc<Part>| {
                rows += u64::from(part.rows());
                bytes += part.meta().bytes;
                let alike = parts_min <= 2 || u64::from(part.rows()) <= limit;
                alike && rows <= u64::from(config.part_rows_max) && bytes <= PART_BYTES_MAX
            };
            let chosen: Vec<Arc<Part>> = group[from..]
                .iter()
                .take(config.merge_parts_max)
                .take_while(close)
                .cloned()
                .collect();
            if chosen.len() >= parts_min {
                return chosen;
            }
        }
    }
    Vec::new()
}

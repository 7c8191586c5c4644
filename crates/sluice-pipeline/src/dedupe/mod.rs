//! The deduplication index: which message ids were accepted in the last 28 days (invariant I2), and
//! where; so it also finds the receipt of a message. For the receipts' sake it holds the message ids
//! of refused items too, under keys of their own, which no event is ever compared with.
//!
//! A key is a 128-bit SipHash of source and message id under a secret of the workspace: exact but for
//! a collision of 128 bits, which nobody without the secret can bring about. Keys of the moment are in
//! memory; older ones in sorted files ("slices") behind Bloom filters, mapped, merged a little with
//! every batch, and dropped when older than the window. All of it is derived from the `events` log:
//! what a crash takes is read again from [`DedupeIndex::applied_to`] on.
//!
//! Not here: deciding about an event (`batch_builder`), reading the log (`recovery`).

mod manifest;
mod merge;
mod slice;

use std::hash::Hasher;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use siphasher::sip128::{Hasher128, SipHasher13};
use sluice_base::{Disk, StateFile, Timestamp};
use sluice_event::{Offset, SourceNo};
use sluice_profiles::slices::{self, SliceWriter};

use manifest::Manifest;
use merge::Merge;
use slice::{Slice, SliceEntry, Span};

/// How long a message id is remembered.
pub const WINDOW: Duration = Duration::from_secs(28 * 86_400);

/// How much of the index is held where.
#[derive(Clone, Debug)]
pub struct DedupeConfig {
    /// Message ids in memory before they become a slice; one takes about 60 bytes.
    pub memory_entries_max: usize,
    /// A slice is written at the latest when its oldest id is this old, so that a restart reads
    /// little of the log again.
    pub memory_age_max: Duration,
    /// No merge makes a larger slice; the filter of the result is in memory meanwhile, at two bytes
    /// an id.
    pub slice_entries_max: usize,
    /// Bytes on disk; beyond it the oldest slices go and the window becomes shorter, see
    /// [`DedupeIndex::window_start`].
    pub disk_bytes_max: Option<u64>,
}

impl Default for DedupeConfig {
    fn default() -> Self {
        Self {
            memory_entries_max: 256 * 1024,
            memory_age_max: Duration::from_secs(6 * 3600),
            slice_entries_max: 32 << 20,
            disk_bytes_max: None,
        }
    }
}

/// The hash of a source and a message id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageKey(u128);

/// The event that a message id was accepted with: its place in `events`, and when it was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub offset: Offset,
    pub received_at: Timestamp,
}

/// Stands behind the message id of a refused item; no text has this byte in it.
const REFUSED: [u8; 1] = [0xff];

pub struct DedupeIndex {
    config: DedupeConfig,
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    file: StateFile,
    manifest: Manifest,
    slices: Vec<Slice>,
    memory: HashMap<u128, (Offset, Timestamp), foldhash::fast::RandomState>,
    memory_since: Timestamp,
    newest: Timestamp,
    merge: Option<Merge>,
}

impl DedupeIndex {
    /// Opens the index, or makes an empty one. Slices are mapped, not read.
    ///
    /// # Errors
    /// From the disk; kind `InvalidData` if a file is damaged (delete the folder: it is rebuilt as far
    /// as the log reaches).
    pub fn open(disk: Arc<dyn Disk>, dir: PathBuf, config: DedupeConfig) -> io::Result<Self> {
        disk.create_dir_all(&dir)?;
        let file = StateFile::new(Arc::clone(&disk), dir.join("index.state"));
        let manifest = match file.load()? {
            Some(bytes) => Manifest::decode(&bytes)?,
            None => {
                let manifest = Manifest::new(rand::random());
                file.store(&manifest.encode())?;
                manifest
            }
        };
        let names: Vec<_> =
            manifest.slices.iter().map(|number| slices::path(&dir, *number)).collect();
        for name in disk.list(&dir)? {
            let path = dir.join(&name);
            if name.ends_with(".ids") && !names.contains(&path) {
                disk.remove(&path)?;
            }
        }
        let open = |number: &u64| Slice::open(&*disk, &dir, *number);
        let slices: Vec<_> = manifest.slices.iter().map(open).collect::<io::Result<_>>()?;
        let newest = slices.iter().map(|slice| slice.span.last).max().unwrap_or(Timestamp::MIN);
        Ok(Self {
            config,
            disk,
            dir,
            file,
            manifest,
            slices,
            memory: HashMap::default(),
            memory_since: Timestamp::MAX,
            newest,
            merge: None,
        })
    }

    /// The files hold every event below this offset; the log must be kept from here on.
    #[must_use]
    pub const fn applied_to(&self) -> Offset {
        self.manifest.applied_to
    }

    /// What the owner gave with the last [`DedupeIndex::flush`].
    #[must_use]
    pub fn extra(&self) -> &[u8] {
        &self.manifest.extra
    }

    /// From when on message ids are remembered at `now`: 28 days back, or later if the disk budget
    /// has shortened the window.
    #[must_use]
    pub fn window_start(&self, now: Timestamp) -> Timestamp {
        now.minus(WINDOW).max(self.manifest.forgotten_to)
    }

    #[must_use]
    pub fn key(&self, source: SourceNo, message_id: &str) -> MessageKey {
        MessageKey(self.hash(source, message_id).finish128().as_u128())
    }

    /// Under which the index holds the record with the refusal of a message id.
    #[must_use]
    pub fn refusal_key(&self, source: SourceNo, message_id: &str) -> MessageKey {
        let mut hasher = self.hash(source, message_id);
        hasher.write(&REFUSED);
        MessageKey(hasher.finish128().as_u128())
    }

    fn hash(&self, source: SourceNo, message_id: &str) -> SipHasher13 {
        let [first, second] = self.manifest.hash_key;
        let mut hasher = SipHasher13::new_with_keys(first, second);
        hasher.write(&source.0.to_le_bytes());
        hasher.write(message_id.as_bytes());
        hasher
    }

    /// Looks a batch of keys up in the slices, one slice after the other, so that the cache misses of
    /// neighbouring keys overlap. To be followed by [`DedupeIndex::accept`] for each.
    #[must_use]
    pub fn probe(&self, keys: &[MessageKey]) -> Vec<Option<Earlier>> {
        let mut found = vec![None; keys.len()];
        for slice in self.slices.iter().rev() {
            for (key, found) in keys.iter().zip(&mut found) {
                if found.is_none() && slice.file.may_contain(key.0) {
                    *found = slice.find(key.0).map(|SliceEntry { offset, received_at, .. }| {
                        Earlier { offset, received_at }
                    });
                }
            }
        }
        found
    }

    /// Takes a message that will stand at `offset`, unless it was accepted within the window: then
    /// gives the place of that event. `earlier` is what [`DedupeIndex::probe`] said of it.
    pub fn accept(
        &mut self,
        key: MessageKey,
        earlier: Option<Earlier>,
        offset: Offset,
        received_at: Timestamp,
    ) -> Option<Offset> {
        let in_memory = self.memory.get(&key.0);
        let earlier =
            in_memory.map(|(offset, at)| Earlier { offset: *offset, received_at: *at }).or(earlier);
        let first = earlier.filter(|first| first.received_at > received_at.minus(WINDOW));
        if first.is_none() {
            self.insert(key, offset, received_at);
        }
        first.map(|first| first.offset)
    }

    /// Takes a message that is in the log at `offset`.
    pub fn insert(&mut self, key: MessageKey, offset: Offset, received_at: Timestamp) {
        self.memory.insert(key.0, (offset, received_at));
        self.memory_since = self.memory_since.min(received_at);
        self.newest = self.newest.max(received_at);
    }

    /// Where in the `events` log the message of a key stands, if it came within the window.
    #[must_use]
    pub fn find(&self, MessageKey(key): MessageKey) -> Option<Offset> {
        if let Some((offset, _)) = self.memory.get(&key) {
            return Some(*offset);
        }
        let mut slices = self.slices.iter().rev().filter(|slice| slice.file.may_contain(key));
        slices.find_map(|slice| slice.find(key)).map(|entry| entry.offset)
    }

    /// Whether what is in memory should become a slice.
    #[must_use]
    pub fn is_flush_due(&self) -> bool {
        self.memory.len() >= self.config.memory_entries_max
            || (!self.memory.is_empty()
                && self.newest.since(self.memory_since) > self.config.memory_age_max)
    }

    /// Makes durable all that was taken; `applied_to` is the end of the log that holds it, and
    /// everything below must be durable there. `extra` is kept for the owner.
    ///
    /// # Errors
    /// From the disk; the index must then be opened anew.
    pub fn flush(&mut self, applied_to: Offset, extra: Vec<u8>) -> io::Result<()> {
        let mut slices = self.slices.clone();
        if !self.memory.is_empty() {
            slices.extend(self.write_memory()?);
        }
        let gone = self.drop_old(&mut slices);
        self.manifest.applied_to = applied_to;
        self.manifest.extra = extra;
        self.commit(slices, &gone)?;
        self.memory.clear();
        self.memory_since = Timestamp::MAX;
        Ok(())
    }

    /// Does up to `entries` of the merging that is due; true if there is more.
    ///
    /// # Errors
    /// From the disk; the index must then be opened anew.
    pub fn maintain(&mut self, entries: usize) -> io::Result<bool> {
        let Some(merge) = &mut self.merge else {
            let chosen = merge::choose(&self.slices, self.config.slice_entries_max);
            let Some(range) = chosen else { return Ok(false) };
            let number = self.next_number();
            self.merge =
                Some(Merge::start(&*self.disk, &self.dir, number, self.slices[range].to_vec())?);
            return Ok(true);
        };
        if !merge.work(entries)? {
            return Ok(true);
        }
        let Some(merge) = self.merge.take() else { return Ok(false) };
        let inputs = merge.inputs.clone();
        let merged = merge.finish(&*self.disk, &self.dir)?;
        let mut slices = self.slices.clone();
        // Inputs may have been dropped meanwhile, but only the oldest.
        let is_input = |slice: &Slice| inputs.iter().any(|input| input.number() == slice.number());
        match slices.iter().position(is_input) {
            Some(at) => {
                slices.retain(|slice| !is_input(slice));
                slices.insert(at, merged);
                self.commit(slices, &inputs)?;
            }
            None => self.remove(&[merged])?,
        }
        Ok(true)
    }

    /// Whether every slice is as it was written. Reads all of them.
    ///
    /// # Errors
    /// Kind `InvalidData` if one is not: delete the folder, the index is rebuilt from the log.
    pub fn verify(&self) -> io::Result<()> {
        self.slices.iter().try_for_each(|slice| slice.file.verify())
    }

    /// Bytes of the index on disk.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.slices.iter().map(|slice| slice.file.disk_bytes()).sum()
    }

    /// Number of slices.
    #[must_use]
    pub fn slices(&self) -> usize {
        self.slices.len()
    }

    fn next_number(&mut self) -> u64 {
        self.manifest.next_number += 1;
        self.manifest.next_number - 1
    }

    /// The entries in memory as slices: one, or more if they span more than the format can hold.
    fn write_memory(&mut self) -> io::Result<Vec<Slice>> {
        let entry = |(key, (offset, received_at)): (&u128, &(Offset, Timestamp))| SliceEntry {
            key: *key,
            offset: *offset,
            received_at: *received_at,
        };
        let mut entries: Vec<SliceEntry> = self.memory.iter().map(entry).collect();
        let span = Span::of(&entries);
        let last = entries.iter().map(|entry| entry.offset.0).max().unwrap_or(0);
        let is_wide =
            span.millis() >= Span::MILLIS_MAX || last - span.offset.0 > u64::from(u32::MAX) / 2;
        if is_wide {
            entries.sort_unstable_by_key(|entry| (entry.received_at, entry.offset));
        }
        let mut slices = Vec::new();
        let mut rest = entries.as_mut_slice();
        while !rest.is_empty() {
            let taken = if is_wide { fitting(rest) } else { rest.len() };
            let (now, later) = rest.split_at_mut(taken);
            now.sort_unstable_by_key(|entry| entry.key);
            let number = self.next_number();
            let span = Span::of(now);
            let mut writer =
                SliceWriter::new(&*self.disk, &self.dir, number, now.len(), span.meta())?;
            for entry in now.iter() {
                writer.push(span.pack(entry))?;
            }
            slices.push(Slice::new(writer.finish(&*self.disk, &self.dir)?));
            rest = later;
        }
        Ok(slices)
    }

    /// Takes out what is older than the window, then the oldest beyond the disk budget.
    fn drop_old(&mut self, slices: &mut Vec<Slice>) -> Vec<Slice> {
        let oldest_kept = self.newest.minus(WINDOW);
        let mut gone = Vec::new();
        slices.retain(|slice| {
            let is_kept = slice.span.last >= oldest_kept;
            if !is_kept {
                gone.push(slice.clone());
            }
            is_kept
        });
        let budget = self.config.disk_bytes_max.unwrap_or(u64::MAX);
        while slices.len() > 1
            && slices.iter().map(|slice| slice.file.disk_bytes()).sum::<u64>() > budget
        {
            let slice = slices.remove(0);
            self.manifest.forgotten_to = self.manifest.forgotten_to.max(slice.span.last);
            gone.push(slice);
        }
        gone
    }

    fn commit(&mut self, slices: Vec<Slice>, gone: &[Slice]) -> io::Result<()> {
        self.manifest.slices = slices.iter().map(Slice::number).collect();
        self.file.store(&self.manifest.encode())?;
        self.slices = slices;
        self.remove(gone)
    }

    /// Removes files that the manifest no longer names; a crash before leaves them to `open`. An
    /// input of a merge may have been dropped for its age meanwhile.
    fn remove(&self, gone: &[Slice]) -> io::Result<()> {
        for slice in gone {
            match self.disk.remove(&slices::path(&self.dir, slice.number())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// How many of these entries, sorted by time, one slice can hold.
fn fitting(entries: &[SliceEntry]) -> usize {
    let first = entries[0];
    let (mut low, mut high) = (first.offset.0, first.offset.0);
    for (index, entry) in entries.iter().enumerate() {
        (low, high) = (low.min(entry.offset.0), high.max(entry.offset.0));
        let millis = entry.received_at.since(first.received_at).as_millis();
        if millis >= u128::from(u32::MAX) || high - low >= u64::from(u32::MAX) / 2 {
            return index.max(1);
        }
    }
    entries.len()
}

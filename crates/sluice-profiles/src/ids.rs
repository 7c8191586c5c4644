//! The index of identifiers: which node owns an identifier.
//!
//! An identifier is attached once and for ever, unless its node is erased; then the next node takes
//! it. So the index is only ever added to: new entries gather in memory, become slices, and slices merge. An identifier never seen before, which is what
//! most new visitors bring, costs a look at one cache line a slice and no read of any entry.
//!
//! A key is a 128-bit SipHash of type and value under a secret of the map: exact but for a collision
//! of 128 bits, which nobody without the secret can bring about.

use std::hash::Hasher;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hashbrown::HashMap;
use siphasher::sip128::{Hasher128, SipHasher13};
use sluice_base::{Disk, OsDisk, StateFile};
use sluice_event::codec::{self, CodecError, Reader};
use sluice_event::{Offset, PersonId};

use crate::slices::{self, Entry, FAN_IN, META_BYTES, Merge, Slice, SliceWriter, is_balanced};

const VERSION: u8 = 1;
/// What an entry of a table takes in memory, at its usual load.
const ENTRY_BYTES: usize = 48;
/// No merge makes a larger slice; the filter of the result is in memory meanwhile, at two bytes an
/// identifier.
const SLICE_ENTRIES_MAX: usize = 32 << 20;
/// Beyond this many slices balance no longer matters.
const SLICES_MAX: usize = 48;

/// Type and value, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdKey(u128);

type Table = HashMap<u128, PersonId, foldhash::fast::RandomState>;

pub(crate) struct IdIndex {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    file: StateFile,
    manifest: Manifest,
    /// The oldest first.
    slices: Vec<Arc<Slice>>,
    /// Not in a slice yet.
    memory: Table,
    /// A cache of two generations, as that of a tier.
    young: Table,
    old: Table,
    generation_entries_max: usize,
    merge: Option<(Vec<u64>, Merge)>,
}

impl IdIndex {
    /// Opens the index, or makes an empty one. Slices are mapped, not read.
    pub(crate) fn open(dir: PathBuf, cache_bytes: usize) -> io::Result<Self> {
        let disk: Arc<dyn Disk> = Arc::new(OsDisk);
        disk.create_dir_all(&dir)?;
        let file = StateFile::new(Arc::clone(&disk), dir.join("index.state"));
        let manifest = match file.load()? {
            Some(bytes) => Manifest::decode(&bytes)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?,
            None => {
                let manifest = Manifest::new(rand::random());
                file.store(&manifest.encode())?;
                manifest
            }
        };
        let live: Vec<_> = manifest.slices.iter().map(|n| slices::path(&dir, *n)).collect();
        for name in disk.list(&dir)? {
            let path = dir.join(&name);
            if name.ends_with(".ids") && !live.contains(&path) {
                disk.remove(&path)?;
            }
        }
        let open = |number: &u64| Slice::open(&*disk, &dir, *number).map(Arc::new);
        let slices = manifest.slices.iter().map(open).collect::<io::Result<_>>()?;
        Ok(Self {
            disk,
            dir,
            file,
            manifest,
            slices,
            memory: Table::default(),
            young: Table::default(),
            old: Table::default(),
            generation_entries_max: cache_bytes / 2 / ENTRY_BYTES,
            merge: None,
        })
    }

    /// The files hold what the log below this offset attached.
    pub(crate) const fn stored_to(&self) -> Offset {
        self.manifest.stored_to
    }

    pub(crate) fn key(&self, kind: &str, value: &str) -> IdKey {
        let [first, second] = self.manifest.hash_key;
        let mut hasher = SipHasher13::new_with_keys(first, second);
        hasher.write(kind.as_bytes());
        hasher.write(&[0]);
        hasher.write(value.as_bytes());
        IdKey(hasher.finish128().as_u128())
    }

    /// The node that owns an identifier.
    pub(crate) fn get(&mut self, IdKey(key): IdKey) -> Option<PersonId> {
        if let Some(owner) = self.young.get(&key).or_else(|| self.memory.get(&key)) {
            return Some(*owner);
        }
        let owner = self.old.remove(&key).or_else(|| {
            let mut slices = self.slices.iter().rev().filter(|slice| slice.may_contain(key));
            slices.find_map(|slice| slice.find(key)).map(PersonId)
        })?;
        self.young.insert(key, owner);
        Some(owner)
    }

    /// Adds an identifier, or gives that of an erased node to another: the newest entry counts.
    pub(crate) fn put(&mut self, IdKey(key): IdKey, owner: PersonId) {
        self.memory.insert(key, owner);
        self.old.remove(&key);
        if let Some(held) = self.young.get_mut(&key) {
            *held = owner;
        }
    }

    /// Keeps the cache within its bound; to be called between operations.
    pub(crate) fn age(&mut self) {
        if self.young.len() > self.generation_entries_max {
            self.turn();
        }
    }

    /// Entries that are not in a slice yet.
    pub(crate) fn unstored(&self) -> usize {
        self.memory.len()
    }

    /// Entries held in memory, for tests of the bound.
    pub(crate) fn held(&self) -> usize {
        self.memory.len() + self.young.len() + self.old.len()
    }

    /// Makes durable all that was put; everything below `stored_to` must be in it and durable in the
    /// log.
    pub(crate) fn flush(&mut self, stored_to: Offset) -> io::Result<()> {
        let mut slices = self.slices.clone();
        if !self.memory.is_empty() {
            let entry = |(key, owner): (&u128, &PersonId)| Entry { key: *key, value: owner.0 };
            let mut entries: Vec<Entry> = self.memory.iter().map(entry).collect();
            entries.sort_unstable_by_key(|entry| entry.key);
            let number = self.next_number();
            let (disk, dir) = (&*self.disk, &self.dir);
            let mut writer = SliceWriter::new(disk, dir, number, entries.len(), [0; META_BYTES])?;
            for entry in entries {
                writer.push(entry)?;
            }
            slices.push(Arc::new(writer.finish(disk, dir)?));
        }
        // After a restart the log may be read again from before what the slices hold.
        self.manifest.stored_to = self.manifest.stored_to.max(stored_to);
        self.commit(slices, &[])?;
        self.forget_memory();
        Ok(())
    }

    /// What was in memory goes to the cache.
    fn forget_memory(&mut self) {
        if self.young.len() + self.memory.len() > self.generation_entries_max {
            self.turn();
        }
        self.young.extend(self.memory.drain().take(self.generation_entries_max));
    }

    /// The young generation becomes the old one. The tables keep their memory: growing them anew each
    /// time would hold the pipeline up.
    fn turn(&mut self) {
        std::mem::swap(&mut self.young, &mut self.old);
        self.young.clear();
    }

    /// Does up to `entries` of the merging that is due; true if there is more.
    pub(crate) fn maintain(&mut self, entries: usize) -> io::Result<bool> {
        let Some((_, merge)) = &mut self.merge else {
            let Some(inputs) = self.choose() else { return Ok(false) };
            let number = self.next_number();
            let numbers = inputs.iter().map(|slice| slice.number()).collect();
            let merge = Merge::start(&*self.disk, &self.dir, number, [0; META_BYTES], inputs)?;
            self.merge = Some((numbers, merge));
            return Ok(true);
        };
        if !merge.work(entries, |_, value| value)? {
            return Ok(true);
        }
        let Some((inputs, merge)) = self.merge.take() else { return Ok(false) };
        let merged = Arc::new(merge.finish(&*self.disk, &self.dir)?);
        let mut slices = self.slices.clone();
        let is_input = |slice: &Arc<Slice>| inputs.contains(&slice.number());
        let at = slices.iter().position(is_input).unwrap_or(0);
        slices.retain(|slice| !is_input(slice));
        slices.insert(at, merged);
        self.commit(slices, &inputs)?;
        Ok(true)
    }

    /// The newest neighbours of similar size.
    fn choose(&self) -> Option<Vec<Arc<Slice>>> {
        let fits = |window: &&[Arc<Slice>]| {
            let entries = window.iter().map(|slice| slice.entries());
            (is_balanced(entries.clone()) || self.slices.len() > SLICES_MAX)
                && entries.sum::<usize>() <= SLICE_ENTRIES_MAX
        };
        self.slices.windows(FAN_IN).rev().find(fits).map(<[_]>::to_vec)
    }

    /// Whether every slice is as it was written. Reads all of them.
    pub(crate) fn verify(&self) -> io::Result<()> {
        self.slices.iter().try_for_each(|slice| slice.verify())
    }

    const fn next_number(&mut self) -> u64 {
        self.manifest.next_number += 1;
        self.manifest.next_number - 1
    }

    fn commit(&mut self, slices: Vec<Arc<Slice>>, gone: &[u64]) -> io::Result<()> {
        self.manifest.slices = slices.iter().map(|slice| slice.number()).collect();
        self.file.store(&self.manifest.encode())?;
        self.slices = slices;
        // A crash before leaves the files to `open`.
        gone.iter().try_for_each(|number| self.disk.remove(&slices::path(&self.dir, *number)))
    }
}

/// What stands in the index's state file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Manifest {
    hash_key: [u64; 2],
    stored_to: Offset,
    /// Numbers of the slice files, the oldest first.
    slices: Vec<u64>,
    next_number: u64,
}

impl Manifest {
    const fn new(hash_key: [u64; 2]) -> Self {
        Self { hash_key, stored_to: Offset(0), slices: Vec::new(), next_number: 1 }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        codec::put_u64(&mut out, self.hash_key[0]);
        codec::put_u64(&mut out, self.hash_key[1]);
        codec::put_u64(&mut out, self.stored_to.0);
        codec::put_u64(&mut out, self.next_number);
        codec::put_u64(&mut out, self.slices.len() as u64);
        for number in &self.slices {
            codec::put_u64(&mut out, *number);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let r = &mut Reader::new(bytes);
        let version = r.u8("version")?;
        if version != VERSION {
            return Err(CodecError::Version { what: "the index of identifiers", found: version });
        }
        let mut manifest = Self::new([r.u64("hash key")?, r.u64("hash key")?]);
        manifest.stored_to = Offset(r.u64("stored offset")?);
        manifest.next_number = r.u64("next slice")?;
        for _ in 0..r.count("slices")? {
            manifest.slices.push(r.u64("slice")?);
        }
        Ok(manifest)
    }
}

//! A table of the map: changes not yet stored, a bounded cache, and the store below.
//!
//! The cache has two generations: what is used moves to the young one; when that is full, the old
//! one is dropped and the young one becomes old. Cheap, and close to least recently used.

use std::hash::Hash;

use fjall::Keyspace;
use hashbrown::HashMap;
use sluice_event::CodecError;

use crate::error::IdentityError;

/// A value that a tier can keep and store.
pub(crate) trait Kept: Sized {
    fn encode(&self, out: &mut Vec<u8>);
    fn decode(bytes: &[u8]) -> Result<Self, CodecError>;
    /// About what it takes in memory.
    fn memory_bytes(&self) -> usize;
}

/// A key and its bytes in the store.
pub(crate) trait Key: Clone + Ord + Hash {
    fn with_bytes<R>(&self, run: impl FnOnce(&[u8]) -> R) -> R;
    fn memory_bytes(&self) -> usize;
}

/// What an entry of a hash table costs beside key and value, at its usual load.
const ENTRY_BYTES: usize = 32;

type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

pub(crate) struct Tier<K, V> {
    keyspace: Keyspace,
    /// Not in the store yet. A key is in one of the three tables at most.
    dirty: Table<K, V>,
    young: Table<K, V>,
    old: Table<K, V>,
    dirty_bytes: usize,
    young_bytes: usize,
    generation_bytes_max: usize,
}

impl<K: Key, V: Kept> Tier<K, V> {
    pub(crate) fn new(keyspace: Keyspace, cache_bytes_max: usize) -> Self {
        Self {
            keyspace,
            dirty: Table::default(),
            young: Table::default(),
            old: Table::default(),
            dirty_bytes: 0,
            young_bytes: 0,
            generation_bytes_max: cache_bytes_max / 2,
        }
    }

    fn cost(key: &K, value: &V) -> usize {
        key.memory_bytes() + value.memory_bytes() + ENTRY_BYTES
    }

    /// The entry, brought into memory if the store has it.
    pub(crate) fn get(&mut self, key: &K) -> Result<Option<&V>, IdentityError> {
        Ok(self.slot(key)?.map(|value| &*value))
    }

    /// The entry to change what is not stored of it, such as a value made from the rest.
    pub(crate) fn slot(&mut self, key: &K) -> Result<Option<&mut V>, IdentityError> {
        if let Some(value) = self.dirty.get_mut(key) {
            return Ok(Some(value));
        }
        if !self.young.contains_key(key) {
            let value = match self.old.remove(key) {
                Some(value) => value,
                None => match key.with_bytes(|bytes| self.keyspace.get(bytes))? {
                    Some(bytes) => V::decode(&bytes)?,
                    None => return Ok(None),
                },
            };
            self.young_bytes += Self::cost(key, &value);
            self.young.insert(key.clone(), value);
        }
        Ok(self.young.get_mut(key))
    }

    /// Changes an entry, to be stored with the next flush; `None` if there is no such entry.
    pub(crate) fn change<R>(
        &mut self,
        key: &K,
        change: impl FnOnce(&mut V) -> R,
    ) -> Result<Option<R>, IdentityError> {
        if !self.dirty.contains_key(key) {
            if self.slot(key)?.is_none() {
                return Ok(None);
            }
            let Some(value) = self.young.remove(key) else { return Ok(None) };
            self.young_bytes = self.young_bytes.saturating_sub(Self::cost(key, &value));
            self.put(key.clone(), value);
        }
        let Some(value) = self.dirty.get_mut(key) else { return Ok(None) };
        let before = value.memory_bytes();
        let result = change(value);
        self.dirty_bytes = (self.dirty_bytes + value.memory_bytes()).saturating_sub(before);
        Ok(Some(result))
    }

    /// Adds an entry that does not exist yet.
    pub(crate) fn put(&mut self, key: K, value: V) {
        self.dirty_bytes += Self::cost(&key, &value);
        self.dirty.insert(key, value);
    }

    /// Keeps the cache within its bound; to be called between operations.
    pub(crate) fn age(&mut self) {
        if self.young_bytes > self.generation_bytes_max {
            turn(&mut self.young, &mut self.old);
            self.young_bytes = 0;
        }
    }

    pub(crate) const fn dirty_bytes(&self) -> usize {
        self.dirty_bytes
    }

    /// The entries that the store does not have yet, or has in an older form.
    pub(crate) fn unstored(&self) -> impl Iterator<Item = (&K, &V)> {
        self.dirty.iter()
    }

    /// Goes on in another store, which holds the same.
    pub(crate) fn move_to(&mut self, keyspace: Keyspace) {
        self.keyspace = keyspace;
    }

    /// What is stored.
    pub(crate) const fn keyspace(&self) -> &Keyspace {
        &self.keyspace
    }

    /// Entries held in memory, for tests of the bound.
    pub(crate) fn held(&self) -> usize {
        self.dirty.len() + self.young.len() + self.old.len()
    }

    /// Puts all changes into `batch`. After it was committed, call [`Tier::stored`].
    pub(crate) fn flush_into(&self, batch: &mut fjall::OwnedWriteBatch) {
        let mut bytes = Vec::new();
        let mut entries: Vec<_> = self.dirty.iter().collect();
        // Neighbours go to neighbouring places of the store, whose memory is then at hand.
        entries.sort_unstable_by_key(|(key, _)| *key);
        for (key, value) in entries {
            bytes.clear();
            value.encode(&mut bytes);
            key.with_bytes(|key| batch.insert(&self.keyspace, key, bytes.as_slice()));
        }
    }

    pub(crate) fn stored(&mut self) {
        for (key, value) in self.dirty.drain() {
            self.young_bytes += Self::cost(&key, &value);
            self.young.insert(key, value);
            if self.young_bytes > self.generation_bytes_max {
                turn(&mut self.young, &mut self.old);
                self.young_bytes = 0;
            }
        }
        self.dirty_bytes = 0;
    }
}

/// The young generation becomes the old one. The tables keep their memory: growing them anew each
/// time would hold the pipeline up.
fn turn<K, V>(young: &mut Table<K, V>, old: &mut Table<K, V>) {
    std::mem::swap(young, old);
    young.clear();
}

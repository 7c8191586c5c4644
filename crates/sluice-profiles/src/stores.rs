//! Where nodes and merges are stored: a database in a folder of its own.
//!
//! An erased node is written over like any other, but the database keeps what it had in files that it
//! no longer reads. To leave nothing of it, all that is live goes to a database in another folder, and
//! the old folder is removed. Which folder counts, a state file says; after a crash at any point the
//! folders that do not count are removed at the next opening.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fjall::config::{BloomConstructionPolicy, FilterPolicy, FilterPolicyEntry, PinningPolicy};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use sluice_base::{OsDisk, StateFile};
use sluice_event::Offset;

use crate::error::IdentityError;
use crate::state::State;

const APPLIED: &str = "applied";
/// Folders are `nodes`, then `nodes-1`, `nodes-2` and so on.
const FOLDER: &str = "nodes";

pub(crate) struct Stores {
    dir: PathBuf,
    cache_bytes: u64,
    pointer: StateFile,
    /// Of the folder that counts.
    number: u64,
    open: Open,
}

struct Open {
    database: Database,
    nodes: Keyspace,
    merges: Keyspace,
    meta: Keyspace,
}

fn folder(dir: &Path, number: u64) -> PathBuf {
    match number {
        0 => dir.join(FOLDER),
        number => dir.join(format!("{FOLDER}-{number}")),
    }
}

impl Stores {
    pub(crate) fn open(dir: &Path, cache_bytes: u64) -> Result<Self, IdentityError> {
        std::fs::create_dir_all(dir)?;
        let pointer = StateFile::new(Arc::new(OsDisk), dir.join("nodes.state"));
        let bytes = pointer.load()?.and_then(|bytes| <[u8; 8]>::try_from(&*bytes).ok());
        let number = bytes.map_or(0, u64::from_le_bytes);
        let path = folder(dir, number);
        for entry in std::fs::read_dir(dir)? {
            let found = entry?.path();
            let is_ours = found.file_name().is_some_and(|name| {
                let name = name.to_string_lossy();
                name == FOLDER || name.starts_with("nodes-")
            });
            if is_ours && found != path {
                std::fs::remove_dir_all(&found)?;
            }
        }
        let open = Open::at(&path, cache_bytes)?;
        Ok(Self { dir: dir.to_owned(), cache_bytes, pointer, number, open })
    }

    /// Nodes, merges, and how far they are stored.
    pub(crate) fn tables(&self) -> Result<(Keyspace, Keyspace, Offset), IdentityError> {
        let applied = self.open.meta.get(APPLIED)?;
        let number = applied.and_then(|bytes| <[u8; 8]>::try_from(&*bytes).ok());
        let applied = Offset(number.map_or(0, u64::from_le_bytes));
        Ok((self.open.nodes.clone(), self.open.merges.clone(), applied))
    }

    /// Stores what changed, in one step with how far it reaches.
    pub(crate) fn store(&self, state: &State) -> Result<(), IdentityError> {
        let Open { database, meta, .. } = &self.open;
        let mut batch = database.batch();
        state.nodes.flush_into(&mut batch);
        state.merges.flush_into(&mut batch);
        batch.insert(meta, APPLIED, state.applied.0.to_le_bytes());
        batch.commit()?;
        // The events log may be cut up to here: what is said to be stored must survive a power loss.
        database.persist(PersistMode::SyncAll)?;
        Ok(())
    }

    /// Moves everything that is live to a new folder and removes the old one. All of the state must
    /// be stored.
    pub(crate) fn rewrite(&mut self, state: &mut State) -> Result<(), IdentityError> {
        let number = self.number + 1;
        let path = folder(&self.dir, number);
        if path.is_dir() {
            std::fs::remove_dir_all(&path)?;
        }
        let new = Open::at(&path, self.cache_bytes)?;
        let tables = [(&self.open.nodes, &new.nodes), (&self.open.merges, &new.merges)];
        for (from, to) in tables {
            let mut copy = to.start_ingestion()?;
            for stored in from.iter() {
                let (key, value) = stored.into_inner()?;
                copy.write(key, value)?;
            }
            copy.finish()?;
        }
        new.meta.insert(APPLIED, state.applied.0.to_le_bytes())?;
        new.database.persist(PersistMode::SyncAll)?;
        self.pointer.store(&number.to_le_bytes())?;
        state.nodes.move_to(new.nodes.clone());
        state.merges.move_to(new.merges.clone());
        let old = folder(&self.dir, self.number);
        self.number = number;
        drop(std::mem::replace(&mut self.open, new));
        // A search that still reads there keeps the files open; the names can go.
        Ok(std::fs::remove_dir_all(old)?)
    }
}

impl Open {
    fn at(path: &Path, cache_bytes: u64) -> Result<Self, IdentityError> {
        let open = || -> Result<Self, fjall::Error> {
            let database = Database::builder(path)
                .cache_size(cache_bytes)
                .max_journaling_size(512 << 20)
                .worker_threads(1)
                .open()?;
            let nodes = database.keyspace("nodes", point_reads)?;
            let merges = database.keyspace("merges", point_reads)?;
            let meta = database.keyspace("meta", KeyspaceCreateOptions::default)?;
            Ok(Self { database, nodes, merges, meta })
        };
        open().map_err(|source| IdentityError::Open { path: path.to_owned(), source })
    }
}

/// Options of a keyspace that is read by whole keys: filters and indexes stay in memory.
fn point_reads() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .filter_policy(FilterPolicy::all(FilterPolicyEntry::Bloom(
            BloomConstructionPolicy::BitsPerKey(10.0),
        )))
        .filter_block_pinning_policy(PinningPolicy::all(true))
        .index_block_pinning_policy(PinningPolicy::all(true))
        .max_memtable_size(64 << 20)
        .manual_journal_persist(true)
}

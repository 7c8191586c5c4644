//! The files of one connection: the journal of its state and its dead letters. Blocking.
//!
//! Order of a commit: letters first, then the journal, then letters that are no longer named. So
//! after a crash at any point the journal is the truth, and each letter it names is there.

use std::io;
use std::path::Path;
use std::sync::Arc;

use sluice_base::{Disk, Journal};
use sluice_event::{PersonId, StoredEvent};

use crate::dead::{DeadLetter, DeadLetters};
use crate::state::{Delta, State};

/// A journal below this is not written anew.
const JOURNAL_BYTES_MIN: u64 = 256 * 1024;

pub(crate) struct Keeper {
    journal: Journal,
    letters: DeadLetters,
    /// As committed.
    pub(crate) state: State,
    /// Size of the journal after it was last written anew.
    snapshot_bytes: u64,
}

impl Keeper {
    /// Opens the folder; a new connection starts at `start`, durably from now on.
    pub(crate) fn open(disk: &Arc<dyn Disk>, dir: &Path, start: u64) -> io::Result<Self> {
        disk.create_dir_all(dir)?;
        let (mut journal, records) = Journal::open(Arc::clone(disk), dir.join("state.journal"))?;
        let mut state = State::starting_at(start);
        if records.is_empty() {
            journal.append(&state.snapshot().encode())?;
        }
        for record in &records {
            let delta = Delta::decode(record)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            state.apply(delta);
        }
        let path = dir.join("dead.letters");
        let letters = DeadLetters::open(Arc::clone(disk), path, state.dead.keys())?;
        let snapshot_bytes = journal.bytes();
        Ok(Self { journal, letters, state, snapshot_bytes })
    }

    /// One durable step. After an error the connection must not go on.
    pub(crate) fn commit(&mut self, delta: Delta, letters: &[DeadLetter]) -> io::Result<()> {
        self.letters.append(letters)?;
        self.journal.append(&delta.encode())?;
        let gone: Vec<u64> = delta.undead.clone();
        self.state.apply(delta);
        let gone: Vec<u64> =
            gone.into_iter().filter(|offset| !self.state.dead.contains_key(offset)).collect();
        self.letters.forget(&gone)?;
        if self.journal.bytes() > JOURNAL_BYTES_MIN.max(self.snapshot_bytes * 2) {
            self.journal.rewrite(&[&self.state.snapshot().encode()])?;
            self.snapshot_bytes = self.journal.bytes();
        }
        Ok(())
    }

    /// Takes out what waits and what is dead of erased people, so that nothing of it is on disk, and
    /// what was recorded of requests, which may hold several people's events. Waiting events that
    /// are only references come from the log, which knows who was erased. To be called while the
    /// connection does not run; again after a crash. Gives how many events were taken out.
    pub(crate) fn erase(&mut self, is_erased: &dyn Fn(PersonId) -> bool) -> io::Result<u64> {
        let is_gone = |event: &StoredEvent| event.is_erased() || is_erased(event.person);
        let before = self.state.waiting.len() + self.state.dead.len();
        self.state.waiting.retain(|_, waiting| !waiting.event.as_deref().is_some_and(is_gone));
        let mut kept = Vec::new();
        for offset in self.state.dead.keys() {
            if let Some(letter) = self.letters.get(*offset)?
                && !is_gone(&letter.event)
            {
                kept.push(DeadLetter { exchange: None, ..letter });
            }
        }
        self.state.dead.retain(|offset, _| kept.iter().any(|letter| letter.offset == *offset));
        let gone = (before - self.state.waiting.len() - self.state.dead.len()) as u64;
        self.state.counts.erased += gone;
        self.journal.rewrite(&[&self.state.snapshot().encode()])?;
        self.snapshot_bytes = self.journal.bytes();
        self.letters.replace(&kept)?;
        Ok(gone)
    }

    pub(crate) fn letter(&self, offset: u64) -> io::Result<Option<DeadLetter>> {
        self.letters.get(offset)
    }
}

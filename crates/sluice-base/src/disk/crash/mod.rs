//! A disk in memory that forgets, at a crash, what was not synced; deterministic by seed.
//!
//! It is as hostile as a real disk may be and no more. Bytes that were not synced survive in any
//! subset of sectors; names that were not synced survive as a prefix or as any subset of the
//! changes; a rename is atomic; a sector is old or new, never mixed. After a failed sync some of
//! the dirty sectors are on the disk, the rest are clean in the cache and never written: a later
//! sync reports success without them.

mod chance;
mod content;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use self::chance::Chance;
use self::content::Content;
use self::names::{Change, apply};
use super::{Disk, DiskFile, FileBytes};

/// The disk; a clone is the same disk.
#[derive(Clone)]
pub struct CrashDisk(Arc<Mutex<State>>);

impl CrashDisk {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State { chance: Chance(seed), ..State::default() })))
    }

    /// Cuts the power. This disk answers errors from now on; the one returned holds what survived,
    /// chosen by the seed, without any fault planned.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        let mut state = self.0.lock();
        state.dead = true;
        Self(Arc::new(Mutex::new(state.survivor(Chance(seed)))))
    }

    /// Kills the process but not the machine: everything written is still seen by the next process
    /// and is as unsynced as before. This disk answers errors from now on.
    #[must_use]
    pub fn kill(&self) -> Self {
        let mut state = self.0.lock();
        let mut next = state.clone();
        state.dead = true;
        (next.dead, next.crash_at) = (false, None);
        next.fail_at.clear();
        Self(Arc::new(Mutex::new(next)))
    }

    /// Operations so far that change or sync something.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.0.lock().operations
    }

    /// The `n`-th operation from now (0 = the next) is cut short, and it and all after it answer
    /// an error until [`CrashDisk::crash`] or [`CrashDisk::kill`] gives the disk that is left.
    pub fn crash_after(&self, n: u64) {
        let mut state = self.0.lock();
        state.crash_at = Some(state.operations + n);
    }

    /// The `n`-th operation from now (0 = the next) answers an error; those after it work again.
    pub fn fail_after(&self, n: u64) {
        let mut state = self.0.lock();
        let at = state.operations + n;
        state.fail_at.insert(at);
    }

    /// Bytes that fit on the disk; `None` is without limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.0.lock().capacity = bytes;
    }

    /// Whether a planned crash has happened.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.0.lock().dead
    }

    /// Flips bits of a stored byte, as failing hardware does.
    ///
    /// # Panics
    /// If there is no such byte.
    pub fn corrupt(&self, path: &Path, at: u64, mask: u8) {
        let mut state = self.0.lock();
        let id = state.names[path];
        let at = index(at);
        let file = &mut state.files[id];
        file.seen[at] ^= mask;
        if let Some(byte) = file.durable.get_mut(at) {
            *byte ^= mask;
        }
    }

    fn file(&self, id: usize) -> Arc<dyn DiskFile> {
        Arc::new(CrashFile { disk: self.clone(), id })
    }
}

impl Disk for CrashDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.0.lock();
        let cut = state.begin()?;
        if state.names.contains_key(path) || state.dirs.contains(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if !path.parent().is_some_and(|dir| state.has_dir(dir)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if cut.done(&mut state) {
            state.files.push(Content::default());
            let id = state.files.len() - 1;
            state.change(path, Change::Put(path.into(), id));
        }
        cut.finish()?;
        Ok(self.file(state.files.len() - 1))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.0.lock();
        state.alive()?;
        let id = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.file(id))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.0.lock();
        state.alive()?;
        let inside =
            state.names.keys().chain(&state.dirs).filter(|path| path.parent() == Some(dir));
        let names: BTreeSet<String> =
            inside.filter_map(|p| Some(p.file_name()?.to_string_lossy().into_owned())).collect();
        Ok(names.into_iter().collect())
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let cut = state.begin()?;
        if cut.done(&mut state) {
            for dir in dir.ancestors().filter(|d| !d.as_os_str().is_empty()) {
                state.dirs.insert(dir.into());
                state.durable_dirs.insert(dir.into());
            }
        }
        cut.finish()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let cut = state.begin()?;
        let change = match state.names.get(from) {
            Some(&id) => Change::Rename(from.into(), to.into(), id),
            None if state.dirs.contains(from) => Change::RenameDir(from.into(), to.into()),
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        if !to.parent().is_some_and(|dir| state.has_dir(dir)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if cut.done(&mut state) {
            state.change(to, change);
        }
        cut.finish()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let cut = state.begin()?;
        if !state.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if cut.done(&mut state) {
            state.change(path, Change::Remove(path.into()));
        }
        cut.finish()
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let cut = state.begin()?;
        if !state.dirs.contains(dir) {
            return cut.finish();
        }
        let inside: Vec<PathBuf> =
            state.names.keys().filter(|p| p.starts_with(dir)).cloned().collect();
        for path in inside {
            if cut.done(&mut state) {
                state.change(&path, Change::Remove(path.clone()));
            }
        }
        cut.finish()?;
        state.change(dir, Change::RemoveDir(dir.into()));
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let cut = state.begin()?;
        if !state.has_dir(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if cut.is_none() {
            state.sync_names(dir);
        }
        cut.finish()
    }

    fn map(&self, path: &Path) -> io::Result<FileBytes> {
        let state = self.0.lock();
        state.alive()?;
        let id = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(FileBytes::new(state.files[id].seen.clone()))
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        let state = self.0.lock();
        state.alive()?;
        Ok(state.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(state.used())))
    }
}

struct CrashFile {
    disk: CrashDisk,
    id: usize,
}

impl CrashFile {
    fn grow_to(&self, state: &State, len: usize) -> io::Result<()> {
        let grows = len.saturating_sub(state.files[self.id].seen.len()) as u64;
        match state.capacity {
            Some(capacity) if state.used() + grows > capacity => {
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Ok(()),
        }
    }
}

impl DiskFile for CrashFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let cut = state.begin()?;
        self.grow_to(&state, index(offset) + bytes.len())?;
        let written = if cut.is_none() { bytes.len() } else { state.chance.below(bytes.len() + 1) };
        state.files[self.id].write(index(offset), &bytes[..written]);
        cut.finish()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.0.lock();
        state.alive()?;
        let seen = state.files[self.id].seen.get(index(offset)..).unwrap_or_default();
        let read = seen.len().min(into.len());
        into[..read].copy_from_slice(&seen[..read]);
        Ok(read)
    }

    fn sync(&self) -> io::Result<()> {
        let mut guard = self.disk.0.lock();
        let cut = guard.begin()?;
        let state = &mut *guard;
        match cut {
            Cut::None => state.files[self.id].sync(),
            Cut::Fail => state.files[self.id].fail_sync(&mut state.chance),
            Cut::Crash => {}
        }
        cut.finish()
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.disk.0.lock();
        state.alive()?;
        Ok(state.files[self.id].seen.len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let cut = state.begin()?;
        self.grow_to(&state, index(len))?;
        if cut.done(&mut state) {
            state.files[self.id].set_len(index(len));
        }
        cut.finish()
    }
}

#[derive(Clone, Default)]
struct State {
    chance: Chance,
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    dirs: BTreeSet<PathBuf>,
    durable_names: BTreeMap<PathBuf, usize>,
    durable_dirs: BTreeSet<PathBuf>,
    /// Changes of names that are not durable yet, oldest first, each with its directory.
    unsynced: Vec<(PathBuf, Change)>,
    operations: u64,
    crash_at: Option<u64>,
    fail_at: BTreeSet<u64>,
    capacity: Option<u64>,
    dead: bool,
}

impl State {
    fn alive(&self) -> io::Result<()> {
        if self.dead { Cut::Crash.finish() } else { Ok(()) }
    }

    fn begin(&mut self) -> io::Result<Cut> {
        self.alive()?;
        let operation = self.operations;
        self.operations += 1;
        if self.crash_at == Some(operation) {
            self.dead = true;
            return Ok(Cut::Crash);
        }
        Ok(if self.fail_at.remove(&operation) { Cut::Fail } else { Cut::None })
    }

    fn has_dir(&self, dir: &Path) -> bool {
        dir.as_os_str().is_empty() || dir == Path::new("/") || self.dirs.contains(dir)
    }

    fn used(&self) -> u64 {
        self.names.values().map(|&id| self.files[id].seen.len() as u64).sum()
    }

    fn change(&mut self, path: &Path, change: Change) {
        apply(&change, &mut self.names, &mut self.dirs);
        if let Change::RenameDir(from, to) = &change {
            for (dir, _) in &mut self.unsynced {
                if dir == from {
                    dir.clone_from(to);
                }
            }
        }
        self.unsynced.push((path.parent().unwrap_or(Path::new("")).into(), change));
    }

    fn sync_names(&mut self, dir: &Path) {
        let mut left = Vec::new();
        for (of, change) in std::mem::take(&mut self.unsynced) {
            if of != dir {
                left.push((of, change));
                continue;
            }
            apply(&change, &mut self.durable_names, &mut self.durable_dirs);
            match &change {
                Change::RenameDir(from, to) => {
                    left.iter_mut().for_each(|(_, earlier)| earlier.moved(from, to));
                }
                Change::RemoveDir(gone) => left.retain(|(of, _)| !of.starts_with(gone)),
                _ => {}
            }
        }
        self.unsynced = left;
    }

    fn survivor(&self, mut chance: Chance) -> Self {
        let mut names = self.durable_names.clone();
        let mut dirs = self.durable_dirs.clone();
        let kept = chance.subset(self.unsynced.len());
        for (change, _) in
            self.unsynced.iter().map(|(_, change)| change).zip(kept).filter(|(_, kept)| *kept)
        {
            apply(change, &mut names, &mut dirs);
        }
        names.retain(|path, _| {
            path.parent().is_some_and(|d| d == Path::new("/") || dirs.contains(d))
        });
        let mut files: Vec<Content> = Vec::new();
        for id in names.values_mut() {
            files.push(self.files[*id].survivor(&mut chance));
            *id = files.len() - 1;
        }
        Self {
            files,
            durable_names: names.clone(),
            durable_dirs: dirs.clone(),
            names,
            dirs,
            chance,
            capacity: self.capacity,
            ..Self::default()
        }
    }
}

/// What a fault makes of an operation.
#[derive(Clone, Copy)]
enum Cut {
    None,
    Fail,
    Crash,
}

impl Cut {
    const fn is_none(self) -> bool {
        matches!(self, Self::None)
    }

    /// Whether the operation takes effect: a failed one does not, one in a crash may.
    fn done(self, state: &mut State) -> bool {
        match self {
            Self::None => true,
            Self::Fail => false,
            Self::Crash => state.chance.below(2) == 0,
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Fail => Err(io::Error::other("simulated failure of the disk")),
            Self::Crash => Err(io::Error::other("simulated crash: the disk is gone")),
        }
    }
}

fn index(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

//! Changes of names, which are durable only when their directory was synced.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A change of names.
#[derive(Clone)]
pub(super) enum Change {
    Put(PathBuf, usize),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf, usize),
    RenameDir(PathBuf, PathBuf),
    RemoveDir(PathBuf),
}

impl Change {
    pub(super) fn moved(&mut self, from: &Path, to: &Path) {
        match self {
            Self::Put(path, _) | Self::Remove(path) | Self::RemoveDir(path) => {
                *path = rebase(path, from, to)
            }
            Self::Rename(a, b, _) | Self::RenameDir(a, b) => {
                *a = rebase(a, from, to);
                *b = rebase(b, from, to);
            }
        }
    }
}

fn rebase(path: &Path, from: &Path, to: &Path) -> PathBuf {
    path.strip_prefix(from).map_or_else(|_| path.into(), |rest| to.join(rest))
}

pub(super) fn apply(
    change: &Change,
    names: &mut BTreeMap<PathBuf, usize>,
    dirs: &mut BTreeSet<PathBuf>,
) {
    match change {
        Change::Put(path, id) => {
            names.insert(path.clone(), *id);
        }
        Change::Remove(path) => {
            names.remove(path);
        }
        Change::Rename(from, to, id) => {
            names.remove(from);
            names.insert(to.clone(), *id);
        }
        Change::RenameDir(from, to) => {
            *names = std::mem::take(names)
                .into_iter()
                .map(|(p, id)| (rebase(&p, from, to), id))
                .collect();
            *dirs = std::mem::take(dirs).into_iter().map(|p| rebase(&p, from, to)).collect();
        }
        Change::RemoveDir(dir) => {
            names.retain(|path, _| !path.starts_with(dir));
            dirs.retain(|path| !path.starts_with(dir));
        }
    }
}

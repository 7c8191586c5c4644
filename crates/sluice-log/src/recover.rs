//! Opening: what is in the directory, and where the last segment truly ends.
//!
//! One block is in flight at a time, and the next is written only after the one before was synced.
//! So in the last segment a damaged block with an intact block header behind it was synced once:
//! corruption, refused. With none behind it, it is a torn write: cut. What a clean stop left on
//! record as synced is never cut.

use std::path::Path;
use std::sync::Arc;

use sluice_base::{Disk, DiskFile, Timestamp};

use crate::LogError;
use crate::block;
use crate::segment::{self, Index, LogSegment, Walk};

/// What opening found.
pub(crate) struct Recovered {
    /// Oldest first; the last one is the one to write on.
    pub(crate) segments: Vec<Arc<LogSegment>>,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) index: Index,
    pub(crate) last_written: Timestamp,
}

pub(crate) fn recover(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    now: Timestamp,
) -> Result<Recovered, LogError> {
    disk.create_dir_all(dir).map_err(LogError::io("create", dir))?;
    let bases = tidy(disk, dir)?;
    // A killed process may have left names that are seen but not durable yet.
    disk.sync_dir(dir).map_err(LogError::io("sync", dir))?;
    let Some((&last, sealed)) = bases.split_last() else {
        let path = segment::log_path(dir, 0);
        let (file, mark) = segment::create(disk, &path, 0, now)?;
        let index = Index::empty(mark, 0);
        let segments = vec![Arc::new(LogSegment::active(path, 0, index.clone()))];
        return Ok(Recovered { segments, file, index, last_written: Timestamp::MIN });
    };
    let mut segments = Vec::with_capacity(bases.len());
    for (base, end) in sealed.iter().zip(&bases[1..]) {
        let path = segment::log_path(dir, *base);
        let file = disk.open(&path).map_err(LogError::io("open", &path))?;
        let bytes = file.len().map_err(LogError::io("read", &path))?;
        segments.push(Arc::new(LogSegment::sealed(path, *base, *end, bytes, None)));
    }
    let path = segment::log_path(dir, last);
    let (file, index) = open_last(disk, &path, last)?;
    let mut last_written = index.last_written;
    if let Some(before) = segments.last() {
        let (_, index) = before.open(disk)?;
        last_written = last_written.max(index.last_written);
        // A crash may have come between sealing it and writing its index.
        if Index::load(disk, &before.path, index.mark).as_ref() != Some(&*index) {
            index.store(disk, &before.path)?;
        }
    }
    segments.push(Arc::new(LogSegment::active(path, last, index.clone())));
    Ok(Recovered { segments, file, index, last_written })
}

/// Removes what an interrupted step left behind; gives the bases of the segments in order.
fn tidy(disk: &Arc<dyn Disk>, dir: &Path) -> Result<Vec<u64>, LogError> {
    let names = disk.list(dir).map_err(LogError::io("list", dir))?;
    let base_of = |name: &str, kind: &str| {
        name.strip_suffix(kind).and_then(|digits| digits.parse::<u64>().ok())
    };
    let mut bases: Vec<u64> = names.iter().filter_map(|name| base_of(name, ".log")).collect();
    bases.sort_unstable();
    for name in &names {
        let orphan = base_of(name, ".idx").is_some_and(|base| bases.binary_search(&base).is_err());
        if orphan || name.ends_with(".tmp") {
            let path = dir.join(name);
            disk.remove(&path).map_err(LogError::io("remove", path))?;
        }
    }
    Ok(bases)
}

fn open_last(
    disk: &Arc<dyn Disk>,
    path: &Path,
    base: u64,
) -> Result<(Arc<dyn DiskFile>, Index), LogError> {
    let file = disk.open(path).map_err(LogError::io("open", path))?;
    let mark = segment::read_header(&*file, path, base)?;
    let mut index = Index::load(disk, path, mark).unwrap_or_else(|| Index::empty(mark, base));
    let len = file.len().map_err(LogError::io("read", path))?;
    if len < index.end_at {
        return Err(LogError::corrupt(path, len, "the file ends before what was synced"));
    }
    let mut walk = Walk::new(file.clone(), path.into(), mark, base);
    walk.limit = len;
    walk.seek((index.end, index.end_at));
    let mut last_block = None;
    loop {
        let at = walk.at;
        match walk.stored() {
            Ok((header, whole)) => {
                index.push(&header);
                last_block = Some((at, whole));
            }
            Err(error @ LogError::Io { .. }) => return Err(error),
            Err(damage) => {
                let rest = rest_of(&*file, path, at, len)?;
                let misplaced = block::Header::decode(&rest)
                    .is_some_and(|header| header.mark == mark && header.base != index.end);
                if misplaced || block_behind(&rest, mark) {
                    return Err(damage);
                }
                cut(&*file, path, at, &rest)?;
                break;
            }
        }
    }
    if let Some((at, whole)) = last_block {
        // A killed process may have left it in the page cache only, and after a failed sync the
        // cache may even call it clean: it is written again before anyone reads it.
        file.write_at(at, &whole).map_err(LogError::io("write", path))?;
    }
    file.sync().map_err(LogError::io("sync", path))?;
    Ok((file, index))
}

fn rest_of(file: &dyn DiskFile, path: &Path, at: u64, len: u64) -> Result<Vec<u8>, LogError> {
    let mut rest = vec![0; usize::try_from(len - at).unwrap_or(usize::MAX)];
    let read = file.read_at(at, &mut rest).map_err(LogError::io("read", path))?;
    rest.truncate(read);
    Ok(rest)
}

/// Whether an intact block header of this segment stands behind the first byte.
fn block_behind(rest: &[u8], mark: u64) -> bool {
    let mut from = 1;
    while let Some(found) = rest.get(from..).and_then(|rest| find(rest, &block::MAGIC)) {
        if block::Header::decode(&rest[from + found..]).is_some_and(|header| header.mark == mark) {
            return true;
        }
        from += found + 1;
    }
    false
}

fn find(haystack: &[u8], needle: &[u8; 4]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| *byte == needle[0]) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Cuts a torn write; the zeros of a preallocated file stay.
fn cut(file: &dyn DiskFile, path: &Path, at: u64, rest: &[u8]) -> Result<(), LogError> {
    if rest.iter().any(|byte| *byte != 0) {
        tracing::warn!(path = %path.display(), at, "cut a torn write from the end of the log");
        file.set_len(at).map_err(LogError::io("cut", path))?;
    }
    Ok(())
}

//! What changes sealed segments: retention, and the rewrite that leaves nothing readable.

use std::path::Path;
use std::sync::Arc;

use sluice_base::DiskFile;

use crate::block::{self, Block, Encoder, Entries, HEADER_BYTES, Header, PAYLOAD_BYTES_MAX};
use crate::log::Shared;
use crate::segment::{self, Index, LogSegment};
use crate::{Entry, Log, LogError};

/// Decides about an entry: `Some` replaces its payload.
pub type Replace<'a> = &'a mut dyn FnMut(&Entry) -> Option<Vec<u8>>;

impl Log {
    /// Drops the oldest sealed segments that are over the configured age or size, and wholly below
    /// `keep_from`; gives the bytes freed.
    ///
    /// # Errors
    /// `Io`, `Corrupt`.
    pub fn retain(&self, keep_from: u64) -> Result<u64, LogError> {
        let _upkeep = self.shared.upkeep.lock();
        let limits = self.shared.config.retention;
        let too_old = limits.age.map(|age| self.shared.clock.now().minus(age));
        let mut freed = 0;
        loop {
            let oldest = self.shared.segments.read().first().cloned();
            let Some(oldest) =
                oldest.filter(|oldest| oldest.sealed_end().is_some_and(|end| end <= keep_from))
            else {
                return Ok(freed);
            };
            let over_bytes = limits.bytes.is_some_and(|max| self.disk_bytes() > max);
            let over_age = match too_old {
                Some(at) if !over_bytes => self.shared.open(&oldest)?.1.last_written < at,
                _ => false,
            };
            if !over_bytes && !over_age {
                return Ok(freed);
            }
            self.shared.drop_oldest(&oldest)?;
            freed += oldest.bytes();
        }
    }

    /// Gives every entry below `below` that stands in a sealed segment to `f`, oldest first, and
    /// replaces the payloads it answers; offsets, kinds and times stay. Nothing of a replaced
    /// payload stays on disk or in memory once the readers inside the old file are gone. Call
    /// [`Log::roll`] before to reach the entries of the segment being written. Gives the number of
    /// entries replaced. Each segment is replaced atomically; after an error some are, some not.
    ///
    /// # Errors
    /// `Io`, `Corrupt`, `TooLarge` for a new payload over the limit.
    pub fn rewrite(&self, below: u64, f: Replace<'_>) -> Result<u64, LogError> {
        let _upkeep = self.shared.upkeep.lock();
        let mut replaced = 0;
        let segments = self.shared.segments.read().clone();
        for segment in segments.iter().filter(|segment| segment.base < below) {
            if let Some(end) = segment.sealed_end() {
                replaced += self.shared.rewrite(segment, end, below, f)?;
            }
        }
        Ok(replaced)
    }

    /// Seals the segment being written, so that `rewrite` and `retain` reach what it holds.
    ///
    /// # Errors
    /// `Stopped` if the disk fails: this is a write.
    pub fn roll(&self) -> Result<(), LogError> {
        self.shared.roll()
    }

    /// Bytes of all segments, without room that is only preallocated.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.shared.segments.read().iter().map(|segment| segment.bytes()).sum()
    }
}

impl Shared {
    fn drop_oldest(&self, oldest: &Arc<LogSegment>) -> Result<(), LogError> {
        self.segments.write().retain(|segment| !Arc::ptr_eq(segment, oldest));
        if let Some(end) = oldest.sealed_end() {
            self.recent.lock().forget_below(end);
        }
        self.disk.remove(&oldest.path).map_err(LogError::io("remove", &oldest.path))?;
        // Synced one by one: a crash must never leave a gap between segments.
        self.disk.sync_dir(&self.dir).map_err(LogError::io("sync", &self.dir))?;
        match self.disk.remove(&oldest.path.with_extension("idx")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(LogError::io("remove", &oldest.path)(error))
            }
            _ => Ok(()),
        }
    }

    fn rewrite(
        &self,
        old: &Arc<LogSegment>,
        end: u64,
        below: u64,
        f: Replace<'_>,
    ) -> Result<u64, LogError> {
        let (mut walk, index) = self.open(old)?;
        walk.limit = index.end_at;
        let mut copy: Option<Copy> = None;
        let mut replaced = 0;
        while walk.next < end.min(below).max(old.base) {
            let (at, next) = (walk.at, walk.next);
            let (header, block) = walk.block()?;
            let Some((body, count)) =
                rewritten(&block, below, f).map_err(|what| what.of(&old.path, at))?
            else {
                if let Some(copy) = &mut copy {
                    walk.seek((next, at));
                    let (header, stored) = walk.stored()?;
                    copy.put(header, &stored[HEADER_BYTES..])?;
                }
                continue;
            };
            if copy.is_none() {
                walk.seek((old.base, segment::HEADER_BYTES));
                let mut new = Copy::new(self, old)?;
                while walk.at < at {
                    let (header, stored) = walk.stored()?;
                    new.put(header, &stored[HEADER_BYTES..])?;
                }
                walk.skip()?;
                copy = Some(new);
            }
            if let Some(copy) = &mut copy {
                copy.put_body(header, body)?;
            }
            replaced += count;
        }
        let Some(mut copy) = copy else { return Ok(0) };
        while walk.next < end {
            let (header, stored) = walk.stored()?;
            copy.put(header, &stored[HEADER_BYTES..])?;
        }
        self.put_in_place(old, end, copy)?;
        Ok(replaced)
    }

    fn put_in_place(&self, old: &Arc<LogSegment>, end: u64, copy: Copy) -> Result<(), LogError> {
        let index = copy.finish()?;
        let path = &old.path;
        segment::publish(&self.disk, path)?;
        let new =
            LogSegment::sealed(path.clone(), old.base, end, index.end_at, Some(index.clone()));
        {
            let mut segments = self.segments.write();
            if let Some(slot) = segments.iter_mut().find(|segment| Arc::ptr_eq(segment, old)) {
                *slot = Arc::new(new);
            }
        }
        self.recent.lock().forget_below(end);
        index.store(&self.disk, path)
    }
}

/// Why a block cannot be rewritten.
enum Refused {
    Broken(&'static str),
    TooLarge(usize),
}

impl Refused {
    fn of(self, path: &Path, at: u64) -> LogError {
        match self {
            Self::Broken(what) => LogError::corrupt(path, at, what),
            Self::TooLarge(bytes) => LogError::TooLarge { bytes, max: PAYLOAD_BYTES_MAX },
        }
    }
}

/// The body with the payloads replaced and their number; `None` if there are none. The body has
/// room for the header in front.
fn rewritten(block: &Block, below: u64, f: Replace<'_>) -> Result<Option<(Vec<u8>, u64)>, Refused> {
    let mut body = vec![0; HEADER_BYTES];
    let mut count = 0;
    let mut entries = Entries::of(block);
    while let Some(entry) = entries.next(block).map_err(Refused::Broken)? {
        let new = if entry.base < below { f(&entry) } else { None };
        let payload = new.as_deref().unwrap_or(&entry.payload);
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Refused::TooLarge(payload.len()));
        }
        count += u64::from(new.is_some());
        block::put_entry(&mut body, entry.kind, entry.offsets, payload);
    }
    if body.len() > block::BODY_BYTES_MAX {
        return Err(Refused::TooLarge(body.len()));
    }
    Ok((count > 0).then_some((body, count)))
}

/// The new file of a segment, under its temporary name.
struct Copy {
    file: Arc<dyn DiskFile>,
    index: Index,
    path: std::path::PathBuf,
    encoder: Encoder,
}

impl Copy {
    fn new(log: &Shared, old: &LogSegment) -> Result<Self, LogError> {
        let now = log.clock.now();
        let (file, mark) = segment::create_unnamed(&log.disk, &old.path, old.base, now)?;
        let encoder =
            Encoder::new(log.config.zstd_level).map_err(LogError::io("compress for", &old.path))?;
        Ok(Self { file, index: Index::empty(mark, old.base), path: old.path.clone(), encoder })
    }

    fn put(&mut self, mut header: Header, stored: &[u8]) -> Result<(), LogError> {
        header.mark = self.index.mark;
        let mut whole = header.encode().to_vec();
        whole.extend_from_slice(stored);
        self.file.write_at(self.index.end_at, &whole).map_err(LogError::io("write", &self.path))?;
        self.index.push(&header);
        Ok(())
    }

    fn put_body(&mut self, mut header: Header, mut body: Vec<u8>) -> Result<(), LogError> {
        header.mark = self.index.mark;
        let whole = self.encoder.encode(&mut header, &mut body);
        self.file.write_at(self.index.end_at, whole).map_err(LogError::io("write", &self.path))?;
        self.index.push(&header);
        Ok(())
    }

    fn finish(self) -> Result<Index, LogError> {
        self.file.sync().map_err(LogError::io("sync", &self.path))?;
        Ok(self.index)
    }
}

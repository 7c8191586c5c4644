//! One segment file: its names, its header, its sparse index, and walking its blocks.
//!
//! File `<base>.log`: a header of 64 bytes (magic `SLUICLOG`, version u32 = 1, CRC-32C of bytes
//! 16..64, mark u64, base u64, created at i64, zeros), then blocks. It gets its name only when the
//! header is durable. File `<base>.idx` (a [`StateFile`]): the sparse index; for the segment being
//! written it is made at a clean stop and says how far the blocks were synced.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use sluice_base::state_file::crc32c;
use sluice_base::{Disk, DiskFile, StateFile, Timestamp};

use crate::LogError;
use crate::block::{self, Block, Header, u32_at, u64_at};

pub(crate) const HEADER_BYTES: u64 = 64;
const MAGIC: &[u8; 8] = b"SLUICLOG";
const VERSION: u32 = 1;
const INDEX_VERSION: u8 = 1;
/// Distance of two points of the sparse index.
const POINT_EVERY_BYTES: u64 = 256 << 10;
/// A walk reads this much at once.
const READ_BYTES: usize = 256 << 10;

pub(crate) fn log_path(dir: &Path, base: u64) -> PathBuf {
    dir.join(format!("{base:020}.log"))
}

fn index_path(log: &Path) -> PathBuf {
    log.with_extension("idx")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    offset: u64,
    at: u64,
    written_at: Timestamp,
}

/// What is known of a segment's blocks up to `end_at`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) mark: u64,
    /// Offset and byte after the last block.
    pub(crate) end: u64,
    pub(crate) end_at: u64,
    pub(crate) last_written: Timestamp,
    points: Vec<Point>,
}

impl Index {
    pub(crate) const fn empty(mark: u64, base: u64) -> Self {
        Self {
            mark,
            end: base,
            end_at: HEADER_BYTES,
            last_written: Timestamp::MIN,
            points: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, header: &Header) {
        if self.points.last().is_none_or(|last| self.end_at >= last.at + POINT_EVERY_BYTES) {
            self.points.push(Point {
                offset: header.base,
                at: self.end_at,
                written_at: header.written_at,
            });
        }
        self.end = header.end();
        self.end_at += header.block_bytes();
        self.last_written = header.written_at;
    }

    /// Offset and byte of a block at or before the one that holds `offset`.
    pub(crate) fn at_or_before(&self, offset: u64) -> (u64, u64) {
        let after = self.points.partition_point(|point| point.offset <= offset);
        self.points[..after]
            .last()
            .map_or((self.end, self.end_at), |point| (point.offset, point.at))
    }

    /// Offset and byte of a block at or before the first one written at or after `at`.
    pub(crate) fn before_time(&self, at: Timestamp) -> (u64, u64) {
        let after = self.points.partition_point(|point| point.written_at < at).max(1);
        self.points.get(after - 1).map_or((self.end, self.end_at), |point| (point.offset, point.at))
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = vec![INDEX_VERSION];
        for n in [self.mark, self.end, self.end_at, self.last_written.as_micros().cast_unsigned()] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for point in &self.points {
            out.extend_from_slice(&point.offset.to_le_bytes());
            out.extend_from_slice(&point.at.to_le_bytes());
            out.extend_from_slice(&point.written_at.as_micros().to_le_bytes());
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (head, points) = rest.split_at_checked(32)?;
        if *version != INDEX_VERSION || points.len() % 24 != 0 {
            return None;
        }
        let time = |bytes, at| Timestamp::from_micros(u64_at(bytes, at).cast_signed());
        let points = points.chunks_exact(24);
        let points = points.map(|p| Point {
            offset: u64_at(p, 0),
            at: u64_at(p, 8),
            written_at: time(p, 16),
        });
        Some(Self {
            mark: u64_at(head, 0),
            end: u64_at(head, 8),
            end_at: u64_at(head, 16),
            last_written: time(head, 24),
            points: points.collect(),
        })
    }

    pub(crate) fn load(disk: &Arc<dyn Disk>, log: &Path, mark: u64) -> Option<Self> {
        // A lost index is no loss: it is made anew from the blocks.
        let bytes = StateFile::new(disk.clone(), index_path(log)).load().ok()??;
        Self::decode(&bytes).filter(|index| index.mark == mark)
    }

    pub(crate) fn store(&self, disk: &Arc<dyn Disk>, log: &Path) -> Result<(), LogError> {
        let path = index_path(log);
        StateFile::new(disk.clone(), &path)
            .store(&self.encode())
            .map_err(LogError::io("write", path))
    }
}

/// A segment in the log's list. A rewrite puts another one in its place.
#[derive(Debug)]
pub(crate) struct LogSegment {
    pub(crate) base: u64,
    pub(crate) path: PathBuf,
    /// First offset of the next segment; `None` for the one being written.
    sealed_end: Mutex<Option<u64>>,
    /// Filled for the segment being written; for others when first needed.
    index: Mutex<Option<Arc<Index>>>,
    bytes: Mutex<u64>,
}

impl LogSegment {
    pub(crate) fn active(path: PathBuf, base: u64, index: Index) -> Self {
        let bytes = Mutex::new(index.end_at);
        Self {
            base,
            path,
            sealed_end: Mutex::new(None),
            index: Mutex::new(Some(Arc::new(index))),
            bytes,
        }
    }

    pub(crate) fn sealed(
        path: PathBuf,
        base: u64,
        end: u64,
        bytes: u64,
        index: Option<Index>,
    ) -> Self {
        let index = Mutex::new(index.map(Arc::new));
        Self { base, path, sealed_end: Mutex::new(Some(end)), index, bytes: Mutex::new(bytes) }
    }

    pub(crate) fn sealed_end(&self) -> Option<u64> {
        *self.sealed_end.lock()
    }

    pub(crate) fn seal(&self, end: u64) {
        *self.sealed_end.lock() = Some(end);
    }

    pub(crate) fn bytes(&self) -> u64 {
        *self.bytes.lock()
    }

    /// Makes a synced block visible to readers.
    pub(crate) fn push(&self, header: &Header) {
        let mut index = self.index.lock();
        if let Some(index) = index.as_mut() {
            let index = Arc::make_mut(index);
            index.push(header);
            *self.bytes.lock() = index.end_at;
        }
    }

    /// The index if it is in memory and of the file with this mark.
    pub(crate) fn known_index(&self, mark: u64) -> Option<Arc<Index>> {
        self.index.lock().as_ref().filter(|index| index.mark == mark).cloned()
    }

    /// Opens the file and finds its index: in memory, in its file, or from the blocks.
    pub(crate) fn open(&self, disk: &Arc<dyn Disk>) -> Result<(Walk, Arc<Index>), LogError> {
        let file = disk.open(&self.path).map_err(LogError::io("open", &self.path))?;
        let mark = read_header(&*file, &self.path, self.base)?;
        let mut walk = Walk::new(file, self.path.clone(), mark, self.base);
        if let Some(index) = self.known_index(mark) {
            return Ok((walk, index));
        }
        let complete = |index: &Index| Some(index.end) == self.sealed_end();
        let index = match Index::load(disk, &self.path, mark).filter(complete) {
            Some(index) => index,
            None => self.index_from_blocks(&mut walk)?,
        };
        let index = Arc::new(index);
        *self.index.lock() = Some(index.clone());
        Ok((walk, index))
    }

    fn index_from_blocks(&self, walk: &mut Walk) -> Result<Index, LogError> {
        let mut index = Index::empty(walk.mark, self.base);
        let end = self.sealed_end().unwrap_or(self.base);
        walk.limit = walk.file.len().map_err(LogError::io("read", &self.path))?;
        while index.end < end {
            index.push(&walk.skip()?);
        }
        if index.end != end {
            return Err(walk.corrupt("the next segment starts inside the last block"));
        }
        Ok(index)
    }
}

/// Makes the file of a new segment: synced under another name, then renamed.
pub(crate) fn create(
    disk: &Arc<dyn Disk>,
    path: &Path,
    base: u64,
    now: Timestamp,
) -> Result<(Arc<dyn DiskFile>, u64), LogError> {
    let (file, mark) = create_unnamed(disk, path, base, now)?;
    file.sync().map_err(LogError::io("sync", path))?;
    publish(disk, path)?;
    Ok((file, mark))
}

/// The first half of [`create`]: neither synced nor under its name yet.
pub(crate) fn create_unnamed(
    disk: &Arc<dyn Disk>,
    path: &Path,
    base: u64,
    now: Timestamp,
) -> Result<(Arc<dyn DiskFile>, u64), LogError> {
    let temporary = path.with_extension("log.tmp");
    match disk.remove(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(LogError::io("remove", &temporary)(error));
        }
        _ => {}
    }
    let mark = RandomState::new().hash_one((base, now));
    let mut header = [0; 64];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[16..24].copy_from_slice(&mark.to_le_bytes());
    header[24..32].copy_from_slice(&base.to_le_bytes());
    header[32..40].copy_from_slice(&now.as_micros().to_le_bytes());
    let crc = crc32c(&header[16..]);
    header[12..16].copy_from_slice(&crc.to_le_bytes());
    let file = disk.create(&temporary).map_err(LogError::io("create", &temporary))?;
    file.write_at(0, &header).map_err(LogError::io("write", &temporary))?;
    Ok((file, mark))
}

/// Gives the file made by [`create_unnamed`] its name, durably. It must be synced.
pub(crate) fn publish(disk: &Arc<dyn Disk>, path: &Path) -> Result<(), LogError> {
    disk.rename(&path.with_extension("log.tmp"), path).map_err(LogError::io("rename", path))?;
    let dir = path.parent().unwrap_or(Path::new("."));
    disk.sync_dir(dir).map_err(LogError::io("sync", dir))
}

/// Checks the header of a segment file and gives its mark.
pub(crate) fn read_header(file: &dyn DiskFile, path: &Path, base: u64) -> Result<u64, LogError> {
    let mut header = [0; 64];
    let read = file.read_at(0, &mut header).map_err(LogError::io("read", path))?;
    if read < header.len() || header[..8] != *MAGIC {
        return Err(LogError::corrupt(path, 0, "it is not a log segment"));
    }
    if u32_at(&header, 8) != VERSION {
        return Err(LogError::corrupt(
            path,
            8,
            "its version is unknown; was it written by a newer Sluice?",
        ));
    }
    if u32_at(&header, 12) != crc32c(&header[16..]) || u64_at(&header, 24) != base {
        return Err(LogError::corrupt(path, 0, "its header is damaged"));
    }
    Ok(u64_at(&header, 16))
}

/// Goes through the blocks of an open segment file, in order.
pub(crate) struct Walk {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    pub(crate) mark: u64,
    /// Offset and byte of the next block.
    pub(crate) next: u64,
    pub(crate) at: u64,
    /// Bytes before it are synced.
    pub(crate) limit: u64,
    buffer: Vec<u8>,
    buffer_at: u64,
}

impl Walk {
    pub(crate) const fn new(file: Arc<dyn DiskFile>, path: PathBuf, mark: u64, base: u64) -> Self {
        let (at, limit) = (HEADER_BYTES, HEADER_BYTES);
        Self { file, path, mark, next: base, at, limit, buffer: Vec::new(), buffer_at: 0 }
    }

    pub(crate) const fn seek(&mut self, (next, at): (u64, u64)) {
        (self.next, self.at) = (next, at);
    }

    pub(crate) fn corrupt(&self, what: &str) -> LogError {
        LogError::corrupt(&self.path, self.at, what)
    }

    /// The header of the next block; stays before it.
    pub(crate) fn peek(&mut self) -> Result<Header, LogError> {
        let header = Header::decode(self.bytes(block::HEADER_BYTES)?);
        let header = header.filter(|header| header.mark == self.mark);
        let header = header.ok_or_else(|| self.corrupt("the header of the block does not hold"))?;
        if header.base != self.next {
            return Err(self
                .corrupt(&format!("offset {} is due, the block has {}", self.next, header.base)));
        }
        Ok(header)
    }

    /// Goes behind the next block without reading its body.
    pub(crate) fn skip(&mut self) -> Result<Header, LogError> {
        let header = self.peek()?;
        self.behind(&header);
        Ok(header)
    }

    fn behind(&mut self, header: &Header) {
        self.next = header.end();
        self.at += header.block_bytes();
    }

    /// The next block.
    pub(crate) fn block(&mut self) -> Result<(Header, Block), LogError> {
        let header = self.peek()?;
        let stored =
            &self.bytes(block::HEADER_BYTES + header.stored_len as usize)?[block::HEADER_BYTES..];
        let block = Block::decode(&header, stored).map_err(|what| self.corrupt(what))?;
        self.behind(&header);
        Ok((header, block))
    }

    /// The stored bytes of the next block, checked; goes behind it.
    pub(crate) fn stored(&mut self) -> Result<(Header, Vec<u8>), LogError> {
        let header = self.peek()?;
        let whole = self.bytes(block::HEADER_BYTES + header.stored_len as usize)?.to_vec();
        if crc32c(&whole[block::HEADER_BYTES..]) != header.stored_crc {
            return Err(self.corrupt("the checksum of the block does not hold"));
        }
        self.behind(&header);
        Ok((header, whole))
    }

    fn bytes(&mut self, len: usize) -> Result<&[u8], LogError> {
        if self.at + len as u64 > self.limit {
            return Err(self.corrupt("the segment ends inside a block"));
        }
        let buffered = self.buffer_at <= self.at
            && self.at + len as u64 <= self.buffer_at + self.buffer.len() as u64;
        if !buffered {
            let room = usize::try_from(self.limit - self.at).unwrap_or(usize::MAX);
            self.buffer.resize(len.max(READ_BYTES.min(room)), 0);
            self.buffer_at = self.at;
            let read = self
                .file
                .read_at(self.at, &mut self.buffer)
                .map_err(LogError::io("read", &self.path))?;
            self.buffer.truncate(read);
            if read < len {
                return Err(self.corrupt("the file ends inside a block"));
            }
        }
        let from = usize::try_from(self.at - self.buffer_at).unwrap_or(usize::MAX);
        Ok(&self.buffer[from..from + len])
    }
}

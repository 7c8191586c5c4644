//! A slice: a finished file of keys and values in the order of the keys.
//!
//! Layout, little-endian: a header of 64 bytes (magic `SLKS`, version byte 1, three zero bytes,
//! entries u64, 24 bytes of the owner's, CRC-32C of those 40 bytes u32, zeros), the filter, the
//! entries, 24 bytes each (key u128, value u64), then the checksums: CRC-32C of the filter u32, of
//! each block of 4096 entries u32, and of these checksums u32.

use std::io;
use std::path::{Path, PathBuf};

use sluice_base::state_file::crc32c;
use sluice_base::{Disk, FileBytes, PacedFile};

use super::filter::{self, FilterBuilder};

const MAGIC: &[u8; 8] = b"SLKS\x01\0\0\0";
const HEADER_BYTES: usize = 64;
const HEADER_CRC_AT: usize = 16 + META_BYTES;
const ENTRY_BYTES: usize = 24;
/// Entries under one checksum.
const BLOCK_ENTRIES: usize = 4096;
const BLOCK_BYTES: usize = BLOCK_ENTRIES * ENTRY_BYTES;
/// Whole blocks are written at once, so that each is complete in the buffer when it is summed.
const WRITE_BYTES: usize = 10 * BLOCK_BYTES;
/// What an owner can keep in the header.
pub const META_BYTES: usize = 24;

/// A key and what stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: u128,
    pub value: u64,
}

/// An open slice.
pub struct Slice {
    number: u64,
    entries: usize,
    bytes: FileBytes,
    entries_at: usize,
}

/// Where slice `number` of the index in `dir` is.
#[must_use]
pub fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:012}.ids"))
}

const fn checksums_bytes(entries: usize) -> usize {
    (entries.div_ceil(BLOCK_ENTRIES) + 2) * 4
}

impl Slice {
    /// Maps a slice. Its header and its checksums are read, its content is not.
    ///
    /// # Errors
    /// From the disk; kind `InvalidData` if the file is not a whole slice.
    pub fn open(disk: &dyn Disk, dir: &Path, number: u64) -> io::Result<Self> {
        let bytes = disk.map(&path(dir, number))?;
        let damaged = || damaged(number, "is not a slice of an index");
        let header = bytes.get(..HEADER_BYTES).ok_or_else(damaged)?;
        let crc = crc32c(&header[..HEADER_CRC_AT]).to_le_bytes();
        if header[..8] != *MAGIC || crc != header[HEADER_CRC_AT..HEADER_CRC_AT + 4] {
            return Err(damaged());
        }
        let entries = header[8..16].try_into().map_err(|_| damaged())?;
        let entries = usize::try_from(u64::from_le_bytes(entries)).map_err(|_| damaged())?;
        // What lies between header and entries is the filter; a merge that met a key twice has one a
        // little larger than its entries ask for.
        let behind_filter = entries
            .checked_mul(ENTRY_BYTES)
            .and_then(|size| size.checked_add(checksums_bytes(entries)))
            .ok_or_else(damaged)?;
        let entries_at = bytes.len().checked_sub(behind_filter).ok_or_else(damaged)?;
        if entries_at < HEADER_BYTES + filter::bytes_for(entries) {
            return Err(damaged());
        }
        let slice = Self { number, entries, bytes, entries_at };
        let sums = slice.checksums();
        let (sums, own) = sums.split_at(sums.len() - 4);
        if crc32c(sums).to_le_bytes() != *own {
            return Err(damaged());
        }
        Ok(slice)
    }

    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    #[must_use]
    pub const fn entries(&self) -> usize {
        self.entries
    }

    /// What the owner put into the header.
    #[must_use]
    pub fn meta(&self) -> [u8; META_BYTES] {
        let mut meta = [0; META_BYTES];
        meta.copy_from_slice(&self.bytes[16..HEADER_CRC_AT]);
        meta
    }

    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// False if the key is surely not here.
    #[must_use]
    pub fn may_contain(&self, key: u128) -> bool {
        filter::may_contain(&self.bytes[HEADER_BYTES..self.entries_at], key)
    }

    fn key(&self, index: usize) -> u128 {
        let at = self.entries_at + index * ENTRY_BYTES;
        let raw = self.bytes.get(at..at + 16).and_then(|raw| raw.try_into().ok());
        raw.map_or(0, u128::from_le_bytes)
    }

    /// The entry at a place in the order of keys, below [`Slice::entries`].
    #[must_use]
    pub fn entry(&self, index: usize) -> Entry {
        let at = self.entries_at + index * ENTRY_BYTES + 16;
        let raw = self.bytes.get(at..at + 8).and_then(|raw| raw.try_into().ok());
        Entry { key: self.key(index), value: raw.map_or(0, u64::from_le_bytes) }
    }

    /// The value of a key. Keys are evenly spread, so each probe is a guess by proportion; after a
    /// few it falls back to halving.
    #[must_use]
    pub fn find(&self, key: u128) -> Option<u64> {
        let (mut low, mut high) = (0, self.entries);
        let (mut low_key, mut high_key) = (0u64, u64::MAX);
        let wanted = (key >> 64) as u64;
        for round in 0.. {
            if low >= high {
                return None;
            }
            let middle = if round < 6 {
                let part = u128::from(wanted.saturating_sub(low_key)) * (high - low) as u128;
                let whole = u128::from(high_key - low_key) + 1;
                (low + (part / whole) as usize).min(high - 1)
            } else {
                low + (high - low) / 2
            };
            let found = self.key(middle);
            match found.cmp(&key) {
                std::cmp::Ordering::Equal => return Some(self.entry(middle).value),
                std::cmp::Ordering::Less => (low, low_key) = (middle + 1, (found >> 64) as u64),
                std::cmp::Ordering::Greater => (high, high_key) = (middle, (found >> 64) as u64),
            }
        }
        None
    }

    /// Whether the whole content is as it was written.
    ///
    /// # Errors
    /// Kind `InvalidData` at the first block that is not.
    pub fn verify(&self) -> io::Result<()> {
        let filter = &self.bytes[HEADER_BYTES..self.entries_at];
        if crc32c(filter).to_le_bytes() != self.checksums()[..4] {
            return Err(damaged(self.number, "is damaged: its filter's checksum does not hold"));
        }
        (0..self.entries).step_by(BLOCK_ENTRIES).try_for_each(|first| self.verify_from(first))
    }

    /// Verifies the block that starts with entry `first`; within a block there is nothing to do.
    pub(super) fn verify_from(&self, first: usize) -> io::Result<()> {
        if !first.is_multiple_of(BLOCK_ENTRIES) || first >= self.entries {
            return Ok(());
        }
        let last = self.entries.min(first + BLOCK_ENTRIES);
        let block = self.entries_at + first * ENTRY_BYTES..self.entries_at + last * ENTRY_BYTES;
        let at = (first / BLOCK_ENTRIES + 1) * 4;
        if crc32c(&self.bytes[block]).to_le_bytes() == self.checksums()[at..at + 4] {
            return Ok(());
        }
        Err(damaged(self.number, "is damaged: the checksum of a block does not hold"))
    }

    fn checksums(&self) -> &[u8] {
        &self.bytes[self.entries_at + self.entries * ENTRY_BYTES..]
    }
}

fn damaged(number: u64, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("file {number:012}.ids {what}"))
}

/// Writes a slice entry by entry, in the order of the keys.
pub struct SliceWriter {
    file: PacedFile,
    number: u64,
    meta: [u8; META_BYTES],
    filter: FilterBuilder,
    buffer: Vec<u8>,
    checksums: Vec<u8>,
    written: u64,
    entries: usize,
}

impl SliceWriter {
    /// `entries_max` fixes the size of the filter. A file that a crash left behind is replaced.
    ///
    /// # Errors
    /// From the disk.
    pub fn new(
        disk: &dyn Disk,
        dir: &Path,
        number: u64,
        entries_max: usize,
        meta: [u8; META_BYTES],
    ) -> io::Result<Self> {
        let path = path(dir, number);
        match disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self {
            file: PacedFile::new(disk.create(&path)?),
            number,
            meta,
            filter: FilterBuilder::new(entries_max),
            buffer: Vec::with_capacity(WRITE_BYTES.min(entries_max * ENTRY_BYTES)),
            checksums: Vec::with_capacity(checksums_bytes(entries_max)),
            written: (HEADER_BYTES + filter::bytes_for(entries_max)) as u64,
            entries: 0,
        })
    }

    /// Adds the entry of the next greater key.
    ///
    /// # Errors
    /// From the disk.
    pub fn push(&mut self, entry: Entry) -> io::Result<()> {
        self.filter.add(entry.key);
        self.buffer.extend_from_slice(&entry.key.to_le_bytes());
        self.buffer.extend_from_slice(&entry.value.to_le_bytes());
        self.entries += 1;
        if self.buffer.len() >= WRITE_BYTES { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> io::Result<()> {
        for block in self.buffer.chunks(BLOCK_BYTES) {
            self.checksums.extend_from_slice(&crc32c(block).to_le_bytes());
        }
        self.file.write_at(self.written, &self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Makes the slice durable and opens it.
    ///
    /// # Errors
    /// From the disk.
    pub fn finish(mut self, disk: &dyn Disk, dir: &Path) -> io::Result<Slice> {
        self.write_out()?;
        let mut checksums = crc32c(self.filter.bytes()).to_le_bytes().to_vec();
        checksums.extend_from_slice(&self.checksums);
        checksums.extend_from_slice(&crc32c(&checksums).to_le_bytes());
        self.file.write_at(self.written, &checksums)?;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&(self.entries as u64).to_le_bytes());
        header.extend_from_slice(&self.meta);
        header.extend_from_slice(&crc32c(&header).to_le_bytes());
        header.resize(HEADER_BYTES, 0);
        self.file.write_at(0, &header)?;
        self.file.write_at(HEADER_BYTES as u64, self.filter.bytes())?;
        self.file.sync()?;
        disk.sync_dir(dir)?;
        Slice::open(disk, dir, self.number)
    }
}

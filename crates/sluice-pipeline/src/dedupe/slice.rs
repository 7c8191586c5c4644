//! A slice of the index: a finished, sorted file of keys behind a filter.
//!
//! Layout, little-endian: a header of 64 bytes (magic `SLDD`, version byte 1, three zero bytes,
//! entries u64, base offset u64, base time i64 µs, last time i64 µs, CRC-32C of those 40 bytes u32,
//! zeros), the filter, then the entries in the order of their keys, 24 bytes each: key u128, offset
//! since the base u32, milliseconds since the base time u32.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_base::state_file::crc32c;
use sluice_base::{Disk, DiskFile, FileBytes, Timestamp};
use sluice_event::Offset;

use super::filter::{self, FilterBuilder};

const MAGIC: &[u8; 8] = b"SLDD\x01\0\0\0";
const HEADER_BYTES: usize = 64;
pub(crate) const ENTRY_BYTES: usize = 24;
const WRITE_BYTES: usize = 1 << 20;

/// One accepted event: its key, place in the `events` log and time of receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SliceEntry {
    pub(crate) key: u128,
    pub(crate) offset: Offset,
    pub(crate) received_at: Timestamp,
}

/// What the offsets and times of a slice count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: Offset,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

impl Span {
    /// Milliseconds that fit the format; a slice never spans more.
    pub(crate) const MILLIS_MAX: i64 = u32::MAX as i64;

    pub(crate) fn of(entries: &[SliceEntry]) -> Self {
        let times = || entries.iter().map(|entry| entry.received_at);
        Self {
            offset: entries.iter().map(|entry| entry.offset).min().unwrap_or_default(),
            first: times().min().unwrap_or_default(),
            last: times().max().unwrap_or_default(),
        }
    }

    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            offset: self.offset.min(other.offset),
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }

    pub(crate) fn millis(self) -> i64 {
        self.last.as_micros().saturating_sub(self.first.as_micros()) / 1000
    }
}

/// An open slice.
pub(crate) struct Slice {
    pub(crate) number: u64,
    pub(crate) entries: usize,
    pub(crate) span: Span,
    bytes: FileBytes,
    entries_at: usize,
}

pub(crate) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:012}.ids"))
}

impl Slice {
    pub(crate) fn open(disk: &dyn Disk, dir: &Path, number: u64) -> io::Result<Self> {
        let path = path(dir, number);
        let bytes = disk.map(&path)?;
        let damaged = || {
            let message = format!("{} is not a slice of the deduplication index", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let number_at = |at: usize| {
            bytes.get(at..at + 8).and_then(|raw| raw.try_into().ok()).map(u64::from_le_bytes)
        };
        let stored_crc = bytes.get(40..44).ok_or_else(damaged)?;
        if bytes[..8] != *MAGIC || crc32c(&bytes[..40]).to_le_bytes() != *stored_crc {
            return Err(damaged());
        }
        let entries = usize::try_from(number_at(8).ok_or_else(damaged)?).map_err(|_| damaged())?;
        let time = |at| number_at(at).map(|raw| Timestamp::from_micros(raw.cast_signed()));
        let span = Span {
            offset: Offset(number_at(16).ok_or_else(damaged)?),
            first: time(24).ok_or_else(damaged)?,
            last: time(32).ok_or_else(damaged)?,
        };
        // What lies between header and entries is the filter; a merge that met a key twice has one a
        // little larger than its entries ask for.
        let entries_bytes = entries.checked_mul(ENTRY_BYTES).ok_or_else(damaged)?;
        let entries_at = bytes.len().checked_sub(entries_bytes).ok_or_else(damaged)?;
        if entries_at < HEADER_BYTES + filter::bytes_for(entries) {
            return Err(damaged());
        }
        Ok(Self { number, entries, span, bytes, entries_at })
    }

    pub(crate) fn disk_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(crate) fn may_contain(&self, key: u128) -> bool {
        filter::may_contain(&self.bytes[HEADER_BYTES..self.entries_at], key)
    }

    fn key(&self, index: usize) -> u128 {
        let at = self.entries_at + index * ENTRY_BYTES;
        let raw = self.bytes.get(at..at + 16).and_then(|raw| raw.try_into().ok());
        raw.map_or(0, u128::from_le_bytes)
    }

    pub(crate) fn entry(&self, index: usize) -> SliceEntry {
        let at = self.entries_at + index * ENTRY_BYTES + 16;
        let number = |at: usize| {
            let raw = self.bytes.get(at..at + 4).and_then(|raw| raw.try_into().ok());
            u64::from(raw.map_or(0, u32::from_le_bytes))
        };
        SliceEntry {
            key: self.key(index),
            offset: self.span.offset.plus(number(at)),
            received_at: self.span.first.plus(std::time::Duration::from_millis(number(at + 4))),
        }
    }

    /// The entry of a key. Keys are evenly spread, so each probe is a guess by proportion; after a
    /// few it falls back to halving.
    pub(crate) fn find(&self, key: u128) -> Option<SliceEntry> {
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
                std::cmp::Ordering::Equal => return Some(self.entry(middle)),
                std::cmp::Ordering::Less => (low, low_key) = (middle + 1, (found >> 64) as u64),
                std::cmp::Ordering::Greater => (high, high_key) = (middle, (found >> 64) as u64),
            }
        }
        None
    }
}

/// Writes a slice entry by entry, in the order of the keys.
pub(crate) struct SliceWriter {
    file: Arc<dyn DiskFile>,
    number: u64,
    span: Span,
    filter: FilterBuilder,
    buffer: Vec<u8>,
    written: u64,
    entries: usize,
}

impl SliceWriter {
    /// `entries_max` fixes the size of the filter.
    pub(crate) fn new(
        disk: &dyn Disk,
        dir: &Path,
        number: u64,
        entries_max: usize,
        span: Span,
    ) -> io::Result<Self> {
        let path = path(dir, number);
        match disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = disk.create(&path)?;
        let written = (HEADER_BYTES + filter::bytes_for(entries_max)) as u64;
        let buffer = Vec::with_capacity(WRITE_BYTES);
        let filter = FilterBuilder::new(entries_max);
        Ok(Self { file, number, span, filter, buffer, written, entries: 0 })
    }

    pub(crate) fn push(&mut self, entry: &SliceEntry) -> io::Result<()> {
        let offset =
            u32::try_from(entry.offset.0 - self.span.offset.0).map_err(io::Error::other)?;
        let millis = entry.received_at.since(self.span.first).as_millis();
        self.filter.add(entry.key);
        self.buffer.extend_from_slice(&entry.key.to_le_bytes());
        self.buffer.extend_from_slice(&offset.to_le_bytes());
        self.buffer.extend_from_slice(&u32::try_from(millis).unwrap_or(u32::MAX).to_le_bytes());
        self.entries += 1;
        if self.buffer.len() >= WRITE_BYTES { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> io::Result<()> {
        self.file.write_at(self.written, &self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Makes the slice durable and opens it.
    pub(crate) fn finish(mut self, disk: &dyn Disk, dir: &Path) -> io::Result<Slice> {
        self.write_out()?;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&(self.entries as u64).to_le_bytes());
        header.extend_from_slice(&self.span.offset.0.to_le_bytes());
        header.extend_from_slice(&self.span.first.as_micros().to_le_bytes());
        header.extend_from_slice(&self.span.last.as_micros().to_le_bytes());
        header.extend_from_slice(&crc32c(&header).to_le_bytes());
        header.resize(HEADER_BYTES, 0);
        self.file.write_at(0, &header)?;
        self.file.write_at(HEADER_BYTES as u64, self.filter.bytes())?;
        self.file.sync()?;
        disk.sync_dir(dir)?;
        Slice::open(disk, dir, self.number)
    }
}

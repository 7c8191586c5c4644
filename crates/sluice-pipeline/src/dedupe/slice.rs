//! A slice of the index: keys with the place in the log and the time of receipt, packed into the
//! value as offset since the slice's first u32 and milliseconds since its first u32.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sluice_base::{Disk, Timestamp};
use sluice_event::Offset;
use sluice_profiles::slices::{self, Entry, META_BYTES};

/// One accepted event: its key, place in the `events` log and time of receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SliceEntry {
    pub(crate) key: u128,
    pub(crate) offset: Offset,
    pub(crate) received_at: Timestamp,
}

/// What the offsets and times of a slice count from. Stands in the slice's header: base offset u64,
/// first and last time i64 µs.
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

    pub(crate) fn meta(self) -> [u8; META_BYTES] {
        let mut meta = [0; META_BYTES];
        meta[..8].copy_from_slice(&self.offset.0.to_le_bytes());
        meta[8..16].copy_from_slice(&self.first.as_micros().to_le_bytes());
        meta[16..].copy_from_slice(&self.last.as_micros().to_le_bytes());
        meta
    }

    fn from_meta(meta: [u8; META_BYTES]) -> Self {
        let number = |at: usize| {
            let raw = meta[at..at + 8].try_into().unwrap_or_default();
            u64::from_le_bytes(raw)
        };
        let time = |at| Timestamp::from_micros(number(at).cast_signed());
        Self { offset: Offset(number(0)), first: time(8), last: time(16) }
    }

    /// An entry as it stands in a slice of this span.
    pub(crate) fn pack(self, entry: &SliceEntry) -> Entry {
        let offset = entry.offset.0.saturating_sub(self.offset.0).min(u64::from(u32::MAX));
        let millis = entry.received_at.since(self.first).as_millis();
        let millis = u32::try_from(millis).unwrap_or(u32::MAX);
        Entry { key: entry.key, value: offset | (u64::from(millis) << 32) }
    }

    pub(crate) fn unpack(self, entry: Entry) -> SliceEntry {
        SliceEntry {
            key: entry.key,
            offset: self.offset.plus(entry.value & u64::from(u32::MAX)),
            received_at: self.first.plus(Duration::from_millis(entry.value >> 32)),
        }
    }
}

/// An open slice.
#[derive(Clone)]
pub(crate) struct Slice {
    pub(crate) span: Span,
    pub(crate) file: Arc<slices::Slice>,
}

impl Slice {
    pub(crate) fn open(disk: &dyn Disk, dir: &Path, number: u64) -> io::Result<Self> {
        slices::Slice::open(disk, dir, number).map(Self::new)
    }

    pub(crate) fn new(file: slices::Slice) -> Self {
        Self { span: Span::from_meta(file.meta()), file: Arc::new(file) }
    }

    pub(crate) fn number(&self) -> u64 {
        self.file.number()
    }

    pub(crate) fn find(&self, key: u128) -> Option<SliceEntry> {
        self.file.find(key).map(|value| self.span.unpack(Entry { key, value }))
    }
}

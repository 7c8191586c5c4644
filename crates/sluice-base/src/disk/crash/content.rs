//! The content of one file: which sectors of it are on the platter.

use std::collections::BTreeSet;
use std::ops::Range;

use super::chance::Chance;

const SECTOR_BYTES: usize = 512;

/// One file: what a process sees, what the platter holds, and which sectors are to be written.
#[derive(Clone, Default)]
pub(super) struct Content {
    pub(super) seen: Vec<u8>,
    pub(super) durable: Vec<u8>,
    dirty: BTreeSet<usize>,
}

impl Content {
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = at + bytes.len();
        if self.seen.len() < end {
            self.seen.resize(end, 0);
        }
        self.seen[at..end].copy_from_slice(bytes);
        self.dirty.extend(at / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES));
    }

    pub(super) fn set_len(&mut self, len: usize) {
        self.seen.resize(len, 0);
        self.dirty.extend(len / SECTOR_BYTES..self.durable.len().div_ceil(SECTOR_BYTES));
    }

    pub(super) fn sync(&mut self) {
        self.durable.resize(self.seen.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            copy_sector(&self.seen, &mut self.durable, sector);
        }
    }

    pub(super) fn fail_sync(&mut self, chance: &mut Chance) {
        self.durable.resize(self.seen.len(), 0);
        let forgets = chance.below(2) == 0;
        let dirty = std::mem::take(&mut self.dirty);
        let kept = chance.subset(dirty.len());
        for (sector, kept) in dirty.into_iter().zip(kept) {
            if kept {
                copy_sector(&self.seen, &mut self.durable, sector);
            } else if forgets {
                copy_sector(&self.durable, &mut self.seen, sector);
            }
        }
    }

    pub(super) fn survivor(&self, chance: &mut Chance) -> Self {
        let mut after = self.durable.clone();
        let (shorter, longer) =
            (after.len().min(self.seen.len()), after.len().max(self.seen.len()));
        after.resize(
            match chance.below(4) {
                0 => self.durable.len(),
                1 | 2 => self.seen.len(),
                _ => shorter + chance.below(longer - shorter + 1),
            },
            0,
        );
        let kept = chance.subset(self.dirty.len());
        for (&sector, _) in self.dirty.iter().zip(kept).filter(|(_, kept)| *kept) {
            copy_sector(&self.seen, &mut after, sector);
        }
        Self { seen: after.clone(), durable: after, dirty: BTreeSet::new() }
    }
}

fn copy_sector(from: &[u8], to: &mut [u8], sector: usize) {
    let end = ((sector + 1) * SECTOR_BYTES).min(from.len()).min(to.len());
    let range: Range<usize> = (sector * SECTOR_BYTES).min(end)..end;
    to[range.clone()].copy_from_slice(&from[range]);
}

//! Merging neighbouring slices into one, a little at a time, so that the number of files stays small
//! and nobody waits long.

use std::io;
use std::path::Path;
use std::sync::Arc;

use sluice_base::Disk;

use super::file::{Entry, META_BYTES, Slice, SliceWriter};

/// Slices merged at a time.
pub const FAN_IN: usize = 4;

/// Whether slices of so many entries are of similar size, so that merging them pays.
#[must_use]
pub fn is_balanced(entries: impl Iterator<Item = usize> + Clone) -> bool {
    let largest = entries.clone().max().unwrap_or(0);
    largest <= 2 * (entries.sum::<usize>() - largest)
}

/// A merge under way.
pub struct Merge {
    /// The oldest first.
    inputs: Vec<Arc<Slice>>,
    /// The next entry of each input.
    heads: Vec<Option<Entry>>,
    next: Vec<usize>,
    writer: SliceWriter,
}

impl Merge {
    /// Starts to merge `inputs`, the oldest first, into slice `number`.
    ///
    /// # Errors
    /// From the disk; kind `InvalidData` if an input is damaged.
    pub fn start(
        disk: &dyn Disk,
        dir: &Path,
        number: u64,
        meta: [u8; META_BYTES],
        inputs: Vec<Arc<Slice>>,
    ) -> io::Result<Self> {
        let entries = inputs.iter().map(|slice| slice.entries()).sum();
        let writer = SliceWriter::new(disk, dir, number, entries, meta)?;
        let mut merge = Self { heads: Vec::new(), next: vec![0; inputs.len()], inputs, writer };
        for index in 0..merge.inputs.len() {
            let head = merge.read(index)?;
            merge.heads.push(head);
        }
        Ok(merge)
    }

    fn read(&mut self, input: usize) -> io::Result<Option<Entry>> {
        let (slice, at) = (&self.inputs[input], self.next[input]);
        slice.verify_from(at)?;
        self.next[input] = at + 1;
        Ok((at < slice.entries()).then(|| slice.entry(at)))
    }

    /// Merges up to `entries`; true when all are merged. Of a key in several inputs the newest counts.
    /// `convert` turns a value of an input (by its place in the inputs) into one of the result.
    ///
    /// # Errors
    /// From the disk; kind `InvalidData` if an input is damaged.
    pub fn work(
        &mut self,
        entries: usize,
        convert: impl Fn(usize, u64) -> u64,
    ) -> io::Result<bool> {
        for _ in 0..entries {
            let Some(key) = self.heads.iter().flatten().map(|head| head.key).min() else {
                return Ok(true);
            };
            let mut value = 0;
            for index in 0..self.heads.len() {
                if let Some(head) = self.heads[index].filter(|head| head.key == key) {
                    value = convert(index, head.value);
                    self.heads[index] = self.read(index)?;
                }
            }
            self.writer.push(Entry { key, value })?;
        }
        Ok(false)
    }

    /// # Errors
    /// From the disk.
    pub fn finish(self, disk: &dyn Disk, dir: &Path) -> io::Result<Slice> {
        self.writer.finish(disk, dir)
    }
}

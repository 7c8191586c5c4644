//! Merging neighbouring slices into one, a little at a time, so that the number of files stays small
//! and the pipeline never waits long.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sluice_base::Disk;

use super::slice::{Slice, SliceEntry, SliceWriter, Span};

/// Slices merged at a time.
const FAN_IN: usize = 4;
/// Beyond this many slices balance and span no longer matter.
const SLICES_MAX: usize = 48;
/// A merged slice spans at most this, so that old ones can be dropped.
const SPAN_MILLIS_MAX: i64 = 4 * 86_400_000;

/// Which slices to merge next: four neighbours of similar size, the newest such.
pub(crate) fn choose(slices: &[Arc<Slice>], entries_max: usize) -> Option<Range<usize>> {
    let fits = |window: &[Arc<Slice>]| {
        let entries: usize = window.iter().map(|slice| slice.entries).sum();
        let largest = window.iter().map(|slice| slice.entries).max().unwrap_or(0);
        let millis = span(window).millis();
        let offsets = window.last().map_or(0, |last| last.span.offset.0 - window[0].span.offset.0);
        let is_balanced = largest <= 2 * (entries - largest) && millis <= SPAN_MILLIS_MAX;
        entries <= entries_max
            && millis < Span::MILLIS_MAX
            && offsets < u64::from(u32::MAX) / 2
            && (is_balanced || slices.len() > SLICES_MAX)
    };
    let starts = 0..(slices.len() + 1).saturating_sub(FAN_IN);
    starts.rev().map(|start| start..start + FAN_IN).find(|range| fits(&slices[range.clone()]))
}

fn span(slices: &[Arc<Slice>]) -> Span {
    let mut spans = slices.iter().map(|slice| slice.span);
    let first = spans.next().unwrap_or(Span::of(&[]));
    spans.fold(first, Span::join)
}

/// A merge under way.
pub(crate) struct Merge {
    pub(crate) inputs: Vec<Arc<Slice>>,
    /// The next entry of each input.
    heads: Vec<Option<SliceEntry>>,
    next: Vec<usize>,
    writer: SliceWriter,
}

impl Merge {
    pub(crate) fn start(
        disk: &dyn Disk,
        dir: &Path,
        number: u64,
        inputs: Vec<Arc<Slice>>,
    ) -> io::Result<Self> {
        let entries = inputs.iter().map(|slice| slice.entries).sum();
        let writer = SliceWriter::new(disk, dir, number, entries, span(&inputs))?;
        let heads =
            inputs.iter().map(|slice| (slice.entries > 0).then(|| slice.entry(0))).collect();
        let next = vec![1; inputs.len()];
        Ok(Self { inputs, heads, next, writer })
    }

    /// Merges up to `entries`; true when all are merged.
    pub(crate) fn work(&mut self, entries: usize) -> io::Result<bool> {
        for _ in 0..entries {
            let Some(key) = self.heads.iter().flatten().map(|head| head.key).min() else {
                return Ok(true);
            };
            let mut newest = None;
            for index in 0..self.heads.len() {
                if self.heads[index].is_some_and(|head| head.key == key) {
                    newest = self.heads[index];
                    let next = self.next[index];
                    let input = &self.inputs[index];
                    self.heads[index] = (next < input.entries).then(|| input.entry(next));
                    self.next[index] = next + 1;
                }
            }
            if let Some(entry) = newest {
                self.writer.push(&entry)?;
            }
        }
        Ok(false)
    }

    pub(crate) fn finish(self, disk: &dyn Disk, dir: &Path) -> io::Result<Slice> {
        self.writer.finish(disk, dir)
    }
}

//! Which slices of the index to merge, and merging them: offsets and times are counted anew from the
//! span of the result.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sluice_base::Disk;
use sluice_profiles::slices::{self, Entry, FAN_IN, is_balanced};

use super::slice::{Slice, Span};

/// Beyond this many slices balance and span no longer matter.
const SLICES_MAX: usize = 48;
/// A merged slice spans at most this, so that old ones can be dropped.
const SPAN_MILLIS_MAX: i64 = 4 * 86_400_000;

/// Which slices to merge next: four neighbours of similar size, the newest such.
pub(crate) fn choose(slices: &[Slice], entries_max: usize) -> Option<Range<usize>> {
    let fits = |window: &[Slice]| {
        let entries = window.iter().map(|slice| slice.file.entries());
        let millis = span(window).millis();
        let offsets = window.last().map_or(0, |last| last.span.offset.0 - window[0].span.offset.0);
        let pays = is_balanced(entries.clone()) && millis <= SPAN_MILLIS_MAX;
        entries.sum::<usize>() <= entries_max
            && millis < Span::MILLIS_MAX
            && offsets < u64::from(u32::MAX) / 2
            && (pays || slices.len() > SLICES_MAX)
    };
    let starts = 0..(slices.len() + 1).saturating_sub(FAN_IN);
    starts.rev().map(|start| start..start + FAN_IN).find(|range| fits(&slices[range.clone()]))
}

fn span(slices: &[Slice]) -> Span {
    let mut spans = slices.iter().map(|slice| slice.span);
    let first = spans.next().unwrap_or(Span::of(&[]));
    spans.fold(first, Span::join)
}

/// A merge under way.
pub(crate) struct Merge {
    pub(crate) inputs: Vec<Slice>,
    span: Span,
    merge: slices::Merge,
}

impl Merge {
    pub(crate) fn start(
        disk: &dyn Disk,
        dir: &Path,
        number: u64,
        inputs: Vec<Slice>,
    ) -> io::Result<Self> {
        let span = span(&inputs);
        let files = inputs.iter().map(|slice| Arc::clone(&slice.file)).collect();
        let merge = slices::Merge::start(disk, dir, number, span.meta(), files)?;
        Ok(Self { inputs, span, merge })
    }

    /// Merges up to `entries`; true when all are merged.
    pub(crate) fn work(&mut self, entries: usize) -> io::Result<bool> {
        let (inputs, span) = (&self.inputs, self.span);
        self.merge.work(entries, |input, value| {
            span.pack(&inputs[input].span.unpack(Entry { key: 0, value })).value
        })
    }

    pub(crate) fn finish(self, disk: &dyn Disk, dir: &Path) -> io::Result<Slice> {
        self.merge.finish(disk, dir).map(Slice::new)
    }
}

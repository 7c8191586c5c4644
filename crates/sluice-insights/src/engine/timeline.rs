//! Times and events of each person in order, for questions that need nothing else of a row.

use sluice_columnar::RowRef;

use super::{Hit, Mark, Operator, Places, SWEPT_PARTS_MAX, Scan, Sweeper, Units, scan, sweep};
use crate::InsightError;

/// Marks are in milliseconds, and none loses its first slot.
const UNITS: Units = Units { micros: 1_000, first_before: i64::MAX };

/// A question that takes a person's matching rows as marks in order of time.
pub(crate) trait Timeline: Send {
    fn take(&mut self, person: u64, rows: Rows<'_>);
}

/// One person's matching rows.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    marks: &'a [Mark],
    /// Milliseconds.
    origin: i64,
}

impl Rows<'_> {
    /// Time in microseconds, cut to milliseconds, and slots of each row, by time.
    #[inline]
    pub(crate) fn each(self) -> impl DoubleEndedIterator<Item = (i64, u16)> {
        self.marks.iter().map(move |mark| ((mark.time() + self.origin) * 1_000, mark.slots()))
    }
}

/// Runs a question on each thread; the caller adds their results up. Rows of nobody are left out.
/// Not for questions about a person's first row ever.
pub(crate) fn timeline<T: Timeline>(
    what: &Scan<'_>,
    make: impl Fn() -> T + Sync,
) -> Result<Vec<T>, InsightError> {
    debug_assert_eq!(what.plan.first_only, 0, "marks do not say which row is the first");
    let origin = UNITS.origin(what.plan);
    let make = || Taker { inner: make(), origin, marks: Vec::new(), places: Vec::new() };
    let takers = if what.selection.parts().len() > SWEPT_PARTS_MAX {
        scan(what, make)?
    } else {
        sweep(what, UNITS, make)?
    };
    Ok(takers.into_iter().map(|taker| taker.inner).collect())
}

struct Taker<T> {
    inner: T,
    origin: i64,
    marks: Vec<Mark>,
    places: Vec<(Mark, RowRef)>,
}

impl<T: Timeline> Operator for Taker<T> {
    const NOBODY: bool = false;

    fn person(&mut self, person: u64, hits: &mut [Hit], _sorted: bool) {
        self.marks.clear();
        self.marks.extend(hits.iter().map(|hit| {
            Mark::new((hit.time.div_euclid(UNITS.micros) - self.origin) as u64, hit.slots)
        }));
        self.marks.sort_unstable();
        self.inner.take(person, Rows { marks: &self.marks, origin: self.origin });
    }
}

impl<T: Timeline> Sweeper for Taker<T> {
    #[inline]
    fn swept(&mut self, person: u64, marks: &[Mark], places: &mut Places<'_>) {
        if marks.is_sorted() {
            return self.inner.take(person, Rows { marks, origin: self.origin });
        }
        places.rows(&mut self.places);
        self.marks.clear();
        self.marks.extend(self.places.iter().map(|(mark, _)| *mark));
        self.inner.take(person, Rows { marks: &self.marks, origin: self.origin });
    }
}

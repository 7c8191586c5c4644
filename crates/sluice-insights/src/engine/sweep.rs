//! Matching rows of each person in order of time, for questions that need no more of most people.
//!
//! Where [`super::scan`] merges rows one person and part at a time, a sweep takes some thousand
//! people at once, by their numbers ([`sluice_columnar::Numbered`]): [`super::collect`] writes their
//! matching rows from every part in plain loops, and [`super::place`] puts these together by person.
//! Rows of merged people that lie under another key are written in like all others. Parts come by
//! their times, so the rows of most people need no sorting.

use sluice_columnar::{Numbered, NumberedSlice, RowRef};

use super::accounts::scan_accounts;
use super::admit::{Admitting, admitted};
use super::collect::Collected;
use super::groups::Groups;
use super::place::{Alike, Placed, Places};
use super::plan::Plan;
use super::scan::{Hit, Operator, Scan, give_piece, over_slices};
use super::wide::wide;
use crate::InsightError;

/// What a sweep keeps of a row: its time in units since the sweep's first moment, and which of the
/// question's events it is, a bit each; none for some rows that do not count. Marks compare by time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(u64);

impl Mark {
    const SLOT_BITS: u32 = 16;
    /// Not less than any other.
    pub(crate) const LAST: Self = Self(u64::MAX);

    #[inline]
    pub(crate) const fn new(time: u64, slots: u16) -> Self {
        Self(time << Self::SLOT_BITS | slots as u64)
    }

    #[inline]
    pub(crate) const fn time(self) -> i64 {
        (self.0 >> Self::SLOT_BITS) as i64
    }

    #[inline]
    pub(crate) const fn slots(self) -> u16 {
        self.0 as u16
    }

    /// Whether the row may be an event of the question: all bits or none.
    #[inline]
    pub(crate) const fn is(self, slot: usize) -> i64 {
        0 - (self.0 >> slot & 1) as i64
    }
}

/// A unit of time, and until when a row counts as the first event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units {
    /// Microseconds: a thousand or a million.
    pub(crate) micros: i64,
    /// Microseconds; rows from here on lose slot 0.
    pub(crate) first_before: i64,
}

impl Units {
    /// The first moment of a sweep, in units since the epoch.
    pub(crate) fn origin(self, plan: &Plan) -> i64 {
        plan.from.div_euclid(self.micros)
    }
}

/// An operator that takes the matching rows of a person in order of their times, those of one unit
/// in any order. Rows of merged people may be out of order: [`Places::rows`] has them sorted.
/// Some come by [`Operator::person`].
pub(crate) trait Sweeper: Operator {
    /// Not asked by who takes all of [`Sweeper::swept_whole`].
    fn swept(&mut self, _person: u64, _marks: &[Mark], _places: &mut Places<'_>) {}

    /// All rows of a slice at once, as they were found; `false` to have them person by person.
    #[inline(always)]
    fn swept_whole(&mut self, _whole: &Whole<'_>) -> bool {
        false
    }

    /// People with equally many marks.
    #[inline(always)]
    fn swept_alike(&mut self, alike: &mut Alike<'_>) {
        for index in 0..alike.len() {
            let (person, marks, mut places) = alike.one(index);
            self.swept(person, marks, &mut places);
        }
    }
}

/// The matching rows of a slice of people.
#[derive(Clone, Copy)]
pub(crate) struct Whole<'a> {
    pub(crate) numbered: &'a Numbered,
    /// The people by number; zero for who is not to be counted.
    pub(crate) keys: &'a [u64],
    /// Per row the number of its person; one more than there are, if it is not to be counted.
    pub(crate) people: &'a [u32],
    pub(crate) marks: &'a [Mark],
    pub(super) rows: &'a Collected,
}

impl Whole<'_> {
    /// Where a row is stored.
    #[inline]
    pub(crate) fn place(&self, row: usize) -> RowRef {
        self.rows.place(row)
    }
}

/// What is read of each row.
pub(super) struct Swept<'a> {
    pub(super) plan: &'a Plan,
    pub(super) units: Units,
    pub(super) sets: Option<&'a Groups>,
}

/// The most parts a sweep takes.
pub(crate) const SWEPT_PARTS_MAX: usize = u16::MAX as usize;

/// Runs an operator on each thread; the caller adds their results up. Rows of nobody are left out.
pub(crate) fn sweep<O: Sweeper>(
    scan: &Scan<'_>,
    units: Units,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    sweep_in_groups(scan, units, None, make)
}

/// The same with the groups of each row at hand: [`Alike::set`], [`Places::set`].
pub(crate) fn sweep_in_groups<O: Sweeper>(
    scan: &Scan<'_>,
    units: Units,
    sets: Option<&Groups>,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    sweep_of(scan, &Swept { plan: scan.plan, units, sets }, make)
}

/// The same with the rows of another plan, for operators that look for further rows themselves.
/// People that come by [`Operator::person`] come with the rows of the scan's plan.
pub(crate) fn sweep_starts<O: Sweeper>(
    scan: &Scan<'_>,
    starts: &Plan,
    units: Units,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    sweep_of(scan, &Swept { plan: starts, units, sets: None }, make)
}

fn sweep_of<O: Sweeper>(
    scan: &Scan<'_>,
    what: &Swept<'_>,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    if let Some(accounts) = scan.accounts {
        return scan_accounts(scan, accounts, make);
    }
    match scan.people {
        None => sweep_all(scan, what, make),
        Some(people) => {
            let make = || Admitting { operator: make(), people };
            sweep_all(scan, what, make).map(admitted)
        }
    }
}

fn sweep_all<O: Sweeper>(
    scan: &Scan<'_>,
    what: &Swept<'_>,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    let parts = by_time(what.plan);
    let work = |slice: &NumberedSlice, operator: &mut O, memory: &mut Memory| {
        memory.run(scan, what, &parts, slice, operator);
    };
    over_slices(scan, scan.selection.numbered(), make, work)
}

/// Numbers of the parts with wanted events, by time.
fn by_time(plan: &Plan) -> Vec<u16> {
    let times = |number: &u16| {
        let meta = plan.parts[usize::from(*number)].part.meta();
        (meta.time_min, meta.time_max)
    };
    let parts = plan.parts.iter().zip(0..).filter(|(part, _)| !part.codes.is_empty());
    let mut parts: Vec<u16> = parts.map(|(_, number)| number).collect();
    parts.sort_by_key(times);
    parts
}

/// One thread's memory, kept from slice to slice.
#[derive(Default)]
struct Memory {
    collected: Collected,
    placed: Placed,
    hits: Vec<Hit>,
}

impl Memory {
    fn run<O: Sweeper>(
        &mut self,
        scan: &Scan<'_>,
        what: &Swept<'_>,
        parts: &[u16],
        slice: &NumberedSlice,
        operator: &mut O,
    ) {
        let people = slice.people(scan.selection);
        self.collected.collect(what, parts, &people);
        let (rows, keys) = (&self.collected, &people.keys);
        let (of, marks) = (rows.people(), rows.marks());
        let whole = Whole { numbered: &people, keys, people: of, marks, rows };
        let is_done = wide(
            #[inline(always)]
            || operator.swept_whole(&whole),
        );
        if !is_done {
            self.placed.put(rows, keys.len());
            wide(
                #[inline(always)]
                || self.placed.each_count(rows, keys, |mut alike| operator.swept_alike(&mut alike)),
            );
        }
        let hits = &mut self.hits;
        scan.selection.walk_mixed(slice.slice(), |piece| give_piece(scan, piece, operator, hits));
    }
}

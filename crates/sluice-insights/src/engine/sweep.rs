//! Matching rows of each person in order of time, for questions that need no more of most people.
//!
//! Where [`super::scan`] merges rows one person and part at a time, a sweep takes some thousand
//! people at once: [`Union`] numbers them, [`super::collect`] writes their matching rows from every
//! part in plain loops, and these are then put in place by the person's number. Rows of merged
//! people that lie under another key are written in like all others. Parts come by their times, so
//! the rows of most people need no sorting.

use sluice_columnar::{PeopleSlice, RowRef};

use super::collect::{Collected, PartRows};
use super::plan::Plan;
use super::scan::{Hit, Operator, Scan, over_slices, give_piece};
use super::union::Union;
use super::wide::wide;
use crate::InsightError;

/// Rows of one slice, about: what is kept of it stays in the processor's cache.
const SLICE_ROWS: u64 = 192 * 1024;

/// What a sweep keeps of a row: its time in units since the sweep's first moment, and which of the
/// question's events it is, a bit each; none for some rows that do not count. Marks compare by time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(u64);

impl Mark {
    const SLOT_BITS: u32 = 16;

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
    fn swept(&mut self, person: u64, marks: &[Mark], places: &mut Places<'_>);
}

/// The most parts a sweep takes.
pub(crate) const SWEPT_PARTS_MAX: usize = u16::MAX as usize;

/// Runs an operator on each thread; the caller adds their results up. Rows of nobody are left out.
pub(crate) fn sweep<O: Sweeper>(
    scan: &Scan<'_>,
    units: Units,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    let parts = by_time(scan.plan);
    let work = |slice: PeopleSlice, operator: &mut O, memory: &mut Memory| {
        wide(
            #[inline(always)]
            || memory.run(scan, units, &parts, slice, operator),
        );
    };
    over_slices(scan, SLICE_ROWS, make, work)
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
    /// Per person where their marks end.
    ends: Vec<u32>,
    marks: Vec<Mark>,
    order: Vec<u32>,
    hits: Vec<Hit>,
}

impl Memory {
    #[inline(always)]
    fn run<O: Sweeper>(
        &mut self,
        scan: &Scan<'_>,
        units: Units,
        parts: &[u16],
        slice: PeopleSlice,
        operator: &mut O,
    ) {
        let (least, most) = slice.bounds();
        let least = least.max(1);
        if least > most {
            return;
        }
        let moved = scan.selection.moved();
        let union = self.collect(scan, units, parts, slice, (least, most));
        self.put_in_place(union.keys.len());
        let mut left_out = Skip::new(moved.left_out(), least);
        let (mut from, mut person) = (0, 0);
        self.order.clear();
        while person < union.keys.len() {
            let (key, end) = (union.keys[person], self.ends[person] as usize);
            if end > from && !left_out.is(key) {
                let mut places = Places {
                    collected: &self.collected,
                    ends: &self.ends,
                    order: &mut self.order,
                    person: from..end,
                };
                operator.swept(key, &self.marks[from..end], &mut places);
            }
            (from, person) = (end, person + 1);
        }
        if !moved.left_out().is_empty() {
            let hits = &mut self.hits;
            scan.selection
                .walk_mixed(slice, |piece| give_piece(scan, piece, operator, hits));
        }
    }

    #[inline(always)]
    fn collect(
        &mut self,
        scan: &Scan<'_>,
        units: Units,
        parts: &[u16],
        slice: PeopleSlice,
        (least, most): (u64, u64),
    ) -> Union {
        let moved = scan.selection.moved().runs(slice);
        let mut owners: Vec<u64> = moved.iter().map(|(person, _)| *person).collect();
        owners.dedup();
        let ranges = parts.iter().map(|number| {
            let people = scan.plan.parts[usize::from(*number)].part.people();
            let from = people.partition_point(|key| *key < least);
            from..from + people[from..].partition_point(|key| *key <= most)
        });
        let ranges: Vec<_> = ranges.collect();
        let mut lists: Vec<&[u64]> = parts
            .iter()
            .zip(&ranges)
            .map(|(number, range)| {
                &scan.plan.parts[usize::from(*number)].part.people()[range.clone()]
            })
            .collect();
        if !owners.is_empty() {
            lists.push(&owners);
        }
        let union = Union::of(&lists);
        self.collected.clear();
        for ((number, range), places) in parts.iter().zip(ranges).zip(&union.places) {
            let rows = PartRows::new(scan.plan, units, *number, &union.keys);
            self.collected.add_people(&rows, range, places);
        }
        if let Some(places) = union.places.get(parts.len()) {
            let mut owner = 0;
            for (person, run) in moved {
                owner += usize::from(owners[owner] != *person);
                let number = run.part as u16;
                if !scan.plan.parts[usize::from(number)].codes.is_empty() {
                    let rows = PartRows::new(scan.plan, units, number, &union.keys);
                    self.collected.add_run(&rows, run.start..run.end, places[owner]);
                }
            }
        }
        union
    }

    /// Sorts the marks by person, as they came.
    #[inline(always)]
    fn put_in_place(&mut self, people: usize) {
        let Collected { people: of, marks, .. } = &self.collected;
        self.ends.clear();
        self.ends.resize(people, 0);
        for person in of {
            self.ends[*person as usize] += 1;
        }
        let mut sum = 0;
        for end in &mut self.ends {
            // For now where the person begins.
            let count = std::mem::replace(end, sum);
            sum += count;
        }
        self.marks.resize(marks.len(), Mark::default());
        for (person, mark) in of.iter().zip(marks) {
            let at = &mut self.ends[*person as usize];
            self.marks[*at as usize] = *mark;
            *at += 1;
        }
    }
}

/// Where a person's marks lie in the parts; looked up only when asked.
pub(crate) struct Places<'a> {
    collected: &'a Collected,
    ends: &'a [u32],
    /// Per mark its index in `collected`; empty until it is asked for.
    order: &'a mut Vec<u32>,
    person: std::ops::Range<usize>,
}

impl Places<'_> {
    /// The person's marks in order of time with their rows, those of one unit in any order.
    /// `into` is cleared first.
    #[inline]
    pub(crate) fn rows(&mut self, into: &mut Vec<(Mark, RowRef)>) {
        if self.order.is_empty() {
            self.find_order();
        }
        into.clear();
        into.extend(self.order[self.person.clone()].iter().map(|index| {
            let index = *index as usize;
            (self.collected.marks[index], self.collected.place(index))
        }));
        if !into.is_sorted_by_key(|(mark, _)| *mark) {
            into.sort_unstable();
        }
    }

    #[cold]
    fn find_order(&mut self) {
        self.order.resize(self.collected.marks.len(), 0);
        // From the last to the first, so that each person's end can be counted down.
        let mut ends = self.ends.to_vec();
        for (index, person) in self.collected.people.iter().enumerate().rev() {
            let end = &mut ends[*person as usize];
            *end -= 1;
            self.order[*end as usize] = index as u32;
        }
    }
}

/// Ascending keys to leave out.
struct Skip<'a> {
    keys: &'a [u64],
}

impl<'a> Skip<'a> {
    fn new(keys: &'a [u64], least: u64) -> Self {
        Self { keys: &keys[keys.partition_point(|key| *key < least)..] }
    }

    /// To be asked with ascending keys.
    #[inline]
    fn is(&mut self, person: u64) -> bool {
        while let [key, rest @ ..] = self.keys
            && *key <= person
        {
            if *key == person {
                return true;
            }
            self.keys = rest;
        }
        false
    }
}

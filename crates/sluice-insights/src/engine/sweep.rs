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
use super::scan::{Hit, Operator, Scan, give_piece, over_slices};
use super::union::Union;
use super::wide::wide;
use crate::InsightError;

/// Rows of one slice, about: what is kept of it stays in the processor's cache.
const SLICE_ROWS: u64 = 192 * 1024;

/// Numbers of marks that are told apart; the last stands for all above.
const COUNTS: usize = 32;
/// People of a slice whose rows are searched for before all rows are brought in order.
const SEARCHED_MAX: usize = 8;

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
    /// People that have marks, those with few first.
    by_count: Vec<u32>,
    left_out: Vec<bool>,
    classes: Vec<u8>,
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
        self.leave_out(&union.keys, moved.left_out());
        self.sort_by_count();
        let mut asked = 0;
        self.order.clear();
        for person in &self.by_count {
            let person = *person as usize;
            let from = person.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
            let range = from..self.ends[person] as usize;
            let mut places = Places {
                collected: &self.collected,
                ends: &self.ends,
                order: &mut self.order,
                asked: &mut asked,
                number: person,
                range: range.clone(),
            };
            operator.swept(union.keys[person], &self.marks[range], &mut places);
        }
        if !moved.left_out().is_empty() {
            let hits = &mut self.hits;
            scan.selection.walk_mixed(slice, |piece| give_piece(scan, piece, operator, hits));
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

    /// Flags the people of the slice whose key is among those to leave out.
    fn leave_out(&mut self, keys: &[u64], left_out: &[u64]) {
        self.left_out.clear();
        self.left_out.resize(keys.len(), false);
        let (Some(least), Some(most)) = (keys.first(), keys.last()) else { return };
        let from = left_out.partition_point(|key| key < least);
        let to = left_out.partition_point(|key| key <= most);
        let mut at = 0;
        for key in &left_out[from..to] {
            at += keys[at..].iter().take_while(|one| *one < key).count();
            self.left_out[at] |= keys[at] == *key;
        }
    }

    /// Where neighbours have equally many marks, the processor can foretell how long each takes.
    #[inline(always)]
    fn sort_by_count(&mut self) {
        let mut places = [0u32; COUNTS];
        let mut from = 0;
        let classes = self.ends.iter().zip(&self.left_out).map(|(end, left_out)| {
            let count = if *left_out { 0 } else { *end - from };
            from = *end;
            (count as usize).min(COUNTS - 1)
        });
        self.classes.clear();
        self.classes.extend(classes.map(|class| class as u8));
        for class in &self.classes {
            places[usize::from(*class) % COUNTS] += 1;
        }
        let mut sum = 0;
        for place in &mut places[1..] {
            let count = std::mem::replace(place, sum);
            sum += count;
        }
        // Who has none is written behind the others and cut off.
        places[0] = sum;
        self.by_count.resize(self.ends.len(), 0);
        for (class, person) in self.classes.iter().zip(0..) {
            let place = &mut places[usize::from(*class) % COUNTS];
            self.by_count[*place as usize] = person;
            *place += 1;
        }
        self.by_count.truncate(sum as usize);
    }
}

/// Where a person's marks lie in the parts; looked up only when asked.
pub(crate) struct Places<'a> {
    collected: &'a Collected,
    ends: &'a [u32],
    /// Per mark its index in `collected`; empty until many people are asked for.
    order: &'a mut Vec<u32>,
    asked: &'a mut usize,
    number: usize,
    range: std::ops::Range<usize>,
}

impl Places<'_> {
    /// The row of one of the person's marks as they were given.
    #[inline]
    pub(crate) fn row(&mut self, mark: usize) -> RowRef {
        if self.order.is_empty() {
            find_order(self.collected, self.ends, self.order);
        }
        self.collected.place(self.order[self.range.clone()][mark] as usize)
    }

    /// The person's marks in order of time with their rows, those of one unit in any order.
    /// `into` is cleared first.
    #[inline]
    pub(crate) fn rows(&mut self, into: &mut Vec<(Mark, RowRef)>) {
        into.clear();
        let row = |index: usize| (self.collected.marks[index], self.collected.place(index));
        *self.asked += 1;
        if *self.asked <= SEARCHED_MAX {
            let people = self.collected.people.iter().enumerate();
            let own = people.filter(|(_, person)| **person as usize == self.number);
            into.extend(own.map(|(index, _)| row(index)));
        } else {
            if self.order.is_empty() {
                find_order(self.collected, self.ends, self.order);
            }
            into.extend(self.order[self.range.clone()].iter().map(|index| row(*index as usize)));
        }
        if !into.is_sorted_by_key(|(mark, _)| *mark) {
            into.sort_unstable();
        }
    }
}

#[cold]
fn find_order(collected: &Collected, ends: &[u32], order: &mut Vec<u32>) {
    order.resize(collected.marks.len(), 0);
    // From the last to the first, so that each person's end can be counted down.
    let mut ends = ends.to_vec();
    for (index, person) in collected.people.iter().enumerate().rev() {
        let end = &mut ends[*person as usize];
        *end -= 1;
        order[*end as usize] = index as u32;
    }
}

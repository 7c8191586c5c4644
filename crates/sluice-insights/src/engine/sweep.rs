//! Matching rows handed over in order of time, for questions that need no more of most people.
//!
//! Where [`super::scan`] merges rows one person and part at a time, a sweep first writes the
//! matching rows of a slice of people into one short list per part, in plain loops over arrays, and
//! then merges these lists by person. Parts come by their times, so that the rows of most people
//! need no sorting.

use sluice_columnar::{CodeSlice, PeopleSlice, Times};

use super::cursor::{DONE, GROUP_ROWS, Source, far};
use super::plan::{PartPlan, Plan};
use super::scan::{Hit, Operator, Scan, gathered, over_slices};
use crate::InsightError;

/// Rows of one slice, about: the matching ones of it stay in the processor's cache.
const SLICE_ROWS: u64 = 192 * 1024;
/// Rows worked off at a time; a block of 64 comes on top.
const GROUP_MAX: usize = GROUP_ROWS + 64;
/// Stretches of a group whose people are looked for side by side.
const CHAINS: usize = 4;
/// People that are looked past in one step.
const LOOKED_PAST: usize = 4;

/// A matching row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    pub(crate) person: u64,
    /// In units of the sweep.
    pub(crate) time: i64,
    pub(crate) row: u32,
    /// Index into the selection's parts.
    pub(crate) part: u16,
    /// Which of the question's events it is, a bit each; none for some rows that do not count.
    pub(crate) slots: u16,
}

const END: Match = Match { person: DONE, time: 0, row: 0, part: 0, slots: 0 };

/// A unit of time, and until when a row counts as the first event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units {
    /// Microseconds: a thousand or a million.
    pub(crate) micros: i64,
    /// Microseconds; rows from here on lose slot 0.
    pub(crate) first_before: i64,
}

/// What all rows of a person say together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    /// Slots that some row has.
    pub(crate) slots: u16,
    /// The time of the last row of slot 0.
    pub(crate) last_first: i64,
    /// The time of the last row.
    last: i64,
    /// Whether the rows are in order and no two share a unit of time.
    pub(crate) distinct: bool,
}

impl Sum {
    const EMPTY: Self = Self { slots: 0, last_first: i64::MIN, last: i64::MIN, distinct: true };

    #[inline]
    fn add(&mut self, row: &Match) {
        self.distinct &= row.time > self.last;
        self.last = row.time;
        self.slots |= row.slots;
        self.last_first = if row.slots & 1 == 0 { self.last_first } else { row.time };
    }

    /// Adds the rows from `at` on of the person who has that one, and gives where they end.
    #[inline]
    fn add_run(&mut self, list: &[Match], at: usize) -> usize {
        let person = list[at].person;
        let mut end = at;
        for row in &list[at..] {
            if row.person != person {
                break;
            }
            self.add(row);
            end += 1;
        }
        end
    }

    /// Of rows that need sorting first, as parts whose times overlap have some of them.
    #[cold]
    fn sorted(rows: &mut [Match]) -> Self {
        rows.sort_by_key(|row| row.time);
        let mut sum = Self::EMPTY;
        rows.iter().for_each(|row| sum.add(row));
        sum
    }
}

/// An operator that takes matching rows in order of their times in units, those of one unit in any
/// order. People that need gathering come by [`Operator::person`].
pub(crate) trait Sweeper: Operator {
    fn swept(&mut self, person: u64, rows: &[Match], sum: Sum);
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
    let work = |slice: PeopleSlice, operator: &mut O, lists: &mut Lists| {
        lists.run(scan, units, &parts, slice, operator);
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
struct Lists {
    lists: Vec<Vec<Match>>,
    /// Where each list is, and whose row is there.
    at: Vec<usize>,
    heads: Vec<u64>,
    rows: Vec<u32>,
    person: Vec<Match>,
    hits: Vec<Hit>,
}

impl Lists {
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
        self.lists.resize_with(parts.len(), Vec::new);
        for (list, number) in self.lists.iter_mut().zip(parts) {
            list.clear();
            let part = &scan.plan.parts[usize::from(*number)];
            collect(scan.plan, units, part, *number, (least, most), &mut self.rows, list);
            list.push(END);
        }
        let left_out = scan.selection.gathered_keys();
        let mut skip = Skip::new(left_out, least);
        self.merge(|person, rows, sum| {
            if !skip.is(person) {
                operator.swept(person, rows, sum);
            }
        });
        if !left_out.is_empty() {
            gathered(scan, slice, operator, &mut self.hits);
        }
    }

    fn merge(&mut self, mut give: impl FnMut(u64, &[Match], Sum)) {
        self.lists.retain(|list| list.len() > 1);
        self.at.clear();
        self.at.resize(self.lists.len(), 0);
        self.heads.clear();
        self.heads.extend(self.lists.iter().map(|list| list[0].person));
        loop {
            let (mut least, mut second, mut who) = (DONE, DONE, 0);
            for (index, head) in self.heads.iter().enumerate() {
                second = second.min((*head).max(least));
                who = if *head < least { index } else { who };
                least = least.min(*head);
            }
            if least == DONE {
                return;
            }
            if least < second {
                // People that are in no other list.
                let (list, mut at) = (self.lists[who].as_slice(), self.at[who]);
                while list[at].person < second {
                    let from = at;
                    let mut sum = Sum::EMPTY;
                    at = sum.add_run(list, from);
                    give(list[from].person, &list[from..at], sum);
                }
                self.at[who] = at;
                self.heads[who] = list[at].person;
                continue;
            }
            self.person.clear();
            let mut sum = Sum::EMPTY;
            for ((head, at), list) in self.heads.iter_mut().zip(&mut self.at).zip(&self.lists) {
                if *head == least {
                    let end = sum.add_run(list, *at);
                    self.person.extend_from_slice(&list[*at..end]);
                    *at = end;
                    *head = list[end].person;
                }
            }
            if !sum.distinct {
                sum = Sum::sorted(&mut self.person);
            }
            give(least, &self.person, sum);
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

/// Adds the matching rows of one part.
fn collect(
    plan: &Plan,
    units: Units,
    part: &PartPlan,
    number: u16,
    (least, most): (u64, u64),
    rows: &mut Vec<u32>,
    out: &mut Vec<Match>,
) {
    let people = part.part.people();
    let from = people.partition_point(|key| *key < least);
    let to = people.partition_point(|key| *key <= most);
    let starts = part.part.starts();
    let mut source = Source::new(part, starts[from], starts[to]);
    let mut at = Place { people, ends: &starts[1..], index: from };
    let codes = part.part.events();
    let mut group = Group::new();
    let plain: Option<Vec<u16>> = part
        .by_code
        .iter()
        .map(|code| code.tested.is_empty().then_some(code.certain))
        .collect::<Option<_>>()
        .filter(|_| part.all_in_range);
    loop {
        rows.clear();
        source.rows(part, codes, rows);
        if rows.is_empty() {
            return;
        }
        group.read_times(part.part.times(), rows);
        group.find_people(&mut at, rows);
        match &plain {
            Some(table) => {
                group.look_up(codes, rows, table);
                group.put(units, number, rows, out);
            }
            None => group.put_tested(units, number, rows, out, (plan, part)),
        }
    }
}

/// Some hundred rows of a part, a step for all of them at a time, so that the processor can wait
/// for many rows' memory at once.
struct Group {
    people: [u64; GROUP_MAX],
    times: [i64; GROUP_MAX],
    slots: [u16; GROUP_MAX],
}

impl Group {
    const fn new() -> Self {
        Self { people: [0; GROUP_MAX], times: [0; GROUP_MAX], slots: [0; GROUP_MAX] }
    }

    /// One person depends on the one before, and the processor waits for each: so several
    /// stretches are looked at in turn.
    fn find_people(&mut self, at: &mut Place<'_>, rows: &[u32]) {
        let len = rows.len() / CHAINS;
        let mut places = [*at; CHAINS];
        for chain in 1..CHAINS {
            places[chain] = places[chain - 1];
            if len > 0 {
                places[chain].go_far(rows[chain * len]);
            }
        }
        let (chunks, rest) = rows.split_at(len * CHAINS);
        let (people, people_rest) = self.people[..rows.len()].split_at_mut(len * CHAINS);
        for index in 0..len {
            for (chain, place) in places.iter_mut().enumerate() {
                people[chain * len + index] = place.of(chunks[chain * len + index]);
            }
        }
        *at = places[CHAINS - 1];
        for (person, row) in people_rest.iter_mut().zip(rest) {
            *person = at.of(*row);
        }
    }

    fn read_times(&mut self, times: Times<'_>, rows: &[u32]) {
        match times {
            Times::Millis { base, deltas } => {
                for (to, row) in self.times.iter_mut().zip(rows) {
                    *to = base + i64::from(deltas[*row as usize]) * 1_000;
                }
            }
            Times::Micros(times) => {
                for (to, row) in self.times.iter_mut().zip(rows) {
                    *to = times[*row as usize];
                }
            }
        }
    }

    fn look_up(&mut self, codes: CodeSlice<'_>, rows: &[u32], table: &[u16]) {
        let to = self.slots.iter_mut().zip(rows);
        match codes {
            CodeSlice::U8(codes) => {
                to.for_each(|(to, row)| *to = table[codes[*row as usize] as usize]);
            }
            CodeSlice::U16(codes) => {
                to.for_each(|(to, row)| *to = table[codes[*row as usize] as usize]);
            }
            CodeSlice::U32(codes) => {
                to.for_each(|(to, row)| *to = table[codes[*row as usize] as usize]);
            }
        }
    }

    fn put(&self, units: Units, part: u16, rows: &[u32], out: &mut Vec<Match>) {
        // A division by a constant is several times faster than by a field.
        if units.micros == 1_000 {
            self.put_in::<1_000>(units, part, rows, out);
        } else {
            self.put_in::<1_000_000>(units, part, rows, out);
        }
    }

    #[inline]
    fn put_in<const UNIT: i64>(&self, units: Units, part: u16, rows: &[u32], out: &mut Vec<Match>) {
        let rows = rows.iter().zip(&self.people).zip(&self.times).zip(&self.slots);
        out.extend(rows.map(|(((row, person), time), slots)| Match {
            person: *person,
            time: time.div_euclid(UNIT),
            row: *row,
            part,
            slots: slots & !u16::from(*time >= units.first_before),
        }));
    }

    fn put_tested(
        &self,
        units: Units,
        number: u16,
        rows: &[u32],
        out: &mut Vec<Match>,
        (plan, part): (&Plan, &PartPlan),
    ) {
        let codes = part.part.events();
        for ((row, time), person) in rows.iter().zip(&self.times).zip(&self.people) {
            if *time < plan.from || *time >= plan.to {
                continue;
            }
            let person = *person;
            let (slots, _) = part.slots(codes.get(*row as usize), *row, person);
            let slots = slots & !u16::from(*time >= units.first_before);
            if slots != 0 {
                let time = time.div_euclid(units.micros);
                out.push(Match { person, time, row: *row, part: number, slots });
            }
        }
    }
}

/// Whose an ascending row is.
#[derive(Clone, Copy)]
struct Place<'a> {
    people: &'a [u64],
    /// First row after each person's.
    ends: &'a [u32],
    index: usize,
}

impl Place<'_> {
    fn go_far(&mut self, row: u32) {
        let ends = &self.ends[self.index..];
        let mut step = 64;
        while step < ends.len() && ends[step] <= row {
            step *= 2;
        }
        self.index += ends[..step.min(ends.len())].partition_point(|end| *end <= row);
    }

    #[inline]
    fn of(&mut self, row: u32) -> u64 {
        let ends = &self.ends[self.index..];
        let ahead = match ends.first_chunk::<LOOKED_PAST>() {
            // No branch per person: how many are passed cannot be foretold.
            Some(ends) => ends.iter().map(|end| u32::from(*end <= row)).sum::<u32>() as usize,
            None => ends.iter().take_while(|end| **end <= row).count(),
        };
        self.index += if ahead == LOOKED_PAST { far(ends, row) } else { ahead };
        self.people[self.index]
    }
}

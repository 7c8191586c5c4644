//! The matching rows of a slice of people, one part after the other, as plain lists.
//!
//! Some hundred rows are worked off at a time, one short loop after the other, so that the processor
//! waits for the memory of many rows at once. Whose a row is comes from counting bits in
//! [`sluice_columnar::Part::first_rows`].

use std::ops::Range;

use sluice_columnar::{CodeSlice, RowRef, Times};

use super::cursor::far;
use super::plan::{PartPlan, Plan};
use super::sweep::{Mark, Units};

/// Rows worked off at a time, about; a block of 64 comes on top.
const GROUP_ROWS: usize = 512;
/// Postings are taken when they have fewer rows than this share of what a scan would look at.
const POSTINGS_SHARE: usize = 16;

/// Matching rows in the order they were found: three lists of equal length.
#[derive(Default)]
pub(super) struct Collected {
    /// Number of the person within the slice.
    pub(super) people: Vec<u32>,
    pub(super) marks: Vec<Mark>,
    rows: Vec<u32>,
    /// Where the rows of a part end, and its number.
    stretches: Vec<(usize, u16)>,
    group: Group,
    /// Stored times of a group of rows.
    times: Vec<u32>,
}

/// A group of rows: their numbers, and their people as indexes into those of the part.
#[derive(Default)]
struct Group {
    rows: Vec<u32>,
    people: Vec<u32>,
}

/// One part, ready for its rows to be read.
pub(super) struct PartRows<'a> {
    plan: &'a Plan,
    part: &'a PartPlan,
    number: u16,
    units: Units,
    /// In units.
    origin: i64,
    /// The people of the slice, by number.
    keys: &'a [u64],
}

impl<'a> PartRows<'a> {
    #[inline]
    pub(super) fn new(plan: &'a Plan, units: Units, number: u16, keys: &'a [u64]) -> Self {
        let part = &plan.parts[usize::from(number)];
        Self { plan, part, number, units, origin: units.origin(plan), keys }
    }
}

impl Collected {
    pub(super) fn clear(&mut self) {
        self.people.clear();
        self.marks.clear();
        self.rows.clear();
        self.stretches.clear();
    }

    /// The place of a collected row.
    pub(super) fn place(&self, index: usize) -> RowRef {
        let stretch = self.stretches.partition_point(|(end, _)| *end <= index);
        RowRef { part: u32::from(self.stretches[stretch].1), row: self.rows[index] }
    }

    /// Adds the matching rows of some people of a part; `places` has the number of each.
    #[inline(always)]
    pub(super) fn add_people(&mut self, of: &PartRows<'_>, people: Range<usize>, places: &[u32]) {
        if people.is_empty() {
            return;
        }
        let starts = of.part.part.starts();
        let rows = starts[people.start]..starts[people.end];
        let mut group = std::mem::take(&mut self.group);
        match postings(of.part, &rows) {
            Some(rows) => {
                let mut person = people.start;
                for some in rows.chunks(GROUP_ROWS) {
                    group.clear();
                    for row in some {
                        person += ahead(&starts[person + 1..], *row);
                        group.rows.push(*row);
                        group.people.push((person - people.start) as u32);
                    }
                    self.add_group(of, &group, places);
                }
            }
            None => self.add_blocks(of, rows, &mut group, places),
        }
        self.group = group;
        self.stretches.push((self.rows.len(), of.number));
    }

    /// Adds the matching rows of a stretch that belongs to one person.
    pub(super) fn add_run(&mut self, of: &PartRows<'_>, rows: Range<u32>, person: u32) {
        let mut group = std::mem::take(&mut self.group);
        self.add_blocks(of, rows, &mut group, &[person]);
        self.group = group;
        self.stretches.push((self.rows.len(), of.number));
    }

    /// Adds the matching rows of a stretch, block by block. With a single place all are of that
    /// person.
    #[inline(always)]
    fn add_blocks(
        &mut self,
        of: &PartRows<'_>,
        rows: Range<u32>,
        group: &mut Group,
        places: &[u32],
    ) {
        let codes = of.part.part.events();
        let firsts = of.part.part.first_rows();
        let (from, to) = (rows.start as usize, rows.end as usize);
        let mut block = from / 64;
        // People that began before the block, less those before the stretch.
        let mut begun = 0u32.wrapping_sub(upto(firsts[block], from % 64).count_ones());
        group.clear();
        while block * 64 < to {
            let start = block * 64;
            let mut mask = of.part.wanted.mask(codes, start, (start + 64).min(codes.len()));
            if start < from {
                mask &= u64::MAX << (from - start);
            }
            if to < start + 64 {
                mask &= u64::MAX >> (start + 64 - to);
            }
            let first = firsts[block];
            group.add_block(mask, start as u32, first, begun);
            begun = begun.wrapping_add(first.count_ones());
            block += 1;
            if group.rows.len() >= GROUP_ROWS {
                self.add_group(of, group, places);
                group.clear();
            }
        }
        self.add_group(of, group, places);
        group.clear();
    }

    #[inline(always)]
    fn add_group(&mut self, of: &PartRows<'_>, group: &Group, places: &[u32]) {
        let plain = of.part.plain.as_deref().filter(|_| of.part.all_in_range);
        let Some(table) = plain else { return self.add_tested(of, group, places) };
        if let [place] = places {
            self.people.resize(self.people.len() + group.rows.len(), *place);
        } else {
            self.people.extend(group.people.iter().map(|person| places[*person as usize]));
        }
        self.rows.extend_from_slice(&group.rows);
        match of.part.part.events() {
            CodeSlice::U8(codes) => {
                self.mark(of, &group.rows, |row| table[codes[row as usize] as usize]);
            }
            codes => self.mark(of, &group.rows, |row| table[codes.get(row as usize) as usize]),
        }
    }

    #[inline(always)]
    fn mark(&mut self, of: &PartRows<'_>, rows: &[u32], slots: impl Fn(u32) -> u16) {
        // A division by a constant is several times faster than by a field.
        match (of.part.part.times(), of.units.micros) {
            (Times::Millis { base, deltas }, 1_000) if base % 1_000 == 0 => {
                // In milliseconds as it is stored.
                let base = base / 1_000 - of.origin;
                let limit = of.units.first_before.div_euclid(1_000) - of.origin
                    + i64::from(of.units.first_before.rem_euclid(1_000) != 0);
                self.times.clear();
                self.times.extend(rows.iter().map(
                    #[inline(always)]
                    |row| deltas[*row as usize],
                ));
                self.marks.extend(rows.iter().zip(&self.times).map(
                    #[inline(always)]
                    |(row, delta)| {
                        let time = base + i64::from(*delta);
                        Mark::new(time as u64, slots(*row) & !u16::from(time >= limit))
                    },
                ));
            }
            (times, 1_000) => self.mark_in::<1_000>(of, rows, times, slots),
            (times, _) => self.mark_in::<1_000_000>(of, rows, times, slots),
        }
    }

    #[inline(always)]
    fn mark_in<const UNIT: i64>(
        &mut self,
        of: &PartRows<'_>,
        rows: &[u32],
        times: Times<'_>,
        slots: impl Fn(u32) -> u16,
    ) {
        let mark = |row: u32, time: i64| {
            let slots = slots(row) & !u16::from(time >= of.units.first_before);
            Mark::new((time.div_euclid(UNIT) - of.origin) as u64, slots)
        };
        match times {
            Times::Millis { base, deltas } => {
                self.times.clear();
                self.times.extend(rows.iter().map(
                    #[inline(always)]
                    |row| deltas[*row as usize],
                ));
                let times = self.times.iter().map(|delta| base + i64::from(*delta) * 1_000);
                self.marks.extend(rows.iter().zip(times).map(|(row, time)| mark(*row, time)));
            }
            Times::Micros(times) => {
                self.marks.extend(rows.iter().map(|row| mark(*row, times[*row as usize])));
            }
        }
    }

    /// Rows that must be looked at one by one.
    fn add_tested(&mut self, of: &PartRows<'_>, group: &Group, places: &[u32]) {
        let part = of.part;
        let (codes, times) = (part.part.events(), part.part.times());
        for (row, person) in group.rows.iter().zip(&group.people) {
            let time = times.get(*row);
            if time < of.plan.from || time >= of.plan.to {
                continue;
            }
            let place = places[*person as usize];
            let key = of.keys[place as usize];
            let (slots, _) = part.slots(codes.get(*row as usize), *row, key);
            let slots = slots & !u16::from(time >= of.units.first_before);
            if slots != 0 {
                let time = time.div_euclid(of.units.micros) - of.origin;
                self.people.push(place);
                self.marks.push(Mark::new(time as u64, slots));
                self.rows.push(*row);
            }
        }
    }
}

impl Group {
    fn clear(&mut self) {
        self.rows.clear();
        self.people.clear();
    }

    /// Adds the rows of a mask.
    #[inline(always)]
    fn add_block(&mut self, mut mask: u64, start: u32, first: u64, begun: u32) {
        // Eight at a time whether there are eight or not: how many there are cannot be foretold,
        // and what is too much is cut off.
        let len = self.rows.len() + mask.count_ones() as usize;
        while mask != 0 {
            let (mut rows, mut people) = ([0u32; 8], [0u32; 8]);
            for (row, person) in rows.iter_mut().zip(&mut people) {
                let bit = mask.trailing_zeros();
                *row = start + bit;
                *person = begun.wrapping_add(upto(first, bit as usize & 63).count_ones());
                mask &= mask.wrapping_sub(1);
            }
            self.rows.extend_from_slice(&rows);
            self.people.extend_from_slice(&people);
        }
        self.rows.truncate(len);
        self.people.truncate(len);
    }
}

/// The bits up to and including one.
#[inline(always)]
const fn upto(word: u64, bit: usize) -> u64 {
    word & (u64::MAX >> (63 - bit))
}

/// How many ends lie at or before a row.
#[inline]
fn ahead(ends: &[u32], row: u32) -> usize {
    let near = ends.iter().take(8).take_while(|end| **end <= row).count();
    if near == 8 { far(ends, row) } else { near }
}

/// The matching rows of a stretch from the postings, if they are few.
fn postings(part: &PartPlan, stretch: &Range<u32>) -> Option<Vec<u32>> {
    let most = stretch.len() / POSTINGS_SHARE;
    let mut rows = Vec::new();
    for code in &part.codes {
        let all = part.part.postings(*code)?;
        let from = all.partition_point(|row| *row < stretch.start);
        let to = all.partition_point(|row| *row < stretch.end);
        if rows.len() + to - from > most {
            return None;
        }
        rows.extend_from_slice(&all[from..to]);
    }
    if part.codes.len() > 1 {
        rows.sort_unstable();
    }
    Some(rows)
}

//! The matching rows of a slice of people, one part after the other, as plain lists.
//!
//! Some hundred rows are worked off at a time, one short loop after the other, so that the processor
//! waits for the memory of many rows at once. Whose a row is comes from counting bits in
//! [`sluice_columnar::Part::first_rows`].

use std::ops::Range;

use sluice_columnar::{CodeSlice, Numbered, RowRef, Run, Times};

use super::cursor::far;
use super::groups::Groups;
use super::pick::Picked;
use super::plan::{PartPlan, Plan};
use super::sweep::{Mark, Swept, Units};
use super::wide::{is_widest, wide, widest};

/// Rows worked off at a time, about; a block of 64 comes on top.
const GROUP_ROWS: usize = 512;
/// Rows written at a time, whether there are so many or not.
const STRIDE: usize = 8;
/// What one more block may need.
const BLOCK_ROOM: usize = 64 + STRIDE;
/// Postings are taken when they have fewer rows than this share of what a scan would look at.
const POSTINGS_SHARE: usize = 16;

/// Matching rows in the order they were found: lists of equal length, that of the last group being
/// worked out.
#[derive(Default)]
pub(super) struct Collected {
    /// How many there are; the lists are longer, so that rows can be written before it is known how
    /// many they are.
    len: usize,
    /// Where the last group begins.
    group: usize,
    /// Number of the person within the slice; in the last group an index into a list of numbers.
    people: Vec<u32>,
    marks: Vec<Mark>,
    rows: Vec<u32>,
    /// Sets of groups, see [`Groups::in_set`]; empty if nobody asks.
    sets: Vec<u32>,
    /// Where the rows of a part end, and its number.
    stretches: Vec<(usize, u16)>,
    /// Stored times of the last group.
    times: Vec<u32>,
}

/// One part, ready for its rows to be read.
struct PartRows<'a> {
    plan: &'a Plan,
    part: &'a PartPlan,
    number: u16,
    units: Units,
    /// In units.
    origin: i64,
    /// The people of the slice, by number.
    keys: &'a [u64],
    sets: Option<&'a Groups>,
}

impl<'a> PartRows<'a> {
    #[inline]
    fn new(what: &Swept<'a>, number: u16, keys: &'a [u64]) -> Self {
        let Swept { plan, units, sets } = *what;
        let part = &plan.parts[usize::from(number)];
        Self { plan, part, number, units, origin: units.origin(plan), keys, sets }
    }
}

impl Collected {
    /// Forgets everything and takes in the matching rows of some people; `parts` by time.
    pub(super) fn collect(&mut self, what: &Swept<'_>, parts: &[u16], people: &Numbered) {
        (self.len, self.group) = (0, 0);
        self.stretches.clear();
        if is_widest() {
            widest(
                #[inline(always)]
                || self.add::<true>(what, parts, people),
            );
        } else {
            wide(
                #[inline(always)]
                || self.add::<false>(what, parts, people),
            );
        }
    }

    #[inline(always)]
    fn add<const WIDEST: bool>(&mut self, what: &Swept<'_>, parts: &[u16], people: &Numbered) {
        for number in parts {
            let rows = PartRows::new(what, *number, &people.keys);
            let of = &people.parts[usize::from(*number)];
            self.add_people::<WIDEST>(&rows, of.people.clone(), &of.numbers);
        }
        for runs in people.elsewhere.chunk_by(|(_, a), (_, b)| a.part == b.part) {
            let number = runs[0].1.part as u16;
            if !what.plan.parts[usize::from(number)].codes.is_empty() {
                let rows = PartRows::new(what, number, &people.keys);
                self.add_runs(&rows, runs);
            }
        }
    }

    pub(super) fn people(&self) -> &[u32] {
        &self.people[..self.len]
    }

    pub(super) fn marks(&self) -> &[Mark] {
        &self.marks[..self.len]
    }

    /// Per row a set of groups, or nothing.
    pub(super) fn sets(&self) -> &[u32] {
        &self.sets[..self.len.min(self.sets.len())]
    }

    /// The place of a collected row.
    pub(super) fn place(&self, index: usize) -> RowRef {
        let stretch = self.stretches.partition_point(|(end, _)| *end <= index);
        RowRef { part: u32::from(self.stretches[stretch].1), row: self.rows[index] }
    }

    /// Adds the matching rows of some people of a part; `numbers` has the number of each.
    #[inline(always)]
    fn add_people<const WIDEST: bool>(
        &mut self,
        of: &PartRows<'_>,
        people: Range<usize>,
        numbers: &[u32],
    ) {
        if people.is_empty() {
            return;
        }
        let starts = of.part.part.starts();
        let rows = starts[people.start]..starts[people.end];
        match postings(of.part, &rows) {
            Some(rows) => {
                let mut person = people.start;
                for row in rows {
                    person += ahead(&starts[person + 1..], row);
                    self.make_room(of);
                    (self.rows[self.len], self.people[self.len]) =
                        (row, (person - people.start) as u32);
                    self.len += 1;
                    self.end_group_if_full(of, numbers);
                }
                self.end_group(of, numbers);
            }
            None => self.add_blocks::<WIDEST>(of, rows, numbers),
        }
        self.stretches.push((self.len, of.number));
    }

    /// Adds the matching rows of stretches of a part that belong to one person each, with the
    /// person's number.
    fn add_runs(&mut self, of: &PartRows<'_>, runs: &[(u32, Run)]) {
        let codes = of.part.part.events();
        let mut numbers = Vec::with_capacity(GROUP_ROWS);
        for (number, run) in runs {
            let own = numbers.len() as u32;
            numbers.push(*number);
            for_blocks::<false>(of.part, codes, run.start..run.end, |mask, start, _| {
                self.add_block(of, mask, start as u32, |_| own);
                self.end_group_if_full(of, &numbers);
            });
            if numbers.len() >= GROUP_ROWS {
                self.end_group(of, &numbers);
                numbers.clear();
            }
        }
        self.end_group(of, &numbers);
        self.stretches.push((self.len, of.number));
    }

    /// Adds the matching rows of a stretch of people, block by block.
    #[inline(always)]
    fn add_blocks<const WIDEST: bool>(
        &mut self,
        of: &PartRows<'_>,
        rows: Range<u32>,
        numbers: &[u32],
    ) {
        let codes = of.part.part.events();
        let firsts = of.part.part.first_rows();
        let (block, bit) = (rows.start as usize / 64, rows.start as usize % 64);
        // People that began before the block, less those before the stretch.
        let mut begun = 0u32.wrapping_sub(upto(firsts[block], bit).count_ones());
        for_blocks::<WIDEST>(
            of.part,
            codes,
            rows,
            #[inline(always)]
            |mask, start, block| {
                let first = firsts[block];
                if WIDEST {
                    self.pick(of, Picked { mask, start: start as u32, first, begun });
                } else {
                    self.add_block(
                        of,
                        mask,
                        start as u32,
                        #[inline(always)]
                        |bit| begun.wrapping_add(upto(first, bit as usize & 63).count_ones()),
                    );
                }
                begun = begun.wrapping_add(first.count_ones());
                self.end_group_if_full(of, numbers);
            },
        );
        self.end_group(of, numbers);
    }

    /// Adds the rows of a mask; `person` gives whose the row of a bit is.
    #[inline(always)]
    fn add_block(
        &mut self,
        of: &PartRows<'_>,
        mut mask: u64,
        start: u32,
        person: impl Fn(u32) -> u32,
    ) {
        self.make_room(of);
        // Some at a time whether there are so many or not: how many there are cannot be foretold,
        // and what is too much is written over.
        let mut at = self.len;
        self.len += mask.count_ones() as usize;
        while mask != 0 {
            let (mut rows, mut people) = ([0u32; STRIDE], [0u32; STRIDE]);
            for (row, whose) in rows.iter_mut().zip(&mut people) {
                let bit = mask.trailing_zeros();
                (*row, *whose) = (start + bit, person(bit));
                mask &= mask.wrapping_sub(1);
            }
            self.rows[at..at + STRIDE].copy_from_slice(&rows);
            self.people[at..at + STRIDE].copy_from_slice(&people);
            at += STRIDE;
        }
    }

    /// The same all at once, where [`is_widest`].
    #[inline(always)]
    fn pick(&mut self, of: &PartRows<'_>, block: Picked) {
        self.make_room(of);
        let at = self.len;
        self.len += block.mask.count_ones() as usize;
        let (rows, people) = (&mut self.rows[at..], &mut self.people[at..]);
        if let (Some(rows), Some(people)) = (rows.first_chunk_mut(), people.first_chunk_mut()) {
            block.write(rows, people);
        }
    }

    #[inline(always)]
    fn make_room(&mut self, of: &PartRows<'_>) {
        if self.rows.len() < self.len + BLOCK_ROOM {
            self.grow(of.sets.is_some());
        }
    }

    #[cold]
    fn grow(&mut self, sets: bool) {
        let room = (self.rows.len() * 2).max(64 * BLOCK_ROOM);
        self.rows.resize(room, 0);
        self.people.resize(room, 0);
        self.marks.resize(room, Mark::default());
        self.sets.resize(if sets { room } else { 0 }, 0);
        self.times.resize(GROUP_ROWS + BLOCK_ROOM, 0);
    }

    #[inline(always)]
    fn end_group_if_full(&mut self, of: &PartRows<'_>, numbers: &[u32]) {
        if self.len - self.group >= GROUP_ROWS {
            self.end_group(of, numbers);
        }
    }

    /// Works out what is kept of the last group of rows.
    #[inline(always)]
    fn end_group(&mut self, of: &PartRows<'_>, numbers: &[u32]) {
        let group = self.group..self.len;
        let plain = of.part.plain.as_deref().filter(|_| of.part.all_in_range);
        match (plain, of.part.part.events()) {
            (None, _) => self.look_at_each(of, numbers),
            (Some(slots), CodeSlice::U8(codes)) => {
                self.mark(of, |row| slots[codes[row] as usize]);
            }
            (Some(slots), codes) => self.mark(of, |row| slots[codes.get(row) as usize]),
        }
        if plain.is_some() {
            for person in &mut self.people[group] {
                *person = numbers[*person as usize];
            }
        }
        if let Some(sets) = of.sets {
            let rows = &self.rows[self.group..self.len];
            sets.sets(of.number.into(), rows, &mut self.sets[self.group..self.len]);
        }
        self.group = self.len;
    }

    #[inline(always)]
    fn mark(&mut self, of: &PartRows<'_>, slots: impl Fn(usize) -> u16) {
        // A division by a constant is several times faster than by a field.
        match (of.part.part.times(), of.units.micros) {
            (Times::Millis { base, deltas }, 1_000) if base % 1_000 == 0 => {
                // In milliseconds as it is stored.
                let base = base / 1_000 - of.origin;
                let limit = of.units.first_before.div_euclid(1_000) - of.origin
                    + i64::from(of.units.first_before.rem_euclid(1_000) != 0);
                self.read_times(deltas);
                let rows = self.rows[self.group..self.len].iter().zip(&self.times);
                for (mark, (row, delta)) in self.marks[self.group..].iter_mut().zip(rows) {
                    let time = base + i64::from(*delta);
                    let slots = slots(*row as usize) & !u16::from(time >= limit);
                    *mark = Mark::new(time as u64, slots);
                }
            }
            (times, 1_000) => self.mark_in::<1_000>(of, times, slots),
            (times, _) => self.mark_in::<1_000_000>(of, times, slots),
        }
    }

    #[inline(always)]
    fn mark_in<const UNIT: i64>(
        &mut self,
        of: &PartRows<'_>,
        times: Times<'_>,
        slots: impl Fn(usize) -> u16,
    ) {
        if let Times::Millis { deltas, .. } = times {
            self.read_times(deltas);
        }
        let rows = self.rows[self.group..self.len].iter().zip(&self.times);
        for (mark, (row, delta)) in self.marks[self.group..].iter_mut().zip(rows) {
            let row = *row as usize;
            let time = match times {
                Times::Millis { base, .. } => base + i64::from(*delta) * 1_000,
                Times::Micros(times) => times[row],
            };
            let slots = slots(row) & !u16::from(time >= of.units.first_before);
            *mark = Mark::new((time.div_euclid(UNIT) - of.origin) as u64, slots);
        }
    }

    /// A loop of its own, so that the processor waits for many at once.
    #[inline(always)]
    fn read_times(&mut self, stored: &[u32]) {
        for (time, row) in self.times.iter_mut().zip(&self.rows[self.group..self.len]) {
            *time = stored[*row as usize];
        }
    }

    /// Looks at the rows of the last group one by one and keeps those that count.
    fn look_at_each(&mut self, of: &PartRows<'_>, numbers: &[u32]) {
        let part = of.part;
        let (codes, times) = (part.part.events(), part.part.times());
        let mut kept = self.group;
        for index in self.group..self.len {
            let (row, number) = (self.rows[index], numbers[self.people[index] as usize]);
            let time = times.get(row);
            if time < of.plan.from || time >= of.plan.to {
                continue;
            }
            // Nobody's number is that of rows to be left out.
            let Some(key) = of.keys.get(number as usize) else { continue };
            let (slots, _) = part.slots_found(codes.get(row as usize), row, *key);
            let slots = slots & !u16::from(time >= of.units.first_before);
            if slots != 0 {
                let time = time.div_euclid(of.units.micros) - of.origin;
                self.rows[kept] = row;
                self.people[kept] = number;
                self.marks[kept] = Mark::new(time as u64, slots);
                kept += 1;
            }
        }
        self.len = kept;
    }
}

/// Visits the blocks of 64 rows of a stretch: which rows may match, the first row of the block and
/// its number.
#[inline(always)]
fn for_blocks<const WIDEST: bool>(
    part: &PartPlan,
    codes: CodeSlice<'_>,
    rows: Range<u32>,
    mut visit: impl FnMut(u64, usize, usize),
) {
    let (from, to) = (rows.start as usize, rows.end as usize);
    let mut block = from / 64;
    while block * 64 < to {
        let start = block * 64;
        let mut mask = part.mask::<WIDEST>(codes, start, (start + 64).min(codes.len()));
        if start < from {
            mask &= u64::MAX << (from - start);
        }
        if to < start + 64 {
            mask &= u64::MAX >> (start + 64 - to);
        }
        visit(mask, start, block);
        block += 1;
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
    rows.retain(|row| part.may_match(*row));
    Some(rows)
}

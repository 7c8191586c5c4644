//! Retention by calendar days of few enough days: a person is sets of days, filled row by row in
//! whatever order rows are found, and what there is to count comes from moving bits.

use std::ops::{BitAnd, BitOr, BitOrAssign, BitXor, BitXorAssign, Not, Shl, Shr};

use super::periods::Periods;
use super::table::{Bits, Table};
use crate::engine::{Mark, Whole};

/// Slots of the question.
const START: usize = 0;
const BACK: usize = 1;

const DAY_MS: i64 = 86_400_000;

/// A set of days, or of columns.
pub(super) trait Days:
    Copy
    + Default
    + PartialEq
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + BitOrAssign
    + BitXorAssign
    + Not<Output = Self>
    + Shl<u32, Output = Self>
    + Shr<u32, Output = Self>
{
    const ONE: Self;
    const BITS: u32;
    /// The days of a set that has no others.
    fn of(set: u128) -> Self;
    fn first(self) -> u32;
    /// All or none.
    fn all_if(flag: i64) -> Self;
}

impl Days for u64 {
    const ONE: Self = 1;
    const BITS: u32 = Self::BITS;

    #[inline(always)]
    fn of(set: u128) -> Self {
        set as Self
    }

    #[inline(always)]
    fn first(self) -> u32 {
        self.trailing_zeros()
    }

    #[inline(always)]
    fn all_if(flag: i64) -> Self {
        flag as Self
    }
}

impl Days for u128 {
    const ONE: Self = 1;
    const BITS: u32 = Self::BITS;

    #[inline(always)]
    fn of(set: u128) -> Self {
        set
    }

    #[inline(always)]
    fn first(self) -> u32 {
        self.trailing_zeros()
    }

    #[inline(always)]
    fn all_if(flag: i64) -> Self {
        i128::from(flag) as Self
    }
}

/// The ends of a retention by days.
pub(super) struct ByDays {
    /// First instants of the days, in milliseconds from the first on; then never.
    midnights: Vec<i64>,
    /// Whether all days have 24 hours.
    is_even: bool,
    columns: usize,
    /// Per row the columns that are complete.
    complete: Vec<u128>,
}

impl ByDays {
    /// For the first `columns` days after each day; nothing if there are too many days, or if a later
    /// row is complete where an earlier one is not. `origin` is what marks count milliseconds from.
    pub(super) fn new(
        periods: &Periods,
        columns: usize,
        complete: &[Bits],
        origin: i64,
    ) -> Option<Self> {
        let mut midnights: Vec<i64> = periods.midnights().iter().map(|at| at - origin).collect();
        if midnights.len().max(columns).max(complete.len()) >= u128::BITS as usize {
            return None;
        }
        let is_even = midnights.iter().zip(0..).all(|(at, day)| *at == day * DAY_MS);
        midnights.push(i64::MAX);
        let complete: Vec<u128> = complete.iter().map(|bits| bits.low()).collect();
        let falls = complete.windows(2).all(|pair| pair[1] & !pair[0] == 0);
        (falls && midnights[0] == 0).then_some(Self { midnights, is_even, columns, complete })
    }

    pub(super) fn counts(&self) -> Counts {
        if self.midnights.len() <= u64::BITS as usize && self.columns < u64::BITS as usize {
            Counts::Short(Counting::new(self))
        } else {
            Counts::Long(Counting::new(self))
        }
    }

    /// The number of the day of a moment.
    #[inline(always)]
    fn day(&self, at: i64) -> u32 {
        // A day of the calendar is an hour longer or shorter than this at most.
        let guess = (at as u64 / DAY_MS as u64) as usize;
        let guess = guess.min(self.midnights.len() - 2);
        let early = u32::from(self.midnights[guess] > at);
        let late = u32::from(self.midnights[guess + 1] <= at);
        guess as u32 + late - early
    }
}

/// What has been counted, in words as short as the days allow.
#[expect(clippy::large_enum_variant, reason = "one for each thread")]
pub(super) enum Counts {
    Short(Counting<u64>),
    Long(Counting<u128>),
}

impl Counts {
    /// Counts the people of a slice.
    #[inline(always)]
    pub(super) fn take(&mut self, days: &ByDays, whole: &Whole<'_>) {
        match self {
            Self::Short(counting) => counting.take(days, whole),
            Self::Long(counting) => counting.take(days, whole),
        }
    }

    /// Adds all to a table.
    pub(super) fn pour(&self, table: &mut Table) {
        match self {
            Self::Short(counting) => counting.pour(table),
            Self::Long(counting) => counting.pour(table),
        }
    }
}

/// The days of a person.
#[derive(Clone, Copy, Default)]
struct Seen<D> {
    starts: D,
    backs: D,
    /// Days with a return after a start of the same day, if rows came in order.
    same: D,
    /// The last row; [`Mark::LAST`] once rows have come out of order.
    last: Mark,
}

impl<D: Days> Seen<D> {
    #[inline(always)]
    fn add(&mut self, mark: Mark, day: u32) {
        let bit = D::ONE << day;
        let back = bit & D::all_if(mark.is(BACK));
        self.starts |= bit & D::all_if(mark.is(START));
        self.backs |= back;
        // On the day of a start only what comes after it counts.
        self.same |= back & self.starts;
        self.last = if mark >= self.last { mark } else { Mark::LAST };
    }

    /// Whether the order of rows matters and is not that in which they came.
    #[inline(always)]
    fn is_muddled(&self) -> bool {
        self.last == Mark::LAST && self.starts & self.backs != D::default()
    }
}

/// Sets of days, counted day by day: the number of each day lies across some words, a bit in each.
#[derive(Clone)]
struct Tally<D> {
    /// How many sets were added.
    sets: u64,
    low: [D; 4],
    high: [D; 40],
}

impl<D: Days> Tally<D> {
    fn new() -> Self {
        Self { sets: 0, low: [D::default(); 4], high: [D::default(); 40] }
    }

    #[inline(always)]
    fn add(&mut self, mut set: D) {
        for word in &mut self.low {
            let carry = *word & set;
            *word ^= set;
            set = carry;
        }
        self.sets += 1;
        // The low words hold no more.
        if self.sets.is_multiple_of(15) {
            self.carry();
        }
    }

    /// Moves what the low words hold to the high ones.
    #[inline(never)]
    fn carry(&mut self) {
        let mut carry = D::default();
        for (word, low) in self.high.iter_mut().zip(&mut self.low) {
            let (both, one) = (*word & *low, *word ^ *low);
            let carried = both | one & carry;
            *word = one ^ carry;
            carry = carried;
            *low = D::default();
        }
        for word in &mut self.high[4..] {
            if carry == D::default() {
                break;
            }
            let carried = *word & carry;
            *word ^= carry;
            carry = carried;
        }
    }

    /// How many sets had a day.
    fn count(&self, day: usize) -> u64 {
        let number = |words: &[D]| {
            words.iter().zip(0..).fold(0, |sum, (word, place)| {
                let bit = (*word >> day as u32) & D::ONE != D::default();
                sum + (u64::from(bit) << place)
            })
        };
        number(&self.low) + number(&self.high)
    }
}

pub(super) struct Counting<D> {
    columns: D,
    complete: Vec<D>,
    /// Per person of the slice.
    seen: Vec<Seen<D>>,
    /// Marks of people whose rows did not come in order.
    muddled: Vec<(u32, Mark)>,
    /// Per row the columns that people came back in.
    rows: Vec<Tally<D>>,
    /// Per person the complete columns of any row that they came back in.
    combined: Tally<D>,
    /// People by the row of their first start.
    first: Vec<u64>,
}

impl<D: Days> Counting<D> {
    fn new(days: &ByDays) -> Self {
        let complete: Vec<D> = days.complete.iter().map(|columns| D::of(*columns)).collect();
        Self {
            columns: D::of((1 << days.columns) - 1),
            seen: Vec::new(),
            muddled: Vec::new(),
            rows: vec![Tally::new(); complete.len()],
            combined: Tally::new(),
            first: vec![0; complete.len()],
            complete,
        }
    }

    #[inline(always)]
    fn take(&mut self, days: &ByDays, whole: &Whole<'_>) {
        self.seen.clear();
        // Rows to be left out are those of one more person.
        self.seen.resize(whole.keys.len() + 1, Seen::default());
        if days.is_even {
            self.read(whole, |at| (at as u64 / DAY_MS as u64) as u32);
        } else {
            self.read(whole, |at| days.day(at));
        }
        let (mut seen, mut is_muddled) = (std::mem::take(&mut self.seen), false);
        for (of, key) in seen.iter().zip(whole.keys) {
            if of.starts != D::default() && *key != 0 {
                if of.is_muddled() {
                    is_muddled = true;
                } else {
                    self.count(of);
                }
            }
        }
        if is_muddled {
            self.order(days, whole, &mut seen);
        }
        self.seen = seen;
    }

    #[inline(always)]
    fn read(&mut self, whole: &Whole<'_>, day: impl Fn(i64) -> u32) {
        for (person, mark) in whole.people.iter().zip(whole.marks) {
            self.seen[*person as usize].add(*mark, day(mark.time()) % D::BITS);
        }
    }

    /// Counts the people whose rows did not come in order.
    #[inline(never)]
    fn order(&mut self, days: &ByDays, whole: &Whole<'_>, seen: &mut [Seen<D>]) {
        let mut muddled = std::mem::take(&mut self.muddled);
        muddled.clear();
        let rows = whole.people.iter().zip(whole.marks);
        let rows = rows.filter(|(person, _)| seen[**person as usize].is_muddled());
        muddled.extend(rows.map(|(person, mark)| (*person, *mark)));
        muddled.sort_unstable();
        for rows in muddled.chunk_by(|(a, _), (b, _)| a == b) {
            if whole.keys.get(rows[0].0 as usize).is_some_and(|key| *key != 0) {
                let mut of = Seen::default();
                rows.iter().for_each(|(_, mark)| of.add(*mark, days.day(mark.time())));
                self.count(&of);
            }
        }
        self.muddled = muddled;
    }

    /// Counts a person who has a start.
    #[inline(always)]
    fn count(&mut self, of: &Seen<D>) {
        let mut starts = of.starts;
        self.first[starts.first() as usize] += 1;
        let mut combined = D::default();
        while starts != D::default() {
            let row = starts.first();
            let start = D::ONE << row;
            starts ^= start;
            let mut days = of.backs & !start;
            days |= of.same & start;
            let columns = (days >> row) & self.columns;
            self.rows[row as usize].add(columns);
            combined |= columns & self.complete[row as usize];
        }
        self.combined.add(combined);
    }

    fn pour(&self, table: &mut Table) {
        for (row, tally) in self.rows.iter().enumerate() {
            table.add_row(row, tally.sets, |column| tally.count(column));
        }
        // Complete columns of a later row are those of an earlier one, too: the first row decides.
        let rows = || self.first.iter().zip(&self.complete);
        table.add_people(
            self.first.iter().sum(),
            |column| {
                let has = |set: D| (set >> column as u32) & D::ONE != D::default();
                rows().filter(|(_, complete)| has(**complete)).map(|(people, _)| people).sum()
            },
            |column| self.combined.count(column),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_the_sets_that_have_a_day() {
        let mut tally = Tally::<u64>::new();
        let mut counts = [0u64; 64];
        let mut state = 7u64;
        for added in 0..5_000u64 {
            state = state.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17) ^ added;
            // Some days in nearly all sets, some in few.
            let set = if added % 3 == 0 { state } else { state | 0xFFFF };
            tally.add(set);
            for (day, count) in counts.iter_mut().enumerate() {
                *count += set >> day & 1;
            }
            if added % 977 == 0 {
                assert!((0..64).all(|day| tally.count(day) == counts[day]), "after {added}");
            }
        }
        assert!((0..64).all(|day| tally.count(day) == counts[day]));
    }
}

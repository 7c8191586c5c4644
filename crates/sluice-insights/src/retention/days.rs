//! Retention by calendar days of few enough days: a person is two sets of days, and what there is to
//! count comes from moving bits.

use super::periods::Periods;
use super::table::{Bits, Table};
use crate::engine::Mark;

/// Days from the first of the range on.
type Days = u128;

/// The ends of a retention by days.
pub(super) struct ByDays {
    /// First instants of the days, in milliseconds.
    midnights: Vec<i64>,
    /// The columns that are asked for, a bit each.
    columns: Days,
    /// Per row the columns that are complete.
    complete: Vec<Days>,
}

impl ByDays {
    /// For the first `columns` days after each day; nothing if there are too many days, or if a later
    /// row is complete where an earlier one is not.
    pub(super) fn new(periods: &Periods, columns: usize, complete: &[Bits]) -> Option<Self> {
        let midnights = periods.midnights().to_vec();
        let days_max = Days::BITS as usize - 1;
        if midnights.len().max(columns).max(complete.len()) > days_max {
            return None;
        }
        let complete: Vec<Days> = complete.iter().map(|bits| bits.low()).collect();
        let falls = complete.windows(2).all(|pair| pair[1] & !pair[0] == 0);
        falls.then(|| Self { midnights, columns: (1 << columns) - 1, complete })
    }

    /// The number of the day of a moment.
    #[inline(always)]
    fn day(&self, at: i64) -> usize {
        const DAY_MS: i64 = 86_400_000;
        let last = self.midnights.len() - 1;
        // A day of the calendar is an hour longer or shorter than this at most.
        let guess = ((at - self.midnights[0]).max(0) / DAY_MS) as usize;
        let guess = guess.min(last);
        let early = usize::from(self.midnights[guess] > at);
        let late = usize::from(self.midnights[(guess + 1).min(last)] <= at && guess < last);
        guess + late - early.min(guess)
    }

    /// Counts a person; `false` if their marks are not in order or start after the last row, then
    /// nothing is counted.
    #[inline(always)]
    pub(super) fn count(&self, marks: &[Mark], origin: i64, table: &mut Table) -> bool {
        let (mut starts, mut backs, mut same): (Days, Days, Days) = (0, 0, 0);
        let (mut last, mut ordered) = (Mark::default(), true);
        for mark in marks {
            let day = self.day(mark.time() + origin) % Days::BITS as usize;
            starts |= Days::from(mark.slots() & 1) << day;
            let back = Days::from(mark.slots() >> 1 & 1) << day;
            backs |= back;
            // On the day of a start only what comes after it counts.
            same |= back & starts;
            ordered &= *mark >= last;
            last = *mark;
        }
        let counts = ordered && starts >> self.complete.len() == 0;
        if !counts || starts == 0 {
            return counts;
        }
        table.count_first(starts.trailing_zeros() as usize);
        let mut combined = 0;
        while starts != 0 {
            let row = starts.trailing_zeros() as usize;
            let start = starts & starts.wrapping_neg();
            starts ^= start;
            let days = backs & !start | same & start;
            let columns = days >> row & self.columns;
            table.count_days(row, columns);
            combined |= columns & self.complete[row];
        }
        table.count_combined(combined);
        true
    }
}

//! Whole periods between a start and a return, by the workspace's calendar.

use jiff::ToSpan;
use jiff::civil::Date;

use super::spec::{RetentionColumn, RetentionUnit, Windows};
use crate::InsightError;
use crate::query::invalid;
use crate::time::{Calendar, Span};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Keys of moments: the difference of two keys, divided by a constant, is the number of periods
/// between them. Keys never fall as time goes on.
pub(super) struct Periods {
    unit: RetentionUnit,
    windows: Windows,
    calendar: Calendar,
    /// First instants of the local dates from the range's first on.
    midnights: Vec<i64>,
    /// Per date its number, or that of its week or month.
    keys: Vec<i64>,
    /// From when each offset of the time zone holds.
    offsets: Vec<(i64, i64)>,
}

impl Periods {
    /// For moments from the beginning of the range to before `to`, all in milliseconds.
    pub(super) fn new(
        unit: RetentionUnit,
        windows: Windows,
        calendar: &Calendar,
        span: &Span,
        to: i64,
    ) -> Result<Self, InsightError> {
        let mut periods = Self {
            unit,
            windows,
            calendar: calendar.clone(),
            midnights: Vec::new(),
            keys: Vec::new(),
            offsets: Vec::new(),
        };
        let mut date = span.first;
        while periods.midnights.last().is_none_or(|last| *last < to) || date <= span.last {
            periods.midnights.push(calendar.midnight(date)?.div_euclid(1_000));
            periods.keys.push(periods.key_of_date(date, span.first));
            date = date.tomorrow().map_err(|_| invalid("the range is out of the calendar"))?;
        }
        periods.offsets = calendar.offsets(span.from, to.saturating_mul(1_000))?;
        for (from, offset) in &mut periods.offsets {
            (*from, *offset) = (from.div_euclid(1_000), offset.div_euclid(1_000));
        }
        Ok(periods)
    }

    fn key_of_date(&self, date: Date, first: Date) -> i64 {
        let days = i64::from(first.until(date).map_or(0, |span| span.get_days()));
        match (self.windows, self.unit) {
            (Windows::FromStart, _) | (_, RetentionUnit::Day) => days,
            (_, RetentionUnit::Week) => {
                let into = first.weekday().since(self.calendar.week_start);
                (days + i64::from(into)).div_euclid(7)
            }
            (_, RetentionUnit::Month) => i64::from(date.year()) * 12 + i64::from(date.month()),
        }
    }

    /// First instants of the local dates, in milliseconds.
    pub(super) fn midnights(&self) -> &[i64] {
        &self.midnights
    }

    /// Whether the key of a moment is the number of its date.
    pub(super) fn is_by_date(&self) -> bool {
        self.windows == Windows::Calendar && self.unit == RetentionUnit::Day
    }

    fn is_by_hour(&self) -> bool {
        self.windows == Windows::FromStart && self.unit == RetentionUnit::Day
    }

    /// The key of a moment in milliseconds.
    #[inline]
    pub(super) fn key(&self, at: i64) -> i64 {
        if self.is_by_hour() {
            let index = self.offsets.partition_point(|(from, _)| *from <= at).saturating_sub(1);
            let offset = self.offsets.get(index).map_or(0, |(_, offset)| *offset);
            return at - (at + offset).rem_euclid(HOUR_MS);
        }
        let guess = (at - self.midnights[0]).div_euclid(DAY_MS).max(0) as usize;
        let mut date = guess.min(self.midnights.len() - 1);
        while date > 0 && self.midnights[date] > at {
            date -= 1;
        }
        while self.midnights.get(date + 1).is_some_and(|next| *next <= at) {
            date += 1;
        }
        self.keys[date]
    }

    /// Whole periods from one key to a later one.
    #[inline]
    pub(super) fn between(&self, start: i64, back: i64) -> i64 {
        (back - start)
            / match (self.windows, self.unit) {
                (Windows::FromStart, RetentionUnit::Day) => DAY_MS,
                (Windows::FromStart, RetentionUnit::Week) => 7,
                (Windows::FromStart, RetentionUnit::Month) => 30,
                (Windows::Calendar, _) => 1,
            }
    }

    /// Microseconds from which on everybody of a row had the whole period; `last` is the row's last
    /// date.
    pub(super) fn complete_from(
        &self,
        last: Date,
        column: &RetentionColumn,
    ) -> Result<i64, InsightError> {
        let index = i64::from(column.to.map_or(column.from, |to| to - 1));
        let out = |_| invalid("the range is out of the calendar");
        let begin = match (self.windows, self.unit) {
            (Windows::FromStart, RetentionUnit::Day) => {
                let end = self.calendar.midnight(last.tomorrow().map_err(out)?)?;
                return Ok(end + (index + 1) * DAY_MS * 1_000);
            }
            (Windows::FromStart, RetentionUnit::Week) => last.checked_add(((index + 1) * 7).days()),
            (Windows::FromStart, RetentionUnit::Month) => {
                last.checked_add(((index + 1) * 30).days())
            }
            (Windows::Calendar, RetentionUnit::Day) => last.checked_add((index + 1).days()),
            (Windows::Calendar, RetentionUnit::Week) => {
                let into = i64::from(last.weekday().since(self.calendar.week_start));
                last.checked_add(((index + 1) * 7 - into).days())
            }
            (Windows::Calendar, RetentionUnit::Month) => {
                last.first_of_month().checked_add((index + 1).months())
            }
        };
        self.calendar.midnight(begin.map_err(out)?)
    }
}

/// Microseconds after the end of a range within which returns of some index may lie.
pub(super) const fn reach(unit: RetentionUnit, index: u32) -> i64 {
    let days = match unit {
        RetentionUnit::Day => 1,
        RetentionUnit::Week => 7,
        RetentionUnit::Month => 31,
    };
    // Two days for hours cut off and clocks put back.
    ((index as i64 + 2) * days + 2) * DAY_MS * 1_000
}

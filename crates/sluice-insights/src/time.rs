//! Dates and intervals in the workspace's time zone.
//!
//! A day is a local calendar date (23 or 25 hours when clocks change); an hour is 60 minutes,
//! labelled with the local time it begins at, so a repeated local hour gives two buckets; a week
//! begins on the workspace's first weekday. Weeks, months and quarters that the range cuts off are
//! clipped and flagged.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use sluice_base::Timestamp;

use crate::InsightError;
use crate::query::{DateRange, invalid};
use crate::trend::spec::{Bucket, Interval, PastShift, ShiftUnit};

/// How a workspace reads the calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub zone: TimeZone,
    pub week_start: Weekday,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, week_start: Weekday::Monday }
    }
}

impl Calendar {
    /// Of a time zone by its IANA name, weeks from Monday.
    ///
    /// # Errors
    /// If there is no such zone.
    pub fn of_zone(name: &str) -> Result<Self, InsightError> {
        let zone =
            TimeZone::get(name).map_err(|_| invalid(format!("unknown time zone `{name}`")))?;
        Ok(Self { zone, week_start: Weekday::Monday })
    }

    /// First instant of a local date, microseconds.
    pub(crate) fn midnight(&self, date: Date) -> Result<i64, InsightError> {
        midnight(date, &self.zone)
    }

    /// The local date just before an instant.
    pub(crate) fn date_before(&self, at: i64) -> Result<Date, InsightError> {
        Ok(zoned(at - 1, &self.zone)?.date())
    }

    /// Offsets from UTC in use in a range of instants, each with the instant it holds from; all in
    /// microseconds.
    pub(crate) fn offsets(&self, from: i64, to: i64) -> Result<Vec<(i64, i64)>, InsightError> {
        let micros = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1_000_000;
        let begin = instant(Timestamp::from_micros(from))?;
        let mut offsets = vec![(from, micros(self.zone.to_offset(begin)))];
        for change in self.zone.following(begin) {
            let at = change.timestamp().as_microsecond();
            if at >= to {
                break;
            }
            offsets.push((at, micros(change.offset())));
        }
        Ok(offsets)
    }
}

/// A range of instants: the whole of some local days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: Date,
    /// Inclusive.
    pub(crate) last: Date,
    /// Microseconds, inclusive.
    pub(crate) from: i64,
    /// Microseconds, exclusive.
    pub(crate) to: i64,
}

impl Span {
    pub(crate) fn resolve(
        range: &DateRange,
        calendar: &Calendar,
        now: Timestamp,
        days_max: u32,
    ) -> Result<Self, InsightError> {
        let (first, last) = match range {
            DateRange::Between { start, end } => (date(start)?, date(end)?),
            DateRange::LastDays { last_days } => {
                let today = instant(now)?.to_zoned(calendar.zone.clone()).date();
                let back = last_days
                    .checked_sub(1)
                    .ok_or_else(|| invalid("`last_days` must be at least 1"))?;
                let first = jiff::Span::new()
                    .try_days(back)
                    .and_then(|back| today.checked_sub(back))
                    .map_err(|_| invalid(format!("`last_days` of {last_days} is too long ago")))?;
                (first, today)
            }
        };
        if last < first {
            return Err(invalid(format!("the range ends ({last}) before it starts ({first})")));
        }
        let days = first.until(last).map_or(0, |span| span.get_days()) + 1;
        if u32::try_from(days).unwrap_or(u32::MAX) > days_max {
            return Err(invalid(format!(
                "the range has {days} days; at most {days_max} are allowed here"
            )));
        }
        Self::of_dates(first, last, calendar)
    }

    /// The whole of some local days.
    fn of_dates(first: Date, last: Date, calendar: &Calendar) -> Result<Self, InsightError> {
        let from = midnight(first, &calendar.zone)?;
        let to = midnight(next(last)?, &calendar.zone)?;
        Ok(Self { first, last, from, to })
    }

    /// The same dates some time ago; a day that a month does not have becomes its last.
    pub(crate) fn shifted(
        &self,
        shift: PastShift,
        calendar: &Calendar,
    ) -> Result<Self, InsightError> {
        let count = i64::from(shift.count);
        let span = match shift.unit {
            ShiftUnit::Days => count.days(),
            ShiftUnit::Weeks => (count * 7).days(),
            ShiftUnit::Months => count.months(),
            ShiftUnit::Quarters => (count * 3).months(),
            ShiftUnit::Years => count.years(),
        };
        let back = |date: Date| {
            date.checked_sub(span).map_err(|_| invalid("`compare` goes back out of the calendar"))
        };
        Self::of_dates(back(self.first)?, back(self.last)?, calendar)
    }
}

/// The buckets of a trend, with what a scan needs.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    pub(crate) list: Vec<Bucket>,
    /// Beginning of each bucket, and the end of the last.
    pub(crate) edges: Vec<i64>,
    /// The first bucket of the range; those before it are only looked back at.
    pub(crate) first: usize,
}

impl Buckets {
    pub(crate) fn new(
        span: &Span,
        interval: Interval,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Self, InsightError> {
        Self::with_back(span, interval, calendar, now, 0)
    }

    /// With `back` whole intervals before the range. Then the first of the range is whole, too.
    pub(crate) fn with_back(
        span: &Span,
        interval: Interval,
        calendar: &Calendar,
        now: Timestamp,
        back: u32,
    ) -> Result<Self, InsightError> {
        let fixed = match interval {
            Interval::FiveMinutes => Some(300_000_000),
            Interval::Hour => Some(3_600_000_000),
            _ => None,
        };
        let mut buckets = Self { list: Vec::new(), edges: Vec::new(), first: back as usize };
        match fixed {
            Some(step) => {
                let from = span.from - step * i64::from(back);
                buckets.edges.push(from);
                buckets.fixed(from, span.to, step, calendar, now)?;
            }
            None => {
                let mut begin = floor(span.first, interval, calendar.week_start)?;
                let mut first = span.first;
                if back > 0 {
                    begin = begin
                        .checked_sub(length(interval) * i64::from(back))
                        .map_err(|_| invalid("the range is out of the calendar"))?;
                    first = begin;
                }
                buckets.edges.push(midnight(first, &calendar.zone)?);
                buckets.calendar((begin, first), span, interval, calendar, now)?;
            }
        }
        Ok(buckets)
    }

    /// The buckets of the range.
    pub(crate) fn shown(&self) -> &[Bucket] {
        &self.list[self.first..]
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The number of the bucket with a label; `what` has the buckets.
    pub(crate) fn find(&self, label: &str, what: &str) -> Result<usize, InsightError> {
        let found = self.list.iter().position(|bucket| bucket.label == label);
        found.ok_or_else(|| invalid(format!("the {what} has no bucket `{label}`")))
    }

    /// The whole interval before that of the first bucket: first instant and end. Where the range
    /// cuts the first bucket off, the end lies before it.
    pub(crate) fn before(
        span: &Span,
        interval: Interval,
        calendar: &Calendar,
    ) -> Result<(i64, i64), InsightError> {
        match interval {
            Interval::FiveMinutes => Ok((span.from - 300_000_000, span.from)),
            Interval::Hour => Ok((span.from - 3_600_000_000, span.from)),
            _ => {
                let end = floor(span.first, interval, calendar.week_start)?;
                let last =
                    end.yesterday().map_err(|_| invalid("the range is out of the calendar"))?;
                let begin = floor(last, interval, calendar.week_start)?;
                Ok((calendar.midnight(begin)?, calendar.midnight(end)?))
            }
        }
    }

    fn fixed(
        &mut self,
        mut from: i64,
        end: i64,
        step: i64,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<(), InsightError> {
        while from < end {
            let to = (from + step).min(end);
            let local = zoned(from, &calendar.zone)?;
            let label = local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
            self.push(label, from, to, to - from < step || now.as_micros() < to);
            from = to;
        }
        Ok(())
    }

    fn calendar(
        &mut self,
        (mut begin, first): (Date, Date),
        span: &Span,
        interval: Interval,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<(), InsightError> {
        while begin <= span.last {
            let after = ceil(begin, interval)?;
            let from = midnight(begin.max(first), &calendar.zone)?;
            let to = midnight(after.min(next(span.last)?), &calendar.zone)?;
            let clipped = begin < first || after > next(span.last)?;
            self.push(begin.to_string(), from, to, clipped || now.as_micros() < to);
            begin = after;
        }
        Ok(())
    }

    fn push(&mut self, label: String, from: i64, to: i64, partial: bool) {
        let text = |at: i64| Timestamp::from_micros(at).to_string();
        self.list.push(Bucket { label, from: text(from), to: text(to), partial });
        self.edges.push(to);
    }
}

fn floor(date: Date, interval: Interval, week_start: Weekday) -> Result<Date, InsightError> {
    let floor = match interval {
        Interval::Week => {
            let back = date.weekday().since(week_start);
            return date
                .checked_sub(i64::from(back).days())
                .map_err(|_| invalid("the range is out of the calendar"));
        }
        Interval::Month => date.first_of_month(),
        Interval::Quarter => {
            let first = Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1);
            return first.map_err(|_| invalid("the range is out of the calendar"));
        }
        _ => date,
    };
    Ok(floor)
}

fn length(interval: Interval) -> jiff::Span {
    match interval {
        Interval::Week => 7.days(),
        Interval::Month => 1.month(),
        Interval::Quarter => 3.months(),
        _ => 1.day(),
    }
}

fn ceil(begin: Date, interval: Interval) -> Result<Date, InsightError> {
    begin.checked_add(length(interval)).map_err(|_| invalid("the range is out of the calendar"))
}

fn next(date: Date) -> Result<Date, InsightError> {
    date.tomorrow().map_err(|_| invalid("the range is out of the calendar"))
}

fn date(text: &str) -> Result<Date, InsightError> {
    text.parse::<Date>().map_err(|_| invalid(format!("`{text}` is not a date; write YYYY-MM-DD")))
}

/// First instant of a local date, also where midnight does not exist or happens twice.
fn midnight(date: Date, zone: &TimeZone) -> Result<i64, InsightError> {
    let zoned =
        date.to_zoned(zone.clone()).map_err(|_| invalid("the range is out of the calendar"))?;
    Ok(zoned.timestamp().as_microsecond())
}

fn instant(at: Timestamp) -> Result<jiff::Timestamp, InsightError> {
    jiff::Timestamp::from_microsecond(at.as_micros())
        .map_err(|_| invalid("the time is out of the calendar"))
}

fn zoned(at: i64, zone: &TimeZone) -> Result<Zoned, InsightError> {
    Ok(instant(Timestamp::from_micros(at))?.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(zone: &str, start: &str, end: &str, interval: Interval) -> Buckets {
        let calendar = Calendar::of_zone(zone).unwrap();
        let range = DateRange::Between { start: start.to_owned(), end: end.to_owned() };
        let now = Timestamp::from_secs(4_000_000_000);
        let span = Span::resolve(&range, &calendar, now, 2_000).unwrap();
        Buckets::new(&span, interval, &calendar, now).unwrap()
    }

    fn hours(buckets: &Buckets) -> Vec<i64> {
        buckets.edges.windows(2).map(|pair| (pair[1] - pair[0]) / 3_600_000_000).collect()
    }

    #[test]
    fn a_day_has_23_or_25_hours_when_clocks_change() {
        assert_eq!(
            hours(&buckets("America/New_York", "2026-03-07", "2026-03-09", Interval::Day)),
            [24, 23, 24]
        );
        assert_eq!(
            hours(&buckets("America/New_York", "2026-11-01", "2026-11-01", Interval::Day)),
            [25]
        );
        assert_eq!(
            buckets("America/New_York", "2026-11-01", "2026-11-01", Interval::Hour).len(),
            25
        );
    }

    #[test]
    fn a_repeated_local_hour_gives_two_buckets_with_different_labels() {
        let day = buckets("America/New_York", "2026-11-01", "2026-11-01", Interval::Hour);
        assert_eq!(day.list[1].label, "2026-11-01T01:00:00-04:00");
        assert_eq!(day.list[2].label, "2026-11-01T01:00:00-05:00");
    }

    #[test]
    fn weeks_and_months_are_clipped_labelled_by_their_beginning_and_flagged() {
        let weeks = buckets("UTC", "2026-03-04", "2026-03-16", Interval::Week);
        let seen: Vec<_> = weeks.list.iter().map(|b| (b.label.as_str(), b.partial)).collect();
        assert_eq!(seen, [("2026-03-02", true), ("2026-03-09", false), ("2026-03-16", true)]);
        let quarters = buckets("UTC", "2026-03-04", "2026-06-30", Interval::Quarter);
        let seen: Vec<_> = quarters.list.iter().map(|b| (b.label.as_str(), b.partial)).collect();
        assert_eq!(seen, [("2026-01-01", true), ("2026-04-01", false)]);
    }

    #[test]
    fn a_bucket_that_is_not_over_is_partial() {
        let calendar = Calendar::default();
        let now = Timestamp::from_secs(1_767_225_600 + 3_600);
        let span =
            Span::resolve(&DateRange::LastDays { last_days: 2 }, &calendar, now, 365).unwrap();
        let days = Buckets::new(&span, Interval::Day, &calendar, now).unwrap();
        let seen: Vec<_> = days.list.iter().map(|b| (b.label.as_str(), b.partial)).collect();
        assert_eq!(seen, [("2025-12-31", false), ("2026-01-01", true)]);
    }

    #[test]
    fn a_range_that_is_backwards_too_long_or_not_a_date_is_refused() {
        let between = |start: &str, end: &str| {
            let range = DateRange::Between { start: start.to_owned(), end: end.to_owned() };
            Span::resolve(&range, &Calendar::default(), Timestamp::ZERO, 365).map(|_| ())
        };
        assert!(between("2026-01-02", "2026-01-01").is_err());
        assert!(between("2026-01-01", "2027-06-01").is_err());
        assert!(between("yesterday", "2026-01-01").is_err());
        assert!(between("2026-01-01", "2026-01-01").is_ok());
        for last_days in [0, 366, 1_000_000, 10_000_000, u32::MAX] {
            let range = DateRange::LastDays { last_days };
            let found = Span::resolve(&range, &Calendar::default(), Timestamp::ZERO, 365);
            assert!(found.is_err(), "{last_days}");
        }
        assert!(between("9999-12-31", "9999-12-31").is_err());
    }
}

//! Intervals of a range by local dates, written a second time: which one a moment is in.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

/// A range of local dates cut into intervals.
#[derive(Clone, Debug)]
pub(crate) struct Intervals {
    pub(crate) zone: &'static str,
    pub(crate) start: Date,
    pub(crate) end: Date,
    pub(crate) interval: &'static str,
}

impl Intervals {
    pub(crate) fn local(&self, time: i64) -> Zoned {
        let zone = TimeZone::get(self.zone).unwrap();
        jiff::Timestamp::from_microsecond(time).unwrap().to_zoned(zone)
    }

    fn midnight(&self, date: Date) -> i64 {
        let zone = TimeZone::get(self.zone).unwrap();
        date.to_zoned(zone).unwrap().timestamp().as_microsecond()
    }

    /// First instant of the range.
    pub(crate) fn from(&self) -> i64 {
        self.midnight(self.start)
    }

    /// End of the range, exclusive.
    pub(crate) fn to(&self) -> i64 {
        self.midnight(self.end + 1.day())
    }

    /// Beginning of the interval that a date is in, also outside the range.
    fn begin(&self, date: Date) -> Date {
        match self.interval {
            "day" => date,
            "week" => date - i64::from(date.weekday().to_monday_zero_offset()).days(),
            "month" => date.first_of_month(),
            "quarter" => Date::new(date.year(), (date.month() + 2) / 3 * 3 - 2, 1).unwrap(),
            other => panic!("interval {other}"),
        }
    }

    fn begins(&self) -> Vec<Date> {
        let mut begins = Vec::new();
        let mut date = self.start;
        while date <= self.end {
            if begins.last() != Some(&self.begin(date)) {
                begins.push(self.begin(date));
            }
            date += 1.day();
        }
        begins
    }

    pub(crate) fn labels(&self) -> Vec<String> {
        if self.interval == "hour" {
            let hours = (self.to() - self.from()) / 3_600_000_000;
            let label = |hour: i64| {
                let local = self.local(self.from() + hour * 3_600_000_000);
                local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
            };
            return (0..hours).map(label).collect();
        }
        self.begins().iter().map(Date::to_string).collect()
    }

    /// Number of the interval that a moment counts in: from 0, and -1 for the whole one before.
    pub(crate) fn index(&self, time: i64) -> Option<i64> {
        if self.interval == "hour" {
            let hour = (time - self.from()).div_euclid(3_600_000_000);
            return (hour >= -1 && time < self.to()).then_some(hour);
        }
        let date = self.local(time).date();
        let begin = self.begin(date);
        if self.start <= date && date <= self.end {
            return self.begins().iter().position(|one| *one == begin).map(|at| at as i64);
        }
        (begin == self.begin(self.begin(self.start) - 1.day())).then_some(-1)
    }

    /// Whether an interval is cut off by the range or not over.
    pub(crate) fn is_partial(&self, index: usize, now: i64) -> bool {
        let begin = self.begins()[index];
        let mut last = begin;
        while self.begin(last + 1.day()) == begin {
            last += 1.day();
        }
        begin < self.start || last > self.end || now < self.midnight(last + 1.day())
    }
}

/// Cut to milliseconds, as text.
pub(crate) fn shown(time: i64) -> String {
    sluice_base::Timestamp::from_micros(time.div_euclid(1_000) * 1_000).to_string()
}

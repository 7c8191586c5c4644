//! Trends of the tests: the question, its intervals, and what its measure is of a list of rows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use serde_json::{Value as Json, json};

use crate::asking::{By, Common, by};
use crate::formula_oracle::Formula;
use crate::oracle::{Cond, Pick, Row, groups, property};

/// A trend question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    pub(crate) events: Vec<Pick>,
    pub(crate) measure: Measure,
    /// Side by side; none at all is one without conditions.
    pub(crate) segments: Vec<Vec<Cond>>,
    pub(crate) users: &'static str,
    /// Property, and whether of the user.
    pub(crate) breakdown: By,
    pub(crate) then_by: By,
    pub(crate) groups_max: usize,
    pub(crate) over_time: OverTime,
    /// Count and unit.
    pub(crate) compare: Option<(i32, &'static str)>,
    pub(crate) formulas: Vec<Formula>,
}

/// Name in the question, percentile, bins.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) property: &'static str,
    pub(crate) percentile: f64,
    pub(crate) bins: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OverTime {
    Plain,
    Average(i64),
    Window(i64),
    /// Only in formulas.
    Before(i64),
    Cumulative,
}

impl Measure {
    pub(crate) fn plain(name: &'static str) -> Self {
        Self { name, property: "n", percentile: 50.0, bins: Vec::new() }
    }

    pub(crate) fn json(&self) -> Json {
        let bins: Vec<Json> =
            self.bins.iter().map(|(min, max)| json!({ "min": min, "max": max })).collect();
        let of = match self.name {
            "uniques" | "totals" | "active_percent" | "average" => return json!(self.name),
            "frequency" => json!({ "bins": bins }),
            "histogram" => json!({ "property": self.property, "bins": bins }),
            "percentile" => json!({ "property": self.property, "percentile": self.percentile }),
            _ => json!({ "property": self.property }),
        };
        json!({ self.name: of })
    }

    /// Of the rows of a cell, and of the people active in it.
    pub(crate) fn value(&self, rows: &[&Row], active: usize) -> Option<f64> {
        let numbers: Vec<f64> =
            rows.iter().filter_map(|row| row.raw.props.get(self.property)?.as_f64()).collect();
        let count = people_of(rows).len() as f64;
        let sum: f64 = numbers.iter().sum();
        let of = |value: f64, by: f64| (by > 0.0).then(|| value / by);
        match self.name {
            "uniques" => Some(count),
            "totals" | "histogram" => Some(rows.len() as f64),
            "active_percent" => of(100.0 * count, active as f64),
            "average" => of(rows.len() as f64, count),
            "sum" => Some(sum),
            "sum_per_active" => of(sum, active as f64),
            "property_average" => of(sum, numbers.len() as f64),
            "minimum" => numbers.into_iter().reduce(f64::min),
            "maximum" => numbers.into_iter().reduce(f64::max),
            "median" => percentile(numbers, 0.5),
            "percentile" => percentile(numbers, self.percentile / 100.0),
            "frequency_percentile" => {
                percentile(times(rows).into_values().collect(), self.percentile / 100.0)
            }
            "distinct_values" => {
                Some(rows.iter().flat_map(|row| self.values(row)).collect::<BTreeSet<_>>().len()
                    as f64)
            }
            "distinct_per_user" => {
                let pairs: BTreeSet<(u64, String)> = rows
                    .iter()
                    .filter(|row| row.who != 0)
                    .flat_map(|row| self.values(row).into_iter().map(|value| (row.who, value)))
                    .collect();
                of(pairs.len() as f64, count)
            }
            other => panic!("measure {other}"),
        }
    }

    pub(crate) fn values(&self, row: &Row) -> BTreeSet<String> {
        let mut values = groups(&property(row, self.property, false, false));
        values.remove("(none)");
        values
    }

    pub(crate) fn is_distribution(&self) -> bool {
        self.name == "frequency" || self.name == "histogram"
    }

    /// The bins of a row; of a frequency they are not of rows.
    pub(crate) fn row_bins(&self, row: &Row) -> BTreeSet<String> {
        if self.bins.is_empty() {
            return self.values(row);
        }
        let number = row.raw.props.get(self.property).and_then(Json::as_f64);
        self.bins
            .iter()
            .filter(|(min, max)| number.is_some_and(|n| *min <= n && n < *max))
            .map(|bin| bin_name(*bin))
            .collect()
    }
}

pub(crate) fn bin_name((min, max): (f64, f64)) -> String {
    format!("[{min}, {max})")
}

pub(crate) fn percentile(mut values: Vec<f64>, rank: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = values.len().checked_sub(1)? as f64 * rank;
    let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

/// How often each person is in the rows.
pub(crate) fn times(rows: &[&Row]) -> BTreeMap<u64, f64> {
    let mut times = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        *times.entry(row.who).or_insert(0.0) += 1.0;
    }
    times
}

/// People with the time of their first row.
pub(crate) fn people_of(rows: &[&Row]) -> BTreeMap<u64, i64> {
    let mut people = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        let first = people.entry(row.who).or_insert(row.raw.time);
        *first = (*first).min(row.raw.time);
    }
    people
}

/// A value of each breakdown.
pub(crate) type Names = [Option<String>; 2];

impl Ask {
    pub(crate) fn json(&self) -> Json {
        let conds = |list: &[Cond]| list.iter().map(Cond::json).collect::<Vec<_>>();
        let segments: Vec<Json> =
            self.segments.iter().map(|list| json!({ "filters": conds(list) })).collect();
        let mut own = json!({
                        "interval": self.base.over.interval,
            "events": self.events.iter().map(Pick::json).collect::<Vec<_>>(),
            "measure": self.measure.json(),
            "segments": segments,
            "users": self.users,
            "groups_max": self.groups_max,
        });
        own["breakdown"] = by(&self.breakdown);
        own["then_by"] = by(&self.then_by);
        match self.over_time {
            OverTime::Plain | OverTime::Before(_) => {}
            OverTime::Average(n) => own["over_time"] = json!({ "rolling_average": n }),
            OverTime::Window(n) => own["over_time"] = json!({ "rolling_window": n }),
            OverTime::Cumulative => own["over_time"] = json!("cumulative"),
        }
        if let Some((count, unit)) = self.compare {
            own["compare"] = json!({ "count": count, "unit": unit });
        }
        if !self.formulas.is_empty() {
            let texts: Vec<String> = self.formulas.iter().map(Formula::text).collect();
            own["formula"] = json!(texts.join("; "));
        }
        self.base.question("trend", own)
    }

    pub(crate) fn local(&self, time: i64) -> Zoned {
        let zone = TimeZone::get(self.base.over.zone).unwrap();
        jiff::Timestamp::from_microsecond(time).unwrap().to_zoned(zone)
    }

    /// The number of a date's interval, of a length counted in dates.
    pub(crate) fn number_of(&self, date: Date) -> i64 {
        let months = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
        match self.base.over.interval {
            "day" => since_epoch(date),
            "week" => {
                let monday = date - i64::from(date.weekday().to_monday_zero_offset()).days();
                since_epoch(monday).div_euclid(7)
            }
            "month" => months,
            "quarter" => months.div_euclid(3),
            other => panic!("interval {other}"),
        }
    }

    /// The number of the interval of a time, and that of its first in the range.
    pub(crate) fn number(&self, time: i64, start: Date) -> i64 {
        let length = match self.base.over.interval {
            "5_minutes" => 300_000_000,
            "hour" => 3_600_000_000,
            _ => return self.number_of(self.local(time).date()),
        };
        (time - self.midnight(start)).div_euclid(length)
    }

    pub(crate) fn midnight(&self, date: Date) -> i64 {
        date.to_zoned(TimeZone::get(self.base.over.zone).unwrap())
            .unwrap()
            .timestamp()
            .as_microsecond()
    }

    /// The label of the interval that a time is in.
    pub(crate) fn label(&self, time: i64) -> String {
        let local = self.local(time);
        let date = local.date();
        match self.base.over.interval {
            "5_minutes" | "hour" => {
                let minute =
                    if self.base.over.interval == "hour" { 0 } else { local.minute() / 5 * 5 };
                let whole =
                    local.with().minute(minute).second(0).subsec_nanosecond(0).build().unwrap();
                whole.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
            }
            "day" => date.to_string(),
            "week" => (date - i64::from(date.weekday().to_monday_zero_offset()).days()).to_string(),
            "month" => date.first_of_month().to_string(),
            "quarter" => {
                let first = (date.month() + 2) / 3 * 3 - 2;
                format!("{:04}-{first:02}-01", date.year())
            }
            other => panic!("interval {other}"),
        }
    }

    /// First and last date, now or in the past.
    pub(crate) fn dates(&self, past: bool) -> (Date, Date) {
        let Some((count, unit)) = self.compare.filter(|_| past) else {
            return (self.base.over.start, self.base.over.end);
        };
        let back = |date: Date| match unit {
            "days" => date - count.days(),
            "weeks" => date - (7 * count).days(),
            "months" => date - count.months(),
            "quarters" => date - (3 * count).months(),
            _ => date - count.years(),
        };
        (back(self.base.over.start), back(self.base.over.end))
    }

    pub(crate) fn segment_count(&self) -> usize {
        self.segments.len().max(1)
    }
}

pub(crate) fn since_epoch(date: Date) -> i64 {
    // 1970-01-05 was a Monday.
    i64::from(jiff::civil::date(1970, 1, 5).until(date).unwrap().get_days())
}

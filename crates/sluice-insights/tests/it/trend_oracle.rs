//! Trends by brute force: the rows of every cell as a list, and each figure from that list.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use serde_json::{Value as Json, json};
use sluice_insights::trend::spec::{TrendResult, TrendSeries};
use sluice_insights::{Context, InsightQuery, InsightResult, Page, PeopleQuery, answer, people};

use crate::formula_oracle::{self, Formula};
use crate::oracle::{Cond, Pick, Row, first_seen, groups, is_active, property};

/// A trend question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) zone: &'static str,
    pub(crate) start: Date,
    pub(crate) end: Date,
    pub(crate) interval: &'static str,
    pub(crate) events: Vec<Pick>,
    pub(crate) measure: Measure,
    /// Clauses on people; the rows are already those of these people.
    pub(crate) people: Json,
    pub(crate) segment: Vec<Cond>,
    /// Side by side; none at all is one without conditions.
    pub(crate) segments: Vec<Vec<Cond>>,
    pub(crate) users: &'static str,
    /// Property, and whether of the user.
    pub(crate) breakdown: Option<(String, bool)>,
    pub(crate) then_by: Option<(String, bool)>,
    pub(crate) groups_max: usize,
    pub(crate) latest: bool,
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

    fn json(&self) -> Json {
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

    fn values(&self, row: &Row) -> BTreeSet<String> {
        let mut values = groups(&property(row, self.property, false, false));
        values.remove("(none)");
        values
    }

    fn is_distribution(&self) -> bool {
        self.name == "frequency" || self.name == "histogram"
    }

    /// The bins of a row; of a frequency they are not of rows.
    fn row_bins(&self, row: &Row) -> BTreeSet<String> {
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

fn bin_name((min, max): (f64, f64)) -> String {
    format!("[{min}, {max})")
}

fn percentile(mut values: Vec<f64>, rank: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = values.len().checked_sub(1)? as f64 * rank;
    let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

/// How often each person is in the rows.
fn times(rows: &[&Row]) -> BTreeMap<u64, f64> {
    let mut times = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        *times.entry(row.who).or_insert(0.0) += 1.0;
    }
    times
}

/// People with the time of their first row.
fn people_of(rows: &[&Row]) -> BTreeMap<u64, i64> {
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
        let mut json = json!({
            "kind": "trend",
            "range": { "start": self.start.to_string(), "end": self.end.to_string() },
            "interval": self.interval,
            "events": self.events.iter().map(Pick::json).collect::<Vec<_>>(),
            "measure": self.measure.json(),
            "segment": conds(&self.segment),
            "segments": segments,
            "people": self.people,
            "users": self.users,
            "groups_max": self.groups_max,
            "traits_as_of": if self.latest { "latest" } else { "event" },
        });
        for (field, by) in [("breakdown", &self.breakdown), ("then_by", &self.then_by)] {
            if let Some((property, user)) = by {
                json[field] =
                    json!({ "property": property, "of": if *user { "user" } else { "event" } });
            }
        }
        match self.over_time {
            OverTime::Plain | OverTime::Before(_) => {}
            OverTime::Average(n) => json["over_time"] = json!({ "rolling_average": n }),
            OverTime::Window(n) => json["over_time"] = json!({ "rolling_window": n }),
            OverTime::Cumulative => json["over_time"] = json!("cumulative"),
        }
        if let Some((count, unit)) = self.compare {
            json["compare"] = json!({ "count": count, "unit": unit });
        }
        if !self.formulas.is_empty() {
            let texts: Vec<String> = self.formulas.iter().map(Formula::text).collect();
            json["formula"] = json!(texts.join("; "));
        }
        json
    }

    fn local(&self, time: i64) -> Zoned {
        let zone = TimeZone::get(self.zone).unwrap();
        jiff::Timestamp::from_microsecond(time).unwrap().to_zoned(zone)
    }

    /// The number of a date's interval, of a length counted in dates.
    fn number_of(&self, date: Date) -> i64 {
        let months = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
        match self.interval {
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
    fn number(&self, time: i64, start: Date) -> i64 {
        let length = match self.interval {
            "5_minutes" => 300_000_000,
            "hour" => 3_600_000_000,
            _ => return self.number_of(self.local(time).date()),
        };
        (time - self.midnight(start)).div_euclid(length)
    }

    fn midnight(&self, date: Date) -> i64 {
        date.to_zoned(TimeZone::get(self.zone).unwrap()).unwrap().timestamp().as_microsecond()
    }

    /// The label of the interval that a time is in.
    fn label(&self, time: i64) -> String {
        let local = self.local(time);
        let date = local.date();
        match self.interval {
            "5_minutes" | "hour" => {
                let minute = if self.interval == "hour" { 0 } else { local.minute() / 5 * 5 };
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
    fn dates(&self, past: bool) -> (Date, Date) {
        let Some((count, unit)) = self.compare.filter(|_| past) else {
            return (self.start, self.end);
        };
        let back = |date: Date| match unit {
            "days" => date - count.days(),
            "weeks" => date - (7 * count).days(),
            "months" => date - count.months(),
            "quarters" => date - (3 * count).months(),
            _ => date - count.years(),
        };
        (back(self.start), back(self.end))
    }

    pub(crate) fn segment_count(&self) -> usize {
        self.segments.len().max(1)
    }
}

fn since_epoch(date: Date) -> i64 {
    // 1970-01-05 was a Monday.
    i64::from(jiff::civil::date(1970, 1, 5).until(date).unwrap().get_days())
}

/// The rows of an event that count, in a segment, now or in the past.
pub(crate) struct Kept<'a> {
    ask: &'a Ask,
    /// With the number of the interval.
    own: Vec<(i64, &'a Row)>,
    in_range: Vec<&'a Row>,
    /// Active people's rows likewise.
    base: Vec<(i64, &'a Row)>,
    base_in_range: Vec<&'a Row>,
    /// Numbers of the first and last interval.
    first: i64,
    last: i64,
}

/// The number of each person's first row ever.
fn first_rows(rows: &[Row]) -> BTreeMap<u64, u64> {
    let mut firsts = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        firsts.entry(row.who).or_insert(row.raw.seq);
    }
    firsts
}

fn fits(ask: &Ask, pick: &Pick, row: &Row, firsts: &BTreeMap<u64, u64>) -> bool {
    if pick.alternatives[0].0 == "_new" {
        return firsts.get(&row.who) == Some(&row.raw.seq)
            && pick.filters.iter().all(|cond| cond.holds(row, ask.latest));
    }
    pick.fits(row, ask.latest)
}

impl<'a> Kept<'a> {
    fn empty(ask: &'a Ask, first: i64, last: i64) -> Self {
        let (own, in_range) = (Vec::new(), Vec::new());
        let (base, base_in_range) = (Vec::new(), Vec::new());
        Self { ask, own, in_range, base, base_in_range, first, last }
    }

    pub(crate) fn new(
        ask: &'a Ask,
        rows: &'a [Row],
        (segment, event, past): (usize, usize, bool),
        over_time: OverTime,
    ) -> Self {
        let (start, end) = ask.dates(past);
        let back = match over_time {
            OverTime::Plain | OverTime::Cumulative => 0,
            OverTime::Average(n) | OverTime::Window(n) => n - 1,
            OverTime::Before(n) => n,
        };
        let number = |time: i64| ask.number(time, start);
        let first = number(ask.midnight(start));
        let last = number(ask.midnight(end.tomorrow().unwrap()) - 1);
        let in_range = |time: i64| {
            let date = ask.local(time).date();
            start <= date && date <= end
        };
        let looked_at = |time: i64| {
            let after_end = ask.local(time).date() > end;
            in_range(time) || (back > 0 && !after_end && number(time) >= first - back)
        };
        let seen_first = first_seen(rows);
        let firsts = first_rows(rows);
        let active_rows = || rows.iter().filter(|row| is_active(row));
        let active: BTreeSet<(u64, i64)> = active_rows()
            .filter(|row| looked_at(row.raw.time))
            .map(|row| (row.who, number(row.raw.time)))
            .collect();
        let active_in_range: BTreeSet<u64> =
            active_rows().filter(|row| in_range(row.raw.time)).map(|row| row.who).collect();
        let empty = Vec::new();
        let conds = ask.segments.get(segment).unwrap_or(&empty);
        let mut kept = Self::empty(ask, first, last);
        let pick = &ask.events[event];
        for row in rows.iter().filter(|row| looked_at(row.raw.time)) {
            let at = number(row.raw.time);
            let born = (row.who != 0).then(|| seen_first[&row.who]).filter(|at| looked_at(*at));
            let (here, in_all) = match ask.users {
                "any" => (true, true),
                "active" if row.who == 0 => (is_active(row), is_active(row)),
                "active" => (active.contains(&(row.who, at)), active_in_range.contains(&row.who)),
                _ => (born.map(number) == Some(at), born.is_some_and(in_range)),
            };
            let in_segment =
                ask.segment.iter().chain(conds).all(|cond| cond.holds(row, ask.latest));
            if !in_segment {
                continue;
            }
            let in_all = in_all && in_range(row.raw.time);
            if is_active(row) {
                kept.base.extend(here.then_some((at, row)));
                kept.base_in_range.extend(in_all.then_some(row));
            }
            if fits(ask, pick, row, &firsts) {
                kept.own.extend(here.then_some((at, row)));
                kept.in_range.extend(in_all.then_some(row));
            }
        }
        kept
    }

    fn is_in(&self, row: &Row, names: &Names) -> bool {
        let by = [&self.ask.breakdown, &self.ask.then_by];
        by.iter().zip(names).all(|(by, name)| match (by, name) {
            (Some((property_name, user)), Some(name)) => {
                groups(&property(row, property_name, *user, self.ask.latest)).contains(name)
            }
            _ => true,
        })
    }

    /// The rows of a cell: of the intervals that one takes in, or of the range.
    fn rows(&self, at: Option<i64>, over_time: OverTime, names: &Names) -> Vec<&'a Row> {
        let rows: Vec<&Row> = match at {
            None => self.in_range.clone(),
            Some(at) => of_window(&self.own, self.takes(at, over_time)),
        };
        rows.into_iter().filter(|row| self.is_in(row, names)).collect()
    }

    fn takes(&self, at: i64, over_time: OverTime) -> RangeInclusive<i64> {
        match over_time {
            OverTime::Plain | OverTime::Average(_) => at..=at,
            OverTime::Window(n) => at - n + 1..=at,
            OverTime::Before(n) => at - n..=at - 1,
            OverTime::Cumulative => self.first..=at,
        }
    }

    fn active(&self, at: Option<i64>, over_time: OverTime) -> usize {
        let rows = match at {
            None => self.base_in_range.clone(),
            Some(at) => of_window(&self.base, self.takes(at, over_time)),
        };
        people_of(&rows).len()
    }

    /// The figure of every interval, then of the range.
    pub(crate) fn values(
        &self,
        measure: &Measure,
        over_time: OverTime,
        names: &Names,
    ) -> Vec<Option<f64>> {
        let of = |at: Option<i64>| {
            measure.value(&self.rows(at, over_time, names), self.active(at, over_time))
        };
        let mut values: Vec<Option<f64>> = (self.first..=self.last)
            .map(|at| match over_time {
                OverTime::Average(n) => {
                    let some: Vec<f64> = (at - n + 1..=at).filter_map(|at| of(Some(at))).collect();
                    (!some.is_empty()).then(|| some.iter().sum::<f64>() / some.len() as f64)
                }
                _ => of(Some(at)),
            })
            .collect();
        values.push(of(None));
        values
    }

    /// The groups that occur in the range, with their rows.
    pub(crate) fn groups(&self) -> BTreeMap<Names, Vec<&'a Row>> {
        let of = |by: &Option<(String, bool)>, row: &Row| match by {
            None => vec![None],
            Some((name, user)) => {
                groups(&property(row, name, *user, self.ask.latest)).into_iter().map(Some).collect()
            }
        };
        let mut all: BTreeMap<Names, Vec<&Row>> = BTreeMap::new();
        for row in &self.in_range {
            for first in of(&self.ask.breakdown, row) {
                for second in of(&self.ask.then_by, row) {
                    all.entry([first.clone(), second]).or_default().push(row);
                }
            }
        }
        if self.ask.breakdown.is_none() {
            all.entry([None, None]).or_default();
        }
        all
    }
}

fn of_window<'a>(rows: &[(i64, &'a Row)], window: RangeInclusive<i64>) -> Vec<&'a Row> {
    rows.iter().filter(|(at, _)| window.contains(at)).map(|(_, row)| *row).collect()
}

pub(crate) fn check(ask: &Ask, rows: &[Row], context: &Context) {
    let text = ask.json().to_string();
    let query = InsightQuery::from_json(&text).unwrap();
    let InsightResult::Trend(result) = answer(&query, context, &AtomicBool::new(false)).unwrap()
    else {
        panic!("a trend")
    };
    for event in 0..ask.events.len() {
        for segment in 0..ask.segment_count() {
            check_series(ask, rows, &result, (segment, event), context);
        }
    }
    formula_oracle::check(ask, rows, &result);
    assert_eq!(result.past_buckets.is_some(), ask.compare.is_some(), "{text}");
}

fn check_series(
    ask: &Ask,
    rows: &[Row],
    result: &TrendResult,
    (segment, event): (usize, usize),
    context: &Context,
) {
    let text = ask.json().to_string();
    let now = Kept::new(ask, rows, (segment, event, false), ask.over_time);
    let past = ask.compare.map(|_| Kept::new(ask, rows, (segment, event, true), ask.over_time));
    let list: Vec<&TrendSeries> = result
        .series
        .iter()
        .filter(|one| one.event == event && one.segment.unwrap_or(0) == segment)
        .collect();
    let labels: BTreeSet<&String> = result.buckets.iter().map(|bucket| &bucket.label).collect();
    assert_eq!(labels.len(), result.buckets.len(), "labels repeat: {text}");
    assert_eq!(labels.len() as i64, now.last - now.first + 1, "{text}");
    for row in &now.in_range {
        assert!(labels.contains(&ask.label(row.raw.time)), "{text}");
    }
    check_listed(ask, &now, &list, &text);
    for series in list {
        assert_eq!(series.segment.is_some(), !ask.segments.is_empty(), "{text}");
        check_one(ask, &now, series, result, context);
        let Some(past) = &past else {
            assert!(series.past.is_none(), "{text}");
            continue;
        };
        check_past(ask, past, series, &text);
    }
}

/// What a cell of a series shows, and the people behind it.
fn cell(
    ask: &Ask,
    kept: &Kept<'_>,
    series: &TrendSeries,
    at: Option<i64>,
) -> (Option<f64>, BTreeMap<u64, i64>) {
    let names = [series.group.clone(), series.subgroup.clone()];
    let mut rows = kept.rows(at, ask.over_time, &names);
    let Some(bin) = &series.bin else {
        return (ask.measure.value(&rows, kept.active(at, ask.over_time)), people_of(&rows));
    };
    if ask.measure.name == "histogram" {
        rows.retain(|row| ask.measure.row_bins(row).contains(bin));
        return (Some(rows.len() as f64), people_of(&rows));
    }
    let is_in = |times: f64| match ask.measure.bins.iter().find(|one| bin_name(**one) == *bin) {
        Some((min, max)) => *min <= times && times < *max,
        None => *bin == times.to_string(),
    };
    let wanted: BTreeSet<u64> =
        times(&rows).into_iter().filter(|(_, times)| is_in(*times)).map(|(who, _)| who).collect();
    rows.retain(|row| wanted.contains(&row.who));
    (Some(wanted.len() as f64), people_of(&rows))
}

fn check_one(
    ask: &Ask,
    kept: &Kept<'_>,
    series: &TrendSeries,
    result: &TrendResult,
    context: &Context,
) {
    let text = ask.json().to_string();
    let mut values: Vec<Option<f64>> = Vec::new();
    let cells: Vec<Option<i64>> =
        (kept.first..=kept.last).map(Some).chain(std::iter::once(None)).collect();
    let step = cells.len() / 24 + 1;
    for (index, at) in cells.into_iter().enumerate() {
        let (value, people) = cell(ask, kept, series, at);
        values.push(value);
        let (listed, label) = match at {
            None => (series.people_total, None),
            Some(_) => (series.people[index], Some(result.buckets[index].label.clone())),
        };
        let of = format!("{label:?} of {:?} {:?} {:?}", series.group, series.subgroup, series.bin);
        assert_eq!(listed, people.len() as u64, "{of}: {text}");
        if index % step == 0 || at.is_none() {
            check_people(ask, series, label.as_ref(), &people, context);
        }
    }
    let is_mean = matches!(ask.over_time, OverTime::Average(_));
    if is_mean && series.bin.is_some() {
        return;
    }
    if is_mean {
        let names = [series.group.clone(), series.subgroup.clone()];
        values = kept.values(&ask.measure, ask.over_time, &names);
    }
    let found = series.values.iter().chain(std::iter::once(&series.total));
    for (index, (found, expected)) in found.zip(&values).enumerate() {
        let of = format!("{index} of {:?} {:?} {:?}", series.group, series.subgroup, series.bin);
        assert!(close(*found, *expected), "{of}: {found:?} is not {expected:?}: {text}");
    }
    assert_eq!(series.values.len() + 1, values.len(), "{text}");
}

fn check_past(ask: &Ask, past: &Kept<'_>, series: &TrendSeries, text: &str) {
    let found = series.past.as_ref().unwrap();
    assert_eq!(found.values.len(), series.values.len(), "{text}");
    let is_mean = matches!(ask.over_time, OverTime::Average(_));
    for index in 0..series.values.len() {
        let at = past.first + index as i64;
        let (expected, people) = match at <= past.last {
            true => cell(ask, past, series, Some(at)),
            false => (None, BTreeMap::new()),
        };
        assert_eq!(found.people[index], people.len() as u64, "past {index}: {text}");
        if !is_mean {
            let value = found.values[index];
            assert!(close(value, expected), "past {index}: {value:?} not {expected:?}: {text}");
        }
        let change = match (series.values[index], found.values[index]) {
            (Some(now), Some(then)) if then != 0.0 => Some((now - then) / then),
            _ => None,
        };
        assert!(close(found.changes[index], change), "{text}");
    }
    let (total, people) = cell(ask, past, series, None);
    assert!(close(found.total, total), "past total {:?} not {total:?}: {text}", found.total);
    assert_eq!(found.people_total, people.len() as u64, "{text}");
}

fn check_listed(ask: &Ask, kept: &Kept<'_>, list: &[&TrendSeries], text: &str) {
    let groups = kept.groups();
    let mut all: Vec<(f64, Names, Option<String>)> = Vec::new();
    for (names, rows) in &groups {
        let sum = || rows.iter().filter_map(|row| row.raw.props.get("n")?.as_f64()).sum();
        let size = match ask.measure.name {
            "uniques" | "frequency" => people_of(rows).len() as f64,
            "sum" | "property_average" => sum(),
            _ => rows.len() as f64,
        };
        if ask.measure.name != "histogram" {
            all.push((size, names.clone(), None));
            continue;
        }
        let mut bins: BTreeMap<String, f64> = BTreeMap::new();
        for bin in rows.iter().flat_map(|row| ask.measure.row_bins(row)) {
            *bins.entry(bin).or_default() += 1.0;
        }
        all.extend(bins.into_iter().map(|(bin, size)| (size, names.clone(), Some(bin))));
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)).then_with(|| a.2.cmp(&b.2)));
    let total = all.len() as u64;
    let expected: Vec<(Names, Option<String>)> =
        all.into_iter().take(ask.groups_max).map(|(_, names, bin)| (names, bin)).collect();
    let mut found: Vec<(Names, Option<String>)> = list
        .iter()
        .map(|one| ([one.group.clone(), one.subgroup.clone()], one.bin.clone()))
        .collect();
    if ask.measure.name == "frequency" {
        found.iter_mut().for_each(|one| one.1 = None);
        found.dedup();
        // A group whose people are all nobody has no times to show.
        let with_people = |one: &&(Names, Option<String>)| {
            !ask.measure.bins.is_empty() || groups[&one.0].iter().any(|row| row.who != 0)
        };
        let shown: Vec<_> = expected.iter().filter(with_people).collect();
        let found: Vec<_> = found.iter().filter(with_people).collect();
        assert_eq!(found, shown, "groups: {text}");
    } else {
        assert_eq!(found, expected, "groups: {text}");
    }
    let is_split = ask.breakdown.is_some() || ask.measure.name == "histogram";
    for series in list {
        assert_eq!(series.groups_total, is_split.then_some(total), "{text}");
        assert_eq!(series.bin.is_some(), ask.measure.is_distribution(), "{text}");
    }
}

fn check_people(
    ask: &Ask,
    series: &TrendSeries,
    label: Option<&String>,
    expected: &BTreeMap<u64, i64>,
    context: &Context,
) {
    let mut point = json!({ "event": series.event });
    let fields = [
        ("bucket", label),
        ("group", series.group.as_ref()),
        ("subgroup", series.subgroup.as_ref()),
        ("bin", series.bin.as_ref()),
    ];
    for (field, value) in fields {
        if let Some(value) = value {
            point[field] = json!(value);
        }
    }
    if let Some(segment) = series.segment {
        point["segment"] = json!(segment);
    }
    let query: PeopleQuery = serde_json::from_value(
        json!({ "kind": "trend", "query": bare(ask.json()), "point": point }),
    )
    .unwrap();
    let mut listed = Vec::new();
    let mut page = Page { after: None, limit: 3 };
    loop {
        let list = people(&query, &page, context, &AtomicBool::new(false)).unwrap();
        assert_eq!(list.total, expected.len() as u64, "{point}: {}", ask.json());
        listed.extend(list.people.iter().map(|one| (one.person, one.times[0].clone())));
        match list.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let text = |time: i64| sluice_base::Timestamp::from_micros(time).to_string();
    let expected: Vec<(u64, String)> =
        expected.iter().map(|(who, time)| (*who, text(*time))).collect();
    assert_eq!(listed, expected, "{point}: {}", ask.json());
}

/// The question without its kind, as it stands inside a people query.
pub(crate) fn bare(mut json: Json) -> Json {
    json.as_object_mut().unwrap().shift_remove("kind");
    json
}

pub(crate) fn close(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (None, None) => true,
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        _ => false,
    }
}

//! Trends by brute force: the rows of every cell as a list, and each figure from that list.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;

use serde_json::json;
use sluice_insights::trend::spec::{TrendResult, TrendSeries};
use sluice_insights::{Context, Page, PeopleQuery, people};

use crate::asking::{By, asked, bare, close};
use crate::formula_oracle;
use crate::oracle::{Pick, Row, first_seen, groups, is_active, property};
use crate::trend_ask::{Ask, Measure, Names, OverTime, bin_name, people_of, times};

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
            && pick.filters.iter().all(|cond| cond.holds(row, ask.base.latest));
    }
    pick.fits(row, ask.base.latest)
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
                ask.base.segment.iter().chain(conds).all(|cond| cond.holds(row, ask.base.latest));
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
                groups(&property(row, property_name, *user, self.ask.base.latest)).contains(name)
            }
            _ => true,
        })
    }

    /// Whether there is a row of a group, in the range or where is looked back at.
    pub(crate) fn has_rows(&self, names: &Names) -> bool {
        let own = self.own.iter().map(|(_, row)| *row);
        own.chain(self.in_range.iter().copied()).any(|row| self.is_in(row, names))
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
        let of = |by: &By, row: &Row| match by {
            None => vec![None],
            Some((name, user)) => groups(&property(row, name, *user, self.ask.base.latest))
                .into_iter()
                .map(Some)
                .collect(),
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
    let result = asked!(Trend, &ask.json(), context);
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

//! Retention by brute force: every pair of a start and a return, by local dates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use serde_json::{Value as Json, json};
use sluice_insights::retention::spec::{RetentionCell, RetentionGrid};
use sluice_insights::{Context, Page, PeopleQuery, people};

use crate::asking::{By, Common, asked, bare, by, close};
use crate::oracle::{Pick, Row, groups, property};

/// A retention question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    pub(crate) start: Pick,
    pub(crate) returning: Pick,
    pub(crate) unit: &'static str,
    pub(crate) windows: &'static str,
    pub(crate) mode: Json,
    pub(crate) periods: u32,
    pub(crate) breakdown: By,
    pub(crate) groups_max: usize,
}

impl Ask {
    pub(crate) fn json(&self) -> Json {
        let mut own = json!({
                        "start": self.start.json(),
            "returning": self.returning.json(),
            "unit": self.unit,
            "windows": self.windows,
            "mode": self.mode,
            "periods": self.periods,
            "groups_max": self.groups_max,
        });
        own["breakdown"] = by(&self.breakdown);
        self.base.question("retention", own)
    }

    fn local(&self, time: i64) -> Zoned {
        Timestamp::from_millisecond(cut(time))
            .unwrap()
            .to_zoned(TimeZone::get(self.base.over.zone).unwrap())
    }

    /// The beginning of the period that a date is in.
    fn period(&self, date: Date) -> Date {
        match self.unit {
            "day" => date,
            "week" => date - i64::from(date.weekday().to_monday_zero_offset()).days(),
            _ => date.first_of_month(),
        }
    }

    fn index(&self, start: i64, back: i64) -> Option<i64> {
        if cut(back) < cut(start) {
            return None;
        }
        let (start, back) = (self.local(start), self.local(back));
        let days = |a: Date, b: Date| i64::from(a.until(b).unwrap().get_days());
        Some(match (self.windows, self.unit) {
            ("from_start", "day") => {
                let hour = |at: &Zoned| {
                    at.with().minute(0).second(0).subsec_nanosecond(0).build().unwrap().timestamp()
                };
                (hour(&back).as_second() - hour(&start).as_second()) / 86_400
            }
            ("from_start", "week") => days(start.date(), back.date()) / 7,
            ("from_start", _) => days(start.date(), back.date()) / 30,
            (_, "day") => days(start.date(), back.date()),
            (_, "week") => days(self.period(start.date()), self.period(back.date())) / 7,
            (_, _) => {
                let months = |at: &Zoned| i64::from(at.year()) * 12 + i64::from(at.month());
                months(&back) - months(&start)
            }
        })
    }

    /// Smallest index and the index after the last of each column.
    fn columns(&self) -> Vec<(i64, Option<i64>)> {
        let plain = (0..=i64::from(self.periods)).map(|n| (n, Some(n + 1)));
        match &self.mode {
            Json::String(mode) if mode == "on" => plain.collect(),
            Json::String(_) => plain.map(|(n, _)| (n, None)).collect(),
            brackets => brackets["brackets"]
                .as_array()
                .unwrap()
                .iter()
                .map(|pair| (pair[0].as_i64().unwrap(), pair[1].as_i64()))
                .collect(),
        }
    }

    fn complete(&self, row: Date, column: (i64, Option<i64>), now: i64) -> bool {
        let index = column.1.map_or(column.0, |to| to - 1);
        let next = match self.unit {
            "day" => row + 1.day(),
            "week" => row + 7.days(),
            _ => row + 1.month(),
        };
        // The last date of the row that counts.
        let last = (next - 1.day()).min(self.base.over.end);
        let midnight = |date: Date| {
            date.to_zoned(TimeZone::get(self.base.over.zone).unwrap()).unwrap().timestamp()
        };
        let end = match (self.windows, self.unit) {
            ("from_start", "day") => {
                midnight(last + 1.day()) + SignedDuration::from_hours(24 * (index + 1))
            }
            ("from_start", "week") => midnight(last + (7 * (index + 1)).days()),
            ("from_start", _) => midnight(last + (30 * (index + 1)).days()),
            (_, "day") => midnight(last + (index + 1).days()),
            (_, "week") => midnight(self.period(last) + (7 * (index + 1)).days()),
            (_, _) => midnight(self.period(last) + (index + 1).months()),
        };
        now >= end.as_microsecond()
    }
}

/// Times are cut to milliseconds.
const fn cut(time: i64) -> i64 {
    time.div_euclid(1_000)
}

/// Per row and person the starts and, per start, its returns with their index, all by time.
type Pairs = BTreeMap<Date, BTreeMap<u64, Vec<(i64, Vec<(i64, i64)>)>>>;

fn pairs(ask: &Ask, rows: &[Row]) -> BTreeMap<Option<String>, Pairs> {
    let mut firsts: BTreeMap<u64, u64> = BTreeMap::new();
    for row in rows {
        firsts.entry(row.who).or_insert(row.raw.seq);
    }
    let mut all: BTreeMap<Option<String>, Pairs> = BTreeMap::new();
    for start in rows.iter().filter(|row| row.who != 0) {
        let date = ask.local(start.raw.time).date();
        let fits = if ask.start.alternatives[0].0 == "_new" {
            firsts.get(&start.who) == Some(&start.raw.seq)
                && ask.start.filters.iter().all(|cond| cond.holds(start, ask.base.latest))
        } else {
            ask.start.fits(start, ask.base.latest)
        };
        let wanted = fits && ask.base.has(start);
        if !wanted || date < ask.base.over.start || date > ask.base.over.end {
            continue;
        }
        let backs: Vec<(i64, i64)> = rows
            .iter()
            .filter(|row| row.who == start.who && ask.returning.fits(row, ask.base.latest))
            .filter_map(|row| Some((row.raw.time, ask.index(start.raw.time, row.raw.time)?)))
            .collect();
        let mut of = vec![None];
        if let Some((name, user)) = &ask.breakdown {
            of.extend(groups(&property(start, name, *user, ask.base.latest)).into_iter().map(Some));
        }
        for group in of {
            let row = all.entry(group).or_default().entry(ask.period(date)).or_default();
            row.entry(start.who).or_default().push((start.raw.time, backs.clone()));
        }
    }
    all
}

/// The people of a number with the times that are shown of them.
fn behind(
    ask: &Ask,
    pairs: &Pairs,
    row: Option<Date>,
    column: Option<(i64, Option<i64>)>,
    now: i64,
) -> BTreeMap<u64, Vec<i64>> {
    let mut found: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
    for (date, people) in pairs {
        let counts = match (row, column) {
            (Some(row), _) => row == *date,
            (None, Some(column)) => ask.complete(*date, column, now),
            (None, None) => true,
        };
        if !counts {
            continue;
        }
        for (who, starts) in people {
            let times = starts.iter().find_map(|(start, backs)| match column {
                None => Some(vec![*start]),
                Some((from, to)) => backs
                    .iter()
                    .find(|(_, index)| *index >= from && to.is_none_or(|to| *index < to))
                    .map(|(back, _)| vec![*start, *back]),
            });
            if let Some(times) = times {
                found.entry(*who).or_insert(times);
            }
        }
    }
    found
}

pub(crate) fn check(ask: &Ask, rows: &[Row], context: &Context) {
    let text = ask.json().to_string();
    let result = asked!(Retention, &ask.json(), context);
    let all = pairs(ask, rows);
    let none = Pairs::new();
    check_grid(ask, &result.overall, all.get(&None).unwrap_or(&none), None, context);
    let Some(found) = &result.groups else {
        assert!(ask.breakdown.is_none());
        return;
    };
    let now = context.now.as_micros();
    let mut expected: Vec<(usize, &String)> = all
        .iter()
        .filter_map(|(group, pairs)| {
            Some((behind(ask, pairs, None, None, now).len(), group.as_ref()?))
        })
        .collect();
    expected.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    assert_eq!(result.groups_total, Some(expected.len() as u64), "{text}");
    let expected: Vec<&String> =
        expected.into_iter().take(ask.groups_max).map(|(_, group)| group).collect();
    assert_eq!(found.iter().map(|one| &one.group).collect::<Vec<_>>(), expected, "{text}");
    for one in found {
        check_grid(ask, &one.grid, &all[&Some(one.group.clone())], Some(&one.group), context);
    }
}

fn check_grid(
    ask: &Ask,
    grid: &RetentionGrid,
    pairs: &Pairs,
    group: Option<&String>,
    context: &Context,
) {
    let (text, now) = (format!("{group:?} of {}", ask.json()), context.now.as_micros());
    let columns = ask.columns();
    let size = |row: Option<Date>, column| behind(ask, pairs, row, column, now).len() as u64;
    assert_eq!(grid.people, size(None, None), "{text}");
    let mut dates = BTreeSet::new();
    let mut date = ask.base.over.start;
    while date <= ask.base.over.end {
        dates.insert(ask.period(date));
        date += 1.day();
    }
    let labels: Vec<String> = dates.iter().map(Date::to_string).collect();
    assert_eq!(grid.rows.iter().map(|row| row.label.clone()).collect::<Vec<_>>(), labels, "{text}");
    for (row, date) in grid.rows.iter().zip(&dates) {
        assert_eq!(row.people, size(Some(*date), None), "{date} of {text}");
        check_people(ask, pairs, group, (Some(*date), None), context);
        for (number, (cell, column)) in row.cells.iter().zip(&columns).enumerate() {
            let expected = (size(Some(*date), Some(*column)), row.people);
            let complete = ask.complete(*date, *column, now);
            check_cell(cell, expected, !complete, &format!("{date}, {column:?} of {text}"));
            if number < 3 {
                check_people(ask, pairs, group, (Some(*date), Some(number)), context);
            }
        }
    }
    for (number, column) in columns.iter().enumerate() {
        let complete: Vec<Date> =
            dates.iter().copied().filter(|date| ask.complete(*date, *column, now)).collect();
        let of: BTreeSet<u64> = complete
            .iter()
            .flat_map(|date| behind(ask, pairs, Some(*date), None, now).into_keys())
            .collect();
        let combined = (size(None, Some(*column)), of.len() as u64);
        let what = format!("{column:?} of {text}");
        check_cell(&grid.combined[number], combined, complete.is_empty(), &what);
        let sum = |column| complete.iter().map(|date| size(Some(*date), column)).sum::<u64>();
        let summed = (sum(Some(*column)), sum(None));
        check_cell(&grid.summed[number], summed, complete.is_empty(), &what);
        check_people(ask, pairs, group, (None, Some(number)), context);
    }
}

fn check_cell(cell: &RetentionCell, expected: (u64, u64), incomplete: bool, what: &str) {
    assert_eq!((cell.people, cell.of), expected, "{what}");
    assert_eq!(cell.incomplete, incomplete, "{what}");
    let share = (expected.1 > 0).then(|| expected.0 as f64 / expected.1 as f64);
    assert!(close(cell.share, share), "{what}");
}

fn check_people(
    ask: &Ask,
    pairs: &Pairs,
    group: Option<&String>,
    (row, column): (Option<Date>, Option<usize>),
    context: &Context,
) {
    let of = column.map(|column| ask.columns()[column]);
    let expected: Vec<(u64, Vec<String>)> = behind(ask, pairs, row, of, context.now.as_micros())
        .into_iter()
        .map(|(who, times)| {
            let text =
                |time: &i64| sluice_base::Timestamp::from_micros(cut(*time) * 1_000).to_string();
            (who, times.iter().map(text).collect())
        })
        .collect();
    let mut point = json!({});
    if let Some(row) = row {
        point["row"] = json!(row.to_string());
    }
    if let Some(column) = column {
        point["column"] = json!(column);
    }
    if let Some(group) = group {
        point["group"] = json!(group);
    }
    let query = json!({ "kind": "retention", "query": bare(ask.json()), "point": point });
    let query: PeopleQuery = serde_json::from_value(query).unwrap();
    let page = Page { after: None, limit: 1_000 };
    let list = people(&query, &page, context, &AtomicBool::new(false)).unwrap();
    let listed: Vec<_> = list.people.into_iter().map(|one| (one.person, one.times)).collect();
    assert_eq!(listed, expected, "{point} of {}", ask.json());
    assert_eq!(list.total, expected.len() as u64);
}

//! Trends by brute force: every row's local date and time, sets of people per label.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use serde_json::{Value as Json, json};
use sluice_insights::trend::spec::{TrendResult, TrendSeries};
use sluice_insights::{Context, InsightQuery, InsightResult, Page, PeopleQuery, answer, people};

use crate::oracle::{Cond, Pick, Row, first_seen, groups, is_active, property};

/// A trend question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) zone: &'static str,
    pub(crate) start: Date,
    pub(crate) end: Date,
    pub(crate) interval: &'static str,
    pub(crate) events: Vec<Pick>,
    pub(crate) measure: &'static str,
    pub(crate) segment: Vec<Cond>,
    pub(crate) users: &'static str,
    /// Property, and whether of the user.
    pub(crate) breakdown: Option<(String, bool)>,
    pub(crate) groups_max: usize,
    pub(crate) latest: bool,
}

impl Ask {
    pub(crate) fn json(&self) -> Json {
        let measure = match self.measure {
            "sum" | "property_average" => json!({ self.measure: { "property": "n" } }),
            plain => json!(plain),
        };
        let mut json = json!({
            "kind": "trend",
            "range": { "start": self.start.to_string(), "end": self.end.to_string() },
            "interval": self.interval,
            "events": self.events.iter().map(Pick::json).collect::<Vec<_>>(),
            "measure": measure,
            "segment": self.segment.iter().map(Cond::json).collect::<Vec<_>>(),
            "users": self.users,
            "groups_max": self.groups_max,
            "traits_as_of": if self.latest { "latest" } else { "event" },
        });
        if let Some((property, user)) = &self.breakdown {
            json["breakdown"] =
                json!({ "property": property, "of": if *user { "user" } else { "event" } });
        }
        json
    }

    /// The label of the bucket that a time is in, if it is in the range.
    fn label(&self, time: i64) -> Option<String> {
        let zone = TimeZone::get(self.zone).unwrap();
        let local: Zoned = jiff::Timestamp::from_microsecond(time).unwrap().to_zoned(zone);
        let date = local.date();
        (self.start <= date && date <= self.end).then(|| match self.interval {
            "hour" => {
                let whole = local.with().minute(0).second(0).subsec_nanosecond(0).build().unwrap();
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
        })
    }
}

/// Rows and people of one number; `people` with the time of their first row.
#[derive(Clone, Debug, Default)]
struct Tally {
    rows: u64,
    people: BTreeMap<u64, i64>,
    sum: f64,
    numbers: u64,
}

impl Tally {
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        if row.who != 0 {
            let first = self.people.entry(row.who).or_insert(row.raw.time);
            *first = (*first).min(row.raw.time);
        }
        if let Some(Json::Number(number)) = row.raw.props.get("n") {
            self.sum += number.as_f64().unwrap();
            self.numbers += 1;
        }
    }
}

/// `None` as the label stands for the range, `None` as the group for all.
type Numbers = BTreeMap<(usize, Option<String>, Option<String>), Tally>;

fn count(ask: &Ask, rows: &[Row]) -> (Numbers, BTreeMap<Option<String>, BTreeSet<u64>>) {
    let first = first_seen(rows);
    let mut firsts: BTreeMap<u64, u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        firsts.entry(row.who).or_insert(row.raw.seq);
    }
    let mut active: BTreeSet<(u64, Option<String>)> = BTreeSet::new();
    for row in rows.iter().filter(|row| is_active(row)) {
        if let Some(label) = ask.label(row.raw.time) {
            active.insert((row.who, None));
            active.insert((row.who, Some(label)));
        }
    }
    let kept = |row: &Row, label: &Option<String>| match ask.users {
        "any" => true,
        "active" if row.who == 0 => is_active(row),
        "active" => active.contains(&(row.who, label.clone())),
        "new" => {
            let born = (row.who != 0).then(|| ask.label(first[&row.who])).flatten();
            born.is_some() && (label.is_none() || born == *label)
        }
        other => panic!("users {other}"),
    };
    let mut numbers = Numbers::new();
    let mut base: BTreeMap<Option<String>, BTreeSet<u64>> = BTreeMap::new();
    for row in rows {
        let Some(label) = ask.label(row.raw.time) else { continue };
        let in_segment = ask.segment.iter().all(|cond| cond.holds(row, ask.latest));
        for label in [None, Some(label)] {
            if !kept(row, &label) || !in_segment {
                continue;
            }
            if is_active(row) && row.who != 0 {
                base.entry(label.clone()).or_default().insert(row.who);
            }
            for (event, pick) in ask.events.iter().enumerate() {
                let fits = if pick.alternatives[0].0 == "_new" {
                    firsts.get(&row.who) == Some(&row.raw.seq)
                        && pick.filters.iter().all(|cond| cond.holds(row, ask.latest))
                } else {
                    pick.fits(row, ask.latest)
                };
                if !fits {
                    continue;
                }
                numbers.entry((event, label.clone(), None)).or_default().add(row);
                if let Some((name, user)) = &ask.breakdown {
                    for group in groups(&property(row, name, *user, ask.latest)) {
                        numbers.entry((event, label.clone(), Some(group))).or_default().add(row);
                    }
                }
            }
        }
    }
    (numbers, base)
}

pub(crate) fn check(ask: &Ask, rows: &[Row], context: &Context) {
    let text = ask.json().to_string();
    let query = InsightQuery::from_json(&text).unwrap();
    let InsightResult::Trend(result) = answer(&query, context, &AtomicBool::new(false)).unwrap()
    else {
        panic!("a trend")
    };
    let (numbers, base) = count(ask, rows);
    let empty = Tally::default();
    let labels: BTreeSet<&str> =
        result.buckets.iter().map(|bucket| bucket.label.as_str()).collect();
    assert_eq!(labels.len(), result.buckets.len(), "labels repeat: {text}");
    for (_, label, _) in numbers.keys() {
        assert!(
            label.as_ref().is_none_or(|label| labels.contains(label.as_str())),
            "no {label:?}: {text}"
        );
    }
    check_groups(ask, &result, &numbers, &text);
    for series in &result.series {
        let mut cells: Vec<Option<String>> =
            result.buckets.iter().map(|b| Some(b.label.clone())).collect();
        cells.push(None);
        for (index, label) in cells.into_iter().enumerate() {
            let key = (series.event, label.clone(), series.group.clone());
            let tally = numbers.get(&key).unwrap_or(&empty);
            let base = base.get(&label).map_or(0, BTreeSet::len);
            let expected = value(ask.measure, tally, base);
            let (found, people) = match &label {
                None => (series.total, series.people_total),
                Some(_) => (series.values[index], series.people[index]),
            };
            assert!(close(found, expected), "{key:?}: {found:?} is not {expected:?}: {text}");
            assert_eq!(people, tally.people.len() as u64, "{key:?}: {text}");
            check_people(ask, series, label.as_ref(), tally, context);
        }
    }
}

fn check_groups(ask: &Ask, result: &TrendResult, numbers: &Numbers, text: &str) {
    for event in 0..ask.events.len() {
        let listed: Vec<Option<String>> = result
            .series
            .iter()
            .filter(|one| one.event == event)
            .map(|one| one.group.clone())
            .collect();
        if ask.breakdown.is_none() {
            assert_eq!(listed, [None], "{text}");
            continue;
        }
        let mut all: Vec<(&Tally, &String)> = numbers
            .iter()
            .filter(|((of, label, group), _)| *of == event && label.is_none() && group.is_some())
            .map(|((_, _, group), tally)| (tally, group.as_ref().unwrap()))
            .collect();
        let size = |tally: &Tally| match ask.measure {
            "uniques" => tally.people.len() as f64,
            "sum" | "property_average" => tally.sum,
            _ => tally.rows as f64,
        };
        all.sort_by(|(a, left), (b, right)| {
            size(b).total_cmp(&size(a)).then_with(|| left.cmp(right))
        });
        let total = all.len() as u64;
        let expected: Vec<Option<String>> =
            all.into_iter().take(ask.groups_max).map(|(_, group)| Some(group.clone())).collect();
        assert_eq!(listed, expected, "groups of event {event}: {text}");
        for series in result.series.iter().filter(|one| one.event == event) {
            assert_eq!(series.groups_total, Some(total), "{text}");
        }
    }
}

fn check_people(
    ask: &Ask,
    series: &TrendSeries,
    label: Option<&String>,
    tally: &Tally,
    context: &Context,
) {
    let mut point = json!({ "event": series.event });
    if let Some(label) = label {
        point["bucket"] = json!(label);
    }
    if let Some(group) = &series.group {
        point["group"] = json!(group);
    }
    let query: PeopleQuery = serde_json::from_value(
        json!({ "kind": "trend", "query": bare(ask.json()), "point": point }),
    )
    .unwrap();
    let mut listed = Vec::new();
    let mut page = Page { after: None, limit: 3 };
    loop {
        let list = people(&query, &page, context, &AtomicBool::new(false)).unwrap();
        assert_eq!(list.total, tally.people.len() as u64, "{point}: {ask:?}");
        listed.extend(list.people.iter().map(|one| (one.person, one.times[0].clone())));
        match list.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let text = |time: i64| sluice_base::Timestamp::from_micros(time).to_string();
    let expected: Vec<(u64, String)> =
        tally.people.iter().map(|(who, time)| (*who, text(*time))).collect();
    assert_eq!(listed, expected, "{point}: {ask:?}");
}

/// The question without its kind, as it stands inside a people query.
pub(crate) fn bare(mut json: Json) -> Json {
    json.as_object_mut().unwrap().shift_remove("kind");
    json
}

fn value(measure: &str, tally: &Tally, base: usize) -> Option<f64> {
    let (rows, people) = (tally.rows as f64, tally.people.len() as f64);
    match measure {
        "uniques" => Some(people),
        "totals" => Some(rows),
        "active_percent" => (base > 0).then(|| 100.0 * people / base as f64),
        "average" => (people > 0.0).then(|| rows / people),
        "sum" => Some(tally.sum),
        _ => (tally.numbers > 0).then(|| tally.sum / tally.numbers as f64),
    }
}

pub(crate) fn close(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (None, None) => true,
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        _ => false,
    }
}

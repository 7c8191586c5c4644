//! Lifecycles by brute force: the set of intervals of each person; and the worked example.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::{Context, InsightQuery, InsightResult, answer};

use crate::asking::{Common, asked};
use crate::behind::check_people;
use crate::calendar::shown;
use crate::oracle::{Pick, Row, first_seen};
use crate::world::{World, micros};

/// A lifecycle question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    pub(crate) event: Pick,
}

impl Ask {
    fn json(&self) -> Json {
        let own = json!({
            "interval": self.base.over.interval,
            "event": self.event.json(),
        });
        self.base.question("lifecycle", own)
    }
}

const STATES: [&str; 4] = ["new", "current", "resurrected", "dormant"];

pub(crate) fn check(ask: &Ask, rows: &[Row], context: &Context) {
    let text = ask.json().to_string();
    let result = asked!(Lifecycle, &ask.json(), context);
    let first = first_seen(rows);
    // Per person and interval the first and the last time.
    let mut active: BTreeMap<u64, BTreeMap<i64, (i64, i64)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0 && ask.event.fits(row, ask.base.latest)) {
        let Some(index) = ask.base.over.index(row.raw.time) else { continue };
        if ask.base.has(row) {
            let times = active.entry(row.who).or_default();
            let times = times.entry(index).or_insert((row.raw.time, row.raw.time));
            *times = (times.0.min(row.raw.time), times.1.max(row.raw.time));
        }
    }
    let labels = ask.base.over.labels();
    assert_eq!(
        result.buckets.iter().map(|bucket| bucket.label.clone()).collect::<Vec<_>>(),
        labels
    );
    for (index, counts) in (0i64..).zip(&result.counts) {
        let mut found: BTreeMap<&str, BTreeMap<u64, Vec<String>>> = BTreeMap::new();
        for (who, intervals) in &active {
            let (now, before) = (intervals.get(&index), intervals.get(&(index - 1)));
            let is_new = ask.base.over.index(first[who]) == Some(index);
            let (state, time) = match (now, before) {
                (Some(now), _) if is_new => ("new", now.0),
                (Some(now), Some(_)) => ("current", now.0),
                (Some(now), None) => ("resurrected", now.0),
                (None, Some(before)) => ("dormant", before.1),
                (None, None) => continue,
            };
            found.entry(state).or_default().insert(*who, vec![shown(time)]);
        }
        let size = |state: &str| found.get(state).map_or(0, |people| people.len() as u64);
        let label = &labels[index as usize];
        let expected = STATES.map(size);
        let got = [counts.new, counts.current, counts.resurrected, counts.dormant];
        assert_eq!(got, expected, "{label} of {text}");
        let [new, _, resurrected, dormant] = expected;
        let pulse = (dormant > 0).then(|| (new + resurrected) as f64 / dormant as f64);
        assert_eq!(counts.pulse, pulse, "{label} of {text}");
        for state in STATES.iter().filter(|state| index < 12 || size(state) > 0) {
            let expected = found.get(state).cloned().unwrap_or_default();
            check_people(
                &ask.json(),
                &json!({ "bucket": label, "state": state }),
                &expected,
                context,
            );
        }
    }
}

#[test]
fn the_example_gives_its_table() {
    let mut world = World::new();
    let day = |day: i64| format!("2026-03-{:02}T12:00:00Z", day + 10);
    let e = |who: u64, at: &str| (who, at.to_owned(), "E");
    let mut rows = vec![(2, day(-3), "Other")];
    for (who, days) in [(1, vec![1, 2, 4]), (2, vec![0, 2]), (3, vec![2, 3]), (4, vec![2])] {
        rows.extend(days.into_iter().map(|at| e(who, &day(at))));
    }
    rows.push((4, day(1), "Other"));
    let rows: Vec<(u64, &str, &str, Json)> =
        rows.iter().map(|(who, at, name)| (*who, at.as_str(), *name, json!({}))).collect();
    world.tell(&rows);
    let query = json!({
        "kind": "lifecycle", "event": { "event": "E" },
        "range": { "start": "2026-03-11", "end": "2026-03-14" },
    });
    let query = InsightQuery::from_json(&query.to_string()).unwrap();
    let context = world.context("UTC", micros("2026-04-01T00:00:00Z"), 1);
    let InsightResult::Lifecycle(result) =
        answer(&query, &context, &AtomicBool::new(false)).unwrap()
    else {
        panic!("a lifecycle")
    };
    let got: Vec<_> = result
        .counts
        .iter()
        .map(|c| (c.new, c.current, c.resurrected, c.dormant, c.pulse))
        .collect();
    assert_eq!(
        got,
        [
            (1, 0, 0, 1, Some(1.0)),
            (1, 1, 2, 0, None),
            (0, 1, 0, 3, Some(0.0)),
            (0, 0, 1, 1, Some(1.0)),
        ]
    );
}

//! Stickiness by brute force: sets of local dates per person and period; and the worked example.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::{Value as Json, json};
use sluice_insights::Context;

use crate::asking::{Common, asked};
use crate::behind::check_people;
use crate::calendar::shown;
use crate::oracle::{Pick, Row};
use crate::world::{World, micros};

/// A stickiness question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    pub(crate) event: Pick,
}

impl Ask {
    fn json(&self) -> Json {
        let own = json!({
            "period": self.base.over.interval,
            "event": self.event.json(),
        });
        self.base.question("stickiness", own)
    }
}

/// Days of a person in a period, and their first time.
type Periods = BTreeMap<(u64, usize), (BTreeSet<Date>, i64)>;

pub(crate) fn check(asked: &Ask, rows: &[Row], context: &Context) {
    let text = asked.json().to_string();
    let result = asked!(Stickiness, &asked.json(), context);
    let mut periods = Periods::new();
    for row in rows.iter().filter(|row| row.who != 0 && asked.event.fits(row, asked.base.latest)) {
        let Some(index) = asked.base.over.index(row.raw.time).filter(|index| *index >= 0) else {
            continue;
        };
        if asked.base.has(row) {
            let time = row.raw.time;
            let one = periods.entry((row.who, index as usize)).or_insert((BTreeSet::new(), time));
            one.0.insert(asked.base.over.local(time).date());
        }
    }
    let labels = asked.base.over.labels();
    let now = context.now.as_micros();
    let partial: Vec<bool> =
        (0..labels.len()).map(|index| asked.base.over.is_partial(index, now)).collect();
    let all_partial = partial.iter().all(|one| *one);
    let averaged = |index: usize| all_partial || !partial[index];
    let most = if asked.base.over.interval == "week" { 7 } else { 31 };
    // Who has so many days in a period that is asked for, with the first time.
    let behind = |bucket: Option<usize>, days: usize, exactly: bool| {
        let mut found: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        let mut count = 0u64;
        for ((who, index), (dates, time)) in &periods {
            let is_in = bucket.map_or(averaged(*index), |bucket| bucket == *index);
            let counts = if exactly { dates.len() == days } else { dates.len() >= days };
            if is_in && counts {
                count += 1;
                found.entry(*who).or_insert(vec![shown(*time)]);
            }
        }
        (found, count)
    };
    for (index, row) in result.rows.iter().enumerate() {
        assert_eq!(row.bucket.label, labels[index], "{text}");
        assert_eq!(row.bucket.partial, partial[index], "{text}");
        assert_eq!(row.people, behind(Some(index), 1, false).1, "{text}");
        let sizes = |exactly| -> Vec<u64> {
            (1..=most).map(|days| behind(Some(index), days, exactly).1).collect()
        };
        assert_eq!((&row.exactly, &row.at_least), (&sizes(true), &sizes(false)), "{text}");
        let point = json!({ "bucket": labels[index], "days": 2, "count": "at_least" });
        check_people(&asked.json(), &point, &behind(Some(index), 2, false).0, context);
    }
    let of = behind(None, 1, false).1;
    assert_eq!(result.people, behind(None, 1, false).0.len() as u64);
    assert_eq!(result.days.len(), most);
    for days in &result.days {
        let number = days.days as usize;
        let (exactly, at_least) = (behind(None, number, true), behind(None, number, false));
        let share = |count: u64| (of > 0).then(|| count as f64 / of as f64);
        assert_eq!(days.share_exactly, share(exactly.1), "{number} days of {text}");
        assert_eq!(days.share_at_least, share(at_least.1), "{number} days of {text}");
        assert_eq!(days.people_exactly, exactly.0.len() as u64, "{number} days of {text}");
        assert_eq!(days.people_at_least, at_least.0.len() as u64, "{number} days of {text}");
        for (count, found) in [("exactly", exactly.0), ("at_least", at_least.0)] {
            check_people(
                &asked.json(),
                &json!({ "days": number, "count": count }),
                &found,
                context,
            );
        }
    }
}

#[test]
fn the_example_gives_its_shares_and_a_week_that_is_cut_off_is_not_averaged() {
    let mut world = World::new();
    let mut rows = vec![
        (1, "2026-03-02T10:00:00Z"),
        (1, "2026-03-03T10:00:00Z"),
        (1, "2026-03-03T11:00:00Z"),
        (2, "2026-03-02T10:00:00Z"),
    ];
    let days: Vec<String> = (2..=8).map(|day| format!("2026-03-{day:02}T23:00:00Z")).collect();
    rows.extend(days.iter().map(|at| (3, at.as_str())));
    // In the week that the range cuts off.
    rows.push((4, "2026-03-09T10:00:00Z"));
    let rows: Vec<_> = rows.iter().map(|(who, at)| (*who, *at, "E", json!({}))).collect();
    world.tell(&rows);
    let query = json!({
        "kind": "stickiness", "event": { "event": "E" },
        "range": { "start": "2026-03-02", "end": "2026-03-10" },
    });
    let result =
        asked!(Stickiness, &query, &world.context("UTC", micros("2026-04-01T00:00:00Z"), 1));
    let third = 1.0 / 3.0;
    let exactly: Vec<f64> = result.days.iter().map(|days| days.share_exactly.unwrap()).collect();
    assert_eq!(exactly, [third, third, 0.0, 0.0, 0.0, 0.0, third]);
    let at_least: Vec<f64> = result.days.iter().map(|days| days.share_at_least.unwrap()).collect();
    assert_eq!(at_least, [1.0, 2.0 * third, third, third, third, third, third]);
    assert_eq!(result.rows[1].people, 1);
    assert!(result.rows[1].bucket.partial);
    assert_eq!(result.people, 3);
}

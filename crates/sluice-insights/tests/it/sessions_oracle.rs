//! Sessions by brute force: each person's events cut into lists; and the worked example.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sluice_insights::Context;
use sluice_insights::sessions::spec::SessionsCounts;

use crate::asking::{Common, asked, close};
use crate::behind::check_people;
use crate::calendar::shown;
use crate::oracle::{Pick, Row, is_active};
use crate::world::{New, World, micros};

/// A question about sessions of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    /// By the ids that were sent, if none.
    pub(crate) timeout: Option<i64>,
    pub(crate) page: Pick,
    pub(crate) bins: Vec<i64>,
}

impl Ask {
    fn json(&self) -> Json {
        let own = json!({
            "interval": self.base.over.interval,
            "by": self.timeout.map_or(json!("sent"), |seconds| json!({ "timeout_seconds": seconds })),
            "page": self.page.json(),
            "bins_seconds": self.bins,
        });
        self.base.question("sessions", own)
    }
}

/// Milliseconds.
#[derive(Clone, Debug)]
struct Session {
    who: u64,
    index: i64,
    start: i64,
    length: i64,
    events: u64,
    pages: u64,
}

const DAY_MS: i64 = 86_400_000;

fn sessions(asked: &Ask, rows: &[&Row]) -> Vec<Session> {
    let mut lists: BTreeMap<(u64, i64), Vec<Vec<&Row>>> = BTreeMap::new();
    for row in rows {
        let id = match asked.timeout {
            Some(_) => 0,
            None => match row.raw.session {
                Some(id) => id,
                None => continue,
            },
        };
        let lists = lists.entry((row.who, id)).or_default();
        let ms = |row: &Row| row.raw.time.div_euclid(1_000);
        match lists.last_mut() {
            Some(list)
                if asked
                    .timeout
                    .is_none_or(|gap| ms(row) - ms(list[list.len() - 1]) <= gap * 1_000) =>
            {
                list.push(row);
            }
            _ => lists.push(vec![row]),
        }
    }
    let mut sessions = Vec::new();
    for ((who, _), lists) in lists {
        for list in lists {
            let ms: Vec<i64> = list.iter().map(|row| row.raw.time.div_euclid(1_000)).collect();
            let Some(index) = asked.base.over.index(ms[0] * 1_000).filter(|index| *index >= 0)
            else {
                continue;
            };
            sessions.push(Session {
                who,
                index,
                start: ms[0],
                length: ms[ms.len() - 1] - ms[0],
                events: list.len() as u64,
                pages: list.iter().filter(|row| asked.page.fits(row, asked.base.latest)).count()
                    as u64,
            });
        }
    }
    sessions.sort_by_key(|session| session.start);
    sessions
}

fn first_times<'a>(sessions: impl Iterator<Item = &'a Session>) -> BTreeMap<u64, Vec<String>> {
    let mut found = BTreeMap::new();
    for session in sessions {
        found.entry(session.who).or_insert_with(|| vec![shown(session.start * 1_000)]);
    }
    found
}

pub(crate) fn check(asked: &Ask, rows: &[Row], context: &Context) {
    let json = asked.json();
    let result = asked!(Sessions, &json, context);
    let counted: Vec<&Row> = rows
        .iter()
        .filter(|row| row.who != 0 && is_active(row))
        .filter(|row| asked.base.has(row))
        .collect();
    let all = sessions(asked, &counted);
    let labels = asked.base.over.labels();
    let mut places: Vec<(Option<i64>, &SessionsCounts)> = vec![(None, &result.total)];
    places.extend((0..).map(Some).zip(&result.counts));
    for (index, counts) in places {
        let is_in = |at: i64| index.is_none_or(|index| index == at);
        let here = || all.iter().filter(|session| is_in(session.index));
        let whole = || here().filter(|session| session.length <= DAY_MS);
        let bounced = || whole().filter(|session| session.pages == 1);
        let mut active: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for row in &counted {
            let at = asked.base.over.index(row.raw.time).filter(|at| *at >= 0);
            if at.is_some_and(is_in) {
                active.entry(row.who).or_insert_with(|| vec![shown(row.raw.time)]);
            }
        }
        let n = whole().count() as u64;
        let seconds = whole().map(|session| session.length).sum::<i64>() as f64 / 1e3;
        let events: u64 = whole().map(|session| session.events).sum();
        let per = |sum: f64, of: u64| (of > 0).then(|| sum / of as f64);
        let what = format!("{index:?} of {json}");
        let people = first_times(whole());
        assert_eq!(counts.sessions, n, "{what}");
        assert_eq!(counts.people, people.len() as u64, "{what}");
        assert_eq!(counts.active, active.len() as u64, "{what}");
        assert_eq!(counts.events, events, "{what}");
        assert_eq!(counts.bounces, bounced().count() as u64, "{what}");
        assert_eq!(counts.bounced, first_times(bounced()).len() as u64, "{what}");
        assert_eq!(counts.too_long, here().count() as u64 - n, "{what}");
        for (got, expected) in [
            (Some(counts.seconds), Some(seconds)),
            (counts.average_seconds, per(seconds, n)),
            (counts.per_person, per(n as f64, counts.active)),
            (counts.seconds_per_person, per(seconds, counts.active)),
            (counts.events_per_session, per(events as f64, n)),
            (counts.bounce_rate, per(counts.bounces as f64, n)),
        ] {
            assert!(close(got, expected), "{got:?} is not {expected:?}: {what}");
        }
        if index.is_none_or(|index| index < 10) {
            for (who, people) in
                [("session", people), ("bounce", first_times(bounced())), ("active", active)]
            {
                let mut point = json!({ "who": who });
                if let Some(index) = index {
                    point["bucket"] = json!(labels[index as usize]);
                }
                check_people(&json, &point, &people, context);
            }
        }
    }
    assert_eq!(result.lengths.len(), asked.bins.len());
    for (bin, got) in result.lengths.iter().enumerate() {
        let (from, to) = (asked.bins[bin] * 1_000, asked.bins.get(bin + 1).map(|to| to * 1_000));
        let inside = || {
            all.iter()
                .filter(|session| session.length <= DAY_MS)
                .filter(|session| session.length >= from && to.is_none_or(|to| session.length < to))
        };
        let people: BTreeSet<u64> = inside().map(|session| session.who).collect();
        assert_eq!((got.sessions, got.people), (inside().count() as u64, people.len() as u64));
        check_people(&json, &json!({ "bin": bin }), &first_times(inside()), context);
    }
}

fn example() -> World {
    let mut world = World::new();
    let rows = [
        (1, "2026-03-01T23:50:00Z", "Play", Some(1)),
        (1, "2026-03-02T00:20:00Z", "Play", Some(1)),
        (1, "2026-03-02T09:00:00Z", "Page Viewed", Some(2)),
        (2, "2026-03-02T10:00:00Z", "Play", Some(3)),
        (2, "2026-03-02T10:03:00Z", "Play", Some(3)),
        (2, "2026-03-02T10:10:00Z", "$identify", Some(3)),
        (3, "2026-03-02T11:00:00Z", "Play", None),
    ];
    let events = rows.map(|(person, at, name, session)| New {
        time: micros(at),
        person,
        name: name.to_owned(),
        props: json!({}),
        traits: None,
        session,
    });
    world.write(events.into(), Vec::new());
    world.store.flush().unwrap();
    world
}

#[test]
fn the_example_gives_its_figures_by_the_ids_that_were_sent() {
    let query = json!({
        "kind": "sessions", "by": "sent",
        "range": { "start": "2026-03-01", "end": "2026-03-02" },
    });
    let context = example().context("UTC", micros("2026-04-01T00:00:00Z"), 1);
    let result = asked!(Sessions, &query, &context);
    let [first, second] = &result.counts[..] else { panic!("two days") };
    assert_eq!((first.sessions, first.seconds, first.active), (1, 1_800.0, 1));
    assert_eq!(first.per_person, Some(1.0));
    assert_eq!((second.sessions, second.average_seconds, second.active), (2, Some(90.0), 3));
    assert_eq!(second.per_person, Some(2.0 / 3.0));
    assert_eq!(second.seconds_per_person, Some(60.0));
    assert_eq!((second.bounces, second.bounce_rate), (1, Some(0.5)));
}

#[test]
fn a_gap_of_just_the_time_out_is_inside_a_session_and_a_second_more_is_not() {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-03-01T10:00:00Z", "Page Viewed", json!({})),
        (1, "2026-03-01T10:30:00Z", "Page Viewed", json!({})),
        (1, "2026-03-01T11:00:01Z", "Page Viewed", json!({})),
        // Begun on the day before.
        (2, "2026-02-28T23:50:00Z", "Page Viewed", json!({})),
        (2, "2026-03-01T00:10:00Z", "Page Viewed", json!({})),
    ]);
    let query = json!({
        "kind": "sessions", "range": { "start": "2026-03-01", "end": "2026-03-01" },
    });
    let context = world.context("UTC", micros("2026-04-01T00:00:00Z"), 1);
    let result = asked!(Sessions, &query, &context);
    let total = &result.total;
    assert_eq!((total.sessions, total.people, total.active), (2, 1, 2));
    assert_eq!((total.seconds, total.bounces), (1_800.0, 1));
    let lengths: Vec<u64> = result.lengths.iter().map(|bin| bin.sessions).collect();
    assert_eq!(lengths, [1, 0, 0, 0, 0, 0, 0, 1, 0]);
}

//! Worked examples whose every figure is known.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::funnel::spec::FunnelResult;
use sluice_insights::trend::spec::TrendResult;
use sluice_insights::{ErrorKind, InsightQuery, answer};

use crate::asking::asked;
use crate::world::{World, micros};

const NOW: &str = "2026-04-01T00:00:00Z";

pub(crate) fn trend(world: &World, zone: &str, query: &Json) -> TrendResult {
    let context = world.context(zone, micros(NOW), 2);
    asked!(Trend, query, &context)
}

pub(crate) fn funnel(world: &World, query: &Json) -> FunnelResult {
    let context = world.context("UTC", micros(NOW), 2);
    asked!(Funnel, query, &context)
}

pub(crate) fn plays() -> World {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-03-01T09:00:00Z", "Play", json!({ "genre": "rock", "sec": 100 })),
        (1, "2026-03-01T10:00:00Z", "Play", json!({ "genre": "pop", "sec": 300 })),
        (1, "2026-03-02T02:00:00Z", "Open", json!({})),
        (4, "2026-03-02T08:00:00Z", "$identify", json!({})),
    ]);
    world.tell(&[
        (2, "2026-03-01T11:00:00Z", "Open", json!({})),
        (2, "2026-03-02T12:00:00Z", "Play", json!({ "genre": "rock", "sec": 50 })),
        (3, "2026-03-02T23:30:00Z", "Play", json!({})),
    ]);
    world
}

/// Values per day, then of the range, of the first event.
fn days(world: &World, zone: &str, event: &str, measure: &Json, users: &str) -> Vec<Option<f64>> {
    let result = trend(
        world,
        zone,
        &json!({
            "kind": "trend",
            "range": { "start": "2026-03-01", "end": "2026-03-02" },
            "events": [{ "event": event }],
            "measure": measure,
            "users": users,
        }),
    );
    let mut values = result.series[0].values.clone();
    values.push(result.series[0].total);
    values
}

#[test]
fn the_example_of_plays_and_opens_gives_its_table() {
    let world = plays();
    let check = |event: &str, measure: Json, users: &str, expected: [f64; 3]| {
        let found = days(&world, "UTC", event, &measure, users);
        let rounded: Vec<f64> =
            found.iter().map(|v| (v.unwrap() * 1_000.0).round() / 1_000.0).collect();
        assert_eq!(rounded, expected, "{event} {measure} {users}");
    };
    check("Play", json!("uniques"), "active", [1.0, 2.0, 3.0]);
    check("Play", json!("totals"), "active", [2.0, 2.0, 4.0]);
    check("_active", json!("uniques"), "active", [2.0, 3.0, 3.0]);
    check("_new", json!("uniques"), "any", [2.0, 2.0, 4.0]);
    check("Play", json!("active_percent"), "active", [50.0, 66.667, 100.0]);
    check("Play", json!("average"), "active", [2.0, 1.0, 1.333]);
    check("Play", json!({ "sum": { "property": "sec" } }), "active", [400.0, 50.0, 450.0]);
    check(
        "Play",
        json!({ "property_average": { "property": "sec" } }),
        "active",
        [200.0, 50.0, 150.0],
    );
    check("Open", json!("uniques"), "active", [1.0, 1.0, 2.0]);
    check("Open", json!("uniques"), "new", [1.0, 0.0, 2.0]);
}

#[test]
fn the_example_in_new_york_moves_an_evening_to_the_day_before() {
    let world = plays();
    let active = days(&world, "America/New_York", "_active", &json!("uniques"), "active");
    assert_eq!(active[..2], [Some(2.0), Some(2.0)]);
    let percent = days(&world, "America/New_York", "Play", &json!("active_percent"), "active");
    assert_eq!(percent[..2], [Some(50.0), Some(100.0)]);
}

#[test]
fn the_example_by_genre_ranks_groups_and_keeps_those_without() {
    let result = trend(
        &plays(),
        "UTC",
        &json!({
            "kind": "trend",
            "range": { "start": "2026-03-01", "end": "2026-03-02" },
            "events": [{ "event": "Play" }],
            "breakdown": { "property": "genre" },
        }),
    );
    let found: Vec<_> =
        result.series.iter().map(|one| (one.group.clone().unwrap(), one.total.unwrap())).collect();
    let expected = [("rock", 2.0), ("(none)", 1.0), ("pop", 1.0)].map(|(g, n)| (g.to_owned(), n));
    assert_eq!(found, expected);
    assert_eq!(result.series[0].values, [Some(1.0), Some(1.0)]);
}

pub(crate) fn paths() -> World {
    let mut world = World::new();
    let at = |time: &str| format!("2026-03-01T{time}Z");
    let people: &[(u64, &[(&str, &str)])] = &[
        (1, &[("A", "10:00:00"), ("B", "10:10:00"), ("C", "10:20:00")]),
        (2, &[("A", "10:00:00"), ("A", "10:50:00"), ("B", "11:10:00"), ("C", "11:30:00")]),
        (3, &[("A", "10:00:00"), ("C", "10:05:00"), ("B", "10:10:00")]),
        (4, &[("B", "09:00:00"), ("A", "09:30:00"), ("C", "09:40:00")]),
        (5, &[("A", "10:00:00"), ("X", "10:05:00"), ("B", "10:10:00"), ("C", "10:15:00")]),
        (6, &[("A", "10:00:00"), ("A", "10:01:00"), ("B", "10:02:00"), ("C", "10:03:00")]),
        (7, &[("A", "10:00:00"), ("B", "11:00:00")]),
        (8, &[("B", "10:00:00.100"), ("A", "10:00:00.900")]),
    ];
    for (person, rows) in people {
        let rows: Vec<_> = rows.iter().map(|(name, time)| (at(time), *name)).collect();
        let rows: Vec<_> =
            rows.iter().map(|(time, name)| (*person, time.as_str(), *name, json!({}))).collect();
        world.tell(&rows);
    }
    world
}

pub(crate) fn abc(resolution: &str) -> Json {
    json!({
        "kind": "funnel",
        "range": { "start": "2026-03-01", "end": "2026-03-01" },
        "steps": [{ "event": "A" }, { "event": "B" }, { "event": "C" }],
        "window_seconds": 3_600,
        "resolution": resolution,
    })
}

#[test]
fn the_example_of_eight_paths_gives_its_bars_and_times() {
    let mut world = paths();
    for compacted in [false, true] {
        let result = funnel(&world, &abc("second")).overall;
        assert_eq!(result.steps.iter().map(|step| step.people).collect::<Vec<_>>(), [8, 7, 4]);
        assert_eq!(result.steps.iter().map(|step| step.dropped_off).collect::<Vec<_>>(), [1, 3, 0]);
        let time = result.time_to_convert.unwrap();
        assert!((time.median_seconds - 17.5 * 60.0).abs() < 1e-9);
        assert!((time.mean_seconds - 19.5 * 60.0).abs() < 1e-9);
        assert_eq!(result.steps[2].from_start, Some(0.5));
        assert_eq!(result.incomplete, 0);
        let millis = funnel(&world, &abc("millisecond")).overall;
        assert_eq!(millis.steps.iter().map(|step| step.people).collect::<Vec<_>>(), [8, 6, 4]);
        if !compacted {
            world.store.compact_all().unwrap();
            world.tell(&[]);
        }
    }
}

#[test]
fn merged_people_count_once_and_an_undone_merge_gives_them_back() {
    let mut world = paths();
    let merge = world.merge(7, 8);
    world.write(Vec::new(), vec![merge]);
    world.store.flush().unwrap();
    let bars = |world: &World| funnel(world, &abc("second")).overall.steps[0].people;
    assert_eq!(bars(&world), 7);
    world.store.compact_all().unwrap();
    assert_eq!(bars(&world), 7);
    let undo = world.undo(0);
    world.write(Vec::new(), vec![undo]);
    world.store.flush().unwrap();
    assert_eq!(bars(&world), 8);
}

#[test]
fn a_breakdown_takes_the_value_of_the_earliest_of_the_deepest_paths() {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-03-01T10:00:00Z", "See", json!({ "landing": "A" })),
        (1, "2026-03-01T10:01:00Z", "See", json!({ "landing": "B" })),
        (1, "2026-03-01T10:02:00Z", "Reg", json!({})),
    ]);
    let mut query = json!({
        "kind": "funnel",
        "range": { "start": "2026-03-01", "end": "2026-03-01" },
        "steps": [{ "event": "See" }, { "event": "Reg" }],
        "breakdown": { "property": "landing" },
    });
    let groups = funnel(&world, &query).groups.unwrap();
    assert_eq!(groups.iter().map(|one| one.group.as_str()).collect::<Vec<_>>(), ["A"]);
    query["steps"][0]["filters"] = json!([{ "property": "landing", "op": "is", "values": ["B"] }]);
    assert_eq!(funnel(&world, &query).overall.steps[1].people, 1);
}

#[test]
fn an_entry_younger_than_the_window_is_incomplete() {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-03-31T23:30:00Z", "A", json!({})),
        (2, "2026-03-31T22:00:00Z", "A", json!({})),
        (3, "2026-03-31T23:45:00Z", "A", json!({})),
        (3, "2026-03-31T23:46:00Z", "B", json!({})),
        (3, "2026-03-31T23:47:00Z", "C", json!({})),
    ]);
    let mut query = abc("second");
    query["range"] = json!({ "last_days": 2 });
    assert_eq!(funnel(&world, &query).overall.incomplete, 1);
}

#[test]
fn what_is_not_offered_is_refused_with_its_name() {
    let mut unknown = abc("second");
    unknown["sequence"] = json!("any");
    let error = InsightQuery::from_json(&unknown.to_string()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("unknown field `sequence`"), "{error}");
    let mut window = abc("second");
    window["window_seconds"] = json!(0);
    assert!(
        InsightQuery::from_json(&window.to_string())
            .unwrap_err()
            .to_string()
            .contains("window_seconds")
    );
    let mut filter = abc("second");
    filter["steps"][0]["filters"] = json!([{ "property": "a", "op": "like", "values": ["b"] }]);
    assert!(
        InsightQuery::from_json(&filter.to_string()).unwrap_err().to_string().contains("`like`")
    );
    let both = json!({ "kind": "trend", "range": { "last_days": 1 }, "events": [{ "event": "A", "any_of": [{ "event": "B" }] }] });
    assert!(InsightQuery::from_json(&both.to_string()).unwrap_err().to_string().contains("any_of"));
}

#[test]
fn a_cancelled_question_ends_with_that() {
    let world = paths();
    let context = world.context("UTC", micros(NOW), 2);
    let query = InsightQuery::from_json(&abc("second").to_string()).unwrap();
    let error = answer(&query, &context, &AtomicBool::new(true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn a_question_and_its_json_are_the_same() {
    let query = InsightQuery::from_json(&abc("millisecond").to_string()).unwrap();
    let text = serde_json::to_string(&query).unwrap();
    assert_eq!(InsightQuery::from_json(&text).unwrap(), query);
}

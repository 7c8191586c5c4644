//! Worked examples of retention whose every figure is known.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::retention::spec::{RetentionGrid, RetentionResult};
use sluice_insights::{ErrorKind, InsightQuery, answer};

use crate::asking::asked;
use crate::world::{World, micros};

fn world() -> World {
    let mut world = World::new();
    let none = || json!({});
    world.tell(&[
        (1, "2026-03-01T10:40:00Z", "Start", none()),
        (1, "2026-03-01T20:10:00Z", "Start", none()),
        (2, "2026-03-01T09:05:00Z", "Start", none()),
        (2, "2026-03-01T09:05:00Z", "Back", none()),
        (1, "2026-03-02T10:05:00Z", "Back", none()),
        (2, "2026-03-02T08:59:00Z", "Back", none()),
    ]);
    world.tell(&[
        (3, "2026-03-02T08:00:00Z", "Start", none()),
        (3, "2026-03-02T12:00:00Z", "Back", none()),
        (4, "2026-03-01T23:50:00Z", "Start", none()),
        (4, "2026-03-02T07:00:00Z", "Start", none()),
        (4, "2026-03-02T00:10:00Z", "Back", none()),
        (4, "2026-03-03T00:30:00Z", "Back", none()),
        (1, "2026-03-03T19:00:00Z", "Back", none()),
        (2, "2026-03-04T09:30:00Z", "Back", none()),
        (3, "2026-03-04T08:00:00Z", "Back", none()),
    ]);
    world
}

fn ask(world: &World, now: &str, further: &Json) -> RetentionResult {
    let mut query = json!({
        "kind": "retention",
        "range": { "start": "2026-03-01", "end": "2026-03-02" },
        "start": { "event": "Start" },
        "returning": { "event": "Back" },
        "periods": 3,
    });
    for (name, value) in further.as_object().unwrap() {
        query[name] = value.clone();
    }
    let context = world.context("UTC", micros(now), 2);
    asked!(Retention, &query, &context)
}

const LATER: &str = "2026-03-10T00:00:00Z";

/// Size and cells of a row.
fn row(grid: &RetentionGrid, row: usize) -> (u64, Vec<u64>) {
    let row = &grid.rows[row];
    (row.people, row.cells.iter().map(|cell| cell.people).collect())
}

#[test]
fn the_example_gives_its_table_by_24_hours_and_by_calendar_on_and_on_or_after() {
    let world = world();
    let check = |windows: &str, mode: &str, expected: [(u64, [u64; 4]); 2]| {
        let result = ask(&world, LATER, &json!({ "windows": windows, "mode": mode }));
        for (index, (people, cells)) in expected.into_iter().enumerate() {
            assert_eq!(row(&result.overall, index), (people, cells.to_vec()), "{windows} {mode}");
        }
    };
    check("from_start", "on", [(3, [3, 2, 1, 1]), (2, [2, 0, 1, 0])]);
    check("calendar", "on", [(3, [1, 3, 2, 1]), (2, [1, 1, 1, 0])]);
    check("from_start", "on_or_after", [(3, [3, 3, 2, 1]), (2, [2, 1, 1, 0])]);
    check("calendar", "on_or_after", [(3, [3, 3, 3, 1]), (2, [2, 2, 1, 0])]);
}

#[test]
fn combined_counts_people_once_and_summed_once_a_row() {
    let result = ask(&world(), LATER, &json!({}));
    let cells = |cells: &[sluice_insights::retention::spec::RetentionCell]| {
        cells.iter().map(|cell| (cell.people, cell.of)).collect::<Vec<_>>()
    };
    assert_eq!(result.overall.people, 4);
    assert_eq!(cells(&result.overall.combined), [(4, 4), (2, 4), (2, 4), (1, 4)]);
    assert_eq!(cells(&result.overall.summed), [(5, 5), (2, 5), (2, 5), (1, 5)]);
}

#[test]
fn a_cell_is_incomplete_until_its_last_hour_is_over_and_does_not_count_in_the_combined_row() {
    let world = world();
    let incomplete = |now: &str| {
        let result = ask(&world, now, &json!({}));
        let of = |row: usize| -> Vec<bool> {
            result.overall.rows[row].cells.iter().map(|cell| cell.incomplete).collect()
        };
        (of(0), of(1), result.overall.combined[1].of)
    };
    let (first, second, of) = incomplete("2026-03-04T12:00:00Z");
    assert_eq!(first, [false, false, true, true]);
    assert_eq!(second, [false, true, true, true]);
    assert_eq!(of, 3, "only the row of 1 March is complete for day 1");
    let (first, ..) = incomplete("2026-03-05T00:00:00Z");
    assert_eq!(first, [false, false, false, true]);
}

#[test]
fn brackets_join_days_and_are_named_by_them() {
    let result = ask(&world(), LATER, &json!({ "mode": { "brackets": [[0, 1], [1, 4]] } }));
    let labels: Vec<&str> = result.columns.iter().map(|column| column.label.as_str()).collect();
    assert_eq!(labels, ["Day 0", "Days 1-3"]);
    assert_eq!(row(&result.overall, 0), (3, vec![3, 3]));
}

#[test]
fn hours_are_cut_off_before_days_are_counted_and_weeks_differ_by_how_they_are_counted() {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-12-01T17:59:00Z", "Start", json!({})),
        (1, "2026-12-02T17:00:00Z", "Back", json!({})),
        (1, "2026-12-07T10:00:00Z", "Back", json!({})),
    ]);
    let cells = |unit: &str, windows: &str| {
        let further = json!({
            "range": { "start": "2026-12-01", "end": "2026-12-01" }, "unit": unit,
            "windows": windows, "periods": 2,
        });
        row(&ask(&world, "2027-12-01T00:00:00Z", &further).overall, 0).1
    };
    assert_eq!(cells("day", "from_start"), [0, 1, 0]);
    // 7 December is a Monday, six days later.
    assert_eq!(cells("week", "from_start"), [1, 0, 0]);
    assert_eq!(cells("week", "calendar"), [1, 1, 0]);
    assert_eq!(cells("month", "calendar"), [1, 0, 0]);
}

#[test]
fn a_retention_that_cannot_be_asked_says_why() {
    let check = |further: Json, says: &str| {
        let mut query = json!({
            "kind": "retention", "range": { "last_days": 7 },
            "start": { "event": "A" }, "returning": { "event": "B" },
        });
        for (name, value) in further.as_object().unwrap() {
            query[name] = value.clone();
        }
        let error = InsightQuery::from_json(&query.to_string()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(says), "{error}");
    };
    check(json!({ "returning": { "event": "_new" } }), "_new");
    check(json!({ "periods": 0 }), "periods");
    check(json!({ "mode": { "brackets": [] } }), "brackets");
    check(json!({ "mode": { "brackets": [[3, 3]] } }), "bracket");
    check(json!({ "window": 3 }), "window");
}

#[test]
fn a_retention_that_would_be_too_large_is_refused_and_says_what_to_do() {
    let mut world = World::new();
    let groups: Vec<(u64, String)> = (1..=20).map(|n| (n, format!("value {n}"))).collect();
    let rows: Vec<_> = groups
        .iter()
        .map(|(n, value)| (*n, "2026-03-01T09:00:00Z", "Start", json!({ "x": value })))
        .collect();
    world.tell(&rows);
    let mut query = json!({
        "kind": "retention", "range": { "start": "2025-04-02", "end": "2026-04-01" },
        "start": { "event": "Start" }, "returning": { "event": "Back" },
        "periods": 366, "breakdown": { "property": "x" },
    });
    let refused = |query: &Json| {
        let context = world.context("UTC", micros("2026-04-02T00:00:00Z"), 2);
        let query = InsightQuery::from_json(&query.to_string()).unwrap();
        answer(&query, &context, &AtomicBool::new(false)).err()
    };
    let error = refused(&query).unwrap();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("more than 2000000 cells"), "{error}");
    query["groups_max"] = json!(5);
    assert!(refused(&query).is_none());
    query["groups_max"] = json!(100);
    query["periods"] = json!(30);
    assert!(refused(&query).is_none());
}

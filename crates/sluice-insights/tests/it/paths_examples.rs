//! Worked examples of paths whose every figure is known.

use serde_json::{Value as Json, json};
use sluice_insights::paths::spec::{PathsNodeName, PathsResult};
use sluice_insights::{ErrorKind, InsightQuery};

use crate::asking::asked;
use crate::world::{World, micros};

fn world() -> World {
    let mut world = World::new();
    let mut rows = Vec::new();
    for (who, names) in [(1, "ABC"), (2, "AC"), (3, "AAB"), (4, "B")] {
        for (hour, name) in names.chars().enumerate() {
            rows.push((who, format!("2026-03-01T{:02}:00:00Z", 9 + hour), name.to_string()));
        }
    }
    let rows: Vec<(u64, &str, &str, Json)> =
        rows.iter().map(|(who, at, name)| (*who, at.as_str(), name.as_str(), json!({}))).collect();
    world.tell(&rows);
    world
}

fn ask(world: &World, further: &Json) -> PathsResult {
    let mut query = json!({
        "kind": "paths", "range": { "start": "2026-03-01", "end": "2026-03-01" },
    });
    for (name, value) in further.as_object().unwrap() {
        query[name] = value.clone();
    }
    asked!(Paths, &query, &world.context("UTC", micros("2026-04-01T00:00:00Z"), 2))
}

/// Names and people of a column, with those who go no further.
fn column(result: &PathsResult, column: usize) -> Vec<(String, u64, u64)> {
    let nodes = result.columns[column].nodes.iter();
    let name = |node: &PathsNodeName| match node {
        PathsNodeName::Event(name) => name.clone(),
        other => format!("{other:?}"),
    };
    nodes.map(|one| (name(&one.node), one.amount.people, one.dropped.people)).collect()
}

fn owned(list: &[(&str, u64, u64)]) -> Vec<(String, u64, u64)> {
    list.iter().map(|(name, a, b)| ((*name).to_owned(), *a, *b)).collect()
}

#[test]
fn from_a_start_each_column_has_the_next_events_and_repeats_may_be_one_step() {
    let world = world();
    let start = json!({ "start": { "event": "A" } });
    let result = ask(&world, &start);
    assert_eq!(result.people, 3);
    assert_eq!(column(&result, 0), owned(&[("Start", 3, 0)]));
    assert_eq!(column(&result, 1), owned(&[("A", 1, 0), ("B", 1, 0), ("C", 1, 1)]));
    assert_eq!(column(&result, 2), owned(&[("B", 1, 1), ("C", 1, 1)]));
    let collapsed = ask(&world, &json!({ "start": { "event": "A" }, "collapse_repeats": true }));
    assert_eq!(column(&collapsed, 1), owned(&[("B", 2, 1), ("C", 1, 1)]));
}

#[test]
fn between_two_events_it_counts_who_gets_there() {
    let world = world();
    let ends =
        json!({ "start": { "event": "A" }, "end": { "event": "B" }, "collapse_repeats": true });
    let result = ask(&world, &ends);
    assert_eq!(result.reached.map(|amount| amount.people), Some(2));
    assert_eq!(column(&result, 1), owned(&[("End", 2, 0), ("C", 1, 1)]));
}

#[test]
fn backwards_from_an_end_the_columns_have_what_came_before() {
    let result = ask(&world(), &json!({ "end": { "event": "B" } }));
    assert_eq!(column(&result, 0), owned(&[("Start", 3, 1)]));
    assert_eq!(column(&result, 1), owned(&[("A", 2, 1)]));
    assert_eq!(column(&result, 2), owned(&[("A", 1, 1)]));
}

#[test]
fn a_unique_path_begins_at_the_first_start_even_if_a_later_one_would_get_further() {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-04-01T09:00:00Z", "A", json!({})),
        (1, "2026-04-01T10:00:00Z", "A", json!({})),
        (1, "2026-04-02T09:30:00Z", "B", json!({})),
    ]);
    let with = |count: &str| {
        let further = json!({
            "range": { "start": "2026-04-01", "end": "2026-04-01" }, "count": count,
            "start": { "event": "A" }, "end": { "event": "B" }, "window_seconds": 86_400,
        });
        let reached = ask(&world, &further).reached.unwrap();
        (reached.paths, reached.people)
    };
    assert_eq!(with("uniques"), (0, 0));
    assert_eq!(with("totals"), (1, 1));
}

#[test]
fn a_long_way_between_two_events_ends_in_more_and_still_counts_whether_it_gets_there() {
    let mut world = World::new();
    let mut rows: Vec<_> = (0..5).map(|at| (1, format!("2026-03-01T10:0{at}:00Z"), "X")).collect();
    rows.insert(0, (1, "2026-03-01T09:00:00Z".to_owned(), "A"));
    rows.push((1, "2026-03-01T11:00:00Z".to_owned(), "B"));
    let rows: Vec<_> =
        rows.iter().map(|(who, at, name)| (*who, at.as_str(), *name, json!({}))).collect();
    world.tell(&rows);
    let further = json!({ "start": { "event": "A" }, "end": { "event": "B" }, "columns_max": 3 });
    let result = ask(&world, &further);
    assert_eq!(column(&result, 2), owned(&[("More", 1, 0)]));
    assert_eq!(result.reached.map(|amount| amount.people), Some(1));
    // An hour without events ends a session.
    let further = json!({
        "start": { "event": "A" }, "end": { "event": "B" }, "session_gap_seconds": 3_599,
    });
    assert_eq!(ask(&world, &further).reached.map(|amount| amount.people), Some(0));
}

#[test]
fn paths_that_cannot_be_asked_say_why() {
    let check = |further: Json, says: &str| {
        let mut query = json!({ "kind": "paths", "range": { "last_days": 7 } });
        for (name, value) in further.as_object().unwrap() {
            query[name] = value.clone();
        }
        let error = InsightQuery::from_json(&query.to_string()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(says), "{error}");
    };
    check(json!({}), "`start`");
    check(json!({ "start": { "event": "_new" } }), "_new");
    check(json!({ "start": { "event": "A" }, "columns_max": 1 }), "columns_max");
    check(json!({ "start": { "event": "A" }, "nodes_max": 3 }), "nodes_max");
    check(json!({ "start": { "event": "A" }, "window_seconds": 0 }), "window_seconds");
}

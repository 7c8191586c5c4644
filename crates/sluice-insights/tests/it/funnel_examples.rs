//! Worked examples of funnels in other orders, by totals, with something held or excluded, over
//! time.

use serde_json::{Value as Json, json};
use sluice_insights::funnel::spec::FunnelResult;
use sluice_insights::{ErrorKind, InsightQuery};

use crate::examples::{abc, funnel, paths};
use crate::world::{New, World, micros};

fn with(mut query: Json, fields: &Json) -> Json {
    for (name, value) in fields.as_object().unwrap() {
        query[name] = value.clone();
    }
    query
}

fn counts(result: &FunnelResult) -> Vec<u64> {
    result.overall.steps.iter().map(|step| step.count).collect()
}

/// A funnel over all of January to March 2026.
fn ask(world: &World, steps: &[&str], fields: &Json) -> FunnelResult {
    let steps: Vec<Json> = steps.iter().map(|event| json!({ "event": event })).collect();
    let query = json!({
        "kind": "funnel",
        "range": { "start": "2026-01-01", "end": "2026-03-31" },
        "steps": steps,
    });
    funnel(world, &with(query, fields))
}

#[test]
fn the_example_of_eight_paths_in_other_orders_and_by_totals() {
    let world = paths();
    let check = |fields: Json, expected: [u64; 3]| {
        let result = funnel(&world, &with(abc("second"), &fields));
        assert_eq!(counts(&result), expected, "{fields}");
    };
    check(json!({ "interval": "day" }), [8, 7, 4]);
    check(json!({ "order": "any" }), [8, 8, 6]);
    check(json!({ "order": "exact" }), [8, 5, 3]);
    check(json!({ "count": "totals" }), [10, 7, 4]);
    let between = json!([{ "event": { "event": "X" }, "from": 1, "to": 2 }]);
    check(json!({ "exclusions": between }), [8, 6, 3]);
}

fn world(rows: &[(&str, &str, Json)]) -> World {
    let mut world = World::new();
    let rows: Vec<_> =
        rows.iter().map(|(at, name, props)| (1, *at, *name, props.clone())).collect();
    world.tell(&rows);
    world
}

#[test]
fn totals_take_the_earliest_waiting_path_on() {
    let minute = |n: usize| format!("2026-03-01T10:{n:02}:00Z");
    let check = |names: &str, expected: [u64; 2]| {
        let at: Vec<String> = (0..names.len()).map(minute).collect();
        let names: Vec<String> = names.chars().map(String::from).collect();
        let rows: Vec<_> = at
            .iter()
            .zip(&names)
            .map(|(at, name)| (at.as_str(), name.as_str(), json!({})))
            .collect();
        let result = ask(&world(&rows), &["A", "B"], &json!({ "count": "totals" }));
        assert_eq!(counts(&result), expected);
        assert_eq!(result.overall.steps[1].people, 1);
    };
    check("AAAAB", [4, 1]);
    check("ABAB", [2, 2]);
    check("AABB", [2, 2]);
}

#[test]
fn an_interval_of_entry_has_each_person_at_most_once() {
    let rows = [
        ("2026-01-01T10:00:00Z", "A", json!({})),
        ("2026-01-02T10:00:00Z", "B", json!({})),
        ("2026-01-05T10:00:00Z", "A", json!({})),
        ("2026-01-06T10:00:00Z", "B", json!({})),
        ("2026-01-20T10:00:00Z", "A", json!({})),
    ];
    let fields = json!({ "interval": "day", "window_seconds": 30 * 86_400 });
    let result = ask(&world(&rows), &["A", "B"], &fields);
    assert_eq!(counts(&result), [1, 1]);
    let moments = result.overall.over_time.unwrap();
    let labels = result.buckets.unwrap().into_iter().map(|bucket| bucket.label);
    let entered: Vec<(String, Vec<u64>)> = labels
        .zip(moments)
        .map(|(label, one)| (label, one.counts))
        .filter(|one| one.1[0] > 0)
        .collect();
    let expected =
        [("2026-01-01", vec![1, 1]), ("2026-01-05", vec![1, 1]), ("2026-01-20", vec![1, 0])];
    assert_eq!(entered, expected.map(|(label, counts)| (label.to_owned(), counts)));
}

#[test]
fn with_something_held_pairs_of_person_and_value_are_counted() {
    let item = json!({ "hold": { "property": { "property": "item" } } });
    let rows = [
        ("2026-03-01T10:00:00Z", "View", json!({ "item": 1 })),
        ("2026-03-01T10:01:00Z", "View", json!({ "item": 2 })),
        ("2026-03-01T10:02:00Z", "Buy", json!({ "item": 2 })),
        ("2026-03-01T10:03:00Z", "Buy", json!({})),
    ];
    let result = ask(&world(&rows), &["View", "Buy"], &item);
    assert_eq!(counts(&result), [2, 1]);
    assert_eq!(result.overall.steps[0].people, 1);
    let rows = [
        ("2026-03-01T10:00:00Z", "A", json!({ "item": [1, 2, 3] })),
        ("2026-03-01T10:01:00Z", "B", json!({ "item": 3 })),
    ];
    assert_eq!(counts(&ask(&world(&rows), &["A", "B"], &item)), [3, 1]);
}

#[test]
fn a_funnel_per_session_needs_all_steps_in_one() {
    let mut world = World::new();
    let row = |at: &str, name: &str, session: i64| New {
        time: micros(at),
        person: 1,
        name: name.to_owned(),
        props: json!({}),
        traits: None,
        session: Some(session),
    };
    let view = row("2026-03-01T10:00:00Z", "View", 7);
    world.write(vec![view, row("2026-03-01T10:01:00Z", "Buy", 8)], Vec::new());
    world.store.flush().unwrap();
    let session = json!({ "hold": "session" });
    assert_eq!(counts(&ask(&world, &["View", "Buy"], &session)), [1, 0]);
    world.write(vec![row("2026-03-01T10:02:00Z", "Buy", 7)], Vec::new());
    world.store.flush().unwrap();
    assert_eq!(counts(&ask(&world, &["View", "Buy"], &session)), [1, 1]);
}

#[test]
fn an_excluded_event_spoils_a_path_but_not_the_next() {
    let x = json!({ "exclusions": [{ "event": { "event": "X" }, "from": 1, "to": 2 }] });
    let mut rows = vec![
        ("2026-03-01T10:00:00Z", "A", json!({})),
        ("2026-03-01T10:01:00Z", "X", json!({})),
        ("2026-03-01T10:02:00Z", "B", json!({})),
    ];
    assert_eq!(counts(&ask(&world(&rows), &["A", "B"], &x)), [1, 0]);
    rows.push(("2026-03-01T10:03:00Z", "A", json!({})));
    rows.push(("2026-03-01T10:04:00Z", "B", json!({})));
    assert_eq!(counts(&ask(&world(&rows), &["A", "B"], &x)), [1, 1]);
}

#[test]
fn an_optional_step_gives_a_second_funnel_and_its_people() {
    let rows = [
        ("2026-03-01T10:00:00Z", "A", json!({})),
        ("2026-03-01T10:02:00Z", "C", json!({ "price": 12 })),
    ];
    let fields = json!({ "optional_step": 2, "sum": { "property": "price" } });
    let result = ask(&world(&rows), &["A", "B", "C"], &fields);
    assert_eq!(counts(&result), [1, 0, 0]);
    let without = result.without_optional.unwrap();
    assert_eq!(without.steps.iter().map(|step| step.count).collect::<Vec<_>>(), [1, 1]);
    assert_eq!((result.overall.sum, without.sum), (Some(0.0), Some(12.0)));
}

#[test]
fn what_a_funnel_cannot_do_is_refused_with_its_reason() {
    let check = |fields: Json, expected: &str| {
        let error = InsightQuery::from_json(&with(abc("second"), &fields).to_string()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(expected), "{fields}: {error}");
    };
    check(json!({ "order": "any", "count": "totals" }), "`totals` need an order");
    check(json!({ "hold": "session", "count": "totals" }), "`totals` need an order");
    let x = json!([{ "event": { "event": "X" }, "from": 2, "to": 2 }]);
    check(json!({ "exclusions": x }), "a later step `to`");
    let x = json!([{ "event": { "event": "X" } }]);
    check(json!({ "order": "any", "exclusions": x }), "need an order");
    check(json!({ "first_day": true }), "`first_day` is for new users");
    check(json!({ "optional_step": 3 }), "between the first and the last");
}

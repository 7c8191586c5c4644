//! Events taken as the data dictionary says.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::cohort::size;
use sluice_insights::trend::spec::TrendResult;
use sluice_insights::{
    CustomEvent, Dictionary, ErrorKind, InsightError, InsightQuery, InsightResult, Page,
    PeopleQuery, answer, check_custom_event, people,
};

use crate::world::{World, micros};

const NOW: &str = "2026-03-10T12:00:00Z";

/// Person 1 bought under the old name and the new, 2 under the old, 3 only has test events.
fn world() -> World {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-03-01T10:00:00Z", "Bought", json!({ "plan": "pro" })),
        (2, "2026-03-02T10:00:00Z", "Bought", json!({})),
        (3, "2026-03-03T10:00:00Z", "Test Ping", json!({})),
    ]);
    world.tell(&[
        (1, "2026-03-04T10:00:00Z", "Order Completed", json!({ "plan": "pro" })),
        (2, "2026-03-05T10:00:00Z", "Opened", json!({})),
    ]);
    world
}

fn dictionary() -> Dictionary {
    let parts = json!([
        { "event": "Opened" },
        { "event": "Order Completed", "filters": [{ "property": "plan", "op": "is", "values": ["pro"] }] },
    ]);
    let any_of = serde_json::from_value(parts).unwrap();
    Dictionary::default()
        .with_renamed("Bought", "Order Completed")
        .with_left_out("Test Ping")
        .with_custom("Touch", CustomEvent { label: "Any touch".to_owned(), any_of })
}

fn ask(event: &Json, dictionary: Dictionary) -> Result<TrendResult, InsightError> {
    let world = world();
    let query = json!({
        "kind": "trend", "range": { "start": "2026-03-01", "end": "2026-03-10" },
        "events": [event], "measure": "totals",
    });
    let query = InsightQuery::from_json(&query.to_string()).unwrap();
    let context = world.context("UTC", micros(NOW), 2).with_dictionary(dictionary.into());
    match answer(&query, &context, &AtomicBool::new(false))? {
        InsightResult::Trend(result) => Ok(result),
        other => panic!("a trend was asked for, not {other:?}"),
    }
}

/// Events and people of the whole range.
fn count(event: &Json, dictionary: Dictionary) -> (f64, u64) {
    let series = ask(event, dictionary).unwrap().series.remove(0);
    (series.total.unwrap(), series.people_total)
}

#[test]
fn both_names_of_a_renamed_event_count_as_one_also_in_the_past() {
    let plain = Dictionary::default;
    assert_eq!(count(&json!({ "event": "Order Completed" }), plain()), (1.0, 1));
    for name in ["Order Completed", "Bought"] {
        assert_eq!(count(&json!({ "event": name }), dictionary()), (3.0, 2), "{name}");
    }
}

#[test]
fn an_event_that_is_left_out_is_in_no_answer() {
    assert_eq!(count(&json!({ "event": "_active" }), Dictionary::default()), (5.0, 3));
    assert_eq!(count(&json!({ "event": "_active" }), dictionary()), (4.0, 2));
    let none = ask(&json!({ "event": "Test Ping" }), dictionary()).unwrap();
    assert_eq!(none.series[0].total, Some(0.0));
    let renamed = dictionary().with_left_out("Order Completed");
    assert_eq!(count(&json!({ "event": "_all" }), renamed), (1.0, 1), "under its other name, too");
}

#[test]
fn a_custom_event_counts_a_row_that_fits_one_of_its_parts() {
    let touch = json!({ "event": "ce:Touch" });
    let found = ask(&touch, dictionary()).unwrap();
    assert_eq!(found.series[0].label, "Any touch");
    assert_eq!(count(&touch, dictionary()), (3.0, 2));
    let pro = json!({ "property": "plan", "op": "is", "values": ["pro"] });
    let filtered = json!({ "event": "ce:Touch", "filters": [pro] });
    assert_eq!(count(&filtered, dictionary()), (2.0, 1));
    let either = json!({ "any_of": [{ "event": "ce:Touch" }, { "event": "Bought" }] });
    assert_eq!(count(&either, dictionary()), (4.0, 2));
    let error = ask(&touch, Dictionary::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("no custom event `Touch`"), "{error}");
}

#[test]
fn lists_of_people_and_cohorts_take_events_the_same_way() {
    let world = world();
    let context = world.context("UTC", micros(NOW), 2).with_dictionary(dictionary().into());
    let query = json!({
        "kind": "funnel",
        "query": {
            "range": { "start": "2026-03-01", "end": "2026-03-10" }, "window_seconds": 864_000,
            "steps": [{ "event": "Bought" }, { "event": "ce:Touch" }],
        },
        "point": { "step": 2 },
    });
    let query: PeopleQuery = serde_json::from_value(query).unwrap();
    let page = Page { after: None, limit: 10 };
    let found = people(&query, &page, &context, &AtomicBool::new(false)).unwrap();
    assert_eq!(found.people.iter().map(|one| one.person).collect::<Vec<_>>(), [1, 2]);
    let twice = json!({ "clauses": [{ "any_of": [
        { "kind": "performed", "event": { "event": "ce:Touch" }, "count": 2 },
    ] }] });
    let twice = serde_json::from_value(twice).unwrap();
    assert_eq!(size(&twice, &context, &AtomicBool::new(false)).unwrap().people, 1);
}

#[test]
fn a_custom_event_is_made_of_events_that_are_sent() {
    for event in ["_active", "$identify", "ce:Touch", ""] {
        let parts = serde_json::from_value(json!([{ "event": event }])).unwrap();
        let parts: Vec<sluice_insights::query::EventAlternative> = parts;
        assert!(check_custom_event(&parts).is_err(), "{event}");
    }
    assert!(check_custom_event(&[]).is_err());
}

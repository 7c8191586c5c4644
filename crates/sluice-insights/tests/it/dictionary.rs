//! Events taken as the data dictionary says.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::cohort::size;
use sluice_insights::trend::spec::TrendResult;
use sluice_insights::{
    Context, CustomEvent, Dictionary, ErrorKind, InsightError, InsightQuery, InsightResult, Page,
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

fn told(query: &Json, context: &Context) -> InsightResult {
    let query = InsightQuery::from_json(&query.to_string()).unwrap();
    answer(&query, context, &AtomicBool::new(false)).unwrap()
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
fn who_came_by_an_event_that_is_left_out_is_new_all_the_same() {
    let mut world = world();
    world.tell(&[(3, "2026-03-06T10:00:00Z", "Opened", json!({}))]);
    let context = world.context("UTC", micros(NOW), 2).with_dictionary(dictionary().into());
    let range = json!({ "start": "2026-03-01", "end": "2026-03-10" });
    let mut new = json!({ "kind": "trend", "range": range, "events": [{ "event": "_new" }] });
    new["users"] = json!("any");
    let InsightResult::Trend(new) = told(&new, &context) else { panic!("a trend") };
    let days: Vec<f64> = new.series[0].values.iter().flatten().copied().collect();
    assert_eq!(days[..4], [1.0, 1.0, 1.0, 0.0], "person 3 on the day of the test event");
    let kept = json!({
        "kind": "retention", "range": range,
        "start": { "event": "_new" }, "returning": { "event": "_active" },
    });
    let InsightResult::Retention(kept) = told(&kept, &context) else { panic!("a retention") };
    assert_eq!(kept.overall.people, 3);
    assert_eq!(kept.overall.rows[2].cells[3].people, 1);
}

#[test]
fn a_first_event_must_meet_the_filters_of_its_alternative_too() {
    let pro = json!([{ "property": "plan", "op": "is", "values": ["pro"] }]);
    let new = json!({ "any_of": [{ "event": "_new", "filters": pro }] });
    assert_eq!(count(&new, Dictionary::default()), (1.0, 1));
    assert_eq!(count(&new, dictionary()), (1.0, 1));
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

/// Seen, then something under an old name, then bought.
fn steps() -> World {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-03-01T10:00:00Z", "A", json!({})),
        (1, "2026-03-01T10:01:00Z", "Old", json!({})),
        (1, "2026-03-01T10:02:00Z", "B", json!({})),
        (2, "2026-03-02T10:00:00Z", "Page Viewed", json!({})),
    ]);
    world
}

fn renamed() -> Dictionary {
    let any_of = serde_json::from_value(json!([{ "event": "Old" }])).unwrap();
    let custom = CustomEvent { label: "C".to_owned(), any_of };
    Dictionary::default()
        .with_renamed("Old", "New")
        .with_renamed("Page Viewed", "Viewed")
        .with_custom("C", custom)
}

#[test]
fn what_must_not_happen_goes_by_the_dictionary() {
    let world = steps();
    let context = world.context("UTC", micros(NOW), 2);
    let bought = |excluded: &str, dictionary: Dictionary| {
        let query = json!({
            "kind": "funnel", "range": { "start": "2026-03-01", "end": "2026-03-01" },
            "steps": [{ "event": "A" }, { "event": "B" }],
            "exclusions": [{ "event": { "event": excluded } }],
        });
        let context = context.clone().with_dictionary(dictionary.into());
        let InsightResult::Funnel(found) = told(&query, &context) else { panic!("a funnel") };
        found.overall.steps[1].people
    };
    assert_eq!(bought("New", Dictionary::default()), 1);
    for name in ["Old", "New", "ce:C"] {
        assert_eq!(bought(name, renamed()), 0, "{name}");
    }
}

#[test]
fn names_in_paths_and_the_usual_page_view_go_by_the_dictionary() {
    let world = steps();
    let context = world.context("UTC", micros(NOW), 2).with_dictionary(renamed().into());
    let range = json!({ "start": "2026-03-01", "end": "2026-03-02" });
    let paths = json!({ "kind": "paths", "range": range, "start": { "event": "A" } });
    let columns = |ignore: Json| {
        let mut query = paths.clone();
        query["ignore"] = ignore;
        let InsightResult::Paths(found) = told(&query, &context) else { panic!("paths") };
        found.columns.len()
    };
    assert_eq!((columns(json!([])), columns(json!(["Old"])), columns(json!(["New"]))), (3, 2, 2));
    let error = InsightQuery::from_json(
        &json!({ "kind": "paths", "range": range, "start": { "event": "A" }, "ignore": ["ce:C"] })
            .to_string(),
    );
    assert!(error.unwrap_err().to_string().contains("cannot be ignored"));
    for name in ["Old", "New"] {
        let asked = json!({
            "kind": "paths", "query": { "range": range, "start": { "event": "A" } },
            "point": { "column": 2, "node": { "event": name } },
        });
        let asked: PeopleQuery = serde_json::from_value(asked).unwrap();
        let page = Page { after: None, limit: 10 };
        let found = people(&asked, &page, &context, &AtomicBool::new(false)).unwrap();
        assert_eq!(found.total, 1, "{name}");
    }
    let sessions = json!({ "kind": "sessions", "range": range });
    let InsightResult::Sessions(found) = told(&sessions, &context) else { panic!("sessions") };
    assert_eq!(found.total.bounces, 1, "the page view counts under its new name");
}

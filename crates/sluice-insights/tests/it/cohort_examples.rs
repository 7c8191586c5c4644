//! Cohorts whose members are known, and what cannot be asked.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::cohort::people;
use sluice_insights::{
    CohortDefinition, Cohorts, ErrorKind, InsightError, InsightQuery, InsightResult, Membership,
    Page, answer,
};

use crate::world::{World, micros};

const TODAY: &str = "2026-03-10T12:00:00Z";

fn world() -> World {
    let mut world = World::new();
    let play = "Play";
    world.tell(&[
        (1, "2026-03-03T10:00:00Z", play, json!({ "genre": "rock", "sec": 100 })),
        (1, "2026-03-03T18:00:00Z", play, json!({ "genre": "pop", "sec": 200 })),
        (1, "2026-03-09T10:00:00Z", play, json!({ "genre": "rock" })),
        (2, "2026-03-01T10:00:00Z", play, json!({ "genre": "jazz", "sec": 5 })),
        (3, "2026-02-20T10:00:00Z", play, json!({})),
        (3, "2026-03-08T10:00:00Z", play, json!({ "genre": "pop", "sec": 50 })),
    ]);
    world.tell(&[
        (1, "2026-03-04T10:00:00Z", "Pay", json!({})),
        (3, "2026-03-07T10:00:00Z", "Pay", json!({})),
    ]);
    world
}

fn members_with(world: &World, clauses: &Json, cohorts: Cohorts) -> Result<Vec<u64>, InsightError> {
    let definition: CohortDefinition =
        serde_json::from_value(json!({ "clauses": clauses })).unwrap();
    let context = world.context("UTC", micros(TODAY), 2).with_cohorts(cohorts);
    let page = Page { after: None, limit: 100 };
    let found = people(&definition, &page, &context, &AtomicBool::new(false))?;
    Ok(found.people.iter().map(|one| one.person).collect())
}

fn members(clauses: &Json) -> Vec<u64> {
    members_with(&world(), clauses, Cohorts::default()).unwrap()
}

/// One clause of one condition.
fn one(condition: &Json) -> Json {
    json!([{ "any_of": [condition] }])
}

fn event(name: &str) -> Json {
    json!({ "event": name })
}

#[test]
fn the_example_of_plays_and_payments_gives_its_members() {
    let (play, pay) = (event("Play"), event("Pay"));
    let performed = |count: u32, days: u32| {
        json!({
            "kind": "performed", "event": play, "count": count, "within": { "last_days": days },
        })
    };
    let since = json!({ "since": "2026-03-01" });
    let march = json!({ "start": "2026-03-01", "end": "2026-03-31" });
    assert_eq!(members(&one(&performed(2, 7))), [0; 0]);
    assert_eq!(members(&one(&performed(1, 10))), [1, 2, 3]);
    let days = json!({ "kind": "on_days", "event": play, "days": 2, "within": since });
    assert_eq!(members(&one(&days)), [1]);
    let then = json!({ "kind": "sequence", "steps": [play, pay], "within": since });
    assert_eq!(members(&one(&then)), [1]);
    let paid = json!({ "kind": "performed", "event": pay, "within": { "last_days": 10 } });
    let without = json!([{ "any_of": [performed(1, 10)] }, { "not": true, "any_of": [paid] }]);
    assert_eq!(members(&without), [2]);
    let second = json!({ "kind": "occurrence", "event": play, "number": 2, "within": march });
    assert_eq!(members(&one(&second)), [1, 3]);
    let more = json!({ "kind": "performed_more", "event": play, "than": pay, "within": since });
    assert_eq!(members(&one(&more)), [1, 2]);
}

#[test]
fn sums_values_properties_and_first_days_find_their_people() {
    let play = event("Play");
    let sum = json!({
        "kind": "sum", "event": play, "property": { "property": "sec" }, "op": "greater",
        "value": 49,
    });
    assert_eq!(members(&one(&sum)), [1, 3]);
    let genres = json!({
        "kind": "distinct_values", "event": play, "property": { "property": "genre" }, "count": 2,
    });
    assert_eq!(members(&one(&genres)), [1]);
    let rock = json!({ "property": "genre", "op": "is", "values": ["rock"] });
    let ever = json!({ "kind": "property", "filter": rock });
    assert_eq!(members(&one(&ever)), [1]);
    let few = json!({ "property": "sec", "op": "less", "values": [10] });
    let recently = json!({ "kind": "property", "filter": few, "at": "most_recently" });
    assert_eq!(members(&one(&recently)), [1, 2], "of person 1 no value is 0");
    let soon = json!({
        "kind": "performed", "event": event("Pay"), "within": { "first_days": 2 },
    });
    assert_eq!(members(&one(&soon)), [1]);
    let new = json!({ "kind": "new", "within": { "since": "2026-03-02" } });
    assert_eq!(members(&one(&new)), [1]);
    let quick = |seconds: u32| {
        json!({
            "kind": "sequence", "steps": [event("Play"), event("Pay")], "in_seconds": seconds,
        })
    };
    assert_eq!(members(&one(&quick(57_600))), [1], "sixteen hours from the second play");
    assert_eq!(members(&one(&quick(57_599))), [0; 0]);
}

#[test]
fn nobody_is_found_by_having_had_an_event_no_times() {
    let never = json!({ "kind": "performed", "event": event("Pay"), "op": "is", "count": 0 });
    assert_eq!(members(&one(&never)), [0; 0]);
    let seldom = json!({ "kind": "performed", "event": event("Play"), "op": "less", "count": 2 });
    assert_eq!(members(&one(&seldom)), [2]);
    let not = json!([{ "not": true, "any_of": [
        { "kind": "performed", "event": event("Pay") },
    ] }]);
    assert_eq!(members(&not), [2]);
}

#[test]
fn a_cohort_counts_merged_people_once_and_follows_an_undone_merge() {
    let mut world = world();
    let listed = Cohorts::new([("static".to_owned(), Membership::Listed([1, 2, 2].into()))]);
    let clauses = one(&json!({ "kind": "in_cohort", "cohort": "static" }));
    assert_eq!(members_with(&world, &clauses, listed.clone()).unwrap(), [1, 2]);
    let merge = world.merge(1, 2);
    world.write(Vec::new(), vec![merge]);
    world.store.flush().unwrap();
    assert_eq!(members_with(&world, &clauses, listed.clone()).unwrap(), [1]);
    let plays = one(&json!({ "kind": "performed", "event": event("Play"), "count": 4 }));
    assert_eq!(members_with(&world, &plays, Cohorts::default()).unwrap(), [1]);
    let undo = world.undo(0);
    world.write(Vec::new(), vec![undo]);
    world.store.flush().unwrap();
    assert_eq!(members_with(&world, &clauses, listed).unwrap(), [1, 2]);
    assert_eq!(members_with(&world, &plays, Cohorts::default()).unwrap(), [0; 0]);
}

#[test]
fn a_cohort_that_is_defined_by_itself_or_missing_is_refused() {
    let of = |id: &str| CohortDefinition::of_cohort(id);
    let around = Cohorts::new([
        ("a".to_owned(), Membership::Defined(of("b"))),
        ("b".to_owned(), Membership::Defined(of("a"))),
    ]);
    let clauses = one(&json!({ "kind": "in_cohort", "cohort": "a" }));
    let error = members_with(&world(), &clauses, around).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("by itself"), "{error}");
    let error = members_with(&world(), &clauses, Cohorts::default()).unwrap_err();
    assert!(error.to_string().contains("no cohort with the id `a`"), "{error}");
}

#[test]
fn what_cannot_be_asked_of_people_is_told() {
    let play = event("Play");
    let step = |n: u32| json!({ "event": format!("E{n}") });
    let many: Vec<Json> =
        (0..17).map(|n| json!({ "kind": "performed", "event": step(n) })).collect();
    let cases = [
        (json!([]), "at least one"),
        (json!([{ "any_of": [] }]), "1 to 20"),
        (one(&json!({ "kind": "occurrence", "event": play, "number": 6 })), "1 to 5"),
        (one(&json!({ "kind": "sequence", "steps": [play] })), "2 to 5"),
        (one(&json!({ "kind": "performed", "event": event("_new") })), "`new`"),
        (
            one(
                &json!({ "kind": "active", "within": { "start": "2026-03-02", "end": "2026-03-01" } }),
            ),
            "before it starts",
        ),
        (
            one(&json!({
                "kind": "property", "at": "now",
                "filter": { "property": "genre", "op": "is", "values": ["rock"] },
            })),
            "only traits",
        ),
        (json!([{ "any_of": many }]), "more than 16"),
    ];
    for (clauses, expected) in cases {
        let error = members_with(&world(), &clauses, Cohorts::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{clauses}");
        assert!(error.to_string().contains(expected), "{clauses}: {error}");
    }
}

#[test]
fn a_question_counts_only_the_people_it_names() {
    let paid = one(&json!({ "kind": "performed", "event": event("Pay") }));
    let query = json!({
        "kind": "trend",
        "range": { "start": "2026-02-01", "end": "2026-03-10" },
        "events": [{ "event": "Play" }],
        "people": paid,
    });
    let query = InsightQuery::from_json(&query.to_string()).unwrap();
    let world = world();
    let context = world.context("UTC", micros(TODAY), 2);
    let InsightResult::Trend(found) = answer(&query, &context, &AtomicBool::new(false)).unwrap()
    else {
        panic!("a trend")
    };
    assert_eq!((found.series[0].total, found.series[0].people_total), (Some(2.0), 2));
    assert!(found.explain.rows_scanned > 8, "the scan that finds the people is told, too");
}

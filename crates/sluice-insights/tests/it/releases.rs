//! Releases of apps, as their events tell.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::releases;

use crate::world::{World, micros};

fn told(world: &World) -> Vec<(String, String, String, u64)> {
    let context = world.context("UTC", micros("2026-04-01T00:00:00Z"), 1);
    let found = releases(&context, &AtomicBool::new(false)).unwrap().into_iter();
    found.map(|one| (one.app.unwrap_or_default(), one.version, one.at, one.events)).collect()
}

fn row(at: &'static str, app: &Json) -> (u64, &'static str, &'static str, Json) {
    (1, at, "Opened", json!({ "app": app }))
}

#[test]
fn a_version_that_comes_after_others_is_a_release_at_its_first_event_of_any_part() {
    let mut world = World::new();
    let shop = |version: &str| json!({ "name": "Shop", "version": version });
    world.tell(&[
        row("2026-03-10T08:00:00Z", &shop("2.0")),
        row("2026-03-10T09:00:00Z", &shop("1.0")),
        (2, "2026-03-10T09:30:00Z", "Opened", json!({})),
    ]);
    // Late: both versions were there before.
    world.tell(&[
        row("2026-03-09T10:00:00Z", &shop("2.0")),
        row("2026-02-20T10:00:00Z", &shop("1.0")),
        row("2026-03-20T10:00:00Z", &json!({ "name": "Till", "version": "7" })),
        row("2026-03-21T10:00:00Z", &json!({ "name": "Till", "version": " " })),
    ]);
    let release = ("Shop".to_owned(), "2.0".to_owned(), "2026-03-09T10:00:00.000Z".to_owned(), 2);
    assert_eq!(told(&world), [release]);
}

#[test]
fn a_version_without_an_app_counts_and_one_that_hardly_anybody_has_does_not() {
    let mut world = World::new();
    let version = |version: &str| json!({ "version": version });
    let mut rows = vec![row("2026-03-01T00:00:00Z", &version("1"))];
    rows.extend((0..198).map(|_| row("2026-03-05T00:00:00Z", &version("1"))));
    rows.push(row("2026-03-05T01:00:00Z", &version("test")));
    rows.push(row("2026-03-05T02:00:00Z", &version("2")));
    rows.extend((0..2).map(|_| row("2026-03-06T00:00:00Z", &version("2"))));
    // More than a week after its first.
    rows.push(row("2026-03-20T00:00:00Z", &version("test")));
    world.tell(&rows);
    let release = (String::new(), "2".to_owned(), "2026-03-05T02:00:00.000Z".to_owned(), 3);
    assert_eq!(told(&world), [release]);
}

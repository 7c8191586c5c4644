//! Traits: the newest value counts, whoever brought it, and every change has a version.

use std::time::Duration;

use sluice_base::Timestamp;
use sluice_event::{EventType, Offset};
use sluice_profiles::{IdentityRules, Resolved};

use crate::support::{NOW, World, event};

fn at(hour: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(hour * 3600))
}

fn identify(
    world: &mut World,
    user: Option<&str>,
    anonymous: Option<&str>,
    hour: u64,
    traits: &str,
) -> Resolved {
    let mut event = event(EventType::Identify, user, anonymous, "{}", traits);
    event.timestamp = at(hour);
    world.send(&event)
}

fn json(resolved: &Resolved) -> &str {
    resolved.traits.as_ref().map_or("-", |(_, json)| json)
}

#[test]
fn a_late_value_does_not_overwrite_a_newer_one() {
    let mut world = World::new(&IdentityRules::default());
    identify(&mut world, None, Some("1"), 10, r#"{"plan":"free"}"#);
    let late = identify(&mut world, None, Some("1"), 9, r#"{"plan":"pro"}"#); // I23
    assert_eq!(json(&late), r#"{"plan":"free"}"#);
    assert_eq!(late.traits.unwrap().0, Offset(1), "nothing changed, so the version stays");
}

#[test]
fn operations_of_any_call_hold_from_that_call_on() {
    let mut world = World::new(&IdentityRules::default());
    let context = r#"{"traitOperations":{"$set":{"team":"red"},"$add":{"visits":1}}}"#;
    let track = event(EventType::Track, Some("x"), None, context, "{}");
    assert_eq!(json(&world.send(&track)), r#"{"team":"red","visits":1}"#);
    assert_eq!(json(&world.send(&track)), r#"{"team":"red","visits":2}"#);
    let plain = event(EventType::Track, Some("x"), None, "{}", "{}");
    assert_eq!(json(&world.send(&plain)), r#"{"team":"red","visits":2}"#);
}

#[test]
fn null_removes_a_trait_also_against_a_late_value() {
    let mut world = World::new(&IdentityRules::default());
    identify(&mut world, None, Some("1"), 10, r#"{"plan":"free","a":{"b":[1]}}"#);
    let removed = identify(&mut world, None, Some("1"), 11, r#"{"plan":null}"#); // I24
    assert_eq!(json(&removed), r#"{"a":{"b":[1]}}"#);
    assert_eq!(removed.traits.unwrap().0, Offset(3));
    assert_eq!(
        json(&identify(&mut world, None, Some("1"), 10, r#"{"plan":"late"}"#)),
        r#"{"a":{"b":[1]}}"#
    );
}

#[test]
fn merged_people_have_the_newest_of_both_and_an_undone_merge_gives_each_its_own() {
    let mut world = World::new(&IdentityRules::default());
    identify(&mut world, None, Some("1"), 10, r#"{"plan":"free","old":true}"#);
    identify(&mut world, Some("x"), None, 11, r#"{"plan":"pro"}"#);
    let merged = identify(&mut world, Some("x"), Some("1"), 12, "{}"); // I25
    assert_eq!(json(&merged), r#"{"old":true,"plan":"pro"}"#);
    assert_eq!(merged.traits.as_ref().unwrap().0, Offset(5), "the merge made a new state");

    let merge = world.map.person(merged.canonical).unwrap().unwrap().merges[0].merge;
    assert!(world.undo(merge));
    assert_eq!(
        json(&identify(&mut world, None, Some("1"), 12, "{}")),
        r#"{"old":true,"plan":"free"}"#
    );
    let other = identify(&mut world, Some("x"), None, 12, "{}");
    assert_eq!(json(&other), r#"{"plan":"pro"}"#);
    assert_eq!(other.traits.unwrap().0, Offset(6), "the undo made a new state");
}

#[test]
fn the_same_value_again_wins_over_the_other_side_of_a_merge_whatever_is_cached() {
    let mut world = World::new(&IdentityRules::default());
    identify(&mut world, None, Some("1"), 10, r#"{"plan":"free"}"#);
    identify(&mut world, Some("x"), None, 11, r#"{"plan":"pro"}"#);
    let merged = identify(&mut world, Some("x"), Some("1"), 12, "{}");
    assert_eq!(json(&merged), r#"{"plan":"pro"}"#);
    let again = identify(&mut world, None, Some("1"), 13, r#"{"plan":"free"}"#);
    assert_eq!(json(&again), r#"{"plan":"free"}"#);
    let mut world = world.reopen(false);
    let after = identify(&mut world, Some("x"), None, 13, "{}");
    assert_eq!(after.traits, again.traits, "a restart changes nothing");
}

#[test]
fn track_sets_no_traits() {
    let mut world = World::new(&IdentityRules::default());
    let resolved = world.send(&event(EventType::Track, Some("x"), None, "{}", r#"{"plan":"pro"}"#));
    assert_eq!(json(&resolved), "-");
}

#[test]
fn the_number_and_the_bytes_of_traits_are_bounded() {
    let mut world = World::new(&IdentityRules::default());
    for n in 0..40 {
        let traits: Vec<_> = (0..10).map(|k| format!(r#""t{n}_{k}":{k}"#)).collect();
        identify(&mut world, Some("x"), None, 10, &format!("{{{}}}", traits.join(",")));
    }
    let big = format!(r#"{{"t0_0":"{}"}}"#, "x".repeat(100_000));
    let resolved = identify(&mut world, Some("x"), None, 11, &big);
    let view = world.map.person(resolved.canonical).unwrap().unwrap();
    assert_eq!(view.traits.len(), 300);
    assert_eq!(&*view.traits[0].1.json, "0", "a value without room is not kept");
}

//! The rule table: a state, an event, what comes of it.

use sluice_base::Timestamp;
use sluice_event::{Decision, MergeId, PersonId};
use sluice_profiles::{IdentityRules, Limit, Window};

use crate::support::{DAY, NOW, World, event_with, parse_id};

/// Puts people into an empty world: `a:1 u:x | e:j`, numbered from P1. An id may say how many days
/// ago it was attached: `a:1@8`.
fn world(state: &str, rules: &IdentityRules) -> World {
    let mut world = World::new(rules);
    let mut decisions = Vec::new();
    for (index, ids) in state.split('|').filter(|ids| !ids.trim().is_empty()).enumerate() {
        let person = PersonId(index as u64 + 1);
        decisions.push(Decision::Create { person, at: NOW.minus(DAY * 300) });
        for id in ids.split_whitespace() {
            let (id, days) = id.split_once('@').unwrap_or((id, "0"));
            let at: Timestamp = NOW.minus(DAY * days.parse().unwrap());
            decisions.push(Decision::Attach { person, id: parse_id(id), at });
        }
    }
    world.decisions(decisions);
    world.next = sluice_event::Offset(1000);
    world
}

/// `-> P2, P1 a:1 u:x, P2 …`: whose the event is, and every person that stands.
fn describe(world: &World, canonical: PersonId) -> String {
    let new = PersonId(world.next.0);
    let name = |person: PersonId| match person {
        PersonId::NOBODY => "nobody".to_owned(),
        person if person == new => "new".to_owned(),
        person => format!("P{}", person.0),
    };
    let mut text = format!("-> {}", name(canonical));
    for person in (1..20).map(PersonId).chain([new]) {
        let Some(view) = world.map.person(person).unwrap() else { continue };
        if view.person != person {
            continue;
        }
        let short = |kind: &str| match kind {
            "user_id" => "u".to_owned(),
            "anonymous_id" => "a".to_owned(),
            "email" => "e".to_owned(),
            other => other.to_owned(),
        };
        let mut ids: Vec<_> = view
            .external_ids
            .iter()
            .map(|v| format!("{}:{}", short(&v.id.kind), v.id.value))
            .collect();
        ids.sort();
        text += &format!(", {} {}", name(person), ids.join(" "));
    }
    text
}

fn check_with(rules: &IdentityRules, state: &str, ids: &str, expected: &str) {
    let mut world = world(state, rules);
    let canonical = world.send(&event_with(ids)).canonical;
    assert_eq!(describe(&world, canonical), expected, "{state} <- {ids}");
}

fn check(state: &str, ids: &str, expected: &str) {
    check_with(&IdentityRules::default(), state, ids, expected);
}

#[test]
fn a_first_identifier_makes_a_person_and_a_known_one_finds_it() {
    check("", "a:1", "-> new, new a:1"); // I1
    check("a:1", "a:1", "-> P1, P1 a:1"); // I2
    check("a:1", "u:x a:1", "-> P1, P1 a:1 u:x"); // I3
    check("u:x", "e:j u:x", "-> P1, P1 e:j u:x"); // I14
    check("e:j", "u:y e:j", "-> P1, P1 e:j u:y"); // I8
    check("e:j a:1", "e:k a:1", "-> P1, P1 a:1 e:j e:k"); // I17
    check("u:x", "u:x phone:5", "-> P1, P1 phone:5 u:x"); // I19
}

#[test]
fn people_who_share_an_event_become_one_and_the_oldest_survives() {
    check("a:1 | u:x", "u:x a:1", "-> P1, P1 a:1 u:x"); // I4
    check("e:j | a:1 | u:x", "u:x e:j a:1", "-> P1, P1 a:1 e:j u:x"); // I16
}

#[test]
fn a_second_user_id_makes_the_weakest_identifier_give_way() {
    check("u:x a:1 | u:y", "u:y a:1", "-> P2, P1 a:1 u:x, P2 u:y"); // I5
    check("u:x e:j", "u:y e:j", "-> new, P1 e:j u:x, new u:y"); // I6
    check("u:x e:j", "u:y e:j a:9", "-> new, P1 e:j u:x, new u:y"); // I7
    check("u:x e:j | u:y", "u:y e:j", "-> P2, P1 e:j u:x, P2 u:y"); // I15
}

#[test]
fn a_sixth_value_of_a_type_is_not_attached() {
    check("a:1 a:2 a:3 a:4 a:5", "a:6 u:x", "-> new, P1 a:1 a:2 a:3 a:4 a:5, new a:6 u:x"); // I9
    check("u:x a:1 a:2 a:3 a:4 a:5", "u:x a:6", "-> P1, P1 a:1 a:2 a:3 a:4 a:5 u:x"); // I10
    // I18: of e-mail and anonymous id the latter gives way, and what is left knows nobody.
    check("a:1 e:1 e:2 e:3 e:4 e:5", "a:1 e:new", "-> new, P1 a:1 e:1 e:2 e:3 e:4 e:5, new e:new");
    // More phones on the first event than a person may have: the first five stay.
    check(
        "",
        "phone:1 phone:2 phone:3 phone:4 phone:5 phone:6",
        "-> new, new phone:1 phone:2 phone:3 phone:4 phone:5",
    );
}

#[test]
fn a_value_outside_its_window_does_not_count() {
    let mut rules = IdentityRules::default();
    rules.limits.insert("anonymous_id".to_owned(), Limit { count: 5, window: Window::Weekly });
    let state = "u:x a:1@8 a:2 a:3 a:4 a:5";
    check_with(&rules, state, "u:x a:6", "-> P1, P1 a:1 a:2 a:3 a:4 a:5 a:6 u:x"); // I11
    let state = "u:x a:1@6 a:2 a:3 a:4 a:5";
    check_with(&rules, state, "u:x a:6", "-> P1, P1 a:1 a:2 a:3 a:4 a:5 u:x");
}

#[test]
fn a_blocked_value_is_no_identifier() {
    check("", "u:0000-0000", "-> nobody"); // I12
    check("", "u:anonymous a:1", "-> new, new a:1"); // I13
    check("", "u:null a:-1", "-> nobody");
}

#[test]
fn beyond_the_merge_limit_events_still_resolve() {
    // I20, with 100 merges behind P1.
    let mut world = world("u:x | a:z", &IdentityRules::default());
    let mut decisions = Vec::new();
    for n in 0..100 {
        let absorbed = PersonId(100 + n);
        decisions.push(Decision::Create { person: absorbed, at: NOW });
        let merge = MergeId(12_800 + n);
        decisions.push(Decision::Merge { merge, survivor: PersonId(1), absorbed, at: NOW });
    }
    world.decisions(decisions);
    let canonical = world.send(&event_with("u:x a:z")).canonical;
    assert_eq!(describe(&world, canonical), "-> P1, P1 u:x, P2 a:z");
}

#[test]
fn beyond_the_mapping_limit_events_still_resolve() {
    let rules = IdentityRules { mappings_max: 3, ..IdentityRules::default() };
    check_with(&rules, "u:x a:1 a:2", "u:x a:3", "-> P1, P1 a:1 a:2 u:x");
    check_with(&rules, "u:x a:1 | a:2 a:3", "u:x a:2", "-> P1, P1 a:1 u:x, P2 a:2 a:3");
}

#[test]
fn an_alias_joins_two_known_users() {
    check("u:old a:1 | u:new", "u:new p:old", "-> P1, P1 a:1 u:new u:old");
    check("a:old | u:new", "u:new p:old", "-> P1, P1 a:old u:new");
    check("u:new", "u:new p:unknown", "-> P1, P1 a:unknown u:new");
}

#[test]
fn a_person_with_two_user_ids_takes_new_identifiers_like_any_other() {
    check("u:x u:y", "u:x a:1", "-> P1, P1 a:1 u:x u:y");
    check("u:x u:y | a:1", "u:x a:1", "-> P1, P1 a:1 u:x u:y");
    check("u:x u:y | u:z", "u:z e:j", "-> P2, P1 u:x u:y, P2 e:j u:z");
}

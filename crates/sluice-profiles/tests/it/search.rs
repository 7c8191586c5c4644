//! Finding people by a part of what they are known by.

use std::fmt::Write as _;

use sluice_event::EventType;
use sluice_profiles::{IdentityRules, Search};

use crate::support::{World, event, event_with};

fn find(world: &World, text: &str) -> Vec<u64> {
    let search = Search { text: text.to_owned(), people_max: 100, nodes_max: 10_000 };
    let found = world.map.search(&search).unwrap();
    assert!(found.is_complete);
    found.people.iter().map(|person| person.0).collect()
}

fn known(world: &mut World, user: &str, traits: &str) -> u64 {
    let sent = event(EventType::Identify, Some(user), None, "{}", traits);
    world.send(&sent).canonical.0
}

#[test]
fn a_part_of_an_identifier_or_trait_is_found_in_memory_and_in_the_store() {
    let mut world = World::new(&IdentityRules::default());
    let ann = known(&mut world, "u-100", r#"{"name":"Ann Weiß","email":"ann@Example.com"}"#);
    let bob = known(&mut world, "u-200", r#"{"name":"Bob \"B\" Fox","plan":"pro","age":41}"#);
    for round in 0..2 {
        assert_eq!(find(&world, "U-1"), [ann], "{round}");
        assert_eq!(find(&world, "u-"), [bob, ann], "{round}");
        assert_eq!(find(&world, "example.COM"), [ann], "{round}");
        assert_eq!(find(&world, "weiß"), [ann], "{round}");
        assert_eq!(find(&world, "\"b\" fox"), [bob], "{round}");
        assert_eq!(find(&world, "41"), [bob], "{round}");
        assert_eq!(find(&world, "plan"), [0; 0], "the name of a trait is no text of a person");
        assert_eq!(find(&world, "  "), [0; 0], "{round}");
        world = world.reopen(false);
    }
}

#[test]
fn merged_people_are_found_once_by_what_any_of_them_has() {
    let mut world = World::new(&IdentityRules::default());
    let device = world.send(&event_with("a:device-1")).canonical.0;
    world.send(&event_with("u:jane e:jane@x.org"));
    let jane = world.send(&event_with("a:device-1 u:jane")).canonical.0;
    world = world.reopen(false);
    assert_eq!(find(&world, "device"), [jane]);
    assert_eq!(find(&world, "jane"), [jane]);
    assert_eq!(device, jane, "the older node stands for both");
}

#[test]
fn a_search_beyond_its_bound_says_so_and_still_finds_a_whole_identifier() {
    let mut world = World::new(&IdentityRules::default());
    let first = known(&mut world, "user-0", "{}");
    let mut name = String::new();
    for number in 1..50 {
        name.clear();
        write!(name, "user-{number}").unwrap();
        known(&mut world, &name, "{}");
    }
    let world = world.reopen(false);
    let search = |text: &str, people_max, nodes_max| {
        let search = Search { text: text.to_owned(), people_max, nodes_max };
        world.map.search(&search).unwrap()
    };
    let bounded = search("user-0", 10, 20);
    assert_eq!(bounded.people.iter().map(|one| one.0).collect::<Vec<_>>(), [first]);
    assert_eq!((bounded.nodes_looked_at, bounded.is_complete), (20, false));
    assert!(search("ser-0", 10, 20).people.is_empty());
    assert_eq!(search("ser-0", 10, 60).people.len(), 1);
    let many = search("user", 10, 60);
    assert_eq!((many.people.len(), many.is_complete), (10, false));
}

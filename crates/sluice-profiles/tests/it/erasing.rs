//! An erased person: unknown from then on, by number, identifier and text, also after a restart and
//! when the map is rebuilt from the log; and nothing of them stays in its files.

use std::path::Path;

use sluice_event::{Offset, PersonId};
use sluice_profiles::{IdentityMap, IdentityRules, Search};

use crate::support::{World, event_with};

fn world() -> (World, PersonId) {
    let mut world = World::new(&IdentityRules::default());
    world.send(&event_with("a:anon-7f1kq u:user-7f1kq e:mail-7f1kq"));
    world.send(&event_with("a:other-7f1kq u:user-7f1kq"));
    world.send(&event_with("a:phone u:bob e:bob@example.com"));
    let person = find(&world.map, "user-7f1kq").unwrap();
    (world, person)
}

fn find(map: &IdentityMap, user: &str) -> Option<PersonId> {
    map.find_by_external_id("user_id", user).unwrap()
}

fn check_unknown(map: &IdentityMap, person: PersonId) {
    assert_eq!(map.person(person).unwrap(), None);
    assert_eq!(find(map, "user-7f1kq"), None);
    let search = Search { text: "7f1kq".to_owned(), people_max: 10, nodes_max: 1_000 };
    assert_eq!(map.search(&search).unwrap().people, []);
    assert!(find(map, "bob").is_some());
}

#[test]
fn an_erased_person_is_unknown_also_after_a_restart_and_when_rebuilt() {
    let (mut world, person) = world();
    let nodes = world.map.nodes_of(person).unwrap();
    world.erase(person);
    check_unknown(&world.map, person);
    assert_eq!(world.map.nodes_of(person).unwrap(), nodes, "its numbers stay");
    check_unknown(&world.rebuilt().1, person);
    for forget in [true, false] {
        world = world.reopen(forget);
        check_unknown(&world.map, person);
    }
    let before = world.log.len();
    world.erase(person);
    assert!(world.log[before].1.decisions.is_empty(), "once is enough");
    // A log whose records were written anew gives the same map.
    for (_, batch) in &mut world.log {
        batch.erase(|one| nodes.contains(&one));
    }
    check_unknown(&world.rebuilt().1, person);
}

#[test]
fn who_comes_by_the_identifiers_of_an_erased_person_is_somebody_new() {
    let (mut world, person) = world();
    world.erase(person);
    world.next = Offset(500);
    let back = world.send(&event_with("a:anon-7f1kq u:user-7f1kq"));
    assert!(back.canonical.0 > 500 && back.canonical != person);
    for forget in [true, false, false] {
        assert_eq!(find(&world.map, "user-7f1kq"), Some(back.canonical));
        assert_eq!(find(&world.rebuilt().1, "user-7f1kq"), Some(back.canonical));
        world = world.reopen(forget);
    }
    let again = world.send(&event_with("u:user-7f1kq"));
    assert_eq!(again.canonical, back.canonical);
}

fn holds(dir: &Path, text: &str) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn after_a_purge_no_file_holds_anything_of_an_erased_person_and_the_others_are_there() {
    let (mut world, person) = world();
    world.map.flush().unwrap();
    let before: Vec<_> = (1..10).map(|n| world.map.person(PersonId(n)).unwrap()).collect();
    assert!(holds(world.dir.path(), "7f1kq"));
    world.erase(person);
    world.map.flush().unwrap();
    assert!(holds(world.dir.path(), "7f1kq"), "what is written over is still in the files");
    for round in 0..2 {
        world.map.want_purge();
        assert!(world.map.is_store_due());
        world.map.store_due().unwrap();
        assert!(!world.map.is_purge_due());
        assert!(!holds(world.dir.path(), "7f1kq"), "round {round}");
        world = world.reopen(true);
        check_unknown(&world.map, person);
        for (n, view) in (1..10).zip(&before) {
            let is_theirs = view.as_ref().is_some_and(|view| view.person == person);
            let expected = view.clone().filter(|_| !is_theirs);
            assert_eq!(world.map.person(PersonId(n)).unwrap(), expected, "round {round}, {n}");
        }
        assert!(!holds(world.dir.path(), "7f1kq"), "round {round}");
    }
}

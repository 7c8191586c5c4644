//! A hostile stream does not grow the memory of the map (invariant I10).

use sluice_event::EventType;
use sluice_profiles::IdentityRules;

use crate::support::{World, event};

#[test]
fn a_new_anonymous_id_on_every_event_does_not_grow_the_memory() {
    let mut world = World::new(&IdentityRules::default());
    let mut most = 0;
    for n in 0..20_000 {
        world.send(&event(EventType::Track, None, Some(&format!("anon-{n}")), "{}", "{}"));
        world.log.clear();
        if n % 1000 == 999 {
            world.map.flush().unwrap();
            most = most.max(world.map.entries_in_memory());
        }
    }
    assert!(most < 200, "{most} entries in memory");
    for n in [0, 777, 19_999] {
        let found = world.map.find_by_external_id("anonymous_id", &format!("anon-{n}")).unwrap();
        assert_eq!(found.unwrap().0, n * 2 + 2, "a forgotten entry is read from the store");
    }
}

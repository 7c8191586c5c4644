//! Laws of the graph, on random interleavings of events, aliases and undos.
//! `SLUICE_SEEDS` sets how many seeds run.

use sluice_event::{EventType, MergeId, PersonId};
use sluice_profiles::{IdentityMap, IdentityRules, Limit, PersonView};

use crate::naive::Naive;
use crate::support::{World, event};

const ANONYMOUS_MAX: u32 = 2;

/// A small, good enough generator (xorshift*).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

fn seeds() -> u64 {
    std::env::var("SLUICE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(12)
}

fn rules() -> IdentityRules {
    let mut rules = IdentityRules::default();
    rules.limits.insert("anonymous_id".to_owned(), Limit::ever(ANONYMOUS_MAX));
    rules
}

fn views(map: &IdentityMap, end: u64) -> Vec<Option<PersonView>> {
    (1..=end).map(|person| map.person(PersonId(person)).unwrap()).collect()
}

/// One random act, on the map and on the naive model; they must answer the same.
fn act(world: &mut World, naive: &mut Naive, random: &mut Random) {
    let merges: Vec<u64> =
        naive.merges.iter().filter(|merge| merge.3).map(|merge| merge.0).collect();
    if !merges.is_empty() && random.below(10) == 0 {
        let merge = merges[random.below(merges.len() as u64) as usize];
        assert!(world.undo(MergeId(merge)));
        assert!(!world.undo(MergeId(merge)), "a merge is undone once");
        return naive.undo(merge);
    }
    let user = (random.below(2) == 0).then(|| random.below(4).to_string());
    let anonymous = (random.below(3) > 0).then(|| random.below(8).to_string());
    let email = (random.below(4) == 0).then(|| random.below(4).to_string());
    let previous = (user.is_some() && random.below(8) == 0).then(|| random.below(8).to_string());
    let mut traits = vec![format!("\"t{}\":{}", random.below(3), random.below(100))];
    traits.extend(email.iter().map(|email| format!("\"email\":\"{email}\"")));
    let traits = format!("{{{}}}", traits.join(","));
    let is_alias = previous.is_some();
    let kind = if is_alias { EventType::Alias } else { EventType::Identify };
    let mut event = event(kind, user.as_deref(), anonymous.as_deref(), "{}", &traits);
    event.previous_id = previous.as_deref().map(Into::into);
    event.timestamp = sluice_base::Timestamp::from_secs(random.below(50).cast_signed());

    let id = |kind: &str, value: &String| (kind.to_owned(), value.clone());
    let mut ids: Vec<_> = user.iter().map(|v| id("user_id", v)).collect();
    let email = email.filter(|_| !is_alias);
    let mut weaker: Vec<_> = email.iter().map(|v| id("email", v)).collect();
    weaker.extend(anonymous.iter().map(|v| id("anonymous_id", v)));
    if let Some(previous) = &previous {
        let as_user = id("user_id", previous);
        if !naive.owner.contains_key(&as_user) {
            weaker.push(id("anonymous_id", previous));
        } else if !ids.contains(&as_user) {
            ids.push(as_user);
        }
    }
    ids.extend(weaker);
    let mut seen = Vec::new();
    ids.retain(|id| {
        !seen.contains(id) && {
            seen.push(id.clone());
            true
        }
    });
    // The model does not know blocked values ("0").
    ids.retain(|id| id.1 != "0");
    if ids.is_empty() {
        assert!(world.send(&event).person.is_nobody());
        return;
    }
    // An alias whose previous id is blocked is an ordinary event.
    let counts_as_alias = previous.is_some_and(|previous| previous != "0");
    let offset = world.next.0 + 1;
    let resolved = world.send(&event);
    let expected = naive.event(offset, ids, counts_as_alias, ANONYMOUS_MAX as usize);
    assert_eq!((resolved.person.0, resolved.canonical.0), expected);
}

#[test]
fn random_events_aliases_and_undos_agree_with_the_naive_model_also_across_restarts() {
    for seed in 0..seeds() {
        let random = &mut Random::new(seed + 1);
        let mut world = World::new(&rules());
        let mut naive = Naive::default();
        for step in 0..120 {
            act(&mut world, &mut naive, random);
            // Identifiers and nodes are stored at times of their own.
            match step % 40 {
                20 => world.map.flush().unwrap(),
                _ if random.below(4) == 0 => world.map.store_due().unwrap(),
                _ => {}
            }
            world.map.maintain(3).unwrap();
            if random.below(60) == 0 {
                world = world.reopen(random.below(2) == 0);
            }
        }
        world.map.verify().unwrap();
        for (id, node) in &naive.owner {
            let found = world.map.find_by_external_id(&id.0, &id.1).unwrap().unwrap();
            assert_eq!(found.0, naive.canonical(*node), "seed {seed}, {id:?}");
        }
        for node in &naive.nodes {
            let view = world.map.person(PersonId(*node)).unwrap().unwrap();
            let nodes: std::collections::BTreeSet<u64> =
                view.nodes.iter().map(|node| node.0).collect();
            assert_eq!(nodes, naive.group(*node), "seed {seed}");
        }
    }
}

#[test]
fn the_fold_of_the_log_is_the_live_state() {
    for seed in 0..seeds() {
        let random = &mut Random::new(seed + 1_000);
        let mut world = World::new(&rules());
        let mut naive = Naive::default();
        for _ in 0..100 {
            act(&mut world, &mut naive, random);
        }
        let (_dir, rebuilt) = world.rebuilt();
        assert_eq!(rebuilt.applied_to(), world.map.applied_to());
        assert_eq!(views(&rebuilt, world.next.0), views(&world.map, world.next.0), "seed {seed}");
        // The next answer is the same too, traits and their version included.
        let probe = event(EventType::Identify, Some("1"), Some("1"), "{}", r#"{"t9":1}"#);
        let answer = |map: &IdentityMap| {
            map.writer().resolve(&probe, world.next.plus(1), &mut Vec::new()).unwrap()
        };
        assert_eq!(answer(&rebuilt), answer(&world.map), "seed {seed}");
    }
}

#[test]
fn merges_in_any_order_give_one_graph() {
    for seed in 0..seeds() {
        let random = &mut Random::new(seed + 2_000);
        let pairs: Vec<(u64, u64)> =
            (0..8).map(|_| (1 + random.below(9), 1 + random.below(9))).collect();
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            let mut world = World::new(&IdentityRules::default());
            for user in 1..10 {
                world.send(&event(EventType::Track, Some(&format!("u{user}")), None, "{}", "{}"));
            }
            let mut order = pairs.clone();
            while !order.is_empty() {
                let (a, b) = order.swap_remove(random.below(order.len() as u64) as usize);
                let mut alias = event(EventType::Alias, Some(&format!("u{a}")), None, "{}", "{}");
                alias.previous_id = Some(format!("u{b}").into());
                world.send(&alias);
            }
            let canonical =
                |user| world.map.find_by_external_id("user_id", &format!("u{user}")).unwrap();
            outcomes.push((1..10).map(canonical).collect::<Vec<_>>());
        }
        assert_eq!(outcomes[0], outcomes[1], "seed {seed}");
        assert_eq!(outcomes[0], outcomes[2], "seed {seed}");
    }
}

#[test]
fn an_undone_merge_leaves_both_sides_as_they_were_and_apart() {
    let mut world = World::new(&IdentityRules::default());
    let track = |user: Option<&str>, anonymous: Option<&str>| {
        event(EventType::Track, user, anonymous, "{}", "{}")
    };
    let left = world.send(&track(None, Some("1"))).canonical;
    let right = world.send(&track(Some("x"), None)).canonical;
    let before = (world.map.person(left).unwrap(), world.map.person(right).unwrap());
    world.send(&track(Some("x"), Some("1")));
    let merge = world.map.person(right).unwrap().unwrap().merges[0].merge;

    // A later merge above the one to be undone.
    let third = world.send(&track(None, Some("3"))).canonical;
    world.send(&track(Some("x"), Some("3")));
    assert_eq!(world.map.person(third).unwrap().unwrap().person, left);

    assert!(world.undo(merge));
    assert_eq!(world.map.person(right).unwrap(), before.1);
    let left_now = world.map.person(left).unwrap().unwrap();
    assert_eq!(left_now.external_ids[0], before.0.unwrap().external_ids[0]);

    // The two are not joined again: the weaker identifier gives way.
    let again = world.send(&track(Some("x"), Some("1")));
    assert_eq!((again.person, again.canonical), (right, right));
    assert_eq!(world.send(&track(None, Some("1"))).canonical, left);
}

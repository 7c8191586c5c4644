//! The list of people by their last event, against a plain look at all rows.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use sluice_base::Timestamp;
use sluice_insights::{Seen, people_seen_last};

use crate::oracle::rows;
use crate::random::random_world;
use crate::world::World;

fn naive(world: &World) -> Vec<Seen> {
    let mut people: BTreeMap<u64, (i64, i64, u64)> = BTreeMap::new();
    for row in rows(world).iter().filter(|row| row.who != 0) {
        let time = row.raw.time;
        let (first, last, events) = people.entry(row.who).or_insert((time, time, 0));
        (*first, *last, *events) = ((*first).min(time), (*last).max(time), *events + 1);
    }
    let mut list: Vec<_> = people.into_iter().collect();
    list.sort_by_key(|(person, (_, last, _))| std::cmp::Reverse((*last, *person)));
    let text = |at: i64| Timestamp::from_micros(at).to_string();
    list.into_iter()
        .map(|(person, (first, last, events))| Seen {
            person,
            first: text(first),
            last: text(last),
            events,
        })
        .collect()
}

#[test]
fn pages_of_people_seen_last_are_everybody_once_in_order_whatever_was_merged_or_undone() {
    for seed in 1..=40 {
        let world = random_world(seed);
        let context = world.context("UTC", 0, 1);
        let (mut listed, mut before) = (Vec::new(), None);
        loop {
            let page = people_seen_last(&context, before, 3, &AtomicBool::new(false)).unwrap();
            assert!(page.people.len() <= 3, "seed {seed}");
            listed.extend(page.people);
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(listed, naive(&world), "seed {seed}");
    }
}

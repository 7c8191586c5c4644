//! Crashes between any two steps: afterwards the log holds every accepted event exactly once, with
//! the same people, decisions and counts as an undisturbed run (I2, I3, I4).
//! `SLUICE_SEEDS` sets how many seeds run.

use std::sync::Arc;
use std::time::Duration;

use sluice_base::disk::CrashDisk;
use sluice_event::{Decision, EventBatch, PersonId, StoredEvent, TraitSet};
use sluice_pipeline::Ledger;
use sluice_profiles::PersonView;

use crate::support::{NOW, Place, Workspace, batches, identify, small, track};

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 1) % n
    }
}

pub(crate) fn seeds() -> u64 {
    std::env::var("SLUICE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(8)
}

/// Requests of one to six items: tracks, identifies, repeats, refused ones; the clock goes on.
pub(crate) fn fill(workspace: &Workspace, random: &mut Random) {
    let mut at = NOW;
    for _ in 0..60 {
        at = at.plus(Duration::from_secs(random.below(7200)));
        let item = |random: &mut Random| {
            let id = format!("m{}", random.below(220));
            let (user, anonymous) =
                (format!("u{}", random.below(6)), format!("a{}", random.below(30)));
            match random.below(6) {
                0 => "!".to_owned(),
                1 => identify(&id, &user, &anonymous, &random.below(5).to_string()),
                2 => track(&id, &user, ""),
                3 => track(&id, &user, &anonymous),
                _ => track(&id, "", &anonymous),
            }
        };
        let items: Vec<_> = (0..1 + random.below(6)).map(|_| item(random)).collect();
        workspace.send(1 + u32::try_from(random.below(3)).unwrap(), at, &items);
    }
}

/// All that must be the same whatever happened on the way.
#[derive(Debug, PartialEq)]
struct Outcome {
    events: Vec<(Vec<Decision>, Vec<TraitSet>, Vec<StoredEvent>)>,
    ledger: Ledger,
    people: Vec<Option<PersonView>>,
}

fn outcome(workspace: &Workspace) -> Outcome {
    let handle = workspace.pipeline.handle();
    handle.check().unwrap();
    let all = batches(&workspace.events);
    let end = workspace.events.synced();
    for (base, batch) in &all {
        for (index, stored) in batch.events.iter().enumerate() {
            let found = handle.find_event(stored.source, &stored.event.message_id);
            assert_eq!(
                found,
                Some(EventBatch::event_offset(*base, index)),
                "once, and found where it is"
            );
        }
    }
    let person = |n| handle.people().person(PersonId(n)).unwrap();
    Outcome {
        events: all.into_iter().map(|(_, b)| (b.decisions, b.trait_sets, b.events)).collect(),
        ledger: handle.ledger(),
        people: (1..=end).map(person).collect(),
    }
}

#[test]
fn a_crash_between_any_two_steps_changes_nothing() {
    let mut crashes = 0;
    for seed in 0..seeds() {
        let undisturbed = {
            let place = Place::new(Arc::new(CrashDisk::new(seed)), "w".into(), small());
            let mut workspace = place.open().unwrap();
            fill(&workspace, &mut Random(seed));
            workspace.drain();
            outcome(&workspace)
        };

        let chance = &mut Random(seed + 1_000_000);
        let mut disk = CrashDisk::new(seed);
        let mut place = Place::new(Arc::new(disk.clone()), "w".into(), small());
        let first = place.open().unwrap();
        fill(&first, &mut Random(seed));
        drop(first);
        let found = loop {
            disk.crash_after(chance.below(120));
            let ended = place.open().and_then(|mut workspace| {
                while workspace.pipeline.step()? {}
                Ok(workspace)
            });
            if let Ok(workspace) = ended {
                break outcome(&workspace);
            }
            drop(ended);
            crashes += 1;
            disk =
                if chance.below(3) == 0 { disk.kill() } else { disk.crash(chance.below(1 << 40)) };
            place.disk = Arc::new(disk.clone());
            if chance.below(4) == 0 {
                std::fs::remove_dir_all(place.people.path()).unwrap();
                std::fs::create_dir(place.people.path()).unwrap();
            }
        };
        assert_eq!(found, undisturbed, "seed {seed}");
    }
    assert!(crashes >= seeds(), "only {crashes} crashes: the test does not test");
}

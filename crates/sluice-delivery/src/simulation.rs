//! The core and its files under crashes: a log of random events with merges, a peer that lies, a
//! disk that forgets what was not synced, a clock that jumps. Whatever happens, at the end every
//! event was taken by the peer at least once, filtered or is a dead letter; the counts say the
//! same; no person's events arrived out of order; and an attempt knows how far the last one came, a
//! crash forgets of it only what was not committed.
//!
//! `SLUICE_SEEDS` sets the number of seeds; a failure names its seed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sluice_base::disk::CrashDisk;
use sluice_base::{Disk, Timestamp};
use sluice_destination_kit::golden::stored_event;
use sluice_destination_kit::{BatchLimits, BatchOutcome, Reason, Verdict, Verdicts};
use sluice_event::{
    Decision, EventBatch, MergeId, Offset, PersonId, SourceCounts, SourceNo, StoredEvent,
};

use crate::core::{Attempt, Core};
use crate::keeper::Keeper;
use crate::policy::Policy;
use crate::records::Record;
use crate::status::EventState;

const PEOPLE: u64 = 12;
const FOLDER: &str = "/delivery/c1";

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

struct World {
    rng: Rng,
    now: Timestamp,
    disk: CrashDisk,
    records: Vec<Record>,
    /// The canonical person of each, as merges went.
    canonical: Vec<u64>,
    core: Core,
    keeper: Keeper,
    on_the_way: Vec<Attempt>,
    /// What the peer took, in order, with repeats.
    taken: Vec<u64>,
    /// Given up at some time. If the crash forgot that, they go again and are out of order then.
    given_up: HashSet<u64>,
    /// Percent of answers that are failures; zero at the end.
    trouble: u64,
    crashes: u32,
    told: Told,
}

/// How far each event has come, as the peer told. Later is more.
#[derive(Default)]
struct Told {
    outcomes: u64,
    /// The next attempt knows at least this; all of it unless there was a crash.
    least: HashMap<u64, u64>,
    most: HashMap<u64, u64>,
    committed: HashMap<u64, u64>,
}

fn policy() -> Policy {
    Policy {
        requests_max: 4,
        read_ahead_events: 40,
        window: Duration::from_secs(900),
        ..Policy::default()
    }
}

fn limits(seed: u64) -> BatchLimits {
    match seed % 3 {
        0 => BatchLimits::SINGLE,
        1 => BatchLimits { events_max: 3, bytes_max: 400, age_max: Duration::from_secs(1) },
        _ => BatchLimits { events_max: 10, bytes_max: usize::MAX, age_max: Duration::from_secs(1) },
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let disk = CrashDisk::new(seed);
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let keeper = Keeper::open(&shared, Path::new(FOLDER), 0).unwrap();
        let now = Timestamp::from_secs(1_800_000_000);
        let core = Core::new(
            policy(),
            SourceNo(1),
            limits(seed),
            keeper.state.clone(),
            &HashMap::new(),
            now,
            seed,
        );
        Self {
            rng: Rng(seed.wrapping_mul(0x9e37_79b9).wrapping_add(17)),
            now,
            disk,
            records: Vec::new(),
            canonical: (0..=PEOPLE).collect(),
            core,
            keeper,
            on_the_way: Vec::new(),
            taken: Vec::new(),
            given_up: HashSet::new(),
            trouble: 30,
            crashes: 0,
            told: Told::default(),
        }
    }

    fn end(&self) -> u64 {
        self.records.last().map_or(0, |record| record.end)
    }

    fn write_record(&mut self) {
        let mut decisions = Vec::new();
        if self.rng.chance(15) {
            let (a, b) = (1 + self.rng.below(PEOPLE), 1 + self.rng.below(PEOPLE));
            let (a, b) = (self.canonical[at(a)], self.canonical[at(b)]);
            if a != b {
                let (survivor, absorbed) = (PersonId(a.min(b)), PersonId(a.max(b)));
                self.canonical
                    .iter_mut()
                    .filter(|c| **c == absorbed.0)
                    .for_each(|c| *c = survivor.0);
                decisions.push(Decision::Merge {
                    merge: MergeId(self.end() * 128),
                    survivor,
                    absorbed,
                    at: self.now,
                });
            }
        }
        let events: Vec<StoredEvent> =
            (0..self.rng.below(6)).map(|i| self.event(self.end() + 1 + i)).collect();
        let before = self.core_accepted_of_log();
        let accepted =
            before + events.iter().filter(|event| event.source == SourceNo(1)).count() as u64;
        let counts = SourceCounts { received: accepted, accepted, ..SourceCounts::default() };
        let batch = EventBatch {
            consumed_to: Offset(0),
            decided_at: self.now,
            turned_away: Vec::new(),
            decisions,
            counts: vec![(SourceNo(1), counts)],
            trait_sets: Vec::new(),
            events,
        };
        self.records.push(Record::new(self.end(), self.now, batch));
    }

    fn core_accepted_of_log(&self) -> u64 {
        self.own_events().count() as u64
    }

    fn own_events(&self) -> impl Iterator<Item = (u64, &Arc<StoredEvent>)> {
        let all = self.records.iter().flat_map(|record| {
            record.events.iter().enumerate().map(|(i, event)| (record.base + 1 + i as u64, event))
        });
        all.filter(|(_, event)| event.source == SourceNo(1))
    }

    fn event(&mut self, offset: u64) -> StoredEvent {
        let person = self.rng.below(PEOPLE + 1);
        let mut event = stored_event(
            &json!({"type": "track", "event": "E", "messageId": format!("m{offset}")}),
        );
        event.person = PersonId(person);
        event.canonical = PersonId(self.canonical[at(person)]);
        event.source = SourceNo(if self.rng.chance(10) { 2 } else { 1 });
        event.event.received_at = self.now;
        event
    }

    fn step(&mut self) {
        match self.rng.below(10) {
            0 | 1 if self.trouble > 0 => self.write_record(),
            0..=3 => self.read(),
            4 | 5 => self.send(),
            6 | 7 => self.answer(),
            8 => self.commit(),
            _ => self.now = self.now.plus(Duration::from_millis(self.rng.below(60_000))),
        }
    }

    fn read(&mut self) {
        let cursor = self.core.cursor();
        let Some(record) = self.records.iter().find(|record| record.base == cursor) else { return };
        let filter =
            |event: &StoredEvent| is_filtered(event).then_some("FILTERED_BY_INTEGRATIONS_OBJECT");
        if self.core.wants_events() {
            self.core.on_record(self.now, record, filter);
        } else if self.trouble > 0 && self.rng.chance(10) {
            // A stopped connection whose backlog is over its budget.
            self.core.on_record_over_budget(self.now, record, filter);
            self.given_up.extend(record.base + 1..record.end);
        }
    }

    fn send(&mut self) {
        let Some(attempt) = self.core.next_attempt(self.now) else { return };
        for event in &attempt.events {
            let known = event.progress.as_ref().map_or(0, |text| text.parse().unwrap());
            let of = |told: &HashMap<u64, u64>| told.get(&event.offset).copied().unwrap_or(0);
            let (least, most) = (of(&self.told.least), of(&self.told.most));
            assert!((least..=most).contains(&known), "{known} is not in {least}..={most}");
        }
        self.on_the_way.push(attempt);
    }

    fn answer(&mut self) {
        if self.on_the_way.is_empty() {
            return;
        }
        let index = usize::try_from(self.rng.below(self.on_the_way.len() as u64)).unwrap();
        let attempt = self.on_the_way.swap_remove(index);
        let verdicts = self.verdicts(&attempt);
        let progress = self.progress(&attempt);
        let outcome = BatchOutcome { progress, ..BatchOutcome::new(verdicts) };
        self.core.on_outcome(self.now, attempt.id, outcome);
        let is_dead =
            |offset: &u64| matches!(self.core.event_state(*offset), EventState::Dead { .. });
        self.given_up.extend(attempt.events.iter().map(|event| event.offset).filter(is_dead));
        if self.core.suspended().is_some() && self.rng.chance(50) {
            self.core.resume(self.now);
        }
    }

    /// Of some events of the attempt.
    fn progress(&mut self, attempt: &Attempt) -> Vec<(usize, Arc<str>)> {
        self.told.outcomes += 1;
        let mut progress = Vec::new();
        for (place, event) in attempt.events.iter().enumerate() {
            if self.rng.chance(50) {
                self.told.least.insert(event.offset, self.told.outcomes);
                self.told.most.insert(event.offset, self.told.outcomes);
                progress.push((place, Arc::from(self.told.outcomes.to_string())));
            }
        }
        progress
    }

    fn verdicts(&mut self, attempt: &Attempt) -> Verdicts {
        let offsets = attempt.events.iter().map(|event| event.offset);
        let reason = || Reason::new("503", "down");
        if !self.rng.chance(self.trouble) {
            self.taken.extend(offsets);
            return Verdicts::Whole(Verdict::Delivered);
        }
        match self.rng.below(10) {
            0 => Verdicts::Whole(Verdict::Suspend { reason: reason() }),
            1 => Verdicts::Whole(Verdict::Split { reason: reason() }),
            2 => Verdicts::Whole(Verdict::Reject { reason: reason() }),
            3 => Verdicts::Whole(Verdict::Retry {
                reason: reason(),
                after: Some(Duration::from_secs(30)),
            }),
            // Took it and lies about it.
            4 => {
                self.taken.extend(offsets);
                Verdicts::Whole(Verdict::Retry { reason: reason(), after: None })
            }
            5 | 6 => self.verdicts_one_by_one(attempt),
            _ => Verdicts::Whole(Verdict::Retry { reason: reason(), after: None }),
        }
    }

    /// Takes the first events and trips over one; those behind it are to come again.
    fn verdicts_one_by_one(&mut self, attempt: &Attempt) -> Verdicts {
        let reason = || Reason::new("429", "one of them was too much");
        let tripped = usize::try_from(self.rng.below(attempt.events.len() as u64)).unwrap();
        let mut verdicts = vec![Verdict::Again; attempt.events.len()];
        verdicts[..tripped].fill(Verdict::Delivered);
        self.taken.extend(attempt.events[..tripped].iter().map(|event| event.offset));
        match self.rng.below(3) {
            0 => verdicts[tripped..].fill(Verdict::Split { reason: reason() }),
            1 => verdicts[tripped] = Verdict::Reject { reason: reason() },
            _ => {
                let after = Some(Duration::from_secs(30));
                verdicts[tripped] = Verdict::Retry { reason: reason(), after };
            }
        }
        Verdicts::Each(verdicts)
    }

    fn commit(&mut self) {
        if self.core.has_changed() {
            let (delta, letters) = self.core.take_delta(self.now);
            self.keeper.commit(delta, &letters).unwrap();
            self.told.committed.clone_from(&self.told.least);
        }
    }

    /// Everything in memory is gone, and of the disk what was not synced. The crash may come in the
    /// middle of a commit.
    fn crash(&mut self, seed: u64) {
        self.crashes += 1;
        if self.rng.chance(50) && self.core.has_changed() {
            let (delta, letters) = self.core.take_delta(self.now);
            self.disk.crash_after(self.rng.below(8));
            // The commit that the crash tears; its answer reaches nobody.
            drop(self.keeper.commit(delta, &letters));
        }
        self.disk = self.disk.crash(self.rng.below(u64::MAX >> 34));
        self.on_the_way.clear();
        self.told.least.clone_from(&self.told.committed);
        let shared: Arc<dyn Disk> = Arc::new(self.disk.clone());
        self.keeper = Keeper::open(&shared, Path::new(FOLDER), 0).unwrap();
        let state = self.keeper.state.clone();
        assert!(state.keep_from() <= state.cursor);
        let referenced = (state.waiting.iter())
            .filter(|(_, waiting)| waiting.event.is_none())
            .filter_map(|(offset, _)| {
                assert!(*offset >= state.keep_from(), "the log may drop what is needed");
                let record = self.records.iter().find(|record| record.event(*offset).is_some())?;
                Some((*offset, Arc::clone(record.event(*offset)?)))
            })
            .collect();
        for offset in state.dead.keys() {
            assert!(
                self.keeper.letter(*offset).unwrap().is_some(),
                "a dead letter without payload"
            );
        }
        self.core = Core::new(
            policy(),
            SourceNo(1),
            limits(seed),
            state,
            &referenced,
            self.now,
            seed + u64::from(self.crashes),
        );
    }

    fn drain(&mut self) {
        self.trouble = 0;
        for _ in 0..200_000 {
            self.core.resume(self.now);
            self.read();
            self.send();
            self.answer();
            let is_idle = self.on_the_way.is_empty() && self.core.cursor() == self.end();
            if is_idle && self.core.waiting() == 0 {
                return self.commit();
            }
            if self.on_the_way.is_empty()
                && let Some(wake) = self.core.next_wake()
            {
                self.now = self.now.max(wake);
            }
        }
        panic!("never drained");
    }

    fn check(&self) {
        let state = &self.keeper.state;
        assert!(self.core.balances(), "{:?}", self.core.counts());
        let taken: HashSet<u64> = self.taken.iter().copied().collect();
        let (mut filtered, mut given) = (0, 0);
        for (offset, event) in self.own_events() {
            if is_filtered(event) {
                filtered += 1;
                assert!(!taken.contains(&offset), "{offset} was filtered and sent");
            } else if !state.dead.contains_key(&offset) {
                given += 1;
                assert!(taken.contains(&offset), "{offset} was lost");
            }
        }
        let counts = self.core.counts();
        assert_eq!(counts.accepted, self.own_events().count() as u64);
        assert_eq!(counts.filtered.values().sum::<u64>(), filtered);
        assert_eq!(counts.delivered, given);
        self.check_order();
    }

    /// The first arrivals of one written person's events follow the log. A repeat after a crash may
    /// come later; an event the peer took and denied may have become a dead letter.
    fn check_order(&self) {
        let people: HashMap<u64, PersonId> =
            self.own_events().map(|(offset, event)| (offset, event.person)).collect();
        let mut seen = HashSet::new();
        let mut last: BTreeMap<PersonId, u64> = BTreeMap::new();
        for offset in self.taken.iter().filter(|offset| seen.insert(**offset)) {
            let person = people[offset];
            if person.is_nobody() || self.given_up.contains(offset) {
                continue;
            }
            let earlier = last.insert(person, *offset);
            assert!(
                earlier.is_none_or(|earlier| earlier < *offset),
                "{offset} of {person:?} after {earlier:?}"
            );
        }
    }
}

fn at(person: u64) -> usize {
    usize::try_from(person).unwrap()
}

fn is_filtered(event: &StoredEvent) -> bool {
    event.event.message_id.ends_with('7')
}

fn run(seed: u64) -> u32 {
    let mut world = World::new(seed);
    for _ in 0..400 {
        world.step();
        if world.rng.chance(2) {
            world.crash(seed);
        }
    }
    world.drain();
    world.check();
    world.crash(seed);
    world.drain();
    world.check();
    world.crashes
}

#[test]
fn nothing_is_lost_miscounted_or_out_of_order_whatever_crashes() {
    let seeds =
        std::env::var("SLUICE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(200);
    let mut crashes = 0;
    for seed in 0..seeds {
        match std::panic::catch_unwind(|| run(seed)) {
            Ok(count) => crashes += u64::from(count),
            Err(_) => panic!("seed {seed} failed"),
        }
    }
    println!("{seeds} seeds, {crashes} crashes");
}

//! Random work on a disk that fails, loses power and comes back; after every crash the log is
//! compared with what was acknowledged. `SLUICE_SEEDS=5000` runs more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sluice_base::{CrashDisk, ManualClock, Timestamp};
use sluice_log::{Entry, ErrorKind, Log, LogConfig, LogError, LogReader, Retention};

use crate::{DIR, small};

#[test]
fn after_any_crash_the_log_holds_what_was_acknowledged_in_order_and_without_a_gap() {
    let seeds = std::env::var("SLUICE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(300_u64);
    let first = std::env::var("SLUICE_SEED").ok().and_then(|n| n.parse().ok());
    let range = first.map_or(0..seeds, |seed| seed..seed + 1);
    let mut crashes = 0;
    for seed in range {
        let run = std::panic::catch_unwind(|| Run::new(seed).lives());
        crashes += run.unwrap_or_else(|_| panic!("run it alone with SLUICE_SEED={seed}"));
    }
    println!("{seeds} seeds, {crashes} crashes");
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n.max(1)
    }
}

#[derive(Debug)]
struct Known {
    offsets: u64,
    kind: u8,
    /// More than one while a rewrite was cut short.
    payloads: Vec<Vec<u8>>,
}

struct Run {
    chance: Chance,
    disk: CrashDisk,
    config: LogConfig,
    clock: Arc<ManualClock>,
    /// What must be there.
    acknowledged: BTreeMap<u64, Known>,
    /// What may be there behind it: appended, outcome unknown.
    tried: BTreeMap<u64, Known>,
    /// Nothing at or above it may be dropped.
    keep_from: u64,
    first_seen: u64,
    appended: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let bytes = (chance.below(3) > 0).then(|| 5_000 + chance.below(20_000));
        let age = (chance.below(3) == 0).then(|| Duration::from_secs(chance.below(3_000)));
        let config = LogConfig {
            segment_bytes: 1_000 + chance.below(8_000),
            zstd_level: i32::from(chance.below(2) == 0),
            group_bytes: [600, 2_000, 9_000][usize::try_from(chance.below(3)).unwrap()],
            recent_bytes_max: [0, 3_000, 1 << 20][usize::try_from(chance.below(3)).unwrap()],
            preallocate_bytes: [0, 700, 8_192][usize::try_from(chance.below(3)).unwrap()],
            retention: Retention { age, bytes },
            ..small()
        };
        Self {
            disk: CrashDisk::new(chance.below(u64::MAX)),
            chance,
            config,
            clock: Arc::new(ManualClock::new(Timestamp::from_secs(1_000))),
            acknowledged: BTreeMap::new(),
            tried: BTreeMap::new(),
            keep_from: 0,
            first_seen: 0,
            appended: 0,
        }
    }

    fn lives(mut self) -> u64 {
        let lives = 2 + self.chance.below(5);
        for _ in 0..lives {
            let faults = self.plan_faults();
            if let Err(error) = self.life() {
                let expected =
                    [ErrorKind::Stopped, ErrorKind::Io, ErrorKind::Full].contains(&error.kind());
                assert!(faults && expected, "{error:?}");
            }
            let seed = self.chance.below(u64::MAX);
            self.disk =
                if self.chance.below(4) == 0 { self.disk.kill() } else { self.disk.crash(seed) };
        }
        self.disk.set_capacity(None);
        let log = self.open().unwrap();
        self.compare(&log).unwrap();
        lives
    }

    /// Whether anything may go wrong in the next life.
    fn plan_faults(&mut self) -> bool {
        let fault = self.chance.below(4);
        match fault {
            0 => {}
            1 => self.disk.fail_after(self.chance.below(120)),
            _ => self.disk.crash_after(self.chance.below(160)),
        }
        let full = (self.chance.below(8) == 0).then(|| 20_000 + self.chance.below(40_000));
        self.disk.set_capacity(full);
        fault != 0 || full.is_some()
    }

    fn open(&self) -> Result<Log, LogError> {
        Log::open(Arc::new(self.disk.clone()), DIR, self.config.clone(), self.clock.clone())
    }

    fn life(&mut self) -> Result<(), LogError> {
        let log = self.open()?;
        self.compare(&log)?;
        let mut tail = log.reader(log.synced());
        for _ in 0..self.chance.below(60) {
            self.step(&log, &mut tail)?;
        }
        if self.chance.below(4) == 0 {
            log.stop();
        }
        Ok(())
    }

    fn step(&mut self, log: &Log, tail: &mut LogReader) -> Result<(), LogError> {
        match self.chance.below(20) {
            0 => log.roll(),
            1 => self.retain(log, tail.position()),
            2 => {
                // A reader may still show the old payload of the group it stands in.
                *tail = log.reader(tail.position());
                self.rewrite(log)
            }
            3 => self.look_up(log),
            4 => {
                self.clock.advance(Duration::from_secs(self.chance.below(500)));
                Ok(())
            }
            5 => {
                self.clock.set(Timestamp::from_secs(
                    1_000 + i64::try_from(self.chance.below(5_000)).unwrap(),
                ));
                Ok(())
            }
            6..=8 => self.follow(log, tail),
            _ => self.append(log),
        }
    }

    fn append(&mut self, log: &Log) -> Result<(), LogError> {
        for _ in 0..=self.chance.below(6) {
            let payload = self.payload();
            let offsets = 1 + self.chance.below(4);
            let kind = u8::try_from(self.chance.below(3)).unwrap();
            let ticket = log.append(kind, offsets, &payload)?;
            let expected = self.tried.last_key_value().or(self.acknowledged.last_key_value());
            assert_eq!(
                ticket.base(),
                expected.map_or(log.synced(), |(base, known)| base + known.offsets)
            );
            self.tried.insert(ticket.base(), Known { offsets, kind, payloads: vec![payload] });
            if self.chance.below(4) == 0 {
                ticket.wait()?;
                self.acknowledge();
            }
        }
        if self.chance.below(3) > 0 {
            log.flush()?;
            self.acknowledge();
        }
        Ok(())
    }

    fn acknowledge(&mut self) {
        self.acknowledged.append(&mut self.tried);
    }

    fn payload(&mut self) -> Vec<u8> {
        self.appended += 1;
        let mut bytes = format!("{} ", self.appended).into_bytes();
        let len = [0, 100, 700, 3_000][usize::try_from(self.chance.below(4)).unwrap()];
        let noise = self.chance.below(2) == 0;
        for _ in 0..self.chance.below(len + 1) {
            bytes.push(if noise { self.chance.below(256).to_le_bytes()[0] } else { b'a' });
        }
        bytes
    }

    fn retain(&mut self, log: &Log, needed: u64) -> Result<(), LogError> {
        self.keep_from = self.keep_from.max(self.chance.below(needed + 1));
        log.retain(self.keep_from)?;
        self.forget_below(log.first());
        Ok(())
    }

    fn forget_below(&mut self, first: u64) {
        assert!(
            first <= self.keep_from,
            "kept from {first}, but {} is still needed",
            self.keep_from
        );
        self.first_seen = self.first_seen.max(first);
        self.acknowledged = self.acknowledged.split_off(&first);
    }

    fn rewrite(&mut self, log: &Log) -> Result<(), LogError> {
        let below = self.chance.below(log.synced() + 1);
        let (modulo, salt) = (1 + self.chance.below(5), self.appended);
        let new = |entry: &Entry| {
            entry
                .base
                .is_multiple_of(modulo)
                .then(|| format!("stub {} {salt}", entry.base).into_bytes())
        };
        let mut given = Vec::new();
        let done = log.rewrite(below, &mut |entry| {
            let payload = new(entry);
            if let Some(payload) = &payload {
                given.push((entry.base, payload.clone()));
            }
            payload
        });
        for (base, payload) in given {
            let known = self.acknowledged.get_mut(&base).unwrap();
            if done.is_ok() {
                known.payloads.clear();
            }
            known.payloads.push(payload);
        }
        done.map(drop)
    }

    fn follow(&mut self, log: &Log, tail: &mut LogReader) -> Result<(), LogError> {
        let start = tail.position();
        while let Some(entry) = tail.next()? {
            self.check(&entry);
        }
        assert!(tail.position() >= start && tail.position() == log.synced());
        Ok(())
    }

    fn check(&mut self, entry: &Entry) {
        let known = self.acknowledged.get(&entry.base).or_else(|| self.tried.get(&entry.base));
        let known = known.unwrap_or_else(|| panic!("nothing was appended at {}", entry.base));
        assert_eq!((entry.offsets, entry.kind), (known.offsets, known.kind));
        assert!(
            known.payloads.iter().any(|p| *p == entry.payload),
            "other bytes at {}",
            entry.base
        );
    }

    fn look_up(&mut self, log: &Log) -> Result<(), LogError> {
        let offset = self.chance.below(log.synced() + 3);
        let found = log.entry_at(offset)?;
        let inside = offset < log.synced() && offset >= log.first();
        assert_eq!(found.is_some(), inside, "offset {offset}");
        if let Some(entry) = found {
            assert!(entry.base <= offset && offset < entry.end());
            self.check(&entry);
        }
        let at = Timestamp::from_secs(900 + i64::try_from(self.chance.below(5_200)).unwrap());
        let mut reader = log.reader(log.first());
        let mut expected = log.synced();
        while let Some(entry) = reader.next()? {
            if entry.written_at >= at {
                expected = entry.base;
                break;
            }
        }
        assert_eq!(log.offset_at(at)?, expected, "first written at or after {at}");
        Ok(())
    }

    /// After opening: everything acknowledged, perhaps a first part of what was tried, no more.
    fn compare(&mut self, log: &Log) -> Result<(), LogError> {
        let acknowledged_end =
            self.acknowledged.last_key_value().map(|(base, known)| base + known.offsets);
        assert!(
            log.synced() >= acknowledged_end.unwrap_or(self.first_seen),
            "acknowledged entries are lost"
        );
        let first = log.first();
        assert!(first <= self.keep_from);
        let mut reader = log.reader(first);
        let (mut next, mut written_at) = (first, Timestamp::MIN);
        let mut found = BTreeMap::new();
        while let Some(entry) = reader.next()? {
            assert_eq!(entry.base, next, "a gap");
            assert!(entry.written_at >= written_at);
            (next, written_at) = (entry.end(), entry.written_at);
            // What was dropped may come back when the removal was not synced.
            if entry.base >= self.first_seen || self.acknowledged.contains_key(&entry.base) {
                self.check(&entry);
            }
            let payloads = vec![entry.payload.to_vec()];
            found.insert(entry.base, Known { offsets: entry.offsets, kind: entry.kind, payloads });
        }
        assert_eq!(next, log.synced());
        for base in self.acknowledged.keys().filter(|base| **base >= first) {
            assert!(found.contains_key(base), "acknowledged at {base}, not found");
        }
        self.acknowledged = found;
        self.tried.clear();
        Ok(())
    }
}

#[test]
fn a_full_disk_refuses_before_anything_breaks_when_there_is_a_reserve() {
    let disk = CrashDisk::new(5);
    disk.set_capacity(Some(100_000));
    let config = LogConfig { reserve_bytes: 30_000, ..small() };
    let log = Log::open(Arc::new(disk), DIR, config, crate::clock()).unwrap();
    let refused = (0..1_000).find_map(|_| log.append_durable(1, 1, &[3; 1_000]).err()).unwrap();
    assert_eq!(refused.kind(), ErrorKind::Full);
    log.health().unwrap();
    assert!(log.synced() > 30);
}

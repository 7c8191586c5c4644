//! How many events a second the identity map resolves on one thread.
//!
//! `cargo bench -p sluice-profiles --bench identity [-- EVENTS]`. The CPU time is that of the whole
//! process: the store's compaction is in it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_base::Timestamp;
use sluice_event::{Event, EventType, Offset};
use sluice_profiles::{IdentityConfig, IdentityMap};

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: u64 = 1000;
const JSON: &str = r#"{"context":{"ip":"10.1.2.3","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36","page":{"path":"/p/1","title":"Page 1"},"library":{"name":"sdk.js","version":"2.1.0"}}}"#;

fn main() {
    let numbers = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let events: u64 = numbers.unwrap_or(3_000_000);
    let dir =
        tempfile::tempdir_in(std::env::var("SLUICE_BENCH_DIR").unwrap_or_else(|_| ".".into()))
            .unwrap();
    let map = IdentityMap::open(IdentityConfig::new(dir.path())).unwrap();
    let mut world = (map, 0);
    run(&mut world, "new anonymous ids", events, |n| (None, Some(scramble(n))));
    let old = |n| (None, Some(scramble(scramble(n) % events)));
    run(&mut world, "old anonymous ids, at random (mostly not in the cache)", events / 10, old);
    run(&mut world, "50,000 users, each with an anonymous id", events / 3, |n| {
        (Some(n % 50_000), Some(scramble(n % 50_000 + events)))
    });
    run(&mut world, "the same again", events / 3, |n| {
        (Some(n % 50_000), Some(scramble(n % 50_000 + events)))
    });
}

fn scramble(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
}

fn run(
    world: &mut (IdentityMap, u64),
    name: &str,
    events: u64,
    ids: impl Fn(u64) -> (Option<u64>, Option<u64>),
) {
    let (map, next) = world;
    let made: Vec<Event> = (0..events).map(|n| event(ids(n))).collect();
    let (started, cpu) = (Instant::now(), cpu_seconds());
    // Of deciding, storing, merging.
    let mut slowest = [Duration::ZERO; 3];
    for batch in made.chunks(usize::try_from(BATCH).unwrap()) {
        let mut lap = Lap(Instant::now());
        let mut decisions = Vec::new();
        let mut writer = map.writer();
        for (index, event) in batch.iter().enumerate() {
            let offset = Offset(*next + 1 + index as u64);
            writer.resolve(event, offset, &mut decisions).unwrap();
        }
        *next += batch.len() as u64 + 1;
        writer.advance(Offset(*next));
        drop(writer);
        lap.note(&mut slowest[0]);
        if map.is_store_due() {
            map.store_due().unwrap();
        }
        lap.note(&mut slowest[1]);
        map.maintain(16 * 1024).unwrap();
        lap.note(&mut slowest[2]);
    }
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!(
        "{name}: {:.0} events/s, {:.2} us wall and {:.2} us CPU an event, slowest of a batch {:.0?} deciding, {:.0?} storing, {:.0?} merging; {} entries in memory",
        events as f64 / seconds,
        seconds * 1e6 / events as f64,
        cpu * 1e6 / events as f64,
        slowest[0],
        slowest[1],
        slowest[2],
        map.entries_in_memory(),
    );
}

struct Lap(Instant);

impl Lap {
    fn note(&mut self, slowest: &mut Duration) {
        *slowest = self.0.elapsed().max(*slowest);
        self.0 = Instant::now();
    }
}

fn event((user, anonymous): (Option<u64>, Option<u64>)) -> Event {
    Event {
        event_type: EventType::Track,
        message_id: "m".into(),
        anonymous_id: anonymous.map(|id| Arc::from(format!("anon_{id:020}"))),
        user_id: user.map(|id| Arc::from(format!("user_{id:07}"))),
        group_id: None,
        previous_id: None,
        name: "n".into(),
        original_timestamp: None,
        sent_at: None,
        received_at: Timestamp::from_secs(1_800_000_000),
        timestamp: Timestamp::from_secs(1_800_000_000),
        session_id: -1,
        json: JSON.into(),
        body: 0..0,
        context: 11..u32::try_from(JSON.len() - 1).unwrap(),
        integrations: 0..0,
    }
}

/// User and system time of this process, from the kernel's account (100 ticks a second).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

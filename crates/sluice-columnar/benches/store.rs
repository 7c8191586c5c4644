//! The store as a whole: ingest on one core, bytes per event on disk, compaction, and a funnel over
//! what came out. `SLUICE_BENCH_ROWS` events (2 million unless told), 10 properties each.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks to people")]

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_base::{ManualClock, OsDisk, Timestamp};
use sluice_columnar::{CodeSlice, Part, Piece, Scope, Store, StoreConfig};
use sluice_event::{Event, EventBatch, EventType, Offset, PersonId, SourceNo, StoredEvent};

const T0_MS: i64 = 1_767_225_600_000;
const DAY_MS: u64 = 86_400_000;
const WINDOW_US: i64 = 7 * 86_400_000_000;
const BATCH: usize = 1_000;
const STEPS: [&str; 4] = ["landing_view", "signup_start", "signup", "activation"];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Small numbers are likelier.
    fn skewed(&mut self, n: u64) -> u64 {
        self.below(n) * self.below(n) / n
    }
}

fn event(random: &mut Random, at: u64, total: u64, people: u64) -> StoredEvent {
    const PLANS: [&str; 4] = ["free", "pro", "team", "enterprise"];
    const PLATFORMS: [&str; 5] = ["web", "ios", "android", "desktop", "tv"];
    let person = random.skewed(people);
    let time = T0_MS + (60 * DAY_MS * at / total) as i64 - random.below(600_000) as i64;
    let name = match random.below(1_000) {
        n @ 0..145 => STEPS[n as usize % 4].to_owned(),
        145..500 => "page_view".to_owned(),
        _ => format!("event_{:02}", random.skewed(35)),
    };
    let mut json = String::from("{\"properties\":");
    let body = json.len() as u32;
    let price = random.below(10_000) as f64 / 100.0;
    write!(
        json,
        "{{\"plan\":\"{}\",\"country\":\"c{:02}\",\"platform\":\"{}\",\"revenue\":{},\"price\":{price},\
         \"category\":\"cat_{:02}\",\"experiment\":\"exp_{:02}\",\"variant\":\"v{}\",\"quantity\":{},\"coupon\":null}}",
        PLANS[person as usize % 4],
        person % 30,
        PLATFORMS[random.below(5) as usize],
        if name == "event_05" { price } else { 0.0 },
        random.skewed(50),
        random.below(20),
        person % 3,
        random.below(5),
    )
    .unwrap();
    let body = body..json.len() as u32;
    json.push_str(",\"context\":");
    let context = json.len() as u32;
    write!(
        json,
        "{{\"library\":{{\"name\":\"analytics.js\",\"version\":\"2.11.1\"}},\"locale\":\"en-US\",\
         \"page\":{{\"path\":\"/p/{}\",\"title\":\"Page\",\"url\":\"https://shop.example/p\"}},\
         \"userAgent\":\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/{}\"}}",
        random.skewed(300),
        100 + person % 30,
    )
    .unwrap();
    let context = context..json.len() as u32;
    json.push('}');
    let id = random.next();
    StoredEvent {
        source: SourceNo(1),
        received_offset: Offset(at),
        person: PersonId(person + 1),
        canonical: PersonId(person + 1),
        traits: 0,
        event: Event {
            event_type: EventType::Track,
            message_id: format!("ajs-next-{id:016x}{:016x}", random.next()).into(),
            anonymous_id: Some(format!("anon_{person:010}").into()),
            user_id: person.is_multiple_of(2).then(|| format!("user_{person:07}").into()),
            group_id: None,
            previous_id: None,
            name: name.into(),
            original_timestamp: None,
            sent_at: None,
            received_at: Timestamp::from_millis(time + 1_000),
            timestamp: Timestamp::from_millis(time),
            session_id: -1,
            json: json.into(),
            body,
            context,
            integrations: 0..0,
        },
    }
}

/// Time this thread has run on a core: what the machine's other work does not blur. Wall time
/// where the system does not tell.
fn core_time() -> Duration {
    static BEGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let begin = BEGIN.get_or_init(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| begin.elapsed(), Duration::from_nanos)
}

fn ingest(store: &Store, total: u64) -> (Duration, Duration) {
    let mut random = Random(42);
    let people = (total / 20).max(1);
    let (mut shredding, mut flushing) = (Duration::ZERO, Duration::ZERO);
    let mut base = 0;
    for from in (0..total).step_by(BATCH) {
        let events: Vec<StoredEvent> = (from..total.min(from + BATCH as u64))
            .map(|at| event(&mut random, at, total, people))
            .collect();
        let batch = EventBatch {
            consumed_to: Offset(from),
            decided_at: Timestamp::ZERO,
            turned_away: Vec::new(),
            decisions: Vec::new(),
            counts: Vec::new(),
            trait_sets: Vec::new(),
            events,
        };
        let start = core_time();
        store.ingest(Offset(base), &batch).unwrap();
        shredding += core_time() - start;
        base += batch.offsets();
        if store.buffered_rows() >= 100_000 {
            let start = core_time();
            store.flush().unwrap();
            flushing += core_time() - start;
        }
    }
    let start = core_time();
    store.flush().unwrap();
    (shredding, flushing + (core_time() - start))
}

/// Bit per wanted row of a part.
fn masks(part: &Part, wanted: &[Option<u32>; 4]) -> Vec<u64> {
    let wanted = wanted.map(|code| code.unwrap_or(u32::MAX));
    let CodeSlice::U8(codes) = part.events() else { return Vec::new() };
    let wanted = wanted.map(|code| u8::try_from(code).unwrap_or(u8::MAX));
    let block = |chunk: &[u8]| {
        let mut mask = 0;
        for (at, eight) in chunk.chunks(8).enumerate() {
            let mut bytes = [0u8; 8];
            for (byte, code) in bytes.iter_mut().zip(eight) {
                let hit = *code == wanted[0]
                    || *code == wanted[1]
                    || *code == wanted[2]
                    || *code == wanted[3];
                *byte = u8::from(hit);
            }
            mask |=
                (u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (at * 8);
        }
        mask
    };
    codes.chunks(64).map(block).collect()
}

#[derive(Default)]
struct Funnel {
    counts: [u64; 5],
    since: [Option<i64>; 4],
    level: usize,
}

impl Funnel {
    fn row(&mut self, step: usize, time: i64) {
        if step == 0 {
            self.since[0] = Some(time);
            self.level = self.level.max(1);
        } else if let Some(start) = self.since[step - 1].filter(|start| time - start <= WINDOW_US) {
            self.since[step] = Some(start);
            self.level = self.level.max(step + 1);
        }
    }

    fn end(&mut self) {
        self.counts[self.level] += 1;
        (self.since, self.level) = ([None; 4], 0);
    }
}

fn rows_in(masks: &[u64], start: u32, end: u32, mut visit: impl FnMut(u32)) {
    let (first, last) = (start / 64, (end - 1) / 64);
    for block in first..=last {
        let mut mask = masks[block as usize];
        if block == first {
            mask &= u64::MAX << (start % 64);
        }
        if block == last {
            mask &= u64::MAX >> (63 - (end - 1) % 64);
        }
        while mask != 0 {
            visit(block * 64 + mask.trailing_zeros());
            mask &= mask - 1;
        }
    }
}

fn funnel(store: &Store) -> [u64; 5] {
    let selection = store.snapshot().select_all();
    let codes: Vec<[Option<u32>; 4]> =
        selection.parts().iter().map(|part| STEPS.map(|step| part.event_code(step))).collect();
    let masks: Vec<Vec<u64>> =
        selection.parts().iter().zip(&codes).map(|(part, codes)| masks(part, codes)).collect();
    let mut state = Funnel::default();
    let mut order = Vec::new();
    for slice in selection.slices(1) {
        selection.walk(slice, |piece| {
            let row = |state: &mut Funnel, part: u32, row: u32| {
                let (of, codes) = (&selection.parts()[part as usize], &codes[part as usize]);
                let code = Some(of.events().get(row as usize));
                let step = codes.iter().position(|wanted| *wanted == code).unwrap_or(0);
                state.row(step, of.times().get(row));
            };
            match piece {
                Piece::Block { part, people } => {
                    let of = &selection.parts()[part as usize];
                    for index in people.clone() {
                        let range = of.range(index);
                        rows_in(&masks[part as usize], range.start, range.end, |at| {
                            row(&mut state, part, at)
                        });
                        state.end();
                    }
                }
                Piece::Runs { runs, .. } => {
                    order.clear();
                    for run in runs {
                        rows_in(&masks[run.part as usize], run.start, run.end, |at| {
                            let of = &selection.parts()[run.part as usize];
                            order.push((of.times().get(at), of.seqs().get(at).0, run.part, at));
                        });
                    }
                    order.sort_unstable();
                    for (_, _, part, at) in &order {
                        row(&mut state, *part, *at);
                    }
                    state.end();
                }
                Piece::Rows { rows, .. } => {
                    for at in rows {
                        row(&mut state, at.part, at.row);
                    }
                    state.end();
                }
            }
            true
        });
    }
    state.counts
}

fn timed_funnel(store: &Store, what: &str) {
    let mut times = Vec::new();
    for _ in 0..7 {
        let start = core_time();
        let counts = funnel(store);
        times.push(((core_time() - start).as_secs_f64() * 1e3, counts));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ms, counts) = times[3];
    let snapshot = store.snapshot();
    println!(
        "funnel, {what}: {ms:.1} ms, {:.0} M rows/s over {} parts {counts:?}",
        snapshot.rows() as f64 / ms / 1e3,
        snapshot.parts().len()
    );
}

fn main() {
    let total: u64 =
        std::env::var("SLUICE_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000_000);
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::ZERO));
    let store =
        Store::open(Arc::new(OsDisk), dir.path().join("parts"), StoreConfig::default(), clock)
            .unwrap();
    let (shredding, flushing) = ingest(&store, total);
    let per_second = |time: Duration| total as f64 / time.as_secs_f64();
    println!(
        "shred: {:.0} events/s; sort, write, sync: {:.0} events/s of one core",
        per_second(shredding),
        per_second(flushing)
    );
    println!("ingest together: {:.0} events/s of one core", per_second(shredding + flushing));
    println!(
        "level 0: {:.1} bytes/event, {} parts",
        store.disk_bytes() as f64 / total as f64,
        store.snapshot().parts().len()
    );
    timed_funnel(&store, "level 0");
    let start = core_time();
    let mut written = 0;
    while store.compact_once().unwrap() {
        let newest = store
            .snapshot()
            .parts()
            .iter()
            .map(|part| part.meta().clone())
            .max_by_key(|meta| meta.id);
        written += newest.map_or(0, |meta| u64::from(meta.rows));
    }
    println!(
        "tiered compaction: {:.0} rows written/s, {written} rows",
        written as f64 / (core_time() - start).as_secs_f64()
    );
    let start = Instant::now();
    store.compact_all().unwrap();
    println!("full compaction: {:.1} s", start.elapsed().as_secs_f64());
    println!(
        "compacted: {:.1} bytes/event, {} parts",
        store.disk_bytes() as f64 / total as f64,
        store.snapshot().parts().len()
    );
    timed_funnel(&store, "compacted");
    let mut columns: Vec<(usize, String)> = Vec::new();
    for part in store.snapshot().parts().iter().take(1) {
        for meta in part.columns() {
            let column = part.column(meta.scope, &meta.name).unwrap().unwrap();
            columns.push((column.disk_bytes(), format!("{:?} {}", meta.scope, meta.name)));
        }
        columns.sort_unstable_by(|a, b| b.cmp(a));
        for (bytes, name) in columns.iter().take(6) {
            println!("  {name}: {:.2} bytes/row", *bytes as f64 / f64::from(part.rows()));
        }
        assert!(part.column(Scope::Property, "plan").unwrap().is_some());
    }
}

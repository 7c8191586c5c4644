//! Events a second from a full `received` log into `events`, and where the time goes.
//!
//! `cargo bench -p sluice-pipeline --bench pipeline [-- THOUSANDS_OF_EVENTS]`. Events of about 590
//! bytes in requests of 100: first people of whom 40 % were seen in the warm-up, ten events each, a
//! third of them identified (by a fresh `userId` with the known `anonymousId` from their fifth event
//! on); then a new `anonymousId` on every event; then identified users of a million; then these events
//! again, all duplicates.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_base::{Clock, OsDisk, SystemClock, Timestamp};
use sluice_event::{Endpoint, ReceivedItem, ReceivedRequest, SourceNo, WorkspaceNo};
use sluice_log::{Log, LogConfig};
use sluice_model::{SourceEntry, SourceTable};
use sluice_pipeline::{Pipeline, PipelineConfig, PipelineDirs};
use tokio::sync::watch;

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Events of one person in the realistic mix.
const EVENTS_PER_PERSON: u64 = 10;

fn main() {
    let thousands: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(1000);
    let dir =
        tempfile::tempdir_in(std::env::var("SLUICE_BENCH_DIR").unwrap_or_else(|_| ".".into()))
            .unwrap();
    let (received, events) = (open(dir.path(), "received"), open(dir.path(), "events"));
    let mut table = SourceTable::default();
    let source = SourceEntry {
        no: SourceNo(1),
        workspace: WorkspaceNo(1),
        id: "src_1".to_owned(),
        slug: "shop".to_owned(),
        enabled: true,
        requests_per_second_max: None,
        overlay_receipts: false,
        ip: sluice_event::IpPolicy::Keep,
    };
    table.by_no.insert(SourceNo(1), Arc::new(source));
    let sources = watch::Sender::new(Arc::new(table));
    let dirs =
        PipelineDirs { dedupe: dir.path().join("dedupe"), people: dir.path().join("people") };
    let mut pipeline = Pipeline::open(
        PipelineConfig::default(),
        Arc::new(OsDisk),
        received.clone(),
        events,
        sources.subscribe(),
        Arc::new(SystemClock),
        &dirs,
    )
    .unwrap();
    let events = thousands * 1000;
    let run = |pipeline: &mut Pipeline, name: &str, first: u64, events: u64, who: Who| {
        run(pipeline, &received, name, first..first + events, who);
    };
    let people = events / EVENTS_PER_PERSON;
    let warm_up = people * 4 / 10;
    run(&mut pipeline, "warm-up: one event of people who come back", 0, warm_up, anonymous);
    run(&mut pipeline, "realistic mix, ten events a person", 1 << 32, events, mixed);
    run(&mut pipeline, "a new anonymous id on every event", 2 << 32, events, anonymous);
    run(&mut pipeline, "identified users of a million", 3 << 32, events, million);
    run(&mut pipeline, "the same events: duplicates", 3 << 32, events, million);
    pipeline.handle().check().unwrap();
}

/// The identifiers of event `n`, as members of the JSON.
type Who = fn(n: u64) -> String;

fn anonymous(person: u64) -> String {
    format!(r#""anonymousId":"anon_{:020}""#, scramble(person))
}

/// People take turns, a thousand at a time.
fn mixed(n: u64) -> String {
    let n = n & u64::from(u32::MAX);
    let (block, place) = (n / (1000 * EVENTS_PER_PERSON), n % (1000 * EVENTS_PER_PERSON));
    let (person, turn) = (block * 1000 + place % 1000, place / 1000);
    let comes_back = person % 10 < 4;
    let known = person / 10 * 4 + person % 10;
    let id = if comes_back { known } else { (7 << 32) + person };
    if person % 3 == 0 && turn >= 4 {
        return format!(r#""userId":"user_{:012}",{}"#, scramble(person), anonymous(id));
    }
    anonymous(id)
}

fn million(n: u64) -> String {
    let user = scramble(n) % 1_000_000;
    let anonymous = user * 7919 % 10_000_000_000;
    format!(r#""userId":"user_{user:07}","anonymousId":"anon_{anonymous:010}""#)
}

fn open(dir: &Path, name: &str) -> Log {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Log::open(Arc::new(OsDisk), dir.join(name), LogConfig::default(), clock).unwrap()
}

fn run(pipeline: &mut Pipeline, received: &Log, name: &str, numbers: Range<u64>, who: Who) {
    let mut bytes = 0;
    let events = numbers.end - numbers.start;
    for first in numbers.step_by(100) {
        let items: Vec<String> = (first..first + 100).map(|n| event(n, &who(n))).collect();
        bytes += items.iter().map(String::len).sum::<usize>();
        append(received, &items);
    }
    let (before, started, cpu) = (pipeline.stage_times(), Instant::now(), cpu_seconds());
    while pipeline.handle().waiting() > 0 {
        pipeline.step().unwrap();
    }
    let (took, cpu) = (started.elapsed(), cpu_seconds() - cpu);
    println!(
        "{name}: {:.0} events/s ({} bytes each), {:.2} us wall, {:.2} us CPU of all threads",
        events as f64 / took.as_secs_f64(),
        bytes as u64 / events,
        took.as_secs_f64() * 1e6 / events as f64,
        cpu * 1e6 / events as f64,
    );
    let after = pipeline.stage_times();
    let stages: [(&str, Duration); 6] = [
        ("normalize", after.normalize - before.normalize),
        ("dedupe", after.dedupe - before.dedupe),
        ("decide", after.decide - before.decide),
        ("encode", after.encode - before.encode),
        ("append", after.append - before.append),
        ("store", after.store - before.store),
    ];
    for (stage, time) in stages {
        let share = time.as_secs_f64() * 100.0 / took.as_secs_f64();
        println!("  {stage:<10} {share:5.1} %  {:.2} us", time.as_secs_f64() * 1e6 / events as f64);
    }
}

fn append(received: &Log, items: &[String]) {
    let request = ReceivedRequest {
        source: SourceNo(1),
        received_at: Timestamp::from_secs(1_800_000_000),
        endpoint: Endpoint::Batch,
        ip: None,
        user_agent: None,
        sent_at: None,
        context: None,
        integrations: None,
        items: items.iter().map(|item| ReceivedItem::Event(item)).collect(),
    };
    let mut payload = Vec::new();
    request.encode(&mut payload);
    received.append_durable(1, items.len() as u64, &payload).unwrap();
}

fn scramble(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
}

fn event(n: u64, who: &str) -> String {
    let (a, page) = (scramble(n), n % 500);
    let name = ["Page Viewed", "Product Added", "Order Completed", "Signed Up", "Button Clicked"]
        [(a % 5) as usize];
    format!(
        r#"{{"type":"track","event":"{name}","messageId":"{n:012x}-{:04x}-4aaa-a000-{:012x}",{who},"timestamp":"2026-01-{:02}T{:02}:{:02}:{:02}.{:03}Z","properties":{{"plan":"pro","country":"DE","platform":"web","revenue":{}.{:02},"price":{}.{:02},"category":"cat_{:02}","experiment":"exp_{:02}","variant":"control","quantity":{}}},"context":{{"ip":"10.{}.{}.{}","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36","page":{{"path":"/p/{page}","title":"Page {page}"}},"library":{{"name":"sdk.js","version":"2.1.0"}}}}}}"#,
        a & 0xffff,
        a >> 16,
        1 + a % 28,
        a % 24,
        a % 60,
        (a >> 8) % 60,
        a % 1000,
        a % 300,
        a % 100,
        a % 90,
        (a >> 7) % 100,
        a % 50,
        a % 20,
        a % 9,
        a & 255,
        (a >> 9) & 255,
        (a >> 17) & 255,
    )
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

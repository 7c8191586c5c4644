//! The whole way: HTTP to queryable, with the load generator on the same machine.
//!
//! Sends batches of 100 typical events as fast as they are acknowledged (or at a rate), then waits
//! until every event is part of answers. Prints events per second, backlog and how long it took to
//! clear, memory, bytes per event on disk, and where the processor time went, by thread.
//!
//! `cargo bench -p sluice --bench whole_way`; `SLUICE_BENCH_SECONDS` (default 60),
//! `SLUICE_BENCH_SENDERS` (default 4), `SLUICE_BENCH_RATE` (events/s, default unlimited).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints and may stop")]

#[path = "../tests/it/http.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod http;
#[path = "../tests/it/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::http::Client;
use crate::server::Server;

const BATCH: u64 = 100;
/// Events of one person before the next comes; of three persons one is signed in.
const EVENTS_PER_PERSON: u64 = 10;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    let seconds = setting("SLUICE_BENCH_SECONDS", 60);
    let senders = setting("SLUICE_BENCH_SENDERS", 4);
    let rate = setting("SLUICE_BENCH_RATE", 0);
    let data = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let server = Server::start(data.path());
    println!("ready after {:.0?}; idle: {}", started.elapsed(), memory(&server));
    let (_, write_key) = server.source("bench");
    let sent = AtomicU64::new(0);
    let slowest = AtomicU64::new(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    let began = Instant::now();
    let mut peak = 0;
    std::thread::scope(|scope| {
        for sender in 0..senders {
            let (server, write_key, sent, slowest) = (&server, &write_key, &sent, &slowest);
            let per_second = rate / senders;
            scope.spawn(move || {
                let mut client = server.client();
                send(&mut client, sender, write_key, per_second, end, (sent, slowest));
            });
        }
        while Instant::now() < end {
            std::thread::sleep(Duration::from_secs(1));
            peak = peak.max(metric(&server, "sluice_pipeline_waiting"));
        }
    });
    let took = began.elapsed().as_secs_f64();
    let total = sent.load(Ordering::SeqCst);
    let ended = Instant::now();
    let waiting = metric(&server, "sluice_pipeline_waiting");
    let ledger = server.wait_for_ledger(|ledger| ledger["analytics"]["stored"] == total);
    let cleared = ended.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let per_second = total as f64 / took;
    println!("{total} events in {took:.1} s: {per_second:.0} events/s, all acknowledged durable");
    println!("slowest answer {} ms", slowest.load(Ordering::SeqCst));
    println!(
        "pipeline backlog: peak {peak}, at the end {waiting}; all queryable {cleared:.1?} later"
    );
    println!("ledger balances: {}; loaded: {}", ledger["balances"], memory(&server));
    for (thread, seconds) in threads(server.pid()) {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let micros = seconds * 1e6 / total as f64;
        println!("  {thread:<20} {seconds:7.1} s  {micros:5.2} us an event");
    }
    let disk = |name: &str| size(&data.path().join("workspaces/1").join(name));
    for name in ["received", "events", "dedupe", "people", "parts"] {
        println!("  {name:<10} {:6} bytes an event on disk", disk(name) / total.max(1));
    }
}

fn send(
    client: &mut Client,
    sender: u64,
    write_key: &str,
    per_second: u64,
    end: Instant,
    (sent, slowest): (&AtomicU64, &AtomicU64),
) {
    let mut next: u64 = 0;
    let began = Instant::now();
    while Instant::now() < end {
        if let Some(due) = (next * 1_000_000).checked_div(per_second) {
            std::thread::sleep(Duration::from_micros(due).saturating_sub(began.elapsed()));
        }
        let body = batch(sender, next, write_key);
        let asked = Instant::now();
        match client.send("POST", "/v1/batch", &[], body.as_bytes()) {
            Ok(answer) if answer.status == 200 => {
                next += BATCH;
                sent.fetch_add(BATCH, Ordering::SeqCst);
                let ms = u64::try_from(asked.elapsed().as_millis()).unwrap();
                slowest.fetch_max(ms, Ordering::SeqCst);
            }
            Ok(answer) => {
                assert_eq!(answer.status, 429, "{}", answer.body);
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Typical events of about 600 bytes: ids, nine properties, a browser's context.
fn batch(sender: u64, first: u64, write_key: &str) -> String {
    const EVENTS: [&str; 8] = [
        "Page Viewed",
        "Product Viewed",
        "Product Viewed",
        "Product Added",
        "Search",
        "Checkout Started",
        "Order Completed",
        "Signed Up",
    ];
    let mut body = format!("{{\"writeKey\":\"{write_key}\",\"batch\":[");
    for n in first..first + BATCH {
        let person = n / EVENTS_PER_PERSON;
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let event = EVENTS[usize::try_from(mixed % 8).unwrap()];
        if n > first {
            body.push(',');
        }
        write!(
            body,
            "{{\"type\":\"track\",\"messageId\":\"b{sender:02}-{n:012}-4f5a-8d2e-9c1b7a6e5d4c\",\
             \"anonymousId\":\"{sender:08x}-{person:08x}-4c3b-a2f1-e0d9c8b7a695\","
        )
        .unwrap();
        if person.is_multiple_of(3) {
            write!(body, "\"userId\":\"user-{sender}-{person}\",").unwrap();
        }
        write!(
            body,
            "\"event\":\"{event}\",\"properties\":{{\"plan\":\"{}\",\"price\":{}.99,\"currency\":\"EUR\",\
             \"sku\":\"sku-{}\",\"quantity\":{},\"category\":\"cat-{}\",\"position\":{},\"coupon\":null,\
             \"logged_in\":{}}},\"context\":{{\"library\":{{\"name\":\"analytics.js\",\"version\":\"2.11.1\"}},\
             \"userAgent\":\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36\",\
             \"page\":{{\"path\":\"/p/{}\",\"title\":\"Page {}\"}},\"locale\":\"en-US\"}}}}",
            ["free", "pro", "team"][usize::try_from(mixed % 3).unwrap()],
            mixed % 200,
            mixed % 5_000,
            mixed % 5 + 1,
            mixed % 40,
            mixed % 30,
            mixed.is_multiple_of(2),
            mixed % 300,
            mixed % 300,
        )
        .unwrap();
    }
    body.push_str("]}");
    body
}

fn metric(server: &Server, name: &str) -> u64 {
    let text = server.client().send("GET", "/metrics", &[], b"").unwrap().body;
    let line = text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn memory(server: &Server) -> String {
    let mib = |name| metric(server, name) >> 20;
    format!(
        "{} MiB resident, {} MiB of it not mapped files",
        mib("sluice_process_resident_bytes"),
        mib("sluice_process_anonymous_bytes")
    )
}

/// Processor seconds by thread name, most first.
fn threads(pid: u32) -> Vec<(String, f64)> {
    let mut sums = BTreeMap::<String, f64>::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(task.path().join("stat")) else { continue };
        let (name, rest) = stat.split_once(") ").unwrap();
        let ticks: Vec<f64> = rest.split(' ').filter_map(|field| field.parse().ok()).collect();
        // Fields 14 and 15 of proc(5), counted after the name and the state letter.
        *sums.entry(name.split_once('(').unwrap().1.to_owned()).or_default() +=
            (ticks[10] + ticks[11]) / 100.0;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    sums
}

fn size(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let sizes = entries.flatten().map(|entry| {
        let meta = entry.metadata().unwrap();
        if meta.is_dir() { size(&entry.path()) } else { meta.len() }
    });
    sizes.sum()
}

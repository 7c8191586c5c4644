//! How fast the log is, beside a bare loop of write and sync in the same run.
//!
//! `cargo bench -p sluice-log [-- FOLDER]`. Each figure is the median of [`ROUNDS`] rounds, and its
//! ratio to the bare loop of the same size, which is measured between them. The folder must be on
//! the disk to be measured; the default is the target folder's.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops on any error"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_base::{Disk, OsDisk, SystemClock};
use sluice_log::{Log, LogConfig};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(400);
const EVENT_BYTES: usize = 600;
const BATCH_BYTES: usize = 59_000;

fn main() {
    let folder = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let parent = folder.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let dir = tempfile::tempdir_in(parent).unwrap();
    println!(
        "durable appends, median of {ROUNDS} rounds of {ROUND:?}; bare = write + fdatasync into a zero-filled file, one after the other"
    );
    preallocation(dir.path());
    for (name, bytes) in [("600 B", EVENT_BYTES), ("59 kB", BATCH_BYTES)] {
        for zstd_level in [0, 1] {
            for waiters in [1, 16, 64, 256] {
                group_commit(dir.path(), name, bytes, zstd_level, waiters);
            }
        }
    }
    one_blocking(dir.path());
    readers(dir.path());
    reopen(dir.path());
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// JSON-like text that compresses about as events do.
fn payload(bytes: usize, seed: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + 200);
    let mut n = seed as u64;
    while out.len() < bytes {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let event = format!(
            r#"{{"type":"track","event":"Product Viewed","anonymousId":"{n:016x}-{:012x}","properties":{{"price":{},"sku":"{:06}","currency":"EUR"}},"context":{{"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","locale":"de-DE"}}}}"#,
            n.rotate_left(17),
            n >> 50,
            n % 999_983
        );
        out.extend_from_slice(event.as_bytes());
    }
    out.truncate(bytes);
    out
}

#[derive(Clone, Copy)]
enum Prepared {
    No,
    Length,
    Zeros,
}

/// Appends a second of the bare loop.
fn bare(dir: &Path, bytes: usize, prepared: Prepared) -> f64 {
    let path = dir.join("bare");
    let file = OsDisk.create(&path).unwrap();
    let block = payload(bytes, 1);
    let len: u64 = 32 << 20;
    match prepared {
        Prepared::No => {}
        Prepared::Length => file.set_len(len).unwrap(),
        Prepared::Zeros => {
            (0..32).for_each(|mib| file.write_at(mib << 20, &vec![0; 1 << 20]).unwrap())
        }
    }
    file.sync().unwrap();
    let start = Instant::now();
    let (mut at, mut writes) = (0, 0);
    while start.elapsed() < ROUND && at + (bytes as u64) < len {
        file.write_at(at, &block).unwrap();
        file.sync().unwrap();
        at += bytes as u64;
        writes += 1;
    }
    let rate = f64::from(writes) / start.elapsed().as_secs_f64();
    OsDisk.remove(&path).unwrap();
    rate
}

fn preallocation(dir: &Path) {
    for bytes in [EVENT_BYTES, BATCH_BYTES, 1 << 20] {
        let mut rates = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (rates, prepared) in
                rates.iter_mut().zip([Prepared::No, Prepared::Length, Prepared::Zeros])
            {
                rates.push(bare(dir, bytes, prepared));
            }
        }
        let [no, length, zeros] = rates.map(median);
        println!(
            "bare {bytes:>8} B: appending {no:>7.0}/s, length set {length:>7.0}/s, filled with zeros {zeros:>7.0}/s"
        );
    }
}

fn config(zstd_level: i32) -> LogConfig {
    LogConfig { zstd_level, ..LogConfig::default() }
}

fn open(dir: &Path, zstd_level: i32) -> Log {
    Log::open(Arc::new(OsDisk), dir.join("log"), config(zstd_level), Arc::new(SystemClock)).unwrap()
}

fn group_commit(dir: &Path, name: &str, bytes: usize, zstd_level: i32, waiters: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bares.push(bare(dir, bytes, Prepared::Zeros));
        let log = open(dir, zstd_level);
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..waiters {
            let (log, payload) = (log.clone(), payload(bytes, task));
            let work = async move {
                let mut appended = 0;
                while start.elapsed() < ROUND {
                    log.append(1, 1, &payload).unwrap().durable().await.unwrap();
                    appended += 1;
                }
                appended
            };
            tasks.spawn_on(work, runtime.handle());
        }
        let appended: u32 = runtime.block_on(tasks.join_all()).into_iter().sum();
        ours.push(f64::from(appended) / start.elapsed().as_secs_f64());
        drop(log);
        OsDisk.remove_dir_all(&dir.join("log")).unwrap();
    }
    let (ours, bare) = (median(ours), median(bares));
    let rate = ours * bytes as f64 / 1e6;
    println!(
        "{name} zstd {zstd_level}, {waiters:>3} waiting: {ours:>8.0}/s {rate:>6.0} MB/s; bare {bare:>6.0}/s; ratio {:.2}",
        ours / bare
    );
}

fn one_blocking(dir: &Path) {
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bares.push(bare(dir, EVENT_BYTES, Prepared::Zeros));
        let log = open(dir, 1);
        let payload = payload(EVENT_BYTES, 7);
        let start = Instant::now();
        let mut appended = 0_u32;
        while start.elapsed() < ROUND {
            log.append_durable(1, 1, &payload).unwrap();
            appended += 1;
        }
        ours.push(f64::from(appended) / start.elapsed().as_secs_f64());
        drop(log);
        OsDisk.remove_dir_all(&dir.join("log")).unwrap();
    }
    let (ours, bare) = (median(ours), median(bares));
    println!(
        "600 B zstd 1, one blocking: {ours:>8.0}/s; bare {bare:>6.0}/s; ratio {:.2}",
        ours / bare
    );
}

fn fill(dir: &Path, zstd_level: i32, entries: usize) -> Log {
    let log = open(dir, zstd_level);
    let payloads: Vec<_> = (0..64).map(|seed| payload(BATCH_BYTES, seed)).collect();
    for payload in payloads.iter().cycle().take(entries) {
        while log.append(1, 100, payload).is_err() {
            log.flush().unwrap();
        }
    }
    log.flush().unwrap();
    log
}

fn readers(dir: &Path) {
    for zstd_level in [0, 1] {
        let log = fill(dir, zstd_level, 8_000);
        let rate = |from: u64| {
            let start = Instant::now();
            let (mut bytes, mut sum, mut reader) = (0, 0_u64, log.reader(from));
            while let Some(entry) = reader.next().unwrap() {
                bytes += entry.payload.len();
                sum += entry.payload.iter().map(|byte| u64::from(*byte)).sum::<u64>();
            }
            std::hint::black_box(sum);
            bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
        };
        let all = median((0..ROUNDS).map(|_| rate(0)).collect());
        let tail = median((0..ROUNDS * 20).map(|_| rate(log.synced() - 10_000)).collect());
        println!(
            "reading zstd {zstd_level}: from files (page cache) {all:.0} MB/s, at the tail from memory {tail:.0} MB/s"
        );
        drop(log);
        OsDisk.remove_dir_all(&dir.join("log")).unwrap();
    }
}

fn reopen(dir: &Path) {
    let log = fill(dir, 0, 34_000);
    let bytes = log.disk_bytes();
    // Without a clean stop: the whole last segment is checked.
    let start = Instant::now();
    let again = open(dir, 0);
    let dirty = start.elapsed();
    drop(again);
    drop(log);
    let start = Instant::now();
    drop(open(dir, 0));
    println!(
        "opening {:.1} GB: {dirty:.2?} after a kill, {:.2?} after a clean stop",
        bytes as f64 / 1e9,
        start.elapsed()
    );
}

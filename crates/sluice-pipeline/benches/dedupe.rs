//! Throughput of the deduplication index, and how long it takes to open.
//!
//! `cargo bench -p sluice-pipeline --bench dedupe [-- MILLIONS_OF_IDS]`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_base::{OsDisk, Timestamp};
use sluice_event::{Offset, SourceNo};
use sluice_pipeline::dedupe::{DedupeConfig, DedupeIndex};

const BATCH: u64 = 1000;
const SOURCE: SourceNo = SourceNo(1);

fn main() {
    let millions: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(20);
    let ids = millions * 1_000_000;
    let dir =
        tempfile::tempdir_in(std::env::var("SLUICE_BENCH_DIR").unwrap_or_else(|_| ".".into()))
            .unwrap();
    let open = || {
        DedupeIndex::open(Arc::new(OsDisk), dir.path().join("dedupe"), DedupeConfig::default())
            .unwrap()
    };
    let mut index = open();
    let id = |n: u64| {
        format!("{n:08x}-{:04x}-4aaa-a000-{:012x}", n % 65_521, n.wrapping_mul(0x9E37_79B9))
    };
    let at = |n: u64| Timestamp::from_secs(1_800_000_000).plus(Duration::from_micros(n * 10));

    let (started, mut slowest) = (Instant::now(), Duration::ZERO);
    for batch in 0..ids / BATCH {
        let batch_started = Instant::now();
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let keys: Vec<_> = numbers.clone().map(|n| index.key(SOURCE, &id(n))).collect();
        let earlier = index.probe(&keys);
        for ((key, earlier), n) in keys.into_iter().zip(earlier).zip(numbers) {
            assert_eq!(index.accept(key, earlier, Offset(n), at(n)), None);
        }
        if index.is_flush_due() {
            index.flush(Offset((batch + 1) * BATCH), Vec::new()).unwrap();
        }
        index.maintain(16 * 1024).unwrap();
        slowest = slowest.max(batch_started.elapsed());
    }
    report("new ids: check and insert, with flushes and merges", ids, started.elapsed());
    println!(
        "  slowest batch {slowest:?}, {} slices, {} MB",
        index.slices(),
        index.disk_bytes() >> 20
    );

    let started = Instant::now();
    for batch in 0..1000 {
        let key = |k: u64| {
            index.key(SOURCE, &id((batch * BATCH + k).wrapping_mul(7919) % (ids - 1_000_000)))
        };
        let keys: Vec<_> = (0..BATCH).map(key).collect();
        assert!(index.probe(&keys).iter().all(Option::is_some));
    }
    report("repeats: check", 1000 * BATCH, started.elapsed());

    index.flush(Offset(ids), Vec::new()).unwrap();
    drop(index);
    let started = Instant::now();
    let index = open();
    println!(
        "opened {} MB in {} slices in {:?}",
        index.disk_bytes() >> 20,
        index.slices(),
        started.elapsed()
    );
}

fn report(name: &str, ids: u64, took: Duration) {
    let ns = took.as_secs_f64() * 1e9 / ids as f64;
    println!("{name}: {:.2} M/s, {ns:.0} ns each", 1e3 / ns);
}

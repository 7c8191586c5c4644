//! The server at rest with a full deduplication window: how soon it is ready, and what it holds.
//!
//! `cargo bench -p sluice --bench at_rest`; `SLUICE_BENCH_MILLIONS` (default 20) of message ids,
//! accepted over the last 28 days, are put into the workspace's index through the library.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints and may stop")]

#[path = "../tests/it/http.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod http;
#[path = "../tests/it/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_base::{Clock as _, OsDisk, SystemClock};
use sluice_event::{Offset, SourceNo};
use sluice_pipeline::dedupe::{DedupeConfig, DedupeIndex};

use crate::server::Server;

const DAYS_28: Duration = Duration::from_secs(28 * 86_400);

fn main() {
    let millions = std::env::var("SLUICE_BENCH_MILLIONS").ok();
    let ids = millions.map_or(20, |text| text.parse::<u64>().unwrap()) * 1_000_000;
    let data = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    measure("empty", data.path());
    let bytes = fill(&data.path().join("workspaces/1/dedupe"), ids);
    println!("{ids} message ids take {} MiB on disk", bytes >> 20);
    measure("first start with the full window", data.path());
    measure("second start", data.path());
}

fn measure(name: &str, data: &Path) {
    let started = Instant::now();
    let server = Server::start(data);
    let mut client = server.client();
    while client.send("GET", "/health/ready", &[], b"").unwrap().status != 200 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let ready = started.elapsed();
    let (resident, anonymous) = memory(&server);
    // Merges of slices that the start found due are done by then.
    std::thread::sleep(Duration::from_secs(5));
    let (later, anonymous_later) = memory(&server);
    println!(
        "{name}: ready after {ready:.0?}, {resident} MiB resident ({anonymous} not mapped files); \
         5 s later {later} MiB ({anonymous_later})"
    );
    assert_eq!(server.terminate(), Some(0));
}

fn fill(dir: &Path, ids: u64) -> u64 {
    let config = DedupeConfig::default();
    let mut index = DedupeIndex::open(Arc::new(OsDisk), dir.to_owned(), config).unwrap();
    // Nothing of the log is claimed to be applied, so that the server keeps the index.
    let (applied_to, extra) = (index.applied_to(), index.extra().to_vec());
    let begun = SystemClock.now().minus(DAYS_28);
    for n in 0..ids {
        let message_id = format!("{n:08x}-{:04x}-4aaa-a000-{:012x}", n % 65_521, n ^ 0x9E37_79B9);
        let key = index.key(SourceNo(1), &message_id);
        index.insert(key, Offset(n), begun.plus(DAYS_28.mul_f64(n as f64 / ids as f64)));
        if index.is_flush_due() {
            index.flush(applied_to, extra.clone()).unwrap();
        }
        if n % 1_000 == 0 {
            index.maintain(16 << 10).unwrap();
        }
    }
    index.flush(applied_to, extra).unwrap();
    index.disk_bytes()
}

/// MiB resident, and of it what is not mapped files.
fn memory(server: &Server) -> (u64, u64) {
    let text = server.client().send("GET", "/metrics", &[], b"").unwrap().body;
    let mib = |name: &str| {
        let line = text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap() >> 20
    };
    (mib("sluice_process_resident_bytes"), mib("sluice_process_anonymous_bytes"))
}

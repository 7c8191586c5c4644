//! Does one dead and one hanging connection among fifty change the others' latency (invariant I5)?
//! Prints the p95 of the healthy ones in five paired runs, and the median of the ratios.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

#[path = "common/mod.rs"]
mod common;

use std::time::Duration;

use common::Bench;
use sluice_destination_kit::peer::{Peer, Reply};

const CONNECTIONS: usize = 50;
const ROUNDS: u64 = 40;
const EVENTS_PER_ROUND: u64 = 5;
const PAUSE: Duration = Duration::from_millis(100);

async fn run(with_bad: bool) -> Duration {
    let good = Peer::answering(200).await;
    let hanging = Peer::start(|_| Reply::hang()).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let urls = (0..CONNECTIONS).map(|i| match i {
        0 if with_bad => dead.clone(),
        1 if with_bad => hanging.url(),
        _ => good.url(),
    });
    let bench = Bench::start(urls.collect(), 1);
    for round in 0..ROUNDS {
        bench.write(&common::record(round * EVENTS_PER_ROUND, EVENTS_PER_ROUND));
        tokio::time::sleep(PAUSE).await;
    }
    let mut p95: Vec<Duration> = Vec::new();
    for status in bench.until_delivered(ROUNDS * EVENTS_PER_ROUND, 2).await {
        p95.push(status.latency.p95);
    }
    p95.sort();
    p95[p95.len() / 2]
}

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut ratios = Vec::new();
    for pair in 1..=5 {
        let (without, with) = (runtime.block_on(run(false)), runtime.block_on(run(true)));
        let ratio = with.as_secs_f64() / without.as_secs_f64();
        println!(
            "pair {pair}: p95 without {without:?}, with one dead and one hanging {with:?}, ratio {ratio:.2}"
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2}", ratios[2]);
}

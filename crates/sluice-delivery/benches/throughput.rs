//! Events per second from the log to a loopback receiver, against a bare loop of the same HTTP
//! client that sends the same bodies with as many requests in flight.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

#[path = "common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use bytes::Bytes;
use common::Bench;
use sluice_destination_kit::peer::Peer;
use sluice_destination_kit::{HttpOut, HttpRequest};

const IN_FLIGHT: usize = 20;

async fn bare(bodies: Vec<Bytes>) -> Duration {
    let (peer, http) = (Peer::answering(200).await, common::http());
    let started = Instant::now();
    let mut sends = tokio::task::JoinSet::new();
    for body in bodies {
        if sends.len() >= IN_FLIGHT {
            sends.join_next().await.unwrap().unwrap();
        }
        sends.spawn(send(http.clone(), peer.url(), body));
    }
    while let Some(sent) = sends.join_next().await {
        sent.unwrap();
    }
    started.elapsed()
}

async fn send(http: HttpOut, url: String, body: Bytes) {
    let headers = http::HeaderMap::new();
    let timeout = Duration::from_secs(5);
    http.send(HttpRequest { method: http::Method::POST, url, headers, body, timeout })
        .await
        .unwrap();
}

async fn whole_way(events: u64, batch: u64) -> Duration {
    let peer = Peer::answering(200).await;
    let bench = Bench::start(vec![peer.url()], batch);
    let firsts = (0..events).step_by(1000);
    let records: Vec<_> =
        firsts.map(|first| common::record(first, 1000.min(events - first))).collect();
    let started = Instant::now();
    for record in &records {
        bench.write(record);
    }
    bench.until_delivered(events, 0).await;
    started.elapsed()
}

fn bodies(events: u64, batch: u64) -> Vec<Bytes> {
    let numbers: Vec<u64> = (0..events).collect();
    let body = |chunk: &[u64]| {
        let texts: Vec<String> =
            chunk.iter().map(|i| common::event(*i).event.json.to_string()).collect();
        if batch == 1 { texts.concat() } else { format!("[{}]", texts.join(",")) }
    };
    numbers.chunks(usize::try_from(batch).unwrap()).map(|chunk| Bytes::from(body(chunk))).collect()
}

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (events, batch) in [(20_000, 1), (200_000, 100)] {
        let bodies = bodies(events, batch);
        let bare = events as f64 / runtime.block_on(bare(bodies)).as_secs_f64();
        let ours = events as f64 / runtime.block_on(whole_way(events, batch)).as_secs_f64();
        println!(
            "batch {batch}: bare client {bare:.0} events/s, delivery {ours:.0}, ratio {:.2}",
            ours / bare
        );
    }
}

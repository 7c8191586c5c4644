//! Does one dead and one hanging connection among fifty change the others' latency (invariant I5)?
//! Prints the p95 of the healthy ones in five paired runs, and the median of the ratios.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

#[path = "common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Bench, connection};
use serde_json::json;
use sluice_destination_kit::golden::stored_event;
use sluice_destination_kit::http::AddressPolicy;
use sluice_destination_kit::peer::{Peer, Reply};
use sluice_destination_kit::{HttpOut, HttpOutConfig};
use sluice_event::{PersonId, StoredEvent};

const CONNECTIONS: usize = 50;
const ROUNDS: u64 = 40;
const EVENTS_PER_ROUND: u64 = 5;
const PAUSE: Duration = Duration::from_millis(100);

/// About 600 bytes, as a track of a browser.
fn event(number: u64) -> StoredEvent {
    let mut stored = stored_event(&json!({
        "type": "track", "event": "Product Viewed", "messageId": format!("ajs-next-{number:032}"),
        "anonymousId": "0f0fa2f4-7ce9-4b15-9f7d-0d1b9e1f2a3b", "userId": format!("user-{}", number % 1000),
        "properties": {"product_id": "622c6f5d5cf86a4c77358033", "category": "Games", "name": "Monopoly: 3rd Edition",
            "brand": "Hasbro", "price": 18.99, "currency": "usd", "quantity": 1, "position": 3},
        "context": {"ip": "108.0.78.21", "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
            "page": {"path": "/academy/", "title": "Analytics Academy", "url": "https://shop.example/academy/"}}
    }));
    stored.canonical = PersonId(number % 1000 + 1);
    stored
}

fn http() -> HttpOut {
    let policy = AddressPolicy { allow_private: true, ..AddressPolicy::default() };
    HttpOut::new(HttpOutConfig { policy, ..HttpOutConfig::default() })
}

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
    let settings = urls.map(|url| json!({"url": url, "batchSize": 1}));
    let connections =
        settings.enumerate().map(|(i, one)| connection(i, "webhook", one, Vec::new()));
    let mut bench = Bench::open();
    bench.start(connections.collect(), Arc::new(sluice_destinations::catalog()), http());
    for round in 0..ROUNDS {
        bench.write(&common::record(round * EVENTS_PER_ROUND, EVENTS_PER_ROUND, event));
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

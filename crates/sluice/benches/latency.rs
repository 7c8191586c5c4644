//! How long a sender waits for its answer while the whole server works: pipeline, parts and their
//! compaction, and, in the last phase, one question after the other.
//!
//! For batches of 100 and for single events, ten events a person: as many as are acknowledged on 64 connections, and how
//! many of them the whole server sustains (until the last is part of answers); then half of that,
//! alone and beside a loop of funnel questions. A wait counts from the moment at which the request was
//! due. The load comes from the same machine.
//!
//! `cargo bench -p sluice --bench latency`; `SLUICE_BENCH_SECONDS` (default 15) for each phase.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints and may stop")]

#[path = "../tests/it/http.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod http;
#[path = "../tests/it/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

const CONNECTIONS: u32 = 64;
const EVENTS: [&str; 4] = ["Product Viewed", "Product Added", "Checkout Started", "Order Paid"];
const ANSWER_END: &[u8] = b"{\"success\":true}";
/// Stands where each event gets a number of its own, so that none is a duplicate.
const PLACE: &str = "############";
/// Stands where the number of a person is written: ten events each.
const PERSON: &str = "@@@@@@@@@@@@";

fn main() {
    let seconds = std::env::var("SLUICE_BENCH_SECONDS").ok();
    let time = Duration::from_secs(seconds.map_or(15, |text| text.parse().unwrap()));
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let server = Server::start(data.path());
    let (_, write_key) = server.source("bench");
    let sent = Arc::new(AtomicU64::new(0));
    for (name, events) in [("batches of 100", 100), ("single events", 1)] {
        let request = Request::new(&write_key, events);
        let load = Arc::new(Load { addr: server.addr, request, sent: Arc::clone(&sent) });
        let began = Instant::now();
        let full = load.run(time / 3, None);
        println!("{name}: full load {:.0} requests/s, {}", full.per_second, full.waits());
        rest(&server, &sent);
        let sustained = full.micros.len() as f64 / began.elapsed().as_secs_f64();
        println!("{name}: sustained to the end of the way {sustained:.0} requests/s");
        let rate = sustained / 2.0;
        let half = load.run(time, Some(rate));
        println!("{name}: half load {:.0} requests/s, {}", half.per_second, half.waits());
        rest(&server, &sent);
        let stop = AtomicBool::new(false);
        let (beside, questions) = std::thread::scope(|scope| {
            let asking = scope.spawn(|| ask(&server, &stop));
            let beside = load.run(time, Some(rate));
            stop.store(true, Ordering::Relaxed);
            (beside, asking.join().unwrap())
        });
        println!(
            "{name}: half load beside questions {:.0} requests/s, {}; {questions}",
            beside.per_second,
            beside.waits()
        );
        rest(&server, &sent);
    }
}

/// Until all that was sent is part of answers.
fn rest(server: &Server, sent: &AtomicU64) {
    let sent = sent.load(Ordering::Relaxed);
    let ledger = server.wait_for_ledger(|ledger| ledger["analytics"]["stored"] == sent);
    assert_eq!(ledger["balances"], true);
}

/// Asks one funnel after the other; says how many, and the slowest.
fn ask(server: &Server, stop: &AtomicBool) -> String {
    let steps: Vec<_> = EVENTS.iter().map(|event| serde_json::json!({ "event": event })).collect();
    let query = serde_json::json!({ "kind": "funnel", "range": { "last_days": 30 },
                                    "window_seconds": 604_800, "steps": steps });
    let mut millis = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        server.ask("POST", "/api/v1/insights/query", Some(&query));
        millis.push(asked.elapsed().as_millis());
    }
    millis.sort_unstable();
    format!("{} questions, median {} ms", millis.len(), millis[millis.len() / 2])
}

/// The bytes of a request, and where the numbers of its events go.
struct Request {
    bytes: Vec<u8>,
    places: Vec<usize>,
    people: Vec<usize>,
    events: u64,
}

impl Request {
    fn new(write_key: &str, events: u64) -> Self {
        let mut body = String::new();
        for n in 0..events {
            body.push_str(if n > 0 { "," } else { "" });
            let event = EVENTS[usize::try_from(n).unwrap() % EVENTS.len()];
            write!(
                body,
                "{{\"type\":\"track\",\"messageId\":\"node-next-1767225600123-{PLACE}\",\
                 \"anonymousId\":\"3f2a9c1e-7b4d-4e6f-{PERSON}\",\"event\":\"{event}\",\"writeKey\":\"{write_key}\",\
                 \"properties\":{{\"product_id\":\"sku-{n}\",\"name\":\"Trail Shoe\",\"price\":{n}.9,\"quantity\":2,\
                 \"currency\":\"EUR\",\"category\":\"shoes\",\"coupon\":null,\"in_stock\":true}},\"context\":{{\
                 \"userAgent\":\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\",\"page\":{{\
                 \"path\":\"/shop/shoes/{n}\",\"title\":\"Shoes\"}},\"library\":{{\"name\":\"analytics-node\",\
                 \"version\":\"3.1.0\"}}}}}}"
            )
            .unwrap();
        }
        let path = if events == 1 { "/v1/track" } else { "/v1/batch" };
        if events > 1 {
            body = format!("{{\"writeKey\":\"{write_key}\",\"batch\":[{body}]}}");
        }
        let length = body.len();
        let bytes = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let all = |place| bytes.match_indices(place).map(|(at, _)| at).collect();
        let (places, people) = (all(PLACE), all(PERSON));
        Self { bytes: bytes.into_bytes(), places, people, events }
    }

    fn number(&self, bytes: &mut [u8], from: u64) {
        for (number, (place, person)) in (from..).zip(self.places.iter().zip(&self.people)) {
            for (number, at) in [(number, *place), (number / 10, *person)] {
                let digits = format!("{number:0width$}", width = PLACE.len());
                bytes[at..at + PLACE.len()].copy_from_slice(digits.as_bytes());
            }
        }
    }
}

struct Load {
    addr: SocketAddr,
    request: Request,
    /// Events sent so far, of all loads; also the number of the next.
    sent: Arc<AtomicU64>,
}

struct Outcome {
    per_second: f64,
    micros: Vec<u32>,
}

impl Outcome {
    fn waits(&self) -> String {
        let at = |part: f64| {
            let index = (self.micros.len() as f64 * part) as usize;
            f64::from(self.micros[index.min(self.micros.len() - 1)]) / 1_000.0
        };
        format!(
            "p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, slowest {:.1} ms",
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0)
        )
    }
}

impl Load {
    /// Sends for so long; with a rate, at that many requests a second, else as fast as answers come.
    fn run(self: &Arc<Self>, time: Duration, rate: Option<f64>) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let started = Instant::now();
        let mut micros = runtime.block_on(async {
            let connection = |n| tokio::spawn(Arc::clone(self).connection(started, time, rate, n));
            let connections: Vec<_> = (0..CONNECTIONS).map(connection).collect();
            let mut micros = Vec::new();
            for connection in connections {
                micros.extend(connection.await.unwrap());
            }
            micros
        });
        let per_second = micros.len() as f64 / started.elapsed().as_secs_f64();
        micros.sort_unstable();
        Outcome { per_second, micros }
    }

    async fn connection(
        self: Arc<Self>,
        started: Instant,
        time: Duration,
        rate: Option<f64>,
        index: u32,
    ) -> Vec<u32> {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut request = self.request.bytes.clone();
        let mut answer = Vec::with_capacity(4_096);
        let mut micros = Vec::new();
        let pause = rate.map(|rate| Duration::from_secs_f64(f64::from(CONNECTIONS) / rate));
        let mut due = started + pause.unwrap_or_default() * index / CONNECTIONS;
        while started.elapsed() < time {
            match pause {
                Some(pause) => {
                    tokio::time::sleep_until(due.into()).await;
                    due += pause;
                }
                None => due = Instant::now(),
            }
            let asked = due - pause.unwrap_or_default();
            self.request
                .number(&mut request, self.sent.fetch_add(self.request.events, Ordering::Relaxed));
            stream.write_all(&request).await.unwrap();
            answer.clear();
            while !answer.ends_with(ANSWER_END) {
                assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "the server closed");
                assert!(
                    answer.starts_with(b"HTTP/1.1 200"),
                    "{}",
                    String::from_utf8_lossy(&answer)
                );
            }
            micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap());
        }
        micros
    }
}

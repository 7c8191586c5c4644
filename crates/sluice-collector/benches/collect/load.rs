//! A small load generator: one thread, 64 connections, one request in flight on each.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 64;

/// The key `abcdefghijklmnopqrstuvwxyz012345`.
const BASIC: &str = "Basic YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU6";

pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    pub(crate) p99_millis: f64,
}

pub(crate) fn event(number: u32) -> String {
    format!(
        r#"{{"type":"track","messageId":"node-next-1767225600123-{number:012}-4c2d","anonymousId":"3f2a9c1e-7b4d-4e6f-8a90-{number:012}","userId":"user_{number:07}","event":"Product Added","timestamp":"2026-01-01T00:00:00.123Z","properties":{{"product_id":"sku-{:05}","name":"Trail Shoe","price":{}.9,"quantity":2,"currency":"EUR","category":"shoes","coupon":null,"in_stock":true,"position":{}}},"context":{{"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","page":{{"path":"/shop/shoes/{number}","title":"Shoes","url":"https://shop.example/shop/{number}"}},"library":{{"name":"analytics-node","version":"3.1.0"}}}}}}"#,
        number * 7 % 99_991,
        number * 13 % 200,
        number % 40
    )
}

pub(crate) fn batch(events: u32) -> String {
    let events: Vec<_> = (0..events).map(|number| event(number * 7_919)).collect();
    format!(r#"{{"batch":[{}],"sentAt":"2026-01-01T00:00:01.000Z"}}"#, events.join(","))
}

pub(crate) fn request(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {BASIC}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends for so long; with a rate, at that many requests a second, else as fast as answers come.
/// With a rate a latency counts from the moment at which the request was due.
pub(crate) fn run(port: u16, request: &[u8], time: Duration, rate: Option<f64>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request: &'static [u8] = request.to_vec().leak();
    runtime.block_on(async {
        let started = Instant::now();
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|index| tokio::spawn(connection(port, request, started, time, rate, index)))
            .collect();
        let mut micros = Vec::new();
        for task in tasks {
            micros.extend(task.await.unwrap());
        }
        let elapsed = started.elapsed().as_secs_f64();
        micros.sort_unstable();
        Outcome {
            per_second: micros.len() as f64 / elapsed,
            p99_millis: f64::from(micros[micros.len() * 99 / 100]) / 1_000.0,
        }
    })
}

async fn connection(
    port: u16,
    request: &[u8],
    started: Instant,
    time: Duration,
    rate: Option<f64>,
    index: usize,
) -> Vec<u32> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = Vec::with_capacity(4_096);
    let mut micros = Vec::with_capacity(1 << 16);
    let mut due = started;
    let pause = rate.map(|rate| Duration::from_secs_f64(CONNECTIONS as f64 / rate));
    if let Some(pause) = pause {
        due += pause.mul_f64(index as f64 / CONNECTIONS as f64);
    }
    while started.elapsed() < time {
        if let Some(pause) = pause {
            tokio::time::sleep_until(due.into()).await;
            due += pause;
        }
        let sent = pause.map_or_else(Instant::now, |pause| due - pause);
        stream.write_all(request).await.unwrap();
        answer.clear();
        while !answer.ends_with(b"{\"success\":true}") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "the server closed");
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        }
        micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    micros
}

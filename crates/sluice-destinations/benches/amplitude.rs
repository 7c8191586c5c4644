//! How many events a second one core maps and encodes for Amplitude, in the batches in which they
//! go out, beside a bare loop that parses the same events with `serde_json` and writes them again.
//!
//! Rates are of processor time where the system tells it (Linux), else of wall time, so that a busy
//! neighbour does not count.
//!
//! Not here: the network; `sluice-delivery`'s benches send.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sluice_destination_kit::DestinationKind;
use sluice_destination_kit::golden::stored_event;
use sluice_destinations::amplitude::{Config, Kind, plan};
use sluice_event::{PersonId, StoredEvent};

const EVENTS: u64 = 2_000;
const BATCH: usize = 100;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(800);

fn event(n: u64, json: &Value) -> StoredEvent {
    let mut event = stored_event(json);
    event.canonical = PersonId(n % 300 + 1);
    event
}

fn context(n: u64) -> Value {
    json!({
        "ip": "203.0.113.9", "locale": "en-GB", "timezone": "Europe/Berlin",
        "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "library": {"name": "analytics.js", "version": "npm:next-1.81.0"},
        "page": {"path": "/p/42", "referrer": "https://search.example/", "search": "?x=1",
            "title": "A product", "url": format!("https://shop.example/p/{n}?x=1")},
        "campaign": {"source": "news", "medium": "email", "name": "launch"},
    })
}

fn envelope(n: u64, more: &Value) -> Value {
    let mut event = json!({
        "messageId": format!("ajs-next-1772705730250-{n:08x}-5b0f-4a5c-9d5b-0f8f6d1c2e3a"),
        "anonymousId": format!("5b0f5a34-8f3e-4a5c-9d5b-{n:012x}"), "userId": format!("user-{n}"),
        "timestamp": "2026-03-05T10:15:30.250Z", "receivedAt": "2026-03-05T10:15:31.000Z",
        "integrations": {}, "context": context(n),
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

/// Nine in ten are tracks, one in ten of them an order with two products; the tenth is an identify.
fn mix() -> Vec<StoredEvent> {
    let one = |n: u64| {
        let more = match n % 10 {
            0 => {
                json!({"type": "identify", "traits": {"email": "mira@example.com", "plan": "pro", "seats": 4}})
            }
            1 => json!({"type": "track", "event": "Order Completed", "properties": {
                "orderId": n, "revenue": 55.5, "total": 64, "currency": "EUR", "products": [
                    {"productId": "p-100", "name": "Field Guide", "price": 25, "quantity": 1},
                    {"productId": "p-200", "name": "Trail Map", "price": 10, "quantity": 3}]}}),
            _ => json!({"type": "track", "event": "Product Viewed", "properties": {
                "product_id": "p-42", "name": "Field Guide", "price": 25, "category": "Books",
                "position": n, "tags": ["new", "paper"]}}),
        };
        event(n, &envelope(n, &more))
    };
    (0..EVENTS).map(one).collect()
}

/// What this thread has had of the processor.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

/// Median over rounds of events a second.
fn rate(mut round: impl FnMut() -> u64) -> f64 {
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (started, began, mut events) = (Instant::now(), processor_time(), 0_u32);
            while started.elapsed() < ROUND {
                events += u32::try_from(round()).unwrap();
            }
            let spent = processor_time().zip(began).map(|(now, began)| now.saturating_sub(began));
            f64::from(events) / spent.unwrap_or_else(|| started.elapsed()).as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

fn sluice(events: &[StoredEvent]) -> u64 {
    let raw = json!({"apiKey": "0123456789abcdef0123456789abcdef"});
    let config = Config::new(&Kind::new().settings().check(&raw).unwrap()).unwrap();
    for batch in events.chunks(BATCH) {
        let batch: Vec<&StoredEvent> = batch.iter().collect();
        let plan = plan(&config, &batch);
        assert!(plan.refused.is_empty());
        for request in &plan.requests {
            black_box(request.body(&config));
        }
    }
    events.len() as u64
}

fn bare(events: &[StoredEvent]) -> u64 {
    for batch in events.chunks(BATCH) {
        let parse = |event: &StoredEvent| serde_json::from_str::<Value>(&event.event.json).unwrap();
        let list: Vec<Value> = batch.iter().map(parse).collect();
        black_box(serde_json::to_vec(&json!({"api_key": "k", "events": list})).unwrap());
    }
    events.len() as u64
}

fn main() {
    let mixed = mix();
    let bytes: usize = mixed.iter().map(|event| event.event.json.len()).sum();
    let is_plain = |event: &&StoredEvent| &*event.event.name == "Product Viewed";
    let plain: Vec<StoredEvent> = mixed.iter().filter(is_plain).cloned().collect();
    println!("{} events of {} bytes on average", mixed.len(), bytes / mixed.len());
    for (name, events) in [("mixed", &mixed), ("tracks alone", &plain)] {
        let (ours, theirs) = (rate(|| sluice(events)), rate(|| bare(events)));
        println!(
            "{name}: Sluice {ours:.0} events/s, serde_json there and back {theirs:.0} events/s, ratio {:.2}",
            ours / theirs
        );
    }
}

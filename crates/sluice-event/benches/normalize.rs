//! Time to normalise one event: `cargo bench -p sluice-event --bench normalize`.
//!
//! The event is a track call of 589 bytes with nine properties and a browser's context.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

use std::hint::black_box;
use std::time::Instant;

use sluice_base::Timestamp;
use sluice_event::json::Scanner;
use sluice_event::wire::{WireLimits, normalize};
use sluice_event::{Endpoint, Offset, ReceivedItem, ReceivedRequest, SourceNo};

const EVENT: &str = r#"{"type":"track","messageId":"ajs-next-1767225600123-5f1c2d3e-0a1b-4c2d","anonymousId":"3f2a9c1e-7b4d-4e6f-8a90-b1c2d3e4f506","userId":"user_0012345","event":"Product Added","timestamp":"2026-01-01T00:00:00.123Z","properties":{"product_id":"sku-00417","name":"Trail Shoe","price":89.9,"quantity":2,"currency":"EUR","category":"shoes","coupon":null,"in_stock":true,"position":7},"context":{"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","page":{"path":"/shop/shoes","title":"Shoes","url":"https://shop.example/shop/shoes"},"library":{"name":"analytics.js","version":"2.11.1"}}}"#;

fn measure(name: &str, mut once: impl FnMut()) {
    const ROUNDS: u32 = 200_000;
    let mut times: Vec<u128> = (0..7)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..ROUNDS {
                once();
            }
            started.elapsed().as_nanos() / u128::from(ROUNDS)
        })
        .collect();
    times.sort_unstable();
    println!("{name}: {} ns (fastest {} ns) an event of {} bytes", times[3], times[0], EVENT.len());
}

fn main() {
    let request = |endpoint, context| ReceivedRequest {
        source: SourceNo(1),
        received_at: Timestamp::from_millis(1_767_225_600_500),
        endpoint,
        ip: Some(std::net::IpAddr::from([203, 0, 113, 7])),
        user_agent: None,
        sent_at: Some("\"2026-01-01T00:00:00.400Z\""),
        context,
        integrations: None,
        items: vec![ReceivedItem::Event(EVENT)],
    };
    let limits = WireLimits::default();
    measure("scan", || {
        black_box(Scanner::new(black_box(EVENT)).value().unwrap());
    });
    measure("serde_json typed, raw properties and context", || {
        black_box(serde_json::from_str::<Typed<'_>>(black_box(EVENT)).unwrap());
    });
    for (name, request) in [
        ("normalize, server channel", request(Endpoint::Batch, None)),
        ("normalize, client channel", request(Endpoint::ClientBatch, None)),
        (
            "normalize, batch context",
            request(Endpoint::Batch, Some(r#"{"instanceId":"i","library":{"name":"java"}}"#)),
        ),
    ] {
        measure(name, || {
            black_box(
                normalize(black_box(&request), 0, Offset(1), "src_1".into(), &limits).unwrap(),
            );
        });
    }
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "read for its own sake")]
struct Typed<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(rename = "messageId")]
    message_id: &'a str,
    #[serde(borrow)]
    properties: &'a serde_json::value::RawValue,
    #[serde(borrow)]
    context: &'a serde_json::value::RawValue,
}

//! Published destinations on one core, without the network: trigger, mapping, the sandbox with the
//! action's own code, and a peer that answers at once. One event at a time.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};
use sluice_destination_kit::DestinationKind;
use sluice_destinations::published::{Files, Published, kinds};
use sluice_filter::Subscription as Trigger;
use sluice_functions::{
    Engine, EngineConfig, FetchAnswer, FetchRequest, Fetching, Host, Limits, Program, Script,
};
use sluice_mapping::Mapping;

const RUN: Duration = Duration::from_secs(3);

struct Ready;

impl Host for Ready {
    fn fetch(&self, _: FetchRequest) -> Fetching {
        Box::pin(async {
            Ok(FetchAnswer { status: 200, headers: Vec::new(), body: Bytes::from_static(b"{}") })
        })
    }
}

fn event() -> Value {
    json!({
        "type": "track", "event": "Order Completed", "userId": "user-12345", "anonymousId": "a-1",
        "messageId": "m-1", "timestamp": "2026-01-15T12:00:00.000Z", "receivedAt": "2026-01-15T12:00:01.000Z",
        "properties": {
            "order_id": "o-1", "total": 49.99, "revenue": 49.99, "currency": "USD", "coupon": "SPRING",
            "products": [{ "product_id": "p-1", "name": "Shirt", "price": 49.99, "quantity": 1, "category": "Tops" }],
        },
        "traits": { "email": "ann@example.com" },
        "context": {
            "ip": "203.0.113.7", "locale": "en-US", "timezone": "Europe/Berlin",
            "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "library": { "name": "analytics.js", "version": "2.0" },
            "page": { "url": "https://shop.example/a?x=1", "path": "/a", "title": "A", "referrer": "https://search.example/" },
            "campaign": { "source": "s", "medium": "m", "name": "n" }, "device": { "id": "d-1", "type": "ios" },
            "os": { "name": "iOS", "version": "17" }, "traits": { "email": "ann@example.com", "firstName": "Ann" },
        },
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let dist = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../catalogue/dist");
    let engine = Engine::start(&EngineConfig { threads: 1, ..EngineConfig::default() }).unwrap();
    let kinds = kinds(&Files::folder(&dist), &engine).unwrap();
    let cases = [
        ("actions-amplitude", "logEventV2", json!({ "apiKey": "k", "secretKey": "s" })),
        (
            "actions-mixpanel",
            "trackEvent",
            json!({ "projectToken": "t", "apiSecret": "s", "apiRegion": "US 🇺🇸" }),
        ),
        (
            "actions-google-analytics-4",
            "purchase",
            json!({ "measurementId": "G-1", "apiSecret": "s" }),
        ),
        ("actions-hubspot-cloud", "upsertContact", json!({})),
        ("actions-webhook", "send", json!({ "sharedSecret": "s3cret" })),
    ];
    println!("{:<30} {:>10} {:>12} {:>10}", "kind", "open, ms", "events/s", "us/event");
    for (slug, action, settings) in cases {
        let Some(kind) = kinds.iter().find(|kind| kind.is(slug)) else { continue };
        measure(&engine, kind, action, settings).await;
    }
}

async fn measure(engine: &Engine, kind: &Published, action: &str, settings: Value) {
    let found = kind.actions().iter().find(|one| one.slug == action).unwrap();
    let fields: Vec<Value> = serde_json::from_str(found.fields.get()).unwrap();
    let defaults = fields.iter().filter(|field| !field["default"].is_null());
    let mut mapping: Value = defaults
        .map(|field| (field["key"].as_str().unwrap().to_owned(), field["default"].clone()))
        .collect();
    if action == "send" {
        mapping["url"] = json!("https://hook.example/in");
    }
    let configuration = json!({
        "settings": settings, "auth": { "accessToken": "t" },
        "subscriptions": [{ "id": "s", "action": action, "mapping": mapping }],
    });
    let text = Value::String(configuration.to_string());
    let script =
        Script::of_text("c.js", format!("globalThis.__configuration = JSON.parse({text})"));
    let mut scripts = kind.scripts().to_vec();
    scripts.push(Arc::new(script));
    let program = Arc::new(Program { scripts, environment: "{}".to_owned() });
    let (trigger, mapping) =
        (Trigger::parse("type = \"track\"").unwrap(), Mapping::parse(&mapping).unwrap());
    let json = event().to_string();
    let one = async || {
        let event: Value = serde_json::from_str(&json).unwrap();
        assert!(trigger.matches(&event));
        let runs = json!([{ "subscription": 0, "payload": mapping.apply(&event).unwrap() }]);
        let argument = format!(r#"{{"event":{json},"runs":{runs}}}"#);
        let limits = Limits { memory_bytes_max: 128 << 20, ..Limits::default() };
        let answer = engine.call(kind.slug(), &program, limits, argument, Arc::new(Ready)).await;
        assert_eq!(answer.unwrap(), r#"{"runs":[{}]}"#);
    };
    one().await; // compiles the scripts, once in a process
    engine.forget(kind.slug());
    let opened = Instant::now();
    one().await;
    let open = opened.elapsed();
    let (started, mut events) = (Instant::now(), 0u32);
    while started.elapsed() < RUN {
        one().await;
        events += 1;
    }
    let each = started.elapsed() / events;
    println!(
        "{:<30} {:>10.1} {:>12.0} {:>10}",
        kind.slug(),
        open.as_secs_f64() * 1000.0,
        1.0 / each.as_secs_f64(),
        each.as_micros()
    );
}

//! Events per second of one core to a webhook, to Amplitude and to three published destinations,
//! against a bare loop of the same HTTP client that sends the same requests with as many on the way.
//!
//! The whole way from the log is measured: reading, triggers, mapping, the destination, HTTP over TLS,
//! verdicts, commits. The receiver is another process; where there is `taskset` (Linux) it has the
//! second core, and the sender with all its threads the first. Rates are of wall time and of the
//! sender's processor time; the second is what a busy neighbour disturbs least.
//!
//! `cargo bench -p sluice-delivery --bench destinations [-- NAME…]`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

#[path = "common/mod.rs"]
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Bench, connection};
use serde_json::{Value, json};
use sluice_destination_kit::golden::stored_event;
use sluice_destination_kit::http::CertificateDer;
use sluice_destination_kit::peer::{Arrived, Reply};
use sluice_destination_kit::peer_tls::TlsPeer;
use sluice_destination_kit::{Catalog, HttpOut, HttpOutConfig, HttpRequest};
use sluice_destinations::published::{Files, Published, kinds};
use sluice_event::{PersonId, StoredEvent};
use sluice_functions::{Engine, EngineConfig};
use sluice_model::{Subscription, SubscriptionId};

const IN_FLIGHT: usize = 20;
const ROLE: &str = "SLUICE_BENCH_ROLE";
const PEER: &str = "SLUICE_BENCH_PEER";
const ROUNDS: usize = 3;
/// Enough for full batches.
const RECORDED_EVENTS: u64 = 2_000;

struct Case {
    name: &'static str,
    kind: &'static str,
    settings: Value,
    subscriptions: Vec<Subscription>,
    events: u64,
}

fn cases(published: &[Published]) -> Vec<Case> {
    let native = |name, kind, settings, events| Case {
        name,
        kind,
        settings,
        subscriptions: Vec::new(),
        events,
    };
    let hook = |batch| json!({"url": "https://hook.example/in", "batchSize": batch});
    let mut cases = vec![
        native("webhook", "webhook", hook(1), 40_000),
        native("webhook, batches of 100", "webhook", hook(100), 400_000),
        native("Amplitude", "amplitude", json!({"apiKey": "0123456789abcdef"}), 200_000),
    ];
    let mixpanel = json!({"projectToken": "t", "apiSecret": "s3cret"});
    let google = json!({"measurementId": "G-1", "apiSecret": "s3cret"});
    let rows: [(_, _, _, Value, Value, u64); 4] = [
        ("Mixpanel", "actions-mixpanel", "trackEvent", mixpanel, json!({}), 20_000),
        ("GA4 purchase", "actions-google-analytics-4", "purchase", google, json!({}), 10_000),
        (
            "HubSpot contact",
            "actions-hubspot-cloud",
            "upsertContact",
            json!({"accessToken": "t0ken"}),
            json!({"email": {"@path": "$.context.traits.email"}}),
            10_000,
        ),
        (
            "Segment webhook",
            "actions-webhook",
            "send",
            json!({"sharedSecret": "s3cret"}),
            json!({"url": "https://hook.example/in"}),
            10_000,
        ),
    ];
    for (name, slug, action, settings, more, events) in rows {
        let Some(kind) = published.iter().find(|kind| kind.is(slug)) else {
            println!("{name}: not in this build (cargo xtask assets)");
            continue;
        };
        let subscriptions = vec![subscription(kind, action, &more)];
        cases.push(Case { name, kind: slug, settings, subscriptions, events });
    }
    cases
}

/// The action with the defaults of its fields, and `more`, for every track.
fn subscription(kind: &Published, action: &str, more: &Value) -> Subscription {
    use sluice_destination_kit::DestinationKind as _;
    let found = kind.actions().iter().find(|one| one.slug == action).unwrap();
    let fields: Vec<Value> = serde_json::from_str(found.fields.get()).unwrap();
    let defaults = fields.iter().filter(|field| !field["default"].is_null());
    let mut mapping: serde_json::Map<String, Value> = defaults
        .map(|field| (field["key"].as_str().unwrap().to_owned(), field["default"].clone()))
        .collect();
    mapping.extend(more.as_object().unwrap().clone());
    Subscription {
        id: SubscriptionId::new("s".to_owned()),
        name: action.to_owned(),
        action: action.to_owned(),
        trigger: "type = \"track\"".to_owned(),
        mapping: Value::Object(mapping),
        enabled: true,
    }
}

/// About 1,200 bytes: an order of a browser.
fn order(number: u64) -> StoredEvent {
    let person = number % 1000 + 1;
    let mut stored = stored_event(&json!({
        "type": "track", "event": "Order Completed", "messageId": format!("ajs-next-{number:032}"),
        "userId": format!("user-{person}"), "anonymousId": format!("0f0fa2f4-7ce9-4b15-9f7d-{person:012}"),
        "timestamp": "2026-01-15T12:00:00.000Z", "receivedAt": "2026-01-15T12:00:01.000Z",
        "properties": {
            "order_id": format!("o-{number}"), "total": 49.99, "revenue": 49.99, "currency": "USD", "coupon": "SPRING",
            "products": [{"product_id": "p-1", "name": "Shirt", "price": 49.99, "quantity": 1, "category": "Tops"}],
        },
        "context": {
            "ip": "203.0.113.7", "locale": "en-US", "timezone": "Europe/Berlin",
            "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "library": {"name": "analytics.js", "version": "2.0"},
            "page": {"url": "https://shop.example/a?x=1", "path": "/a", "title": "A", "referrer": "https://search.example/"},
            "campaign": {"source": "s", "medium": "m", "name": "n"},
            "traits": {"email": format!("user-{person}@mail.example"), "firstName": "Ann"},
        },
    }));
    stored.canonical = PersonId(person);
    stored
}

fn reply(_: &Arrived) -> Reply {
    let body = r#"{"id":"7","properties":{},"code":200,"status":"OK","num_records_imported":1}"#;
    Reply { body: body.to_owned(), ..Reply::status(200).header("content-type", "application/json") }
}

fn http_to(proxy: &str, root: CertificateDer<'static>) -> HttpOut {
    HttpOut::new(HttpOutConfig {
        proxy: Some(proxy.parse().unwrap()),
        root_certificates: vec![root],
        ..HttpOutConfig::default()
    })
}

fn catalog() -> (Arc<Catalog>, Vec<Case>) {
    let dist = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../catalogue/dist");
    let engine = Engine::start(&EngineConfig { threads: 1, ..EngineConfig::default() }).unwrap();
    let published = kinds(&Files::folder(&dist), &engine).unwrap();
    let cases = cases(&published);
    (Arc::new(sluice_destinations::catalog_with(published, Vec::new())), cases)
}

/// Writes the events, and then takes the time until all are delivered.
async fn whole_way(catalog: &Arc<Catalog>, case: &Case, http: HttpOut, events: u64) -> Spent {
    let mut bench = Bench::open();
    for first in (0..events).step_by(1000) {
        bench.write(&common::record(first, 1000.min(events - first), order));
    }
    let (settings, subscriptions) = (case.settings.clone(), case.subscriptions.clone());
    let to = connection(0, case.kind, settings, subscriptions);
    let since = Since::now();
    bench.start(vec![to], Arc::clone(catalog), http);
    bench.until_delivered(events, 0).await;
    since.spent()
}

/// The requests by which the events go out.
async fn recorded(catalog: &Arc<Catalog>, case: &Case) -> Vec<HttpRequest> {
    let peer = TlsPeer::start(reply).await;
    let http = http_to(&peer.proxy().to_string(), peer.root());
    whole_way(catalog, case, http, RECORDED_EVENTS).await;
    let requests = peer.arrived().into_iter().map(|mut arrived| {
        let host = arrived.headers.remove("host").unwrap();
        arrived.headers.remove("content-length");
        HttpRequest {
            method: arrived.method.parse().unwrap(),
            url: format!("https://{}{}", host.to_str().unwrap(), arrived.path),
            headers: arrived.headers,
            body: arrived.body,
            timeout: Duration::from_secs(10),
        }
    });
    requests.collect()
}

async fn bare(requests: &[HttpRequest], http: HttpOut, count: usize) -> Spent {
    let since = Since::now();
    let mut sends = tokio::task::JoinSet::new();
    for request in requests.iter().cycle().take(count) {
        if sends.len() >= IN_FLIGHT {
            sends.join_next().await.unwrap().unwrap();
        }
        let (http, request) = (http.clone(), request.clone());
        sends.spawn(async move { assert_eq!(http.send(request).await.unwrap().status, 200) });
    }
    while let Some(sent) = sends.join_next().await {
        sent.unwrap();
    }
    since.spent()
}

struct Since(Instant, Option<Duration>);

/// Wall time, and processor time of all threads where the system tells it.
#[derive(Clone, Copy)]
struct Spent(Duration, Option<Duration>);

impl Since {
    fn now() -> Self {
        Self(Instant::now(), processor_time())
    }

    fn spent(self) -> Spent {
        let processor = processor_time().zip(self.1).map(|(now, began)| now - began);
        Spent(self.0.elapsed(), processor)
    }
}

impl Spent {
    /// Events a second of the wall and of the processor.
    fn rates(self, events: f64) -> (f64, f64) {
        let of = |time: Duration| events / time.as_secs_f64();
        (of(self.0), self.1.map_or(f64::NAN, of))
    }
}

/// Of all threads of this process. The system counts in hundredths of a second.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// This program in another role, bound to a core where that is possible.
fn again(role: &str, core: &str) -> Command {
    let exe = std::env::current_exe().unwrap();
    let is_bound = Command::new("taskset").args(["-c", core, "true"]).status();
    let mut command = if is_bound.is_ok_and(|status| status.success()) {
        let mut command = Command::new("taskset");
        command.args(["-c", core]).arg(exe);
        command
    } else {
        println!("the {role} is not bound to a core");
        Command::new(exe)
    };
    command.env(ROLE, role);
    command
}

/// Until whoever started it has gone.
async fn receive() {
    let peer = TlsPeer::start(reply).await;
    peer.forget();
    println!("{}", json!({"proxy": peer.proxy().to_string(), "root": peer.root().to_vec()}));
    std::io::stdout().flush().unwrap();
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    gone.await.unwrap().unwrap();
}

async fn send() {
    let peer: Value = serde_json::from_str(&std::env::var(PEER).unwrap()).unwrap();
    let root: Vec<u8> = serde_json::from_value(peer["root"].clone()).unwrap();
    let proxy = peer["proxy"].as_str().unwrap();
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!(
        "{:<26} {:>9} {:>16} {:>9} {:>16} {:>6} {:>6}",
        "events/s", "delivery", "of processor", "bare", "of processor", "wall", "proc."
    );
    let (catalog, cases) = catalog();
    for case in cases {
        if !wanted.is_empty() && !wanted.iter().any(|part| case.name.contains(part.as_str())) {
            continue;
        }
        let requests = recorded(&catalog, &case).await;
        let per_request = RECORDED_EVENTS as f64 / requests.len() as f64;
        let count = (case.events as f64 / per_request).round();
        let mut rows = Vec::new();
        for _ in 0..ROUNDS {
            let http = || http_to(proxy, CertificateDer::from(root.clone()));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            let theirs = bare(&requests, http(), count as usize).await.rates(count * per_request);
            let ours =
                whole_way(&catalog, &case, http(), case.events).await.rates(case.events as f64);
            rows.push((ours, theirs));
        }
        rows.sort_by(|a, b| f64::total_cmp(&a.0.1, &b.0.1));
        let ((wall, processor), (bare_wall, bare_processor)) = rows[ROUNDS / 2];
        println!(
            "{:<26} {wall:>9.0} {processor:>16.0} {bare_wall:>9.0} {bare_processor:>16.0} {:>6.2} {:>6.2}",
            case.name,
            wall / bare_wall,
            processor / bare_processor
        );
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match std::env::var(ROLE).as_deref() {
        Ok("receiver") => runtime.block_on(receive()),
        Ok("sender") => runtime.block_on(send()),
        _ => {
            let (piped, mut receiver) = (Stdio::piped, again("receiver", "1"));
            let mut receiver = receiver.stdin(piped()).stdout(piped()).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(receiver.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let mut sender = again("sender", "0");
            sender.args(std::env::args().skip(1)).env(PEER, line.trim());
            let is_good = sender.status().unwrap().success();
            drop(receiver.stdin.take());
            receiver.wait().unwrap();
            assert!(is_good, "the sender failed");
        }
    }
}

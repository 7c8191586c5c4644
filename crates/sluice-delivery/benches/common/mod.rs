//! A delivery server for benchmarks: real clock, real disk, loopback peers.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sluice_base::{Clock, Disk, OsDisk, Secret, SystemClock, Timestamp};
use sluice_delivery::{ConnectionStatus, Delivery, DeliveryConfig, DeliveryHandle, Parts};
use sluice_destination_kit::golden::stored_event;
use sluice_destination_kit::http::AddressPolicy;
use sluice_destination_kit::{HttpOut, HttpOutConfig};
use sluice_event::{
    EventBatch, Offset, PersonId, SourceCounts, SourceNo, StoredEvent, WorkspaceNo,
};
use sluice_log::{Log, LogConfig};
use sluice_model::tables::{ConnectionSpec, ConnectionTable};
use tokio::sync::watch;

pub(crate) struct Bench {
    handle: DeliveryHandle,
    log: Log,
    _table: watch::Sender<Arc<ConnectionTable>>,
    _dir: tempfile::TempDir,
}

/// About 600 bytes, as a track of a browser.
pub(crate) fn event(number: u64) -> StoredEvent {
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

pub(crate) fn http() -> HttpOut {
    let policy = AddressPolicy { allow_private: true, ..AddressPolicy::default() };
    HttpOut::new(HttpOutConfig { policy, ..HttpOutConfig::default() })
}

impl Bench {
    pub(crate) fn start(urls: Vec<String>, batch_size: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let specs = urls.into_iter().enumerate().map(|(i, url)| {
            Arc::new(ConnectionSpec {
                id: format!("c{i:02}"),
                workspace: WorkspaceNo(1),
                source: SourceNo(1),
                destination_id: format!("d{i}"),
                name: format!("c{i}"),
                kind: "webhook".to_owned(),
                enabled: true,
                settings: Secret::new(json!({"url": url, "batchSize": batch_size})),
                subscriptions: Vec::new().into(),
                revision: 1,
                starts_at: Timestamp::ZERO,
                filters: Vec::new(),
            })
        });
        let table = watch::Sender::new(Arc::new(ConnectionTable { connections: specs.collect() }));
        let disk: Arc<dyn Disk> = Arc::new(OsDisk);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let events = dir.path().join("events");
        let log =
            Log::open(Arc::clone(&disk), events, LogConfig::default(), Arc::clone(&clock)).unwrap();
        let (given, root) = (log.clone(), dir.path().to_owned());
        let parts = Parts {
            disk,
            dir: Box::new(move |_| root.join("delivery")),
            log: Box::new(move |_| Some(given.clone())),
            table: table.subscribe(),
            catalog: Arc::new(sluice_destinations::catalog()),
            http: http(),
            clock,
        };
        let handle = Delivery::start(DeliveryConfig::default(), parts).unwrap();
        Self { handle, log, _table: table, _dir: dir }
    }

    pub(crate) fn write(&self, record: &(u64, Vec<u8>)) {
        self.log.append_durable(1, record.0, &record.1).unwrap();
    }

    /// Until every connection from number `skip` on has delivered `count`.
    pub(crate) async fn until_delivered(&self, count: u64, skip: usize) -> Vec<ConnectionStatus> {
        loop {
            let all = self.handle.connections().await.split_off(skip);
            if all.iter().all(|status| status.counts.delivered >= count) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// An encoded record with the events from number `first` on, received now; and its offsets.
pub(crate) fn record(first: u64, count: u64) -> (u64, Vec<u8>) {
    let now = SystemClock.now();
    let mut events: Vec<StoredEvent> = (first..first + count).map(event).collect();
    events.iter_mut().for_each(|event| event.event.received_at = now);
    let accepted = first + count;
    let counts = SourceCounts { received: accepted, accepted, ..SourceCounts::default() };
    let batch = EventBatch {
        consumed_to: Offset(0),
        decided_at: now,
        turned_away: Vec::new(),
        decisions: Vec::new(),
        counts: vec![(SourceNo(1), counts)],
        trait_sets: Vec::new(),
        events,
    };
    let mut bytes = Vec::new();
    batch.encode(&mut bytes);
    (batch.offsets(), bytes)
}

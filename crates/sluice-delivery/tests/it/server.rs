//! A delivery server in a temporary folder, with a clock that the test moves.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sluice_base::{Clock, ManualClock, OsDisk, Secret, Timestamp};
use sluice_delivery::{ConnectionStatus, Delivery, DeliveryConfig, DeliveryHandle, Parts, Policy};
use sluice_destination_kit::golden::stored_event;
use sluice_destination_kit::http::AddressPolicy;
use sluice_destination_kit::{Catalog, HttpOut, HttpOutConfig, KeepNothing};
use sluice_event::{
    Decision, EventBatch, Offset, PersonId, SourceCounts, SourceNo, StoredEvent, WorkspaceNo,
};
use sluice_log::{Log, LogConfig, Retention};
use sluice_model::Routing;
use sluice_model::tables::{ConnectionSpec, ConnectionTable};
use tokio::sync::watch;

pub(crate) struct Server {
    dir: Arc<tempfile::TempDir>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) log: Log,
    pub(crate) table: watch::Sender<Arc<ConnectionTable>>,
    pub(crate) handle: DeliveryHandle,
    pub(crate) config: DeliveryConfig,
    catalog: Arc<Catalog>,
    sent: u64,
}

pub(crate) fn connection(id: &str, settings: Value) -> ConnectionSpec {
    ConnectionSpec {
        id: id.to_owned(),
        workspace: WorkspaceNo(1),
        source: SourceNo(1),
        destination_id: format!("dst-{id}"),
        name: id.to_owned(),
        kind: "webhook".to_owned(),
        enabled: true,
        settings: Secret::new(settings),
        subscriptions: Vec::new().into(),
        revision: 1,
        starts_at: Timestamp::ZERO,
        filters: Vec::new(),
        routing: Routing::default(),
    }
}

pub(crate) fn to(url: &str) -> Value {
    json!({"url": url})
}

/// A track of `person` with a message id.
pub(crate) fn event(message_id: &str, person: u64) -> StoredEvent {
    with(message_id, person, json!({}))
}

pub(crate) fn with(message_id: &str, person: u64, more: Value) -> StoredEvent {
    let mut json = json!({"type": "track", "event": "E", "messageId": message_id});
    if let (Value::Object(json), Value::Object(more)) = (&mut json, more) {
        json.extend(more);
    }
    let mut stored = stored_event(&json);
    stored.person = PersonId(person);
    stored.canonical = PersonId(person);
    stored
}

impl Server {
    pub(crate) fn start(connections: Vec<ConnectionSpec>) -> Self {
        let config = DeliveryConfig {
            policy: Policy { commit_interval: Duration::from_millis(5), ..Policy::default() },
            drain: Duration::from_millis(200),
            ..DeliveryConfig::default()
        };
        Self::with_config(connections, config)
    }

    pub(crate) fn with_config(connections: Vec<ConnectionSpec>, config: DeliveryConfig) -> Self {
        Self::with_catalog(connections, config, sluice_destinations::catalog())
    }

    pub(crate) fn with_catalog(
        connections: Vec<ConnectionSpec>,
        config: DeliveryConfig,
        catalog: Catalog,
    ) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
        let connections = connections.into_iter().map(Arc::new).collect();
        let table = watch::Sender::new(Arc::new(ConnectionTable { connections }));
        let catalog = Arc::new(catalog);
        let (log, handle) = open(&dir, &clock, &table, &config, &catalog);
        Self { dir, clock, log, table, handle, config, catalog, sent: 0 }
    }

    /// Stops in order and starts again on the same files.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start_again();
    }

    pub(crate) async fn stop(&self) {
        self.handle.stop().await;
        self.log.stop();
    }

    pub(crate) fn start_again(&mut self) {
        (self.log, self.handle) =
            open(&self.dir, &self.clock, &self.table, &self.config, &self.catalog);
    }

    /// From the next start on.
    pub(crate) fn use_catalog(&mut self, catalog: Catalog) {
        self.catalog = Arc::new(catalog);
    }

    /// Opens the log of a stopped server, without delivery.
    pub(crate) fn open_log(&mut self) {
        self.log = open_log(&self.dir, &self.clock);
    }

    /// Of a connection's file.
    pub(crate) fn path(&self, id: &str, file: &str) -> PathBuf {
        self.dir.path().join("delivery").join(id).join(file)
    }

    pub(crate) fn remove_log(&self) {
        std::fs::remove_dir_all(self.dir.path().join("events")).unwrap();
    }

    pub(crate) fn publish(&self, connections: Vec<ConnectionSpec>) {
        let connections = connections.into_iter().map(Arc::new).collect();
        self.table.send_replace(Arc::new(ConnectionTable { connections }));
    }

    pub(crate) fn append(&mut self, events: Vec<StoredEvent>) -> u64 {
        self.append_with(Vec::new(), events)
    }

    /// Writes one record as the pipeline does; gives its base.
    pub(crate) fn append_with(
        &mut self,
        decisions: Vec<Decision>,
        mut events: Vec<StoredEvent>,
    ) -> u64 {
        for event in &mut events {
            event.event.received_at = self.clock.now();
        }
        self.sent += events.iter().filter(|event| event.source == SourceNo(1)).count() as u64;
        let counts =
            SourceCounts { received: self.sent, accepted: self.sent, ..SourceCounts::default() };
        let batch = EventBatch {
            consumed_to: Offset(0),
            decided_at: self.clock.now(),
            turned_away: Vec::new(),
            decisions,
            counts: vec![(SourceNo(1), counts)],
            trait_sets: Vec::new(),
            events,
        };
        let mut bytes = Vec::new();
        batch.encode(&mut bytes);
        self.log.append_durable(1, batch.offsets(), &bytes).unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.handle.tick();
    }

    pub(crate) async fn status(&self, id: &str) -> ConnectionStatus {
        self.handle.connection(id).await.unwrap()
    }

    /// Until the connection's status is as wanted; then it must balance.
    pub(crate) async fn until(
        &self,
        id: &str,
        wanted: impl Fn(&ConnectionStatus) -> bool,
    ) -> ConnectionStatus {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        loop {
            let status = self.status(id).await;
            if wanted(&status) {
                assert!(status.balances, "{status:?}");
                return status;
            }
            assert!(std::time::Instant::now() < deadline, "not as wanted: {status:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Until everything written is read and nothing waits.
    pub(crate) async fn drained(&self, id: &str) -> ConnectionStatus {
        let end = self.log.synced();
        self.until(id, |status| status.cursor == end && status.waiting == 0).await
    }

    /// Moves the clock in steps, letting the connection act after each, until nothing waits.
    pub(crate) async fn drain_over(&self, id: &str, step: Duration) -> ConnectionStatus {
        for _ in 0..20_000 {
            let status = self.status(id).await;
            if status.cursor == self.log.synced() && status.waiting == 0 {
                assert!(status.balances, "{status:?}");
                return status;
            }
            if status.requests_in_flight == 0 {
                self.advance(step);
            }
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
        panic!("never drained: {:?}", self.status(id).await);
    }
}

fn open(
    dir: &Arc<tempfile::TempDir>,
    clock: &Arc<ManualClock>,
    table: &watch::Sender<Arc<ConnectionTable>>,
    config: &DeliveryConfig,
    catalog: &Arc<Catalog>,
) -> (Log, DeliveryHandle) {
    let log = open_log(dir, clock);
    let (given, root) = (log.clone(), Arc::clone(dir));
    let policy = AddressPolicy { allow_private: true, ..AddressPolicy::default() };
    let parts = Parts {
        disk: Arc::new(OsDisk),
        dir: Box::new(move |_| root.path().join("delivery")),
        log: Box::new(move |_| Some(given.clone())),
        table: table.subscribe(),
        catalog: Arc::clone(catalog),
        http: HttpOut::new(HttpOutConfig { policy, ..HttpOutConfig::default() }),
        keep: Arc::new(|_, _| Arc::new(KeepNothing)),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
    };
    (log, Delivery::start(config.clone(), parts).unwrap())
}

/// In small segments; retention drops what it may.
fn open_log(dir: &tempfile::TempDir, clock: &Arc<ManualClock>) -> Log {
    let config = LogConfig {
        preallocate_bytes: 64 << 10,
        segment_bytes: 64 << 10,
        retention: Retention { bytes: Some(1), age: None },
        ..LogConfig::default()
    };
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    Log::open(Arc::new(OsDisk), dir.path().join("events"), config, clock).unwrap()
}

/// The message ids that arrived, in order; of single events and of batches.
pub(crate) fn message_ids(peer: &sluice_destination_kit::peer::Peer) -> Vec<String> {
    let mut ids = Vec::new();
    for request in peer.arrived() {
        ids.extend(ids_of(&request.body));
    }
    ids
}

pub(crate) fn ids_of(body: &[u8]) -> Vec<String> {
    let id = |event: &Value| event["messageId"].as_str().unwrap().to_owned();
    match serde_json::from_slice(body).unwrap() {
        Value::Array(events) => events.iter().map(id).collect(),
        event => vec![id(&event)],
    }
}

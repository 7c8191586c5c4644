//! A delivery server for benchmarks: real clock, real disk, loopback peers.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sluice_base::{Clock, OsDisk, Secret, SystemClock, Timestamp};
use sluice_delivery::{
    ConnectionState, ConnectionStatus, Delivery, DeliveryConfig, DeliveryHandle, Parts,
};
use sluice_destination_kit::{Catalog, HttpOut};
use sluice_event::{EventBatch, Offset, SourceCounts, SourceNo, StoredEvent, WorkspaceNo};
use sluice_log::{Log, LogConfig};
use sluice_model::Routing;
use sluice_model::Subscription;
use sluice_model::tables::{ConnectionSpec, ConnectionTable};
use tokio::sync::watch;

/// A log, and once it is started a delivery server that reads it.
pub(crate) struct Bench {
    log: Log,
    dir: tempfile::TempDir,
    running: Option<(DeliveryHandle, watch::Sender<Arc<ConnectionTable>>)>,
}

/// A connection of source 1 that gets all events of the log.
pub(crate) fn connection(
    number: usize,
    kind: &str,
    settings: Value,
    subscriptions: Vec<Subscription>,
) -> Arc<ConnectionSpec> {
    Arc::new(ConnectionSpec {
        id: format!("c{number:02}"),
        workspace: WorkspaceNo(1),
        source: SourceNo(1),
        destination_id: format!("d{number}"),
        name: format!("c{number}"),
        kind: kind.to_owned(),
        enabled: true,
        settings: Secret::new(settings),
        subscriptions: subscriptions.into(),
        revision: 1,
        starts_at: Timestamp::ZERO,
        filters: Vec::new(),
        routing: Routing::default(),
    })
}

impl Bench {
    pub(crate) fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let events = dir.path().join("events");
        let log = Log::open(Arc::new(OsDisk), events, LogConfig::default(), clock).unwrap();
        Self { log, dir, running: None }
    }

    pub(crate) fn start(
        &mut self,
        connections: Vec<Arc<ConnectionSpec>>,
        catalog: Arc<Catalog>,
        http: HttpOut,
    ) {
        let table = watch::Sender::new(Arc::new(ConnectionTable { connections }));
        let (given, root) = (self.log.clone(), self.dir.path().to_owned());
        let parts = Parts {
            disk: Arc::new(OsDisk),
            dir: Box::new(move |_| root.join("delivery")),
            log: Box::new(move |_| Some(given.clone())),
            table: table.subscribe(),
            catalog,
            http,
            keep: Arc::new(|_, _| Arc::new(sluice_destination_kit::KeepNothing)),
            clock: Arc::new(SystemClock),
        };
        let handle = Delivery::start(DeliveryConfig::default(), parts).unwrap();
        self.running = Some((handle, table));
    }

    pub(crate) fn write(&self, record: &(u64, Vec<u8>)) {
        self.log.append_durable(1, record.0, &record.1).unwrap();
    }

    /// Until every connection from number `skip` on has delivered `count`.
    pub(crate) async fn until_delivered(&self, count: u64, skip: usize) -> Vec<ConnectionStatus> {
        let (handle, _) = self.running.as_ref().unwrap();
        loop {
            let all = handle.connections().await.split_off(skip);
            if all.iter().all(|status| status.counts.delivered >= count) {
                return all;
            }
            for status in &all {
                assert_eq!(status.state, ConnectionState::Running, "{:?}", status.last_error);
                assert!(status.dead.is_empty(), "{:?}", status.last_error);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// An encoded record with the events from number `first` on, received now; and its offsets.
pub(crate) fn record(first: u64, count: u64, event: impl Fn(u64) -> StoredEvent) -> (u64, Vec<u8>) {
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

//! Snapshots of the configuration for the parts that work on every event. The store builds a new
//! table on each change and publishes it through a `tokio::sync::watch` channel.

use std::collections::HashMap;
use std::sync::Arc;

use sluice_base::{Secret, Timestamp};
use sluice_event::{IpPolicy, SourceNo, WorkspaceNo};

use crate::filter::DestinationFilter;
use crate::routing::Routing;
use crate::subscription::Subscription;

/// Write key to source, for the collector; source number to source, for the pipeline.
#[derive(Clone, Debug, Default)]
pub struct SourceTable {
    pub by_write_key: HashMap<String, Arc<SourceEntry>>,
    pub by_no: HashMap<SourceNo, Arc<SourceEntry>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEntry {
    pub no: SourceNo,
    pub workspace: WorkspaceNo,
    /// Public id; becomes `projectId` of the events.
    pub id: String,
    pub slug: String,
    pub enabled: bool,
    /// Requests per second; `None` means the server's default.
    pub requests_per_second_max: Option<u32>,
    /// The write key opens receipts of single events.
    pub overlay_receipts: bool,
    /// What is kept of the senders' addresses.
    pub ip: IpPolicy,
}

/// All connections of one server, for delivery.
#[derive(Clone, Debug, Default)]
pub struct ConnectionTable {
    pub connections: Vec<Arc<ConnectionSpec>>,
}

/// A source wired to a configured destination.
#[derive(Clone, Debug)]
pub struct ConnectionSpec {
    /// Stable public id of the connection; names its folder on disk.
    pub id: String,
    pub workspace: WorkspaceNo,
    pub source: SourceNo,
    pub destination_id: String,
    /// Name given by the operator.
    pub name: String,
    /// Slug of the destination kind in the catalogue, such as `webhook`.
    pub kind: String,
    /// Disabled: events are not sent and count as filtered (`connection_disabled`).
    pub enabled: bool,
    /// Settings by the kind's schema, secrets in clear.
    pub settings: Secret<serde_json::Value>,
    /// Of a kind with actions, in order.
    pub subscriptions: Arc<[Subscription]>,
    /// Counts up with every change of the settings or subscriptions, so that a runner knows to rebuild.
    pub revision: u64,
    /// Events decided from here on are for the connection.
    pub starts_at: Timestamp,
    /// Those for its source, oldest first, switched off ones too.
    pub filters: Vec<DestinationFilter>,
    pub routing: Routing,
}

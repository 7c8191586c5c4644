//! A workspace for the tests: two logs, a pipeline, a clock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluice_base::{Clock, Disk, ManualClock, Timestamp};
use sluice_event::{
    Endpoint, EventBatch, Offset, ReceivedItem, ReceivedRequest, Refusal, SourceNo, WorkspaceNo,
};
use sluice_log::{CommitMode, Log, LogConfig};
use sluice_model::{SourceEntry, SourceTable};
use sluice_pipeline::{DedupeConfig, Pipeline, PipelineConfig, PipelineDirs, PipelineError};
use tempfile::TempDir;
use tokio::sync::watch;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const DISABLED: SourceNo = SourceNo(3);
pub(crate) const UNKNOWN: SourceNo = SourceNo(9);

/// Small limits, so that a short test crosses all of them.
pub(crate) fn small() -> PipelineConfig {
    PipelineConfig {
        batch_events_max: 7,
        full_counts_every: 5,
        dedupe: DedupeConfig {
            memory_entries_max: 16,
            slice_entries_max: 4096,
            ..DedupeConfig::default()
        },
        identity_cache_bytes: 16 << 10,
        identity_store_cache_bytes: 1 << 20,
        identity_dirty_bytes_max: 4 << 10,
        identity_new_ids_max: 64,
        ..PipelineConfig::default()
    }
}

/// What outlives a restart.
pub(crate) struct Place {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) root: PathBuf,
    pub(crate) people: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) sources: watch::Sender<Arc<SourceTable>>,
    pub(crate) config: PipelineConfig,
    pub(crate) commit: CommitMode,
}

/// A running workspace.
pub(crate) struct Workspace {
    pub(crate) received: Log,
    pub(crate) events: Log,
    pub(crate) pipeline: Pipeline,
}

pub(crate) fn sources() -> watch::Sender<Arc<SourceTable>> {
    let mut table = SourceTable::default();
    for no in [1, 2, 3] {
        let source = SourceEntry {
            no: SourceNo(no),
            workspace: WorkspaceNo(1),
            id: format!("src_{no}"),
            slug: format!("s{no}"),
            enabled: no != 3,
            requests_per_second_max: None,
            overlay_receipts: false,
            ip: sluice_event::IpPolicy::Keep,
        };
        table.by_no.insert(SourceNo(no), Arc::new(source));
    }
    watch::Sender::new(Arc::new(table))
}

impl Place {
    pub(crate) fn new(disk: Arc<dyn Disk>, root: PathBuf, config: PipelineConfig) -> Self {
        Self {
            disk,
            root,
            people: TempDir::new().unwrap(),
            clock: Arc::new(ManualClock::new(NOW)),
            sources: sources(),
            config,
            commit: CommitMode::Inline,
        }
    }

    pub(crate) fn log(&self, name: &str) -> Result<Log, sluice_log::LogError> {
        let config = LogConfig {
            commit: self.commit,
            reserve_bytes: 0,
            preallocate_bytes: 64 << 10,
            ..LogConfig::default()
        };
        let clock: Arc<dyn Clock> = self.clock.clone();
        Log::open(Arc::clone(&self.disk), self.root.join(name), config, clock)
    }

    pub(crate) fn open(&self) -> Result<Workspace, PipelineError> {
        let (received, events) = (self.log("received")?, self.log("events")?);
        let dirs = PipelineDirs {
            dedupe: self.root.join("dedupe"),
            people: self.people.path().join("people"),
        };
        let pipeline = Pipeline::open(
            self.config.clone(),
            Arc::clone(&self.disk),
            received.clone(),
            events.clone(),
            self.sources.subscribe(),
            self.clock.clone(),
            &dirs,
        )?;
        Ok(Workspace { received, events, pipeline })
    }
}

/// One request as the collector writes it; each item is an event's JSON, `!` a refused stub.
pub(crate) fn append(received: &Log, source: SourceNo, at: Timestamp, items: &[String]) {
    let item = |text: &'_ String| -> ReceivedItem<'static> {
        if text == "!" {
            ReceivedItem::Stub { refusal: Refusal::MessageTooLarge, size: 99, head: "" }
        } else {
            ReceivedItem::Event(String::leak(text.clone()))
        }
    };
    let request = ReceivedRequest {
        source,
        received_at: at,
        endpoint: Endpoint::Batch,
        ip: None,
        user_agent: None,
        sent_at: None,
        context: None,
        integrations: None,
        items: items.iter().map(item).collect(),
    };
    let mut payload = Vec::new();
    request.encode(&mut payload);
    received.append_durable(1, items.len() as u64, &payload).unwrap();
}

pub(crate) fn track(message_id: &str, user: &str, anonymous: &str) -> String {
    let id = |name: &str, value: &str| {
        if value.is_empty() { String::new() } else { format!("\"{name}\":\"{value}\",") }
    };
    let ids = id("userId", user) + &id("anonymousId", anonymous) + &id("messageId", message_id);
    format!("{{{ids}\"type\":\"track\",\"event\":\"Bought\",\"properties\":{{\"n\":1}}}}")
}

pub(crate) fn identify(message_id: &str, user: &str, anonymous: &str, plan: &str) -> String {
    format!(
        "{{\"userId\":\"{user}\",\"anonymousId\":\"{anonymous}\",\"messageId\":\"{message_id}\",\"type\":\"identify\",\"traits\":{{\"plan\":\"{plan}\"}}}}"
    )
}

impl Workspace {
    pub(crate) fn send(&self, source: u32, at: Timestamp, items: &[String]) {
        append(&self.received, SourceNo(source), at, items);
    }

    /// Works until nothing is left to do.
    pub(crate) fn drain(&mut self) {
        while self.pipeline.step().unwrap() {}
        self.pipeline.handle().check().unwrap();
        assert_eq!(self.pipeline.handle().waiting(), 0);
    }

    /// Source, message id of every event in the log, in order.
    pub(crate) fn message_ids(&self) -> Vec<(u32, String)> {
        let all = batches(&self.events);
        let events = all.iter().flat_map(|(_, batch)| &batch.events);
        events.map(|stored| (stored.source.0, stored.event.message_id.to_string())).collect()
    }
}

pub(crate) fn batches(events: &Log) -> Vec<(Offset, EventBatch)> {
    let mut reader = events.reader(0);
    let mut all = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        assert_eq!(entry.kind, 1);
        let batch = EventBatch::decode(&entry.payload).unwrap();
        assert_eq!(entry.offsets, batch.offsets());
        all.push((Offset(entry.base), batch));
    }
    all
}

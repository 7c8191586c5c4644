//! Events in the order of the log, for exports.

use std::sync::Arc;

use sluice_event::WorkspaceNo;

use super::{Answer, EventJson};

/// Events as they arrived, for exports.
pub trait Exports: Send + Sync {
    /// The next part of the events, in the order of the log.
    fn page(&self, workspace: WorkspaceNo, which: ExportQuery) -> Answer<ExportPage>;
}

/// Which events: activity received from a time to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportQuery {
    pub from_micros: i64,
    pub to_micros: i64,
    /// Where the part before ended; zero for the first.
    pub from_offset: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportPage {
    /// May be none although there is more.
    pub events: Vec<ExportedEvent>,
    /// `from_offset` of the next part; `None` on the last.
    pub next: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExportedEvent {
    /// Place in the events log.
    pub offset: u64,
    pub received_micros: i64,
    /// As analytics counts it.
    pub name: String,
    /// The person it was written under, before later merges.
    pub person: u64,
    pub event: EventJson,
    /// The person's traits after the event, a JSON object.
    pub traits: Option<Arc<str>>,
}

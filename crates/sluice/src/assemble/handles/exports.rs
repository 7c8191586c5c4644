//! Exports: the events log, read once through from the time asked for.

use std::sync::Arc;

use sluice_api::handles::{
    Answer, ExportPage, ExportQuery, ExportedEvent, Exports, HandleError, blocking,
};
use sluice_base::Timestamp;
use sluice_event::{EventBatch, EventType, StoredEvent, WorkspaceNo};

use super::events::json_of;
use super::{Parts, internal};
use crate::assemble::workspace::Workspace;

/// Events and bytes of one part, and records of the log that it looks at.
const PAGE_EVENTS_MAX: usize = 2_000;
const PAGE_BYTES_MAX: usize = 4 << 20;
const PAGE_RECORDS_MAX: usize = 1_000;
/// Events are decided in the order of their receipt, but for what concurrent requests mix up.
const DISORDER_MICROS: i64 = 60_000_000;

impl Exports for Parts {
    fn page(&self, no: WorkspaceNo, which: ExportQuery) -> Answer<ExportPage> {
        let workspace = self.workspace(no);
        blocking(move || {
            let workspace = workspace?;
            page(&workspace, which)
        })
    }
}

fn page(workspace: &Workspace, which: ExportQuery) -> Result<ExportPage, HandleError> {
    let log = &workspace.events;
    // Nothing is decided before it is received.
    let begin = log.offset_at(Timestamp::from_micros(which.from_micros)).map_err(internal)?;
    let mut reader = log.reader(begin.max(which.from_offset));
    let mut page = ExportPage::default();
    let mut bytes = 0;
    for _ in 0..PAGE_RECORDS_MAX {
        let Some(entry) = reader.next().map_err(internal)? else {
            return Ok(ExportPage { next: None, ..page });
        };
        let batch = EventBatch::decode(&entry.payload).map_err(internal)?;
        let received = |stored: &StoredEvent| stored.event.received_at.as_micros();
        if batch.events.iter().any(|one| received(one) >= which.to_micros + DISORDER_MICROS) {
            return Ok(ExportPage { next: None, ..page });
        }
        for (index, stored) in batch.events.iter().enumerate() {
            let at = received(stored);
            let is_asked = (which.from_micros..which.to_micros).contains(&at);
            if !is_asked || stored.is_erased() || !is_activity(stored) {
                continue;
            }
            let traits = (stored.traits as usize).checked_sub(1);
            let traits = traits.and_then(|index| batch.trait_sets.get(index));
            bytes += stored.event.json.len();
            page.events.push(ExportedEvent {
                offset: entry.base + 1 + index as u64,
                received_micros: at,
                name: stored.event.analytics_name().to_owned(),
                person: stored.person.0,
                event: json_of(stored),
                traits: traits.map(|set| Arc::clone(&set.json)),
            });
        }
        page.next = Some(entry.end());
        if page.events.len() >= PAGE_EVENTS_MAX || bytes >= PAGE_BYTES_MAX {
            return Ok(page);
        }
    }
    Ok(page)
}

/// What only says who somebody is, is no activity.
fn is_activity(stored: &StoredEvent) -> bool {
    matches!(stored.event.event_type, EventType::Track | EventType::Page | EventType::Screen)
}

//! Single events, read from the events log by their offset.

use std::sync::Arc;

use sluice_api::handles::{EventJson, HandleError};
use sluice_event::{EventBatch, Offset, StoredEvent};

use super::internal;
use crate::assemble::workspace::Workspace;

impl Workspace {
    /// The event at `offset` of the events log; `None` if it is not kept any more. Reads the disk.
    pub(super) fn event_at(&self, offset: Offset) -> Result<Option<StoredEvent>, HandleError> {
        if offset.0 < self.events.first() {
            return Ok(None);
        }
        let Some(entry) = self.events.entry_at(offset.0).map_err(internal)? else {
            return Ok(None);
        };
        let Some(index) = offset.0.checked_sub(entry.base + 1) else { return Ok(None) };
        let index = usize::try_from(index).map_err(internal)?;
        let found = EventBatch::decode_one(&entry.payload, index).map_err(internal)?;
        Ok(found.map(|(_, stored)| stored))
    }
}

/// The event as destinations receive it.
pub(super) fn json_of(stored: &StoredEvent) -> EventJson {
    EventJson(Arc::clone(&stored.event.json))
}

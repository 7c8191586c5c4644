//! From the `received` log to checked events: reads a bounded batch, decodes and normalises it.

use std::sync::Arc;

use sluice_event::wire::{self, WireLimits};
use sluice_event::{Event, Offset, ReceivedItem, ReceivedRequest, Refusal, SourceNo};
use sluice_log::{Log, LogReader};
use sluice_model::SourceTable;

use crate::PipelineError;

/// One item of `received`, checked.
pub(crate) struct Item {
    pub(crate) source: SourceNo,
    pub(crate) offset: Offset,
    pub(crate) event: Result<Event, Refused>,
}

/// Why an item is no event, and the message id by which its sender will ask for it.
pub(crate) struct Refused {
    pub(crate) reason: Refusal,
    pub(crate) message_id: Option<Arc<str>>,
}

/// The items of one batch, in order.
pub(crate) struct Intake {
    pub(crate) items: Vec<Item>,
    /// Next offset of `received` after them.
    pub(crate) end: Offset,
}

pub(crate) struct IntakeReader {
    reader: LogReader,
    /// Next item to give; may lie within an entry.
    next: Offset,
}

impl IntakeReader {
    pub(crate) fn new(received: &Log, from: Offset) -> Self {
        Self { reader: received.reader(from.0), next: from }
    }

    /// The next items: at most about `events_max` and `bytes_max`. `None` if there are none.
    pub(crate) fn read(
        &mut self,
        sources: &SourceTable,
        limits: &WireLimits,
        events_max: usize,
        bytes_max: usize,
    ) -> Result<Option<Intake>, PipelineError> {
        let mut items = Vec::new();
        let mut bytes = 0;
        while items.len() < events_max && bytes < bytes_max {
            let Some(entry) = self.reader.next()? else { break };
            bytes += entry.payload.len();
            let unreadable =
                |source| PipelineError::Record { log: "received", offset: entry.base, source };
            let request = ReceivedRequest::decode(&entry.payload).map_err(unreadable)?;
            let skipped =
                usize::try_from(self.next.0.saturating_sub(entry.base)).unwrap_or(usize::MAX);
            take(&request, Offset(entry.base), skipped, sources, limits, &mut items);
            self.next = Offset(entry.end());
        }
        let end = self.next;
        Ok((!items.is_empty()).then_some(Intake { items, end }))
    }

    /// Goes back to an item that was given but could not be used yet.
    pub(crate) fn return_to(&mut self, offset: Offset) {
        self.reader.seek(offset.0);
        self.next = offset;
    }
}

fn take(
    request: &ReceivedRequest<'_>,
    base: Offset,
    skipped: usize,
    sources: &SourceTable,
    limits: &WireLimits,
    items: &mut Vec<Item>,
) {
    let source = sources.by_no.get(&request.source).map(Arc::as_ref);
    for (index, item) in request.items.iter().enumerate().skip(skipped) {
        let offset = base.plus(index as u64);
        let event = match (item, source) {
            (ReceivedItem::Stub { refusal, .. }, _) => Err(*refusal),
            (_, None) => Err(Refusal::UnknownSource),
            (_, Some(source)) if !source.enabled => Err(Refusal::SourceDisabled),
            (_, Some(source)) => {
                let sender = wire::Sender { project_id: &source.id, ip: source.ip };
                wire::normalize(request, index, offset, sender, limits)
            }
        };
        let event = event.map_err(|reason| Refused {
            reason,
            message_id: message_id_of(request, index, limits),
        });
        items.push(Item { source: request.source, offset, event });
    }
}

/// Of an item that was refused, as far as it can be read.
fn message_id_of(
    request: &ReceivedRequest<'_>,
    index: usize,
    limits: &WireLimits,
) -> Option<Arc<str>> {
    let id = wire::brief(request, index).message_id?;
    (id.len() <= limits.message_id_chars_max).then(|| Arc::from(&*id))
}

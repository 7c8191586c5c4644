//! What became of each item that was received, read from the two logs when somebody asks: nothing is
//! kept for it, so it costs the pipeline nothing and is the same after a restart.
//!
//! Items are named by their place in `received`. The records of `events` cover that log range by
//! range, so the record of an item is found by halving, and the newest items by going backwards
//! from the ends of both logs. Every question has a bound on what it reads.
//!
//! Not here: what happened to accepted events afterwards, and words for people.

mod filter;
mod walk;

use std::sync::Arc;

use sluice_base::Timestamp;
use sluice_event::wire::{self, Brief};
use sluice_event::{
    EventBatch, EventType, Offset, PersonId, ReceivedRequest, Refusal, SourceNo, StoredEvent,
    Verdicts, Why,
};
use sluice_log::{Entry, Log};

use crate::PipelineError;
use crate::handle::PipelineHandle;

pub use filter::{PassageFilter, PassagePerson, PassageState, TextFilter};
pub use walk::{Passages, Reach};

/// Waiting items that are searched for a message id.
pub const WAITING_SEARCHED_MAX: u64 = 100_000;

/// One item that was received and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Its place in `received`.
    pub offset: Offset,
    pub source: SourceNo,
    pub received_at: Timestamp,
    /// When the pipeline decided; `None` while it waits.
    pub decided_at: Option<Timestamp>,
    pub outcome: Outcome,
    /// What it can be recognised by, as far as it could be read. An accepted event without a message
    /// id is one of a person who was erased.
    pub event_type: Option<EventType>,
    pub name: Option<Arc<str>>,
    pub message_id: Option<Arc<str>>,
    pub user_id: Option<Arc<str>>,
    pub anonymous_id: Option<Arc<str>>,
    /// The event in its final form if it was accepted, else as it came or what is kept of that;
    /// then it need not be JSON.
    pub text: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The pipeline has not looked at it yet.
    Waiting,
    Accepted {
        /// Its place in `events`.
        offset: Offset,
        /// After the merges known then; nobody for an event without identifiers.
        person: PersonId,
    },
    Duplicate {
        /// Place in `events` of the one that was first.
        of: Offset,
    },
    Refused(Refusal),
}

impl PipelineHandle {
    /// What became of the item at a place in `received`; `None` if the logs do not know (any more).
    /// Reads the disk.
    ///
    /// # Errors
    /// From the logs.
    pub fn passage(&self, offset: Offset) -> Result<Option<Passage>, PipelineError> {
        if offset >= self.received_keep_from() {
            return self.received_item(offset, Outcome::Waiting, None);
        }
        let Some(entry) = self.record_covering(offset)? else { return Ok(None) };
        self.passage_in(&decode(&entry)?, Offset(entry.base), offset)
    }

    /// The last item of this message id that was refused within the window; `None` if none is known.
    /// Reads the disk.
    ///
    /// # Errors
    /// From the logs.
    pub fn find_refused(
        &self,
        source: SourceNo,
        message_id: &str,
    ) -> Result<Option<Passage>, PipelineError> {
        let found = {
            let dedupe = self.shared.dedupe.lock();
            dedupe.find(dedupe.refusal_key(source, message_id))
        };
        let Some(base) = found.filter(|base| base.0 < self.events.synced()) else {
            return Ok(None);
        };
        let Some(entry) = self.events.entry_at(base.0)? else { return Ok(None) };
        let verdicts = verdicts(&entry)?;
        let is_meant = |why: &Why| match why {
            Why::Refused { message_id: Some(id), .. } => **id == *message_id,
            _ => false,
        };
        let mut turned_away = verdicts.turned_away.iter().rev();
        let Some(item) = turned_away.find(|item| item.source == source && is_meant(&item.why))
        else {
            return Ok(None);
        };
        self.received_item(item.received_offset, outcome(&item.why), Some(verdicts.decided_at))
    }

    /// An item of this message id that waits for the pipeline, among the next
    /// [`WAITING_SEARCHED_MAX`]. Reads the disk.
    ///
    /// # Errors
    /// From the logs.
    pub fn find_waiting(
        &self,
        source: SourceNo,
        message_id: &str,
    ) -> Result<Option<Passage>, PipelineError> {
        let from = self.received_keep_from().0.max(self.received.first());
        let mut reader = self.received.reader(from);
        while let Some(entry) = reader.next()? {
            if entry.base >= from + WAITING_SEARCHED_MAX {
                break;
            }
            let request = request(&entry)?;
            if request.source != source {
                continue;
            }
            for index in 0..request.items.len() {
                let brief = wire::brief(&request, index);
                if brief.message_id.as_deref() == Some(message_id) {
                    let offset = Offset(entry.base + index as u64);
                    return Ok(Some(of_brief(offset, &request, &brief, Outcome::Waiting, None)));
                }
            }
        }
        Ok(None)
    }

    /// The item as it came, with what became of it.
    fn received_item(
        &self,
        offset: Offset,
        outcome: Outcome,
        decided_at: Option<Timestamp>,
    ) -> Result<Option<Passage>, PipelineError> {
        let Some(entry) = entry_at(&self.received, offset.0)? else { return Ok(None) };
        let request = request(&entry)?;
        let index = usize::try_from(offset.0 - entry.base).unwrap_or(usize::MAX);
        let brief = wire::brief(&request, index);
        Ok(Some(of_brief(offset, &request, &brief, outcome, decided_at)))
    }

    fn passage_in(
        &self,
        batch: &EventBatch,
        base: Offset,
        offset: Offset,
    ) -> Result<Option<Passage>, PipelineError> {
        let of_event = batch.events.binary_search_by_key(&offset, |stored| stored.received_offset);
        if let Ok(index) = of_event {
            let place = EventBatch::event_offset(base, index);
            return Ok(Some(of_event_at(place, &batch.events[index], batch.decided_at)));
        }
        let turned_away =
            batch.turned_away.binary_search_by_key(&offset, |item| item.received_offset);
        match turned_away {
            Ok(index) => {
                let outcome = outcome(&batch.turned_away[index].why);
                self.received_item(offset, outcome, Some(batch.decided_at))
            }
            Err(_) => Ok(None),
        }
    }

    /// The record of `events` that dealt with an item: the first whose `consumed_to` is beyond it.
    fn record_covering(&self, item: Offset) -> Result<Option<Entry>, PipelineError> {
        let (mut low, mut high) = (self.events.first(), self.events.synced());
        let mut found = None;
        while low < high {
            let Some(entry) = self.events.entry_at(u64::midpoint(low, high))? else {
                // Retention was faster: what is asked for is gone, or stands above.
                low = u64::midpoint(low, high) + 1;
                continue;
            };
            if verdicts(&entry)?.consumed_to > item {
                high = entry.base;
                found = Some(entry);
            } else {
                low = entry.end();
            }
        }
        Ok(found)
    }
}

fn entry_at(log: &Log, offset: u64) -> Result<Option<Entry>, PipelineError> {
    Ok(log.entry_at(offset)?)
}

fn decode(entry: &Entry) -> Result<EventBatch, PipelineError> {
    EventBatch::decode(&entry.payload).map_err(|source| PipelineError::Record {
        log: "events",
        offset: entry.base,
        source,
    })
}

fn verdicts(entry: &Entry) -> Result<Verdicts, PipelineError> {
    Verdicts::decode(&entry.payload).map_err(|source| PipelineError::Record {
        log: "events",
        offset: entry.base,
        source,
    })
}

fn request(entry: &Entry) -> Result<ReceivedRequest<'_>, PipelineError> {
    ReceivedRequest::decode(&entry.payload).map_err(|source| PipelineError::Record {
        log: "received",
        offset: entry.base,
        source,
    })
}

fn outcome(why: &Why) -> Outcome {
    match why {
        Why::Duplicate { of } => Outcome::Duplicate { of: *of },
        Why::Refused { reason, .. } => Outcome::Refused(*reason),
    }
}

fn of_event_at(place: Offset, stored: &StoredEvent, decided_at: Timestamp) -> Passage {
    let event = &stored.event;
    Passage {
        offset: stored.received_offset,
        source: stored.source,
        received_at: event.received_at,
        decided_at: Some(decided_at),
        outcome: Outcome::Accepted { offset: place, person: stored.canonical },
        event_type: Some(event.event_type),
        name: Some(Arc::clone(&event.name)).filter(|name| !name.is_empty()),
        message_id: Some(Arc::clone(&event.message_id)).filter(|_| !stored.is_erased()),
        user_id: event.user_id.clone(),
        anonymous_id: event.anonymous_id.clone(),
        text: Arc::clone(&event.json),
    }
}

fn of_brief(
    offset: Offset,
    request: &ReceivedRequest<'_>,
    brief: &Brief<'_>,
    outcome: Outcome,
    decided_at: Option<Timestamp>,
) -> Passage {
    Passage {
        offset,
        source: request.source,
        received_at: request.received_at,
        decided_at,
        outcome,
        event_type: brief.event_type,
        name: brief.name.as_deref().map(Arc::from),
        message_id: brief.message_id.as_deref().map(Arc::from),
        user_id: brief.user_id.as_deref().map(Arc::from),
        anonymous_id: brief.anonymous_id.as_deref().map(Arc::from),
        text: Arc::from(brief.text),
    }
}

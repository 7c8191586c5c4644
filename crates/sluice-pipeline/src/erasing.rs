//! Takes erased people out of both logs. Entries keep their offsets, so that every cursor, count and
//! receipt holds; what an event was is gone.
//!
//! To be done after the erasure was recorded ([`PipelineHandle::erase`]); may be done again, and goes
//! on where a crash left it: an erased event still says whose it was and where it was received.

use std::collections::HashSet;

use sluice_event::wire;
use sluice_event::{EventBatch, Offset, PersonId, ReceivedItem, ReceivedRequest, Why};
use sluice_log::Entry;

use crate::PipelineError;
use crate::handle::PipelineHandle;

/// What is left of an item.
const BLANK: &str = "{}";

/// What a pass over the events finds out about the items of `received`.
#[derive(Default)]
struct Theirs {
    /// Places in `received`.
    items: HashSet<u64>,
    /// Places in `events`, of which later items may be repeats.
    events: HashSet<u64>,
}

impl PipelineHandle {
    /// Takes the events of erased nodes out of `events`, and out of `received` what these events came
    /// from, their repeats, and what else was turned away and names these people. Gives how many events are
    /// erased now. Reads both logs; blocks.
    ///
    /// # Errors
    /// From the logs, or if a record cannot be read. Some is done then; do it again.
    pub fn erase_from_logs(&self, nodes: &HashSet<PersonId>) -> Result<u64, PipelineError> {
        let consumed_to = self.received_keep_from();
        self.events.roll()?;
        let mut theirs = Theirs::default();
        let mut broken = None;
        self.events.rewrite(self.events.synced(), &mut |entry| {
            if broken.is_some() {
                return None;
            }
            match self.erased_record(entry, nodes, &mut theirs) {
                Ok(payload) => payload,
                Err(error) => {
                    broken = Some(error);
                    None
                }
            }
        })?;
        if let Some(error) = broken {
            return Err(error);
        }
        self.received.roll()?;
        let mut broken = None;
        self.received.rewrite(
            consumed_to.0,
            &mut |entry| match erased_request(entry, &theirs) {
                Ok(payload) => payload,
                Err(error) => {
                    broken = Some(error);
                    None
                }
            },
        )?;
        broken.map_or(Ok(theirs.events.len() as u64), Err)
    }

    /// A record of `events` without the people; `None` if it says nothing of them.
    fn erased_record(
        &self,
        entry: &Entry,
        nodes: &HashSet<PersonId>,
        theirs: &mut Theirs,
    ) -> Result<Option<Vec<u8>>, PipelineError> {
        if entry.kind != EventBatch::ENTRY_KIND {
            return Ok(None);
        }
        let unreadable =
            |source| PipelineError::Record { log: "events", offset: entry.base, source };
        let mut batch = EventBatch::decode(&entry.payload).map_err(unreadable)?;
        let own = batch.events.iter().enumerate().filter(|(_, one)| nodes.contains(&one.person));
        for (index, stored) in own {
            theirs.items.insert(stored.received_offset.0);
            theirs.events.insert(EventBatch::event_offset(Offset(entry.base), index).0);
        }
        for item in &batch.turned_away {
            let is_repeat =
                matches!(item.why, Why::Duplicate { of } if theirs.events.contains(&of.0));
            if is_repeat || self.is_item_of(item.received_offset, nodes)? {
                theirs.items.insert(item.received_offset.0);
            }
        }
        let mut is_changed = batch.erase(|person| nodes.contains(&person));
        is_changed |= batch.forget_refused(|offset| theirs.items.contains(&offset.0));
        Ok(is_changed.then(|| {
            let mut payload = Vec::with_capacity(entry.payload.len());
            batch.encode(&mut payload);
            payload
        }))
    }

    /// Whether an item names one of the people. Only for items that became no event: it is read anew.
    fn is_item_of(&self, offset: Offset, nodes: &HashSet<PersonId>) -> Result<bool, PipelineError> {
        let Some(entry) = self.received.entry_at(offset.0)? else { return Ok(false) };
        let request = request(&entry)?;
        let index = usize::try_from(offset.0 - entry.base).unwrap_or(usize::MAX);
        let brief = wire::brief(&request, index);
        let ids = [("user_id", &brief.user_id), ("anonymous_id", &brief.anonymous_id)];
        Ok(ids.iter().any(|(kind, id)| {
            let owner = id.as_deref().and_then(|id| self.people().last_owner(kind, id));
            owner.is_some_and(|owner| nodes.contains(&owner))
        }))
    }
}

fn request(entry: &Entry) -> Result<ReceivedRequest<'_>, PipelineError> {
    ReceivedRequest::decode(&entry.payload).map_err(|source| PipelineError::Record {
        log: "received",
        offset: entry.base,
        source,
    })
}

/// A request without the people's items; without all that came with them if none is left.
fn erased_request(entry: &Entry, theirs: &Theirs) -> Result<Option<Vec<u8>>, PipelineError> {
    if entry.kind != ReceivedRequest::ENTRY_KIND
        || !(entry.base..entry.end()).any(|offset| theirs.items.contains(&offset))
    {
        return Ok(None);
    }
    let mut request = request(entry)?;
    for (offset, item) in (entry.base..).zip(&mut request.items) {
        if theirs.items.contains(&offset) {
            *item = ReceivedItem::Event(BLANK);
        }
    }
    if request.items.iter().all(|item| *item == ReceivedItem::Event(BLANK)) {
        request.ip = None;
        request.user_agent = None;
        request.sent_at = None;
        request.context = None;
        request.integrations = None;
    }
    let mut payload = Vec::new();
    request.encode(&mut payload);
    Ok((payload != *entry.payload).then_some(payload))
}

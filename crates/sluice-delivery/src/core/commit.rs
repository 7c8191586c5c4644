//! What a core has to make durable: its changes as one delta.

use std::sync::Arc;

use sluice_base::Timestamp;

use super::{Core, Durable, REFERENCE_AGE_MAX};
use crate::dead::DeadLetter;
use crate::state::{Delta, Waiting};

impl Core {
    /// True if the next delta should not wait: it is about events, not only the cursor.
    pub(crate) fn has_changed_events(&self) -> bool {
        self.changed.events
    }

    pub(crate) fn has_changed(&self) -> bool {
        self.changed.any || !self.changed.touched.is_empty()
    }

    /// Everything since the last delta, as one commit, and the dead letters to be written before it.
    pub(crate) fn take_delta(&mut self, now: Timestamp) -> (Delta, Vec<DeadLetter>) {
        let mut changed = std::mem::take(&mut self.changed);
        let aged = |offset: &&u64| {
            self.items
                .0
                .get(offset)
                .is_some_and(|item| now.since(item.queued_at) >= REFERENCE_AGE_MAX)
        };
        let aged: Vec<u64> = self.referenced.iter().take_while(aged).copied().collect();
        changed.touched.extend(aged);
        let mut waiting = Vec::new();
        for offset in changed.touched {
            let Some(item) = self.items.0.get_mut(&offset) else { continue };
            let with_payload = item.attempts > 0
                || item.durable == Durable::Payload
                || item.is_again
                || now.since(item.queued_at) >= REFERENCE_AGE_MAX;
            if with_payload {
                item.durable = Durable::Payload;
                self.referenced.remove(&offset);
            } else {
                item.durable = Durable::Reference;
                self.referenced.insert(offset);
            }
            waiting.push((
                offset,
                Waiting {
                    lane: item.lane,
                    attempts: item.attempts,
                    first_attempt_at: item.first_attempt_at,
                    due: item.due,
                    progress: item.progress.clone(),
                    event: with_payload.then(|| Arc::clone(&item.event)),
                },
            ));
        }
        let delta = Delta {
            start: self.start,
            cursor: self.cursor,
            ledger_base: self.ledger_base,
            ledger_accepted: self.ledger_accepted,
            counts: self.counts.clone(),
            suspended: self.suspended.clone(),
            joins: self.lanes.joins(),
            done: changed.done,
            waiting,
            dead: changed.dead,
            undead: changed.undead,
        };
        (delta, changed.letters)
    }
}

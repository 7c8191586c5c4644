//! Going backwards through both logs, newest item first, until enough was found or looked at.

use sluice_event::{EventBatch, Offset, SourceNo};
use sluice_log::{Entry, Log};

use super::{
    Outcome, Passage, PassageFilter, PipelineHandle, decode, of_brief, of_event_at, outcome,
    request, verdicts,
};
use crate::PipelineError;

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Only items below this place in `received`.
    pub before: Option<Offset>,
    /// Only items from this place on.
    pub from: Offset,
    /// Passages given at most.
    pub rows_max: usize,
    /// Items looked at at most, about: a record of `events` is looked at as a whole.
    pub items_max: usize,
}

/// Newest first.
#[derive(Clone, Debug, Default)]
pub struct Passages {
    pub rows: Vec<Passage>,
    /// All items from here on were looked at.
    pub looked_to: Offset,
    /// There is nothing older that the logs know and the reach allows.
    pub is_end: bool,
}

impl PipelineHandle {
    /// The items of a reach that the filter takes, newest first. Reads the disk.
    ///
    /// # Errors
    /// From the logs.
    pub fn passages(
        &self,
        reach: Reach,
        filter: &PassageFilter,
    ) -> Result<Passages, PipelineError> {
        let consumed_to = self.received_keep_from();
        let end = Offset(self.received.synced()).max(consumed_to);
        let upper = reach.before.unwrap_or(end).min(end);
        let found = Passages { looked_to: upper, ..Passages::default() };
        let items = Group { log: &self.received, entries: Vec::new() };
        let mut walk = Walk { reach, filter, items, found, looked_at: 0 };
        walk.waiting(consumed_to)?;
        let before = if walk.found.looked_to < consumed_to {
            self.record_covering(Offset(walk.found.looked_to.0.saturating_sub(1)))?
                .map(|entry| entry.end())
        } else {
            Some(self.events.synced())
        };
        match before {
            Some(before) => walk.decided(&self.events, before)?,
            None => walk.found.is_end = true,
        }
        Ok(walk.found)
    }
}

struct Walk<'a> {
    reach: Reach,
    filter: &'a PassageFilter,
    items: Group<'a>,
    found: Passages,
    looked_at: usize,
}

impl Walk<'_> {
    fn is_enough(&self) -> bool {
        self.found.rows.len() >= self.reach.rows_max
            || self.looked_at >= self.reach.items_max
            || self.found.looked_to <= self.reach.from
    }

    /// Items that the pipeline has not looked at: from the end of `received` down to `consumed_to`.
    fn waiting(&mut self, consumed_to: Offset) -> Result<(), PipelineError> {
        let lowest = consumed_to.max(self.reach.from);
        while self.found.looked_to > lowest && !self.is_enough() {
            let offset = Offset(self.found.looked_to.0 - 1);
            self.look(offset, None, Outcome::Waiting, None)?;
        }
        Ok(())
    }

    /// Items that were decided on, by the records of `events` that end below `before`.
    fn decided(&mut self, events: &Log, mut before: u64) -> Result<(), PipelineError> {
        while !self.is_enough() {
            let group = match before.checked_sub(1) {
                Some(last) => events.group_at(last)?,
                None => None,
            };
            let Some(group) = group.filter(|group| !group.is_empty()) else {
                self.found.is_end = true;
                return Ok(());
            };
            for entry in group.iter().rev().filter(|entry| entry.base < before) {
                self.record(entry)?;
                if self.is_enough() {
                    break;
                }
            }
            before = group[0].base;
        }
        self.found.is_end = self.found.looked_to <= self.reach.from;
        Ok(())
    }

    fn record(&mut self, entry: &Entry) -> Result<(), PipelineError> {
        if verdicts(entry)?.consumed_to <= self.reach.from {
            self.found.looked_to = self.found.looked_to.min(self.reach.from);
            return Ok(());
        }
        let batch = decode(entry)?;
        let (mut events, mut away) = (batch.events.len(), batch.turned_away.len());
        while (events > 0 || away > 0) && !self.is_enough() {
            let event = events.checked_sub(1).map(|at| &batch.events[at]);
            let item = away.checked_sub(1).map(|at| &batch.turned_away[at]);
            let of_event = event.map(|event| event.received_offset);
            let of_item = item.map(|item| item.received_offset);
            if of_event > of_item {
                events -= 1;
                let Some(stored) = event else { continue };
                if self.goes_down_to(stored.received_offset) {
                    let place = EventBatch::event_offset(Offset(entry.base), events);
                    let outcome = Outcome::Accepted { offset: place, person: stored.canonical };
                    if self.filter.may_take(stored.source, outcome) {
                        self.give(of_event_at(place, stored, batch.decided_at));
                    }
                }
            } else {
                away -= 1;
                let Some(item) = item else { continue };
                if self.goes_down_to(item.received_offset) {
                    let outcome = outcome(&item.why);
                    let source = Some(item.source);
                    self.look(item.received_offset, source, outcome, Some(batch.decided_at))?;
                }
            }
        }
        Ok(())
    }

    /// Notes that the items from this one on were looked at; false if it is outside of the reach.
    fn goes_down_to(&mut self, offset: Offset) -> bool {
        if offset >= self.found.looked_to {
            return false;
        }
        self.found.looked_to = offset.max(self.reach.from);
        self.looked_at += 1;
        offset >= self.reach.from
    }

    /// Reads an item as it came; `source` if it is known without.
    fn look(
        &mut self,
        offset: Offset,
        source: Option<SourceNo>,
        outcome: Outcome,
        decided_at: Option<sluice_base::Timestamp>,
    ) -> Result<(), PipelineError> {
        if source.is_none() {
            self.goes_down_to(offset);
        }
        if source.is_some_and(|source| !self.filter.may_take(source, outcome)) {
            return Ok(());
        }
        // Retention may be ahead of us: then there is nothing to show.
        let Some(entry) = self.items.entry(offset)? else { return Ok(()) };
        let request = request(&entry)?;
        let index = usize::try_from(offset.0 - entry.base).unwrap_or(usize::MAX);
        let brief = sluice_event::wire::brief(&request, index);
        self.give(of_brief(offset, &request, &brief, outcome, decided_at));
        Ok(())
    }

    fn give(&mut self, passage: Passage) {
        if self.filter.takes(&passage) {
            self.found.rows.push(passage);
        }
    }
}

/// The group of a log at hand: neighbours are in the same one.
struct Group<'a> {
    log: &'a Log,
    entries: Vec<Entry>,
}

impl Group<'_> {
    fn entry(&mut self, offset: Offset) -> Result<Option<Entry>, PipelineError> {
        let holds = |entries: &[Entry]| {
            entries.first().is_some_and(|first| first.base <= offset.0)
                && entries.last().is_some_and(|last| offset.0 < last.end())
        };
        if !holds(&self.entries) {
            self.entries = self.log.group_at(offset.0)?.unwrap_or_default();
        }
        let at = self.entries.partition_point(|entry| entry.end() <= offset.0);
        Ok(self.entries.get(at).filter(|entry| entry.base <= offset.0).cloned())
    }
}

//! What others ask of a core: its state, its sums, the state of one event.

use std::collections::BTreeMap;

use sluice_base::Timestamp;
use sluice_destination_kit::Reason;

use super::{Core, Finished, LastError};
use crate::pace::Throttle;
use crate::state::{Counts, Suspended};
use crate::status::{EventState, Warned};

/// Codes of warnings are few; a destination that makes them up as it goes is not followed.
const WARNING_CODES_MAX: usize = 100;

impl Core {
    /// Stops sending until [`Core::resume`]. A suspension that goes on keeps its beginning.
    pub(crate) fn suspend(&mut self, now: Timestamp, code: &str, message: String) {
        let since = self.suspended.as_ref().map_or(now, |suspended| suspended.since);
        self.suspended = Some(Suspended { since, code: code.to_owned(), message });
        self.changed.any = true;
    }

    pub(crate) const fn suspended(&self) -> Option<&Suspended> {
        self.suspended.as_ref()
    }

    pub(crate) fn breaker_open_since(&self) -> Option<Timestamp> {
        self.breaker.open_since()
    }

    pub(crate) fn throttle(&self, now: Timestamp) -> Throttle {
        self.pace.throttle(now)
    }

    pub(crate) const fn start(&self) -> u64 {
        self.start
    }

    pub(crate) const fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(crate) fn waiting(&self) -> u64 {
        self.items.0.len() as u64
    }

    pub(crate) fn requests_in_flight(&self) -> usize {
        self.attempts.len()
    }

    pub(crate) fn dead_by_reason(&self) -> BTreeMap<String, u64> {
        let mut reasons = BTreeMap::new();
        for entry in self.dead.values() {
            *reasons.entry(entry.reason.clone()).or_default() += 1;
        }
        reasons
    }

    pub(crate) const fn last_error(&self) -> Option<&LastError> {
        self.last_error.as_ref()
    }

    pub(super) fn note_warnings(&mut self, warnings: Vec<Reason>) {
        for Reason { code, message } in warnings {
            if self.warnings.len() >= WARNING_CODES_MAX && !self.warnings.contains_key(&*code) {
                continue;
            }
            let warned = self.warnings.entry(code.into_owned()).or_default();
            warned.count += 1;
            warned.last = message;
        }
    }

    /// What was delivered but not quite as it came, by code, since the task began.
    pub(crate) const fn warnings(&self) -> &BTreeMap<String, Warned> {
        &self.warnings
    }

    pub(crate) fn oldest_received(&self) -> Option<Timestamp> {
        self.items.0.first_key_value().map(|(_, item)| item.event.event.received_at)
    }

    /// Invariant I4: everything accepted is somewhere, and it is as much as the pipeline counted.
    pub(crate) fn balances(&self) -> bool {
        let counts = &self.counts;
        let filtered: u64 = counts.filtered.values().sum();
        let sum = counts.delivered
            + filtered
            + self.waiting()
            + self.dead.len() as u64
            + counts.expired
            + counts.erased;
        let by_pipeline =
            self.ledger_base.map_or(0, |base| self.ledger_accepted.saturating_sub(base));
        counts.accepted == sum && counts.accepted == by_pipeline
    }

    pub(crate) fn event_state(&self, offset: u64) -> EventState {
        if let Some(item) = self.items.0.get(&offset) {
            return EventState::Waiting {
                attempts: item.attempts,
                due: item.due,
                in_flight: item.in_flight,
                last_error: item
                    .last_error
                    .as_ref()
                    .map(|r| (r.code.to_string(), r.message.clone())),
            };
        }
        if let Some(entry) = self.dead.get(&offset) {
            return EventState::Dead { reason: entry.reason.clone(), at: entry.at };
        }
        match self.finished.get(&offset) {
            Some(Finished::Delivered { at, attempts }) => {
                EventState::Delivered { at: *at, attempts: *attempts }
            }
            Some(Finished::Filtered { reason }) => EventState::Filtered { reason: reason.clone() },
            None if offset < self.start => EventState::BeforeStart,
            None if offset >= self.cursor => EventState::NotRead,
            None => EventState::Finished,
        }
    }
}

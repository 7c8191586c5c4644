//! What of an event is done already, so that another attempt repeats only what failed: an event may
//! start several subscriptions. Kept in memory, in bounds; after a restart all of them run again.

use std::collections::BTreeMap;

use sluice_destination_kit::Reason;

/// Events whose attempts have ended in part; the oldest are forgotten.
const EVENTS_MAX: usize = 10_000;

/// Bit `i`: subscription `i` needs no further attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    pub(super) bits: u64,
    /// If one of them was refused for good.
    pub(super) refused: Option<Reason>,
}

#[derive(Default)]
pub(super) struct Partials(BTreeMap<u64, Done>);

impl Partials {
    pub(super) fn get(&self, offset: u64) -> Done {
        self.0.get(&offset).cloned().unwrap_or_default()
    }

    pub(super) fn keep(&mut self, offset: u64, done: Done) {
        if done.bits == 0 {
            self.0.remove(&offset);
            return;
        }
        self.0.insert(offset, done);
        if self.0.len() > EVENTS_MAX {
            self.0.pop_first();
        }
    }

    pub(super) fn forget(&mut self, offset: u64) {
        self.0.remove(&offset);
    }
}

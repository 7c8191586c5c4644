//! What a receiver remembers: counts, the last events and the last failures.

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde_json::{Value, json};

const EVENTS_SHOWN: usize = 40;
const FAILURES_SHOWN: usize = 15;
const NAMES_SHOWN: usize = 12;

/// Ends up equal to the server's own counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Different messages taken.
    pub(crate) messages: u64,
    /// Different messages that will never be taken.
    pub(crate) refused: u64,
}

#[derive(Default)]
pub(super) struct Tally {
    requests: u64,
    failed_requests: u64,
    /// Records that had come before.
    repeats: u64,
    taken: HashSet<u64>,
    refused: HashSet<u64>,
    by_name: BTreeMap<String, u64>,
    events: VecDeque<Value>,
    failures: VecDeque<Value>,
}

impl Tally {
    /// Counts a request and gives its number.
    pub(super) fn request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// Of a message's own record; `is_part` if it only belongs to one that counts itself.
    pub(super) fn take(&mut self, id: &str, is_part: bool, name: &str, shown: Value) {
        if !is_part && !self.taken.insert(hash(0, id)) {
            self.repeats += 1;
            return;
        }
        *self.by_name.entry(name.to_owned()).or_default() += 1;
        keep(&mut self.events, shown, EVENTS_SHOWN);
    }

    pub(super) fn refuse(&mut self, id: &str) {
        self.refused.insert(hash(0, id));
    }

    pub(super) fn fail(&mut self, status: u16, why: &str) {
        self.failed_requests += 1;
        let failure = json!({ "request": self.requests, "status": status, "why": why });
        keep(&mut self.failures, failure, FAILURES_SHOWN);
    }

    pub(super) fn counts(&self) -> Counts {
        Counts { messages: self.taken.len() as u64, refused: self.refused.len() as u64 }
    }

    pub(super) fn shown(&self) -> Value {
        let mut names: Vec<(&String, &u64)> = self.by_name.iter().collect();
        names.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let names: Vec<Value> = (names.iter().take(NAMES_SHOWN))
            .map(|(name, count)| json!({ "name": name, "count": count }))
            .collect();
        json!({
            "requests": self.requests,
            "failedRequests": self.failed_requests,
            "messages": self.taken.len(),
            "repeats": self.repeats,
            "refused": self.refused.len(),
            "names": names,
            "events": self.events,
            "failures": self.failures,
        })
    }
}

fn keep(list: &mut VecDeque<Value>, value: Value, most: usize) {
    list.push_front(value);
    list.truncate(most);
}

/// FNV-1a with a finisher: the same on every machine, so that a seed means the same everywhere.
pub(super) fn hash(seed: u64, text: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = text
        .bytes()
        .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 7
}

//! What a question is answered from: an unchanging state of the store, the calendar, the moment.

use std::sync::{Arc, OnceLock};

use sluice_base::Timestamp;
use sluice_columnar::{Selection, Snapshot};

use crate::Explain;
use crate::engine::Latest;
use crate::query::TraitsAsOf;
use crate::time::Calendar;

/// All that an answer depends on besides the question; the same context gives the same answer.
#[derive(Clone, Debug)]
pub struct Context {
    pub snapshot: Arc<Snapshot>,
    pub calendar: Calendar,
    pub now: Timestamp,
    /// Threads to scan with.
    pub threads: usize,
    latest: Arc<OnceLock<Arc<Latest>>>,
}

impl Context {
    #[must_use]
    pub fn new(
        snapshot: Arc<Snapshot>,
        calendar: Calendar,
        now: Timestamp,
        threads: usize,
    ) -> Self {
        Self { snapshot, calendar, now, threads, latest: Arc::default() }
    }

    pub(crate) fn select(&self, from: i64, to: i64) -> Selection {
        self.snapshot.select(Timestamp::from_micros(from)..Timestamp::from_micros(to))
    }

    pub(crate) fn latest(&self, traits: TraitsAsOf) -> Option<Arc<Latest>> {
        (traits == TraitsAsOf::Latest)
            .then(|| self.latest.get_or_init(|| Arc::new(Latest::new(&self.snapshot))).clone())
    }

    pub(crate) fn explain(&self, selection: &Selection) -> Explain {
        let scanned = selection.parts().len() as u64;
        Explain {
            rows_scanned: selection.rows(),
            parts_scanned: scanned,
            parts_skipped: self.snapshot.parts().len() as u64 - scanned,
            threads: self.threads as u64,
            milliseconds: 0.0,
            events_to: self.snapshot.cursor().0,
        }
    }
}

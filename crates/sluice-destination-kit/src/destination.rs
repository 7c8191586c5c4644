//! The contract between the scheduler and a destination.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sluice_event::{Offset, StoredEvent};

use crate::record::Exchange;
use crate::verdict::{Reason, Verdict};

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One event on its way to one connection.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// Offset of the event in the events log.
    pub offset: Offset,
    pub stored: &'a StoredEvent,
    /// Counts from one; [`Delivery::TRIAL`] is a test event.
    pub attempt: u32,
    /// What the last attempt gave as [`BatchOutcome::progress`] of this event.
    pub progress: Option<&'a str>,
}

impl Delivery<'_> {
    /// The attempt of a test event: whoever sends it wants to see the exchange, delivered or not.
    pub const TRIAL: u32 = 0;

    #[must_use]
    pub const fn is_trial(&self) -> bool {
        self.attempt == Self::TRIAL
    }
}

/// How large a batch a destination takes, and how long to wait for one to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// At least one.
    pub events_max: usize,
    /// Of the events' JSON. A single event that is larger still goes, alone.
    pub bytes_max: usize,
    /// The oldest event of a batch that is not full waits no longer than this.
    pub age_max: Duration,
}

impl BatchLimits {
    /// One event per request.
    pub const SINGLE: Self = Self { events_max: 1, bytes_max: usize::MAX, age_max: Duration::ZERO };
}

/// What became of a batch.
#[derive(Clone, Debug)]
pub struct BatchOutcome {
    pub verdicts: Verdicts,
    /// The exchange with the peer that says most of a failure, redacted; of a test event all, in
    /// their order.
    pub exchanges: Vec<Exchange>,
    /// What was delivered, but not quite as it came: one for each event and cause.
    pub warnings: Vec<Reason>,
    /// What is done already of an event that has to come again, by its place in the batch and in the
    /// destination's own words. It is kept with the event, durably, and comes back with its next
    /// attempt; an event that is not named keeps what it had.
    pub progress: Vec<(usize, Arc<str>)>,
}

impl BatchOutcome {
    /// Nothing to show and nothing to keep.
    #[must_use]
    pub const fn new(verdicts: Verdicts) -> Self {
        Self { verdicts, exchanges: Vec::new(), warnings: Vec::new(), progress: Vec::new() }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Verdicts {
    /// The same for every event.
    Whole(Verdict),
    /// One per event, in the order of the batch. Those with [`Verdict::Split`] are sent again in
    /// halves; a single one counts as a rejection. Behind an event that has to wait, later ones of
    /// the same person must not have been sent: theirs is [`Verdict::Again`].
    Each(Vec<Verdict>),
}

/// A configured destination, ready to take batches. One value serves many requests at a time.
pub trait Destination: Send + Sync {
    fn limits(&self) -> BatchLimits;

    /// False if this destination can do nothing with the event: it is then counted as filtered,
    /// and never sent.
    fn takes(&self, stored: &StoredEvent) -> bool {
        let _: &StoredEvent = stored;
        true
    }

    /// The reason under which events are counted that [`Destination::takes`] turned away.
    fn untaken_reason(&self) -> &'static str {
        "UNSUPPORTED_EVENT_TYPE"
    }

    /// Sends the batch, once. Must end by itself within the peer's time-out and may be dropped at
    /// any await.
    fn deliver<'a>(&'a self, batch: &'a [Delivery<'a>]) -> BoxFuture<'a, BatchOutcome>;

    /// Asks the peer to delete what it knows of these users, once; `None` if it has no way to.
    fn forget<'a>(&'a self, user_ids: &'a [String]) -> Option<BoxFuture<'a, BatchOutcome>> {
        let _: &[String] = user_ids;
        None
    }
}

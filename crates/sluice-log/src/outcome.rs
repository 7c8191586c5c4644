//! What became of a group, and the ticket by which an appender waits for it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use crate::log::Shared;
use crate::{CommitMode, LogError};

const WAITING: u8 = 0;
const DURABLE: u8 = 1;
const LOST: u8 = 2;

/// What became of a group. The committer wakes one of those who wait, and that one wakes the rest:
/// from its own thread, where waking a task is a push to a local queue; from the committer's it is a
/// system call for each.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    state: AtomicU8,
    /// By the number each waiter got; `None` for one that went away or was woken.
    waiters: Mutex<Vec<Option<Waker>>>,
}

impl Outcome {
    pub(crate) fn settle(&self, durable: bool) {
        let mut waiters = self.waiters.lock();
        self.state.store(if durable { DURABLE } else { LOST }, Ordering::Release);
        let first = waiters.iter_mut().find_map(Option::take);
        drop(waiters);
        if let Some(first) = first {
            first.wake();
        }
    }

    /// `Some(durable)` once it is settled.
    pub(crate) fn get(&self) -> Option<bool> {
        match self.state.load(Ordering::Acquire) {
            WAITING => None,
            state => Some(state == DURABLE),
        }
    }

    fn wake_rest(&self) {
        let rest = std::mem::take(&mut *self.waiters.lock());
        rest.into_iter().flatten().for_each(Waker::wake);
    }
}

/// Resolves when a group is settled.
struct Settled<'a> {
    outcome: &'a Outcome,
    /// Its place among the waiters.
    place: Option<usize>,
}

impl Future for Settled<'_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if let Some(durable) = self.outcome.get() {
            return Poll::Ready(durable);
        }
        let mut waiters = self.outcome.waiters.lock();
        // Settled while the lock was waited for?
        if let Some(durable) = self.outcome.get() {
            return Poll::Ready(durable);
        }
        match self.place.and_then(|place| waiters.get_mut(place)) {
            Some(Some(waker)) => waker.clone_from(cx.waker()),
            Some(empty) => *empty = Some(cx.waker().clone()),
            None => {
                waiters.push(Some(cx.waker().clone()));
                let place = waiters.len() - 1;
                drop(waiters);
                self.place = Some(place);
            }
        }
        Poll::Pending
    }
}

/// Whoever waited and goes, because the group is settled or because its caller lost interest, leaves
/// nobody asleep: it may be the one that was woken for all.
impl Drop for Settled<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        if self.outcome.get().is_none() {
            let mut waiters = self.outcome.waiters.lock();
            if self.outcome.get().is_none() {
                if let Some(waker) = waiters.get_mut(place) {
                    *waker = None;
                }
                return;
            }
        }
        self.outcome.wake_rest();
    }
}

/// Promise of an appended entry.
#[must_use = "an entry is not durable before its ticket says so"]
pub struct Ticket {
    shared: Arc<Shared>,
    base: u64,
    outcome: Arc<Outcome>,
}

impl Ticket {
    pub(crate) const fn new(shared: Arc<Shared>, base: u64, outcome: Arc<Outcome>) -> Self {
        Self { shared, base, outcome }
    }

    /// The first offset of the entry.
    #[must_use]
    pub const fn base(&self) -> u64 {
        self.base
    }

    /// Resolves when the entry is durable.
    ///
    /// # Errors
    /// `Stopped` when the disk failed: it is not known whether the entry is in the log.
    pub async fn durable(self) -> Result<(), LogError> {
        if self.shared.config.commit == CommitMode::Inline {
            return self.wait();
        }
        let durable = Settled { outcome: &self.outcome, place: None }.await;
        if durable { Ok(()) } else { Err(self.shared.stopped()) }
    }

    /// [`Ticket::durable`], blocking.
    ///
    /// # Errors
    /// As there.
    pub fn wait(self) -> Result<(), LogError> {
        if self.shared.config.commit == CommitMode::Inline && self.outcome.get().is_none() {
            self.shared.commit_all()?;
        }
        self.shared.wait_until(None, || self.outcome.get().is_some());
        if self.outcome.get() == Some(true) { Ok(()) } else { Err(self.shared.stopped()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Count {
        fn get(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    fn poll(settled: &mut Settled<'_>, count: &Arc<Count>) -> Poll<bool> {
        Pin::new(settled).poll(&mut Context::from_waker(&Waker::from(count.clone())))
    }

    #[test]
    fn one_waiter_is_woken_by_the_committer_and_wakes_the_rest() {
        let outcome = Outcome::default();
        let counts: [Arc<Count>; 3] = Default::default();
        let mut waiting = counts.each_ref().map(|_| Settled { outcome: &outcome, place: None });
        for (settled, count) in waiting.iter_mut().zip(&counts) {
            assert_eq!(poll(settled, count), Poll::Pending);
            assert_eq!(poll(settled, count), Poll::Pending, "a second look takes no second place");
        }
        outcome.settle(true);
        assert_eq!(counts.each_ref().map(|count| count.get()), [1, 0, 0]);
        let [mut first, second, third] = waiting;
        assert_eq!(poll(&mut first, &counts[0]), Poll::Ready(true));
        drop(first);
        assert_eq!(counts.each_ref().map(|count| count.get()), [1, 1, 1]);
        drop((second, third));
    }

    #[test]
    fn a_waiter_that_goes_away_leaves_nobody_asleep() {
        let outcome = Outcome::default();
        let counts: [Arc<Count>; 3] = Default::default();
        let mut waiting = counts.each_ref().map(|_| Settled { outcome: &outcome, place: None });
        for (settled, count) in waiting.iter_mut().zip(&counts) {
            assert_eq!(poll(settled, count), Poll::Pending);
        }
        let [early, woken, last] = waiting;
        drop(early);
        outcome.settle(false);
        assert_eq!(counts.each_ref().map(|count| count.get()), [0, 1, 0]);
        drop(woken);
        assert_eq!(counts.each_ref().map(|count| count.get()), [0, 1, 1]);
        drop(last);
    }
}

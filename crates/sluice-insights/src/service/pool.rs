//! A few threads that answer questions, with a bounded queue. A question whose asker went away is
//! cancelled.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Condvar, Mutex};
use sluice_base::priority::{self, Load};
use tokio::sync::oneshot;

use crate::InsightError;

type Job = Box<dyn FnOnce() + Send>;

pub(crate) struct Pool(Arc<Queue>);

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    waiting_max: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    stopped: bool,
}

/// Set when the asker goes away.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Pool {
    pub(crate) fn start(threads: usize, waiting_max: usize) -> Result<Self, InsightError> {
        let queue = Arc::new(Queue {
            state: Mutex::default(),
            changed: Condvar::new(),
            waiting_max: waiting_max.max(1),
        });
        for number in 0..threads.max(1) {
            let queue = queue.clone();
            std::thread::Builder::new()
                .name(format!("analytics-query/{number}"))
                .spawn(move || {
                    priority::give_way(Load::Questions);
                    queue.work();
                })
                .map_err(InsightError::Thread)?;
        }
        Ok(Self(queue))
    }

    /// Runs `work` on a thread of the pool; it is told when the caller gives up.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&AtomicBool) -> Result<T, InsightError> + Send + 'static,
    ) -> Result<T, InsightError> {
        let (answer, answered) = oneshot::channel();
        let cancel = CancelOnDrop(Arc::new(AtomicBool::new(false)));
        let cancelled = cancel.0.clone();
        self.push(Box::new(move || {
            let result = if cancelled.load(Ordering::Relaxed) {
                Err(InsightError::Cancelled)
            } else {
                work(&cancelled)
            };
            // The asker may be gone; then nobody misses the answer.
            drop(answer.send(result));
        }))?;
        let result = answered.await.unwrap_or(Err(InsightError::Stopped));
        drop(cancel);
        result
    }

    fn push(&self, job: Job) -> Result<(), InsightError> {
        let mut state = self.0.state.lock();
        if state.stopped {
            return Err(InsightError::Stopped);
        }
        if state.jobs.len() >= self.0.waiting_max {
            return Err(InsightError::Busy);
        }
        state.jobs.push_back(job);
        self.0.changed.notify_one();
        Ok(())
    }

    /// Refuses what waits; the threads end after what they are at.
    pub(crate) fn stop(&self) {
        let mut state = self.0.state.lock();
        state.stopped = true;
        state.jobs.clear();
        self.0.changed.notify_all();
    }
}

impl Queue {
    fn work(&self) {
        loop {
            let job = {
                let mut state = self.state.lock();
                loop {
                    if state.stopped {
                        return;
                    }
                    match state.jobs.pop_front() {
                        Some(job) => break job,
                        None => self.changed.wait(&mut state),
                    }
                }
            };
            // A fault in one question must not take the thread from all others; its asker sees
            // `Stopped`.
            if std::panic::catch_unwind(AssertUnwindSafe(job)).is_err() {
                tracing::error!("a question panicked");
            }
        }
    }
}

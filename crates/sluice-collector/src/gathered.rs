//! What a thread's requests have gathered in the logs goes to the disk when the thread has nothing
//! else to do: a group then holds all requests that were at hand, and none waits for a timer.

use std::cell::RefCell;

use sluice_log::Log;

thread_local! {
    /// The logs in which this thread left entries to gather.
    static GATHERED: RefCell<Vec<Log>> = const { RefCell::new(Vec::new()) };
}

/// Notes that this thread left an entry to gather in `log`.
pub(crate) fn note(log: &Log) {
    GATHERED.with_borrow_mut(|logs| {
        if !logs.iter().any(|noted| noted.is_same(log)) {
            logs.push(log.clone());
        }
    });
}

/// Has the logs commit what the requests of this thread left there. A runtime that runs
/// [`serve`](crate::serve) calls it on each thread that is about to park
/// ([`on_thread_park`](tokio::runtime::Builder::on_thread_park)); without, each group waits as long
/// as [`LogConfig::gather`](sluice_log::LogConfig::gather) says.
pub fn before_park() {
    GATHERED.with_borrow_mut(|logs| {
        for log in logs.drain(..) {
            log.commit_soon();
        }
    });
}

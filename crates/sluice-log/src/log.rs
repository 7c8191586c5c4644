//! The handle of a log: open, append, wait, stop.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, RwLock};
use sluice_base::{Clock, Disk};
use tokio::sync::watch;

use crate::block::PAYLOAD_BYTES_MAX;
use crate::commit::{self, Writer};
use crate::outcome::{Outcome, Ticket};
use crate::queue::{Due, Group, Queue};
use crate::recent::Recent;
use crate::recover::recover;
use crate::segment::LogSegment;
use crate::{CommitMode, LogConfig, LogError};

/// An append-only log of entries; a clone is the same log. When the last clone is dropped the log
/// is stopped. Two processes must not open one directory: the server locks its data directory.
#[derive(Clone)]
pub struct Log {
    pub(crate) shared: Arc<Shared>,
    owner: Arc<Owner>,
}

impl Log {
    /// Opens or creates the log in `dir` and recovers it: a torn write at the end is cut.
    ///
    /// # Errors
    /// `Corrupt` if synced bytes are damaged; `Io` from the disk.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: impl Into<PathBuf>,
        config: LogConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LogError> {
        let dir = dir.into();
        let recovered = recover(&disk, &dir, clock.now())?;
        let active = recovered.segments.last().cloned();
        let active = active.ok_or_else(|| LogError::corrupt(&dir, 0, "there is no segment"))?;
        let writer = Writer::new(&recovered, active, &config)?;
        let end = recovered.index.end;
        let free = disk.free_bytes(&dir).map_err(LogError::io("measure", &dir))?;
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::new(end, config.group_bytes, config.pending_bytes_max)),
            work: Condvar::new(),
            writer: Mutex::new(writer),
            segments: RwLock::new(recovered.segments),
            upkeep: Mutex::new(()),
            recent: Mutex::new(Recent::new(config.recent_bytes_max)),
            synced: AtomicU64::new(end),
            watch: watch::channel(end).0,
            advance: Mutex::new(()),
            advanced: Condvar::new(),
            free: AtomicU64::new(free),
            failure: OnceLock::new(),
            failed: watch::channel(false).0,
            disk,
            dir,
            config,
            clock,
        });
        let thread = match shared.config.commit {
            CommitMode::Inline => None,
            CommitMode::Thread => Some(shared.clone().start()?),
        };
        let owner = Owner { shared: shared.clone(), thread: Mutex::new(thread) };
        Ok(Self { shared, owner: Arc::new(owner) })
    }

    /// Adds an entry that takes `offsets` offsets to the group that is committed next, at once. It
    /// is durable, and seen by readers, when its ticket says so.
    ///
    /// # Errors
    /// Kind `Full` when too much waits or the volume runs short (nothing was added, try later),
    /// `Stopped` after `stop` or a failure of the disk, `TooLarge` for over 32 MiB.
    ///
    /// # Panics
    /// If `offsets` is 0.
    pub fn append(&self, kind: u8, offsets: u64, payload: &[u8]) -> Result<Ticket, LogError> {
        self.push(kind, offsets, payload, true)
    }

    /// [`Log::append`] by one of many: the group may wait for more entries, until somebody calls
    /// [`Log::commit_soon`], and not longer than [`LogConfig::gather`].
    ///
    /// # Errors
    /// As [`Log::append`].
    ///
    /// # Panics
    /// If `offsets` is 0.
    pub fn gather(&self, kind: u8, offsets: u64, payload: &[u8]) -> Result<Ticket, LogError> {
        self.push(kind, offsets, payload, false)
    }

    /// Whether the other is a handle of this very log.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Has the committer take what was gathered; call it when no more is to come soon.
    pub fn commit_soon(&self) {
        if self.shared.queue.lock().ask() {
            self.shared.work.notify_one();
        }
    }

    fn push(
        &self,
        kind: u8,
        offsets: u64,
        payload: &[u8],
        at_once: bool,
    ) -> Result<Ticket, LogError> {
        assert!(offsets > 0, "an entry takes at least one offset");
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(LogError::TooLarge { bytes: payload.len(), max: PAYLOAD_BYTES_MAX });
        }
        self.shared.check_space()?;
        let mut queue = self.shared.queue.lock();
        if queue.closed {
            return Err(self.shared.stopped());
        }
        let (base, outcome) = queue.push(kind, offsets, payload)?;
        // A committer that sleeps does not know how old the group gets.
        let wake = (at_once || queue.asleep) && queue.ask();
        drop(queue);
        if wake {
            self.shared.work.notify_one();
        }
        Ok(Ticket::new(self.shared.clone(), base, outcome))
    }

    /// [`Log::append`] and wait until it is durable; gives the base offset. While too much waits
    /// for the disk it waits too.
    ///
    /// # Errors
    /// As [`Log::append`], except that `Full` is only answered when the volume runs short.
    ///
    /// # Panics
    /// If `offsets` is 0.
    pub fn append_durable(&self, kind: u8, offsets: u64, payload: &[u8]) -> Result<u64, LogError> {
        loop {
            let synced = self.synced();
            match self.append(kind, offsets, payload) {
                Ok(ticket) => {
                    let base = ticket.base();
                    ticket.wait()?;
                    return Ok(base);
                }
                Err(LogError::Pending { .. })
                    if self.shared.config.commit == CommitMode::Inline =>
                {
                    self.flush()?
                }
                Err(LogError::Pending { .. }) => {
                    self.shared.wait_until(Some(PENDING_WAIT), || {
                        self.synced() > synced || self.health().is_err()
                    });
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes durable all that was appended before; blocking.
    ///
    /// # Errors
    /// `Stopped` when the disk failed.
    pub fn flush(&self) -> Result<(), LogError> {
        let end = self.shared.queue.lock().next;
        if self.shared.config.commit == CommitMode::Inline {
            return self.shared.commit_all();
        }
        self.commit_soon();
        self.shared.wait_until(None, || self.synced() >= end || self.health().is_err());
        if self.synced() >= end { Ok(()) } else { Err(self.shared.stopped()) }
    }

    /// The oldest offset that is kept.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.shared.segments.read().first().map_or(0, |segment| segment.base)
    }

    /// The offset after the last durable entry; readers see only what is below.
    #[must_use]
    pub fn synced(&self) -> u64 {
        self.shared.synced.load(Ordering::Acquire)
    }

    /// [`Log::synced`] as it moves.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.shared.watch.subscribe()
    }

    /// Waits until `synced() > offset`; `false` if it is not after `timeout`, or the log stopped.
    /// In `Inline` mode it does not wait.
    #[must_use]
    pub fn wait_past(&self, offset: u64, timeout: Duration) -> bool {
        if self.shared.config.commit == CommitMode::Thread {
            let stopped = || self.shared.queue.lock().closed;
            self.shared.wait_until(Some(timeout), || self.synced() > offset || stopped());
        }
        self.synced() > offset
    }

    /// # Errors
    /// `Stopped` once a write or sync failed. Then the server must stop: what was not acknowledged
    /// may or may not be there after the next opening.
    pub fn health(&self) -> Result<(), LogError> {
        if self.shared.failure.get().is_some() { Err(self.shared.stopped()) } else { Ok(()) }
    }

    /// Resolves when a write or sync failed; never after a plain [`Log::stop`].
    pub async fn failed(&self) -> LogError {
        let mut failed = self.shared.failed.subscribe();
        // The sender lives as long as the log.
        drop(failed.wait_for(|failed| *failed).await);
        self.shared.stopped()
    }

    /// Takes no more entries, makes durable what waits, ends the committer; blocking. Readers go
    /// on. Also done when the last handle is dropped.
    pub fn stop(&self) {
        self.owner.stop();
    }
}

/// How long an appender waits at a time for room in the queue.
const PENDING_WAIT: Duration = Duration::from_millis(100);
/// How often the committer looks for entries before it sleeps.
const LOOKS_BEFORE_SLEEP: u32 = 64;

struct Owner {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Owner {
    fn stop(&self) {
        let was_closed = std::mem::replace(&mut self.shared.queue.lock().closed, true);
        self.shared.work.notify_all();
        if let Some(thread) = self.thread.lock().take() {
            if thread.join().is_err() {
                tracing::error!(dir = %self.shared.dir.display(), "the log's committer panicked");
            }
        } else if self.shared.config.commit == CommitMode::Inline {
            // A failure is on record, and those who wait were told.
            drop(self.shared.commit_all());
        }
        self.shared.wake_blocked();
        if !was_closed
            && self.shared.failure.get().is_none()
            && let Err(error) = self.shared.writer.lock().leave_mark(&self.shared)
        {
            tracing::warn!(%error, "the log stopped without leaving its mark; the next start reads more");
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What handle, tickets, readers and committer share.
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) config: LogConfig,
    pub(crate) clock: Arc<dyn Clock>,
    queue: Mutex<Queue>,
    /// The committer has something to do.
    work: Condvar,
    pub(crate) writer: Mutex<Writer>,
    /// Oldest first, never empty. Lock order: upkeep, writer, segments.
    pub(crate) segments: RwLock<Vec<Arc<LogSegment>>>,
    /// Held by whoever removes or replaces segments.
    pub(crate) upkeep: Mutex<()>,
    pub(crate) recent: Mutex<Recent>,
    synced: AtomicU64,
    watch: watch::Sender<u64>,
    /// For those who block on `synced`, an outcome, or the end of the log.
    advance: Mutex<()>,
    advanced: Condvar,
    /// Free bytes of the volume when last measured.
    free: AtomicU64,
    failure: OnceLock<Arc<str>>,
    failed: watch::Sender<bool>,
}

impl Shared {
    fn start(self: Arc<Self>) -> Result<JoinHandle<()>, LogError> {
        let dir = self.dir.clone();
        let short: Vec<_> = dir.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
        let name = format!("log/{}", short.into_iter().rev().collect::<Vec<_>>().join("/"));
        let thread = std::thread::Builder::new().name(name).spawn(move || commit::run(&self));
        thread.map_err(LogError::io("start the committer of", dir))
    }

    pub(crate) fn synced(&self) -> u64 {
        self.synced.load(Ordering::Acquire)
    }

    /// For the committer: the next group, `None` when the log is stopped and all is committed.
    ///
    /// While entries come it looks by itself every now and then, so that whoever gathers need not
    /// wake it for each group; after a while without any it sleeps until it is woken.
    pub(crate) fn next_group(&self) -> Option<Group> {
        let gather = self.config.gather;
        let mut looks = 0;
        let mut queue = self.queue.lock();
        loop {
            match queue.due(gather) {
                Due::Never if queue.closed => return None,
                Due::Never if looks < LOOKS_BEFORE_SLEEP => {
                    looks += 1;
                    self.work.wait_for(&mut queue, gather);
                }
                Due::Never => {
                    queue.asleep = true;
                    self.work.wait(&mut queue);
                    queue.asleep = false;
                }
                Due::At(due) if due > Instant::now() => {
                    self.work.wait_until(&mut queue, due);
                }
                Due::At(_) | Due::Now => return queue.take(),
            }
        }
    }

    pub(crate) fn commit_all(&self) -> Result<(), LogError> {
        loop {
            let mut writer = self.writer.lock();
            let group = self.queue.lock().take();
            let Some(group) = group else { break };
            self.commit_with(&mut writer, group)?;
        }
        if self.failure.get().is_some() { Err(self.stopped()) } else { Ok(()) }
    }

    pub(crate) fn commit(&self, group: Group) -> Result<(), LogError> {
        self.commit_with(&mut self.writer.lock(), group)
    }

    fn commit_with(&self, writer: &mut Writer, group: Group) -> Result<(), LogError> {
        let outcome = group.outcome.clone();
        let done = if self.failure.get().is_some() {
            Err(self.stopped())
        } else {
            writer.commit(self, group)
        };
        if let Err(error) = &done {
            let source = std::error::Error::source(error).map(|source| format!(": {source}"));
            self.fail(&format!("{error}{}", source.unwrap_or_default()), Some(&outcome));
        } else if writer.should_measure(
            self.free.load(Ordering::Relaxed).saturating_sub(self.config.reserve_bytes),
        ) && let Ok(free) = self.disk.free_bytes(&self.dir)
        {
            self.free.store(free, Ordering::Relaxed);
        }
        done
    }

    /// Shows a synced group to readers and tells those who wait for it.
    pub(crate) fn publish(&self, end: u64, block_len: usize, outcome: &Outcome) {
        self.queue.lock().committed(block_len);
        self.synced.store(end, Ordering::Release);
        self.watch.send_replace(end);
        outcome.settle(true);
        self.wake_blocked();
    }

    /// Stops the log for good and tells everybody who waits.
    pub(crate) fn fail(&self, reason: &str, in_hand: Option<&Outcome>) {
        if self.failure.set(reason.into()).is_ok() {
            tracing::error!(dir = %self.dir.display(), reason, "the log stopped");
        }
        let lost = self.queue.lock().fail();
        for outcome in lost.iter().map(|group| &*group.outcome).chain(in_hand) {
            outcome.settle(false);
        }
        self.failed.send_replace(true);
        self.watch.send_modify(|_| {});
        self.wake_blocked();
    }

    pub(crate) fn stopped(&self) -> LogError {
        LogError::Stopped {
            reason: self.failure.get().cloned().unwrap_or_else(|| "it was told to stop".into()),
        }
    }

    fn check_space(&self) -> Result<(), LogError> {
        if self.free.load(Ordering::Relaxed) >= self.config.reserve_bytes {
            return Ok(());
        }
        let free = self.disk.free_bytes(&self.dir).map_err(LogError::io("measure", &self.dir))?;
        self.free.store(free, Ordering::Relaxed);
        if free < self.config.reserve_bytes {
            Err(LogError::DiskFull { free_bytes: free })
        } else {
            Ok(())
        }
    }

    fn wake_blocked(&self) {
        drop(self.advance.lock());
        self.advanced.notify_all();
    }

    pub(crate) fn wait_until(&self, timeout: Option<Duration>, done: impl Fn() -> bool) {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let mut guard = self.advance.lock();
        while !done() {
            match deadline {
                Some(deadline) if self.advanced.wait_until(&mut guard, deadline).timed_out() => {
                    return;
                }
                Some(_) => {}
                None => self.advanced.wait(&mut guard),
            }
        }
    }

    /// Seals the segment being written.
    pub(crate) fn roll(&self) -> Result<(), LogError> {
        let mut writer = self.writer.lock();
        if self.failure.get().is_some() {
            return Err(self.stopped());
        }
        let done = writer.roll(self, self.synced());
        if let Err(error) = &done {
            self.fail(&error.to_string(), None);
        }
        done
    }
}

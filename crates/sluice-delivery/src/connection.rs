//! The task of one connection: brings records, outcomes and the time to its core, sends what the
//! core says, and commits its deltas. Whatever blocks (log, journal) runs on blocking threads.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sluice_base::Clock;
use sluice_destination_kit::{
    BatchLimits, BatchOutcome, Catalog, Delivery, Destination, DestinationKind, HttpOut, Reason,
    Verdict, Verdicts,
};
use sluice_event::{Offset, StoredEvent};
use sluice_filter::destination_filter::Rules;
use sluice_model::tables::ConnectionSpec;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::DeliveryError;
use crate::core::{Attempt, Core, TIMED_OUT};
use crate::delivery::KeepFor;
use crate::edit::edited;
use crate::filter::Filter;
use crate::keeper::Keeper;
use crate::panics::caught;
use crate::policy::Policy;
use crate::records::{Record, Records};
use crate::status::{ConnectionState, ConnectionStatus, EventState, Latency};

/// Records taken from the cache before anything else gets its turn.
const RECORDS_PER_STEP: usize = 8;
/// A cursor that moved past other connections' events alone need not be committed soon.
const IDLE_COMMIT_INTERVAL: Duration = Duration::from_secs(5);
/// How often budgets of age are looked at, and the longest sleep.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(30);
/// Deliveries are committed after so many times what the last commit took, so that a crash repeats
/// few of them and a slow disk is left in peace; never sooner than the least.
const COMMIT_PAUSES: u32 = 8;
const COMMIT_INTERVAL_MIN: Duration = Duration::from_millis(10);
const INVALID_SETTINGS: &str = "INVALID_SETTINGS";
/// A fault of the destination's code. Its message may hold secrets, so it is logged only.
const PANIC: &str = "PANIC";
pub(crate) const BROKE_OFF: &str = "the connection's task broke off; the server's own log says why";

pub(crate) enum Command {
    Status(oneshot::Sender<ConnectionStatus>),
    EventStates(Vec<u64>, oneshot::Sender<Vec<EventState>>),
    SendAgain(Vec<(u64, Arc<StoredEvent>)>, oneshot::Sender<usize>),
    Resume(oneshot::Sender<()>),
    Update(Arc<ConnectionSpec>),
}

/// What a connection's task shares with the server.
pub(crate) struct Shared {
    pub(crate) keeper: Mutex<Keeper>,
    /// The log must keep everything from here on; as committed.
    pub(crate) keep_from: AtomicU64,
    /// The task does nothing more; opening the connection anew may help.
    pub(crate) has_failed: AtomicBool,
}

impl Shared {
    pub(crate) fn new(keeper: Keeper) -> Self {
        let keep_from = AtomicU64::new(keeper.state.keep_from());
        Self { keeper: Mutex::new(keeper), keep_from, has_failed: AtomicBool::new(false) }
    }

    /// Of a connection whose task has ended. May block on a commit.
    pub(crate) fn durable_status(&self, spec: &ConnectionSpec, synced: u64) -> ConnectionStatus {
        let state = &self.keeper.lock().state;
        let place = (state.cursor, synced.saturating_sub(state.cursor));
        ConnectionStatus::failed(spec, state, BROKE_OFF.to_owned(), place)
    }
}

/// What every task of a server has in common.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) http: HttpOut,
    pub(crate) keep: KeepFor,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) policy: Policy,
    /// Wakes every task to look at the clock again.
    pub(crate) tick: watch::Receiver<u64>,
    pub(crate) drain: Duration,
}

pub(crate) struct Connection {
    around: Surroundings,
    spec: Arc<ConnectionSpec>,
    kind: Option<Arc<dyn DestinationKind>>,
    destination: Option<Arc<dyn Destination>>,
    /// The filters, ready to be asked.
    rules: Rules,
    core: Core,
    shared: Arc<Shared>,
    records: Arc<Records>,
    synced: watch::Receiver<u64>,
    commands: mpsc::Receiver<Command>,
    sends: JoinSet<Sent>,
    /// Counts the destinations that were built, one after the other.
    generation: u64,
    loading: Option<JoinHandle<Result<Option<Arc<Record>>, DeliveryError>>>,
    committing: Option<JoinHandle<io::Result<()>>>,
    committed_at: Instant,
    commit_took: Duration,
    housekept_at: Option<Instant>,
    latency: Latency,
    failed: Option<String>,
    bytes_per_event: u64,
    /// More records stand ready; others had their turn first.
    has_more: bool,
}

struct Sent {
    attempt: u64,
    /// Of the destination that sent it.
    generation: u64,
    outcome: BatchOutcome,
}

enum Woken {
    Command(Command),
    Sent(Sent),
    Loaded(Result<Option<Arc<Record>>, DeliveryError>),
    Committed(io::Result<()>),
    Time,
    Stop,
}

impl Connection {
    /// Opens what the last run left. Blocks on the disk.
    pub(crate) fn open(
        around: Surroundings,
        spec: Arc<ConnectionSpec>,
        shared: Arc<Shared>,
        records: Arc<Records>,
        commands: mpsc::Receiver<Command>,
    ) -> Result<Self, DeliveryError> {
        let state = shared.keeper.lock().state.clone();
        let mut referenced = HashMap::new();
        for (offset, _) in state.waiting.iter().filter(|(_, waiting)| waiting.event.is_none()) {
            if let Some(event) =
                records.load(*offset)?.and_then(|record| record.event(*offset).cloned())
            {
                referenced.insert(*offset, event);
            }
        }
        let now = around.clock.now();
        let seed = spec.id.bytes().fold(now.as_micros().unsigned_abs(), |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        let policy = around.policy.clone();
        let core =
            Core::new(policy, spec.source, BatchLimits::SINGLE, state, &referenced, now, seed);
        let synced = records.log.watch();
        let mut connection = Self {
            around,
            kind: None,
            destination: None,
            rules: Rules::default(),
            core,
            shared,
            records,
            synced,
            commands,
            sends: JoinSet::new(),
            generation: 0,
            loading: None,
            committing: None,
            committed_at: Instant::now(),
            commit_took: Duration::ZERO,
            housekept_at: None,
            latency: Latency::default(),
            failed: None,
            bytes_per_event: 600,
            has_more: false,
            spec,
        };
        connection.configure();
        Ok(connection)
    }

    /// Builds the destination anew from the settings.
    fn configure(&mut self) {
        self.generation += 1;
        self.rules = Rules::new(&self.spec.filters);
        let now = self.around.clock.now();
        self.core.set_paused(now, !self.spec.enabled);
        let built = match self.around.catalog.get(&self.spec.kind) {
            None => Err(format!("there is no destination kind `{}`", self.spec.kind)),
            Some(kind) => {
                let http = self.around.http.clone();
                let keep = (self.around.keep)(self.spec.workspace, &self.spec.destination_id);
                let settings = kind.settings().check(self.spec.settings.expose());
                let built = settings.and_then(|settings| {
                    let policy = self.core.policy.with(&settings);
                    let subscriptions = &self.spec.subscriptions;
                    Ok((kind.build_with(settings, subscriptions, http, keep)?, policy))
                });
                built.map(|built| (Arc::clone(kind), built)).map_err(|error| error.to_string())
            }
        };
        match built {
            Ok((kind, (destination, policy))) => {
                self.core.policy = policy;
                self.core.set_limits(destination.limits());
                (self.kind, self.destination) = (Some(kind), Some(destination));
                if self.core.suspended().is_some_and(|suspended| suspended.code == INVALID_SETTINGS)
                {
                    self.core.resume(now);
                }
            }
            Err(message) => {
                // Events still go by the kind's names while its settings do not fit.
                self.kind = self.around.catalog.get(&self.spec.kind).cloned();
                self.destination = None;
                self.core.suspend(now, INVALID_SETTINGS, message);
            }
        }
    }

    /// Runs until told to stop; then waits for what is on the way, within a bound, and commits.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            self.step();
            match self.wait(&stop).await {
                Woken::Stop => break,
                woken => self.on_woken(woken),
            }
        }
        self.finish().await;
    }

    fn step(&mut self) {
        if self.failed.is_some() {
            return;
        }
        self.housekeep();
        self.read();
        self.send();
        self.commit();
    }

    async fn wait(&mut self, stop: &CancellationToken) -> Woken {
        let sleep = tokio::time::sleep(self.sleep_for());
        let wants_news = self.failed.is_none()
            && self.loading.is_none()
            && self.core.wants_events()
            && self.core.cursor() >= *self.synced.borrow();
        tokio::select! {
            () = stop.cancelled() => Woken::Stop,
            Some(command) = self.commands.recv() => Woken::Command(command),
            Some(sent) = self.sends.join_next(), if !self.sends.is_empty() => match sent {
                Ok(sent) => Woken::Sent(sent),
                Err(_) => Woken::Time,
            },
            loaded = join(&mut self.loading), if self.loading.is_some() => Woken::Loaded(loaded),
            committed = join(&mut self.committing), if self.committing.is_some() => Woken::Committed(committed),
            // An error means that the log was dropped; then the server is stopping.
            Ok(()) = self.synced.changed(), if wants_news => Woken::Time,
            Ok(()) = self.around.tick.changed() => Woken::Time,
            () = sleep => Woken::Time,
        }
    }

    fn on_woken(&mut self, woken: Woken) {
        match woken {
            Woken::Command(command) => self.on_command(command),
            Woken::Sent(sent) => {
                self.on_sent(sent);
                while let Some(Ok(sent)) = self.sends.try_join_next() {
                    self.on_sent(sent);
                }
            }
            Woken::Loaded(loaded) => self.on_loaded(loaded),
            Woken::Committed(committed) => self.on_committed(committed),
            Woken::Time | Woken::Stop => {}
        }
    }

    fn sleep_for(&mut self) -> Duration {
        if self.failed.is_some() {
            return HOUSEKEEPING_INTERVAL;
        }
        if std::mem::take(&mut self.has_more) {
            return Duration::ZERO;
        }
        let wake = self.core.next_wake().map(|at| at.since(self.around.clock.now()));
        // A time that has come is waited for a little, so that a core that cannot act does not spin.
        let wake = wake.unwrap_or(HOUSEKEEPING_INTERVAL).max(Duration::from_millis(1));
        let commit = if self.core.has_changed() && self.committing.is_none() {
            self.commit_interval().saturating_sub(self.committed_at.elapsed())
        } else {
            HOUSEKEEPING_INTERVAL
        };
        wake.min(commit).min(HOUSEKEEPING_INTERVAL)
    }

    fn read(&mut self) {
        for _ in 0..RECORDS_PER_STEP {
            if self.loading.is_some() || !self.core.wants_events() {
                return;
            }
            let cursor = self.core.cursor();
            match self.records.cached(cursor) {
                Some(record) if record.base == cursor => self.take(&record),
                Some(_) => return self.fail_without_record(),
                None if cursor < *self.synced.borrow_and_update() => return self.load(cursor),
                None => return,
            }
        }
        self.has_more = true;
    }

    /// `offset` is below the synced end.
    fn load(&mut self, offset: u64) {
        let records = Arc::clone(&self.records);
        self.loading = Some(tokio::task::spawn_blocking(move || records.load(offset)));
    }

    fn take(&mut self, record: &Record) {
        let now = self.around.clock.now();
        self.measure(record);
        let filter = Filter {
            spec: &self.spec,
            kind: self.kind.as_deref(),
            destination: self.destination.as_deref(),
            rules: &self.rules,
        };
        self.core.on_record(now, record, |event| filter.reason(event));
    }

    fn measure(&mut self, record: &Record) {
        let bytes: usize = record.events.iter().map(|event| event.event.json.len()).sum();
        if let Some(mean) = (bytes as u64).checked_div(record.events.len() as u64) {
            self.bytes_per_event = (self.bytes_per_event * 7 + mean) / 8;
        }
    }

    fn on_loaded(&mut self, loaded: Result<Option<Arc<Record>>, DeliveryError>) {
        match loaded {
            Ok(Some(record)) if record.base == self.core.cursor() => {
                if self.core.wants_events() {
                    self.take(&record);
                } else if self.is_over_budget(&record) {
                    self.give_up(&record);
                }
            }
            // Only what is written is loaded, so waiting would change nothing.
            Ok(_) => self.fail_without_record(),
            Err(error) => self.fail(format!("{error}")),
        }
    }

    fn give_up(&mut self, record: &Record) {
        let now = self.around.clock.now();
        let filter = Filter {
            spec: &self.spec,
            kind: self.kind.as_deref(),
            destination: self.destination.as_deref(),
            rules: &self.rules,
        };
        self.core.on_record_over_budget(now, record, |event| filter.reason(event));
        if self.core.cursor() < *self.synced.borrow() {
            self.load(self.core.cursor());
        }
    }

    fn fail_without_record(&mut self) {
        self.fail(format!("the events log no longer holds offset {}", self.core.cursor()));
    }

    /// The first record of a stopped connection's backlog is too old, or too much comes after it.
    fn is_over_budget(&self, record: &Record) -> bool {
        let policy = &self.core.policy;
        let lag = self.synced.borrow().saturating_sub(record.base);
        record.written_at < self.around.clock.now().minus(policy.backlog_age_max)
            || lag.saturating_mul(self.bytes_per_event) > policy.backlog_bytes_max
    }

    fn housekeep(&mut self) {
        if self.housekept_at.is_some_and(|at| at.elapsed() < HOUSEKEEPING_INTERVAL) {
            return;
        }
        self.housekept_at = Some(Instant::now());
        self.core.shed_old(self.around.clock.now());
        let has_backlog = self.core.cursor() < *self.synced.borrow();
        if has_backlog && self.loading.is_none() && !self.core.wants_events() {
            self.load(self.core.cursor());
        }
    }

    fn send(&mut self) {
        let Some(destination) = &self.destination else { return };
        while let Some(mut attempt) = self.core.next_attempt(self.around.clock.now()) {
            if self.rules.may_edit() {
                for event in &mut attempt.events {
                    if let Some(changed) = edited(&self.rules, &event.stored) {
                        event.stored = Arc::new(changed);
                    }
                }
            }
            let deadline = self.core.policy.attempt_deadline;
            let (destination, generation) = (Arc::clone(destination), self.generation);
            self.sends.spawn(async move {
                let (attempt, outcome) = deliver(destination, attempt, deadline).await;
                Sent { attempt, generation, outcome }
            });
        }
    }

    fn on_sent(&mut self, sent: Sent) {
        let now = self.around.clock.now();
        let is_current = sent.generation == self.generation;
        let outcome = if is_current { sent.outcome } else { without_suspensions(sent.outcome) };
        for event in self.core.on_outcome(now, sent.attempt, outcome) {
            self.latency.record(now.since(event.event.received_at));
        }
    }

    fn commit_interval(&self) -> Duration {
        if self.core.has_changed_events() {
            let pause = self.commit_took.saturating_mul(COMMIT_PAUSES).max(COMMIT_INTERVAL_MIN);
            pause.min(self.core.policy.commit_interval)
        } else {
            IDLE_COMMIT_INTERVAL
        }
    }

    fn commit(&mut self) {
        let is_due =
            self.core.has_changed() && self.committed_at.elapsed() >= self.commit_interval();
        if is_due && self.committing.is_none() {
            self.start_commit();
        }
    }

    fn start_commit(&mut self) {
        self.committed_at = Instant::now();
        let (delta, letters) = self.core.take_delta(self.around.clock.now());
        let shared = Arc::clone(&self.shared);
        self.committing = Some(tokio::task::spawn_blocking(move || {
            let mut keeper = shared.keeper.lock();
            keeper.commit(delta, &letters)?;
            shared.keep_from.store(keeper.state.keep_from(), Ordering::SeqCst);
            Ok(())
        }));
    }

    fn on_committed(&mut self, committed: io::Result<()>) {
        self.commit_took = self.committed_at.elapsed();
        if let Err(error) = committed {
            self.fail(format!("cannot commit: {error}"));
        }
    }

    /// Nothing more is read, sent or committed; the events stay where they are.
    fn fail(&mut self, message: String) {
        tracing::error!(connection.id = %self.spec.id, error = %message, "a connection stopped");
        self.shared.has_failed.store(true, Ordering::SeqCst);
        self.failed.get_or_insert(message);
        self.sends.abort_all();
    }

    fn on_command(&mut self, command: Command) {
        let now = self.around.clock.now();
        match command {
            // Whoever asked may have gone; that is no fault of ours.
            Command::Status(reply) => drop(reply.send(self.status())),
            Command::EventStates(offsets, reply) => {
                let states = offsets.iter().map(|offset| self.core.event_state(*offset)).collect();
                drop(reply.send(states));
            }
            Command::SendAgain(letters, reply) => {
                let filter = Filter {
                    spec: &self.spec,
                    kind: self.kind.as_deref(),
                    destination: self.destination.as_deref(),
                    rules: &self.rules,
                };
                let sent = self.core.send_again(now, letters, |event| filter.lasting_reason(event));
                if reply.send(sent).is_err() {
                    tracing::debug!(connection.id = %self.spec.id, "whoever sent letters again has gone");
                }
            }
            Command::Resume(reply) => {
                self.core.resume(now);
                if reply.send(()).is_err() {
                    tracing::debug!(connection.id = %self.spec.id, "whoever resumed has gone");
                }
            }
            Command::Update(spec) => {
                let is_changed = spec.revision != self.spec.revision || spec.kind != self.spec.kind;
                self.spec = spec;
                self.configure();
                if is_changed && self.destination.is_some() {
                    self.core.resume(now);
                }
            }
        }
    }

    fn status(&self) -> ConnectionStatus {
        let (core, now) = (&self.core, self.around.clock.now());
        let state = if let Some(message) = &self.failed {
            ConnectionState::Failed { message: message.clone() }
        } else if !self.spec.enabled {
            ConnectionState::Disabled
        } else if let Some(suspended) = core.suspended() {
            let (code, message) = (suspended.code.clone(), suspended.message.clone());
            ConnectionState::Suspended { since: suspended.since, code, message }
        } else if let Some(since) = core.breaker_open_since() {
            ConnectionState::BreakerOpen { since }
        } else {
            ConnectionState::Running
        };
        ConnectionStatus {
            id: self.spec.id.clone(),
            workspace: self.spec.workspace,
            source: self.spec.source,
            state,
            start: core.start(),
            cursor: core.cursor(),
            lag: self.synced.borrow().saturating_sub(core.cursor()),
            counts: core.counts().clone(),
            waiting: core.waiting(),
            dead: core.dead_by_reason(),
            balances: core.balances(),
            requests_in_flight: core.requests_in_flight(),
            oldest_waiting: core.oldest_received().map(|at| now.since(at)),
            last_error: core
                .last_error()
                .map(|last| (last.at, last.reason.code.to_string(), last.reason.message.clone())),
            last_exchange: core.last_error().and_then(|last| last.exchange.clone()),
            warnings: core.warnings().clone(),
            throttle: core.throttle(now),
            latency: self.latency.percentiles(),
        }
    }

    async fn finish(mut self) {
        let deadline = tokio::time::Instant::now() + self.around.drain;
        while let Ok(Some(sent)) = tokio::time::timeout_at(deadline, self.sends.join_next()).await {
            if let Ok(sent) = sent {
                self.on_sent(sent);
            }
        }
        if self.committing.is_some() {
            let committed = join(&mut self.committing).await;
            self.on_committed(committed);
        }
        if self.failed.is_none() && self.core.has_changed() {
            self.start_commit();
            let committed = join(&mut self.committing).await;
            self.on_committed(committed);
        }
    }
}

/// Waits for the task in the slot and empties it. A task that panicked counts as failed.
async fn join<T: FromPanic>(slot: &mut Option<JoinHandle<T>>) -> T {
    let Some(task) = slot else { return std::future::pending().await };
    let result = task.await;
    *slot = None;
    result.unwrap_or_else(|_| T::from_panic())
}

trait FromPanic {
    fn from_panic() -> Self;
}

impl FromPanic for io::Result<()> {
    fn from_panic() -> Self {
        Err(io::Error::other("the commit panicked"))
    }
}

impl FromPanic for Result<Option<Arc<Record>>, DeliveryError> {
    fn from_panic() -> Self {
        Err(DeliveryError::Stopping)
    }
}

async fn deliver(
    destination: Arc<dyn Destination>,
    attempt: Attempt,
    deadline: Duration,
) -> (u64, BatchOutcome) {
    let batch: Vec<Delivery<'_>> = (attempt.events.iter())
        .map(|event| Delivery {
            offset: Offset(event.offset),
            stored: &event.stored,
            attempt: event.attempt,
            progress: event.progress.as_deref(),
        })
        .collect();
    // Inside a future, so that a panic before the first await is caught too.
    let sending = caught(async { destination.deliver(&batch).await });
    let outcome = match tokio::time::timeout(deadline, sending).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => {
            tracing::error!(%panic, "a destination panicked");
            retry(Reason::new(PANIC, "the destination panicked"))
        }
        Err(_) => retry(Reason::new(TIMED_OUT, "the destination did not end in time")),
    };
    (attempt.id, outcome)
}

/// What former settings were refused for says nothing about those that took their place meanwhile.
fn without_suspensions(mut outcome: BatchOutcome) -> BatchOutcome {
    let mended = |verdict: &mut Verdict| {
        if let Verdict::Suspend { reason } = verdict {
            *verdict = Verdict::Retry { reason: reason.clone(), after: None };
        }
    };
    match &mut outcome.verdicts {
        Verdicts::Whole(verdict) => mended(verdict),
        Verdicts::Each(verdicts) => verdicts.iter_mut().for_each(mended),
    }
    outcome
}

fn retry(reason: Reason) -> BatchOutcome {
    BatchOutcome::new(Verdicts::Whole(Verdict::Retry { reason, after: None }))
}

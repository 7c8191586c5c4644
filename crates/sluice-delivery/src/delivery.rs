//! All connections of a server: starts, changes and stops their tasks as the table of connections
//! says, on a runtime of its own, and answers questions about them.

mod erasing;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;
use sluice_base::{Clock, Disk};
use sluice_destination_kit::{Catalog, HttpOut, KeepSettings};
use sluice_event::{StoredEvent, WorkspaceNo};
use sluice_log::Log;
use sluice_model::tables::{ConnectionSpec, ConnectionTable};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::DeliveryError;
use crate::connection::{BROKE_OFF, Command, Connection, Shared, Surroundings};
use crate::dead::DeadLetter;
use crate::keeper::Keeper;
use crate::panics::{caught, message_of};
use crate::policy::Policy;
use crate::records::Records;
use crate::state::State;
use crate::status::{ConnectionStatus, DeadLetterPage, EventState, SendAgain};
use crate::trial::Trial;

const COMMANDS_MAX: usize = 64;

#[derive(Clone, Debug)]
pub struct DeliveryConfig {
    pub policy: Policy,
    pub threads: usize,
    /// How long a stop waits for requests on the way.
    pub drain: Duration,
    /// How long a connection that failed, or could not be opened, is left before it is opened anew.
    pub reopen_after: Duration,
}

impl Default for DeliveryConfig {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            threads: 2,
            drain: Duration::from_secs(5),
            reopen_after: Duration::from_secs(30),
        }
    }
}

/// What delivery works with.
pub struct Parts {
    pub disk: Arc<dyn Disk>,
    /// `…/workspaces/<no>/delivery` of a workspace; each connection has a folder in it.
    pub dir: Box<dyn Fn(WorkspaceNo) -> PathBuf + Send + Sync>,
    /// The events log of a workspace; `None` if there is no such workspace (yet).
    pub log: Box<dyn Fn(WorkspaceNo) -> Option<Log> + Send + Sync>,
    pub table: watch::Receiver<Arc<ConnectionTable>>,
    pub catalog: Arc<Catalog>,
    pub http: HttpOut,
    /// Where a workspace's destination of this id keeps settings that its peer gives anew.
    pub keep: KeepFor,
    pub clock: Arc<dyn Clock>,
}

/// How long a question about a connection waits for a change of it that was just made.
const CATCH_UP_MAX: Duration = Duration::from_secs(5);

pub type KeepFor = Arc<dyn Fn(WorkspaceNo, &str) -> Arc<dyn KeepSettings> + Send + Sync>;

pub struct Delivery;

impl Delivery {
    /// Opens every connection of the table and starts sending. Blocks on the disk. A connection that
    /// cannot be opened costs the others nothing: its status says why, and it is tried again, at the
    /// next change of the table too.
    ///
    /// # Errors
    /// If the threads cannot be started.
    pub fn start(config: DeliveryConfig, parts: Parts) -> Result<DeliveryHandle, DeliveryError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.threads)
            .thread_name("delivery")
            .enable_all()
            .build()
            .map_err(DeliveryError::Runtime)?;
        let tick = watch::Sender::new(0);
        let around = Surroundings {
            catalog: parts.catalog,
            http: parts.http,
            keep: parts.keep,
            clock: parts.clock,
            policy: config.policy,
            tick: tick.subscribe(),
            drain: config.drain,
        };
        let mut table = parts.table.clone();
        let now = table.borrow_and_update().clone();
        let inner = Arc::new(Inner {
            around,
            reopen_after: config.reopen_after,
            tick,
            disk: parts.disk,
            dir: parts.dir,
            log: parts.log,
            records: Mutex::default(),
            running: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            reconciled: watch::Sender::new(Arc::clone(&now)),
            table: parts.table.clone(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            runtime: runtime.handle().clone(),
        });
        for spec in &now.connections {
            inner.open_or_say_why(spec);
        }
        let reconciler = Arc::clone(&inner).reconcile_forever(table);
        inner.tasks.spawn_on(reconciler, runtime.handle());
        Ok(DeliveryHandle { inner, runtime: Arc::new(OwnedRuntime(Some(runtime))) })
    }
}

struct Inner {
    around: Surroundings,
    reopen_after: Duration,
    tick: watch::Sender<u64>,
    disk: Arc<dyn Disk>,
    dir: Box<dyn Fn(WorkspaceNo) -> PathBuf + Send + Sync>,
    log: Box<dyn Fn(WorkspaceNo) -> Option<Log> + Send + Sync>,
    records: Mutex<HashMap<WorkspaceNo, Arc<Records>>>,
    running: Mutex<HashMap<String, Running>>,
    /// Held by whoever stops and opens connections.
    turn: tokio::sync::Mutex<()>,
    /// What the connections should be.
    table: watch::Receiver<Arc<ConnectionTable>>,
    /// What they were last made to be.
    reconciled: watch::Sender<Arc<ConnectionTable>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    runtime: tokio::runtime::Handle,
}

/// A connection of the table.
struct Running {
    spec: Arc<ConnectionSpec>,
    state: Opened,
}

enum Opened {
    Task(Task),
    /// Its files or its log cannot be read.
    Not(Unopened),
}

struct Task {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

/// What is known of a connection that could not be opened.
#[derive(Clone)]
struct Unopened {
    message: String,
    keep_from: u64,
    lag: u64,
}

/// What a new table means for one connection.
enum Next {
    Open,
    Tell(mpsc::Sender<Command>),
    Nothing,
}

impl Running {
    fn keep_from(&self) -> u64 {
        match &self.state {
            Opened::Task(task) => task.shared.keep_from.load(Ordering::SeqCst),
            Opened::Not(unopened) => unopened.keep_from,
        }
    }

    /// What holds its place while it is opened anew, if it has failed.
    fn failed(&self) -> Option<Unopened> {
        let Opened::Task(task) = &self.state else { return None };
        let has_failed = task.shared.has_failed.load(Ordering::SeqCst) || task.task.is_finished();
        has_failed.then(|| Unopened {
            message: "it failed and is being opened anew".to_owned(),
            keep_from: self.keep_from(),
            lag: 0,
        })
    }

    /// Whether its task has to hear of the change.
    fn is_changed_by(&self, spec: &ConnectionSpec) -> bool {
        let own = &self.spec;
        (own.revision, own.enabled, own.source) != (spec.revision, spec.enabled, spec.source)
            || own.kind != spec.kind
            || own.destination_id != spec.destination_id
    }
}

impl Inner {
    fn records_of(&self, workspace: WorkspaceNo) -> Option<Arc<Records>> {
        let mut all = self.records.lock();
        if let Some(records) = all.get(&workspace) {
            return Some(Arc::clone(records));
        }
        let records = Arc::new(Records::new((self.log)(workspace)?));
        all.insert(workspace, Arc::clone(&records));
        Some(records)
    }

    fn folder_of(&self, spec: &ConnectionSpec) -> PathBuf {
        (self.dir)(spec.workspace).join(&spec.id)
    }

    fn open(&self, spec: &Arc<ConnectionSpec>) -> Result<(), DeliveryError> {
        let Some(records) = self.records_of(spec.workspace) else { return Ok(()) };
        // By time, not by the log's end: this may run a while after the operator was told that the
        // connection stands.
        let start = records.log.offset_at(spec.starts_at)?;
        let folder = self.folder_of(spec);
        let keeper = Keeper::open(&self.disk, &folder, start)
            .map_err(|source| DeliveryError::Files { id: spec.id.clone(), source })?;
        let shared = Arc::new(Shared::new(keeper));
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let connection = Connection::open(
            self.around.clone(),
            Arc::clone(spec),
            Arc::clone(&shared),
            records,
            receiver,
        )?;
        let stop = self.stop.child_token();
        let running = watched(connection.run(stop.clone()), spec.id.clone());
        let task = self.tasks.spawn_on(running, &self.runtime);
        self.put(spec, Opened::Task(Task { commands, shared, stop, task }));
        Ok(())
    }

    fn put(&self, spec: &Arc<ConnectionSpec>, state: Opened) {
        let running = Running { spec: Arc::clone(spec), state };
        self.running.lock().insert(spec.id.clone(), running);
    }

    /// Blocks on the disk.
    fn open_or_say_why(&self, spec: &Arc<ConnectionSpec>) {
        let opened = catch_unwind(AssertUnwindSafe(|| self.open(spec)));
        let message = match opened {
            Ok(Ok(())) => return,
            Ok(Err(error)) => text_of(&error),
            Err(panic) => format!("opening it panicked: {}", message_of(&*panic)),
        };
        tracing::error!(connection.id = %spec.id, error = %message, "a connection could not be started");
        // Nothing of its place is known, so nothing of the log may go.
        let log = self.records_of(spec.workspace).map(|records| records.log.clone());
        let (first, synced) = log.map_or((0, 0), |log| (log.first(), log.synced()));
        let lag = synced.saturating_sub(first);
        self.put(spec, Opened::Not(Unopened { message, keep_from: first, lag }));
    }

    fn is_reconciled(&self) -> bool {
        Arc::ptr_eq(&self.reconciled.borrow(), &self.table.borrow())
    }

    async fn reconcile_forever(self: Arc<Self>, mut table: watch::Receiver<Arc<ConnectionTable>>) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(self.reopen_after) => {
                    let _turn = self.turn.lock().await;
                    self.end_failed().await;
                }
                changed = table.changed() => if changed.is_err() {
                    return; // the store is gone: the server is stopping
                },
            }
            let _turn = self.turn.lock().await;
            let now = table.borrow_and_update().clone();
            self.reconcile(&now).await;
            self.reconciled.send_replace(now);
        }
    }

    /// Makes what runs equal to what the table says.
    async fn reconcile(self: &Arc<Self>, table: &ConnectionTable) {
        let wanted: HashMap<&str, &Arc<ConnectionSpec>> =
            table.connections.iter().map(|spec| (spec.id.as_str(), spec)).collect();
        let gone: Vec<Running> = {
            let mut running = self.running.lock();
            running
                .extract_if(|id, _| !wanted.contains_key(id.as_str()))
                .map(|(_, gone)| gone)
                .collect()
        };
        for gone in gone {
            self.remove(gone).await;
        }
        for spec in table.connections.iter() {
            match self.next_step(spec) {
                // A task that has ended says so in its status.
                Next::Tell(commands) => {
                    drop(commands.send(Command::Update(Arc::clone(spec))).await);
                }
                Next::Open => self.open_on_blocking_thread(Arc::clone(spec)).await,
                Next::Nothing => {}
            }
        }
    }

    /// Ends the tasks of connections that failed, so that they are opened anew. Until then their
    /// place in the log is held.
    async fn end_failed(&self) {
        let mut failed = Vec::new();
        for running in self.running.lock().values_mut() {
            let Some(unopened) = running.failed() else { continue };
            let state = std::mem::replace(&mut running.state, Opened::Not(unopened));
            failed.push((Arc::clone(&running.spec), state));
        }
        for (spec, state) in failed {
            if let Opened::Task(task) = state {
                task.stop.cancel();
                // A panic was logged when it came.
                drop(task.task.await);
                tracing::info!(connection.id = %spec.id, "a failed connection is opened anew");
            }
        }
    }

    fn next_step(&self, spec: &Arc<ConnectionSpec>) -> Next {
        let mut running = self.running.lock();
        let Some(running) = running.get_mut(&spec.id) else { return Next::Open };
        let is_changed = running.is_changed_by(spec);
        running.spec = Arc::clone(spec);
        match &running.state {
            Opened::Not(_) => Next::Open,
            Opened::Task(task) if is_changed => Next::Tell(task.commands.clone()),
            Opened::Task(_) => Next::Nothing,
        }
    }

    async fn open_on_blocking_thread(self: &Arc<Self>, spec: Arc<ConnectionSpec>) {
        let inner = Arc::clone(self);
        // A panic is caught inside; what is left is a runtime that is stopping.
        drop(tokio::task::spawn_blocking(move || inner.open_or_say_why(&spec)).await);
    }

    /// Stops the task and deletes its files: with the connection its dead letters go.
    async fn remove(&self, gone: Running) {
        if let Opened::Task(task) = gone.state {
            task.stop.cancel();
            // A panic was logged when it came.
            drop(task.task.await);
        }
        if let Err(error) = self.disk.remove_dir_all(&self.folder_of(&gone.spec)) {
            tracing::warn!(connection.id = %gone.spec.id, %error, "the files of a connection were not removed");
        }
    }
}

/// The task of a connection, with a word in the log if it panics.
async fn watched(task: impl Future<Output = ()>, id: String) {
    if let Err(panic) = caught(task).await {
        tracing::error!(connection.id = %id, %panic, "the task of a connection panicked");
    }
}

/// The error with its sources.
fn text_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Dropping a runtime blocks; this one is let go instead.
struct OwnedRuntime(Option<Runtime>);

impl Drop for OwnedRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Cheap to clone. When the last clone is dropped, delivery ends at once; [`DeliveryHandle::stop`]
/// ends it in order.
#[derive(Clone)]
pub struct DeliveryHandle {
    inner: Arc<Inner>,
    #[expect(dead_code, reason = "owned for its drop")]
    runtime: Arc<OwnedRuntime>,
}

impl DeliveryHandle {
    /// Every connection, by id; those that failed too.
    pub async fn connections(&self) -> Vec<ConnectionStatus> {
        let ids: Vec<String> = self.inner.running.lock().keys().cloned().collect();
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            // An error: it was removed meanwhile, or the server is stopping.
            all.extend(self.connection(&id).await);
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// # Errors
    /// If there is no such connection.
    pub async fn connection(&self, id: &str) -> Result<ConnectionStatus, DeliveryError> {
        match self.ask(id, Command::Status).await? {
            Answer::Of(status) => Ok(status),
            Answer::Ended(spec, shared) => {
                let log = self.inner.records_of(spec.workspace).map(|records| records.log.clone());
                let synced = log.map_or(0, |log| log.synced());
                self.blocking(move || shared.durable_status(&spec, synced)).await
            }
            Answer::Unopened(spec, unopened) => {
                let place = (unopened.keep_from, unopened.lag);
                Ok(ConnectionStatus::failed(&spec, &State::default(), unopened.message, place))
            }
        }
    }

    /// What became of the event at `offset` of the events log at this connection, as far as known.
    ///
    /// # Errors
    /// If there is no such connection, or it could not be opened.
    pub async fn receipt(&self, id: &str, offset: u64) -> Result<EventState, DeliveryError> {
        let states = self.receipts(id, vec![offset]).await?;
        states.into_iter().next().ok_or(DeliveryError::Stopping)
    }

    /// [`DeliveryHandle::receipt`] of several events, in their order.
    ///
    /// # Errors
    /// As there.
    pub async fn receipts(
        &self,
        id: &str,
        offsets: Vec<u64>,
    ) -> Result<Vec<EventState>, DeliveryError> {
        let asked = offsets.clone();
        match self.ask(id, |reply| Command::EventStates(asked, reply)).await? {
            Answer::Of(states) => Ok(states),
            Answer::Ended(_, shared) => {
                let states = move || {
                    let state = &shared.keeper.lock().state;
                    offsets.iter().map(|offset| state.event_state(*offset)).collect()
                };
                self.blocking(states).await
            }
            Answer::Unopened(_, unopened) => Err(failed(id, unopened.message)),
        }
    }

    /// Up to `limit` dead letters with offsets above `after`, optionally of one reason.
    ///
    /// # Errors
    /// If there is no such connection, or its files cannot be read.
    pub async fn dead_letters(
        &self,
        id: &str,
        after: Option<u64>,
        limit: usize,
        reason: Option<&str>,
    ) -> Result<DeadLetterPage, DeliveryError> {
        let reason = reason.map(str::to_owned);
        self.with_keeper(id, move |keeper| {
            let mut page = DeadLetterPage::default();
            for (offset, entry) in &keeper.state.dead {
                *page.by_reason.entry(entry.reason.clone()).or_default() += 1;
                let is_asked = after.is_none_or(|after| *offset > after)
                    && reason.as_ref().is_none_or(|reason| *reason == entry.reason);
                if !is_asked || page.next.is_some() {
                    continue;
                }
                if page.letters.len() == limit {
                    page.next = page.letters.last().map(|letter: &DeadLetter| letter.offset);
                } else {
                    page.letters.extend(keeper.letter(*offset)?);
                }
            }
            Ok(page)
        })
        .await
    }

    /// Sends dead letters once more; gives how many. They go in no order.
    ///
    /// # Errors
    /// If there is no such connection, or its files cannot be read.
    pub async fn send_again(&self, id: &str, which: SendAgain) -> Result<usize, DeliveryError> {
        let letters = self
            .with_keeper(id, move |keeper| {
                let is_meant = |offset: u64, reason: &str| match &which {
                    SendAgain::All => true,
                    SendAgain::Reason(wanted) => wanted == reason,
                    SendAgain::Offsets(wanted) => wanted.contains(&offset),
                };
                let mut letters = Vec::new();
                for (offset, entry) in &keeper.state.dead {
                    if is_meant(*offset, &entry.reason)
                        && let Some(letter) = keeper.letter(*offset)?
                    {
                        letters.push((*offset, letter.event));
                    }
                }
                Ok(letters)
            })
            .await?;
        match self.ask(id, |reply| Command::SendAgain(letters, reply)).await? {
            Answer::Of(sent) => Ok(sent),
            Answer::Ended(..) => Err(failed(id, BROKE_OFF.to_owned())),
            Answer::Unopened(_, unopened) => Err(failed(id, unopened.message)),
        }
    }

    /// Sends one event through a connection's destination at once, past order, retries and accounts.
    ///
    /// # Errors
    /// If there is no such connection.
    pub async fn try_out(&self, id: &str, stored: StoredEvent) -> Result<Trial, DeliveryError> {
        let spec = match self.find(id).await? {
            Found::Task(spec, ..) | Found::Unopened(spec, _) => spec,
        };
        let trial = crate::trial::run(self.inner.around.clone(), spec, stored);
        self.inner.runtime.spawn(trial).await.map_err(|_| DeliveryError::Stopping)
    }

    /// Asks the peer of a connection's destination to delete people. `None`: it has no way to.
    ///
    /// # Errors
    /// If there is no such connection.
    pub async fn delete_people(
        &self,
        id: &str,
        user_ids: Vec<String>,
    ) -> Result<Option<Trial>, DeliveryError> {
        let spec = match self.find(id).await? {
            Found::Task(spec, ..) | Found::Unopened(spec, _) => spec,
        };
        let asking = crate::trial::delete_people(self.inner.around.clone(), spec, user_ids);
        self.inner.runtime.spawn(asking).await.map_err(|_| DeliveryError::Stopping)
    }

    /// Sends on after a suspension.
    ///
    /// # Errors
    /// If there is no such connection, or it has failed.
    pub async fn resume(&self, id: &str) -> Result<(), DeliveryError> {
        match self.ask(id, Command::Resume).await? {
            Answer::Of(()) => Ok(()),
            Answer::Ended(..) => Err(failed(id, BROKE_OFF.to_owned())),
            Answer::Unopened(_, unopened) => Err(failed(id, unopened.message)),
        }
    }

    /// The offset from which on the workspace's events log must be kept; `None` if no connection
    /// needs it.
    #[must_use]
    pub fn keep_from(&self, workspace: WorkspaceNo) -> Option<u64> {
        let running = self.inner.running.lock();
        let own = running.values().filter(|running| running.spec.workspace == workspace);
        own.map(Running::keep_from).min()
    }

    /// Makes every connection look at the clock again. Only needed with a clock that jumps.
    pub fn tick(&self) {
        self.inner.tick.send_modify(|ticks| *ticks += 1);
    }

    /// Takes no more from the log, waits for requests on the way within the configured bound, and
    /// commits.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    async fn ask<T>(
        &self,
        id: &str,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<Answer<T>, DeliveryError> {
        let commands = match self.find(id).await? {
            Found::Task(_, commands, _) => commands,
            Found::Unopened(spec, unopened) => return Ok(Answer::Unopened(spec, unopened)),
        };
        let (reply, answer) = oneshot::channel();
        if commands.send(command(reply)).await.is_ok()
            && let Ok(answer) = answer.await
        {
            return Ok(Answer::Of(answer));
        }
        if self.inner.stop.is_cancelled() {
            return Err(DeliveryError::Stopping);
        }
        // It has ended by itself, or was removed meanwhile.
        Ok(match self.look_up(id)? {
            Found::Task(spec, _, shared) => Answer::Ended(spec, shared),
            Found::Unopened(spec, unopened) => Answer::Unopened(spec, unopened),
        })
    }

    /// What runs of a connection, once it is what the table says: who was answered that a connection
    /// was made or changed finds it so. It is not waited for beyond [`CATCH_UP_MAX`].
    async fn find(&self, id: &str) -> Result<Found, DeliveryError> {
        if !self.inner.is_reconciled() {
            let inner = Arc::clone(&self.inner);
            // On a runtime that has timers; who asks may have none.
            let caught_up = self.inner.runtime.spawn(async move {
                let mut done = inner.reconciled.subscribe();
                let caught_up = done.wait_for(|done| Arc::ptr_eq(done, &inner.table.borrow()));
                drop(tokio::time::timeout(CATCH_UP_MAX, caught_up).await);
            });
            drop(caught_up.await);
        }
        self.look_up(id)
    }

    fn look_up(&self, id: &str) -> Result<Found, DeliveryError> {
        let running = self.inner.running.lock();
        let found =
            running.get(id).ok_or_else(|| DeliveryError::NoConnection { id: id.to_owned() })?;
        let spec = Arc::clone(&found.spec);
        Ok(match &found.state {
            Opened::Task(task) => {
                Found::Task(spec, task.commands.clone(), Arc::clone(&task.shared))
            }
            Opened::Not(unopened) => Found::Unopened(spec, unopened.clone()),
        })
    }

    async fn with_keeper<T: Send + 'static>(
        &self,
        id: &str,
        read: impl FnOnce(&Keeper) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, DeliveryError> {
        let shared = match self.find(id).await? {
            Found::Task(_, _, shared) => shared,
            Found::Unopened(_, unopened) => return Err(failed(id, unopened.message)),
        };
        let result = self.blocking(move || read(&shared.keeper.lock())).await?;
        result.map_err(|source| DeliveryError::Files { id: id.to_owned(), source })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, DeliveryError> {
        self.inner.runtime.spawn_blocking(work).await.map_err(|_| DeliveryError::Stopping)
    }
}

enum Found {
    Task(Arc<ConnectionSpec>, mpsc::Sender<Command>, Arc<Shared>),
    Unopened(Arc<ConnectionSpec>, Unopened),
}

enum Answer<T> {
    Of(T),
    /// The task has ended although nobody stopped it.
    Ended(Arc<ConnectionSpec>, Arc<Shared>),
    Unopened(Arc<ConnectionSpec>, Unopened),
}

fn failed(id: &str, message: String) -> DeliveryError {
    DeliveryError::Files { id: id.to_owned(), source: std::io::Error::other(message) }
}

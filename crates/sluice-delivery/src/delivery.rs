//! All connections of a server: starts, changes and stops their tasks as the table of connections
//! says, on a runtime of its own, and answers questions about them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use sluice_base::{Clock, Disk};
use sluice_destination_kit::{Catalog, HttpOut};
use sluice_event::WorkspaceNo;
use sluice_log::Log;
use sluice_model::tables::{ConnectionSpec, ConnectionTable};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::DeliveryError;
use crate::connection::{Command, Connection, Shared, Surroundings};
use crate::dead::DeadLetter;
use crate::keeper::Keeper;
use crate::policy::Policy;
use crate::records::Records;
use crate::status::{ConnectionStatus, DeadLetterPage, EventState, SendAgain};

const COMMANDS_MAX: usize = 64;

#[derive(Clone, Debug)]
pub struct DeliveryConfig {
    pub policy: Policy,
    pub threads: usize,
    /// How long a stop waits for requests on the way.
    pub drain: Duration,
}

impl Default for DeliveryConfig {
    fn default() -> Self {
        Self { policy: Policy::default(), threads: 2, drain: Duration::from_secs(5) }
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
    pub clock: Arc<dyn Clock>,
}

pub struct Delivery;

impl Delivery {
    /// Opens every connection of the table and starts sending. Blocks on the disk.
    ///
    /// # Errors
    /// If the threads cannot be started or a connection's files cannot be read.
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
            clock: parts.clock,
            policy: config.policy,
            tick: tick.subscribe(),
            drain: config.drain,
        };
        let inner = Arc::new(Inner {
            around,
            tick,
            disk: parts.disk,
            dir: parts.dir,
            log: parts.log,
            records: Mutex::default(),
            running: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            runtime: runtime.handle().clone(),
        });
        let mut table = parts.table;
        let now = table.borrow_and_update().clone();
        for spec in &now.connections {
            inner.open(spec)?;
        }
        let reconciler = Arc::clone(&inner).reconcile_forever(table);
        inner.tasks.spawn_on(reconciler, runtime.handle());
        Ok(DeliveryHandle { inner, runtime: Arc::new(OwnedRuntime(Some(runtime))) })
    }
}

struct Inner {
    around: Surroundings,
    tick: watch::Sender<u64>,
    disk: Arc<dyn Disk>,
    dir: Box<dyn Fn(WorkspaceNo) -> PathBuf + Send + Sync>,
    log: Box<dyn Fn(WorkspaceNo) -> Option<Log> + Send + Sync>,
    records: Mutex<HashMap<WorkspaceNo, Arc<Records>>>,
    running: Mutex<HashMap<String, Running>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    runtime: tokio::runtime::Handle,
}

struct Running {
    spec: Arc<ConnectionSpec>,
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
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
        let keep_from = AtomicU64::new(keeper.state.keep_from());
        let shared = Arc::new(Shared { keeper: Mutex::new(keeper), keep_from });
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let connection = Connection::open(
            self.around.clone(),
            Arc::clone(spec),
            Arc::clone(&shared),
            records,
            receiver,
        )?;
        let stop = self.stop.child_token();
        let task = self.tasks.spawn_on(connection.run(stop.clone()), &self.runtime);
        let running = Running { spec: Arc::clone(spec), commands, shared, stop, task };
        self.running.lock().insert(spec.id.clone(), running);
        Ok(())
    }

    async fn reconcile_forever(self: Arc<Self>, mut table: watch::Receiver<Arc<ConnectionTable>>) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                changed = table.changed() => if changed.is_err() {
                    return; // the store is gone: the server is stopping
                },
            }
            let now = table.borrow_and_update().clone();
            self.reconcile(&now).await;
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
            let commands = self.running.lock().get_mut(&spec.id).map(|running| {
                running.spec = Arc::clone(spec);
                running.commands.clone()
            });
            match commands {
                // A task that has ended says so in its status.
                Some(commands) => drop(commands.send(Command::Update(Arc::clone(spec))).await),
                None => self.open_on_blocking_thread(Arc::clone(spec)).await,
            }
        }
    }

    async fn open_on_blocking_thread(self: &Arc<Self>, spec: Arc<ConnectionSpec>) {
        let (inner, id) = (Arc::clone(self), spec.id.clone());
        match tokio::task::spawn_blocking(move || inner.open(&spec)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(connection.id = %id, %error, "a connection could not be started");
            }
            Err(error) => {
                tracing::error!(connection.id = %id, %error, "starting a connection panicked")
            }
        }
    }

    /// Stops the task and deletes its files: with the connection its dead letters go.
    async fn remove(&self, gone: Running) {
        gone.stop.cancel();
        if gone.task.await.is_err() {
            tracing::error!(connection.id = %gone.spec.id, "the task of a connection panicked");
        }
        if let Err(error) = self.disk.remove_dir_all(&self.folder_of(&gone.spec)) {
            tracing::warn!(connection.id = %gone.spec.id, %error, "the files of a connection were not removed");
        }
    }
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
    /// Every connection, by id.
    pub async fn connections(&self) -> Vec<ConnectionStatus> {
        let commands: Vec<_> =
            self.inner.running.lock().values().map(|running| running.commands.clone()).collect();
        let mut all = Vec::with_capacity(commands.len());
        for commands in commands {
            let (reply, answer) = oneshot::channel();
            if commands.send(Command::Status(reply)).await.is_ok()
                && let Ok(status) = answer.await
            {
                all.push(status);
            }
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// # Errors
    /// If there is no such connection.
    pub async fn connection(&self, id: &str) -> Result<ConnectionStatus, DeliveryError> {
        self.ask(id, Command::Status).await
    }

    /// What became of the event at `offset` of the events log at this connection, as far as known.
    ///
    /// # Errors
    /// If there is no such connection.
    pub async fn receipt(&self, id: &str, offset: u64) -> Result<EventState, DeliveryError> {
        self.ask(id, |reply| Command::EventState(offset, reply)).await
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
        self.ask(id, |reply| Command::SendAgain(letters, reply)).await
    }

    /// Sends on after a suspension.
    ///
    /// # Errors
    /// If there is no such connection.
    pub async fn resume(&self, id: &str) -> Result<(), DeliveryError> {
        self.commands(id)?.send(Command::Resume).await.map_err(|_| DeliveryError::Stopping)
    }

    /// The offset from which on the workspace's events log must be kept; `None` if no connection
    /// needs it.
    #[must_use]
    pub fn keep_from(&self, workspace: WorkspaceNo) -> Option<u64> {
        let running = self.inner.running.lock();
        let own = running.values().filter(|running| running.spec.workspace == workspace);
        own.map(|running| running.shared.keep_from.load(Ordering::SeqCst)).min()
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

    fn commands(&self, id: &str) -> Result<mpsc::Sender<Command>, DeliveryError> {
        let running = self.inner.running.lock();
        let found = running.get(id).map(|running| running.commands.clone());
        found.ok_or_else(|| DeliveryError::NoConnection { id: id.to_owned() })
    }

    async fn ask<T>(
        &self,
        id: &str,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, DeliveryError> {
        let (reply, answer) = oneshot::channel();
        let commands = self.commands(id)?;
        commands.send(command(reply)).await.map_err(|_| DeliveryError::Stopping)?;
        answer.await.map_err(|_| DeliveryError::Stopping)
    }

    async fn with_keeper<T: Send + 'static>(
        &self,
        id: &str,
        read: impl FnOnce(&Keeper) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, DeliveryError> {
        let shared = {
            let running = self.inner.running.lock();
            running.get(id).map(|running| Arc::clone(&running.shared))
        };
        let shared = shared.ok_or_else(|| DeliveryError::NoConnection { id: id.to_owned() })?;
        let task = self.inner.runtime.spawn_blocking(move || read(&shared.keeper.lock()));
        let result = task.await.map_err(|_| DeliveryError::Stopping)?;
        result.map_err(|source| DeliveryError::Files { id: id.to_owned(), source })
    }
}

//! Erases people to the end: a thread that takes up what was asked for and not finished, also after a
//! restart. Every step may be done again, so it always begins at the first.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::Context as _;
use sluice_base::priority::{self, Load};
use sluice_delivery::DeliveryHandle;
use sluice_event::{Offset, PersonId};
use sluice_insights::Calendar;
use sluice_store::Store;
use tokio_util::sync::CancellationToken;

use super::workspace::{Workspace, Workspaces};

/// How often to look whether something failed before and may go now.
const AGAIN: Duration = Duration::from_secs(30);
/// How often to look whether another thread has done its part.
const LOOK: Duration = Duration::from_millis(20);

/// Wakes the thread.
#[derive(Clone)]
pub(super) struct Wake(SyncSender<()>);

impl Wake {
    pub(super) fn wake(&self) {
        // Full: it is about to look anyway.
        self.0.try_send(()).unwrap_or_default();
    }
}

struct Eraser {
    store: Store,
    workspaces: Arc<Workspaces>,
    delivery: DeliveryHandle,
    stop: CancellationToken,
}

/// Starts the thread; it ends with the process. Begins with what the last run left.
pub(super) fn start(
    store: &Store,
    workspaces: &Arc<Workspaces>,
    delivery: &DeliveryHandle,
    stop: &CancellationToken,
) -> anyhow::Result<Wake> {
    let (wake, woken) = sync_channel(1);
    let eraser = Eraser {
        store: store.clone(),
        workspaces: Arc::clone(workspaces),
        delivery: delivery.clone(),
        stop: stop.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    std::thread::Builder::new()
        .name("erasing".to_owned())
        .spawn(move || eraser.run(&runtime, &woken))?;
    Ok(Wake(wake))
}

impl Eraser {
    fn run(&self, runtime: &tokio::runtime::Runtime, woken: &Receiver<()>) {
        priority::give_way(Load::Writes);
        while !self.stop.is_cancelled() {
            for workspace in self.workspaces.all() {
                if let Err(error) = runtime.block_on(self.erase(&workspace)) {
                    let (no, error) = (workspace.no.0, format!("{error:#}"));
                    tracing::warn!(workspace = no, error, "cannot erase people; trying again");
                }
            }
            if woken.recv_timeout(AGAIN) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }

    async fn erase(&self, workspace: &Workspace) -> anyhow::Result<()> {
        let no = workspace.no;
        let people = self.store.erasure_unfinished(no)?;
        if people.is_empty() {
            return Ok(());
        }
        let pipeline = &workspace.pipeline;
        let ids: Vec<PersonId> = people.iter().copied().map(PersonId).collect();
        pipeline.erase(ids.clone()).await.context("the pipeline")?;
        let recorded = Offset(workspace.events.synced());
        let mut nodes = HashSet::new();
        for person in ids {
            nodes.extend(pipeline.people().nodes_of(person).context("the identity map")?);
        }
        let events = pipeline.erase_from_logs(&nodes).context("the logs")?;
        // Delivery reads the logs, so it comes after them.
        let nodes = Arc::new(nodes);
        let waiting = self.delivery.erase(no, Arc::clone(&nodes)).await.context("delivery")?;
        pipeline.people().want_purge();
        self.wait(|| !pipeline.people().is_purge_due())?;
        self.wait(|| {
            let parts = workspace.analytics.context(Calendar::default()).snapshot;
            workspace.analytics.cursor() >= recorded && !parts.is_erasing()
        })?;
        let numbers: Vec<u64> = nodes.iter().map(|node| node.0).collect();
        self.store.erasure_finish(no, &people, &numbers)?;
        let people = people.len();
        tracing::info!(workspace = no.0, people, events, waiting, "people were erased");
        Ok(())
    }

    /// Until another thread has done its part. Takes as long as that takes.
    fn wait(&self, is_done: impl Fn() -> bool) -> anyhow::Result<()> {
        while !is_done() {
            anyhow::ensure!(!self.stop.is_cancelled(), "the server is stopping");
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

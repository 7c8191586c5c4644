//! What runs now and then for the server as a whole: retention of the logs, and the check that the
//! ledger balances (invariant I4).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sluice_api::handles::Ledgers;

use sluice_delivery::DeliveryHandle;
use sluice_event::Offset;

use super::Failures;
use super::workspace::{Workspace, Workspaces};

/// How often failures are looked for.
const EVERY: Duration = Duration::from_secs(1);
/// Every so many rounds the ledger is checked and old log segments go.
const ROUNDS: u64 = 10;

/// What housekeeping looks after.
pub(super) struct Housekeeping {
    pub(super) workspaces: Arc<Workspaces>,
    pub(super) delivery: DeliveryHandle,
    pub(super) ledgers: Arc<dyn Ledgers>,
    /// Workspaces whose ledger did not balance at the last check; for the metrics.
    pub(super) unbalanced: Arc<AtomicU64>,
    pub(super) failures: Failures,
}

impl Housekeeping {
    /// Starts the thread; it ends with the process.
    pub(super) fn start(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        std::thread::Builder::new().name("housekeeping".to_owned()).spawn(move || {
            for round in 1_u64.. {
                std::thread::sleep(EVERY);
                for workspace in self.workspaces.all() {
                    report_failures(&workspace, &self.failures);
                }
                if round.is_multiple_of(ROUNDS) {
                    runtime.block_on(self.check_ledgers());
                    self.workspaces.all().iter().for_each(|one| retain(one, &self.delivery));
                }
            }
        })?;
        Ok(())
    }

    /// A ledger that does not balance is a fault of ours and is said loudly, but stopping would help
    /// nobody.
    async fn check_ledgers(&self) {
        let mut unbalanced = 0;
        for workspace in self.workspaces.all() {
            match self.ledgers.ledger(workspace.no).await {
                Ok(ledger) if ledger.balances => {}
                Ok(ledger) => {
                    unbalanced += 1;
                    let fault = workspace.pipeline.check().err().map(|fault| fault.to_string());
                    tracing::error!(
                        workspace = workspace.no.0,
                        ?fault,
                        ?ledger,
                        "the ledger does not balance"
                    );
                }
                Err(error) => tracing::error!(%error, "the ledger cannot be read"),
            }
        }
        self.unbalanced.store(unbalanced, Ordering::Relaxed);
    }
}

/// A log or analytics that failed stops the server.
fn report_failures(workspace: &Workspace, failures: &Failures) {
    for log in [&workspace.received, &workspace.events] {
        if let Err(error) = log.health() {
            drop(failures.try_send(anyhow::Error::new(error).context("a log failed")));
        }
    }
    if let Some(error) = workspace.analytics.failure() {
        // Its cursor would hold the events log back for ever; a new start continues exactly.
        let failure = anyhow::anyhow!("{error}").context("analytics stopped");
        drop(failures.try_send(failure));
    }
}

/// Drops old log segments that every reader has passed.
fn retain(workspace: &Workspace, delivery: &DeliveryHandle) {
    let received_from = workspace.pipeline.received_keep_from();
    let events_from = [
        workspace.pipeline.events_keep_from(),
        workspace.analytics.cursor(),
        Offset(delivery.keep_from(workspace.no).unwrap_or(u64::MAX)),
    ]
    .into_iter()
    .min()
    .unwrap_or_default();
    for (name, log, from) in [
        ("received", &workspace.received, received_from),
        ("events", &workspace.events, events_from),
    ] {
        match log.retain(from.0) {
            Ok(0) => {}
            Ok(bytes) => tracing::info!(log = name, bytes, "dropped old log segments"),
            Err(error) => tracing::error!(log = name, %error, "cannot drop old log segments"),
        }
    }
}

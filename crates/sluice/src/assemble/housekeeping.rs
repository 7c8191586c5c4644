//! What runs now and then for the server as a whole: retention of the logs, and the check that the
//! ledger balances (invariant I4).

use std::sync::Arc;
use std::time::Duration;

use sluice_delivery::DeliveryHandle;
use sluice_event::Offset;

use super::Failures;
use super::workspace::{Workspace, Workspaces};

const EVERY: Duration = Duration::from_secs(10);

/// Starts the housekeeping thread; it ends with the process.
pub(super) fn start(
    workspaces: Arc<Workspaces>,
    delivery: DeliveryHandle,
    failures: Failures,
) -> anyhow::Result<()> {
    std::thread::Builder::new().name("housekeeping".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(EVERY);
            for workspace in workspaces.iter() {
                check(workspace, &failures);
                retain(workspace, &delivery);
            }
        }
    })?;
    Ok(())
}

/// A log that failed stops the server; a ledger that does not balance is a fault of ours and is said
/// loudly, but stopping would help nobody.
fn check(workspace: &Workspace, failures: &Failures) {
    for log in [&workspace.received, &workspace.events] {
        if let Err(error) = log.health() {
            drop(failures.try_send(anyhow::Error::new(error).context("a log failed")));
        }
    }
    if let Err(fault) = workspace.pipeline.check() {
        tracing::error!(workspace = workspace.no.0, %fault, "the ledger does not balance");
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

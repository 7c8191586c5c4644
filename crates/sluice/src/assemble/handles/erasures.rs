//! Erasing people: kept as asked for, recorded in the events log, and from then on in no answer. What
//! is left on disk goes in the background ([`crate::assemble::erasing`]).

use std::time::{Duration, Instant};

use sluice_api::handles::{Answer, Erasures, blocking};
use sluice_event::{Offset, PersonId, WorkspaceNo};
use sluice_model::Actor;

use super::people::of_pipeline;
use super::{Parts, internal};
use crate::assemble::workspace::Workspace;

/// How long an answer waits for what was received before to be taken, and for answers to be without
/// the people. Both happen all the same if it takes longer.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

impl Erasures for Parts {
    fn erase(
        &self,
        no: WorkspaceNo,
        people: Vec<PersonId>,
        requester: String,
        actor: Actor,
    ) -> Answer<()> {
        let parts = self.clone();
        Box::pin(async move {
            let workspace = parts.workspace(no)?;
            // Events that were taken in before are theirs, also those that still wait.
            let received = workspace.received.synced();
            until(|| workspace.pipeline.received_keep_from().0 >= received).await;
            let (store, numbers) = (parts.store.clone(), people.clone());
            blocking(move || {
                let numbers: Vec<u64> = numbers.iter().map(|person| person.0).collect();
                store.erasure_add(no, &numbers, &requester, &actor).map_err(internal)
            })
            .await?;
            workspace.pipeline.erase(people).await.map_err(of_pipeline)?;
            hidden(&workspace, Offset(workspace.events.synced())).await;
            parts.erasing.wake();
            Ok(())
        })
    }
}

async fn hidden(workspace: &Workspace, recorded: Offset) {
    until(|| workspace.analytics.cursor() >= recorded).await;
}

async fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() && Instant::now() < deadline {
        tokio::time::sleep(LOOK).await;
    }
}

//! What other parts may ask of a running pipeline.

use std::sync::Arc;

use parking_lot::Mutex;
use sluice_base::Timestamp;
use sluice_event::{MergeId, Offset, PersonId, SourceNo};
use sluice_log::Log;
use sluice_profiles::IdentityMap;
use tokio::sync::{mpsc, oneshot, watch};

use crate::PipelineError;
use crate::dedupe::DedupeIndex;
use crate::ledger::{Ledger, LedgerFault};

/// Commands that may wait for the pipeline.
pub(crate) const COMMANDS_MAX: usize = 16;

pub(crate) type Reply = oneshot::Sender<Result<(), PipelineError>>;

/// A decision that somebody asked for.
pub(crate) struct Command {
    pub(crate) act: Act,
    pub(crate) reply: Reply,
}

pub(crate) enum Act {
    UndoMerge(MergeId),
    Erase(Vec<PersonId>),
}

pub(crate) struct Shared {
    pub(crate) dedupe: Mutex<DedupeIndex>,
    pub(crate) people: Arc<IdentityMap>,
    /// Up to the last durable record.
    pub(crate) ledger: Mutex<Ledger>,
    /// The ledger's `consumed_to`, as it moves.
    pub(crate) decided: watch::Sender<u64>,
}

/// A handle on one workspace's pipeline; cheap to clone.
#[derive(Clone)]
pub struct PipelineHandle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) received: Log,
    pub(crate) events: Log,
    pub(crate) commands: mpsc::Sender<Command>,
}

impl PipelineHandle {
    /// Undoes a merge of people; durable when this returns.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such live merge,
    /// `Unavailable` if the pipeline is not running.
    pub async fn undo_merge(&self, merge: MergeId) -> Result<(), PipelineError> {
        self.act(Act::UndoMerge(merge)).await
    }

    /// Erases people from the identity map, and records it for every reader of the log; durable when
    /// this returns. Once more changes nothing. What stands in the logs is another matter.
    ///
    /// # Errors
    /// `Unavailable` if the pipeline is not running.
    pub async fn erase(&self, people: Vec<PersonId>) -> Result<(), PipelineError> {
        self.act(Act::Erase(people)).await
    }

    async fn act(&self, act: Act) -> Result<(), PipelineError> {
        let (reply, answer) = oneshot::channel();
        let command = Command { act, reply };
        self.commands.send(command).await.map_err(|_| PipelineError::Stopped)?;
        answer.await.unwrap_or(Err(PipelineError::Stopped))
    }

    /// The ledger up to the last durable record.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.shared.ledger.lock().clone()
    }

    /// Checks that the ledger adds up.
    ///
    /// # Errors
    /// What does not add up.
    pub fn check(&self) -> Result<(), LedgerFault> {
        self.ledger().check()
    }

    /// The place in `received` below which all items are decided on, as it moves.
    #[must_use]
    pub fn decided(&self) -> watch::Receiver<u64> {
        self.shared.decided.subscribe()
    }

    /// Items that are durable in `received` and not dealt with yet.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.received.synced().saturating_sub(self.shared.ledger.lock().consumed_to.0)
    }

    /// Where in `events` an accepted message stands, for its receipt; `None` if it was not accepted
    /// within the window (or is not durable yet).
    #[must_use]
    pub fn find_event(&self, source: SourceNo, message_id: &str) -> Option<Offset> {
        let found = {
            let dedupe = self.shared.dedupe.lock();
            dedupe.find(dedupe.key(source, message_id))
        };
        found.filter(|offset| offset.0 < self.events.synced())
    }

    /// From when on duplicates are known.
    #[must_use]
    pub fn dedupe_window_start(&self, now: Timestamp) -> Timestamp {
        self.shared.dedupe.lock().window_start(now)
    }

    /// Bytes of the deduplication index on disk.
    #[must_use]
    pub fn dedupe_disk_bytes(&self) -> u64 {
        self.shared.dedupe.lock().disk_bytes()
    }

    /// The people of the workspace.
    #[must_use]
    pub fn people(&self) -> &Arc<IdentityMap> {
        &self.shared.people
    }

    /// `received` is no longer needed by the pipeline below this offset.
    #[must_use]
    pub fn received_keep_from(&self) -> Offset {
        self.shared.ledger.lock().consumed_to
    }

    /// `events` is no longer needed by the pipeline below this offset: all derived state is stored.
    #[must_use]
    pub fn events_keep_from(&self) -> Offset {
        let dedupe = self.shared.dedupe.lock().applied_to();
        dedupe.min(self.shared.people.stored_to())
    }
}

//! Erasing people.

use sluice_event::{PersonId, WorkspaceNo};
use sluice_model::Actor;

use super::Answer;

pub trait Erasures: Send + Sync {
    /// Erases people, each with all who were merged into them, and all events received of them so far.
    /// It is certain and in no answer any more when this answers; soon after nothing is left on disk.
    fn erase(
        &self,
        workspace: WorkspaceNo,
        people: Vec<PersonId>,
        requester: String,
        actor: Actor,
    ) -> Answer<()>;
}

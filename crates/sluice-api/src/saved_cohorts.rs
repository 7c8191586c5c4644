//! Looks up the saved cohorts that a question reaches, also through definitions of others.

use std::collections::BTreeMap;

use sluice_event::WorkspaceNo;
use sluice_insights::cohort::COHORTS_PER_QUESTION_MAX;
use sluice_insights::{CohortDefinition, Cohorts, InsightError, Membership};
use sluice_model::{CohortId, CohortMembers};
use sluice_store::{ErrorKind, Store};

/// The cohorts that can be reached from some ids, for a question that names these. A missing one is
/// left out; whoever asks for it is told by the engine.
///
/// # Errors
/// If there are too many, or the store fails. Blocks.
pub fn saved_cohorts(
    store: &Store,
    workspace: WorkspaceNo,
    ids: Vec<String>,
) -> Result<Cohorts, InsightError> {
    let reached = reach(store, workspace, ids)?;
    Ok(Cohorts::new(reached.into_iter().filter_map(|(id, found)| Some((id, found?)))))
}

/// The same by id, the missing ones among them.
pub(crate) fn reach(
    store: &Store,
    workspace: WorkspaceNo,
    ids: Vec<String>,
) -> Result<BTreeMap<String, Option<Membership>>, InsightError> {
    let mut todo = ids;
    let mut reached = BTreeMap::new();
    while let Some(id) = todo.pop() {
        if reached.contains_key(&id) {
            continue;
        }
        if reached.len() == COHORTS_PER_QUESTION_MAX {
            return Err(InsightError::Invalid(format!(
                "the question reaches more than {COHORTS_PER_QUESTION_MAX} saved cohorts"
            )));
        }
        let found = membership(store, workspace, &id)?;
        if let Some(Membership::Defined(definition)) = &found {
            todo.extend(definition.cohorts().map(str::to_owned));
        }
        reached.insert(id, found);
    }
    Ok(reached)
}

fn membership(
    store: &Store,
    workspace: WorkspaceNo,
    id: &str,
) -> Result<Option<Membership>, InsightError> {
    let id = CohortId::from(id);
    let failed = |error: &dyn std::fmt::Display| InsightError::Cohorts(error.to_string());
    let cohort = match store.cohort_get(workspace, &id) {
        Ok(cohort) => cohort,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    Ok(Some(match cohort.members {
        CohortMembers::Defined(json) => {
            let definition: CohortDefinition =
                serde_json::from_value(json).map_err(|error| failed(&error))?;
            Membership::Defined(definition)
        }
        CohortMembers::Listed(_) => {
            let people = store.cohort_people(workspace, &id).map_err(|error| failed(&error))?;
            Membership::Listed(people.into())
        }
    }))
}

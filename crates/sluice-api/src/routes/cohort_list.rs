//! The people of a listed cohort: imported by user id or number, and taken off again.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_event::PersonId;
use sluice_model::{CohortId, CohortMembers, ListChange};
use utoipa::ToSchema;

use super::cohorts::unknown;
use crate::answer::Data;
use crate::auth::Editor;
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::handles::PersonKey;
use crate::state::ApiState;

/// Most people in one request; more come in several.
const PEOPLE_MAX: usize = 100_000;
/// Largest body: as many ids of 80 bytes.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Ids that are named back when they are not known.
const SAMPLE_MAX: usize = 20;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CohortPeopleBody {
    /// By user id.
    #[serde(default)]
    user_ids: Vec<String>,
    /// By number.
    #[serde(default)]
    people: Vec<u64>,
    /// Takes them off the list instead.
    #[serde(default)]
    remove: bool,
    /// Leaves out who is not known; else nothing is changed if somebody is not.
    #[serde(default)]
    skip_unknown: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CohortPeopleData {
    /// People found, each once.
    matched: u64,
    /// Ids that nobody has, and some of them.
    unknown: u64,
    unknown_sample: Vec<String>,
    /// How many the list has now.
    listed: u64,
}

/// Adds people to a listed cohort, or takes them off it. At most 100,000 in one request.
#[utoipa::path(post, path = "/cohorts/{cohortId}/people", tag = "Cohorts",
    params(("cohortId" = String, Path, description = "The cohort's id")),
    security(("token" = ["editor"])),
    request_body(content = CohortPeopleBody, example = json!({
        "userIds": ["ann", "bob"], "skipUnknown": true
    })),
    responses((status = 200, description = "What was found", body = Data<CohortPeopleData>)))]
pub(super) async fn change_cohort_people(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<CohortPeopleBody, BODY_BYTES_MAX>,
) -> Result<Data<CohortPeopleData>, ApiError> {
    let (no, actor, id) = (who.workspace(), who.actor(), CohortId::new(id));
    let looked_up = id.clone();
    api.store().call(move |store| store.cohort_get(no, &looked_up)).await?;
    if body.user_ids.len() + body.people.len() > PEOPLE_MAX {
        let message = format!("at most {PEOPLE_MAX} people fit into one request; send several");
        return Err(ApiError::invalid("userIds", message));
    }
    let field = if body.user_ids.is_empty() { "people" } else { "userIds" };
    let keys: Vec<PersonKey> = body
        .user_ids
        .into_iter()
        .map(PersonKey::UserId)
        .chain(body.people.into_iter().map(|number| PersonKey::Number(PersonId(number))))
        .collect();
    let found = api.handles().people.known(no, keys.clone()).await?;
    let missing = keys.iter().zip(&found).filter(|(_, found)| found.is_none());
    let missing: Vec<String> = missing.map(|(key, _)| key.to_string()).collect();
    let sample: Vec<String> = missing.iter().take(SAMPLE_MAX).cloned().collect();
    if !missing.is_empty() && !body.skip_unknown {
        return Err(unknown(field, &sample, missing.len()));
    }
    let mut people: Vec<u64> = found.into_iter().flatten().map(|person| person.0).collect();
    people.sort_unstable();
    people.dedup();
    let matched = people.len() as u64;
    let change = if body.remove {
        ListChange { remove: people, ..ListChange::default() }
    } else {
        ListChange { add: people, ..ListChange::default() }
    };
    let cohort =
        api.store().call(move |store| store.cohort_list_change(no, &id, &change, &actor)).await?;
    let listed = match cohort.members {
        CohortMembers::Listed(people) => people,
        CohortMembers::Defined(_) => 0,
    };
    let unknown = missing.len() as u64;
    Ok(Data { data: CohortPeopleData { matched, unknown, unknown_sample: sample, listed } })
}

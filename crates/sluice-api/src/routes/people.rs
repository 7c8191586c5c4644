//! People: who they are, what they did, and their merges with undo.

use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use sluice_event::{ExternalId, MergeId, PersonId};
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::At;
use crate::error::ApiError;
use crate::handles::{Person, PersonEvent};
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonData {
    person: Person,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonEventsData {
    events: Vec<PersonEvent>,
    pagination: Pagination,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct FindParams {
    /// Type and value of an identifier, such as `user_id:42` or `anonymous_id:5f1c`.
    external_id: Option<String>,
}

fn person_id(text: &str) -> Result<PersonId, ApiError> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(PersonId(number)),
        _ => Err(ApiError::not_found("person", text)),
    }
}

async fn person(api: &ApiState, who: &Viewer, id: PersonId) -> Result<Data<PersonData>, ApiError> {
    let no = who.workspace();
    let found = api.handles().people.person(no, id).await?;
    let person = found.ok_or_else(|| ApiError::not_found("person", &id.0.to_string()))?;
    Ok(Data { data: PersonData { person } })
}

/// The person with an identifier.
#[utoipa::path(get, path = "/people", tag = "People", params(FindParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The person", body = Data<PersonData>)))]
pub(super) async fn find_person(
    who: Viewer,
    State(api): State<ApiState>,
    Query(params): Query<FindParams>,
) -> Result<Data<PersonData>, ApiError> {
    let text = params.external_id.unwrap_or_default();
    let (kind, value) = text
        .split_once(':')
        .filter(|(kind, value)| !kind.is_empty() && !value.is_empty())
        .ok_or_else(|| {
            ApiError::invalid("externalId", "must be a type and a value, such as `user_id:42`")
        })?;
    let id = ExternalId::new(kind, value);
    let no = who.workspace();
    let found = api.handles().people.find(no, id).await?;
    let found = found.ok_or_else(|| ApiError::not_found("person", &text))?;
    person(&api, &who, found).await
}

/// One person, after merges: identifiers, traits, merges.
#[utoipa::path(get, path = "/people/{personId}", tag = "People",
    params(("personId" = u64, Path, description = "The person's number")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The person", body = Data<PersonData>)))]
pub(super) async fn get_person(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<PersonData>, ApiError> {
    person(&api, &who, person_id(&id)?).await
}

/// What the person did, newest first.
#[utoipa::path(get, path = "/people/{personId}/events", tag = "People",
    params(("personId" = u64, Path, description = "The person's number"), PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<PersonEventsData>)))]
pub(super) async fn list_person_events(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
    paging: Paging,
) -> Result<Data<PersonEventsData>, ApiError> {
    let (no, id) = (who.workspace(), person_id(&id)?);
    let page = api.handles().people.events(no, id, paging.before(), paging.count).await?;
    let pagination = paging.timed(page.next);
    Ok(Data { data: PersonEventsData { events: page.events, pagination } })
}

/// Undoes a merge; the two sides are not merged again.
#[utoipa::path(post, path = "/people/{personId}/merges/{mergeId}/undo", tag = "People",
    params(
        ("personId" = u64, Path, description = "The person's number"),
        ("mergeId" = String, Path, description = "`id` of the merge"),
    ),
    security(("token" = ["editor"])),
    responses((status = 200, description = "The merge no longer holds", body = Data<Done>)))]
pub(super) async fn undo_merge(
    who: Editor,
    State(api): State<ApiState>,
    At((id, merge)): At<(String, String)>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor, id) = (who.workspace(), who.actor(), person_id(&id)?);
    let merge = MergeId(merge.parse().map_err(|_| ApiError::not_found("merge", &merge))?);
    api.handles().people.undo_merge(no, id, merge, actor).await?;
    Ok(done())
}

//! People: who they are, what they did, and their merges with undo.

use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use sluice_event::{ExternalId, MergeId, PersonId};
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Data, Done, done};
use crate::auth::{Admin, Editor, Viewer};
use crate::body::At;
use crate::error::ApiError;
use crate::handles::{
    Person, PersonEvent, PersonEventCount, PersonEventsQuery, PersonSummary, SearchExtent,
};
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;

/// Longest text to search for.
const SEARCH_BYTES_MAX: usize = 200;
/// Most people that a search gives.
const SEARCH_PEOPLE_MAX: u32 = 100;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonData {
    person: Person,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PeopleData {
    people: Vec<PersonSummary>,
    pagination: Pagination,
    /// How far a search for `q` went.
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<SearchExtent>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonEventsData {
    events: Vec<PersonEvent>,
    /// All events of the person by name, also those not asked for; most frequent first.
    names: Vec<PersonEventCount>,
    pagination: Pagination,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct PeopleParams {
    /// Text in an identifier or a trait, without regard to letter case.
    q: Option<String>,
    /// Type and value of an identifier, such as `user_id:42` or `anonymous_id:5f1c`.
    external_id: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PersonEventsParams {
    /// Only events of this name, as analytics counts them.
    name: Option<String>,
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

fn external_id(text: &str) -> Result<ExternalId, ApiError> {
    let parts = text.split_once(':').filter(|(kind, value)| !kind.is_empty() && !value.is_empty());
    let (kind, value) = parts.ok_or_else(|| {
        ApiError::invalid("externalId", "must be a type and a value, such as `user_id:42`")
    })?;
    Ok(ExternalId::new(kind, value))
}

/// People: those seen last first; with `q` those it is found in; with `externalId` who has it.
///
/// `q` finds a whole identifier however many people there are, and a part of an identifier or trait
/// among the people created last; `search` says whether that was all of them. A search gives one
/// part; write more of the text for fewer people.
#[utoipa::path(get, path = "/people", tag = "People", params(PeopleParams, PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<PeopleData>)))]
pub(super) async fn list_people(
    who: Viewer,
    State(api): State<ApiState>,
    Query(params): Query<PeopleParams>,
    paging: Paging,
) -> Result<Data<PeopleData>, ApiError> {
    let (no, people) = (who.workspace(), &api.handles().people);
    if let Some(text) = params.external_id {
        let found = people.find(no, external_id(&text)?).await?;
        let people = people.summaries(no, found.into_iter().collect()).await?;
        let pagination = paging.timed(None);
        return Ok(Data { data: PeopleData { people, pagination, search: None } });
    }
    match params.q.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()) {
        Some(q) if q.len() > SEARCH_BYTES_MAX => {
            Err(ApiError::invalid("q", format!("must have at most {SEARCH_BYTES_MAX} bytes")))
        }
        Some(q) => {
            let found = people.search(no, q, paging.count.min(SEARCH_PEOPLE_MAX)).await?;
            let (people, search) = (found.people, Some(found.search));
            let pagination = paging.timed(None);
            Ok(Data { data: PeopleData { people, pagination, search } })
        }
        None => {
            let page = people.list(no, paging.before(), paging.count).await?;
            let (people, pagination) = (page.people, paging.timed(page.next));
            Ok(Data { data: PeopleData { people, pagination, search: None } })
        }
    }
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
    params(
        ("personId" = u64, Path, description = "The person's number"),
        PersonEventsParams, PageParams,
    ),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<PersonEventsData>)))]
pub(super) async fn list_person_events(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
    Query(params): Query<PersonEventsParams>,
    paging: Paging,
) -> Result<Data<PersonEventsData>, ApiError> {
    let (no, id) = (who.workspace(), person_id(&id)?);
    let which =
        PersonEventsQuery { before: paging.before(), count: paging.count, name: params.name };
    let page = api.handles().people.events(no, id, which).await?;
    let pagination = paging.timed(page.next);
    Ok(Data { data: PersonEventsData { events: page.events, names: page.names, pagination } })
}

/// Erases a person, with all who were merged into them, for good.
///
/// No number, search or identifier finds them when this answers; soon after nothing of them is left
/// on disk: events, identifiers, traits, what waits for destinations, dead letters. What destinations
/// were sent stays with them. Events that come later make somebody new.
#[utoipa::path(delete, path = "/people/{personId}", tag = "People",
    params(("personId" = u64, Path, description = "The person's number")),
    security(("token" = ["admin"])),
    responses((status = 200, description = "The person is erased", body = Data<Done>)))]
pub(super) async fn erase_person(
    who: Admin,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor, id) = (who.workspace(), who.actor(), person_id(&id)?);
    let found = api.handles().people.person(no, id).await?;
    let person = found.ok_or_else(|| ApiError::not_found("person", &id.0.to_string()))?;
    let requester = actor.name.clone();
    api.handles().erasures.erase(no, vec![PersonId(person.id)], requester, actor).await?;
    Ok(done())
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

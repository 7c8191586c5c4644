//! Cohorts: people by a definition, or listed one by one.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_event::WorkspaceNo;
use sluice_insights::{CohortDefinition, CohortSize, Page, PeopleQuery};
use sluice_model::{
    Actor, Cohort, CohortChange, CohortId, CohortMembers, NewCohort, NewMembers, Problem,
};
use utoipa::ToSchema;

use super::questions::{BehindData, behind, time_zone};
use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::saved_cohorts::reach;
use crate::state::ApiState;

/// Most people of a number that can be saved as a cohort.
const BEHIND_MAX: usize = 100_000;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CohortView {
    id: String,
    #[schema(example = "Paid within a week")]
    name: String,
    description: String,
    /// Who belongs to it, asked anew each time; absent if its people are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<CohortDefinition>)]
    definition: Option<Value>,
    /// How many people are listed, before merges; absent if it has a definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed: Option<u64>,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CohortData {
    cohort: CohortView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CohortsData {
    cohorts: Vec<CohortView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CohortSizeData {
    size: CohortSize,
}

/// With a `definition`, or with `behind`, or with neither: an empty list to add people to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewCohortBody {
    #[schema(example = "Paid within a week")]
    name: String,
    #[serde(default)]
    description: String,
    definition: Option<CohortDefinition>,
    /// A number of an answer: its people, as they are now, become the list. At most 100,000.
    behind: Option<PeopleQuery>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CohortBody {
    name: Option<String>,
    description: Option<String>,
    /// Only of a cohort that has one.
    definition: Option<CohortDefinition>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DefinitionBody {
    definition: CohortDefinition,
}

fn view(cohort: Cohort) -> CohortView {
    let (definition, listed) = match cohort.members {
        CohortMembers::Defined(definition) => (Some(definition), None),
        CohortMembers::Listed(people) => (None, Some(people)),
    };
    CohortView {
        id: cohort.id.into_string(),
        name: cohort.name,
        description: cohort.description,
        definition,
        listed,
        created_at: cohort.created_at.to_string(),
        updated_at: cohort.updated_at.to_string(),
    }
}

/// A definition as it is kept: one that can be asked, names only cohorts that exist, and is not
/// reached from itself.
async fn kept(
    api: &ApiState,
    no: WorkspaceNo,
    own: Option<&CohortId>,
    definition: &CohortDefinition,
) -> Result<Value, ApiError> {
    definition.check().map_err(|error| ApiError::invalid("definition", error.to_string()))?;
    let ids = definition.cohorts().map(str::to_owned).collect();
    let reached = api.store().call(move |store| Ok(reach(store, no, ids))).await??;
    if let Some((missing, _)) = reached.iter().find(|(_, found)| found.is_none()) {
        let message = format!("there is no cohort with the id `{missing}`");
        return Err(ApiError::invalid("definition", message));
    }
    if own.is_some_and(|own| reached.contains_key(own.as_str())) {
        let message = "the cohort would be defined by itself, by way of the cohorts it names";
        return Err(ApiError::invalid("definition", message));
    }
    serde_json::to_value(definition).map_err(|error| ApiError::Internal(error.to_string()))
}

/// The saved cohorts of the workspace, oldest first.
#[utoipa::path(get, path = "/cohorts", tag = "Cohorts", params(PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<CohortsData>)))]
pub(super) async fn list_cohorts(
    who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<CohortsData>, ApiError> {
    let no = who.workspace();
    let listed = api.store().call(move |store| store.cohort_list(no, paging.store_page())).await?;
    let (cohorts, pagination) = paging.listed(listed, view);
    Ok(Data { data: CohortsData { cohorts, pagination } })
}

/// Saves a cohort.
#[utoipa::path(post, path = "/cohorts", tag = "Cohorts", security(("token" = ["editor"])),
    request_body(content = NewCohortBody, example = json!({
        "name": "Paid within a week",
        "definition": {"clauses": [{"any_of": [{
            "kind": "performed", "event": {"event": "Order Completed"}, "count": 1,
            "within": {"first_days": 7}
        }]}]}
    })),
    responses((status = 200, description = "The saved cohort", body = Data<CohortData>)))]
pub(super) async fn create_cohort(
    who: Editor,
    State(api): State<ApiState>,
    Body(body): Body<NewCohortBody>,
) -> Result<Data<CohortData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let members = match (&body.definition, body.behind) {
        (Some(_), Some(_)) => {
            let message = "a cohort has either a `definition` or the people `behind` a number";
            return Err(ApiError::invalid("behind", message));
        }
        (Some(definition), None) => NewMembers::Defined(kept(&api, no, None, definition).await?),
        (None, Some(query)) => NewMembers::Listed(people_behind(&api, no, query).await?),
        (None, None) => NewMembers::Listed(Vec::new()),
    };
    let new = NewCohort { name: body.name, description: body.description, members };
    Ok(Data { data: CohortData { cohort: view(create(&api, no, new, actor).await?) } })
}

async fn create(
    api: &ApiState,
    no: WorkspaceNo,
    new: NewCohort,
    actor: Actor,
) -> Result<Cohort, ApiError> {
    Ok(api.store().call(move |store| store.cohort_create(no, &new, &actor)).await?)
}

async fn people_behind(
    api: &ApiState,
    no: WorkspaceNo,
    query: PeopleQuery,
) -> Result<Vec<u64>, ApiError> {
    query.check()?;
    if query.count_by().is_some() {
        let message = "the number counts groups, and a cohort is of people; take `count_by` out";
        return Err(ApiError::invalid("behind", message));
    }
    let zone = time_zone(api, no).await?;
    let page = Page { after: None, limit: BEHIND_MAX };
    let found = api.handles().questions.people(no, zone, query, page).await?;
    if found.next.is_some() {
        let message = format!(
            "{} people are behind this number; at most {BEHIND_MAX} can be listed. Save a cohort \
             with a definition instead",
            found.total
        );
        return Err(ApiError::invalid("behind", message));
    }
    Ok(found.people.iter().map(|one| one.person).collect())
}

/// One saved cohort.
#[utoipa::path(get, path = "/cohorts/{cohortId}", tag = "Cohorts",
    params(("cohortId" = String, Path, description = "The cohort's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The cohort", body = Data<CohortData>)))]
pub(super) async fn get_cohort(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<CohortData>, ApiError> {
    let found = found(&api, who.workspace(), id).await?;
    Ok(Data { data: CohortData { cohort: view(found) } })
}

async fn found(api: &ApiState, no: WorkspaceNo, id: String) -> Result<Cohort, ApiError> {
    let id = CohortId::new(id);
    Ok(api.store().call(move |store| store.cohort_get(no, &id)).await?)
}

/// Changes a cohort; what is absent stays.
#[utoipa::path(patch, path = "/cohorts/{cohortId}", tag = "Cohorts",
    params(("cohortId" = String, Path, description = "The cohort's id")),
    security(("token" = ["editor"])), request_body = CohortBody,
    responses((status = 200, description = "The cohort after the change", body = Data<CohortData>)))]
pub(super) async fn update_cohort(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<CohortBody>,
) -> Result<Data<CohortData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = CohortId::new(id);
    let definition = match &body.definition {
        Some(definition) => Some(kept(&api, no, Some(&id), definition).await?),
        None => None,
    };
    let change = CohortChange { name: body.name, description: body.description, definition };
    let changed =
        api.store().call(move |store| store.cohort_change(no, &id, &change, &actor)).await?;
    Ok(Data { data: CohortData { cohort: view(changed) } })
}

/// Deletes a cohort, unless another cohort or a saved insight names it.
#[utoipa::path(delete, path = "/cohorts/{cohortId}", tag = "Cohorts",
    params(("cohortId" = String, Path, description = "The cohort's id")),
    security(("token" = ["editor"])),
    responses(
        (status = 200, description = "It is deleted", body = Data<Done>),
        (status = 409, description = "Something uses it", body = crate::error::Errors),
    ))]
pub(super) async fn delete_cohort(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = CohortId::new(id);
    api.store().call(move |store| store.cohort_delete(no, &id, &actor)).await?;
    Ok(done())
}

/// How many people belong to a cohort now.
#[utoipa::path(get, path = "/cohorts/{cohortId}/size", tag = "Cohorts",
    params(("cohortId" = String, Path, description = "The cohort's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The size", body = Data<CohortSizeData>)))]
pub(super) async fn get_cohort_size(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<CohortSizeData>, ApiError> {
    let no = who.workspace();
    let cohort = found(&api, no, id).await?;
    let definition = CohortDefinition::of_cohort(cohort.id.as_str());
    size(&api, no, definition).await
}

/// How many people a definition finds now, without saving it.
#[utoipa::path(post, path = "/cohorts/preview", tag = "Cohorts", security(("token" = ["viewer"])),
    request_body = DefinitionBody,
    responses((status = 200, description = "The size", body = Data<CohortSizeData>)))]
pub(super) async fn preview_cohort(
    who: Viewer,
    State(api): State<ApiState>,
    Body(body): Body<DefinitionBody>,
) -> Result<Data<CohortSizeData>, ApiError> {
    body.definition.check()?;
    size(&api, who.workspace(), body.definition).await
}

/// The people a definition finds now, without saving it.
#[utoipa::path(post, path = "/cohorts/preview/people", tag = "Cohorts", params(PageParams),
    security(("token" = ["viewer"])), request_body = DefinitionBody,
    responses((status = 200, description = "A part of the list", body = Data<BehindData>)))]
pub(super) async fn preview_cohort_people(
    who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
    Body(body): Body<DefinitionBody>,
) -> Result<Data<BehindData>, ApiError> {
    body.definition.check()?;
    people(&api, who.workspace(), paging, body.definition).await
}

async fn size(
    api: &ApiState,
    no: WorkspaceNo,
    definition: CohortDefinition,
) -> Result<Data<CohortSizeData>, ApiError> {
    let zone = time_zone(api, no).await?;
    let size = api.handles().questions.cohort_size(no, zone, definition).await?;
    Ok(Data { data: CohortSizeData { size } })
}

/// The people who belong to a cohort now.
#[utoipa::path(get, path = "/cohorts/{cohortId}/people", tag = "Cohorts",
    params(("cohortId" = String, Path, description = "The cohort's id"), PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<BehindData>)))]
pub(super) async fn list_cohort_people(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
    paging: Paging,
) -> Result<Data<BehindData>, ApiError> {
    let no = who.workspace();
    let cohort = found(&api, no, id).await?;
    people(&api, no, paging, CohortDefinition::of_cohort(cohort.id.as_str())).await
}

async fn people(
    api: &ApiState,
    no: WorkspaceNo,
    paging: Paging,
    definition: CohortDefinition,
) -> Result<Data<BehindData>, ApiError> {
    let zone = time_zone(api, no).await?;
    let page = Page { after: paging.after, limit: paging.count as usize };
    let people = api.handles().questions.cohort_people(no, zone, definition, page).await?;
    behind(api, no, paging, people).await
}

/// What is wrong with people that are not known.
pub(super) fn unknown(field: &str, sample: &[String], count: usize) -> ApiError {
    let named = sample.join(", ");
    let message = format!(
        "{count} are not known, among them {named}; take them out, or send `\"skipUnknown\": true`"
    );
    ApiError::Invalid(vec![Problem::new(field, message)])
}

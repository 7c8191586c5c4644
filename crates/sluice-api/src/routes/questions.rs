//! Questions about events, and the people behind a number of an answer.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use sluice_event::{PersonId, WorkspaceNo};
use sluice_insights::{
    Explain, InsightQuery, InsightResult, Page, People, PeopleQuery, PersonEntry,
};
use utoipa::ToSchema;

use crate::answer::{Data, written_apart};
use crate::auth::Viewer;
use crate::body::Body;
use crate::error::ApiError;
use crate::handles::PersonSummary;
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerData {
    result: InsightResult,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BehindData {
    /// All of them: the number that was opened.
    total: u64,
    people: Vec<PersonBehind>,
    explain: Explain,
    pagination: Pagination,
}

/// A person behind a number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonBehind {
    #[serde(flatten)]
    entry: PersonEntry,
    /// Who they are; absent if they are not known (any more), and of groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<PersonSummary>,
}

pub(super) async fn time_zone(api: &ApiState, no: WorkspaceNo) -> Result<String, ApiError> {
    Ok(api.store().call(move |store| store.workspace_get(no)).await?.time_zone)
}

/// Answers a question of any kind. Days begin by the workspace's time zone.
#[utoipa::path(post, path = "/insights/query", tag = "Insights", security(("token" = ["viewer"])),
    request_body(content = InsightQuery, example = json!({
        "kind": "funnel", "range": {"last_days": 30}, "window_seconds": 604800,
        "steps": [{"event": "Product Viewed"}, {"event": "Order Completed"}]
    })),
    responses((status = 200, description = "The answer", body = Data<AnswerData>)))]
pub(super) async fn query_insight(
    who: Viewer,
    State(api): State<ApiState>,
    Body(query): Body<InsightQuery>,
) -> Result<Response, ApiError> {
    query.check()?;
    let zone = time_zone(&api, who.workspace()).await?;
    let result = api.handles().questions.ask(who.workspace(), zone, query).await?;
    written_apart(AnswerData { result }).await
}

/// The people behind a number of an answer: the same question and the number's place in it.
#[utoipa::path(post, path = "/insights/people", tag = "Insights", params(PageParams),
    security(("token" = ["viewer"])),
    request_body(content = PeopleQuery, example = json!({
        "kind": "trend",
        "query": {"range": {"last_days": 30}, "events": [{"event": "Order Completed"}]},
        "point": {"event": 0}
    })),
    responses((status = 200, description = "A part of the list", body = Data<BehindData>)))]
pub(super) async fn list_people_behind(
    who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
    Body(query): Body<PeopleQuery>,
) -> Result<Data<BehindData>, ApiError> {
    query.check()?;
    let no = who.workspace();
    let zone = time_zone(&api, no).await?;
    let page = Page { after: paging.after, limit: paging.count as usize };
    let found = api.handles().questions.people(no, zone, query, page).await?;
    behind(&api, no, paging, found).await
}

/// A part of a list of people, with who they are.
pub(super) async fn behind(
    api: &ApiState,
    no: WorkspaceNo,
    paging: Paging,
    behind: People,
) -> Result<Data<BehindData>, ApiError> {
    let pagination = paging.pagination(behind.next, Some(behind.total));
    let of_people = behind.people.iter().filter(|entry| entry.group.is_none());
    let ids = of_people.map(|entry| PersonId(entry.person)).collect();
    let summaries = api.handles().people.summaries(no, ids).await?;
    let mut summaries: HashMap<u64, PersonSummary> =
        summaries.into_iter().map(|summary| (summary.id, summary)).collect();
    let entries = behind.people.into_iter();
    let mut summary_of = |entry: &PersonEntry| match entry.group {
        None => summaries.remove(&entry.person),
        Some(_) => None,
    };
    let people = entries.map(|entry| PersonBehind { summary: summary_of(&entry), entry }).collect();
    let (total, explain) = (behind.total, behind.explain);
    Ok(Data { data: BehindData { total, people, explain, pagination } })
}

//! Saved insights: named questions.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_insights::InsightQuery;
use sluice_model::{NewSavedInsight, SavedInsight, SavedInsightChange, SavedInsightId};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InsightView {
    id: String,
    #[schema(example = "Signup funnel")]
    name: String,
    /// The question, as `/insights/query` takes it.
    #[schema(value_type = InsightQuery)]
    query: Value,
    /// How to draw it, as whoever saved it wrote; the answer does not depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    display: Option<Value>,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InsightData {
    insight: InsightView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InsightsData {
    insights: Vec<InsightView>,
    pagination: Pagination,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewInsightBody {
    #[schema(example = "Signup funnel")]
    name: String,
    /// The question, as `/insights/query` takes it.
    query: InsightQuery,
    /// How to draw it: any JSON object, kept as it is.
    #[schema(value_type = Option<Object>)]
    display: Option<Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InsightBody {
    name: Option<String>,
    /// The question, as `/insights/query` takes it.
    query: Option<InsightQuery>,
    /// How to draw it: any JSON object, kept as it is.
    #[schema(value_type = Option<Object>)]
    display: Option<Value>,
}

fn view(insight: SavedInsight) -> InsightView {
    InsightView {
        id: insight.id.into_string(),
        name: insight.name,
        query: insight.query,
        display: insight.display,
        created_at: insight.created_at.to_string(),
        updated_at: insight.updated_at.to_string(),
    }
}

/// A question as it is kept: one that can be asked.
fn kept(query: &InsightQuery) -> Result<Value, ApiError> {
    query.check()?;
    serde_json::to_value(query).map_err(|error| ApiError::Internal(error.to_string()))
}

/// The saved insights of the workspace, oldest first.
#[utoipa::path(get, path = "/insights", tag = "Insights", params(PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<InsightsData>)))]
pub(super) async fn list_insights(
    who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<InsightsData>, ApiError> {
    let no = who.workspace();
    let listed = api.store().call(move |store| store.insight_list(no, paging.store_page())).await?;
    let (insights, pagination) = paging.listed(listed, view);
    Ok(Data { data: InsightsData { insights, pagination } })
}

/// Saves a question under a name.
#[utoipa::path(post, path = "/insights", tag = "Insights", security(("token" = ["editor"])),
    request_body = NewInsightBody,
    responses((status = 200, description = "The saved insight", body = Data<InsightData>)))]
pub(super) async fn create_insight(
    who: Editor,
    State(api): State<ApiState>,
    Body(body): Body<NewInsightBody>,
) -> Result<Data<InsightData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let new = NewSavedInsight { name: body.name, query: kept(&body.query)?, display: body.display };
    let made = api.store().call(move |store| store.insight_create(no, &new, &actor)).await?;
    Ok(Data { data: InsightData { insight: view(made) } })
}

/// One saved insight.
#[utoipa::path(get, path = "/insights/{insightId}", tag = "Insights",
    params(("insightId" = String, Path, description = "The insight's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The insight", body = Data<InsightData>)))]
pub(super) async fn get_insight(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<InsightData>, ApiError> {
    let no = who.workspace();
    let id = SavedInsightId::new(id);
    let found = api.store().call(move |store| store.insight_get(no, &id)).await?;
    Ok(Data { data: InsightData { insight: view(found) } })
}

/// Changes a saved insight; what is absent stays.
#[utoipa::path(patch, path = "/insights/{insightId}", tag = "Insights",
    params(("insightId" = String, Path, description = "The insight's id")),
    security(("token" = ["editor"])), request_body = InsightBody,
    responses((status = 200, description = "The insight after the change", body = Data<InsightData>)))]
pub(super) async fn update_insight(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<InsightBody>,
) -> Result<Data<InsightData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = SavedInsightId::new(id);
    let query = body.query.as_ref().map(kept).transpose()?;
    let change = SavedInsightChange { name: body.name, query, display: body.display };
    let changed =
        api.store().call(move |store| store.insight_change(no, &id, &change, &actor)).await?;
    Ok(Data { data: InsightData { insight: view(changed) } })
}

/// Deletes a saved insight.
#[utoipa::path(delete, path = "/insights/{insightId}", tag = "Insights",
    params(("insightId" = String, Path, description = "The insight's id")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "It is deleted", body = Data<Done>)))]
pub(super) async fn delete_insight(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = SavedInsightId::new(id);
    api.store().call(move |store| store.insight_delete(no, &id, &actor)).await?;
    Ok(done())
}

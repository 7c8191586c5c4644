//! Dashboards: saved insights and texts on a grid of twelve columns.

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sluice_insights::query::{Condition, DateRange, check_filters};
use sluice_model::{
    Dashboard, DashboardChange, DashboardContent, DashboardId, DashboardItem, SavedInsightId,
};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;

/// A saved insight or a text, and its place on the grid. It has either `insightId` or `text`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DashboardItem)]
pub(super) struct ItemView {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    insight_id: Option<String>,
    /// In Markdown: headings, lists, emphasis, links. At most 5,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Columns to the left of it, 0 to 11.
    x: u32,
    /// Rows above it.
    y: u32,
    /// Columns, at most 12.
    width: u32,
    /// Rows, at most 20.
    height: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DashboardView {
    id: String,
    #[schema(example = "Overview")]
    name: String,
    /// The one to open when none is named; it cannot be deleted.
    is_default: bool,
    /// Range of dates of all its insights; absent if each keeps its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DateRange>)]
    range: Option<Value>,
    /// Conditions for all its insights besides their own, as in a question's `segment`.
    #[schema(value_type = Vec<Object>)]
    filters: Vec<Value>,
    /// From top to bottom. Insights that were deleted are not among them.
    items: Vec<ItemView>,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DashboardData {
    dashboard: DashboardView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DashboardsData {
    dashboards: Vec<DashboardView>,
    pagination: Pagination,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewDashboardBody {
    #[schema(example = "Checkout")]
    name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DashboardBody {
    name: Option<String>,
    /// A range for all insights; `null` lets each keep its own.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DateRange>)]
    range: Option<Option<DateRange>>,
    /// Conditions for all insights, in place of those that were there.
    #[schema(value_type = Option<Vec<Object>>)]
    filters: Option<Vec<Condition>>,
    /// All items, in place of those that were there.
    items: Option<Vec<ItemView>>,
}

/// Tells `null` from absent.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<DateRange>>, D::Error> {
    Option::deserialize(from).map(Some)
}

fn view(dashboard: Dashboard) -> DashboardView {
    let item = |item: DashboardItem| {
        let (insight_id, text) = match item.content {
            DashboardContent::Insight(id) => (Some(id.into_string()), None),
            DashboardContent::Text(text) => (None, Some(text)),
        };
        ItemView { insight_id, text, x: item.x, y: item.y, width: item.width, height: item.height }
    };
    DashboardView {
        id: dashboard.id.into_string(),
        name: dashboard.name,
        is_default: dashboard.is_default,
        range: dashboard.range,
        filters: dashboard.filters,
        items: dashboard.items.into_iter().map(item).collect(),
        created_at: dashboard.created_at.to_string(),
        updated_at: dashboard.updated_at.to_string(),
    }
}

fn item((index, view): (usize, ItemView)) -> Result<DashboardItem, ApiError> {
    let content = match (view.insight_id, view.text) {
        (Some(id), None) => DashboardContent::Insight(SavedInsightId::new(id)),
        (None, Some(text)) => DashboardContent::Text(text),
        (Some(_), Some(_)) | (None, None) => {
            let field = format!("items.{index}");
            return Err(ApiError::invalid(&field, "needs either `insightId` or `text`"));
        }
    };
    Ok(DashboardItem { content, x: view.x, y: view.y, width: view.width, height: view.height })
}

fn kept(value: &impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(value).map_err(|error| ApiError::Internal(error.to_string()))
}

/// The dashboards of the workspace, oldest first.
#[utoipa::path(get, path = "/dashboards", tag = "Dashboards", params(PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<DashboardsData>)))]
pub(super) async fn list_dashboards(
    who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<DashboardsData>, ApiError> {
    let no = who.workspace();
    let listed =
        api.store().call(move |store| store.dashboard_list(no, paging.store_page())).await?;
    let (dashboards, pagination) = paging.listed(listed, view);
    Ok(Data { data: DashboardsData { dashboards, pagination } })
}

/// Makes an empty dashboard.
#[utoipa::path(post, path = "/dashboards", tag = "Dashboards", security(("token" = ["editor"])),
    request_body = NewDashboardBody,
    responses((status = 200, description = "The dashboard", body = Data<DashboardData>)))]
pub(super) async fn create_dashboard(
    who: Editor,
    State(api): State<ApiState>,
    Body(body): Body<NewDashboardBody>,
) -> Result<Data<DashboardData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let made =
        api.store().call(move |store| store.dashboard_create(no, &body.name, &actor)).await?;
    Ok(Data { data: DashboardData { dashboard: view(made) } })
}

/// One dashboard.
#[utoipa::path(get, path = "/dashboards/{dashboardId}", tag = "Dashboards",
    params(("dashboardId" = String, Path, description = "The dashboard's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The dashboard", body = Data<DashboardData>)))]
pub(super) async fn get_dashboard(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<DashboardData>, ApiError> {
    let no = who.workspace();
    let id = DashboardId::new(id);
    let found = api.store().call(move |store| store.dashboard_get(no, &id)).await?;
    Ok(Data { data: DashboardData { dashboard: view(found) } })
}

/// Changes a dashboard; what is absent stays.
#[utoipa::path(patch, path = "/dashboards/{dashboardId}", tag = "Dashboards",
    params(("dashboardId" = String, Path, description = "The dashboard's id")),
    security(("token" = ["editor"])), request_body = DashboardBody,
    responses((status = 200, description = "The dashboard after the change", body = Data<DashboardData>)))]
pub(super) async fn update_dashboard(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<DashboardBody>,
) -> Result<Data<DashboardData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = DashboardId::new(id);
    let range = body.range.map(|range| range.as_ref().map(kept).transpose()).transpose()?;
    let filters = body.filters.map(|filters| -> Result<Vec<Value>, ApiError> {
        check_filters(&filters)?;
        filters.iter().map(kept).collect()
    });
    let items = body.items.map(|items| items.into_iter().enumerate().map(item).collect());
    let (filters, items) = (filters.transpose()?, items.transpose()?);
    let change = DashboardChange { name: body.name, range, filters, items };
    let changed =
        api.store().call(move |store| store.dashboard_change(no, &id, &change, &actor)).await?;
    Ok(Data { data: DashboardData { dashboard: view(changed) } })
}

/// Deletes a dashboard; its insights stay. The default one cannot be deleted.
#[utoipa::path(delete, path = "/dashboards/{dashboardId}", tag = "Dashboards",
    params(("dashboardId" = String, Path, description = "The dashboard's id")),
    security(("token" = ["editor"])),
    responses(
        (status = 200, description = "It is deleted", body = Data<Done>),
        (status = 409, description = "It is the default one", body = crate::error::Errors),
    ))]
pub(super) async fn delete_dashboard(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = DashboardId::new(id);
    api.store().call(move |store| store.dashboard_delete(no, &id, &actor)).await?;
    Ok(done())
}

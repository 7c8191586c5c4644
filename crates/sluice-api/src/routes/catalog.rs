//! The kinds of destination that exist, with the schema of their settings.

use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_destination_kit::DestinationKind;
use utoipa::{IntoParams, ToSchema};

use crate::answer::Data;
use crate::auth::Viewer;
use crate::body::At;
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;
use crate::visitor::BrowserScripts;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KindView {
    /// What `metadataId` of a destination means.
    #[schema(example = "webhook")]
    id: String,
    #[schema(example = "webhook")]
    slug: String,
    #[schema(example = "Webhook")]
    name: String,
    description: String,
    /// Fields in the order of a form: `key`, `label`, `description`, `type`, `required`, `secret`,
    /// `address` (whether it says whom secrets are sent to), `default`.
    #[schema(value_type = Vec<Object>)]
    settings: Value,
    /// Whether a destination of this kind can be made here.
    available: bool,
    /// If not, why.
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable_because: Option<String>,
    /// Whether it has actions, which mappings start; other kinds take all events their own way.
    has_actions: bool,
    /// Whether its peer can be asked to delete people, see `/destinations/{id}/deletions`.
    deletes_people: bool,
    /// Whether an editor connects it at the peer, see `/destinations/{id}/oauth`.
    connects_by_oauth: bool,
    /// What pages load in device mode; absent if only the server can send.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_mode: Option<DeviceModeView>,
    /// Of a published destination: its code here beside the same in Node.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<ComparisonView>,
}

/// Compressed, as browsers get them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceModeView {
    /// There is nothing but device mode; else it is a setting, `connectionMode`.
    is_only: bool,
    /// Of the browser SDK, which every page of a source loads.
    #[schema(example = 31_000)]
    sdk_bytes: usize,
    /// Of this kind's plugin; absent if this server was built without it.
    #[schema(example = 42_000)]
    plugin_bytes: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ComparisonView {
    /// Its actions with various events and answers.
    runs: u64,
    /// Those that did the same in both: requests, outcome, errors.
    equal: u64,
    /// Requests that the runs made.
    requests: u64,
}

/// A kind with all that its mappings can do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KindDetail {
    #[serde(flatten)]
    kind: KindView,
    /// `slug`, `title`, `description`, `trigger` to propose, `batches`, and `fields` in the order of
    /// a form.
    #[schema(value_type = Vec<Object>)]
    actions: Value,
    /// Mappings to begin with: `name`, `action`, `trigger`, `mapping`, and `type`, which is
    /// `automatic` for those that every new destination has.
    #[schema(value_type = Vec<Object>)]
    presets: Value,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchParams {
    /// A part of the name, or of the description.
    search: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KindData {
    destination_metadata: KindDetail,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KindsData {
    destinations_catalog: Vec<KindView>,
    pagination: Pagination,
}

fn view(kind: &dyn DestinationKind, scripts: &BrowserScripts) -> Result<KindView, ApiError> {
    let settings = serde_json::to_value(&kind.settings().fields)
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(KindView {
        id: kind.slug().to_owned(),
        slug: kind.slug().to_owned(),
        name: kind.name().to_owned(),
        description: kind.description().to_owned(),
        settings,
        available: kind.unavailable().is_none(),
        unavailable_because: kind.unavailable().map(str::to_owned),
        has_actions: !kind.actions().is_empty(),
        deletes_people: kind.deletes_people(),
        device_mode: kind.device_mode().map(|mode| DeviceModeView {
            is_only: mode.is_only,
            sdk_bytes: scripts.sdk_bytes,
            plugin_bytes: scripts.plugin_bytes.get(&mode.plugin).copied(),
        }),
        compared: kind.compared().map(|found| ComparisonView {
            runs: found.runs,
            equal: found.equal,
            requests: found.requests,
        }),
        connects_by_oauth: kind.connects_by_oauth(),
    })
}

fn detail(kind: &dyn DestinationKind, scripts: &BrowserScripts) -> Result<KindDetail, ApiError> {
    let value = |result: serde_json::Result<Value>| {
        result.map_err(|error| ApiError::Internal(error.to_string()))
    };
    Ok(KindDetail {
        kind: view(kind, scripts)?,
        actions: value(serde_json::to_value(kind.actions()))?,
        presets: value(serde_json::to_value(kind.presets()))?,
    })
}

fn is_found(kind: &dyn DestinationKind, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    [kind.name(), kind.slug(), kind.description()]
        .iter()
        .any(|text| text.to_lowercase().contains(&search))
}

/// The kinds of destination, by slug.
#[utoipa::path(get, path = "/catalog/destinations", tag = "Catalog", params(PageParams, SearchParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<KindsData>)))]
pub(super) async fn list_destination_kinds(
    _who: Viewer,
    State(api): State<ApiState>,
    Query(params): Query<SearchParams>,
    paging: Paging,
) -> Result<Data<KindsData>, ApiError> {
    let skip = paging.after.unwrap_or(0);
    let search = params.search.unwrap_or_default();
    let found: Vec<_> =
        api.catalog().iter().filter(|kind| is_found(kind.as_ref(), &search)).collect();
    let all = found.len() as u64;
    let part = found
        .into_iter()
        .skip(usize::try_from(skip).unwrap_or(usize::MAX))
        .take(paging.count as usize)
        .map(|kind| view(kind.as_ref(), &api.site().scripts));
    let destinations_catalog = part.collect::<Result<Vec<_>, _>>()?;
    let end = skip.saturating_add(destinations_catalog.len() as u64);
    let pagination = paging.pagination((end < all).then_some(end), Some(all));
    Ok(Data { data: KindsData { destinations_catalog, pagination } })
}

/// One kind of destination.
#[utoipa::path(get, path = "/catalog/destinations/{kindId}", tag = "Catalog",
    params(("kindId" = String, Path, description = "The kind's slug", example = "webhook")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The kind", body = Data<KindData>)))]
pub(super) async fn get_destination_kind(
    _who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<KindData>, ApiError> {
    let kind =
        api.catalog().get(&id).ok_or_else(|| ApiError::not_found("kind of destination", &id))?;
    Ok(Data {
        data: KindData { destination_metadata: detail(kind.as_ref(), &api.site().scripts)? },
    })
}

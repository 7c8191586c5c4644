//! The kinds of destination that exist, with the schema of their settings.

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use sluice_destination_kit::DestinationKind;
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::Viewer;
use crate::body::At;
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;

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
    /// `default`.
    #[schema(value_type = Vec<Object>)]
    settings: Value,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KindData {
    destination_metadata: KindView,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KindsData {
    destinations_catalog: Vec<KindView>,
    pagination: Pagination,
}

fn view(kind: &dyn DestinationKind) -> Result<KindView, ApiError> {
    let settings = serde_json::to_value(&kind.settings().fields)
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(KindView {
        id: kind.slug().to_owned(),
        slug: kind.slug().to_owned(),
        name: kind.name().to_owned(),
        description: kind.description().to_owned(),
        settings,
    })
}

/// The kinds of destination, by slug.
#[utoipa::path(get, path = "/catalog/destinations", tag = "Catalog", params(PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<KindsData>)))]
pub(super) async fn list_destination_kinds(
    _who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<KindsData>, ApiError> {
    let skip = paging.after.unwrap_or(0);
    let all = api.catalog().iter().count() as u64;
    let part = api
        .catalog()
        .iter()
        .skip(usize::try_from(skip).unwrap_or(usize::MAX))
        .take(paging.count as usize)
        .map(|kind| view(kind.as_ref()));
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
    Ok(Data { data: KindData { destination_metadata: view(kind.as_ref())? } })
}

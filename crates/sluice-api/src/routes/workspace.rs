//! The workspace that one acts in. Segment's clients check a token by asking for it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_model::{Workspace, WorkspaceChange};
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::{Admin, Viewer};
use crate::body::Body;
use crate::error::ApiError;
use crate::routes::workspaces::RegionName;
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkspaceView {
    id: String,
    #[schema(example = "my-shop")]
    slug: String,
    #[schema(example = "My shop")]
    name: String,
    /// IANA name; days and weeks of charts begin by it.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    region: RegionName,
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkspaceData {
    workspace: WorkspaceView,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WorkspaceBody {
    #[schema(example = "My shop")]
    name: Option<String>,
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
}

fn view(workspace: Workspace) -> Data<WorkspaceData> {
    let workspace = WorkspaceView {
        id: workspace.id.into_string(),
        slug: workspace.slug,
        name: workspace.name,
        time_zone: workspace.time_zone,
        region: workspace.region.into(),
        created_at: workspace.created_at.to_string(),
    };
    Data { data: WorkspaceData { workspace } }
}

/// The workspace of the token, or that the session is in.
#[utoipa::path(get, path = "/", tag = "Workspace", security(("token" = ["viewer"])),
    responses((status = 200, description = "The workspace", body = Data<WorkspaceData>)))]
pub(super) async fn get_workspace(
    who: Viewer,
    State(api): State<ApiState>,
) -> Result<Data<WorkspaceData>, ApiError> {
    let no = who.workspace();
    Ok(view(api.store().call(move |store| store.workspace_get(no)).await?))
}

/// Changes the workspace's name or time zone.
#[utoipa::path(patch, path = "/", tag = "Workspace", security(("token" = ["admin"])),
    request_body = WorkspaceBody,
    responses((status = 200, description = "The workspace after the change", body = Data<WorkspaceData>)))]
pub(super) async fn update_workspace(
    who: Admin,
    State(api): State<ApiState>,
    Body(body): Body<WorkspaceBody>,
) -> Result<Data<WorkspaceData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let change = WorkspaceChange { name: body.name, time_zone: body.time_zone };
    Ok(view(api.store().call(move |store| store.workspace_change(no, &change, &actor)).await?))
}

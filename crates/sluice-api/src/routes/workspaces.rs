//! All workspaces that one reaches, and new ones.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_model::{NewApiToken, NewWorkspace, Region, Role, Seat};
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::{Admin, Viewer};
use crate::body::Body;
use crate::error::ApiError;
use crate::routes::tokens::RoleName;
use crate::state::ApiState;

/// A workspace, and one's role in it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeatView {
    id: String,
    #[schema(example = "My shop")]
    name: String,
    #[schema(example = "my-shop")]
    slug: String,
    role: RoleName,
    region: RegionName,
    /// IANA name; days and weeks of charts begin by it.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
}

/// Where events may be sent to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RegionName {
    Us,
    Eu,
}

impl RegionName {
    pub(super) fn all() -> Vec<Self> {
        Region::ALL.iter().copied().map(Self::from).collect()
    }
}

impl From<RegionName> for Region {
    fn from(name: RegionName) -> Self {
        match name {
            RegionName::Us => Self::Us,
            RegionName::Eu => Self::Eu,
        }
    }
}

impl From<Region> for RegionName {
    fn from(region: Region) -> Self {
        match region {
            Region::Us => Self::Us,
            Region::Eu => Self::Eu,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkspacesData {
    workspaces: Vec<SeatView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewWorkspaceData {
    workspace: SeatView,
    /// A token with the role admin for the new workspace, if a token asked for it. Shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_token: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewWorkspaceBody {
    #[schema(example = "My shop")]
    name: String,
    /// Made from the name if absent.
    #[schema(example = "my-shop")]
    slug: Option<String>,
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// Cannot be changed later.
    region: RegionName,
}

pub(super) fn seat_view(seat: Seat) -> SeatView {
    SeatView {
        id: seat.workspace.id.into_string(),
        name: seat.workspace.name,
        slug: seat.workspace.slug,
        role: seat.role.into(),
        region: seat.workspace.region.into(),
        time_zone: seat.workspace.time_zone,
    }
}

/// The workspaces that one may act in: of a person all, of a token its own.
#[utoipa::path(get, path = "/workspaces", tag = "Workspace", security(("token" = ["viewer"])),
    responses((status = 200, description = "The workspaces", body = Data<WorkspacesData>)))]
pub(super) async fn list_workspaces(
    who: Viewer,
    State(api): State<ApiState>,
) -> Result<Data<WorkspacesData>, ApiError> {
    let (no, role) = (who.workspace(), who.role());
    let seats = match who.session() {
        Some(session) => session.seats.clone(),
        None => {
            let workspace = api.store().call(move |store| store.workspace_get(no)).await?;
            vec![Seat { workspace, role }]
        }
    };
    Ok(Data { data: WorkspacesData { workspaces: seats.into_iter().map(seat_view).collect() } })
}

/// Makes a workspace, which takes events at once.
///
/// The person who asks is its admin; a token that asks gets a token for it.
#[utoipa::path(post, path = "/workspaces", tag = "Workspace", security(("token" = ["admin"])),
    request_body = NewWorkspaceBody,
    responses((status = 200, description = "The workspace", body = Data<NewWorkspaceData>)))]
pub(super) async fn create_workspace(
    who: Admin,
    State(api): State<ApiState>,
    Body(body): Body<NewWorkspaceBody>,
) -> Result<Data<NewWorkspaceData>, ApiError> {
    let new = NewWorkspace {
        name: body.name,
        slug: body.slug,
        time_zone: body.time_zone,
        region: body.region.into(),
    };
    let (actor, session) = (who.actor(), who.session().cloned());
    let is_person = session.is_some();
    let (made, admin_token) = api
        .store()
        .call(move |store| {
            let made = store.workspace_create(&new, session.as_ref(), &actor)?;
            let token = if is_person {
                None
            } else {
                let new = NewApiToken { name: "First token".to_owned(), role: Role::Admin };
                Some(store.token_create(made.no, &new, &actor)?.1.into_exposed())
            };
            Ok((made, token))
        })
        .await?;
    api.handles().workspaces.start(made.clone()).await?;
    let workspace = seat_view(Seat { workspace: made, role: Role::Admin });
    Ok(Data { data: NewWorkspaceData { workspace, admin_token } })
}

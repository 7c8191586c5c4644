//! The first account of a new server.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sluice_base::Secret;
use sluice_model::{Credentials, Email, NewWorkspace};
use utoipa::ToSchema;

use crate::answer::Data;
use crate::attempts::attempt;
use crate::body::Body;
use crate::error::ApiError;
use crate::routes::session::{SessionData, signed_in};
use crate::routes::workspaces::RegionName;
use crate::state::ApiState;
use crate::visitor::Visitor;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetupData {
    /// Nobody has an account yet.
    needed: bool,
    /// Where the workspace's events may be sent to; chosen once, for ever.
    regions: Vec<RegionName>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SetupBody {
    /// Stands in what the server prints at its start, and in `setup-token` in its data folder.
    setup_token: String,
    #[schema(example = "ann@example.com")]
    email: String,
    #[schema(example = "Ann")]
    name: String,
    /// From 12 to 256 characters.
    password: String,
    #[schema(example = "My shop")]
    workspace_name: String,
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    region: RegionName,
}

/// Whether the server waits for its first account.
#[utoipa::path(get, path = "/setup", tag = "Session", security(()),
    responses((status = 200, description = "Whether it does", body = Data<SetupData>)))]
pub(super) async fn get_setup(State(api): State<ApiState>) -> Data<SetupData> {
    let needed = api.store().setup_token().is_some();
    Data { data: SetupData { needed, regions: RegionName::all() } }
}

/// Makes the first account, names the first workspace, and signs in.
#[utoipa::path(post, path = "/setup", tag = "Session", security(()), request_body = SetupBody,
    responses((status = 200, description = "The session", body = Data<SessionData>)))]
pub(super) async fn set_up(
    visitor: Visitor,
    State(api): State<ApiState>,
    Body(body): Body<SetupBody>,
) -> Result<Response, ApiError> {
    let email = Email::parse(&body.email).map_err(|problem| ApiError::Invalid(vec![problem]))?;
    let credentials = Credentials { name: body.name, password: Secret::new(body.password) };
    let workspace = NewWorkspace {
        name: body.workspace_name,
        slug: None,
        time_zone: body.time_zone,
        region: body.region.into(),
    };
    let token = body.setup_token;
    let message = "is not right; the server prints it at its start, and it stands in the file \
                   `setup-token` of the data folder";
    let wrong = ApiError::invalid("setupToken", message);
    let begun = attempt(&api, &visitor, None, wrong, move |store| {
        store.setup(&token, &email, &credentials, &workspace)
    })
    .await?;
    // It runs already; now it has its region.
    api.handles().workspaces.start(begun.session.seat.workspace.clone()).await?;
    signed_in(&api, begun)
}

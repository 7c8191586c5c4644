//! Asking a destination's peer to delete people.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_model::DestinationId;
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::Editor;
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::handles::PeopleDeletion;
use crate::routes::destinations::connection_ids;
use crate::state::ApiState;

/// What goes in one request to a peer.
const USER_IDS_MAX: usize = 100;
const USER_ID_CHARS_MAX: usize = 1_000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeletionBody {
    /// At most 100.
    #[schema(example = json!(["user-0042"]))]
    user_ids: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeletionData {
    deletion: PeopleDeletion,
}

/// Asks the peer to delete what it knows of people, now. What Sluice itself keeps stays. A passing
/// failure is not tried again by itself: asking twice does no harm.
#[utoipa::path(post, path = "/destinations/{destinationId}/deletions", tag = "Deliveries",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])), request_body = DeletionBody,
    responses((status = 200, description = "What the peer said", body = Data<DeletionData>)))]
pub(super) async fn delete_people(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<DeletionBody>,
) -> Result<Data<DeletionData>, ApiError> {
    let ids = body.user_ids;
    if ids.is_empty() || ids.len() > USER_IDS_MAX {
        return Err(ApiError::invalid("userIds", format!("must be 1 to {USER_IDS_MAX} ids")));
    }
    let is_id = |id: &String| !id.trim().is_empty() && id.chars().count() <= USER_ID_CHARS_MAX;
    if let Some(at) = ids.iter().position(|id| !is_id(id)) {
        let message = format!("must have 1 to {USER_ID_CHARS_MAX} characters");
        return Err(ApiError::invalid(&format!("userIds.{at}"), message));
    }
    let (no, actor) = (who.workspace(), who.actor());
    let connections = connection_ids(&api, no, id.clone()).await?;
    let connection = connections.into_iter().next().ok_or_else(|| {
        ApiError::invalid("sourceId", "connect a source to the destination first")
    })?;
    let people = ids.len();
    let id = DestinationId::new(id);
    api.store()
        .call(move |store| store.destination_people_deleted(no, &id, people, &actor))
        .await?;
    let deletion = api.handles().deliveries.delete_people(connection, ids).await?;
    Ok(Data { data: DeletionData { deletion } })
}

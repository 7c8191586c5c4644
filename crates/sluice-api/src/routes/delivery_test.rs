//! A test event: what a destination makes of one event, now.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::Editor;
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::handles::DeliveryTest;
use crate::routes::destinations::connection_ids;
use crate::state::ApiState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestBody {
    /// As a sender would write it, with a `type`; a track of `Test Event` if absent.
    #[schema(value_type = Option<Object>)]
    event: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TestData {
    test: DeliveryTest,
}

/// Sends one event to the destination at once and shows the request and the answer. It is in no
/// account, and nobody's order waits for it; the peer gets it like any other.
#[utoipa::path(post, path = "/destinations/{destinationId}/test", tag = "Deliveries",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])), request_body = TestBody,
    responses((status = 200, description = "What became of it", body = Data<TestData>)))]
pub(super) async fn test_destination(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<TestBody>,
) -> Result<Data<TestData>, ApiError> {
    let connections = connection_ids(&api, who.workspace(), id).await?;
    let connection = connections.into_iter().next().ok_or_else(|| {
        ApiError::invalid("sourceId", "connect a source to the destination first")
    })?;
    let event = body.event.unwrap_or_else(sample);
    let test = api.handles().deliveries.test(connection, event).await?;
    Ok(Data { data: TestData { test } })
}

fn sample() -> Value {
    json!({
        "type": "track",
        "event": "Test Event",
        "userId": "test-user",
        "properties": { "sentBy": "Sluice" },
    })
}

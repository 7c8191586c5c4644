//! The ledger and the state of deliveries.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::Viewer;
use crate::error::ApiError;
use crate::handles::{DeliveryStatus, Ledger};
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LedgerData {
    ledger: Ledger,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeliveriesData {
    deliveries: Vec<DeliveryStatus>,
}

/// The account of everything that came in: every event is in exactly one place.
#[utoipa::path(get, path = "/ledger", tag = "Ledger", security(("token" = ["viewer"])),
    responses((status = 200, description = "The ledger", body = Data<LedgerData>)))]
pub(super) async fn get_ledger(
    who: Viewer,
    State(api): State<ApiState>,
) -> Result<Data<LedgerData>, ApiError> {
    let no = who.workspace();
    let ledger = api.handles().ledgers.ledger(no).await?;
    Ok(Data { data: LedgerData { ledger } })
}

/// The state of delivery, one entry per connection.
#[utoipa::path(get, path = "/deliveries", tag = "Deliveries", security(("token" = ["viewer"])),
    responses((status = 200, description = "The connections", body = Data<DeliveriesData>)))]
pub(super) async fn list_deliveries(
    who: Viewer,
    State(api): State<ApiState>,
) -> Result<Data<DeliveriesData>, ApiError> {
    let no = who.workspace();
    let deliveries = api.handles().deliveries.statuses(no).await?;
    Ok(Data { data: DeliveriesData { deliveries } })
}

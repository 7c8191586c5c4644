//! Events: which were seen, and the receipt of one.

use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use sluice_model::SourceId;
use utoipa::{IntoParams, ToSchema};

use crate::answer::Data;
use crate::auth::Viewer;
use crate::body::At;
use crate::error::ApiError;
use crate::handles::{EventName, PropertyName, Receipt};
use crate::state::ApiState;
use crate::told::{told_events, told_properties};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventNamesData {
    events: Vec<EventName>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PropertiesData {
    properties: Vec<PropertyName>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReceiptData {
    receipt: Receipt,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PropertiesParams {
    /// Only properties of this event.
    event: Option<String>,
}

/// The events that were really seen, and the custom ones, as the data dictionary takes them.
#[utoipa::path(get, path = "/events/names", tag = "Events", security(("token" = ["viewer"])),
    responses((status = 200, description = "The events", body = Data<EventNamesData>)))]
pub(super) async fn list_event_names(
    who: Viewer,
    State(api): State<ApiState>,
) -> Result<Data<EventNamesData>, ApiError> {
    let no = who.workspace();
    let seen = api.handles().schema.event_names(no).await?;
    let entries = api.store().call(move |store| store.dictionary_list(no)).await?;
    let events = told_events(seen, entries);
    Ok(Data { data: EventNamesData { events } })
}

/// The properties and traits that were really seen.
#[utoipa::path(get, path = "/events/properties", tag = "Events", params(PropertiesParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The properties", body = Data<PropertiesData>)))]
pub(super) async fn list_properties(
    who: Viewer,
    State(api): State<ApiState>,
    Query(params): Query<PropertiesParams>,
) -> Result<Data<PropertiesData>, ApiError> {
    let no = who.workspace();
    let seen = api.handles().schema.properties(no, params.event).await?;
    let entries = api.store().call(move |store| store.dictionary_list(no)).await?;
    let properties = told_properties(seen, &entries);
    Ok(Data { data: PropertiesData { properties } })
}

/// The receipt of one received item by its place: what became of it, also if it was refused, came
/// twice, or waits.
#[utoipa::path(get, path = "/events/received/{offset}", tag = "Events",
    params(("offset" = u64, Path, description = "Place in the log of what was received")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The receipt", body = Data<ReceiptData>)))]
pub(super) async fn get_receipt_of_received(
    who: Viewer,
    State(api): State<ApiState>,
    At(offset): At<u64>,
) -> Result<Data<ReceiptData>, ApiError> {
    let found = api.handles().receipts.receipt_at(who.workspace(), offset).await?;
    let receipt =
        found.ok_or_else(|| ApiError::not_found("received event", &offset.to_string()))?;
    Ok(Data { data: ReceiptData { receipt } })
}

/// The receipt of an event: where it is, what happened at each stage, what each destination made
/// of it. If the message id was accepted it is that event's, else that of the last item that was
/// refused, else of one that waits.
#[utoipa::path(get, path = "/events/{sourceId}/{messageId}", tag = "Events",
    params(
        ("sourceId" = String, Path, description = "The source's id"),
        ("messageId" = String, Path, description = "The sender's id of the event"),
    ),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The receipt", body = Data<ReceiptData>)))]
pub(super) async fn get_receipt(
    who: Viewer,
    State(api): State<ApiState>,
    At((source, message)): At<(String, String)>,
) -> Result<Data<ReceiptData>, ApiError> {
    let no = who.workspace();
    let source =
        api.store().call(move |store| store.source_get(no, &SourceId::new(source))).await?.no;
    let found = api.handles().receipts.receipt(no, source, message.clone()).await?;
    let receipt = found.ok_or_else(|| ApiError::not_found("event", &message))?;
    Ok(Data { data: ReceiptData { receipt } })
}

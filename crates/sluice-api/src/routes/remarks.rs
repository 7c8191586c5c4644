//! What a kind has to say about settings, saved or about to be: they may be right and have a price.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sluice_destination_kit::Seen;
use sluice_event::WorkspaceNo;
use sluice_insights::InsightResult;
use sluice_model::DestinationId;
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::Viewer;
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::routes::destinations::{masked, merged};
use crate::routes::questions::time_zone;
use crate::state::ApiState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemarksBody {
    /// As in a change of the destination: what is absent is as saved.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RemarksData {
    remarks: Vec<RemarkView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemarkView {
    is_warning: bool,
    text: String,
}

/// What settings mean for the events of this workspace: nothing is changed.
#[utoipa::path(post, path = "/destinations/{destinationId}/remarks", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["viewer"])), request_body = RemarksBody,
    responses((status = 200, description = "None, where there is nothing to say", body = Data<RemarksData>)))]
pub(super) async fn remark_on_settings(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<RemarksBody>,
) -> Result<Data<RemarksData>, ApiError> {
    let no = who.workspace();
    let found =
        api.store().call(move |store| store.destination_get(no, &DestinationId::new(id))).await?;
    let kept = found.settings.expose();
    let settings = merged(kept, &masked(api.catalog(), &found.kind, kept), body.settings);
    let mut remarks = Vec::new();
    if let Some(kind) = api.catalog().get(&found.kind).filter(|kind| kind.has_remarks())
        && let Ok(settings) = kind.settings().check(&settings)
    {
        // Without an answer about events the kind says what it can say without.
        let seen = seen(&api, no).await.ok();
        remarks = kind.remarks(&settings, seen.as_ref());
    }
    let view = |one: sluice_destination_kit::Remark| RemarkView {
        is_warning: one.is_warning,
        text: one.text,
    };
    Ok(Data { data: RemarksData { remarks: remarks.into_iter().map(view).collect() } })
}

const PAGES: [&str; 2] = ["Page Viewed", "Screen Viewed"];

async fn seen(api: &ApiState, no: WorkspaceNo) -> Result<Seen, ApiError> {
    let names = api.handles().schema.event_names(no).await?;
    let is_track = |name: &&crate::handles::EventName| {
        !name.name.starts_with('$') && !PAGES.contains(&name.name.as_str())
    };
    let [page_names, screen_names] = values(api, no, "name").await?;
    let [page_categories, screen_categories] = values(api, no, "category").await?;
    Ok(Seen {
        tracks: names.iter().filter(is_track).count() as u64,
        page_names,
        page_categories,
        screen_names,
        screen_categories,
    })
}

/// How many different values the property has, of pages and of screens.
async fn values(api: &ApiState, no: WorkspaceNo, property: &str) -> Result<[u64; 2], ApiError> {
    let zone = time_zone(api, no).await?;
    let query = serde_json::from_value(json!({
        "kind": "trend", "range": { "last_days": 365 }, "interval": "month",
        "events": PAGES.map(|event| json!({ "event": event })),
        "measure": { "distinct_values": { "property": property } },
    }))
    .map_err(|error| ApiError::Internal(error.to_string()))?;
    let InsightResult::Trend(found) = api.handles().questions.ask(no, zone, query).await? else {
        return Ok([0, 0]);
    };
    let total = |event: usize| {
        let series = found.series.iter().find(|series| series.event == event);
        series.and_then(|series| series.total).map_or(0, |total| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let count = total as u64;
            count
        })
    };
    Ok([total(0), total(1)])
}

//! Dead letters of a destination: deliveries given up, kept with their reason.

use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::answer::Data;
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::handles::{DeadLetter, DeadLetterGroup, DeadLetterQuery, SendAgain};
use crate::page::{PageParams, Pagination, Paging};
use crate::routes::destinations::connection_ids;
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GroupsData {
    groups: Vec<DeadLetterGroup>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LettersData {
    dead_letters: Vec<DeadLetter>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SentAgainData {
    /// How many were queued.
    queued: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LettersParams {
    /// Only those of one cause.
    reason: Option<String>,
}

/// Dead letters by cause, most first, each with a sample.
#[utoipa::path(get, path = "/destinations/{destinationId}/dead-letters/groups", tag = "Deliveries",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The groups", body = Data<GroupsData>)))]
pub(super) async fn list_dead_letter_groups(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<GroupsData>, ApiError> {
    let no = who.workspace();
    let connections = connection_ids(&api, no, id).await?;
    let groups = api.ask(move |parts| parts.deliveries.dead_letter_groups(no, &connections)).await?;
    Ok(Data { data: GroupsData { groups } })
}

/// Dead letters one by one, newest first.
#[utoipa::path(get, path = "/destinations/{destinationId}/dead-letters", tag = "Deliveries",
    params(("destinationId" = String, Path, description = "The destination's id"), LettersParams, PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<LettersData>)))]
pub(super) async fn list_dead_letters(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
    Query(params): Query<LettersParams>,
    paging: Paging,
) -> Result<Data<LettersData>, ApiError> {
    let no = who.workspace();
    let connections = connection_ids(&api, no, id).await?;
    let which =
        DeadLetterQuery { reason: params.reason, before: paging.after, count: paging.count };
    let page =
        api.ask(move |parts| parts.deliveries.dead_letters(no, &connections, &which)).await?;
    let pagination = paging.pagination(page.next, None);
    Ok(Data { data: LettersData { dead_letters: page.letters, pagination } })
}

/// Sends dead letters again: all, those of one cause, or chosen ones.
#[utoipa::path(post, path = "/destinations/{destinationId}/dead-letters/send-again", tag = "Deliveries",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])), request_body = SendAgain,
    responses((status = 200, description = "They are queued", body = Data<SentAgainData>)))]
pub(super) async fn send_dead_letters_again(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(which): Body<SendAgain>,
) -> Result<Data<SentAgainData>, ApiError> {
    let no = who.workspace();
    let connections = connection_ids(&api, no, id).await?;
    let queued =
        api.ask(move |parts| parts.deliveries.send_again(no, &connections, &which)).await?;
    Ok(Data { data: SentAgainData { queued } })
}

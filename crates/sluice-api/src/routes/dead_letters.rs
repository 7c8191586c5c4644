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
    let deliveries = &api.handles().deliveries;
    let mut groups = Vec::new();
    for connection in connection_ids(&api, who.workspace(), id).await? {
        let none = DeadLetterQuery { count: 0, ..DeadLetterQuery::default() };
        let all = deliveries.dead_letters(connection.clone(), none).await?;
        for (reason, count) in all.by_reason {
            let one = DeadLetterQuery { reason: Some(reason.clone()), after: None, count: 1 };
            let sample = deliveries.dead_letters(connection.clone(), one).await?.letters.pop();
            groups.push(DeadLetterGroup {
                connection_id: connection.clone(),
                reason,
                count,
                sample,
            });
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    Ok(Data { data: GroupsData { groups } })
}

/// Dead letters one by one, oldest event first.
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
    let which = DeadLetterQuery { reason: params.reason, after: paging.after, count: paging.count };
    let (mut dead_letters, mut more) = (Vec::new(), false);
    for connection in connection_ids(&api, who.workspace(), id).await? {
        let page = api.handles().deliveries.dead_letters(connection, which.clone()).await?;
        more |= page.more;
        dead_letters.extend(page.letters);
    }
    // An event has one source, so it is dead at one connection of a destination at most, and the
    // offset orders the letters of all.
    dead_letters.sort_by_key(|letter| letter.offset);
    more |= dead_letters.len() > paging.count as usize;
    dead_letters.truncate(paging.count as usize);
    let next = dead_letters.last().filter(|_| more).map(|last| last.offset);
    let pagination = paging.pagination(next, None);
    Ok(Data { data: LettersData { dead_letters, pagination } })
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
    if which.reason.is_some() && which.offsets.is_some() {
        return Err(ApiError::invalid("offsets", "give a reason or offsets, not both"));
    }
    let mut queued = 0;
    for connection in connection_ids(&api, who.workspace(), id).await? {
        queued += api.handles().deliveries.send_again(connection, which.clone()).await?;
    }
    Ok(Data { data: SentAgainData { queued } })
}

//! A person's own sessions: where they are signed in, and how to end that.

use axum::extract::State;
use serde::Serialize;
use sluice_store::OwnSession;
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::Person;
use crate::body::At;
use crate::error::ApiError;
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnSessionView {
    id: String,
    /// What the browser calls itself (`User-Agent`); empty if it does not say.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    agent: String,
    /// The name of the workspace it acts in.
    workspace: String,
    began_at: String,
    /// Its last use, to the minute.
    seen_at: String,
    /// The session that asks.
    is_current: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnSessionsData {
    /// Those that have not ended, the last used first; at most 50.
    sessions: Vec<OwnSessionView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EndedData {
    /// How many have ended.
    ended: usize,
}

fn view(session: OwnSession) -> OwnSessionView {
    OwnSessionView {
        id: session.id,
        agent: session.agent,
        workspace: session.workspace,
        began_at: session.began_at.to_string(),
        seen_at: session.seen_at.to_string(),
        is_current: session.is_current,
    }
}

/// Where the person is signed in.
#[utoipa::path(get, path = "/sessions", tag = "Session", security(("session" = [])),
    responses((status = 200, description = "All of them", body = Data<OwnSessionsData>)))]
pub(super) async fn list_own_sessions(
    who: Person,
    State(api): State<ApiState>,
) -> Result<Data<OwnSessionsData>, ApiError> {
    let listed = api.store().call(move |store| store.session_list(&who.session)).await?;
    Ok(Data { data: OwnSessionsData { sessions: listed.into_iter().map(view).collect() } })
}

/// Ends every session of the person but the one that asks.
#[utoipa::path(delete, path = "/sessions", tag = "Session", security(("session" = [])),
    responses((status = 200, description = "They have ended", body = Data<EndedData>)))]
pub(super) async fn end_other_sessions(
    who: Person,
    State(api): State<ApiState>,
) -> Result<Data<EndedData>, ApiError> {
    let ended = api.store().call(move |store| store.session_end_others(&who.session)).await?;
    Ok(Data { data: EndedData { ended } })
}

/// Ends one session of the person.
#[utoipa::path(delete, path = "/sessions/{sessionId}", tag = "Session",
    params(("sessionId" = String, Path, description = "The session's id")),
    security(("session" = [])),
    responses((status = 200, description = "It has ended", body = Data<Done>)))]
pub(super) async fn end_own_session(
    who: Person,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    api.store().call(move |store| store.session_end_one(&who.session, &id)).await?;
    Ok(done())
}

//! The session of a signed-in person. The cookie that carries it is `HttpOnly`; the answers here
//! tell the console who is signed in, and the token for changing requests.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};
use sluice_base::Secret;
use sluice_model::WorkspaceId;
use sluice_store::{Session, SignedIn};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::attempts::attempt;
use crate::auth::Person;
use crate::body::Body;
use crate::cookie;
use crate::error::ApiError;
use crate::routes::workspaces::{SeatView, seat_view};
use crate::state::ApiState;
use crate::visitor::Visitor;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionUser {
    id: String,
    #[schema(example = "ann@example.com")]
    email: String,
    #[schema(example = "Ann")]
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionData {
    user: SessionUser,
    /// Where the session acts.
    workspace: SeatView,
    /// Where it may act.
    workspaces: Vec<SeatView>,
    /// To be sent as `X-CSRF-Token` with every changing request.
    csrf_token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignInBody {
    #[schema(example = "ann@example.com")]
    email: String,
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LinkBody {
    /// The code in the link.
    link: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SwitchBody {
    workspace_id: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PasswordBody {
    current: String,
    /// From 12 to 256 characters.
    new: String,
}

fn view(session: Session, token: &Secret<String>) -> Data<SessionData> {
    let user = session.user;
    let data = SessionData {
        user: SessionUser {
            id: user.id.into_string(),
            email: user.email.to_string(),
            name: user.name,
        },
        workspace: seat_view(session.seat),
        workspaces: session.seats.into_iter().map(seat_view).collect(),
        csrf_token: cookie::csrf_token(token),
    };
    Data { data }
}

/// The answer that begins a session.
pub(super) fn signed_in(api: &ApiState, begun: SignedIn) -> Result<Response, ApiError> {
    let line = cookie::keep(&begun.token, api.site().is_secure());
    with_cookie(line, view(begun.session, &begun.token))
}

fn with_cookie(line: Option<HeaderValue>, answer: impl IntoResponse) -> Result<Response, ApiError> {
    let line = line.ok_or_else(|| ApiError::Internal("a cookie cannot be written".to_owned()))?;
    Ok(([(SET_COOKIE, line)], answer).into_response())
}

/// Who is signed in, and where.
#[utoipa::path(get, path = "/session", tag = "Session", security(("session" = [])),
    responses((status = 200, description = "The session", body = Data<SessionData>)))]
pub(super) async fn get_session(who: Person) -> Data<SessionData> {
    view(*who.session, &who.token)
}

/// Signs in.
#[utoipa::path(post, path = "/session", tag = "Session", security(()), request_body = SignInBody,
    responses((status = 200, description = "The session", body = Data<SessionData>)))]
pub(super) async fn sign_in(
    visitor: Visitor,
    State(api): State<ApiState>,
    Body(body): Body<SignInBody>,
) -> Result<Response, ApiError> {
    let (email, password) = (body.email.clone(), Secret::new(body.password));
    let wrong = ApiError::Credentials;
    let begun = attempt(&api, &visitor, Some(&body.email), wrong, move |store| {
        store.sign_in(&email, &password)
    })
    .await?;
    signed_in(&api, begun)
}

/// Signs in by a link that works once.
#[utoipa::path(post, path = "/session/link", tag = "Session", security(()),
    request_body = LinkBody,
    responses((status = 200, description = "The session", body = Data<SessionData>),
        (status = 404, description = "The link does not work", body = crate::error::Errors)))]
pub(super) async fn sign_in_by_link(
    visitor: Visitor,
    State(api): State<ApiState>,
    Body(body): Body<LinkBody>,
) -> Result<Response, ApiError> {
    let begun = attempt(&api, &visitor, None, ApiError::code(), move |store| {
        store.sign_in_link_use(&body.link).map(Some)
    })
    .await?;
    signed_in(&api, begun)
}

/// Lets the session act in another workspace.
#[utoipa::path(patch, path = "/session", tag = "Session", security(("session" = [])),
    request_body = SwitchBody,
    responses((status = 200, description = "The session, there", body = Data<SessionData>),
        (status = 404, description = "The person has no such workspace", body = crate::error::Errors)))]
pub(super) async fn switch_workspace(
    who: Person,
    State(api): State<ApiState>,
    Body(body): Body<SwitchBody>,
) -> Result<Data<SessionData>, ApiError> {
    let Person { session, token } = who;
    let to = WorkspaceId::new(body.workspace_id);
    let there = api.store().call(move |store| store.session_switch(&session, &to)).await?;
    Ok(view(there, &token))
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "Session", security(("session" = [])),
    responses((status = 200, description = "The session has ended", body = Data<Done>)))]
pub(super) async fn sign_out(
    who: Person,
    State(api): State<ApiState>,
) -> Result<Response, ApiError> {
    api.store().call(move |store| store.session_end(&who.session)).await?;
    with_cookie(cookie::forget(api.site().is_secure()), done())
}

/// Changes one's own password. Every other session of the person ends.
#[utoipa::path(patch, path = "/session/password", tag = "Session", security(("session" = [])),
    request_body = PasswordBody,
    responses((status = 200, description = "A new session", body = Data<SessionData>)))]
pub(super) async fn change_password(
    who: Person,
    visitor: Visitor,
    State(api): State<ApiState>,
    Body(body): Body<PasswordBody>,
) -> Result<Response, ApiError> {
    let account = who.session.user.email.to_string();
    let (current, new) = (Secret::new(body.current), Secret::new(body.new));
    let wrong = ApiError::invalid("current", "is not your password");
    let begun = attempt(&api, &visitor, Some(&account), wrong, move |store| {
        store.password_change(&who.session, &current, &new)
    })
    .await?;
    signed_in(&api, begun)
}

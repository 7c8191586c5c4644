//! Links that work once: to set a new password, and to sign in without one. A link is in the answer
//! that makes it, and nowhere after; nothing mails it.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sluice_base::Secret;
use sluice_model::{Email, UserId};
use utoipa::ToSchema;

use crate::answer::Data;
use crate::attempts::attempt;
use crate::auth::Admin;
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::routes::session::{SessionData, signed_in};
use crate::state::ApiState;
use crate::visitor::Visitor;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkData {
    /// The link to open or hand on; shown only here. It works once.
    url: String,
    expires_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PasswordResetData {
    /// Whose password it sets.
    #[schema(example = "ann@example.com")]
    email: String,
    #[schema(example = "Ann")]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewPasswordBody {
    /// From 12 to 256 characters.
    password: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignInLinkBody {
    /// Whom the link signs in; by default the workspace's oldest admin, or oneself.
    #[schema(example = "ann@example.com")]
    email: Option<String>,
}

/// Makes a link with which a user sets a new password within a day.
#[utoipa::path(post, path = "/users/{userId}/password-reset", tag = "Users",
    params(("userId" = String, Path, description = "The user's id")),
    security(("token" = ["admin"])),
    responses((status = 200, description = "The link", body = Data<LinkData>),
        (status = 409, description = "The user is also in a workspace that you are not admin of",
            body = crate::error::Errors)))]
pub(super) async fn create_password_reset(
    who: Admin,
    visitor: Visitor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<LinkData>, ApiError> {
    let grant = who.grant();
    let made = api
        .store()
        .call(move |store| store.password_reset_create(&grant, &UserId::new(id)))
        .await?;
    let url = visitor.link("reset-password", "code", made.code.expose());
    Ok(Data { data: LinkData { url, expires_at: made.expires_at.to_string() } })
}

/// Whose password a link sets.
#[utoipa::path(get, path = "/password-resets/{code}", tag = "Users", security(()),
    params(("code" = String, Path, description = "The code in the link")),
    responses((status = 200, description = "The user", body = Data<PasswordResetData>)))]
pub(super) async fn get_password_reset(
    visitor: Visitor,
    State(api): State<ApiState>,
    At(code): At<String>,
) -> Result<Data<PasswordResetData>, ApiError> {
    let user = attempt(&api, &visitor, None, ApiError::code(), move |store| {
        store.password_reset_user(&code).map(Some)
    })
    .await?;
    Ok(Data { data: PasswordResetData { email: user.email.to_string(), name: user.name } })
}

/// Sets a new password by a link, ends every session of the person, and signs in.
#[utoipa::path(post, path = "/password-resets/{code}", tag = "Users", security(()),
    params(("code" = String, Path, description = "The code in the link")),
    request_body = NewPasswordBody,
    responses((status = 200, description = "The session", body = Data<SessionData>)))]
pub(super) async fn use_password_reset(
    visitor: Visitor,
    State(api): State<ApiState>,
    At(code): At<String>,
    Body(body): Body<NewPasswordBody>,
) -> Result<Response, ApiError> {
    let password = Secret::new(body.password);
    let begun = attempt(&api, &visitor, None, ApiError::code(), move |store| {
        store.password_reset_use(&code, &password).map(Some)
    })
    .await?;
    signed_in(&api, begun)
}

/// Makes a link that signs somebody in within 15 minutes.
///
/// A signed-in person makes one for themselves, such as for another browser. A token makes one for
/// a user of its workspace; the session may then not leave that workspace, unless the token is the
/// operator's own.
#[utoipa::path(post, path = "/sign-in-links", tag = "Session", security(("token" = ["admin"])),
    request_body = SignInLinkBody,
    responses((status = 200, description = "The link", body = Data<LinkData>),
        (status = 404, description = "The workspace has no such user", body = crate::error::Errors)))]
pub(super) async fn create_sign_in_link(
    who: Admin,
    visitor: Visitor,
    State(api): State<ApiState>,
    Body(body): Body<SignInLinkBody>,
) -> Result<Data<LinkData>, ApiError> {
    let email = body.email.as_deref().map(Email::parse).transpose();
    let email = email.map_err(|problem| ApiError::Invalid(vec![problem]))?;
    let made = if let Some(session) = who.session().cloned() {
        if email.is_some_and(|email| email != session.user.email) {
            return Err(ApiError::invalid("email", "must be your own, or absent"));
        }
        api.store().call(move |store| store.sign_in_link_of(&session)).await?
    } else {
        let grant = who.grant();
        api.store().call(move |store| store.sign_in_link_create(&grant, email.as_ref())).await?
    };
    let url = visitor.link("sign-in", "link", made.code.expose());
    Ok(Data { data: LinkData { url, expires_at: made.expires_at.to_string() } })
}

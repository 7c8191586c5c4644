//! Invitations. The link is in the answer that makes one, and nowhere after; nothing mails it.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sluice_base::Secret;
use sluice_model::{Credentials, Email, Invite, InviteId};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::attempts::attempt;
use crate::auth::Admin;
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::routes::session::{SessionData, signed_in};
use crate::routes::tokens::RoleName;
use crate::state::ApiState;
use crate::visitor::Visitor;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InviteView {
    id: String,
    #[schema(example = "bob@example.com")]
    email: String,
    role: RoleName,
    created_at: String,
    expires_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitesData {
    invites: Vec<InviteView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewInviteData {
    invite: InviteView,
    /// The link to hand on; shown only here. It works once, for a week.
    url: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationData {
    email: String,
    role: RoleName,
    workspace_name: String,
    /// The person has an account, and joins with its password.
    has_account: bool,
    expires_at: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewInviteBody {
    #[schema(example = "bob@example.com")]
    email: String,
    role: RoleName,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AcceptBody {
    /// Not used if the person has an account.
    #[serde(default)]
    #[schema(example = "Bob")]
    name: String,
    /// A new one of 12 to 256 characters; or that of the account, if the person has one.
    password: String,
}

fn view(invite: Invite) -> InviteView {
    InviteView {
        id: invite.id.into_string(),
        email: invite.email.to_string(),
        role: invite.role.into(),
        created_at: invite.created_at.to_string(),
        expires_at: invite.expires_at.to_string(),
    }
}

/// The invitations that nobody has accepted, also expired ones, oldest first.
#[utoipa::path(get, path = "/invites", tag = "Users", params(PageParams),
    security(("token" = ["admin"])),
    responses((status = 200, description = "A part of the list", body = Data<InvitesData>)))]
pub(super) async fn list_invites(
    who: Admin,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<InvitesData>, ApiError> {
    let no = who.workspace();
    let listed = api.store().call(move |store| store.invite_list(no, paging.store_page())).await?;
    let (invites, pagination) = paging.listed(listed, view);
    Ok(Data { data: InvitesData { invites, pagination } })
}

/// Invites somebody; an earlier invitation of the same address stops working.
#[utoipa::path(post, path = "/invites", tag = "Users", security(("token" = ["admin"])),
    request_body = NewInviteBody,
    responses((status = 200, description = "The invitation and its link", body = Data<NewInviteData>)))]
pub(super) async fn create_invite(
    who: Admin,
    visitor: Visitor,
    State(api): State<ApiState>,
    Body(body): Body<NewInviteBody>,
) -> Result<Data<NewInviteData>, ApiError> {
    let email = Email::parse(&body.email).map_err(|problem| ApiError::Invalid(vec![problem]))?;
    let (no, actor, role) = (who.workspace(), who.actor(), body.role.into());
    let (invite, code) =
        api.store().call(move |store| store.invite_create(no, (&email, role), &actor)).await?;
    let url = visitor.link("invite", "code", code.expose());
    Ok(Data { data: NewInviteData { invite: view(invite), url } })
}

/// Withdraws an invitation.
#[utoipa::path(delete, path = "/invites/{inviteId}", tag = "Users",
    params(("inviteId" = String, Path, description = "The invitation's id")),
    security(("token" = ["admin"])),
    responses((status = 200, description = "Its link does not work any more", body = Data<Done>)))]
pub(super) async fn delete_invite(
    who: Admin,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    api.store().call(move |store| store.invite_delete(no, &InviteId::new(id), &actor)).await?;
    Ok(done())
}

/// What an invitation is for, as whoever holds its link sees it.
#[utoipa::path(get, path = "/invites/by-code/{code}", tag = "Users", security(()),
    params(("code" = String, Path, description = "The code in the link")),
    responses((status = 200, description = "The invitation", body = Data<InvitationData>)))]
pub(super) async fn get_invite_by_code(
    visitor: Visitor,
    State(api): State<ApiState>,
    At(code): At<String>,
) -> Result<Data<InvitationData>, ApiError> {
    let found = attempt(&api, &visitor, None, ApiError::code(), move |store| {
        store.invite_find(&code).map(Some)
    })
    .await?;
    let data = InvitationData {
        email: found.invite.email.to_string(),
        role: found.invite.role.into(),
        workspace_name: found.workspace.name,
        has_account: found.has_account,
        expires_at: found.invite.expires_at.to_string(),
    };
    Ok(Data { data })
}

/// Joins the workspace, and signs in.
#[utoipa::path(post, path = "/invites/by-code/{code}/accept", tag = "Users", security(()),
    params(("code" = String, Path, description = "The code in the link")),
    request_body = AcceptBody,
    responses((status = 200, description = "The session", body = Data<SessionData>)))]
pub(super) async fn accept_invite(
    visitor: Visitor,
    State(api): State<ApiState>,
    At(code): At<String>,
    Body(body): Body<AcceptBody>,
) -> Result<Response, ApiError> {
    let known = code.clone();
    let found = attempt(&api, &visitor, None, ApiError::code(), move |store| {
        store.invite_find(&known).map(Some)
    })
    .await?;
    let credentials = Credentials { name: body.name, password: Secret::new(body.password) };
    let email = found.invite.email.to_string();
    let message = "you have an account already, and this is not its password";
    let wrong = ApiError::invalid("password", message);
    let begun = attempt(&api, &visitor, Some(&email), wrong, move |store| {
        store.invite_accept(&code, &credentials)
    })
    .await?;
    signed_in(&api, begun)
}

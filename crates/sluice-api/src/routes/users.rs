//! The users of the workspace and their roles.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_model::{Member, UserId};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Admin, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::routes::tokens::RoleName;
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserView {
    id: String,
    #[schema(example = "ann@example.com")]
    email: String,
    #[schema(example = "Ann")]
    name: String,
    role: RoleName,
    created_at: String,
    /// Absent if they never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_signed_in_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserData {
    user: UserView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsersData {
    users: Vec<UserView>,
    pagination: Pagination,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserBody {
    role: RoleName,
}

fn view(member: Member) -> UserView {
    UserView {
        id: member.user.id.into_string(),
        email: member.user.email.to_string(),
        name: member.user.name,
        role: member.role.into(),
        created_at: member.user.created_at.to_string(),
        last_signed_in_at: member.signed_in_at.map(|at| at.to_string()),
    }
}

/// The users of the workspace, longest there first.
#[utoipa::path(get, path = "/users", tag = "Users", params(PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<UsersData>)))]
pub(super) async fn list_users(
    who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<UsersData>, ApiError> {
    let no = who.workspace();
    let listed = api.store().call(move |store| store.member_list(no, paging.store_page())).await?;
    let (users, pagination) = paging.listed(listed, view);
    Ok(Data { data: UsersData { users, pagination } })
}

/// Gives a user another role. The last admin stays admin.
#[utoipa::path(patch, path = "/users/{userId}", tag = "Users",
    params(("userId" = String, Path, description = "The user's id")),
    security(("token" = ["admin"])), request_body = UserBody,
    responses((status = 200, description = "The user after the change", body = Data<UserData>)))]
pub(super) async fn update_user(
    who: Admin,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<UserBody>,
) -> Result<Data<UserData>, ApiError> {
    let (no, actor, role) = (who.workspace(), who.actor(), body.role.into());
    let changed = api
        .store()
        .call(move |store| store.member_change(no, &UserId::new(id), role, &actor))
        .await?;
    Ok(Data { data: UserData { user: view(changed) } })
}

/// Removes a user from the workspace. The last admin stays.
#[utoipa::path(delete, path = "/users/{userId}", tag = "Users",
    params(("userId" = String, Path, description = "The user's id")),
    security(("token" = ["admin"])),
    responses((status = 200, description = "The user has left", body = Data<Done>),
        (status = 409, description = "It is the last admin", body = crate::error::Errors)))]
pub(super) async fn remove_user(
    who: Admin,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    api.store().call(move |store| store.member_delete(no, &UserId::new(id), &actor)).await?;
    Ok(done())
}

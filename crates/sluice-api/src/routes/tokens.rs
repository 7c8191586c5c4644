//! API tokens. The secret is in the answer that makes the token, and nowhere after.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_model::{ApiToken, NewApiToken, Role, TokenId};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::Admin;
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenView {
    id: String,
    #[schema(example = "terraform")]
    name: String,
    role: RoleName,
    /// The end of the secret, so that its owner recognises it.
    last4: String,
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenData {
    token: TokenView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewTokenData {
    token: TokenView,
    /// What to send as `Authorization: Bearer`. Shown only here.
    #[schema(example = "slu_…")]
    secret: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokensData {
    tokens: Vec<TokenView>,
    pagination: Pagination,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewTokenBody {
    #[schema(example = "terraform")]
    name: String,
    role: RoleName,
}

/// `viewer` reads and asks; `editor` also changes sources, destinations and insights; `admin` also
/// changes the workspace and its tokens.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RoleName {
    Viewer,
    Editor,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Editor => Self::Editor,
            RoleName::Admin => Self::Admin,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Editor => Self::Editor,
            Role::Admin => Self::Admin,
        }
    }
}

fn view(token: ApiToken) -> TokenView {
    TokenView {
        id: token.id.into_string(),
        name: token.name,
        role: token.role.into(),
        last4: token.last4,
        created_at: token.created_at.to_string(),
    }
}

/// The valid tokens of the workspace, oldest first.
#[utoipa::path(get, path = "/tokens", tag = "Tokens", params(PageParams),
    security(("token" = ["admin"])),
    responses((status = 200, description = "A part of the list", body = Data<TokensData>)))]
pub(super) async fn list_tokens(
    who: Admin,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<TokensData>, ApiError> {
    let no = who.workspace();
    let listed = api.store().call(move |store| store.token_list(no, paging.store_page())).await?;
    let (tokens, pagination) = paging.listed(listed, view);
    Ok(Data { data: TokensData { tokens, pagination } })
}

/// Makes a token; its secret is in this answer only.
#[utoipa::path(post, path = "/tokens", tag = "Tokens", security(("token" = ["admin"])),
    request_body = NewTokenBody,
    responses((status = 200, description = "The token and its secret", body = Data<NewTokenData>)))]
pub(super) async fn create_token(
    who: Admin,
    State(api): State<ApiState>,
    Body(body): Body<NewTokenBody>,
) -> Result<Data<NewTokenData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let new = NewApiToken { name: body.name, role: body.role.into() };
    let (token, secret) =
        api.store().call(move |store| store.token_create(no, &new, &actor)).await?;
    Ok(Data { data: NewTokenData { token: view(token), secret: secret.into_exposed() } })
}

/// One token, without its secret.
#[utoipa::path(get, path = "/tokens/{tokenId}", tag = "Tokens",
    params(("tokenId" = String, Path, description = "The token's id")),
    security(("token" = ["admin"])),
    responses((status = 200, description = "The token", body = Data<TokenData>)))]
pub(super) async fn get_token(
    who: Admin,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<TokenData>, ApiError> {
    let no = who.workspace();
    let token = api.store().call(move |store| store.token_get(no, &TokenId::new(id))).await?;
    Ok(Data { data: TokenData { token: view(token) } })
}

/// Revokes a token at once and for ever.
#[utoipa::path(delete, path = "/tokens/{tokenId}", tag = "Tokens",
    params(("tokenId" = String, Path, description = "The token's id")),
    security(("token" = ["admin"])),
    responses((status = 200, description = "It is revoked", body = Data<Done>)))]
pub(super) async fn delete_token(
    who: Admin,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    api.store().call(move |store| store.token_delete(no, &TokenId::new(id), &actor)).await?;
    Ok(done())
}

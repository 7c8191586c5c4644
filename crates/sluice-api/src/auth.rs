//! Who asks and what they may. Each handler takes one of [`Viewer`], [`Editor`], [`Admin`] as its
//! first argument: without one it has no workspace to ask of.

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, Role};
use sluice_store::Grant;

use crate::error::ApiError;
use crate::state::ApiState;

macro_rules! access {
    ($($(#[$doc:meta])* $name:ident = $role:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name(Grant);

        impl $name {
            pub(crate) fn workspace(&self) -> WorkspaceNo {
                self.0.workspace
            }
        }

        impl FromRequestParts<ApiState> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(
                parts: &mut Parts,
                state: &ApiState,
            ) -> Result<Self, Self::Rejection> {
                grant(parts, state, $role).map(Self)
            }
        }
    )*};
}

access! {
    /// May read and ask.
    Viewer = Role::Viewer;
    /// May also change sources, destinations and insights.
    Editor = Role::Editor;
    /// May also change the workspace and its tokens.
    Admin = Role::Admin;
}

impl Editor {
    pub(crate) fn actor(&self) -> Actor {
        self.0.actor.clone()
    }
}

impl Admin {
    pub(crate) fn actor(&self) -> Actor {
        self.0.actor.clone()
    }
}

fn grant(parts: &Parts, state: &ApiState, needed: Role) -> Result<Grant, ApiError> {
    let token = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(ApiError::NoToken)?;
    let grant = state.store().token_grant(token).ok_or(ApiError::BadToken)?;
    if grant.role.may(needed) {
        Ok(grant)
    } else {
        Err(ApiError::Role { needed: needed.name(), has: grant.role.name() })
    }
}

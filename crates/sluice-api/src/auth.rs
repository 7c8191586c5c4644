//! Who asks and what they may. Each handler takes one of [`Viewer`], [`Editor`], [`Admin`] as its
//! first argument: without one it has no workspace to ask of. [`Person`] is for what concerns a
//! person's own session. Who is not known yet is a [`crate::visitor::Visitor`].
//!
//! A token belongs to one workspace; a session acts in its current one. If both are sent, the token
//! counts.

use axum::extract::FromRequestParts;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use sluice_base::Secret;
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, Role};
use sluice_store::{Grant, Session};

use crate::cookie;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::visitor::check_origin;

/// Somebody known.
struct Known {
    grant: Grant,
    /// Absent for a token.
    session: Option<Box<Session>>,
}

macro_rules! access {
    ($($(#[$doc:meta])* $name:ident = $role:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name(Known);

        impl $name {
            pub(crate) fn workspace(&self) -> WorkspaceNo {
                self.0.grant.workspace
            }
        }

        impl FromRequestParts<ApiState> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(
                parts: &mut Parts,
                state: &ApiState,
            ) -> Result<Self, Self::Rejection> {
                known_with(parts, state, $role).await.map(Self)
            }
        }
    )*};
}

access! {
    /// May read and ask.
    Viewer = Role::Viewer;
    /// May also change sources, destinations and insights.
    Editor = Role::Editor;
    /// May also change the workspace, its users and its tokens, and make workspaces.
    Admin = Role::Admin;
}

impl Viewer {
    pub(crate) fn role(&self) -> Role {
        self.0.grant.role
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.0.session.as_deref()
    }
}

impl Editor {
    pub(crate) fn actor(&self) -> Actor {
        self.0.grant.actor.clone()
    }
}

impl Admin {
    pub(crate) fn actor(&self) -> Actor {
        self.0.grant.actor.clone()
    }

    pub(crate) fn grant(&self) -> Grant {
        self.0.grant.clone()
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.0.session.as_deref()
    }
}

/// A signed-in person, in whatever role; tokens are nobody here.
pub(crate) struct Person {
    pub(crate) session: Box<Session>,
    pub(crate) token: Secret<String>,
}

impl FromRequestParts<ApiState> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ApiState,
    ) -> Result<Self, Self::Rejection> {
        if parts.headers.contains_key(AUTHORIZATION) {
            bearer(parts, state)?;
            return Err(ApiError::NotAPerson);
        }
        person(parts, state).await
    }
}

async fn known_with(parts: &Parts, api: &ApiState, needed: Role) -> Result<Known, ApiError> {
    let known = if parts.headers.contains_key(AUTHORIZATION) {
        Known { grant: bearer(parts, api)?, session: None }
    } else {
        let Person { session, .. } = person(parts, api).await?;
        Known { grant: session.grant(), session: Some(session) }
    };
    let has = known.grant.role;
    if has.may(needed) {
        Ok(known)
    } else {
        Err(ApiError::Role { needed: needed.name(), has: has.name() })
    }
}

fn bearer(parts: &Parts, api: &ApiState) -> Result<Grant, ApiError> {
    let token = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(ApiError::Nobody)?;
    api.store().token_grant(token).ok_or(ApiError::BadToken)
}

async fn person(parts: &Parts, api: &ApiState) -> Result<Person, ApiError> {
    let is_secure = api.site().is_secure();
    let token = cookie::read(&parts.headers, is_secure).ok_or(ApiError::Nobody)?;
    let sent = token.clone();
    let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let agent = agent.unwrap_or_default().to_owned();
    let session = api.store().call(move |store| store.session_find(sent.expose(), &agent)).await?;
    let session = session.ok_or(ApiError::NoSession)?;
    if !parts.method.is_safe() {
        check_origin(parts, api.site())?;
        if !cookie::is_csrf_token(&parts.headers, &token) {
            return Err(ApiError::Csrf);
        }
    }
    Ok(Person { session: Box::new(session), token })
}

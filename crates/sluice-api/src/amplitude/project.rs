//! Who asks: Basic authentication by an API key (the write key of a source) and a secret key (an API
//! token), both of the same workspace. Some clients send the two as `api_key` and `secret_key` in the
//! query. What changes something needs the token of an editor.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde_json::Value;
use sluice_event::WorkspaceNo;
use sluice_insights::{InsightQuery, InsightResult};
use sluice_model::{Actor, Role};
use sluice_store::Grant;

use super::failure::{Failure, Result};
use super::params::Params;
use crate::handles::EventName;
use crate::state::ApiState;
use crate::told::told_events;

/// Time in which a body must arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(15);

/// A request with its project and its parameters.
pub(super) struct Project {
    pub(super) api: ApiState,
    pub(super) workspace: WorkspaceNo,
    /// Days begin by it.
    pub(super) time_zone: String,
    pub(super) params: Params,
    grant: Grant,
}

impl FromRequestParts<ApiState> for Project {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self> {
        let params = Params::of_query(parts.uri.query().unwrap_or_default());
        let keys = basic(parts).or_else(|| {
            let key = |name| params.get(name).map(str::to_owned);
            Some((key("api_key")?, key("secret_key")?))
        });
        let (api_key, secret_key) = keys.ok_or_else(Failure::keys)?;
        let grant = api.store().token_grant(&secret_key).ok_or_else(Failure::keys)?;
        let source = api.store().sources().borrow().by_write_key.get(&api_key).cloned();
        let workspace = grant.workspace;
        if source.is_none_or(|source| source.workspace != workspace) {
            return Err(Failure::keys());
        }
        let found = api.store().call(move |store| store.workspace_get(workspace)).await?;
        Ok(Self { api: api.clone(), workspace, time_zone: found.time_zone, params, grant })
    }
}

/// A request's body, in time and within a limit.
pub(super) async fn body(sent: Body, bytes_max: usize) -> Result<Bytes> {
    let read = axum::body::to_bytes(sent, bytes_max);
    match tokio::time::timeout(BODY_TIME_MAX, read).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Failure::invalid(format!(
            "Invalid body: it broke off, or has more than {bytes_max} bytes"
        ))),
        Err(_) => Err(Failure::invalid("Invalid body: it did not arrive in time")),
    }
}

fn basic(parts: &Parts) -> Option<(String, String)> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(coded.trim()).ok()?).ok()?;
    let (key, secret) = text.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}

impl Project {
    /// Who changes something.
    pub(super) fn editor(&self) -> Result<Actor> {
        self.allowed(Role::Editor)
    }

    /// Who does something that needs a role.
    pub(super) fn allowed(&self, needed: Role) -> Result<Actor> {
        if self.grant.role.may(needed) {
            return Ok(self.grant.actor.clone());
        }
        let (needed, has) = (needed.name(), self.grant.role.name());
        Err(Failure::forbidden(format!(
            "The secret key must be a token with the role {needed}; this one has the role {has}"
        )))
    }

    /// Asks a question in its JSON form.
    pub(super) async fn ask(&self, query: Value) -> Result<InsightResult> {
        let query = InsightQuery::from_json(&query.to_string())?;
        let questions = &self.api.handles().questions;
        Ok(questions.ask(self.workspace, self.time_zone.clone(), query).await?)
    }

    /// The events that were seen, and the custom ones, as the data dictionary takes them.
    pub(super) async fn events(&self) -> Result<Vec<EventName>> {
        Ok(self.seen_and_told().await?.0)
    }

    /// These, and the other names that the dictionary has for some of them.
    async fn seen_and_told(&self) -> Result<(Vec<EventName>, Vec<String>)> {
        let no = self.workspace;
        let seen = self.api.handles().schema.event_names(no).await?;
        let entries = self.api.store().call(move |store| store.dictionary_list(no)).await?;
        let renamed: Vec<(String, String)> = entries
            .iter()
            .filter_map(|entry| Some((entry.name.clone(), entry.says.same_as.clone()?)))
            .collect();
        let told = told_events(seen, entries);
        let is_told = |name: &String| told.iter().any(|event| event.name == *name);
        let others = renamed.into_iter().filter(|(_, same_as)| is_told(same_as));
        let others = others.map(|(name, _)| name).collect();
        Ok((told, others))
    }

    /// Every event that a request names must have been seen: a typing error is no empty chart.
    pub(super) async fn check_events(&self, names: &[String]) -> Result<()> {
        let (known, others) = self.seen_and_told().await?;
        let is_unknown = |name: &&String| {
            !name.starts_with('_')
                && !others.contains(name)
                && !known.iter().any(|event| event.name == **name)
        };
        match names.iter().find(is_unknown) {
            Some(name) => Err(Failure::invalid(format!("Invalid event: {name}"))),
            None => Ok(()),
        }
    }
}

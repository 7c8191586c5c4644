//! Connecting a destination by OAuth: the way to its peer, and back with a code.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use serde::{Deserialize, Serialize};
use sluice_base::Secret;
use sluice_destination_kit::Settings;
use sluice_destination_kit::oauth::ACCESS_TOKEN;
use sluice_event::WorkspaceNo;
use sluice_model::{Destination, DestinationId};
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::{Editor, Viewer};
use crate::body::At;
use crate::error::ApiError;
use crate::oauth::{AGE_MAX, Begun, Client, said, secret, tokens};
use crate::routes::PREFIX;
use crate::state::ApiState;
use crate::visitor::Visitor;

/// Where peers send browsers back to.
pub(crate) const CALLBACK: &str = "/oauth/callback";
/// The browser that set out. Peers send it back by a link of another site, so it cannot be `Strict`.
const COOKIE_NAME: &str = "sluice_oauth";

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OAuthView {
    /// To be registered with the client at the peer.
    redirect_uri: String,
    /// There is an access token. Whether it still works, deliveries tell.
    is_connected: bool,
    /// Settings that must be saved before.
    missing: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OAuthData {
    oauth: OAuthView,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OAuthStart {
    /// Where the browser has to go; it comes back within ten minutes.
    authorize_url: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn found(
    api: &ApiState,
    no: WorkspaceNo,
    id: String,
) -> Result<(Destination, Settings), ApiError> {
    let found =
        api.store().call(move |store| store.destination_get(no, &DestinationId::new(id))).await?;
    let settings = settings(api, &found)?;
    Ok((found, settings))
}

fn settings(api: &ApiState, found: &Destination) -> Result<Settings, ApiError> {
    let kind = api.catalog().get(&found.kind).filter(|kind| kind.connects_by_oauth());
    let what = "destination that is connected by OAuth";
    let kind = kind.ok_or_else(|| ApiError::not_found(what, found.id.as_str()))?;
    let fits = kind.settings().check(found.settings.expose());
    fits.map_err(|error| ApiError::invalid("settings", error.to_string()))
}

/// How a destination is connected by OAuth, and whether it is.
#[utoipa::path(get, path = "/destinations/{destinationId}/oauth", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "What is there and what is missing", body = Data<OAuthData>)))]
pub(super) async fn get_oauth(
    who: Viewer,
    visitor: Visitor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<OAuthData>, ApiError> {
    let (_, settings) = found(&api, who.workspace(), id).await?;
    let missing = Client::of(&settings).err().unwrap_or_default();
    let oauth = OAuthView {
        redirect_uri: redirect_uri(&visitor),
        is_connected: settings.text(ACCESS_TOKEN).is_some_and(|token| !token.is_empty()),
        missing: missing.into_iter().map(str::to_owned).collect(),
    };
    Ok(Data { data: OAuthData { oauth } })
}

/// Begins the way to the peer. The answer's cookie binds it to the browser that asks.
#[utoipa::path(post, path = "/destinations/{destinationId}/oauth/start", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "Where to go", body = Data<OAuthStart>)))]
pub(super) async fn start_oauth(
    who: Editor,
    visitor: Visitor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Response, ApiError> {
    let (found, settings) = found(&api, who.workspace(), id).await?;
    let client = Client::of(&settings).map_err(|missing| {
        let message = format!("save {} first", missing.join(", "));
        ApiError::invalid("settings", message)
    })?;
    let [state, verifier, browser] = [(); 3].map(|()| secret());
    let redirect_uri = redirect_uri(&visitor);
    let authorize_url = client.authorize_url(&state, &verifier, &redirect_uri);
    let line = cookie(&browser, AGE_MAX.as_secs(), api.site().is_secure())?;
    let begun = Begun {
        workspace: who.workspace(),
        destination: found.id,
        actor: who.actor(),
        redirect_uri,
        verifier: Secret::new(verifier),
        browser: Secret::new(browser),
        at: api.site().clock.now(),
    };
    api.oauth().begin(state, begun);
    Ok(([(SET_COOKIE, line)], Data { data: OAuthStart { authorize_url } }).into_response())
}

fn redirect_uri(visitor: &Visitor) -> String {
    visitor.address_of(&format!("{PREFIX}{CALLBACK}"))
}

/// The browser comes back from the peer: whatever happened, it ends at the destination's page, which
/// says so.
pub(crate) async fn come_back(
    State(api): State<ApiState>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Response {
    let browser = browser(&headers);
    let Some(begun) = api.oauth().end(&back.state, browser.as_ref(), api.site().clock.now()) else {
        let page = "<!doctype html><title>Not connected</title><p>Nothing was connected: this way was \
                    not begun in this browser, or more than ten minutes ago, or it was used already. \
                    <a href=\"/destinations\">Go to the destinations</a> and connect again.";
        return (StatusCode::BAD_REQUEST, Html(page)).into_response();
    };
    let page = format!("/destinations/{}?tab=settings", begun.destination);
    let query = match connect(&api, begun, back).await {
        Ok(()) => "&oauth=connected".to_owned(),
        Err(words) => {
            let words: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
            format!("&oauth={}", words.replace('+', "%20"))
        }
    };
    let forget = cookie("", 0, api.site().is_secure()).ok();
    let mut response = Redirect::to(&format!("{page}{query}")).into_response();
    if let Some(line) = forget {
        response.headers_mut().insert(SET_COOKIE, line);
    }
    response
}

/// Takes the code for tokens and keeps them. An error is a sentence for the editor.
async fn connect(api: &ApiState, begun: Begun, back: Back) -> Result<(), String> {
    if let Some(error) = back.error {
        return Err(said(&error, back.error_description.as_deref()));
    }
    let code = back.code.filter(|code| !code.is_empty());
    let code = code.ok_or("the peer sent neither a code nor an error")?;
    let (no, id) = (begun.workspace, begun.destination.as_str().to_owned());
    let (_, settings) = found(api, no, id).await.map_err(|error| error.to_string())?;
    let client = Client::of(&settings)
        .map_err(|missing| format!("{} went missing meanwhile", missing.join(", ")))?;
    let renewed = exchange(api, &client, &begun, &code).await?;
    let kept = api.store().call(move |store| {
        store.destination_connect(no, &begun.destination, &renewed, &begun.actor)
    });
    kept.await.map_err(|error| error.to_string())
}

async fn exchange(
    api: &ApiState,
    client: &Client,
    begun: &Begun,
    code: &str,
) -> Result<Secret<serde_json::Map<String, serde_json::Value>>, String> {
    let mut is_basic = false;
    loop {
        let verifier = begun.verifier.expose();
        let request = client.token_request(code, verifier, &begun.redirect_uri, is_basic);
        let answer = api.site().outbound.send(request).await;
        let answer = answer.map_err(|failure| format!("the token address: {failure}"))?;
        match tokens(&answer) {
            Ok(renewed) => return Ok(renewed),
            Err(refusal) if refusal.is_of_client && client.has_secret() && !is_basic => {
                is_basic = true;
            }
            Err(refusal) => return Err(refusal.words),
        }
    }
}

fn cookie(value: &str, max_age: u64, is_secure: bool) -> Result<HeaderValue, ApiError> {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE_NAME}={value}; Path={PREFIX}{CALLBACK}; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}"
    );
    let mut line = HeaderValue::from_str(&text)
        .map_err(|_| ApiError::Internal("a cookie cannot be written".to_owned()))?;
    line.set_sensitive(true);
    Ok(line)
}

fn browser(headers: &HeaderMap) -> Option<Secret<String>> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|one| one.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == COOKIE_NAME)?;
    Some(Secret::new(value.trim().to_owned()))
}

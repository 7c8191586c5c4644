//! Being let in at a peer by OAuth 2: which ways there were begun, the address an editor is sent to,
//! and what the peer answers for a code (RFC 6749 section 4.1, with PKCE, RFC 7636).
//!
//! Not here: the operations (`routes/oauth`).

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use parking_lot::Mutex;
use rand::Rng;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use sluice_base::{Secret, Timestamp};
use sluice_destination_kit::oauth::{
    ACCESS_TOKEN, AUTHORIZATION_URL, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SCOPES, TOKEN_URL,
};
use sluice_destination_kit::{HttpAnswer, HttpRequest, Settings};
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, DestinationId};

/// Whoever takes longer begins again.
pub(crate) const AGE_MAX: Duration = Duration::from_secs(600);
/// Ways begun at a time; the oldest is given up.
const BEGUN_MAX: usize = 100;
const TIMEOUT: Duration = Duration::from_secs(15);
/// Of a peer's words.
const SAID_CHARS_MAX: usize = 300;

/// The way to a peer and back.
pub(crate) struct Begun {
    pub(crate) workspace: WorkspaceNo,
    pub(crate) destination: DestinationId,
    pub(crate) actor: Actor,
    /// As the peer was told; it compares them.
    pub(crate) redirect_uri: String,
    pub(crate) verifier: Secret<String>,
    /// The browser that set out, and must come back.
    pub(crate) browser: Secret<String>,
    pub(crate) at: Timestamp,
}

/// Ways begun, by the state that comes back. In memory: after a restart one begins again.
#[derive(Default)]
pub(crate) struct Ways(Mutex<HashMap<String, Begun>>);

impl Ways {
    pub(crate) fn begin(&self, state: String, begun: Begun) {
        let mut ways = self.0.lock();
        let oldest = begun.at.minus(AGE_MAX);
        ways.retain(|_, one| one.at >= oldest);
        if ways.len() >= BEGUN_MAX
            && let Some(first) =
                ways.iter().min_by_key(|(_, one)| one.at).map(|(key, _)| key.clone())
        {
            ways.remove(&first);
        }
        ways.insert(state, begun);
    }

    /// A state works once, for the browser that has it.
    pub(crate) fn end(
        &self,
        state: &str,
        browser: Option<&Secret<String>>,
        now: Timestamp,
    ) -> Option<Begun> {
        let begun = self.0.lock().remove(state)?;
        let is_own = browser.is_some_and(|browser| *browser == begun.browser);
        (is_own && begun.at >= now.minus(AGE_MAX)).then_some(begun)
    }
}

/// 256 bits that nobody can guess.
pub(crate) fn secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>())
}

/// An operator's client, as the settings say.
pub(crate) struct Client {
    id: String,
    secret: Option<String>,
    authorization_url: String,
    token_url: String,
    scopes: String,
}

impl Client {
    /// # Errors
    /// With the keys of what is missing.
    pub(crate) fn of(settings: &Settings) -> Result<Self, Vec<&'static str>> {
        let own = |key: &'static str| {
            let text = settings.text(key).map(str::trim).filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        match (own(CLIENT_ID), own(AUTHORIZATION_URL), own(TOKEN_URL)) {
            (Some(id), Some(authorization_url), Some(token_url)) => Ok(Self {
                id,
                secret: own(CLIENT_SECRET),
                authorization_url,
                token_url,
                scopes: own(SCOPES).unwrap_or_default(),
            }),
            _ => {
                let needed = [CLIENT_ID, AUTHORIZATION_URL, TOKEN_URL];
                Err(needed.into_iter().filter(|&key| own(key).is_none()).collect())
            }
        }
    }

    /// Where the editor says yes or no. A query that the address has already stays.
    pub(crate) fn authorize_url(&self, state: &str, verifier: &str, redirect_uri: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if !self.scopes.is_empty() {
            query.append_pair("scope", &self.scopes);
        }
        let joint = if self.authorization_url.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.authorization_url, query.finish())
    }

    /// The request that gives tokens for the code. Most peers take the client's secret in the body;
    /// those that do not have to take it as HTTP Basic.
    pub(crate) fn token_request(
        &self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        is_basic: bool,
    ) -> HttpRequest {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_verifier", verifier);
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form_type);
        let secret = self.secret.as_deref().unwrap_or_default();
        if is_basic {
            let encoded =
                |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = STANDARD.encode(format!("{}:{}", encoded(&self.id), encoded(secret)));
            if let Ok(mut value) = HeaderValue::from_str(&format!("Basic {pair}")) {
                value.set_sensitive(true);
                headers.insert(header::AUTHORIZATION, value);
            }
        } else {
            form.append_pair("client_id", &self.id);
            if self.secret.is_some() {
                form.append_pair("client_secret", secret);
            }
        }
        HttpRequest {
            method: Method::POST,
            url: self.token_url.clone(),
            headers,
            body: Bytes::from(form.finish()),
            timeout: TIMEOUT,
        }
    }

    pub(crate) const fn has_secret(&self) -> bool {
        self.secret.is_some()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    access_token: Option<String>,
    refresh_token: Option<String>,
    token_type: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Why there are no tokens.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The peer does not take the client's secret where it stood.
    pub(crate) is_of_client: bool,
    pub(crate) words: String,
}

/// The settings that the peer's answer gives.
///
/// # Errors
/// In words for an editor.
pub(crate) fn tokens(answer: &HttpAnswer) -> Result<Secret<Map<String, Value>>, Refusal> {
    let told: Option<Told> = serde_json::from_slice(&answer.body).ok();
    let is_good = (200..300).contains(&answer.status);
    let refusal = |words: String| Refusal { is_of_client: false, words };
    let Some(told) = told else {
        let words = format!("the token address answered {} and no JSON", answer.status);
        return Err(refusal(words));
    };
    if let Some(error) = &told.error {
        let is_of_client =
            error == "invalid_client" || answer.status == StatusCode::UNAUTHORIZED.as_u16();
        return Err(Refusal {
            is_of_client,
            words: said(error, told.error_description.as_deref()),
        });
    }
    if !is_good {
        return Err(Refusal {
            is_of_client: answer.status == StatusCode::UNAUTHORIZED.as_u16(),
            words: format!("the token address answered {}", answer.status),
        });
    }
    let is_bearer = |kind: &String| kind.eq_ignore_ascii_case("bearer");
    if !told.token_type.as_ref().is_none_or(is_bearer) {
        return Err(refusal("the peer gave a token that is no bearer token".to_owned()));
    }
    let Some(access) = told.access_token.filter(|token| !token.is_empty()) else {
        return Err(refusal("the peer answered without an access token".to_owned()));
    };
    let mut settings = Map::from_iter([(ACCESS_TOKEN.to_owned(), Value::from(access))]);
    if let Some(refresh) = told.refresh_token.filter(|token| !token.is_empty()) {
        settings.insert(REFRESH_TOKEN.to_owned(), refresh.into());
    }
    Ok(Secret::new(settings))
}

/// An error of the peer's in its words, shortened.
pub(crate) fn said(error: &str, description: Option<&str>) -> String {
    let words = match description.map(str::trim).filter(|text| !text.is_empty()) {
        Some(description) => format!("the peer says {error}: {description}"),
        None => format!("the peer says {error}"),
    };
    words.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn way(browser: &str, at: u64) -> Begun {
        Begun {
            workspace: WorkspaceNo(1),
            destination: DestinationId::from("d"),
            actor: Actor::server(),
            redirect_uri: "https://a.example/back".to_owned(),
            verifier: Secret::new("v".to_owned()),
            browser: Secret::new(browser.to_owned()),
            at: Timestamp::from_secs(at.try_into().unwrap()),
        }
    }

    #[test]
    fn a_state_works_once_in_time_and_for_its_own_browser() {
        let now = Timestamp::from_secs(1_000_000);
        let [own, other] = ["b", "c"].map(|browser| Secret::new(browser.to_owned()));
        let ends = |ways: &Ways, browser| ways.end("s", browser, now).is_some();
        let ways = Ways::default();
        ways.begin("s".to_owned(), way("b", 1_000_000 - 600));
        assert!(ends(&ways, Some(&own)));
        assert!(!ends(&ways, Some(&own)), "it worked twice");
        ways.begin("s".to_owned(), way("b", 1_000_000 - 601));
        assert!(!ends(&ways, Some(&own)), "it worked after its time");
        ways.begin("s".to_owned(), way("b", 1_000_000));
        assert!(!ends(&ways, Some(&other)), "for another browser");
        ways.begin("s".to_owned(), way("b", 1_000_000));
        assert!(!ends(&ways, None));
        for n in 0..BEGUN_MAX as u64 + 5 {
            ways.begin(n.to_string(), way("b", 1_000_000 + n));
        }
        assert_eq!(ways.0.lock().len(), BEGUN_MAX);
        assert!(ways.end("0", Some(&own), now).is_none(), "the oldest is given up");
    }

    #[test]
    fn what_a_peer_answers_is_tokens_or_a_sentence() {
        let answered = |status: u16, body: &Value| {
            let body = Bytes::from(body.to_string());
            tokens(&HttpAnswer { status, headers: HeaderMap::new(), body })
        };
        let good = answered(
            200,
            &json!({ "access_token": "a", "refresh_token": "r", "token_type": "Bearer" }),
        );
        assert_eq!(
            Value::Object(good.unwrap().expose().clone()),
            json!({ "accessToken": "a", "refreshToken": "r" })
        );
        let only = answered(200, &json!({ "access_token": "a", "refresh_token": "" })).unwrap();
        assert_eq!(only.expose().len(), 1);
        let words = |status, body: &Value| {
            let refusal = answered(status, body).unwrap_err();
            (refusal.is_of_client, refusal.words)
        };
        let grant = json!({ "error": "invalid_grant", "error_description": "code\nused" });
        assert_eq!(words(400, &grant), (false, "the peer says invalid_grant: codeused".to_owned()));
        assert!(words(401, &json!({ "error": "invalid_client" })).0);
        // Some answer 200 with an error.
        assert_eq!(words(200, &json!({ "error": "bad" })), (false, "the peer says bad".to_owned()));
        assert!(words(200, &json!({})).1.contains("without an access token"));
        assert!(
            words(200, &json!({ "access_token": "a", "token_type": "mac" })).1.contains("bearer")
        );
        assert!(words(500, &json!("x")).1.contains("500"));
    }
}

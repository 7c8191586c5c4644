//! Receivers for the demonstration's destinations: an Amplitude that checks and answers as the real
//! one, and a webhook receiver that checks signatures. Both fail now and then, by the seed, so that
//! retries and dead letters are to be seen; a page at `/demo-receivers/` shows what arrived.
//!
//! Inside: `amplitude` and `webhook` (what is answered), `tally` (what is remembered).
//!
//! Not here: anything of the server. It reaches them over HTTP like any other peer.

mod amplitude;
mod tally;
mod webhook;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::DemoError;
use crate::api::{Server, Source};
use amplitude::Amplitude;
use tally::Tally;
use webhook::Webhook;

const PAGE: &str = include_str!("../../receivers/index.html");
const STYLE: &str = include_str!("../../receivers/receivers.css");
const SCRIPT: &str = include_str!("../../receivers/receivers.js");
/// As much as Amplitude's largest request.
const BODY_BYTES_MAX: usize = 20 * 1024 * 1024;

/// Both receivers; clones share what arrived.
#[derive(Clone)]
pub struct Receivers {
    amplitude: Arc<Amplitude>,
    webhook: Arc<Webhook>,
}

/// What a receiver answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// Seconds.
    pub(crate) retry_after: Option<u32>,
}

impl Answer {
    fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string(), retry_after: None }
    }

    fn text(status: u16, body: &str) -> Self {
        Self { status, body: body.to_owned(), retry_after: None }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The demonstration's two destinations at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connected {
    pub(crate) amplitude: String,
    pub(crate) webhook: String,
}

impl Receivers {
    /// The same seed fails for the same events.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { amplitude: Arc::new(Amplitude::new(seed)), webhook: Arc::new(Webhook::new(seed)) }
    }

    pub(crate) fn amplitude_tally(&self) -> tally::Counts {
        self.amplitude.tally.lock().counts()
    }

    pub(crate) fn webhook_tally(&self) -> tally::Counts {
        self.webhook.tally.lock().counts()
    }

    /// Makes the destinations for a source.
    ///
    /// # Errors
    /// If the server refuses them.
    pub(crate) async fn connect(
        &self,
        server: &Server,
        source: &Source,
    ) -> Result<Connected, DemoError> {
        let at = |path: &str| format!("{}/demo-receivers/{path}", server.base_url());
        let amplitude = json!({
            "apiKey": amplitude::API_KEY,
            "serverUrl": at("amplitude"),
            "trackAllPages": true,
        });
        let webhook = json!({
            "url": at("webhook"),
            "sharedSecret": webhook::SECRET,
            "batchSize": 20,
        });
        let destination =
            |kind, name, settings| server.create_destination(source, kind, name, settings);
        Ok(Connected {
            amplitude: destination("amplitude", "Demo Amplitude", amplitude).await?,
            webhook: destination("webhook", "Demo webhook", webhook).await?,
        })
    }
}

/// Everything below `/demo-receivers`.
pub fn router(receivers: Receivers) -> Router {
    Router::new()
        .route("/demo-receivers", get(|| async { Redirect::permanent("/demo-receivers/") }))
        .route("/demo-receivers/", get(|| async { Html(PAGE) }))
        .route("/demo-receivers/receivers.css", get(|| async { typed("text/css", STYLE) }))
        .route("/demo-receivers/receivers.js", get(|| async { typed("text/javascript", SCRIPT) }))
        .route("/demo-receivers/arrived.json", get(arrived))
        .route("/demo-receivers/amplitude/2/httpapi", post(httpapi))
        .route("/demo-receivers/amplitude/batch", post(batch))
        .route("/demo-receivers/amplitude/identify", post(identify))
        .route("/demo-receivers/amplitude/groupidentify", post(group_identify))
        .route("/demo-receivers/amplitude/usermap", post(usermap))
        .route("/demo-receivers/webhook", post(hook))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(receivers)
}

fn typed(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
}

async fn arrived(State(receivers): State<Receivers>) -> Json<Value> {
    let shown = |tally: &Tally| tally.shown();
    Json(json!({
        "amplitude": shown(&receivers.amplitude.tally.lock()),
        "webhook": shown(&receivers.webhook.tally.lock()),
    }))
}

async fn httpapi(State(receivers): State<Receivers>, body: Bytes) -> Answer {
    receivers.amplitude.events(&body, false)
}

async fn batch(State(receivers): State<Receivers>, body: Bytes) -> Answer {
    receivers.amplitude.events(&body, true)
}

async fn identify(State(receivers): State<Receivers>, body: Bytes) -> Answer {
    receivers.amplitude.identify(&body)
}

async fn group_identify(State(receivers): State<Receivers>, body: Bytes) -> Answer {
    receivers.amplitude.group_identify(&body)
}

async fn usermap(State(receivers): State<Receivers>, body: Bytes) -> Answer {
    receivers.amplitude.usermap(&body)
}

async fn hook(State(receivers): State<Receivers>, headers: HeaderMap, body: Bytes) -> Answer {
    receivers.webhook.take(&headers, &body)
}

//! The operator's pages beside the API: health and metrics. They need no token and tell no names.
//! Every other path is the console's.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sluice_collector::CollectorStats;

use super::console;
use super::metrics;
use super::workspace::Workspaces;

#[derive(Clone)]
pub(super) struct Pages {
    pub(super) workspaces: Arc<Workspaces>,
    pub(super) collector: Arc<CollectorStats>,
    /// Workspaces whose ledger did not balance at the last check.
    pub(super) unbalanced: Arc<AtomicU64>,
}

pub(super) fn router(pages: Pages) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .fallback(console::serve)
        .with_state(pages)
}

async fn live() -> &'static str {
    "ok\n"
}

/// Ready means: events can be taken and made durable.
async fn ready(State(pages): State<Pages>) -> Response {
    let stopped = pages
        .workspaces
        .all()
        .iter()
        .flat_map(|workspace| [&workspace.received, &workspace.events])
        .find_map(|log| log.health().err());
    match stopped {
        None => "ready\n".into_response(),
        Some(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn metrics(State(pages): State<Pages>) -> Response {
    let rendered = tokio::task::spawn_blocking(move || metrics::render(&pages)).await;
    let Ok(Ok(text)) = rendered else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

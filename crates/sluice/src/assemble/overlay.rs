//! `GET /v1/receipts/{messageId}`: what became of one event, for the overlay on a page. The write
//! key opens it, and only if the source allows it; the answer tells outcomes, not contents.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use sluice_api::handles::{Receipt, ReceiptOutcome, Receipts};
use sluice_model::tables::SourceEntry;
use sluice_store::Store;

#[derive(Clone)]
struct Overlay {
    store: Store,
    receipts: Arc<dyn Receipts>,
}

pub(super) fn router(store: &Store, receipts: &Arc<dyn Receipts>) -> Router {
    let overlay = Overlay { store: store.clone(), receipts: Arc::clone(receipts) };
    Router::new()
        .route("/v1/receipts/{messageId}", get(receipt).options(preflight))
        .with_state(overlay)
}

async fn preflight() -> Response {
    let allowed =
        [(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization"))];
    (StatusCode::NO_CONTENT, for_all(), allowed).into_response()
}

async fn receipt(
    State(overlay): State<Overlay>,
    Path(message_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(source) = overlay.source(&headers) else {
        return refuse(StatusCode::UNAUTHORIZED, "no source has this write key");
    };
    if !source.overlay_receipts {
        let why = "this source shows no receipts; switch on overlayReceipts in its settings";
        return refuse(StatusCode::FORBIDDEN, why);
    }
    match overlay.receipts.receipt(source.workspace, source.no, message_id).await {
        Ok(Some(receipt)) => {
            let body = json!({ "receipt": overlay.told(&receipt) }).to_string();
            (for_all(), body).into_response()
        }
        Ok(None) => refuse(StatusCode::NOT_FOUND, "no such event, or not yet"),
        Err(error) => {
            tracing::warn!(%error, "a receipt for the overlay failed");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the server cannot tell now")
        }
    }
}

impl Overlay {
    fn source(&self, headers: &HeaderMap) -> Option<Arc<SourceEntry>> {
        let header = headers.get(header::AUTHORIZATION)?;
        let key = sluice_collector::basic_key(header.as_bytes())?;
        self.store.sources().borrow().by_write_key.get(&key).cloned()
    }

    /// The state, why, and what each destination made of it.
    fn told(&self, receipt: &Receipt) -> Value {
        let (state, reason) = match &receipt.outcome {
            ReceiptOutcome::Waiting => ("waiting", None),
            ReceiptOutcome::Accepted { .. } => ("accepted", None),
            ReceiptOutcome::Duplicate { .. } => ("duplicate", None),
            ReceiptOutcome::Refused { reason } => ("refused", Some(reason)),
        };
        let names: HashMap<String, String> = {
            let table = self.store.connections().borrow().clone();
            table.connections.iter().map(|spec| (spec.id.clone(), spec.name.clone())).collect()
        };
        let deliveries = receipt.deliveries.iter().map(|delivery| {
            let name = names.get(&delivery.connection_id).unwrap_or(&delivery.destination_id);
            json!({ "destination": name, "state": delivery.state })
        });
        json!({ "state": state, "reason": reason, "deliveries": deliveries.collect::<Vec<_>>() })
    }
}

fn for_all() -> [(header::HeaderName, HeaderValue); 3] {
    [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, for_all(), json!({ "error": error }).to_string()).into_response()
}

//! What is not the hot path: Segment's browser SDK and its settings, the pixel, and the check of an
//! event. Ordinary handlers of a router that [`crate::serve`] asks when no event path matched.

mod devices;
mod pixel;
mod remarks;
mod sdk;
mod settings;
mod validate;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

pub use devices::{DeviceDestination, Devices};
pub use sdk::BrowserSdk;

use crate::Collector;

#[derive(Clone)]
struct Pages {
    collector: Collector,
    sdk: Arc<BrowserSdk>,
    devices: Arc<dyn Devices>,
}

/// The collector's pages; `sdk` is what `/analytics.js/…` serves, `devices` what pages and apps send
/// to themselves.
pub fn pages(collector: Collector, sdk: BrowserSdk, devices: Arc<dyn Devices>) -> Router {
    let script = get(analytics_js);
    let settings = get(settings_json);
    Router::new()
        .route("/analytics.js/v1/{key}/analytics.min.js", script.clone())
        .route("/analytics.js/v1/{key}/analytics.js", script.clone())
        .route("/analytics.js/v1/{key}/platform/analytics.min.js", script)
        .route("/analytics-next/bundles/{name}", get(chunk))
        .route("/analytics-next/NOTICE", get(notice))
        .route("/v1/projects/{key}/settings", settings.clone())
        .route("/v1/projects/{key}/settings/", settings.clone())
        // Where an SDK was told a host without `/v1`.
        .route("/projects/{key}/settings", settings)
        .route("/v1/pixel/{kind}", get(pixel::pixel))
        .route("/v1/pixel/{kind}/", get(pixel::pixel))
        .route("/v1/validate", post(validate::validate).options(validate::preflight))
        .with_state(Pages { collector, sdk: Arc::new(sdk), devices })
}

async fn analytics_js(
    State(pages): State<Pages>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    if pages.collector.source_of(&key).is_none() {
        return (StatusCode::NOT_FOUND, for_all(), "// No source has this write key.\n")
            .into_response();
    }
    pages.sdk.script(&key, &headers)
}

async fn chunk(
    State(pages): State<Pages>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    pages.sdk.chunk(&name, &headers)
}

async fn notice(State(pages): State<Pages>) -> Response {
    pages.sdk.notice()
}

async fn settings_json(
    State(pages): State<Pages>,
    Path(key): Path<String>,
    peer: axum::extract::ConnectInfo<std::net::SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some(source) = pages.collector.source_of(&key) else {
        let body = r#"{"success":false,"code":"invalid_write_key","message":"no source has this write key","error":"no source has this write key"}"#;
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        return (StatusCode::NOT_FOUND, for_all(), json, body).into_response();
    };
    let peer: IpAddr = peer.0.ip();
    // HTTP/2 has no Host header.
    let host = uri.authority().map(|authority| authority.as_str());
    let config = pages.collector.config();
    let (protocol, host) = settings::address(config, peer, host, &headers);
    let mut body = settings::body(&key, protocol, &host);
    let origin = format!("{protocol}://{host}");
    devices::add(&mut body, &pages.devices.of_source(source.no), &pages.sdk, &origin);
    devices::ask_for_consent(&mut body, &pages.devices.consent_categories(source.no));
    settings::answer(&body)
}

/// Scripts and settings are for every page of the web.
fn for_all() -> [(header::HeaderName, HeaderValue); 2] {
    [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ]
}

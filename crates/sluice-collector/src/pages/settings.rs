//! `/v1/projects/KEY/settings`: what a browser or mobile SDK asks before it sends.
//!
//! The SDKs send to the `apiHost` they find here, whatever they were configured with, so it must be
//! this server's own address as the SDK sees it: `server.public_url` where the operator set it, else
//! what the request says of itself.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::for_all;
use crate::CollectorConfig;

const CACHE: &str = "public, max-age=120";

/// The scheme and host under which the sender reaches this server.
pub(super) fn address(
    config: &CollectorConfig,
    peer: IpAddr,
    authority: Option<&str>,
    request: &HeaderMap,
) -> (&'static str, String) {
    match &config.public_url {
        Some(url) => (url.protocol, url.host.clone()),
        None => own_address(config, peer, authority, request),
    }
}

pub(super) fn answer(body: &serde_json::Value) -> Response {
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static(CACHE)),
        (header::VARY, HeaderValue::from_static("Host, Origin, X-Forwarded-Proto")),
    ];
    (for_all(), head, body.to_string()).into_response()
}

/// As the request shows it. A proxy tells the scheme by `X-Forwarded-Proto`, and is believed if it
/// is a trusted one. A page that came by HTTPS can only have asked by HTTPS.
fn own_address(
    config: &CollectorConfig,
    peer: IpAddr,
    authority: Option<&str>,
    request: &HeaderMap,
) -> (&'static str, String) {
    let text = |name: &str| request.get(name).and_then(|value| value.to_str().ok());
    let is_trusted =
        config.trusted_proxies.iter().any(|network| network.contains(peer.to_canonical()));
    let host = is_trusted.then(|| text("x-forwarded-host")).flatten();
    let host = host.or(authority).or_else(|| text("host")).unwrap_or("localhost").trim();
    let is_loopback = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
    let proxied = is_trusted.then(|| text("x-forwarded-proto")).flatten();
    let is_https = match proxied {
        Some(protocol) => protocol.trim().starts_with("https"),
        None => {
            config.is_https
                || !is_loopback && text("origin").is_some_and(|from| from.starts_with("https://"))
        }
    };
    (if is_https { "https" } else { "http" }, host.to_owned())
}

/// The settings of a source that has nothing but this server.
pub(super) fn body(key: &str, protocol: &str, host: &str) -> serde_json::Value {
    json!({
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": format!("{host}/v1"),
                "protocol": protocol,
                "addBundledMetadata": true,
                "unbundledIntegrations": [],
                "maybeBundledConfigIds": {},
                "versionSettings": { "version": "4.4.7", "componentTypes": ["browser"] },
                "httpConfig": http_config(),
            }
        },
        "plan": {
            "track": { "__default": { "enabled": true, "integrations": {} } },
            "identify": { "__default": { "enabled": true } },
            "group": { "__default": { "enabled": true } },
        },
        "edgeFunction": {},
        "analyticsNextEnabled": true,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": { "sampleRate": 0, "host": format!("{host}/v1") },
        "legacyVideoPluginsEnabled": false,
        "remotePlugins": [],
    })
}

/// Makes mobile SDKs drop what can never be taken and obey `Retry-After`; without it Swift sends a
/// refused batch for ever.
fn http_config() -> serde_json::Value {
    json!({
        "rateLimitConfig": { "enabled": true, "maxRetryCount": 100, "maxRetryInterval": 300 },
        "backoffConfig": {
            "enabled": true,
            "maxRetryCount": 100,
            "baseBackoffInterval": 0.5,
            "maxBackoffInterval": 300,
            "maxTotalBackoffDuration": 43_200,
            "jitterPercent": 10,
            "default4xxBehavior": "drop",
            "default5xxBehavior": "retry",
            "unknownCodeBehavior": "drop",
            "statusCodeOverrides": {
                "408": "retry", "410": "retry", "429": "retry", "460": "retry",
                "501": "drop", "505": "drop",
            },
        },
    })
}

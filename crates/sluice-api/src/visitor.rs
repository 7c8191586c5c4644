//! Where a request comes from: the client's address, the site it was sent from, and the address
//! under which the visitor reaches us.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::header::{HOST, HeaderMap, ORIGIN};
use http::request::Parts;
use sluice_base::Clock;
use sluice_destination_kit::HttpOut;

use crate::error::ApiError;
use crate::state::ApiState;

/// The client's address, from the peer's and what trusted proxies say.
pub type ClientIp = Arc<dyn Fn(IpAddr, &HeaderMap) -> IpAddr + Send + Sync>;

/// How the server is reached, given by whoever assembles it.
#[derive(Clone)]
pub struct Site {
    pub clock: Arc<dyn Clock>,
    /// Scheme and host as browsers see them; `None` takes the host of each request.
    pub public_url: Option<String>,
    /// Whether the listener itself speaks HTTPS.
    pub is_https: bool,
    pub client_ip: ClientIp,
    /// For asking peers that an editor connects a destination to.
    pub outbound: HttpOut,
    pub scripts: BrowserScripts,
}

/// How much pages load, compressed.
#[derive(Clone, Debug, Default)]
pub struct BrowserScripts {
    /// Of the browser SDK; 0 if this server gives none out.
    pub sdk_bytes: usize,
    /// Of each plugin for device mode, by its name.
    pub plugin_bytes: BTreeMap<String, usize>,
}

impl Site {
    /// Whether cookies must travel by HTTPS only.
    pub(crate) fn is_secure(&self) -> bool {
        self.public_url.as_ref().map_or(self.is_https, |url| url.starts_with("https://"))
    }
}

/// Somebody who asks without being known; a page of another site may not ask for them.
pub(crate) struct Visitor {
    pub(crate) address: IpAddr,
    base_url: String,
}

impl Visitor {
    /// A link into the console.
    pub(crate) fn link(&self, page: &str, name: &str, code: &str) -> String {
        format!("{}/{page}?{name}={code}", self.base_url)
    }

    /// A path of ours as the visitor's browser reaches it.
    pub(crate) fn address_of(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}

impl FromRequestParts<ApiState> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, ApiError> {
        check_origin(parts, api.site())?;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        let site = api.site();
        let base_url = site.public_url.clone().unwrap_or_else(|| {
            let scheme = if site.is_https { "https" } else { "http" };
            format!("{scheme}://{}", host(parts).unwrap_or("localhost"))
        });
        let base_url = base_url.trim_end_matches('/').to_owned();
        Ok(Self { address: (site.client_ip)(peer, &parts.headers), base_url })
    }
}

/// Browsers tell the site a changing request comes from: it must be this one. Other clients tell
/// nothing.
pub(crate) fn check_origin(parts: &Parts, site: &Site) -> Result<(), ApiError> {
    let Some(origin) = parts.headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().map_err(|_| ApiError::Origin)?;
    // The scheme is not compared: behind a proxy that ends TLS it differs.
    let from = authority(origin).ok_or(ApiError::Origin)?;
    let public = site.public_url.as_deref().and_then(authority);
    let is_ours = |own: Option<&str>| own.is_some_and(|own| own.eq_ignore_ascii_case(from));
    if is_ours(public) || is_ours(host(parts)) { Ok(()) } else { Err(ApiError::Origin) }
}

/// Host and port of an address.
fn authority(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split('/').next()
}

fn host(parts: &Parts) -> Option<&str> {
    let by_header = parts.headers.get(HOST).and_then(|value| value.to_str().ok());
    by_header.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))
}

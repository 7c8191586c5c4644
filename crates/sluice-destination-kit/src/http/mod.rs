//! The one client by which Sluice calls out.
//!
//! It resolves names itself, refuses private, loopback, link-local and metadata addresses unless
//! the operator allows them, checks again at every redirect, and bounds time and the size of
//! answers. Connections are pooled per origin; an address is checked when its connection is made,
//! so a name that later resolves to something else cannot slip through.
//!
//! HTTP/1.1 only: peers of webhooks all speak it, and requests in flight are bounded per
//! connection by the scheduler anyway.

mod address;
mod connect;
mod proxy;
mod redirect;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

pub use address::{AddressPolicy, Cidr};
pub use proxy::Proxy;
pub use redirect::parse_url;
pub use rustls::pki_types::CertificateDer;

use connect::{ConnectFailure, Connector};

#[derive(Clone, Debug)]
pub struct HttpOutConfig {
    pub policy: AddressPolicy,
    /// Name resolution, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Of an answer's body; more is read no further and cut off.
    pub answer_bytes_max: usize,
    pub redirects_max: usize,
    pub user_agent: String,
    /// All requests go through it.
    pub proxy: Option<Proxy>,
    /// Trusted beside the public authorities.
    pub root_certificates: Vec<CertificateDer<'static>>,
}

impl Default for HttpOutConfig {
    fn default() -> Self {
        Self {
            policy: AddressPolicy::default(),
            connect_timeout: Duration::from_secs(5),
            answer_bytes_max: 64 * 1024,
            redirects_max: 5,
            user_agent: concat!("Sluice/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: None,
            root_certificates: Vec::new(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct HttpRequest {
    pub method: Method,
    pub url: String,
    /// Values marked sensitive are not recorded and not sent on to another origin.
    pub headers: HeaderMap,
    pub body: Bytes,
    /// For the whole exchange with all redirects.
    pub timeout: Duration,
}

#[derive(Clone, Debug)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    /// At most `answer_bytes_max`.
    pub body: Bytes,
}

impl HttpAnswer {
    /// `Retry-After` as seconds, or as a date measured against the answer's own `Date`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Duration::from_secs(u64::from(seconds)));
        }
        let until = httpdate::parse_http_date(text).ok()?;
        let now = httpdate::parse_http_date(self.headers.get(header::DATE)?.to_str().ok()?).ok()?;
        until.duration_since(now).ok()
    }
}

/// No answer came. [`HttpFailure::code`] names the cause as operators know it.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum HttpFailure {
    #[error("the URL cannot be used: {0}")]
    Url(String),
    #[error("{0} is a private address; the operator has to allow it")]
    PrivateAddress(String),
    #[error("the name {0} could not be resolved")]
    Dns(String),
    #[error("the connection was refused")]
    Refused,
    #[error("the connection was reset")]
    Reset,
    #[error("the host cannot be reached: {0}")]
    Unreachable(String),
    #[error("no answer in time")]
    Timeout,
    #[error("TLS failed: {0}")]
    Tls(String),
    #[error("the peer broke the protocol: {0}")]
    Protocol(String),
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    #[error("the redirect cannot be followed: {0}")]
    Redirect(String),
}

impl HttpFailure {
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "INVALID_SETTINGS",
            Self::PrivateAddress(_) => "PRIVATE_ADDRESS",
            Self::Dns(_) => "ENOTFOUND",
            Self::Refused => "ECONNREFUSED",
            Self::Reset => "ECONNRESET",
            Self::Unreachable(_) => "EHOSTUNREACH",
            Self::Timeout => "ETIMEDOUT",
            Self::Tls(_) => "TLS",
            Self::Protocol(_) => "EPROTO",
            Self::TooManyRedirects(_) | Self::Redirect(_) => "REDIRECT",
        }
    }

    /// The verdict for a delivery: the network may heal; an address or a redirect that is refused
    /// will not.
    #[must_use]
    pub fn verdict(&self) -> crate::Verdict {
        let reason = crate::Reason::new(self.code(), self.to_string());
        match self {
            // The operator or the owner has to act, and then all events go: they wait.
            Self::Url(_) | Self::PrivateAddress(_) => crate::Verdict::Suspend { reason },
            Self::TooManyRedirects(_) | Self::Redirect(_) => crate::Verdict::Reject { reason },
            _ => crate::Verdict::Retry { reason, after: None },
        }
    }
}

/// Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct HttpOut(Arc<Inner>);

struct Inner {
    client: Client<Connector, Full<Bytes>>,
    config: HttpOutConfig,
    user_agent: HeaderValue,
}

impl HttpOut {
    #[must_use]
    pub fn new(config: HttpOutConfig) -> Self {
        let connector = Connector::new(&config);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(64)
            .pool_timer(TokioTimer::new())
            .build(connector);
        let user_agent = HeaderValue::from_str(&config.user_agent)
            .unwrap_or_else(|_| HeaderValue::from_static("Sluice"));
        Self(Arc::new(Inner { client, config, user_agent }))
    }

    /// The same client, with another bound on answers: of a peer whose answers are data.
    #[must_use]
    pub fn with_answers_up_to(&self, answer_bytes_max: usize) -> Self {
        Self(Arc::new(Inner {
            client: self.0.client.clone(),
            config: HttpOutConfig { answer_bytes_max, ..self.0.config.clone() },
            user_agent: self.0.user_agent.clone(),
        }))
    }

    /// Sends one request and follows redirects.
    ///
    /// 307 and 308 keep method and body. 301, 302 and 303 are followed only for GET and HEAD: any
    /// other method would lose its body on the way, and an event would count as delivered that
    /// never arrived; their answer is handed back as it is. A redirect from https to http is
    /// refused. To another origin neither credentials nor headers marked sensitive go along.
    ///
    /// # Errors
    /// If no answer came; see [`HttpFailure`].
    pub async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpFailure> {
        match tokio::time::timeout(request.timeout, self.follow(request)).await {
            Ok(result) => result,
            Err(_) => Err(HttpFailure::Timeout),
        }
    }

    async fn follow(&self, request: HttpRequest) -> Result<HttpAnswer, HttpFailure> {
        let mut uri = parse_url(&request.url).map_err(HttpFailure::Url)?;
        let mut headers = request.headers;
        headers.entry(header::USER_AGENT).or_insert_with(|| self.0.user_agent.clone());
        for _ in 0..=self.0.config.redirects_max {
            let answer = self.once(&request.method, &uri, &headers, &request.body).await?;
            let keeps_body = matches!(answer.status, 307 | 308);
            let bodiless = matches!(request.method, Method::GET | Method::HEAD);
            let is_followed = keeps_body || (bodiless && matches!(answer.status, 301..=303));
            if !is_followed {
                return Ok(answer);
            }
            let Some(location) = answer.headers.get(header::LOCATION) else { return Ok(answer) };
            let location =
                location.to_str().map_err(|error| HttpFailure::Redirect(error.to_string()))?;
            let next = redirect::resolve(&uri, location).map_err(HttpFailure::Redirect)?;
            if !redirect::is_same_origin(&uri, &next) {
                redirect::strip_secrets(&mut headers);
            }
            uri = next;
        }
        Err(HttpFailure::TooManyRedirects(self.0.config.redirects_max))
    }

    async fn once(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<HttpAnswer, HttpFailure> {
        let mut request = http::Request::new(Full::new(body.clone()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers.clone();
        let answer = self.0.client.request(request).await.map_err(|error| classify(&error))?;
        let (head, mut incoming) = answer.into_parts();
        let mut body = BytesMut::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| classify(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            let room = self.0.config.answer_bytes_max - body.len();
            body.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() >= room {
                break; // dropping the rest closes the connection
            }
        }
        Ok(HttpAnswer { status: head.status.as_u16(), headers: head.headers, body: body.freeze() })
    }
}

impl std::fmt::Debug for HttpOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HttpOut").field(&self.0.config.policy).finish()
    }
}

/// Looks for the cause that says most along the chain of sources.
fn classify(error: &(dyn std::error::Error + 'static)) -> HttpFailure {
    let mut cause = Some(error);
    let mut last = error;
    while let Some(error) = cause {
        if let Some(failure) = error.downcast_ref::<ConnectFailure>() {
            return failure.0.clone();
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return connect::of_io(error);
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && (error.is_incomplete_message() || error.is_canceled() || error.is_closed())
        {
            return HttpFailure::Reset;
        }
        last = error;
        cause = error.source();
    }
    HttpFailure::Protocol(last.to_string())
}

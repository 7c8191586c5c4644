//! The answers, exactly as SDKs need them.
//!
//! Success is 200 with `{"success":true}`: on any other 2xx PHP's SDK sends the batch again without
//! end. A refusal that no retry can mend is 400, never another 4xx: Swift's and Go's SDKs send
//! again on those. Every error body has `code` and `message` (Python reads both) and `error`
//! (Ruby). CORS headers stand on errors, too, or a browser sees only a network error.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};

/// What the collector answers to an event request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Malformed(&'static str),
    TooLarge(&'static str),
    WriteKey(&'static str),
    /// Over the source's rate.
    Rate {
        retry_after: Duration,
    },
    /// The log or the pipeline needs time.
    Busy {
        retry_after: Duration,
    },
    /// The log has stopped, or the body did not come in time.
    Unavailable(&'static str),
}

impl Answer {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Accepted => StatusCode::OK,
            Self::Malformed(_) | Self::TooLarge(_) | Self::WriteKey(_) => StatusCode::BAD_REQUEST,
            Self::Rate { .. } | Self::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn code_and_message(self) -> (&'static str, &'static str) {
        match self {
            Self::Accepted => ("", ""),
            Self::Malformed(message) => ("invalid_request", message),
            Self::TooLarge(message) => ("payload_too_large", message),
            Self::WriteKey(message) => ("invalid_write_key", message),
            Self::Rate { .. } => ("rate_limited", "too many requests for this source"),
            Self::Busy { .. } => ("overloaded", "the server needs time to catch up"),
            Self::Unavailable(message) => ("unavailable", message),
        }
    }

    const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Rate { retry_after } | Self::Busy { retry_after } => Some(retry_after),
            Self::Unavailable(_) => Some(Duration::from_secs(5)),
            _ => None,
        }
    }

    pub(crate) const fn code(self) -> &'static str {
        self.code_and_message().0
    }

    pub(crate) const fn message(self) -> &'static str {
        self.code_and_message().1
    }

    pub(crate) fn into_response(self, request: &Cors) -> Response<AnswerBody> {
        let body = if self == Self::Accepted {
            Bytes::from_static(b"{\"success\":true}")
        } else {
            let (code, message) = self.code_and_message();
            let body = format!(
                "{{\"success\":false,\"code\":\"{code}\",\"message\":\"{message}\",\"error\":\"{message}\"}}"
            );
            Bytes::from(body)
        };
        let mut response = Response::new(AnswerBody::whole(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.put(headers);
        if let Some(wait) = self.retry_after() {
            // Whole seconds: not every SDK reads dates, and none reads fractions.
            let seconds =
                HeaderValue::from(wait.as_nanos().div_ceil(1_000_000_000).clamp(1, 300) as u64);
            headers.insert(header::RETRY_AFTER, seconds.clone());
            headers.insert(HeaderName::from_static("x-ratelimit-reset"), seconds);
        }
        response
    }
}

/// What of a request's headers the CORS answer needs.
pub(crate) struct Cors {
    origin: Option<HeaderValue>,
}

impl Cors {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self { origin: headers.get(header::ORIGIN).cloned() }
    }

    fn put(&self, headers: &mut HeaderMap) {
        match &self.origin {
            None => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Some(origin) => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.insert(
                    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                    HeaderValue::from_static("true"),
                );
                headers.insert(
                    header::ACCESS_CONTROL_EXPOSE_HEADERS,
                    HeaderValue::from_static("Retry-After, X-RateLimit-Reset"),
                );
                headers.insert(header::VARY, HeaderValue::from_static("Origin"));
            }
        }
    }
}

/// The answer to `OPTIONS` on an event path: 204 with what the request asked for.
pub(crate) fn preflight(request: &HeaderMap) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    Cors::of(request).put(headers);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, OPTIONS"),
    );
    let asked = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let allowed = asked
        .unwrap_or_else(|| HeaderValue::from_static("authorization, content-type, x-retry-count"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

/// The collector's own small answers, and those of the router beside it.
pub(crate) enum AnswerBody {
    Whole(Option<Bytes>),
    Router(axum::body::Body),
}

impl AnswerBody {
    pub(crate) const fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => {
                let bytes = bytes.take().filter(|bytes| !bytes.is_empty());
                Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::Router(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Router(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Router(body) => body.size_hint(),
        }
    }
}

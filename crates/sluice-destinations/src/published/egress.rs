//! The way out of the sandbox: every request goes through the server's one client, and is kept until
//! its call has ended, for whoever looks at a delivery.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use parking_lot::Mutex;
use sluice_destination_kit::record::TRIAL_BYTES_MAX;
use sluice_destination_kit::{Exchange, HttpAnswer, HttpFailure, HttpOut, HttpRequest, Redactor};
use sluice_functions::{FetchAnswer, FetchFailure, FetchRequest, Fetching, Host};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Unless the destination asks for another.
const TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT_MAX: Duration = Duration::from_secs(30);
/// Exchanges kept of one call; later ones take the place of the last.
const EXCHANGES_MAX: usize = 20;
/// Of a body that is kept: what may be shown of it, and a secret across that border.
const KEPT_BYTES_MAX: usize = 72 * 1024;
/// What the package calls itself; here Sluice calls.
const PACKAGE_AGENT: &str = "Segment (Actions)";

type Kept = (HttpRequest, Result<HttpAnswer, HttpFailure>);

pub(super) struct Egress {
    http: HttpOut,
    /// Of the caller: connections live there, not on a thread that computes.
    runtime: Handle,
    exchanges: Arc<Mutex<Vec<Kept>>>,
    slug: String,
}

impl Egress {
    pub(super) fn new(http: HttpOut, runtime: Handle, slug: &str) -> Self {
        Self { http, runtime, exchanges: Arc::default(), slug: slug.to_owned() }
    }

    /// All, for whoever tries the destination out.
    pub(super) fn all(&self, redactor: &Redactor) -> Vec<Exchange> {
        let exchanges = self.exchanges.lock();
        let recorded = exchanges.iter().map(|(request, answer)| {
            let mut one = Exchange::record_up_to(TRIAL_BYTES_MAX, redactor, request, answer);
            // Tokens that were fetched anew are in no setting, so the redactor does not know them.
            if ["access_token", "refresh_token"].iter().any(|name| one.answer_body.contains(name)) {
                one.answer_body = "(holds a token)".to_owned();
            }
            if one.request_body.contains("refresh_token") {
                one.request_body = "(holds a token)".to_owned();
            }
            one
        });
        recorded.collect()
    }

    /// The exchange that says most: the last one that failed, else the last one.
    pub(super) fn exchange(&self, redactor: &Redactor) -> Option<Exchange> {
        let exchanges = self.exchanges.lock();
        let chosen = exchanges.iter().rev().find(has_failed).or_else(|| exchanges.last());
        chosen.map(|(request, answer)| Exchange::record(redactor, request, answer))
    }
}

impl Egress {
    /// Of the last request that failed.
    pub(super) fn failed_url(&self) -> Option<String> {
        let exchanges = self.exchanges.lock();
        exchanges.iter().rev().find(has_failed).map(|(request, _)| request.url.clone())
    }
}

fn has_failed((_, answer): &&Kept) -> bool {
    answer.as_ref().map_or(true, |answer| !(200..300).contains(&answer.status))
}

fn keep(exchanges: &mut Vec<Kept>, request: HttpRequest, answer: &Result<HttpAnswer, HttpFailure>) {
    if exchanges.len() == EXCHANGES_MAX {
        exchanges.pop();
    }
    let request = HttpRequest { body: cut(&request.body), ..request };
    let answer = match answer {
        Ok(answer) => Ok(HttpAnswer { body: cut(&answer.body), ..answer.clone() }),
        Err(failure) => Err(failure.clone()),
    };
    exchanges.push((request, answer));
}

/// A copy of the beginning, so that the whole body can go.
fn cut(body: &Bytes) -> Bytes {
    if body.len() <= KEPT_BYTES_MAX {
        return body.clone();
    }
    Bytes::copy_from_slice(&body[..KEPT_BYTES_MAX])
}

impl Host for Egress {
    fn fetch(&self, request: FetchRequest) -> Fetching {
        let http = self.http.clone();
        let exchanges = Arc::clone(&self.exchanges);
        let sending = self.runtime.spawn(async move {
            let request = http_request(request).map_err(|message| FetchFailure {
                code: "ERR_INVALID_ARG_VALUE".to_owned(),
                message,
            })?;
            let answer = http.send(request.clone()).await;
            keep(&mut exchanges.lock(), request, &answer);
            answer.map(fetch_answer).map_err(|failure| FetchFailure {
                code: failure.code().to_owned(),
                message: failure.to_string(),
            })
        });
        let mut sending = AbortOnDrop(sending);
        Box::pin(async move {
            (&mut sending.0).await.unwrap_or_else(|_| {
                Err(FetchFailure { code: "ECANCELED".to_owned(), message: "given up".to_owned() })
            })
        })
    }

    fn log(&self, level: &str, line: &str) {
        tracing::debug!(destination = %self.slug, level, line, "a destination's own log");
    }
}

/// A call that ends takes its requests along.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn http_request(request: FetchRequest) -> Result<HttpRequest, String> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 2);
    for (name, value) in request.headers {
        let name: HeaderName = name.parse().map_err(|_| format!("`{name}` is no header name"))?;
        if (name == header::USER_AGENT && value == PACKAGE_AGENT) || is_ours(&name) {
            continue;
        }
        let latin1: Vec<u8> = value.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        let mut value = HeaderValue::from_bytes(&latin1)
            .map_err(|_| format!("the header `{name}` holds what no header can"))?;
        value.set_sensitive(is_secret(name.as_str()));
        headers.append(name, value);
    }
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Ok(HttpRequest {
        method: request.method.parse().map_err(|_| "the method is none".to_owned())?,
        url: request.url,
        headers,
        body: request.body,
        timeout: request.timeout.unwrap_or(TIMEOUT).min(TIMEOUT_MAX),
    })
}

/// What the client sets itself.
fn is_ours(name: &HeaderName) -> bool {
    [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION]
        .contains(name)
        || name == header::ACCEPT_ENCODING
}

/// Settings are blanked wherever they stand; this is for what an answer gave (a session's token).
fn is_secret(name: &str) -> bool {
    ["auth", "token", "key", "secret", "cookie", "session"].iter().any(|part| name.contains(part))
}

fn fetch_answer(answer: HttpAnswer) -> FetchAnswer {
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    FetchAnswer { status: answer.status, headers: headers.collect(), body: answer.body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_exchanges_with_large_bodies_are_kept_in_bounds() {
        let mut kept = Vec::new();
        let large = Bytes::from(vec![b'x'; 4 << 20]);
        for n in 0..100 {
            let request = HttpRequest {
                method: http::Method::POST,
                url: format!("https://a.example/{n}"),
                headers: HeaderMap::new(),
                body: large.clone(),
                timeout: TIMEOUT,
            };
            let answer = HttpAnswer { status: 200, headers: HeaderMap::new(), body: large.clone() };
            keep(&mut kept, request, &Ok(answer));
        }
        let bytes: usize = kept
            .iter()
            .map(|(request, answer)| request.body.len() + answer.as_ref().unwrap().body.len())
            .sum();
        assert_eq!(bytes, EXCHANGES_MAX * 2 * KEPT_BYTES_MAX);
        let urls: Vec<&str> = kept.iter().map(|(request, _)| request.url.as_str()).collect();
        assert_eq!((urls[0], urls[19]), ("https://a.example/0", "https://a.example/99"));
    }
}

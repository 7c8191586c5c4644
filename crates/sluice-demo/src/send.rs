//! Carries the shop's requests to a server as an SDK would: over HTTP, with a few connections, and
//! again when the server asks for patience.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use sluice_base::{Clock as _, SystemClock};
use tokio::task::JoinSet;

use crate::DemoError;
use crate::shop::{Auth, ShopCall};

const CONNECTIONS: usize = 8;
const ATTEMPTS_MAX: u32 = 40;
const RETRY_WAIT: Duration = Duration::from_millis(250);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);

/// Where to send, and as whom.
#[derive(Clone, Debug)]
pub struct Target {
    client: reqwest::Client,
    base_url: String,
    write_key: String,
}

/// What [`send_all`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendReport {
    pub requests: u64,
    pub events: u64,
    /// Requests sent again after a 429, a 5xx or a broken connection.
    pub retries: u64,
}

impl Target {
    /// `base_url` such as `http://127.0.0.1:8080`, without a path.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(base_url: &str, write_key: &str) -> Result<Self, DemoError> {
        let client = reqwest::Client::builder().no_proxy().build().map_err(DemoError::Client)?;
        let base_url = base_url.trim_end_matches('/').to_owned();
        Ok(Self { client, base_url, write_key: write_key.to_owned() })
    }

    /// Sends one request until it is answered with 200; gives how often it had to be repeated.
    async fn send(&self, call: &ShopCall) -> Result<u64, DemoError> {
        let url = format!("{}{}", self.base_url, call.path);
        let body = self.body(call)?;
        for attempt in 1..=ATTEMPTS_MAX {
            let wait = match self.post(&url, call, body.clone()).await {
                Ok(answer) if answer.status() == StatusCode::OK => {
                    return Ok(u64::from(attempt - 1));
                }
                Ok(answer) if is_passing(answer.status()) => {
                    if attempt == ATTEMPTS_MAX {
                        let status = answer.status().as_u16();
                        return Err(DemoError::Overloaded { url, status, attempts: attempt });
                    }
                    retry_after(&answer).unwrap_or(RETRY_WAIT)
                }
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    let body = answer.text().await.unwrap_or_default();
                    return Err(DemoError::Refused { url, status, body });
                }
                Err(source) if attempt == ATTEMPTS_MAX => {
                    return Err(DemoError::Unreachable { url, attempts: attempt, source });
                }
                Err(_) => RETRY_WAIT,
            };
            tokio::time::sleep(wait).await;
        }
        unreachable!("the last attempt returns")
    }

    async fn post(&self, url: &str, call: &ShopCall, body: Vec<u8>) -> reqwest::Result<Response> {
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        if call.auth == Auth::Header {
            request = request.basic_auth(&self.write_key, Some(""));
        }
        if call.gzip {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        request.send().await
    }

    fn body(&self, call: &ShopCall) -> Result<Vec<u8>, DemoError> {
        let mut body = call.body.clone();
        if call.auth == Auth::Body {
            body.insert_str(1, &format!("\"writeKey\":\"{}\",", self.write_key));
        }
        if !call.gzip {
            return Ok(body.into_bytes());
        }
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(body.as_bytes()).map_err(DemoError::Gzip)?;
        gzip.finish().map_err(DemoError::Gzip)
    }
}

fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let secs = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(secs).min(RETRY_AFTER_MAX))
}

/// Sends all requests over several connections, roughly in order. `progress` hears the number of
/// requests answered so far, after each.
///
/// # Errors
/// At the first request that is refused or cannot be delivered.
pub async fn send_all(
    target: &Target,
    calls: Vec<ShopCall>,
    progress: impl Fn(u64) + Send + Sync + 'static,
) -> Result<SendReport, DemoError> {
    let work = Arc::new(Work { calls, next: AtomicUsize::new(0), answered: AtomicU64::new(0) });
    let progress = Arc::new(progress);
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (target, work, progress) = (target.clone(), Arc::clone(&work), Arc::clone(&progress));
        tasks.spawn(async move {
            let mut report = SendReport::default();
            while let Some(call) = work.calls.get(work.next.fetch_add(1, Ordering::Relaxed)) {
                report.retries += target.send(call).await?;
                report.requests += 1;
                report.events += call.events;
                progress(work.answered.fetch_add(1, Ordering::Relaxed) + 1);
            }
            Ok::<_, DemoError>(report)
        });
    }
    let mut total = SendReport::default();
    while let Some(done) = tasks.join_next().await {
        let report = done.map_err(DemoError::Task)??;
        total.requests += report.requests;
        total.events += report.events;
        total.retries += report.retries;
    }
    Ok(total)
}

struct Work {
    calls: Vec<ShopCall>,
    next: AtomicUsize,
    answered: AtomicU64,
}

/// Sends each request when it is due by the machine's clock, one after the other. Returns when the requests end; drop the
/// future to stop earlier.
///
/// # Errors
/// At the first request that is refused or cannot be delivered.
pub async fn send_live(
    target: &Target,
    calls: impl Iterator<Item = ShopCall>,
) -> Result<SendReport, DemoError> {
    let mut report = SendReport::default();
    for call in calls {
        tokio::time::sleep(call.at.since(SystemClock.now())).await;
        report.retries += target.send(&call).await?;
        report.requests += 1;
        report.events += call.events;
    }
    Ok(report)
}

//! One request's way: who sent it, may it come in, is it well-formed, is it on disk.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use http::header::{self, HeaderMap};
use http::{Request, Response};
use hyper::body::Incoming;
use sluice_base::Clock;
use sluice_event::{Endpoint, EventType, ReceivedItem, ReceivedRequest, Refusal, WorkspaceNo};
use sluice_log::{ErrorKind, Log, LogError};
use sluice_model::Region;
use sluice_model::tables::{SourceEntry, SourceTable};
use tokio::sync::watch;

use crate::answer::{Answer, AnswerBody, Cors};
use crate::parse::{Item, Payload};
use crate::rate::RateLimiter;
use crate::{CollectorConfig, CollectorStats, auth, body, gathered, peer, route};

/// Kind of the entries of a `received` log that hold a request.
const RECEIVED_REQUEST: u8 = 1;

/// The workspaces' `received` logs. Asked on every request, so it must be quick.
pub trait Workspaces: Send + Sync + 'static {
    /// Where the workspace's events go; `None` if it takes none before an operator acts (503).
    fn intake(&self, workspace: WorkspaceNo) -> Option<Log>;

    /// Which of the regions' hosts its sources may use; `None` for any.
    fn region(&self, workspace: WorkspaceNo) -> Option<Region>;
}

/// The collector; cheap to clone.
#[derive(Clone)]
pub struct Collector {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: CollectorConfig,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sources: watch::Receiver<Arc<SourceTable>>,
    workspaces: Arc<dyn Workspaces>,
    rates: RateLimiter,
    pub(crate) stats: Arc<CollectorStats>,
}

/// Which source a write key names.
enum Found {
    Source(Arc<SourceEntry>),
    /// A key that could be one, but no source has it.
    Unknown,
    /// No key, or nothing that could be one.
    Absurd,
}

impl Collector {
    #[must_use]
    pub fn new(
        config: CollectorConfig,
        clock: Arc<dyn Clock>,
        sources: watch::Receiver<Arc<SourceTable>>,
        workspaces: Arc<dyn Workspaces>,
    ) -> Self {
        let (rates, stats) = (RateLimiter::default(), Arc::default());
        Self { inner: Arc::new(Inner { config, clock, sources, workspaces, rates, stats }) }
    }

    #[must_use]
    pub fn stats(&self) -> Arc<CollectorStats> {
        Arc::clone(&self.inner.stats)
    }

    #[must_use]
    pub fn config(&self) -> &CollectorConfig {
        &self.inner.config
    }

    pub(crate) fn now(&self) -> sluice_base::Timestamp {
        self.inner.clock.now()
    }

    /// The source that a write key names.
    pub(crate) fn source_of(&self, key: &str) -> Option<Arc<SourceEntry>> {
        self.inner.sources.borrow().by_write_key.get(key).map(Arc::clone)
    }

    /// Answers one event request.
    pub(crate) async fn answer(
        &self,
        endpoint: Endpoint,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> Response<AnswerBody> {
        let started = Instant::now();
        let (mut head, incoming) = request.into_parts();
        host_of_http2(&mut head);
        let cors = Cors::of(&head.headers);
        let answer = match self.inner.collect(endpoint, &head.headers, incoming, peer).await {
            Ok(()) => Answer::Accepted,
            Err(answer) => answer,
        };
        self.inner.count(answer);
        self.inner.stats.record_duration(started.elapsed());
        answer.into_response(&cors)
    }

    /// Takes the event of a pixel, if it is one; counts it like any other request.
    pub(crate) async fn take_pixel(
        &self,
        event_type: EventType,
        json: Option<&str>,
        headers: &HeaderMap,
        peer: IpAddr,
    ) {
        let started = Instant::now();
        let taken = match json {
            Some(json) => self.inner.take_pixel(event_type, json, headers, peer).await,
            None => Err(Answer::Malformed("malformed JSON")),
        };
        self.inner.count(taken.err().unwrap_or(Answer::Accepted));
        self.inner.stats.record_duration(started.elapsed());
    }

    /// Answers a request with an SDK's counters about itself (`/v1/m`). They are not kept; but an
    /// error would show in the console of every browser.
    pub(crate) async fn take_sdk_metrics(
        &self,
        request: Request<Incoming>,
    ) -> Response<AnswerBody> {
        let (head, incoming) = request.into_parts();
        CollectorStats::add(&self.inner.stats.sdk_metrics, 1);
        let answer = match body::read(incoming, &self.inner.config, &self.inner.stats).await {
            Ok(_unread) => Answer::Accepted,
            Err(answer) => answer,
        };
        answer.into_response(&Cors::of(&head.headers))
    }
}

impl Inner {
    async fn collect(
        &self,
        endpoint: Endpoint,
        headers: &HeaderMap,
        incoming: Incoming,
        peer: IpAddr,
    ) -> Result<(), Answer> {
        let received_at = self.clock.now();
        if headers.get("x-retry-count").is_some_and(|count| count != "0") {
            CollectorStats::add(&self.stats.requests_retried, 1);
        }
        let body = body::read(incoming, &self.config, &self.stats).await?;
        let header_key =
            headers.get(header::AUTHORIZATION).and_then(|value| auth::basic_key(value.as_bytes()));
        let by_header = header_key.as_deref().map(|key| self.find(key));
        // A source over its rate is told so before any work is done for it.
        if let Some(Found::Source(source)) = &by_header {
            self.take_token(source, received_at)?;
        }
        let payload = Payload::parse(&body.bytes, endpoint, &self.config)?;
        let source = match by_header {
            Some(Found::Source(source)) => source,
            by_header => {
                let by_body = payload.write_key.as_deref().map(|key| self.find(key));
                let Some(source) =
                    self.known(by_header.as_ref(), by_body.as_ref(), payload.items.len())?
                else {
                    return Ok(());
                };
                self.take_token(&source, received_at)?;
                source
            }
        };
        self.check_region(&source, headers)?;
        let log = self.open_log(&source)?;
        let ticket = {
            let user_agent = headers.get(header::USER_AGENT).filter(|_| route::is_client(endpoint));
            let received = Received {
                source: &source,
                received_at,
                endpoint,
                ip: peer::client_ip(peer, headers, &self.config.trusted_proxies),
                user_agent: user_agent.and_then(|value| value.to_str().ok()),
            };
            self.append(&log, &received, payload)?
        };
        // The log has its own copy: the body is not held while the disk is waited for.
        drop(body);
        ticket.durable().await.map_err(|error| log_answer(&error))
    }

    /// A host name that stands for a region takes only sources of workspaces there.
    pub(crate) fn check_region(
        &self,
        source: &SourceEntry,
        headers: &HeaderMap,
    ) -> Result<(), Answer> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let Some(asked) = host.and_then(|host| self.config.region_of(host)) else { return Ok(()) };
        match self.workspaces.region(source.workspace) {
            Some(own) if own != asked => {
                CollectorStats::add(&self.stats.wrong_region, 1);
                Err(Answer::WriteKey("The writeKey belongs to another region"))
            }
            _ => Ok(()),
        }
    }

    /// The log of the source's workspace, if that takes events now.
    pub(crate) fn open_log(&self, source: &SourceEntry) -> Result<Log, Answer> {
        let log = self.workspaces.intake(source.workspace);
        log.ok_or(Answer::Unavailable("the workspace takes no events now"))
    }

    async fn take_pixel(
        &self,
        event_type: EventType,
        json: &str,
        headers: &HeaderMap,
        peer: IpAddr,
    ) -> Result<(), Answer> {
        let received_at = self.clock.now();
        let endpoint = Endpoint::Pixel { event_type };
        let payload = Payload::parse(json.as_bytes(), endpoint, &self.config)?;
        let by_body = payload.write_key.as_deref().map(|key| self.find(key));
        let Some(source) = self.known(None, by_body.as_ref(), payload.items.len())? else {
            return Ok(());
        };
        self.take_token(&source, received_at)?;
        let log = self.open_log(&source)?;
        let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let ip = peer::client_ip(peer, headers, &self.config.trusted_proxies);
        let received = Received { source: &source, received_at, endpoint, ip, user_agent };
        let ticket = self.append(&log, &received, payload)?;
        ticket.durable().await.map_err(|error| log_answer(&error))
    }

    fn find(&self, key: &str) -> Found {
        match self.sources.borrow().by_write_key.get(key) {
            Some(source) => Found::Source(Arc::clone(source)),
            None if auth::is_plausible(key) => Found::Unknown,
            None => Found::Absurd,
        }
    }

    /// The source that the body's key names; the header's named none. `None` if the events are to be
    /// dropped in silence.
    fn known(
        &self,
        by_header: Option<&Found>,
        by_body: Option<&Found>,
        events: usize,
    ) -> Result<Option<Arc<SourceEntry>>, Answer> {
        if let Some(Found::Source(source)) = by_body {
            return Ok(Some(Arc::clone(source)));
        }
        let is_unknown = |found| matches!(found, Some(&Found::Unknown));
        if !is_unknown(by_header) && !is_unknown(by_body) {
            return Err(Answer::WriteKey("Missing or invalid writeKey"));
        }
        CollectorStats::add(&self.stats.unknown_write_key, 1);
        if self.config.strict_write_key {
            return Err(Answer::WriteKey("Unknown writeKey"));
        }
        CollectorStats::add(&self.stats.unknown_write_key_events, events as u64);
        Ok(None)
    }

    pub(crate) fn take_token(
        &self,
        source: &SourceEntry,
        now: sluice_base::Timestamp,
    ) -> Result<(), Answer> {
        let max = source.requests_per_second_max.unwrap_or(self.config.requests_per_second_max);
        self.rates.take(source.no, now, max).map_err(|retry_after| Answer::Rate { retry_after })
    }

    fn append(
        &self,
        log: &Log,
        received: &Received<'_>,
        payload: Payload<'_>,
    ) -> Result<sluice_log::Ticket, Answer> {
        let mut items = payload.items;
        if !received.source.enabled {
            items = items.into_iter().map(|item| item.into_stub(Refusal::SourceDisabled)).collect();
        }
        let record = ReceivedRequest {
            source: received.source.no,
            received_at: received.received_at,
            endpoint: received.endpoint,
            ip: received.source.ip.apply(received.ip),
            user_agent: received.user_agent,
            sent_at: payload.sent_at,
            context: payload.context,
            integrations: payload.integrations,
            items: items.iter().map(Item::as_received).collect(),
        };
        self.append_record(log, &record)
    }

    /// Appends one record to the log and counts its events.
    pub(crate) fn append_record(
        &self,
        log: &Log,
        record: &ReceivedRequest<'_>,
    ) -> Result<sluice_log::Ticket, Answer> {
        let is_stub = |item: &&ReceivedItem<'_>| matches!(item, ReceivedItem::Stub { .. });
        let stubs = record.items.iter().filter(is_stub).count();
        let count = record.items.len() as u64;
        let ticket = ENCODED.with_borrow_mut(|encoded| {
            encoded.clear();
            record.encode(encoded);
            log.gather(RECEIVED_REQUEST, count, encoded)
        });
        let ticket = ticket.map_err(|error| log_answer(&error))?;
        gathered::note(log);
        CollectorStats::add(&self.stats.events_received, count);
        if stubs > 0 {
            CollectorStats::add(&self.stats.events_stubbed, stubs as u64);
        }
        Ok(ticket)
    }

    pub(crate) fn count(&self, answer: Answer) {
        let stats = &self.stats;
        let counters: &[&AtomicU64] = match answer {
            Answer::Accepted => &[&stats.requests_accepted],
            Answer::Malformed(_) => &[&stats.requests_rejected, &stats.rejected_malformed],
            Answer::TooLarge(_) => &[&stats.requests_rejected, &stats.rejected_too_large],
            Answer::WriteKey(_) => &[&stats.requests_rejected, &stats.rejected_write_key],
            Answer::Rate { .. } => &[&stats.requests_limited, &stats.limited_by_rate],
            Answer::Busy { .. } => &[&stats.requests_limited],
            Answer::Unavailable(_) => &[&stats.requests_unavailable],
        };
        for counter in counters {
            CollectorStats::add(counter, 1);
        }
    }
}

thread_local! {
    /// A record is encoded here before the log copies it; at most as large as the largest body.
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Received<'a> {
    source: &'a SourceEntry,
    received_at: sluice_base::Timestamp,
    endpoint: Endpoint,
    ip: IpAddr,
    user_agent: Option<&'a str>,
}

pub(crate) fn log_answer(error: &LogError) -> Answer {
    match error.kind() {
        ErrorKind::Full => Answer::Busy { retry_after: Duration::from_secs(1) },
        ErrorKind::TooLarge => Answer::TooLarge("Exceed payload limit"),
        _ => Answer::Unavailable("the server cannot store events now"),
    }
}

/// HTTP/2 names the host in the address.
pub(crate) fn host_of_http2(head: &mut http::request::Parts) {
    let authority = head.uri.authority().map(http::uri::Authority::as_str);
    if let Some(host) = authority.and_then(|host| host.parse().ok()) {
        head.headers.entry(header::HOST).or_insert(host);
    }
}

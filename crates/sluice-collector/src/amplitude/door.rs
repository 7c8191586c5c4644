//! One request at one of Amplitude's doors: read, checked, translated, made durable, answered.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderValue};
use http::{Method, Request, Response, request};
use hyper::body::Incoming;
use sluice_event::{Endpoint, ReceivedItem, ReceivedRequest, Refusal};
use sluice_log::{Log, Ticket};
use sluice_model::tables::SourceEntry;

use super::request::Members;
use super::translate::Calls;
use super::{Door, Origin, Reply, Upload, check, legacy, request as read, translate};
use crate::answer::{Answer, AnswerBody, Cors};
use crate::collector::{Collector, Inner};
use crate::{CollectorConfig, CollectorStats, body, peer};

/// A large batch becomes several records of about this size.
const RECORD_BYTES: usize = 1 << 20;
/// Calls that one request may become.
const CALLS_MAX: usize = 10_000;
/// Their bytes, counted as those of the events they are made of, may be so many times what a body
/// may have: a group event is repeated for each of its groups.
const CALLS_BYTES_RATIO_MAX: usize = 4;
/// The log's queue is looked at so often, and for so long, while the rest of a batch needs room.
const ROOM_INTERVAL: Duration = Duration::from_millis(20);
const ROOM_TRIES_MAX: usize = 500;

/// What was mapped is one person, and taking people apart is for a person to decide.
const NO_UNMAP: &str = "unmap is not available; undo the merge on the person's page of the console";

impl Collector {
    /// Answers a request on one of Amplitude's paths.
    pub(crate) async fn answer_amplitude(
        &self,
        door: Door,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> Response<AnswerBody> {
        let (mut head, incoming) = request.into_parts();
        crate::collector::host_of_http2(&mut head);
        let cors = Cors::of(&head.headers);
        let reply = match self.inner.take_amplitude(door, &head, incoming, peer).await {
            Ok(reply) | Err(reply) => reply,
        };
        self.inner.count(match &reply {
            Reply::Accepted { .. } => Answer::Accepted,
            Reply::InvalidKey(_) => Answer::WriteKey(""),
            Reply::TooLarge => Answer::TooLarge(""),
            Reply::Other(answer) => *answer,
            _ => Answer::Malformed(""),
        });
        // The general answer gives the headers, such as Retry-After and those of CORS.
        let general = if let Reply::Other(answer) = &reply { *answer } else { Answer::Accepted };
        let (mut parts, _) = general.into_response(&cors).into_parts();
        parts.status = reply.status();
        if door.answers_text() {
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            parts.headers.insert(header::CONTENT_TYPE, text);
        }
        Response::from_parts(parts, AnswerBody::whole(reply.body(door).into()))
    }
}

impl Inner {
    async fn take_amplitude(
        &self,
        door: Door,
        head: &request::Parts,
        incoming: Incoming,
        peer: IpAddr,
    ) -> Result<Reply, Reply> {
        let received_at = self.clock.now();
        let is_form = door.answers_text();
        if head.method != Method::POST && !is_form {
            return Err(Reply::Unreadable("Invalid request path"));
        }
        let config =
            CollectorConfig { batch_bytes_max: door.body_bytes_max(), ..self.config.clone() };
        let body = body::read(incoming, &config, &self.stats).await?;
        let mut fields =
            if is_form { read::form(head.uri.query(), &body.bytes) } else { Default::default() };
        if door == Door::Legacy {
            legacy::prepare(&mut fields)?;
        }
        let upload =
            if is_form { Upload::of_form(door, &fields) } else { Upload::of_json(&body.bytes) }?;
        let source = self.source_of(&upload.api_key)?;
        self.check_region(&source, &head.headers)?;
        self.take_token(&source, received_at)?;
        if door == Door::UserMap && upload.events.iter().any(|one| one.contains_key("unmap")) {
            return Err(Reply::Unreadable(NO_UNMAP));
        }
        check(door, &upload.events, upload.id_chars_min).map_err(Reply::Faults)?;
        let origin = Origin {
            door,
            ip: peer::client_ip(peer, &head.headers, &self.config.trusted_proxies),
            received_at,
            uploaded_at: upload.uploaded_at,
        };
        check_size(door, &upload.events)?;
        let reply = Reply::Accepted {
            events: upload.events.len(),
            bytes: body.bytes.len(),
            at_millis: received_at.as_millis(),
        };
        let tickets = self.store_calls(&source, &upload.events, &origin).await?;
        // The log has its own copy: the body is not held while the disk is waited for.
        drop(upload);
        drop(body);
        for ticket in tickets {
            durable(ticket).await?;
        }
        Ok(reply)
    }

    fn source_of(&self, api_key: &str) -> Result<Arc<SourceEntry>, Reply> {
        let found = self.sources.borrow().by_write_key.get(api_key).cloned();
        found.ok_or_else(|| {
            CollectorStats::add(&self.stats.unknown_write_key, 1);
            Reply::InvalidKey(api_key.chars().take(64).collect())
        })
    }

    /// Translates the events and appends their calls in order, one record of them in memory at a
    /// time.
    async fn store_calls(
        &self,
        source: &SourceEntry,
        events: &[Members<'_>],
        origin: &Origin,
    ) -> Result<Vec<Ticket>, Reply> {
        let log = self.open_log(source)?;
        let mut calls = Translation { events: events.iter(), origin, of_event: None, next: None };
        let (mut tickets, mut calls_of_record) = (Vec::new(), Vec::new());
        while calls.next_record(&mut calls_of_record) {
            let record = ReceivedRequest {
                source: source.no,
                received_at: origin.received_at,
                endpoint: Endpoint::Amplitude,
                ip: None,
                user_agent: None,
                sent_at: None,
                context: None,
                integrations: None,
                items: calls_of_record.iter().map(|call| item(call, source.enabled)).collect(),
            };
            if tickets.is_empty() {
                tickets.push(self.append_record(&log, &record)?);
            } else {
                self.append_later(&log, &record, &mut tickets).await?;
            }
        }
        Ok(tickets)
    }

    /// Appends a further record of a request. A part of it is stored, so a full queue is waited for:
    /// a sender that is told to come again sends what is stored too.
    async fn append_later(
        &self,
        log: &Log,
        record: &ReceivedRequest<'_>,
        tickets: &mut Vec<Ticket>,
    ) -> Result<(), Reply> {
        for _ in 0..ROOM_TRIES_MAX {
            match self.append_record(log, record) {
                Ok(ticket) => {
                    tickets.push(ticket);
                    return Ok(());
                }
                Err(Answer::Busy { .. }) if !tickets.is_empty() => {
                    for ticket in tickets.drain(..) {
                        durable(ticket).await?;
                    }
                }
                Err(Answer::Busy { .. }) => tokio::time::sleep(ROOM_INTERVAL).await,
                Err(answer) => return Err(answer.into()),
            }
        }
        Err(Answer::Busy { retry_after: Duration::from_secs(1) }.into())
    }
}

async fn durable(ticket: Ticket) -> Result<(), Reply> {
    ticket.durable().await.map_err(|error| crate::collector::log_answer(&error).into())
}

/// What the events become must fit too, and that is known before anything of it is made.
fn check_size(door: Door, events: &[Members<'_>]) -> Result<(), Reply> {
    let (mut calls, mut bytes) = (0usize, 0usize);
    for event in events {
        let count = super::translate::count(event, door);
        let size: usize = event.iter().map(|(key, raw)| key.len() + raw.get().len()).sum();
        calls += count;
        bytes = bytes.saturating_add(count.saturating_mul(size));
    }
    let bytes_max = CALLS_BYTES_RATIO_MAX * door.body_bytes_max();
    if calls > CALLS_MAX || bytes > bytes_max { Err(Reply::TooLarge) } else { Ok(()) }
}

/// The calls that the events become, as they are needed.
struct Translation<'e> {
    events: std::slice::Iter<'e, Members<'e>>,
    origin: &'e Origin,
    of_event: Option<Calls<'e>>,
    /// Did not fit the last record.
    next: Option<String>,
}

impl Translation<'_> {
    fn next_call(&mut self) -> Option<String> {
        loop {
            if let Some(call) = self.of_event.as_mut().and_then(Iterator::next) {
                return Some(call);
            }
            self.of_event = Some(translate(self.events.next()?, self.origin));
        }
    }

    /// Puts the next record's calls in the place of the last one's; false if there are none.
    fn next_record(&mut self, record: &mut Vec<String>) -> bool {
        record.clear();
        let mut bytes = 0;
        while let Some(call) = self.next.take().or_else(|| self.next_call()) {
            bytes += call.len();
            if bytes > RECORD_BYTES && !record.is_empty() {
                self.next = Some(call);
                break;
            }
            record.push(call);
        }
        !record.is_empty()
    }
}

fn item(call: &str, is_enabled: bool) -> ReceivedItem<'_> {
    if is_enabled {
        return ReceivedItem::Event(call);
    }
    let end = call.floor_char_boundary(sluice_event::received::STUB_HEAD_BYTES_MAX);
    ReceivedItem::Stub {
        refusal: Refusal::SourceDisabled,
        size: call.len() as u64,
        head: &call[..end],
    }
}

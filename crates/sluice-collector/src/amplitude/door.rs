//! One request at one of Amplitude's doors: read, checked, translated, made durable, answered.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{self, HeaderValue};
use http::{Method, Request, Response, request};
use hyper::body::Incoming;
use sluice_base::Timestamp;
use sluice_event::{Endpoint, ReceivedItem, ReceivedRequest, Refusal};
use sluice_log::Ticket;
use sluice_model::tables::SourceEntry;

use super::{Door, Origin, Reply, Upload, check, legacy, request as read, translate};
use crate::answer::{Answer, AnswerBody, Cors};
use crate::collector::{Collector, Inner};
use crate::{CollectorConfig, CollectorStats, body, peer};

/// A large batch becomes several records of about this size.
const RECORD_BYTES: usize = 1 << 20;

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
        let calls: Vec<String> =
            upload.events.iter().flat_map(|event| translate(event, &origin)).collect();
        let reply = Reply::Accepted {
            events: upload.events.len(),
            bytes: body.bytes.len(),
            at_millis: received_at.as_millis(),
        };
        drop(upload);
        drop(body);
        for ticket in self.store_calls(&source, received_at, &calls)? {
            ticket.durable().await.map_err(|error| crate::collector::log_answer(&error))?;
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

    /// Appends the calls; large batches in several records, in order.
    fn store_calls(
        &self,
        source: &SourceEntry,
        received_at: Timestamp,
        calls: &[String],
    ) -> Result<Vec<Ticket>, Reply> {
        let log = self.open_log(source)?;
        let mut tickets = Vec::new();
        let mut rest = calls;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fitting = rest.iter().take_while(|call| {
                bytes += call.len();
                bytes <= RECORD_BYTES
            });
            let (now, later) = rest.split_at(fitting.count().max(1));
            let record = ReceivedRequest {
                source: source.no,
                received_at,
                endpoint: Endpoint::Amplitude,
                ip: None,
                user_agent: None,
                sent_at: None,
                context: None,
                integrations: None,
                items: now.iter().map(|call| item(call, source.enabled)).collect(),
            };
            tickets.push(self.append_record(&log, &record)?);
            rest = later;
        }
        Ok(tickets)
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

//! `POST /v1/validate`: what would become of an event, in plain words. Nothing is stored.
//!
//! The body is what an event path or `/v1/batch` takes. The judgement is not a second set of rules:
//! each event goes through the same parsing and the same `wire::normalize` as one that is collected.
//! Only the remarks on accepted events are made here (`remarks.rs`).

use std::borrow::Cow;

use axum::Json;
use axum::extract::{Query, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sluice_event::{
    Endpoint, EventType, Offset, ReceivedItem, ReceivedRequest, Refusal, SourceNo, wire,
};

use super::remarks::{Remark, remarks};
use super::{Pages, for_all};
use crate::answer::Answer;
use crate::parse::{Item, Payload};
use crate::{Collector, auth};

/// Events of one request that are looked at.
const EVENTS_MAX: usize = 100;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The type of a single event that does not name its own, as the paths of single events do.
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Serialize)]
struct Report {
    /// All of it would be accepted.
    valid: bool,
    summary: String,
    answer: WouldAnswer,
    events: Vec<Judged>,
}

/// What the request would be answered on an event path.
#[derive(Serialize)]
struct WouldAnswer {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
}

#[derive(Serialize)]
struct Judged {
    index: usize,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'static str>,
    remarks: Vec<Remark>,
    /// As destinations would receive it.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Box<RawValue>>,
}

pub(super) async fn validate(
    State(pages): State<Pages>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let config = pages.collector.config();
    let report = match axum::body::to_bytes(body, config.batch_bytes_max).await {
        Err(_) => {
            let most = config.batch_bytes_max;
            let text = format!("The request is larger than the {most} bytes that one may have.");
            refused(Answer::TooLarge("Exceed payload limit"), text)
        }
        Ok(body) => match std::str::from_utf8(&body) {
            Ok(text) => report(&pages.collector, &head.headers, text, asked.kind.as_deref()),
            Err(_) => refused(
                Answer::Malformed("malformed JSON"),
                "The body is no text in UTF-8. It may be compressed: send it here as it is."
                    .to_owned(),
            ),
        },
    };
    (for_all(), Json(report)).into_response()
}

pub(super) async fn preflight(headers: HeaderMap) -> Response {
    crate::answer::preflight(&headers).map(axum::body::Body::new)
}

fn refused(answer: Answer, explanation: String) -> Report {
    Report {
        valid: false,
        summary: explanation.clone(),
        answer: WouldAnswer {
            status: answer.status().as_u16(),
            code: Some(answer.code()),
            explanation: Some(explanation),
        },
        events: Vec::new(),
    }
}

fn report(collector: &Collector, headers: &HeaderMap, text: &str, kind: Option<&str>) -> Report {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
    let body = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(body)) => body,
        Ok(_) => {
            let text = "The body is JSON, but no object: send {\"type\": \"track\", …} or {\"batch\": […]}.";
            return refused(Answer::Malformed("malformed JSON"), text.to_owned());
        }
        Err(error) => {
            return refused(
                Answer::Malformed("malformed JSON"),
                format!("The body is not JSON: {error}."),
            );
        }
    };
    let is_batch = body.contains_key("batch");
    let named = body.get("type").and_then(Value::as_str).or(kind);
    let named = named.or_else(|| body.contains_key("event").then_some("track"));
    let endpoint = match named.and_then(EventType::from_name) {
        Some(event_type) if !is_batch => Endpoint::Single { event_type, short: false },
        _ if is_batch => Endpoint::Batch,
        _ => {
            let text = "The event has no type. Send it to the path of its call (/v1/track, /v1/identify, \
                        …; here: ?type=track), or give it a \"type\": track, identify, page, screen, \
                        group or alias.";
            return refused(Answer::Malformed("unknown type"), text.to_owned());
        }
    };
    let payload = match Payload::parse(text.as_bytes(), endpoint, collector.config()) {
        Ok(payload) => payload,
        Err(answer) => return refused(answer, explain(answer, collector)),
    };
    let key = key_of(headers, &payload);
    let source = key.as_deref().and_then(|key| collector.source_of(key));
    let sender = source.as_ref().map_or_else(
        || "the source's id".into(),
        |source| wire::Sender { project_id: &source.id, ip: source.ip },
    );
    let is_off = source.as_ref().is_some_and(|source| !source.enabled);
    let events = judge(collector, &payload, endpoint, sender, is_off);
    let good = events.iter().filter(|event| event.event.is_some()).count();
    let answer = key_answer(key.as_deref(), source.is_some(), collector);
    let summary = match &answer.explanation {
        Some(explanation) => explanation.clone(),
        None => format!(
            "{good} of {} would be accepted, {} refused.",
            count(events.len()),
            events.len() - good
        ),
    };
    let valid = source.is_some() && good == events.len();
    Report { valid, summary, answer, events }
}

fn count(events: usize) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
}

fn key_of<'a>(headers: &HeaderMap, payload: &Payload<'a>) -> Option<Cow<'a, str>> {
    let header = headers.get(axum::http::header::AUTHORIZATION);
    let key = header.and_then(|value| auth::basic_key(value.as_bytes())).map(Cow::Owned);
    key.or_else(|| payload.write_key.clone()).filter(|key| !key.is_empty())
}

/// What the write key alone would bring.
fn key_answer(key: Option<&str>, is_known: bool, collector: &Collector) -> WouldAnswer {
    let wrong = |status, explanation: String| WouldAnswer {
        status,
        code: (status != 200).then_some("invalid_write_key"),
        explanation: Some(explanation),
    };
    match key {
        Some(_) if is_known => WouldAnswer { status: 200, code: None, explanation: None },
        None => wrong(
            400,
            "There is no write key: give it as the user name of Basic authentication, or as \
             \"writeKey\" in the body."
                .to_owned(),
        ),
        Some(key) if !auth::is_plausible(key) => wrong(
            400,
            "This cannot be a write key: one has 32 letters and digits. The console shows it on \
             the source's page."
                .to_owned(),
        ),
        Some(key) => {
            let end = key.get(key.len() - 4..).unwrap_or_default();
            let strict = collector.config().strict_write_key;
            let fate =
                if strict { "is refused" } else { "is answered 200 and dropped, as at Segment" };
            wrong(
                if strict { 400 } else { 200 },
                format!(
                    "No source has the write key that ends with {end}: what is sent with it {fate}."
                ),
            )
        }
    }
}

fn explain(answer: Answer, collector: &Collector) -> String {
    match answer {
        Answer::TooLarge(_) => format!(
            "The event is larger than the {} bytes that one may have.",
            collector.config().event_bytes_max
        ),
        other => format!("The body is not what this path takes: {}.", other.message()),
    }
}

fn judge(
    collector: &Collector,
    payload: &Payload<'_>,
    endpoint: Endpoint,
    sender: wire::Sender<'_>,
    is_off: bool,
) -> Vec<Judged> {
    let config = collector.config();
    let limits = wire::WireLimits {
        event_bytes_max: config.event_bytes_max,
        depth_max: config.depth_max,
        ..wire::WireLimits::default()
    };
    let request = ReceivedRequest {
        source: SourceNo(0),
        received_at: collector.now(),
        endpoint,
        ip: None,
        user_agent: None,
        sent_at: payload.sent_at,
        context: payload.context,
        integrations: payload.integrations,
        items: payload.items.iter().take(EVENTS_MAX).map(Item::as_received).collect(),
    };
    let judge = |(index, item): (usize, &ReceivedItem<'_>)| {
        let judged = wire::normalize(&request, index, Offset(index as u64), sender, &limits);
        let judged = if is_off { Err(Refusal::SourceDisabled) } else { judged };
        let sent = match item {
            ReceivedItem::Event(json) => serde_json::from_str(json).unwrap_or_default(),
            ReceivedItem::Stub { .. } => Value::Null,
        };
        let shared = payload.sent_at.and_then(|raw| serde_json::from_str(raw).ok());
        let kind = match endpoint {
            Endpoint::Single { event_type, .. } => event_type.name(),
            _ => sent.get("type").and_then(Value::as_str).unwrap_or_default(),
        };
        let remarks = remarks(&sent, kind, shared.as_ref(), request.received_at);
        let refusal = judged.as_ref().err().copied();
        Judged {
            index,
            outcome: if refusal.is_none() { "accepted" } else { "refused" },
            reason: refusal.map(Refusal::code),
            explanation: refusal.map(Refusal::explanation),
            remarks,
            event: judged.ok().and_then(|event| RawValue::from_string(event.json.to_string()).ok()),
        }
    };
    request.items.iter().enumerate().map(judge).collect()
}

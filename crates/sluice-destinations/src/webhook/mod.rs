//! Webhook: every event as JSON to a URL of the owner.
//!
//! One event per request is the event's JSON object; with a batch size above one the body is a JSON
//! array. With a shared secret each request carries Segment's `X-Signature` (lower-case hex
//! HMAC-SHA1) and `X-Sluice-Signature-256` (`sha256=` and hex HMAC-SHA256 of the exact body).
//! Segment signs only the first event's JSON of a batch, not the array that is sent; receivers
//! written for it rely on that, so `signatureMode` is `segment` unless the owner chooses `body`.
//!
//! Not here: retries and order (`sluice-delivery`).

mod signature;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use sluice_destination_kit::record::{RECORDED_BYTES_MAX, TRIAL_BYTES_MAX};
use sluice_destination_kit::{
    BatchLimits, BatchOutcome, BoxFuture, Delivery, Destination, DestinationKind, Exchange, Field,
    FieldKind, HttpAnswer, HttpFailure, HttpOut, HttpRequest, Reason, Redactor, Settings,
    SettingsError, SettingsSchema, Verdict, Verdicts,
};

const BATCH_EVENTS_MAX: i64 = 4000;
const BATCH_BYTES_DEFAULT: i64 = 1_000_000;
const BATCH_AGE_MAX: Duration = Duration::from_secs(1);
const TIMEOUT_SECONDS_DEFAULT: i64 = 5;

pub struct Kind {
    schema: SettingsSchema,
}

impl Kind {
    #[must_use]
    pub fn new() -> Self {
        Self { schema: schema() }
    }
}

impl Default for Kind {
    fn default() -> Self {
        Self::new()
    }
}

fn schema() -> SettingsSchema {
    let choice = |choices: &[&str]| FieldKind::Choice {
        choices: choices.iter().map(|c| (*c).to_owned()).collect(),
    };
    SettingsSchema::new(vec![
        Field::new("url", "URL", "Where the events go.", FieldKind::Url).required(),
        Field::new("method", "Method", "How they are sent.", choice(&["POST", "PUT", "PATCH"]))
            .default_value("POST"),
        Field::new(
            "headers",
            "Headers",
            "Sent with each request; they replace ours.",
            FieldKind::TextMap,
        )
        .secret(),
        Field::new(
            "sharedSecret",
            "Shared secret",
            "Signs each request: X-Signature (HMAC-SHA1) and X-Sluice-Signature-256 (HMAC-SHA256).",
            FieldKind::Text,
        )
        .signing_secret(),
        Field::new(
            "signatureMode",
            "What X-Signature covers",
            "segment: the first event's JSON, as Segment does; body: the exact bytes sent.",
            choice(&["segment", "body"]),
        )
        .default_value("segment"),
        Field::new(
            "batchSize",
            "Events per request",
            "1 sends one JSON object per request, more an array.",
            FieldKind::Integer { min: 1, max: BATCH_EVENTS_MAX },
        )
        .default_value(1),
        Field::new(
            "batchBytes",
            "Bytes per request",
            "A batch is sent before it grows beyond this.",
            FieldKind::Integer { min: 1_000, max: 16_000_000 },
        )
        .default_value(BATCH_BYTES_DEFAULT),
        Field::new(
            "timeoutSeconds",
            "Time-out in seconds",
            "A request without an answer by then is tried again later.",
            FieldKind::Integer { min: 1, max: 30 },
        )
        .default_value(TIMEOUT_SECONDS_DEFAULT),
    ])
}

impl DestinationKind for Kind {
    fn slug(&self) -> &'static str {
        "webhook"
    }

    fn name(&self) -> &'static str {
        "Webhooks"
    }

    fn other_names(&self) -> &[&str] {
        &["Webhook", "Webhooks (Actions)"]
    }

    fn description(&self) -> &'static str {
        "Sends every event as JSON to a URL of yours."
    }

    fn settings(&self) -> &SettingsSchema {
        &self.schema
    }

    fn build(
        &self,
        settings: Settings,
        http: HttpOut,
    ) -> Result<Arc<dyn Destination>, SettingsError> {
        Ok(Arc::new(Webhook::new(&settings, http)?))
    }
}

struct Webhook {
    http: HttpOut,
    method: Method,
    url: String,
    headers: HeaderMap,
    secret: Option<String>,
    signs_body: bool,
    limits: BatchLimits,
    timeout: Duration,
    redactor: Redactor,
}

impl Webhook {
    fn new(settings: &Settings, http: HttpOut) -> Result<Self, SettingsError> {
        let number = |key, default: i64| settings.integer(key).unwrap_or(default).unsigned_abs();
        let method = settings.text("method").unwrap_or("POST");
        let events_max = usize::try_from(number("batchSize", 1)).unwrap_or(1);
        let bytes_max =
            usize::try_from(number("batchBytes", BATCH_BYTES_DEFAULT)).unwrap_or(usize::MAX);
        Ok(Self {
            http,
            method: method.parse().map_err(|_| SettingsError::one("method", "is not a method"))?,
            url: settings.text("url").unwrap_or_default().to_owned(),
            headers: headers(settings)?,
            secret: settings.text("sharedSecret").map(str::to_owned),
            signs_body: settings.text("signatureMode") == Some("body"),
            limits: match events_max {
                1 => BatchLimits::SINGLE,
                events_max => BatchLimits { events_max, bytes_max, age_max: BATCH_AGE_MAX },
            },
            timeout: Duration::from_secs(number("timeoutSeconds", TIMEOUT_SECONDS_DEFAULT)),
            redactor: Redactor::new(settings.secrets()),
        })
    }

    fn request(&self, batch: &[Delivery<'_>]) -> HttpRequest {
        let body = body_of(batch, self.limits.events_max > 1);
        let mut headers = HeaderMap::with_capacity(self.headers.len() + 4);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(secret) = &self.secret {
            let first = batch.first().map_or("", |delivery| &*delivery.stored.event.json);
            let signed = if self.signs_body { &body } else { first.as_bytes() };
            let names = ["x-signature", "x-sluice-signature-256"];
            let values = [
                signature::sha1_hex(secret, signed),
                format!("sha256={}", signature::sha256_hex(secret, &body)),
            ];
            for (name, value) in names.into_iter().zip(values) {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        HttpRequest {
            method: self.method.clone(),
            url: self.url.clone(),
            headers,
            body: Bytes::from(body),
            timeout: self.timeout,
        }
    }

    async fn send(&self, batch: &[Delivery<'_>]) -> BatchOutcome {
        let request = self.request(batch);
        let answer = self.http.send(request.clone()).await;
        let verdict = judge(&answer);
        let record =
            |bytes_max| vec![Exchange::record_up_to(bytes_max, &self.redactor, &request, &answer)];
        let exchanges = match &verdict {
            _ if batch.iter().any(Delivery::is_trial) => record(TRIAL_BYTES_MAX),
            Verdict::Delivered => Vec::new(),
            _ => record(RECORDED_BYTES_MAX),
        };
        BatchOutcome { exchanges, ..BatchOutcome::new(Verdicts::Whole(verdict)) }
    }
}

fn judge(answer: &Result<HttpAnswer, HttpFailure>) -> Verdict {
    match answer {
        Ok(answer) => match Verdict::of_status(answer.status, answer.retry_after()) {
            Verdict::Reject { reason } if (300..400).contains(&answer.status) => {
                let message = format!(
                    "{}; redirects of a request with a body are followed only for 307 and 308",
                    reason.message
                );
                Verdict::Reject { reason: Reason::new(reason.code, message) }
            }
            verdict => verdict,
        },
        Err(failure) => failure.verdict(),
    }
}

fn headers(settings: &Settings) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    for (name, value) in settings.text_map("headers") {
        let wrong = |what: &str| SettingsError::one("headers", format!("`{name}` {what}"));
        let key: HeaderName = name.parse().map_err(|_| wrong("is not a header name"))?;
        if [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION]
            .contains(&key)
        {
            return Err(wrong("is set by the client and cannot be chosen"));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| wrong("has a value that is not plain text"))?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

fn body_of(batch: &[Delivery<'_>], as_array: bool) -> Vec<u8> {
    let bytes: usize = batch.iter().map(|delivery| delivery.stored.event.json.len() + 1).sum();
    let mut body = Vec::with_capacity(bytes + 2);
    if as_array {
        body.push(b'[');
    }
    for (i, delivery) in batch.iter().enumerate() {
        if i > 0 {
            body.push(b',');
        }
        body.extend_from_slice(delivery.stored.event.json.as_bytes());
    }
    if as_array {
        body.push(b']');
    }
    body
}

impl Destination for Webhook {
    fn limits(&self) -> BatchLimits {
        self.limits
    }

    fn deliver<'a>(&'a self, batch: &'a [Delivery<'a>]) -> BoxFuture<'a, BatchOutcome> {
        Box::pin(self.send(batch))
    }
}

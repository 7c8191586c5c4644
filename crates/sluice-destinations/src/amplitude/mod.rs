//! Amplitude: events, user properties, groups and mapped users by its HTTP API, from the cloud; or,
//! in device mode, by Amplitude's own SDK on the page, which gets its settings from here.
//!
//! Inside: `settings` (the form), `device` (what of it is for devices), `mapping` (from an event to
//! records, pure), `requests` (which records share a request, pure), `answer` (what Amplitude says of
//! each record, pure), `deletion` (of people), `remarks` (what settings cost), `json`.
//!
//! A batch holds calls of all kinds and becomes one or several requests, one after the other. As
//! soon as one does not go through entirely, what stands behind it is left for another attempt, so
//! that no event of a person passes an earlier one.
//!
//! Not here: retries, order and batching (`sluice-delivery`).

mod answer;
mod deletion;
mod device;
mod json;
mod mapping;
mod remarks;
mod requests;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{self, HeaderMap, HeaderValue};
use sluice_destination_kit::record::TRIAL_BYTES_MAX;
use sluice_destination_kit::{
    BatchLimits, BatchOutcome, BoxFuture, Delivery, Destination, DestinationKind, DeviceMode,
    Exchange, HttpOut, HttpRequest, Reason, Redactor, Remark, Seen, Settings, SettingsError,
    SettingsSchema, Verdict, Verdicts,
};
use sluice_event::StoredEvent;

use answer::{Asked, Judgement, judge};
pub use deletion::deletion;
pub use mapping::Endpoint;
pub use requests::{Plan, Request, plan};
pub use settings::Config;

/// Events of a batch. Amplitude asks for few per request; what many events share is little.
const BATCH_EVENTS_MAX: usize = 100;
/// Of `/batch`, made for many.
const LARGE_BATCH_EVENTS_MAX: usize = 1_000;
const BATCH_BYTES_MAX: usize = 900_000;
const LARGE_BATCH_BYTES_MAX: usize = 8_000_000;
const BATCH_AGE_MAX: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Requests for one batch; with [`TIMEOUT`] each, they end before the scheduler gives up on them.
const REQUESTS_MAX: usize = 5;

pub struct Kind {
    schema: SettingsSchema,
    device_mode: DeviceMode,
}

impl Kind {
    #[must_use]
    pub fn new() -> Self {
        Self { schema: settings::schema(), device_mode: device::mode() }
    }
}

impl Default for Kind {
    fn default() -> Self {
        Self::new()
    }
}

impl DestinationKind for Kind {
    fn slug(&self) -> &'static str {
        "amplitude"
    }

    fn name(&self) -> &'static str {
        "Amplitude"
    }

    fn other_names(&self) -> &[&str] {
        &["Actions Amplitude", "Amplitude (Actions)"]
    }

    fn description(&self) -> &'static str {
        "Sends events, user properties and groups to an Amplitude project."
    }

    fn settings(&self) -> &SettingsSchema {
        &self.schema
    }

    fn deletes_people(&self) -> bool {
        true
    }

    fn device_mode(&self) -> Option<&DeviceMode> {
        Some(&self.device_mode)
    }

    fn has_remarks(&self) -> bool {
        true
    }

    fn remarks(&self, settings: &Settings, seen: Option<&Seen>) -> Vec<Remark> {
        Config::new(settings).map_or_else(|_| Vec::new(), |config| remarks::remarks(&config, seen))
    }

    fn build(
        &self,
        settings: Settings,
        http: HttpOut,
    ) -> Result<Arc<dyn Destination>, SettingsError> {
        let config = Config::new(&settings)?;
        Ok(Arc::new(Amplitude { http, redactor: Redactor::new(settings.secrets()), config }))
    }
}

struct Amplitude {
    http: HttpOut,
    config: Config,
    redactor: Redactor,
}

impl Destination for Amplitude {
    fn limits(&self) -> BatchLimits {
        let (events_max, bytes_max) = match (self.config.batches, self.config.sends_to_batch) {
            (false, _) => return BatchLimits::SINGLE,
            (true, false) => (BATCH_EVENTS_MAX, BATCH_BYTES_MAX),
            (true, true) => (LARGE_BATCH_EVENTS_MAX, LARGE_BATCH_BYTES_MAX),
        };
        BatchLimits { events_max, bytes_max, age_max: BATCH_AGE_MAX }
    }

    fn takes(&self, stored: &StoredEvent) -> bool {
        requests::takes(&stored.event, &self.config)
    }

    fn deliver<'a>(&'a self, batch: &'a [Delivery<'a>]) -> BoxFuture<'a, BatchOutcome> {
        Box::pin(self.send(batch))
    }

    fn forget<'a>(&'a self, user_ids: &'a [String]) -> Option<BoxFuture<'a, BatchOutcome>> {
        Some(Box::pin(self.delete(user_ids)))
    }
}

impl Amplitude {
    async fn delete(&self, user_ids: &[String]) -> BatchOutcome {
        let sent = match deletion(&self.config, user_ids) {
            Ok(request) => request,
            Err(reason) => {
                return BatchOutcome::new(Verdicts::Whole(Verdict::Suspend { reason }));
            }
        };
        let answer = self.http.send(sent.clone()).await;
        let (verdict, note) = deletion::judge(user_ids, &answer);
        BatchOutcome {
            exchanges: vec![Exchange::record(&self.redactor, &sent, &answer)],
            warnings: note.into_iter().collect(),
            ..BatchOutcome::new(Verdicts::Whole(verdict))
        }
    }

    async fn send(&self, batch: &[Delivery<'_>]) -> BatchOutcome {
        let events: Vec<&StoredEvent> = batch.iter().map(|delivery| delivery.stored).collect();
        let Plan { requests, refused, warnings } = plan(&self.config, &events);
        let mut verdicts = Progress::new(batch.len(), &requests, refused);
        let (mut exchanges, mut has_failed) = (Vec::new(), false);
        let is_trial = batch.iter().any(Delivery::is_trial);
        for request in requests.iter().take(REQUESTS_MAX) {
            if has_failed && !verdicts.is_second_part(request) {
                continue;
            }
            let sent = self.request(request);
            let answer = self.http.send(sent.clone()).await;
            let judgement = judge(&self.asked(request, batch), &answer);
            let failed = verdicts.note(request, judgement);
            if is_trial {
                let to = &self.redactor;
                exchanges.push(Exchange::record_up_to(TRIAL_BYTES_MAX, to, &sent, &answer));
            } else if failed && !has_failed {
                exchanges.push(Exchange::record(&self.redactor, &sent, &answer));
            }
            has_failed |= failed;
        }
        let verdicts = verdicts.finish();
        let arrived = |event: usize| verdicts.get(event) == Some(&Verdict::Delivered);
        let warnings = warnings.into_iter().filter(|(event, _)| arrived(*event));
        let warnings = warnings.map(|(_, warning)| warning).collect();
        BatchOutcome { exchanges, warnings, ..BatchOutcome::new(Verdicts::Each(verdicts)) }
    }

    fn request(&self, request: &Request) -> HttpRequest {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(request.content_type()));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        HttpRequest {
            method: Method::POST,
            url: request.url(&self.config),
            headers,
            body: request.body(&self.config),
            timeout: TIMEOUT,
        }
    }

    fn asked<'a>(&self, request: &'a Request, batch: &[Delivery<'_>]) -> Asked<'a> {
        let mut events: Vec<usize> = request.records.iter().map(|record| record.event).collect();
        events.dedup();
        let attempts = events.iter().filter_map(|event| Some(batch.get(*event)?.attempt));
        Asked {
            endpoint: request.endpoint,
            is_batch: self.config.sends_to_batch,
            records: request.records.iter().map(|record| record.json.as_str()).collect(),
            attempt: attempts.max().unwrap_or(1),
            events: events.len(),
        }
    }
}

/// What has become of the events of a batch so far.
struct Progress {
    /// `None`: everything that was sent of the event has arrived.
    verdicts: Vec<Option<Verdict>>,
    /// Records of each event that have not arrived.
    missing: Vec<usize>,
}

impl Progress {
    fn new(events: usize, requests: &[Request], refused: Vec<(usize, Reason)>) -> Self {
        let mut progress = Self { verdicts: vec![None; events], missing: vec![0; events] };
        for record in requests.iter().flat_map(|request| &request.records) {
            progress.missing[record.event] += 1;
        }
        for (event, reason) in refused {
            progress.verdicts[event] = Some(Verdict::Reject { reason });
        }
        progress
    }

    /// A group that was refused as the person's may still be taken as a group.
    fn is_second_part(&self, request: &Request) -> bool {
        let is_rejected =
            |event: usize| matches!(self.verdicts[event], Some(Verdict::Reject { .. }));
        request.records.iter().all(|record| is_rejected(record.event))
    }

    /// True if not all of the request was taken.
    fn note(&mut self, request: &Request, judgement: Judgement) -> bool {
        match judgement {
            Judgement::All(verdict) => {
                // The peer is away or keeps us out: nothing that is left would fare better.
                for (event, missing) in self.missing.iter().enumerate() {
                    if *missing > 0 {
                        worst(&mut self.verdicts[event], verdict.clone());
                    }
                }
                true
            }
            Judgement::Each(verdicts) => {
                let mut is_whole = true;
                for (record, verdict) in request.records.iter().zip(verdicts) {
                    if verdict == Verdict::Delivered {
                        self.missing[record.event] -= 1;
                    } else {
                        is_whole = false;
                        worst(&mut self.verdicts[record.event], verdict);
                    }
                }
                !is_whole
            }
        }
    }

    fn finish(self) -> Vec<Verdict> {
        let both = self.verdicts.into_iter().zip(self.missing);
        both.map(|(verdict, missing)| match verdict {
            Some(verdict) => verdict,
            None if missing > 0 => Verdict::Again,
            None => Verdict::Delivered,
        })
        .collect()
    }
}

/// Of two verdicts on records of one event the one that decides.
fn worst(slot: &mut Option<Verdict>, verdict: Verdict) {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Suspend { .. } => 5,
        Verdict::Retry { .. } => 4,
        Verdict::Reject { .. } => 3,
        Verdict::Split { .. } => 2,
        Verdict::Again => 1,
        Verdict::Delivered | Verdict::Filtered(_) => 0,
    };
    if slot.as_ref().is_none_or(|known| rank(&verdict) > rank(known)) {
        *slot = Some(verdict);
    }
}

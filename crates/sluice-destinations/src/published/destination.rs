//! Delivering a batch to a published destination.
//!
//! Without batching each event runs all subscriptions that it starts, one after the other, in one
//! call of the sandbox. With batching each subscription takes the events of the batch that are for
//! it together. A person's events keep their order: behind one that has to wait, later ones of the
//! same person are left for another attempt. What is done of an event is not repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use serde_json::{Value, json};
use sluice_destination_kit::{
    BatchLimits, BatchOutcome, BoxFuture, Delivery, Destination, Exchange, HttpOut, Reason,
    Verdict, Verdicts,
};
use sluice_event::StoredEvent;
use sluice_functions::{Engine, Program};
use tokio::runtime::Handle;

use super::access::Access;
use super::answer::{self, Answer, INVALID_SETTINGS, PAYLOAD_VALIDATION_FAILED};
use super::egress::Egress;
use super::partial::Done;
use super::prepared::{Batch, Prepared};
use super::program::{CALL_MAX, LIMITS};

/// No call begins later than this after the first, so that the last ends before the scheduler gives
/// up on the batch.
const BEGIN_MAX: Duration = Duration::from_secs(25);
const _: () = assert!(BEGIN_MAX.as_secs() + CALL_MAX.as_secs() < 60);
/// What a mapping made of an event, by the event's place in the attempt.
type Payload = (usize, Box<RawValue>);

const BATCH_BYTES_MAX: usize = 4_000_000;
const BATCH_AGE_MAX: Duration = Duration::from_secs(1);
/// Peers that are asked before they are told answer with data.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Payloads in memory for one subscription; the batch's other events come again.
const PAYLOADS_BYTES_MAX: usize = 16 << 20;
const NO_MATCHING_MAPPING: &str = "NO_MATCHING_MAPPING";

pub(super) struct PublishedDestination {
    engine: Engine,
    /// Of the runtime in the engine; no other destination, before or after a change, has it.
    key: String,
    slug: String,
    /// Its code can ask the peer to delete a person.
    deletes: bool,
    program: Arc<Program>,
    subscriptions: Vec<Prepared>,
    http: HttpOut,
    access: Access,
}

impl PublishedDestination {
    pub(super) fn new(
        engine: Engine,
        program: Arc<Program>,
        subscriptions: Vec<Prepared>,
        http: &HttpOut,
        access: Access,
        (slug, deletes): (&str, bool),
    ) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        Self {
            engine,
            key: format!("{slug}/{}", MADE.fetch_add(1, Ordering::Relaxed)),
            slug: slug.to_owned(),
            deletes,
            program,
            subscriptions,
            http: http.with_answers_up_to(ANSWER_BYTES_MAX),
            access,
        }
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.iter().map(|one| one.id.as_str())
    }

    fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.subscriptions.iter().filter_map(|one| one.batch.as_ref())
    }

    async fn send(&self, batch: &[Delivery<'_>]) -> BatchOutcome {
        let mut attempt = Attempt::new(self, batch);
        if self.batches().next().is_some() {
            for subscription in 0..self.subscriptions.len() {
                attempt.run_subscription(subscription).await;
            }
        } else {
            for event in 0..batch.len() {
                attempt.run_event(event, None).await;
            }
        }
        attempt.finish()
    }

    /// One person after the other, up to the first whom the peer does not let go.
    async fn ask_to_forget(&self, user_ids: &[String]) -> BatchOutcome {
        let mut attempt = Attempt { is_trial: true, ..Attempt::new(self, &[]) };
        let mut verdict = Verdict::Delivered;
        for (asked, user_id) in user_ids.iter().enumerate() {
            if !attempt.may_begin() {
                let message = format!(
                    "the peer was asked for {asked} of {} in time; ask again for the others",
                    user_ids.len()
                );
                verdict = Verdict::Retry { reason: Reason::new("ETIMEDOUT", message), after: None };
                break;
            }
            let (answer, _) = attempt.call(json!({ "forget": user_id }).to_string()).await;
            verdict = match answer {
                Ok(Answer { error: Some(thrown), .. }) => thrown.verdict(&self.access.redactor()),
                Ok(_) => Verdict::Delivered,
                Err(verdict) => verdict,
            };
            if verdict != Verdict::Delivered {
                break;
            }
        }
        let verdicts = Verdicts::Whole(single(verdict));
        BatchOutcome { exchanges: attempt.exchanges, ..BatchOutcome::new(verdicts) }
    }
}

impl Drop for PublishedDestination {
    fn drop(&mut self) {
        self.engine.forget(&self.key);
    }
}

impl Destination for PublishedDestination {
    fn limits(&self) -> BatchLimits {
        let Some(events_max) = self.batches().map(|batch| batch.events_max).max() else {
            return BatchLimits::SINGLE;
        };
        BatchLimits { events_max, bytes_max: BATCH_BYTES_MAX, age_max: BATCH_AGE_MAX }
    }

    fn takes(&self, stored: &StoredEvent) -> bool {
        let Ok(event) = serde_json::from_str(&stored.event.json) else { return false };
        self.subscriptions.iter().any(|one| one.matches(&event))
    }

    fn untaken_reason(&self) -> &'static str {
        NO_MATCHING_MAPPING
    }

    fn deliver<'a>(&'a self, batch: &'a [Delivery<'a>]) -> BoxFuture<'a, BatchOutcome> {
        Box::pin(self.send(batch))
    }

    fn forget<'a>(&'a self, user_ids: &'a [String]) -> Option<BoxFuture<'a, BatchOutcome>> {
        self.deletes.then(|| Box::pin(self.ask_to_forget(user_ids)) as BoxFuture<'a, BatchOutcome>)
    }
}

/// One event on its way through its subscriptions.
struct Event<'a> {
    delivery: Delivery<'a>,
    json: Value,
    /// Bit `i`: it starts subscription `i`.
    starts: u64,
    done: Done,
    /// What keeps it from being done; of several the gravest.
    trouble: Option<Verdict>,
}

impl Event<'_> {
    fn waits_for(&self, subscription: usize) -> bool {
        (self.starts & !self.done.bits) & (1 << subscription) != 0
    }

    fn note(&mut self, subscription: usize, verdict: Verdict) {
        match verdict {
            Verdict::Delivered => self.done.bits |= 1 << subscription,
            Verdict::Reject { reason } => {
                self.done.bits |= 1 << subscription;
                self.done.refused.get_or_insert(reason);
            }
            verdict => {
                let rank = |verdict: &Verdict| match verdict {
                    Verdict::Suspend { .. } => 3,
                    Verdict::Retry { .. } => 2,
                    _ => 1,
                };
                if self.trouble.as_ref().is_none_or(|known| rank(&verdict) > rank(known)) {
                    self.trouble = Some(verdict);
                }
            }
        }
    }
}

/// A batch on its way.
struct Attempt<'a> {
    to: &'a PublishedDestination,
    events: Vec<Event<'a>>,
    started: Instant,
    /// Nothing more is sent: the peer is away or keeps us out.
    is_over: bool,
    /// What ended it, if that passes.
    ended_by: Option<Verdict>,
    exchanges: Vec<Exchange>,
    is_trial: bool,
}

impl<'a> Attempt<'a> {
    fn new(to: &'a PublishedDestination, batch: &[Delivery<'a>]) -> Self {
        let events = batch.iter().map(|delivery| {
            let json: Value = serde_json::from_str(&delivery.stored.event.json).unwrap_or_default();
            let matching =
                to.subscriptions.iter().enumerate().filter(|(_, one)| one.matches(&json));
            let starts = matching.fold(0, |bits, (i, _)| bits | 1 << i);
            let done =
                delivery.progress.map_or_else(Done::default, |text| Done::read(text, to.ids()));
            Event { delivery: *delivery, json, starts, done, trouble: None }
        });
        Self {
            to,
            events: events.collect(),
            started: Instant::now(),
            is_over: false,
            ended_by: None,
            exchanges: Vec::new(),
            is_trial: batch.iter().any(Delivery::is_trial),
        }
    }

    /// Whether an earlier event of the same person has to wait.
    fn is_held_back(&self, event: usize) -> bool {
        let person = self.events[event].delivery.stored.canonical;
        !person.is_nobody()
            && self.events[..event].iter().any(|earlier| {
                earlier.delivery.stored.canonical == person && earlier.trouble.is_some()
            })
    }

    fn may_begin(&mut self) -> bool {
        self.is_over |= self.started.elapsed() > BEGIN_MAX;
        !self.is_over
    }

    /// The events that wait for one subscription.
    async fn run_subscription(&mut self, subscription: usize) {
        let to = self.to;
        let Some(batch) = &to.subscriptions[subscription].batch else {
            for event in 0..self.events.len() {
                self.run_event(event, Some(subscription)).await;
            }
            return;
        };
        let mut groups: Vec<(String, Vec<Payload>)> = Vec::new();
        let mut bytes = 0;
        for event in 0..self.events.len() {
            if bytes > PAYLOADS_BYTES_MAX {
                break;
            }
            if !self.events[event].waits_for(subscription) || self.is_held_back(event) {
                continue;
            }
            match self.payload(event, subscription) {
                Ok(payload) => {
                    let key = batch.key(&payload);
                    let Ok(payload) = serde_json::value::to_raw_value(&payload) else { continue };
                    bytes += payload.get().len();
                    match groups.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, group)) => group.push((event, payload)),
                        None => groups.push((key, vec![(event, payload)])),
                    }
                }
                Err(verdict) => self.events[event].note(subscription, verdict),
            }
        }
        for (_, group) in groups {
            for chunk in group.chunks(batch.events_max.max(1)) {
                // A chunk before may have made a person wait.
                let chunk: Vec<_> =
                    chunk.iter().filter(|(event, _)| !self.is_held_back(*event)).collect();
                if !chunk.is_empty() && self.may_begin() {
                    self.run_batch(subscription, &chunk).await;
                }
            }
        }
    }

    fn payload(&self, event: usize, subscription: usize) -> Result<Value, Verdict> {
        let made = self.to.subscriptions[subscription].payload(&self.events[event].json);
        made.map_err(|why| Verdict::Reject {
            reason: Reason::new(PAYLOAD_VALIDATION_FAILED, self.to.access.redactor().text(&why)),
        })
    }

    /// One event, through one subscription or all that it starts.
    async fn run_event(&mut self, event: usize, only: Option<usize>) {
        if self.is_held_back(event) {
            return;
        }
        let mut runs = Vec::new();
        let mut started = Vec::new();
        for subscription in 0..self.to.subscriptions.len() {
            if only.is_some_and(|only| only != subscription)
                || !self.events[event].waits_for(subscription)
            {
                continue;
            }
            match self.payload(event, subscription) {
                Ok(payload) => {
                    runs.push(json!({ "subscription": subscription, "payload": payload }));
                    started.push(subscription);
                }
                Err(verdict) => self.events[event].note(subscription, verdict),
            }
        }
        while !runs.is_empty() && self.may_begin() {
            // The event goes along as the text it is.
            let json = &self.events[event].delivery.stored.event.json;
            let text = serde_json::to_string(&runs).unwrap_or_default();
            let argument = format!(r#"{{"event":{json},"runs":{text}}}"#);
            let (answer, egress) = self.call(argument).await;
            let redactor = &self.to.access.redactor();
            let verdicts: Vec<Verdict> = match answer {
                Ok(answer) if answer.runs.is_empty() => vec![no_result()],
                Ok(answer) => (answer.runs.iter())
                    .map(|run| {
                        let thrown = run.error.as_ref();
                        thrown.map_or(Verdict::Delivered, |thrown| thrown.verdict(redactor))
                    })
                    .collect(),
                Err(verdict) => vec![verdict],
            };
            // A run that ends the call may be one that ends no attempt: the others come again.
            let told = verdicts.len().min(runs.len());
            for ((run, subscription), verdict) in
                runs.drain(..told).zip(started.drain(..told)).zip(verdicts)
            {
                let verdict = self.of_peer(verdict, subscription, &run["payload"], &egress);
                self.note_end(&verdict);
                self.keep_exchange(&verdict, &egress);
                self.events[event].note(subscription, single(verdict));
            }
        }
    }

    async fn run_batch(&mut self, subscription: usize, chunk: &[&(usize, Box<RawValue>)]) {
        let texts: Vec<&RawValue> = chunk
            .iter()
            .filter_map(|(event, _)| {
                serde_json::from_str(&self.events[*event].delivery.stored.event.json).ok()
            })
            .collect();
        let payloads: Vec<&RawValue> = chunk.iter().map(|(_, payload)| &**payload).collect();
        let text = |raw: &[&RawValue]| serde_json::to_string(raw).unwrap_or_default();
        let (events, payloads) = (text(&texts), text(&payloads));
        let argument = format!(
            r#"{{"batch":{{"subscription":{subscription},"payloads":{payloads},"events":{events}}}}}"#
        );
        let (answer, egress) = self.call(argument).await;
        let redactor = &self.to.access.redactor();
        let of_payload = |verdict: Verdict, payload: &RawValue| {
            if !matches!(verdict, Verdict::Suspend { .. }) {
                return verdict;
            }
            let payload = serde_json::from_str(payload.get()).unwrap_or_default();
            self.of_peer(verdict, subscription, &payload, &egress)
        };
        let verdicts: Vec<Verdict> = match answer {
            Ok(Answer { each: Some(each), .. }) => (chunk.iter().zip(each))
                .map(|((_, payload), status)| match status {
                    Some(status) => of_payload(status.verdict(redactor), payload),
                    None => no_result(),
                })
                .collect(),
            Ok(Answer { error: Some(thrown), .. }) => {
                let first = thrown.verdict(redactor);
                let verdict = match chunk.first() {
                    Some((_, payload)) => divided(of_payload(first, payload)),
                    None => first,
                };
                self.note_end(&verdict);
                vec![verdict; chunk.len()]
            }
            Ok(_) => vec![Verdict::Delivered; chunk.len()],
            Err(verdict) => {
                let verdict = divided(verdict);
                self.note_end(&verdict);
                vec![verdict; chunk.len()]
            }
        };
        let mut verdicts = verdicts.into_iter();
        for (event, _) in chunk {
            let verdict = verdicts.next().unwrap_or_else(no_result);
            self.keep_exchange(&verdict, &egress);
            let verdict = if chunk.len() == 1 { single(verdict) } else { verdict };
            self.events[*event].note(subscription, verdict);
        }
    }

    /// A peer that keeps one event out keeps all of them out, unless it is the event that names the
    /// peer.
    fn of_peer(
        &self,
        verdict: Verdict,
        subscription: usize,
        payload: &Value,
        egress: &Egress,
    ) -> Verdict {
        let to = &self.to.subscriptions[subscription];
        match verdict {
            Verdict::Suspend { reason }
                if egress.failed_url().is_some_and(|url| to.is_named_by_event(payload, &url)) =>
            {
                Verdict::Reject { reason }
            }
            verdict => verdict,
        }
    }

    fn note_end(&mut self, verdict: &Verdict) {
        self.is_over |= matches!(verdict, Verdict::Retry { .. } | Verdict::Suspend { .. });
        if let Verdict::Retry { .. } = verdict {
            self.ended_by.get_or_insert_with(|| verdict.clone());
        }
    }

    async fn call(&mut self, argument: String) -> (Result<Answer, Verdict>, Arc<Egress>) {
        let egress = Arc::new(Egress::new(self.to.http.clone(), Handle::current(), &self.to.slug));
        let host = Arc::clone(&egress) as Arc<dyn sluice_functions::Host>;
        let to = self.to;
        let called = to.engine.call(&to.key, &to.program, LIMITS, argument, host).await;
        if self.is_trial {
            self.exchanges.extend(egress.all(&to.access.redactor()));
        }
        let answer = match called {
            Ok(text) => serde_json::from_str(&text).map_err(|error| Verdict::Reject {
                reason: Reason::new("PROGRAM", format!("its result does not read: {error}")),
            }),
            Err(error) => Err(answer::of_call_error(&error)),
        };
        let mut answer: Result<Answer, Verdict> = answer;
        if let Some(tokens) = answer.as_mut().ok().and_then(|answer| answer.tokens.take()) {
            to.access.keep(tokens).await;
        }
        let answer = answer.and_then(|answer| match answer.settings {
            Some(why) => Err(Verdict::Suspend {
                reason: Reason::new(INVALID_SETTINGS, to.access.redactor().text(&why)),
            }),
            None => Ok(answer),
        });
        (answer, egress)
    }

    /// Of the first failure; a trial keeps all of each call.
    fn keep_exchange(&mut self, verdict: &Verdict, egress: &Egress) {
        if self.exchanges.is_empty() && *verdict != Verdict::Delivered && !self.is_trial {
            self.exchanges.extend(egress.exchange(&self.to.access.redactor()));
        }
    }

    fn finish(self) -> BatchOutcome {
        let (mut verdicts, mut progress) = (Vec::new(), Vec::new());
        for (place, event) in self.events.into_iter().enumerate() {
            let is_done = event.starts & !event.done.bits == 0;
            if event.trouble.is_some() || !is_done {
                progress.extend(event.done.write(self.to.ids()).map(|text| (place, text)));
            }
            verdicts.push(match (event.trouble, event.done.refused) {
                (Some(verdict), _) => verdict,
                // The peer is asked no sooner about what is left than about what failed.
                (None, _) if !is_done => self.ended_by.clone().unwrap_or(Verdict::Again),
                (None, Some(reason)) => Verdict::Reject { reason },
                (None, None) if event.starts == 0 => Verdict::Filtered(NO_MATCHING_MAPPING),
                (None, None) => Verdict::Delivered,
            });
        }
        BatchOutcome {
            exchanges: self.exchanges,
            progress,
            ..BatchOutcome::new(Verdicts::Each(verdicts))
        }
    }
}

fn no_result() -> Verdict {
    let message = "the destination gave no result for this event";
    Verdict::Reject { reason: Reason::new("PROGRAM", message) }
}

/// A peer that refuses a whole batch, and code that fails with one, may mean one event of it: halves
/// tell which.
fn divided(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Reject { reason } => Verdict::Split { reason },
        verdict => verdict,
    }
}

/// There is nothing to split in one event.
fn single(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Split { reason } => Verdict::Reject { reason },
        verdict => verdict,
    }
}

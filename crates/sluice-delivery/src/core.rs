//! The scheduler of one connection: what to send when, what to keep, what to give up. Pure: no
//! clock, no disk, no socket; the driver brings events, outcomes and the time, sends the attempts
//! and commits the deltas, and the simulation does the same with a lying peer.
//!
//! The cursor moves past every event that was read; what is not finished is in the waiting set, as
//! a reference into the log at first and with its payload once it has to wait. So one waiting
//! event neither holds back the log nor repeats others.

mod commit;
mod giving_up;
mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sluice_base::Timestamp;
use sluice_destination_kit::{BatchLimits, BatchOutcome, Exchange, Reason, Verdict, Verdicts};
use sluice_event::{Decision, SourceNo, StoredEvent};

use crate::breaker::Breaker;
use crate::dead::DeadLetter;
use crate::lanes::{Dues, Lanes};
use crate::pace::{Pace, Signal};
use crate::policy::{Jitter, Policy};
use crate::records::Record;
use crate::state::{Counts, DeadEntry, Lane, State, Suspended, Waiting};
use crate::status::Warned;

/// An event waits with its payload, not as a reference, once it has been here this long.
const REFERENCE_AGE_MAX: Duration = Duration::from_secs(60);
/// Of one event; a destination that says more of it is not listened to.
const PROGRESS_BYTES_MAX: usize = 8 * 1024;
/// How many finished events are remembered for receipts.
const FINISHED_MAX: usize = 10_000;
pub(crate) const BACKLOG_OVER_BUDGET: &str = "backlog_over_budget";
pub(crate) const WINDOW_EXPIRED: &str = "window_expired";
/// The peer takes no more for now.
const THROTTLED: &str = "429";
const THROTTLED_DELAY: Duration = Duration::from_secs(1);
pub(crate) const TIMED_OUT: &str = "ETIMEDOUT";

pub(crate) struct Core {
    pub(crate) policy: Policy,
    source: SourceNo,
    limits: BatchLimits,
    /// Disabled: what waits is not sent, and times stand still.
    paused_since: Option<Timestamp>,
    start: u64,
    cursor: u64,
    ledger_base: Option<u64>,
    ledger_accepted: u64,
    counts: Counts,
    suspended: Option<Suspended>,
    items: Items,
    /// Items that the last delta holds as references.
    referenced: BTreeSet<u64>,
    lanes: Lanes,
    dead: BTreeMap<u64, DeadEntry>,
    dead_bytes: u64,
    breaker: Breaker,
    pace: Pace,
    jitter: Jitter,
    attempts: HashMap<u64, InFlight>,
    next_attempt: u64,
    last_error: Option<LastError>,
    warnings: BTreeMap<String, Warned>,
    finished: BTreeMap<u64, Finished>,
    /// Since the last delta.
    changed: Changed,
}

#[derive(Default)]
struct Items(BTreeMap<u64, Item>, usize /* bytes */);

struct Item {
    event: Arc<StoredEvent>,
    lane: Lane,
    bytes: usize,
    queued_at: Timestamp,
    due: Timestamp,
    /// The peer named the time; nothing brings it forward.
    is_due_fixed: bool,
    attempts: u32,
    first_attempt_at: Option<Timestamp>,
    batch_max: usize,
    /// What of it is done, in the destination's words.
    progress: Option<Arc<str>>,
    in_flight: bool,
    /// A dead letter sent again: the log may have dropped it.
    is_again: bool,
    durable: Durable,
    last_error: Option<Reason>,
}

/// The last answer that was no success.
#[derive(Clone, Debug)]
pub(crate) struct LastError {
    pub(crate) at: Timestamp,
    pub(crate) reason: Reason,
    /// Redacted.
    pub(crate) exchange: Option<Exchange>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Durable {
    No,
    Reference,
    Payload,
}

struct InFlight {
    offsets: Vec<u64>,
    lanes: Vec<Lane>,
    started_at: Timestamp,
    is_probe: bool,
}

#[derive(Default)]
struct Changed {
    any: bool,
    events: bool,
    touched: BTreeSet<u64>,
    done: Vec<u64>,
    dead: Vec<(u64, DeadEntry)>,
    undead: Vec<u64>,
    letters: Vec<DeadLetter>,
}

/// One request's worth of events, to be sent now.
pub(crate) struct Attempt {
    pub(crate) id: u64,
    pub(crate) events: Vec<Sending>,
}

pub(crate) struct Sending {
    pub(crate) offset: u64,
    pub(crate) stored: Arc<StoredEvent>,
    /// Counts from one.
    pub(crate) attempt: u32,
    pub(crate) progress: Option<Arc<str>>,
}

/// How an event ended, for receipts and latency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finished {
    Delivered { at: Timestamp, attempts: u32 },
    Filtered { reason: String },
}

impl Item {
    fn new(event: Arc<StoredEvent>, lane: Lane, now: Timestamp) -> Self {
        Self {
            lane,
            bytes: event.event.json.len(),
            event,
            queued_at: now,
            due: now,
            is_due_fixed: false,
            attempts: 0,
            first_attempt_at: None,
            batch_max: usize::MAX,
            progress: None,
            in_flight: false,
            is_again: false,
            durable: Durable::No,
            last_error: None,
        }
    }
}

impl Dues for Items {
    fn due(&self, offset: u64) -> Timestamp {
        self.0.get(&offset).map_or(Timestamp::ZERO, |item| item.due)
    }

    fn bytes(&self, offset: u64) -> usize {
        self.0.get(&offset).map_or(0, |item| item.bytes)
    }
}

impl Core {
    /// `referenced` holds the events that `state` names without their payload, read from the log;
    /// `seed` is for jitter.
    pub(crate) fn new(
        policy: Policy,
        source: SourceNo,
        limits: BatchLimits,
        state: State,
        referenced: &HashMap<u64, Arc<StoredEvent>>,
        now: Timestamp,
        seed: u64,
    ) -> Self {
        let mut core = Self {
            policy,
            source,
            limits,
            paused_since: None,
            start: state.start,
            cursor: state.cursor,
            ledger_base: state.ledger_base,
            ledger_accepted: state.ledger_accepted,
            counts: state.counts,
            suspended: state.suspended,
            items: Items::default(),
            referenced: BTreeSet::new(),
            lanes: Lanes::default(),
            dead_bytes: state.dead.values().map(|entry| entry.bytes).sum(),
            dead: state.dead,
            breaker: Breaker::default(),
            pace: Pace::default(),
            jitter: Jitter::new(seed),
            attempts: HashMap::new(),
            next_attempt: 1,
            last_error: None,
            warnings: BTreeMap::new(),
            finished: BTreeMap::new(),
            changed: Changed::default(),
        };
        for (from, to) in state.joins {
            core.lanes.join(from, to, now, &core.items);
        }
        for (offset, waiting) in state.waiting {
            core.restore(offset, waiting, referenced, now);
        }
        core.lanes.drop_empty_joins();
        core
    }

    fn restore(
        &mut self,
        offset: u64,
        waiting: Waiting,
        referenced: &HashMap<u64, Arc<StoredEvent>>,
        now: Timestamp,
    ) {
        let durable = if waiting.event.is_some() { Durable::Payload } else { Durable::Reference };
        let event = waiting.event.or_else(|| referenced.get(&offset).cloned());
        let Some(event) = event.filter(|event| !event.is_erased()) else {
            // Or the log lost it although it was told to keep it.
            self.counts.erased += 1;
            self.changed.done.push(offset);
            self.changed.any = true;
            return;
        };
        let mut item = Item::new(event, waiting.lane, now);
        item.attempts = waiting.attempts;
        item.first_attempt_at = waiting.first_attempt_at;
        item.due = waiting.due;
        item.progress = waiting.progress;
        item.durable = durable;
        self.insert(offset, item, now);
        if durable == Durable::Reference {
            self.referenced.insert(offset);
        }
    }

    fn insert(&mut self, offset: u64, item: Item, now: Timestamp) {
        let lane = item.lane;
        self.items.1 += item.bytes;
        self.items.0.insert(offset, item);
        self.lanes.push(lane, offset, now, &self.items);
    }

    fn add(&mut self, offset: u64, item: Item, now: Timestamp) {
        self.insert(offset, item, now);
        self.changed.touched.insert(offset);
    }

    pub(crate) const fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Whether the driver should bring the next record.
    pub(crate) fn wants_events(&self) -> bool {
        let is_stopped = self.suspended.is_some() || self.breaker.is_open();
        (!is_stopped || self.paused_since.is_some())
            && self.lanes.ready_events + self.in_flight_events() < self.policy.read_ahead_events
            && self.items.1 < self.policy.parked_bytes_max
    }

    fn in_flight_events(&self) -> usize {
        self.attempts.values().map(|attempt| attempt.offsets.len()).sum()
    }

    /// Takes the record at the cursor. `filter` gives the reason why an event is not for this
    /// connection.
    pub(crate) fn on_record(
        &mut self,
        now: Timestamp,
        record: &Record,
        mut filter: impl FnMut(&StoredEvent) -> Option<&'static str>,
    ) {
        self.join_merged(now, record);
        self.take_events(now, record, false, &mut filter);
        self.lanes.drop_empty_joins();
        self.shed(now);
    }

    /// Takes the record at the cursor while the connection is stopped and its backlog is over the
    /// budget: what is not filtered becomes dead letters.
    pub(crate) fn on_record_over_budget(
        &mut self,
        now: Timestamp,
        record: &Record,
        mut filter: impl FnMut(&StoredEvent) -> Option<&'static str>,
    ) {
        // Later events of both people must wait for what is parked of either, as ever.
        self.join_merged(now, record);
        self.take_events(now, record, true, &mut filter);
        self.lanes.drop_empty_joins();
    }

    fn join_merged(&mut self, now: Timestamp, record: &Record) {
        for decision in &record.decisions {
            if let Decision::Merge { survivor, absorbed, .. } = decision {
                self.lanes.join(Lane::Person(*absorbed), Lane::Person(*survivor), now, &self.items);
            }
        }
    }

    fn take_events(
        &mut self,
        now: Timestamp,
        record: &Record,
        is_over_budget: bool,
        filter: &mut dyn FnMut(&StoredEvent) -> Option<&'static str>,
    ) {
        if record.base < self.cursor {
            return;
        }
        let (mut own, source) = (0, self.source);
        for (i, event) in
            record.events.iter().enumerate().filter(|(_, event)| event.source == source)
        {
            own += 1;
            let offset = record.base + 1 + i as u64;
            if event.is_erased() {
                self.counts.erased += 1;
            } else if let Some(reason) = filter(event) {
                self.count_filtered(offset, reason);
            } else {
                let lane = match event.canonical {
                    person if person.is_nobody() => Lane::Event(offset),
                    person => Lane::Person(person),
                };
                self.add(offset, Item::new(Arc::clone(event), lane, now), now);
                if is_over_budget {
                    let why = Reason::new(
                        BACKLOG_OVER_BUDGET,
                        "waited longer than the connection's budget allows",
                    );
                    self.bury(now, offset, why, None);
                    self.lanes.settle(lane, now, &self.items);
                }
            }
        }
        self.counts.accepted += own;
        if let Some((_, counts)) = record.counts.iter().find(|(source, _)| *source == self.source) {
            self.ledger_base.get_or_insert(counts.accepted.saturating_sub(own));
            self.ledger_accepted = counts.accepted;
        }
        self.cursor = record.end;
        self.changed.any = true;
        self.changed.events |= own > 0;
    }

    fn count_filtered(&mut self, offset: u64, reason: &str) {
        *self.counts.filtered.entry(reason.to_owned()).or_default() += 1;
        self.remember(offset, Finished::Filtered { reason: reason.to_owned() });
    }

    /// The next request to send, if there is one for now.
    pub(crate) fn next_attempt(&mut self, now: Timestamp) -> Option<Attempt> {
        if self.suspended.is_some() || self.paused_since.is_some() {
            return None;
        }
        self.lanes.wake(now, &self.items);
        let is_probe = match self.breaker.probe_at() {
            Some(at) if at > now || !self.attempts.is_empty() => return None,
            Some(_) => {
                if self.lanes.first_ready().is_none() {
                    self.lanes.wake_first();
                }
                true
            }
            None if self.attempts.len() >= self.pace.requests_max(&self.policy) => return None,
            None if self.pace.ready_at() > now => return None,
            None => false,
        };
        let first = self.items.0.get(&self.lanes.first_ready()?)?;
        if !is_probe && !self.is_batch_due(now, first) {
            return None;
        }
        Some(self.begin(now, is_probe))
    }

    fn is_batch_due(&self, now: Timestamp, first: &Item) -> bool {
        self.lanes.ready_events >= self.limits.events_max.min(first.batch_max)
            || self.lanes.ready_bytes >= self.limits.bytes_max
            || first.attempts > 0
            || first.batch_max < usize::MAX
            || first.queued_at.plus(self.limits.age_max) <= now
    }

    fn begin(&mut self, now: Timestamp, is_probe: bool) -> Attempt {
        let (mut offsets, mut bytes, mut events_max) = (Vec::new(), 0, self.limits.events_max);
        let items = &self.items.0;
        let lanes = self.lanes.begin(|offset| {
            let Some(item) = items.get(&offset) else { return false };
            let fits = offsets.len() < events_max.min(item.batch_max)
                && (offsets.is_empty() || bytes + item.bytes <= self.limits.bytes_max);
            if fits {
                events_max = events_max.min(item.batch_max);
                bytes += item.bytes;
                offsets.push(offset);
            }
            fits
        });
        offsets.sort_unstable();
        let mut events = Vec::with_capacity(offsets.len());
        for offset in &offsets {
            let Some(item) = self.items.0.get_mut(offset) else { continue };
            item.in_flight = true;
            events.push(Sending {
                offset: *offset,
                stored: Arc::clone(&item.event),
                attempt: item.attempts + 1,
                progress: item.progress.clone(),
            });
        }
        self.pace.on_begin(now, &self.policy, offsets.len());
        let id = self.next_attempt;
        self.next_attempt += 1;
        self.attempts.insert(id, InFlight { offsets, lanes, started_at: now, is_probe });
        Attempt { id, events }
    }

    /// What became of an attempt. Gives the events that were delivered, for latency.
    pub(crate) fn on_outcome(
        &mut self,
        now: Timestamp,
        id: u64,
        outcome: BatchOutcome,
    ) -> Vec<Arc<StoredEvent>> {
        let Some(attempt) = self.attempts.remove(&id) else { return Vec::new() };
        self.changed.any = true;
        self.changed.events = true;
        let verdicts = match outcome.verdicts {
            Verdicts::Whole(verdict) => vec![verdict; attempt.offsets.len()],
            Verdicts::Each(verdicts) => complete(verdicts, attempt.offsets.len()),
        };
        self.keep_progress(&attempt.offsets, outcome.progress);
        self.halve(&attempt.offsets, &verdicts);
        self.note_warnings(outcome.warnings);
        let signal = signal(&verdicts);
        self.pace.on_outcome(now, attempt.started_at, &self.policy, signal);
        let failed = matches!(signal, Signal::Failed | Signal::Slow);
        let suspends = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Suspend { .. }));
        let mut delivered = Vec::new();
        for (offset, verdict) in attempt.offsets.iter().zip(verdicts) {
            if let Some(event) =
                self.settle(now, &attempt, *offset, verdict, outcome.exchanges.last())
            {
                delivered.push(event);
            }
        }
        for lane in &attempt.lanes {
            self.lanes.end(*lane, now, &self.items);
        }
        if !suspends
            && self.breaker.on_attempt(
                now,
                failed,
                attempt.is_probe,
                &self.policy,
                &mut self.jitter,
            )
        {
            self.bring_forward(now);
        }
        self.shed(now);
        delivered
    }

    /// Also of an event that comes again at once: it may be cut off before its turn.
    fn keep_progress(&mut self, offsets: &[u64], progress: Vec<(usize, Arc<str>)>) {
        for (place, progress) in progress {
            let Some(offset) = offsets.get(place) else { continue };
            if let Some(item) = self.items.0.get_mut(offset)
                && progress.len() <= PROGRESS_BYTES_MAX
                && item.progress.as_ref() != Some(&progress)
            {
                item.progress = Some(progress);
                self.changed.touched.insert(*offset);
            }
        }
    }

    /// Events that were too many at once go in batches of half as many.
    fn halve(&mut self, offsets: &[u64], verdicts: &[Verdict]) {
        let is_split = |verdict: &Verdict| matches!(verdict, Verdict::Split { .. });
        let splits = verdicts.iter().filter(|verdict| is_split(verdict)).count();
        if splits < 2 {
            return;
        }
        for (offset, _) in offsets.iter().zip(verdicts).filter(|(_, verdict)| is_split(verdict)) {
            if let Some(item) = self.items.0.get_mut(offset) {
                item.batch_max = splits.div_ceil(2);
            }
        }
    }

    fn settle(
        &mut self,
        now: Timestamp,
        attempt: &InFlight,
        offset: u64,
        verdict: Verdict,
        exchange: Option<&Exchange>,
    ) -> Option<Arc<StoredEvent>> {
        let item = self.items.0.get_mut(&offset)?;
        item.in_flight = false;
        match verdict {
            Verdict::Again => return None,
            Verdict::Filtered(reason) => {
                self.finish(offset);
                self.count_filtered(offset, reason);
                return None;
            }
            _ => {}
        }
        self.changed.touched.insert(offset);
        if let Some(reason) = verdict.reason() {
            item.last_error = Some(reason.clone());
            // Once for a batch: its events share the exchange.
            let is_told = |last: &LastError| last.at == now && last.reason == *reason;
            if !self.last_error.as_ref().is_some_and(is_told) {
                let (reason, exchange) = (reason.clone(), exchange.cloned());
                self.last_error = Some(LastError { at: now, reason, exchange });
            }
        }
        if item.attempts > 0 {
            self.counts.retries += 1;
        }
        match verdict {
            Verdict::Delivered => {
                let (attempts, event) = (item.attempts + 1, Arc::clone(&item.event));
                self.finish(offset);
                self.counts.delivered += 1;
                self.remember(offset, Finished::Delivered { at: now, attempts });
                return Some(event);
            }
            Verdict::Retry { reason, after } => {
                item.attempts += 1;
                item.first_attempt_at.get_or_insert(attempt.started_at);
                self.wait_or_expire(now, offset, &reason, after, exchange);
            }
            Verdict::Suspend { reason } => {
                let Reason { code, message } = reason;
                let suspended = || Suspended { since: now, code: code.into_owned(), message };
                self.suspended.get_or_insert_with(suspended);
            }
            Verdict::Split { .. }
                if attempt.offsets.len() > 1 && item.batch_max < attempt.offsets.len() => {}
            Verdict::Again | Verdict::Filtered(_) => {}
            Verdict::Reject { reason } | Verdict::Split { reason } => {
                item.attempts += 1;
                self.bury(now, offset, reason, exchange);
            }
        }
        None
    }

    fn wait_or_expire(
        &mut self,
        now: Timestamp,
        offset: u64,
        reason: &Reason,
        after: Option<Duration>,
        exchange: Option<&Exchange>,
    ) {
        let window = self.window(now);
        let Some(item) = self.items.0.get_mut(&offset) else { return };
        let deadline = item.first_attempt_at.unwrap_or(now).plus(window);
        if now >= deadline {
            let message = format!("gave up after {} attempts; last: {reason}", item.attempts);
            self.bury(now, offset, Reason::new(WINDOW_EXPIRED, message), exchange);
            return;
        }
        // How often a peer is asked that takes no more for now is the pace's matter.
        let delay = match reason.code == THROTTLED {
            true => THROTTLED_DELAY,
            false => self.jitter.delay(&self.policy, item.attempts),
        };
        item.due = now.plus(delay.max(after.unwrap_or_default())).min(deadline);
        item.is_due_fixed = after.is_some();
    }

    /// A peer that has been down for three days gets less patience.
    fn window(&self, now: Timestamp) -> Duration {
        match self.breaker.open_since() {
            Some(since) if now.since(since) >= Policy::WINDOW_MAX => {
                self.policy.window.min(Duration::from_secs(3600))
            }
            _ => self.policy.window,
        }
    }

    fn finish(&mut self, offset: u64) -> Option<Item> {
        let item = self.items.0.remove(&offset)?;
        self.items.1 -= item.bytes;
        self.lanes.remove(item.lane, offset, item.bytes);
        self.changed.touched.remove(&offset);
        self.referenced.remove(&offset);
        if item.durable != Durable::No {
            self.changed.done.push(offset);
        }
        self.changed.any = true;
        Some(item)
    }

    /// The peer is back: what waited on its account waits no longer, unless the peer named a time.
    fn bring_forward(&mut self, now: Timestamp) {
        for (offset, item) in &mut self.items.0 {
            if item.due > now && !item.is_due_fixed {
                item.due = now;
                self.changed.touched.insert(*offset);
            }
        }
        self.lanes.reindex_timed(now, &self.items);
    }

    /// Sends on after a suspension. The time it took does not count against any event's window.
    pub(crate) fn resume(&mut self, now: Timestamp) {
        if let Some(suspended) = self.suspended.take() {
            self.shift_windows(now.since(suspended.since));
            self.changed.any = true;
            self.changed.events = true;
        }
    }

    /// Stops or starts sending without losing what waits.
    pub(crate) fn set_paused(&mut self, now: Timestamp, paused: bool) {
        match (paused, self.paused_since) {
            (true, None) => self.paused_since = Some(now),
            (false, Some(since)) => {
                self.paused_since = None;
                self.shift_windows(now.since(since));
            }
            _ => {}
        }
    }

    fn shift_windows(&mut self, by: Duration) {
        for (offset, item) in &mut self.items.0 {
            if let Some(at) = &mut item.first_attempt_at {
                *at = at.plus(by);
                self.changed.touched.insert(*offset);
            }
        }
    }

    pub(crate) fn set_limits(&mut self, limits: BatchLimits) {
        self.limits = limits;
    }

    /// When something is to be done without any event from outside.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        if self.suspended.is_some() || self.paused_since.is_some() {
            return None;
        }
        if let Some(at) = self.breaker.probe_at() {
            return (self.attempts.is_empty() && !self.items.0.is_empty()).then_some(at);
        }
        let batch = self.lanes.first_ready().and_then(|offset| {
            let item = self.items.0.get(&offset)?;
            (self.attempts.len() < self.pace.requests_max(&self.policy))
                .then(|| item.queued_at.plus(self.limits.age_max).max(self.pace.ready_at()))
        });
        [batch, self.lanes.next_due()].into_iter().flatten().min()
    }

    fn remember(&mut self, offset: u64, finished: Finished) {
        self.finished.insert(offset, finished);
        if self.finished.len() > FINISHED_MAX {
            self.finished.pop_first();
        }
    }
}

/// What the verdicts of one request tell of its peer.
fn signal(verdicts: &[Verdict]) -> Signal {
    let mut longest = None;
    let (mut throttled, mut slow) = (true, true);
    for verdict in verdicts {
        let Verdict::Retry { reason, after } = verdict else { return Signal::Worked };
        throttled &= reason.code == THROTTLED;
        slow &= reason.code == TIMED_OUT;
        longest = longest.max(*after);
    }
    match (throttled, slow) {
        (true, _) => Signal::Throttled { after: longest },
        (_, true) => Signal::Slow,
        _ => Signal::Failed,
    }
}

/// A verdict for each event. A destination that says `Again` of all of them would never end.
fn complete(mut verdicts: Vec<Verdict>, events: usize) -> Vec<Verdict> {
    let broken =
        |message: &str| Verdict::Retry { reason: Reason::new("INTERNAL", message), after: None };
    verdicts.resize_with(events, || broken("the destination gave no verdict for this event"));
    if verdicts.iter().all(|verdict| *verdict == Verdict::Again) {
        verdicts.fill(broken("the destination decided nothing about this batch"));
    }
    verdicts
}

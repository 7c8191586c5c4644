//! How fast a connection sends: what its owner allows, and what its peer has shown it can take. Pure.
//!
//! The owner's limits are meters (the generic cell rate algorithm): after idleness a second's worth
//! may go at once. A peer that answers 429 for a whole request halves the rate and the number of
//! requests at a time; successes raise both again, additively the one and by a twentieth every ten
//! seconds the other. What was learned is forgotten at a restart, and once the rate has grown to
//! twice that at which the peer complained.
//!
//! Not here: a peer that fails altogether (`breaker.rs`), and one event's own next attempt.

use std::time::Duration;

use sluice_base::Timestamp;

use crate::policy::Policy;

/// What may go at once after idleness.
const BURST: Duration = Duration::from_secs(1);
/// A throttled peer is asked at least so often.
const INTERVAL_MAX: Duration = Duration::from_secs(10);
const RAISE_EVERY: Duration = Duration::from_secs(10);
/// Longest time that a peer can hold a connection by `Retry-After`.
const HOLD_MAX: Duration = Duration::from_secs(3600);

#[derive(Debug, Default)]
pub(crate) struct Pace {
    requests: Meter,
    events: Meter,
    learned: Option<Learned>,
    /// Requests at a time while fewer than the owner allows.
    at_a_time: Option<AtATime>,
    held_until: Timestamp,
    recent: Recent,
    /// Answers to what was sent before tell nothing new.
    cut_at: Option<Timestamp>,
}

/// What an attempt told of the peer's capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Worked,
    /// The peer takes no more requests for now.
    Throttled {
        after: Option<Duration>,
    },
    /// It did not answer in time.
    Slow,
    /// Another failure: says nothing about capacity.
    Failed,
}

/// What holds a connection back at the moment, for people.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Throttle {
    /// Requests per second learned from the peer's complaints.
    pub requests_per_second: Option<f64>,
    /// Requests at a time, if fewer than allowed.
    pub requests_at_a_time: Option<usize>,
    /// The peer asked for silence until then.
    pub held_until: Option<Timestamp>,
}

/// The time from which the next may go.
#[derive(Debug, Default)]
struct Meter(Timestamp);

#[derive(Debug)]
struct Learned {
    meter: Meter,
    interval: Duration,
    /// At which the peer first complained.
    complained_at: Duration,
    raised_at: Timestamp,
}

#[derive(Debug)]
struct AtATime {
    limit: usize,
    successes: usize,
}

/// Requests of this second and the one before.
#[derive(Debug, Default)]
struct Recent {
    second: i64,
    count: u32,
    before: u32,
}

impl Meter {
    fn take(&mut self, now: Timestamp, cost: Duration) {
        self.0 = self.0.max(now.minus(BURST)).plus(cost);
    }
}

impl Recent {
    fn count(&mut self, now: Timestamp) {
        let second = now.as_secs();
        if second != self.second {
            self.before = if second == self.second + 1 { self.count } else { 0 };
            (self.second, self.count) = (second, 0);
        }
        self.count += 1;
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.count.max(self.before).max(1)
    }
}

impl Pace {
    /// From when the next request may go.
    pub(crate) fn ready_at(&self) -> Timestamp {
        let learned = self.learned.as_ref().map_or(Timestamp::ZERO, |learned| learned.meter.0);
        self.requests.0.max(self.events.0).max(learned).max(self.held_until)
    }

    /// Requests that may be on the way at a time.
    pub(crate) fn requests_max(&self, policy: &Policy) -> usize {
        self.at_a_time.as_ref().map_or(policy.requests_max, |at| at.limit.min(policy.requests_max))
    }

    pub(crate) fn on_begin(&mut self, now: Timestamp, policy: &Policy, events: usize) {
        self.recent.count(now);
        if let Some(rate) = policy.requests_per_second {
            self.requests.take(now, Duration::from_secs(1) / rate.get());
        }
        if let Some(rate) = policy.events_per_second {
            let events = u32::try_from(events).unwrap_or(u32::MAX);
            self.events.take(now, Duration::from_secs(1) / rate.get() * events);
        }
        if let Some(learned) = &mut self.learned {
            learned.meter.take(now, learned.interval);
        }
    }

    pub(crate) fn on_outcome(
        &mut self,
        now: Timestamp,
        started_at: Timestamp,
        policy: &Policy,
        signal: Signal,
    ) {
        match signal {
            Signal::Failed => {}
            Signal::Worked => self.raise(now, policy),
            Signal::Slow if self.is_news(started_at) => {
                self.cut_at = Some(now);
                self.narrow(policy);
            }
            Signal::Throttled { after } => {
                let until = now.plus(after.unwrap_or_default().min(HOLD_MAX));
                self.held_until = self.held_until.max(until);
                if self.is_news(started_at) {
                    self.cut_at = Some(now);
                    self.narrow(policy);
                    self.slow_down(now);
                }
            }
            Signal::Slow => {}
        }
    }

    fn is_news(&self, started_at: Timestamp) -> bool {
        self.cut_at.is_none_or(|at| started_at >= at)
    }

    fn narrow(&mut self, policy: &Policy) {
        let limit = (self.requests_max(policy) / 2).max(1);
        self.at_a_time = Some(AtATime { limit, successes: 0 });
    }

    fn slow_down(&mut self, now: Timestamp) {
        let observed = self.recent.interval();
        let learned = self.learned.get_or_insert_with(|| Learned {
            meter: Meter::default(),
            interval: observed,
            complained_at: observed,
            raised_at: now,
        });
        learned.interval = (learned.interval * 2).min(INTERVAL_MAX);
        learned.raised_at = now;
        learned.meter.0 = now.plus(learned.interval);
    }

    fn raise(&mut self, now: Timestamp, policy: &Policy) {
        if let Some(at) = &mut self.at_a_time {
            at.successes += 1;
            if at.successes >= at.limit {
                *at = AtATime { limit: at.limit + 1, successes: 0 };
            }
        }
        self.at_a_time.take_if(|at| at.limit >= policy.requests_max);
        if let Some(learned) = &mut self.learned
            && now.since(learned.raised_at) >= RAISE_EVERY
        {
            learned.interval = learned.interval * 20 / 21;
            learned.raised_at = now;
        }
        self.learned.take_if(|learned| learned.interval * 2 <= learned.complained_at);
    }

    pub(crate) fn throttle(&self, now: Timestamp) -> Throttle {
        Throttle {
            requests_per_second: (self.learned.as_ref())
                .map(|learned| learned.interval.as_secs_f64().recip()),
            requests_at_a_time: self.at_a_time.as_ref().map(|at| at.limit),
            held_until: Some(self.held_until).filter(|until| *until > now),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn at(ms: u64) -> Timestamp {
        START.plus(Duration::from_millis(ms))
    }

    /// Requests that go within `secs` if each is answered at once as `answer` says of its time.
    fn sent(
        pace: &mut Pace,
        policy: &Policy,
        (from, secs): (u64, u64),
        answer: impl Fn(u64) -> Signal,
    ) -> usize {
        let mut sent = 0;
        for ms in (from * 1000..(from + secs) * 1000).step_by(10) {
            if pace.ready_at() <= at(ms) {
                pace.on_begin(at(ms), policy, 1);
                pace.on_outcome(at(ms), at(ms), policy, answer(ms));
                sent += 1;
            }
        }
        sent
    }

    #[test]
    fn the_owners_limits_hold_with_a_seconds_worth_after_idleness() {
        let policy = Policy { requests_per_second: NonZeroU32::new(5), ..Policy::default() };
        let sent = sent(&mut Pace::default(), &policy, (0, 10), |_| Signal::Worked);
        assert!((50..=56).contains(&sent), "{sent}");

        let policy = Policy { events_per_second: NonZeroU32::new(100), ..Policy::default() };
        let mut pace = Pace::default();
        pace.on_begin(at(0), &policy, 500);
        assert_eq!(pace.ready_at(), at(4000), "a batch larger than the burst is paid off");
    }

    #[test]
    fn a_throttling_peer_is_asked_half_as_fast_and_slowly_faster_again() {
        let (policy, mut pace) = (Policy::default(), Pace::default());
        assert_eq!(sent(&mut pace, &policy, (0, 1), |_| Signal::Worked), 100);
        let throttled = Signal::Throttled { after: None };
        pace.on_begin(at(1000), &policy, 1);
        pace.on_outcome(at(1000), at(1000), &policy, throttled);
        pace.on_outcome(at(1001), at(999), &policy, throttled);
        let now = pace.throttle(at(1001));
        assert_eq!(now.requests_per_second.map(f64::round), Some(50.0), "one cut for both");
        assert_eq!((now.requests_at_a_time, pace.requests_max(&policy)), (Some(10), 10));

        let before = sent(&mut pace, &policy, (2, 10), |_| Signal::Worked);
        let after = sent(&mut pace, &policy, (100, 10), |_| Signal::Worked);
        assert!(after > before, "{before} then {after}");
        assert_eq!(pace.requests_max(&policy), policy.requests_max);
        sent(&mut pace, &policy, (110, 600), |_| Signal::Worked);
        assert_eq!(pace.throttle(at(710_000)), Throttle::default(), "forgotten in the end");
    }

    #[test]
    fn the_time_that_the_peer_names_is_kept_and_is_bounded() {
        let (policy, mut pace) = (Policy::default(), Pace::default());
        let throttled = |secs| Signal::Throttled { after: Some(Duration::from_secs(secs)) };
        pace.on_outcome(at(0), at(0), &policy, throttled(30));
        assert_eq!(pace.throttle(at(0)).held_until, Some(at(30_000)));
        assert_eq!(sent(&mut pace, &policy, (1, 28), |_| Signal::Worked), 0);
        assert!(sent(&mut pace, &policy, (30, 1), |_| Signal::Worked) > 0);
        pace.on_outcome(at(31_000), at(31_000), &policy, throttled(1_000_000));
        assert_eq!(pace.throttle(at(31_000)).held_until, Some(at(31_000).plus(HOLD_MAX)));
    }

    #[test]
    fn a_peer_that_always_throttles_is_still_asked() {
        let (policy, mut pace) = (Policy::default(), Pace::default());
        let asked = sent(&mut pace, &policy, (0, 600), |_| Signal::Throttled { after: None });
        assert!((55..80).contains(&asked), "{asked}");
        assert_eq!(pace.requests_max(&policy), 1);
    }
}

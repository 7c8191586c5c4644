//! Limits and delays of one connection, all with a name.

use std::num::NonZeroU32;
use std::time::Duration;

use sluice_destination_kit::Settings;

/// How a connection retries, what it may hold, and how much it sends at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// From an event's first attempt; after it the event becomes a dead letter. Up to 72 h.
    pub window: Duration,
    /// Delay before the second attempt; doubles with each further one.
    pub delay_first: Duration,
    pub delay_max: Duration,
    /// Longest time between two probes of a peer that fails altogether. A probe is one request, so
    /// it may be short; what waited is sent as soon as probes succeed.
    pub probe_delay_max: Duration,
    /// Requests on the way at a time, of different lanes.
    pub requests_max: usize,
    /// Of the owner; none: as fast as the peer answers.
    pub requests_per_second: Option<NonZeroU32>,
    pub events_per_second: Option<NonZeroU32>,
    /// Events taken from the log and not finished, beyond which no more are read.
    pub read_ahead_events: usize,
    /// JSON bytes of events in memory. Beyond it nothing more is read, and the oldest of those that
    /// wait for another attempt become dead letters, `backlog_over_budget`.
    pub parked_bytes_max: usize,
    /// While a connection is stopped its events wait in the log, up to this age and (estimated)
    /// size; the oldest beyond it become dead letters, `backlog_over_budget`.
    pub backlog_age_max: Duration,
    pub backlog_bytes_max: u64,
    /// Kept dead letters; the oldest beyond it expire and are counted.
    pub dead_bytes_max: u64,
    pub dead_age_max: Duration,
    /// A request that its destination does not end by itself is dropped after this.
    pub attempt_deadline: Duration,
    /// Longest time between a delivery and its commit; what a crash may repeat. A disk that commits
    /// quickly is asked sooner.
    pub commit_interval: Duration,
}

impl Policy {
    pub const WINDOW_MAX: Duration = Duration::from_secs(72 * 3600);
}

impl Policy {
    /// With what the owner of a destination has set.
    pub(crate) fn with(&self, settings: &Settings) -> Self {
        let mut policy = self.clone();
        let number = |key| settings.integer(key).and_then(|number| u32::try_from(number).ok());
        if let Some(hours) = number("retryWindowHours") {
            policy.window = Duration::from_secs(u64::from(hours) * 3600).min(Self::WINDOW_MAX);
        }
        if let Some(requests) = number("concurrentRequests") {
            policy.requests_max = requests as usize;
        }
        policy.requests_per_second = number("requestsPerSecond").and_then(NonZeroU32::new);
        policy.events_per_second = number("eventsPerSecond").and_then(NonZeroU32::new);
        policy
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(4 * 3600),
            delay_first: Duration::from_secs(10),
            delay_max: Duration::from_secs(600),
            probe_delay_max: Duration::from_secs(30),
            requests_max: 20,
            requests_per_second: None,
            events_per_second: None,
            read_ahead_events: 2_000,
            parked_bytes_max: 32 << 20,
            backlog_age_max: Duration::from_secs(72 * 3600),
            backlog_bytes_max: 8 << 30,
            dead_bytes_max: 64 << 20,
            dead_age_max: Duration::from_secs(30 * 24 * 3600),
            attempt_deadline: Duration::from_secs(60),
            commit_interval: Duration::from_millis(200),
        }
    }
}

/// A small generator for jitter: seeded, so that a simulation repeats.
#[derive(Clone, Debug)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Delay after the `failures`-th failure in a row: doubling up to the maximum, times 0.5 to 1.5.
    pub(crate) fn delay(&mut self, policy: &Policy, failures: u32) -> Duration {
        self.delay_up_to(policy, failures, policy.delay_max)
    }

    /// Delay after the `failures`-th failed probe in a row.
    pub(crate) fn probe_delay(&mut self, policy: &Policy, failures: u32) -> Duration {
        self.delay_up_to(policy, failures, policy.probe_delay_max)
    }

    fn delay_up_to(&mut self, policy: &Policy, failures: u32, max: Duration) -> Duration {
        let doubled = policy.delay_first.saturating_mul(1 << failures.saturating_sub(1).min(20));
        let per_mille = 500 + self.next() % 1001;
        let nominal = doubled.min(max);
        Duration::from_micros(
            u64::try_from(nominal.as_micros()).unwrap_or(u64::MAX / 2000) * per_mille / 1000,
        )
    }
}

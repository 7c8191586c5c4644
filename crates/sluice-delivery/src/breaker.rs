//! Stops first attempts when a peer fails altogether, and probes until it is back. Pure.

use std::time::Duration;

use sluice_base::Timestamp;

use crate::policy::{Jitter, Policy};

const FAILURES_IN_A_ROW_MAX: u32 = 20;
/// So many are enough if nothing has succeeded for so long.
const SLOW_FAILURES_IN_A_ROW_MAX: u32 = 5;
const SLOW_FAILING: Duration = Duration::from_secs(60);
/// After so many failures in a row, a success says that the peer is back.
const FAILURES_BEFORE_RECOVERY_MIN: u32 = 3;
const SUCCESSES_TO_CLOSE: u32 = 5;
/// Above half of at least this many attempts in [`BUCKETS`] × [`BUCKET`].
const ATTEMPTS_MIN: u32 = 100;
const BUCKETS: usize = 10;
const BUCKET: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures_in_a_row: u32,
    /// When the first of them came.
    failing_since: Option<Timestamp>,
    buckets: [Bucket; BUCKETS],
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    number: i64,
    attempts: u32,
    failures: u32,
}

#[derive(Debug)]
struct Open {
    since: Timestamp,
    probe_at: Timestamp,
    failed_probes: u32,
    successes: u32,
}

impl Breaker {
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(crate) fn open_since(&self) -> Option<Timestamp> {
        self.open.as_ref().map(|open| open.since)
    }

    pub(crate) fn probe_at(&self) -> Option<Timestamp> {
        self.open.as_ref().map(|open| open.probe_at)
    }

    /// True if this outcome says that the peer is back: it closed the breaker, or is the first
    /// success after several failures.
    pub(crate) fn on_attempt(
        &mut self,
        now: Timestamp,
        failed: bool,
        was_probe: bool,
        policy: &Policy,
        jitter: &mut Jitter,
    ) -> bool {
        let recovers = !failed && self.failures_in_a_row >= FAILURES_BEFORE_RECOVERY_MIN;
        if failed {
            self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
            self.failing_since.get_or_insert(now);
        } else {
            (self.failures_in_a_row, self.failing_since) = (0, None);
        }
        self.count(now, failed);
        match &mut self.open {
            // Sent before the breaker opened: says nothing new.
            Some(_) if !was_probe => false,
            Some(open) if failed => {
                open.successes = 0;
                open.failed_probes += 1;
                open.probe_at = now.plus(jitter.probe_delay(policy, open.failed_probes));
                false
            }
            Some(open) => {
                open.successes += 1;
                open.probe_at = now;
                let closes = open.successes >= SUCCESSES_TO_CLOSE;
                if closes {
                    *self = Self::default();
                }
                closes
            }
            None => {
                if failed && (self.fails_in_a_row(now) || self.mostly_fails(now)) {
                    let probe_at = now.plus(jitter.probe_delay(policy, 1));
                    self.open = Some(Open { since: now, probe_at, failed_probes: 1, successes: 0 });
                }
                recovers
            }
        }
    }

    fn count(&mut self, now: Timestamp, failed: bool) {
        let number = bucket_number(now);
        let slot = usize::try_from(number.rem_euclid(BUCKETS as i64)).unwrap_or(0);
        let bucket = &mut self.buckets[slot];
        if bucket.number != number {
            *bucket = Bucket { number, ..Bucket::default() };
        }
        bucket.attempts += 1;
        bucket.failures += u32::from(failed);
    }

    fn fails_in_a_row(&self, now: Timestamp) -> bool {
        let failing_for = self.failing_since.map_or(Duration::ZERO, |since| now.since(since));
        self.failures_in_a_row >= FAILURES_IN_A_ROW_MAX
            || (self.failures_in_a_row >= SLOW_FAILURES_IN_A_ROW_MAX && failing_for >= SLOW_FAILING)
    }

    fn mostly_fails(&self, now: Timestamp) -> bool {
        let oldest = bucket_number(now) - BUCKETS as i64;
        let recent = self.buckets.iter().filter(|bucket| bucket.number > oldest);
        let (attempts, failures) =
            recent.fold((0, 0), |(a, f), bucket| (a + bucket.attempts, f + bucket.failures));
        attempts >= ATTEMPTS_MIN && failures * 2 > attempts
    }
}

const fn bucket_number(now: Timestamp) -> i64 {
    now.as_secs().div_euclid(BUCKET.as_secs() as i64)
}

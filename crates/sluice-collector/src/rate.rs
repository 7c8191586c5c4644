//! Requests per second per source: a token bucket that holds one second's worth.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use sluice_base::Timestamp;
use sluice_event::SourceNo;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// One bucket per source, each a single number: the moment at which the bucket would be full again
/// (the generic cell rate algorithm).
#[derive(Default)]
pub(crate) struct RateLimiter {
    full_at: RwLock<HashMap<SourceNo, AtomicI64>>,
}

impl RateLimiter {
    /// Takes one token, or says how long until there is one.
    pub(crate) fn take(
        &self,
        source: SourceNo,
        now: Timestamp,
        per_second_max: u32,
    ) -> Result<(), Duration> {
        if per_second_max == u32::MAX {
            return Ok(());
        }
        let now = now.as_micros().saturating_mul(1_000);
        if let Some(full_at) = self.full_at.read().get(&source) {
            return take(full_at, now, per_second_max);
        }
        take(self.full_at.write().entry(source).or_default(), now, per_second_max)
    }
}

fn take(full_at: &AtomicI64, now: i64, per_second_max: u32) -> Result<(), Duration> {
    if per_second_max == 0 {
        return Err(Duration::from_secs(60));
    }
    let cost = NANOS_PER_SECOND / i64::from(per_second_max);
    let mut wait = 0;
    let updated = full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
        // A clock set back must not lock the source out: the bucket is never emptier than empty,
        // and what was set right is kept also when no token is there.
        let full_at = full_at.clamp(now, now + NANOS_PER_SECOND);
        wait = full_at + cost - now - NANOS_PER_SECOND;
        Some(if wait <= 0 { full_at + cost } else { full_at })
    });
    debug_assert!(updated.is_ok(), "the update always gives a value");
    if wait <= 0 { Ok(()) } else { Err(Duration::from_nanos(wait.unsigned_abs())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_gets_its_rate_and_a_second_in_advance() {
        let limiter = RateLimiter::default();
        let start = Timestamp::from_secs(1_700_000_000);
        let take = |source, millis| {
            limiter.take(SourceNo(source), start.plus(Duration::from_millis(millis)), 10)
        };
        for _ in 0..10 {
            assert_eq!(take(1, 0), Ok(()));
        }
        assert_eq!(take(1, 0), Err(Duration::from_millis(100)));
        assert_eq!(take(2, 0), Ok(()), "another source is not concerned");
        assert_eq!(take(1, 100), Ok(()));
        assert_eq!(take(1, 100), Err(Duration::from_millis(100)));
        for _ in 0..10 {
            assert_eq!(take(1, 5_000), Ok(()), "the bucket holds one second");
        }
        assert!(take(1, 5_000).is_err());
    }

    #[test]
    fn a_clock_set_back_does_not_lock_a_source_out() {
        let limiter = RateLimiter::default();
        let late = Timestamp::from_secs(2_000_000_000);
        assert_eq!(limiter.take(SourceNo(1), late, 10), Ok(()));
        let early = late.minus(Duration::from_secs(86_400));
        assert!(limiter.take(SourceNo(1), early, 10).is_err(), "an empty bucket at worst");
        assert_eq!(limiter.take(SourceNo(1), early.plus(Duration::from_secs(1)), 10), Ok(()));
    }
}

//! When people shop: more in the evening, less at night, a little more at weekends, and a shop
//! that grows.

use std::time::Duration;

use rand::Rng;
use rand::rngs::StdRng;
use sluice_base::Timestamp;

const DAY_SECS: i64 = 86_400;

/// Relative traffic by local hour.
const HOURS: [u32; 24] =
    [4, 2, 1, 1, 1, 2, 5, 9, 12, 14, 15, 15, 16, 15, 14, 14, 15, 17, 20, 23, 24, 22, 15, 8];

/// Relative traffic by day of the week, Monday first.
const WEEKDAYS: [u32; 7] = [18, 17, 17, 18, 19, 22, 24];

/// A stretch of time in which the shop is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub from: Timestamp,
    /// Exclusive.
    pub to: Timestamp,
}

impl Span {
    /// Draws a moment by rejection: uniform in the span, kept as often as its hour, weekday and
    /// the shop's growth deserve.
    pub(crate) fn draw(&self, rng: &mut StdRng, utc_hours: i64) -> Timestamp {
        let length = self.to.since(self.from).as_micros().max(1);
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        loop {
            let into = rng.random_range(0..length);
            let at = self.from.plus(Duration::from_micros(into / 1_000 * 1_000));
            let growth = 70 + into.saturating_mul(30) / length;
            let weight = u64::from(weight(at, utc_hours)) * growth;
            if rng.random_range(0..24 * 24 * 100) < weight {
                return at;
            }
        }
    }
}

fn weight(at: Timestamp, utc_hours: i64) -> u32 {
    let local = at.as_secs() + utc_hours * 3_600;
    let hour = local.rem_euclid(DAY_SECS) / 3_600;
    // 1970-01-01 was a Thursday.
    let weekday = (local.div_euclid(DAY_SECS) + 3).rem_euclid(7);
    HOURS[usize::try_from(hour).unwrap_or(0)] * WEEKDAYS[usize::try_from(weekday).unwrap_or(0)]
}

/// Between `low` and `high` seconds, short waits more often than long ones.
pub(crate) fn pause(rng: &mut StdRng, low: u64, high: u64) -> Duration {
    let spread: f64 = rng.random::<f64>() * rng.random::<f64>();
    let millis = rng.random_range(0..1_000);
    let secs = low + scaled(spread, high - low);
    Duration::from_millis(secs * 1_000 + millis)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a small range, between 0 and the range"
)]
fn scaled(share: f64, range: u64) -> u64 {
    (share * range as f64) as u64
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn evenings_are_busier_than_nights() {
        let span = Span { from: Timestamp::from_secs(0), to: Timestamp::from_secs(28 * DAY_SECS) };
        let mut rng = StdRng::seed_from_u64(1);
        let mut by_hour = [0_u32; 24];
        for _ in 0..5_000 {
            let at = span.draw(&mut rng, 0);
            assert!(at >= span.from && at < span.to);
            by_hour[usize::try_from(at.as_secs().rem_euclid(DAY_SECS) / 3_600).unwrap()] += 1;
        }
        assert!(by_hour[20] > 5 * by_hour[3], "{by_hour:?}");
    }
}

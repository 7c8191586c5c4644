//! By which month a row is stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use sluice_base::Timestamp;

const DAY_MICROS: i64 = 86_400_000_000;
const FAR_PAST_DAYS: i64 = 3 * 365;
const FAR_FUTURE_DAYS: i64 = 1;

/// A calendar month in UTC, or the one partition for times that cannot be meant: more than three
/// years before or one day after their receipt. Without it a client with a broken clock could
/// open a partition for each month of its choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Partition {
    /// `year * 12 + month - 1`.
    #[serde(rename = "month")]
    Month(i32),
    #[serde(rename = "far")]
    Far,
}

impl Partition {
    /// The partition of an event by its time and the time it was received.
    #[must_use]
    pub fn of(time: Timestamp, received: Timestamp) -> Self {
        let (time, received) = (time.as_micros(), received.as_micros());
        let early = received.saturating_sub(FAR_PAST_DAYS * DAY_MICROS);
        let late = received.saturating_add(FAR_FUTURE_DAYS * DAY_MICROS);
        if time < early || time > late {
            return Self::Far;
        }
        Self::Month(month(time.div_euclid(DAY_MICROS)))
    }
}

/// Days since 1970 to months since year 0, in the proleptic Gregorian calendar. Years are counted
/// from 1 March, so that the leap day is the last of its year.
fn month(days: i64) -> i32 {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let months = (era * 400 + year) * 12 + march_month + 2;
    i32::try_from(months).unwrap_or(i32::MAX)
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(n) => write!(f, "{:04}-{:02}", n.div_euclid(12), n.rem_euclid(12) + 1),
            Self::Far => f.write_str("far"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_utc_of_its_first_day() {
        let received = Timestamp::from_secs(1_772_400_000);
        let check = |secs: i64, expected: &str| {
            assert_eq!(Partition::of(Timestamp::from_secs(secs), received).to_string(), expected);
        };
        check(1_767_225_600, "2026-01");
        check(1_767_225_599, "2025-12");
        check(1_772_323_199, "2026-02");
        check(1_772_323_200, "2026-03");
        check(1_709_164_800, "2024-02");
        check(1_709_251_200, "2024-03");
        check(1_772_400_000 + 86_401, "far");
        check(0, "far");
        assert_eq!(Partition::of(Timestamp::MIN, Timestamp::MAX), Partition::Far);
    }
}

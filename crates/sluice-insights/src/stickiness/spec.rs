//! The stickiness question and its answer, as stored and served.
//!
//! Semantics: per person and week (month), on how many distinct local dates they have the event.
//! People with at least one are 100 %. The average over the periods weights people: who counts in
//! three periods counts three times, above and below the line. Periods that are not whole stand in
//! their rows but not in the average, unless no period is whole.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::{Question, question};
use crate::query::{EventSelector, check_no_first_event};
use crate::trend::spec::{Bucket, Interval};
use crate::{Explain, InsightError};

question! {
    /// On how many days of a period people have an event.
    pub struct StickinessQuery {
        range,
        /// Further conditions on the event.
        segment,
        #[serde(default)]
        pub period: StickinessPeriod,
        pub event: EventSelector,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StickinessPeriod {
    /// From Monday.
    #[default]
    Week,
    Month,
}

/// Whether a number counts who had exactly so many days, or at least so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StickinessCount {
    Exactly,
    #[default]
    AtLeast,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StickinessResult {
    pub period: StickinessPeriod,
    /// Averages over the whole periods: one per number of days, from 1.
    pub days: Vec<StickinessDays>,
    /// Distinct people with the event in those periods.
    pub people: u64,
    /// Each period by itself.
    pub rows: Vec<StickinessRow>,
    pub explain: Explain,
}

/// People with some number of days, over several periods.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StickinessDays {
    pub days: u32,
    /// Of 1, weighted by people; null when nobody has the event.
    pub share_exactly: Option<f64>,
    pub share_at_least: Option<f64>,
    /// Distinct people who had so many days in one of the periods: the lengths of their lists.
    pub people_exactly: u64,
    pub people_at_least: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StickinessRow {
    #[serde(flatten)]
    pub bucket: Bucket,
    /// People with the event.
    pub people: u64,
    /// One per number of days, from 1.
    pub exactly: Vec<u64>,
    pub at_least: Vec<u64>,
}

/// A number of a stickiness whose people are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StickinessPoint {
    /// Label of the period; all that the average takes, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    pub days: u32,
    #[serde(default)]
    pub count: StickinessCount,
}

impl StickinessPeriod {
    pub(crate) const fn interval(self) -> Interval {
        match self {
            Self::Week => Interval::Week,
            Self::Month => Interval::Month,
        }
    }

    /// Days it has at most.
    #[must_use]
    pub const fn days_max(self) -> u32 {
        match self {
            Self::Week => 7,
            Self::Month => 31,
        }
    }
}

impl Question for StickinessQuery {
    const COUNTS_GROUPS: bool = true;

    fn check(&self) -> Result<(), InsightError> {
        self.event.check("the event of a stickiness")?;
        check_no_first_event(&self.event, "a stickiness")
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        vec![&mut self.event]
    }
}

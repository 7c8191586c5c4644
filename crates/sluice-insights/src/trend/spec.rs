//! The trend question and its answer, as stored and served.

use serde::{Deserialize, Serialize};
use sluice_filter::Condition;
use utoipa::ToSchema;

use crate::query::{
    DateRange, EVENTS_MAX, EventSelector, GROUPS_DEFAULT, NEW_USER, PropertyRef, TraitsAsOf, Users,
    amount, amounts, check_filters, check_groups_max, invalid,
};
use crate::{Explain, InsightError};

/// How much of some events there was, per interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendQuery {
    pub range: DateRange,
    #[serde(default)]
    pub interval: Interval,
    /// One to ten events, each a series of its own.
    pub events: Vec<EventSelector>,
    #[serde(default)]
    pub measure: Measure,
    /// Conditions that each counted event must meet (and, for `active_percent`, each active event).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub segment: Vec<Condition>,
    #[serde(default)]
    pub users: Users,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<PropertyRef>,
    /// The largest groups to list, 1 to 1,000 (default 100).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_max: Option<usize>,
    #[serde(default)]
    pub traits_as_of: TraitsAsOf,
}

/// What a point of a series says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Distinct people with the event.
    #[default]
    Uniques,
    /// Events.
    Totals,
    /// Share of active people who had the event, in percent; null when nobody was active.
    ActivePercent,
    /// Events per person who had one; null when nobody had.
    Average,
    /// Sum of a numeric property; other values are skipped.
    Sum(PropertyRef),
    /// Mean of a numeric property over the events that have it; null when none has.
    PropertyAverage(PropertyRef),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    #[serde(rename = "5_minutes")]
    FiveMinutes,
    Hour,
    #[default]
    Day,
    /// From Monday.
    Week,
    Month,
    Quarter,
}

impl Interval {
    /// Longest range in days that may be asked at this interval.
    #[must_use]
    pub const fn range_days_max(self) -> u32 {
        match self {
            Self::FiveMinutes => 2,
            Self::Hour => 7,
            Self::Day => 365,
            Self::Week => 52 * 7,
            Self::Month => 36 * 31,
            Self::Quarter => 12 * 92,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrendResult {
    pub interval: Interval,
    pub buckets: Vec<Bucket>,
    /// Per event, and within it per group in order of size.
    pub series: Vec<TrendSeries>,
    pub explain: Explain,
}

/// One interval of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bucket {
    /// Its name, to ask for its people by: the local date (days and longer) or date and time with
    /// offset. A clipped week or month has its own beginning's date.
    pub label: String,
    /// First instant counted, UTC.
    pub from: String,
    /// End of what is counted, exclusive, UTC.
    pub to: String,
    /// Not whole: cut off by the range, or not over yet.
    pub partial: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrendSeries {
    /// Index of the event in the question.
    pub event: usize,
    pub label: String,
    /// Value of the breakdown's property; absent without a breakdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// One per bucket; null where the measure has no value.
    #[serde(serialize_with = "amounts")]
    #[schema(value_type = Vec<Option<f64>>)]
    pub values: Vec<Option<f64>>,
    /// The measure over the whole range: people are counted once, not summed.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub total: Option<f64>,
    /// Distinct people behind the points and behind the total: the lengths of their lists.
    pub people: Vec<u64>,
    pub people_total: u64,
    /// Groups found in all, also those not listed; absent without a breakdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups_total: Option<u64>,
}

/// A number of a trend whose people are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendPoint {
    /// Index of the event in the question.
    #[serde(default)]
    pub event: usize,
    /// Label of the bucket; the whole range if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Of a breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl TrendQuery {
    /// # Errors
    /// Says what cannot be asked.
    pub fn check(&self) -> Result<(), InsightError> {
        if self.events.is_empty() || self.events.len() > EVENTS_MAX {
            return Err(invalid(format!("a trend has 1 to {EVENTS_MAX} `events`")));
        }
        for event in &self.events {
            event.check("an event of a trend")?;
            if event.alternatives().iter().any(|one| one.event == NEW_USER)
                && event.any_of.len() > 1
            {
                return Err(invalid("`_new` cannot be one of several alternatives"));
            }
        }
        check_groups_max(self.groups_max)?;
        check_filters(&self.segment)
    }

    pub(crate) fn groups_limit(&self) -> usize {
        self.groups_max.unwrap_or(GROUPS_DEFAULT)
    }
}

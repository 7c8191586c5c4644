//! The trend question and its answer, as stored and served.

use serde::{Deserialize, Serialize};
use sluice_filter::Condition;
use utoipa::ToSchema;

use super::formula::Formulas;
pub use super::measure::{
    BINS_MAX, Bin, Bins, HistogramOf, Measure, OverTime, PastShift, PercentileOf, ShiftUnit,
};
use crate::kind::{Question, question};
use crate::query::{
    EVENTS_MAX, EventSelector, GROUPS_DEFAULT, NEW_USER, PropertyRef, Users, amount, amounts,
    check_filters, check_groups_max, invalid,
};
use crate::{Explain, InsightError};

question! {
    /// How much of some events there was, per interval.
    pub struct TrendQuery {
        range,
        /// Conditions that each counted event must meet (and, for `active_percent`, each active event).
        segment,
        #[serde(default)]
        pub interval: Interval,
        /// One to ten events, each a series of its own.
        pub events: Vec<EventSelector>,
        #[serde(default)]
        pub measure: Measure,
        #[serde(default)]
        pub users: Users,
        /// Sets of further conditions on the counted events, side by side: each event has a series for
        /// each of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub segments: Vec<NamedSegment>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub breakdown: Option<PropertyRef>,
        /// A second property: groups are then pairs of values. Only with `breakdown`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub then_by: Option<PropertyRef>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub over_time: Option<OverTime>,
        /// The same for an earlier range, of which each series then has the values beside its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub compare: Option<PastShift>,
        /// Up to ten formulas, separated by `;`, of functions of the events (`A`, `B`, …; with several
        /// segments `A1`, `A2`, …): `UNIQUES(B) / UNIQUES(A)`. `%:` or `$:` before one says how to
        /// write its values.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub formula: Option<String>,
        /// The largest groups to list, 1 to 1,000 (default 100).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub groups_max: Option<usize>,
    }
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
    /// Most intervals that a rolling figure takes.
    #[must_use]
    pub const fn rolling_max(self) -> u32 {
        match self {
            Self::FiveMinutes => 36,
            Self::Hour => 72,
            Self::Day => 90,
            Self::Week | Self::Month | Self::Quarter => 12,
        }
    }

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
    /// Absent without `formula`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formulas: Option<Vec<FormulaSeries>>,
    /// The buckets of the past, by the same index; absent without `compare`. The past may have
    /// fewer or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past_buckets: Option<Vec<Bucket>>,
    pub explain: Explain,
}

/// A named set of conditions that each counted event must meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedSegment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub filters: Vec<Condition>,
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
    /// Index of the segment in the question; absent without `segments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<usize>,
    /// Value of the breakdown's property; absent without a breakdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Value of the second property; absent without `then_by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subgroup: Option<String>,
    /// Of a distribution: the value or the bin that is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
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
    /// The same in the past; absent without `compare`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past: Option<PastValues>,
}

/// A series in the past, bucket by bucket.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PastValues {
    /// As many as the buckets of now; null also where the past has fewer.
    #[serde(serialize_with = "amounts")]
    #[schema(value_type = Vec<Option<f64>>)]
    pub values: Vec<Option<f64>>,
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub total: Option<f64>,
    pub people: Vec<u64>,
    pub people_total: u64,
    /// `(now - then) / then`; null when then is zero or either is null.
    pub changes: Vec<Option<f64>>,
    pub change_total: Option<f64>,
}

/// The values of a formula, for a segment and a group.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FormulaSeries {
    /// Index of the formula in the question.
    pub formula: usize,
    /// As it was written, without the prefix.
    pub label: String,
    pub format: FormulaFormat,
    /// Index of the segment; absent where each event names its own, or without `segments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subgroup: Option<String>,
    /// Null where it cannot be worked out: a division by zero, say.
    #[serde(serialize_with = "amounts")]
    #[schema(value_type = Vec<Option<f64>>)]
    pub values: Vec<Option<f64>>,
    /// The formula of the figures of the whole range.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub total: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past: Option<FormulaPast>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FormulaPast {
    #[serde(serialize_with = "amounts")]
    #[schema(value_type = Vec<Option<f64>>)]
    pub values: Vec<Option<f64>>,
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub total: Option<f64>,
}

/// How to write the values of a formula.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormulaFormat {
    #[default]
    Number,
    /// A share: 0.25 is 25 %.
    Percent,
    Money,
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
    /// Index of the segment, with several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<usize>,
    /// Of a breakdown; all groups if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subgroup: Option<String>,
    /// Of a distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// Of the past that the trend is compared with; `bucket` is then one of `past_buckets`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub past: bool,
}

/// Most segments side by side.
pub const SEGMENTS_MAX: usize = 10;
/// How far back a comparison goes, in its units.
const COMPARE_COUNT_MAX: u32 = 400;

impl Question for TrendQuery {
    const COUNTS_GROUPS: bool = true;

    fn check(&self) -> Result<(), InsightError> {
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
        if self.segments.len() > SEGMENTS_MAX {
            return Err(invalid(format!("at most {SEGMENTS_MAX} `segments` are allowed")));
        }
        self.segments.iter().try_for_each(|segment| check_filters(&segment.filters))?;
        if self.then_by.is_some() && self.breakdown.is_none() {
            return Err(invalid("`then_by` needs a `breakdown`"));
        }
        self.measure.check()?;
        self.over_time.map_or(Ok(()), |over_time| over_time.check(self.interval))?;
        if self.compare.is_some_and(|shift| shift.count == 0 || shift.count > COMPARE_COUNT_MAX) {
            return Err(invalid(format!("`compare` goes back 1 to {COMPARE_COUNT_MAX} units")));
        }
        if let Some(formula) = &self.formula {
            Formulas::parse(formula, self)?;
        }
        check_groups_max(self.groups_max)
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        self.events.iter_mut().collect()
    }
}

impl TrendQuery {
    pub(crate) fn groups_limit(&self) -> usize {
        self.groups_max.unwrap_or(GROUPS_DEFAULT)
    }
}

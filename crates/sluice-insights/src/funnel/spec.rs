//! The funnel question and its answer, as stored and served. What it may say besides its steps is
//! in `options.rs`.
//!
//! Semantics: a path starts at an event of step 1 inside the range and takes the later steps in
//! this order, other events between allowed, all within the window after step 1 (boundary
//! included; also past the end of the range). A person counts with their deepest path, and among
//! these the earliest. Times are cut to whole seconds (or milliseconds); events within the same
//! second may be taken in either order, and two events of one name in one second count once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use super::options::{
    EXCLUSIONS_MAX, Exclusion, FunnelCount, FunnelMoment, Hold, Order, TimeBin, TimeBins, TimeSpan,
};
use crate::kind::{Question, question};
use crate::query::{
    EVENTS_MAX, EventSelector, GROUPS_DEFAULT, NEW_USER, PropertyRef, Users, check_groups_max,
    invalid,
};
use crate::trend::spec::{Bucket, Interval};
use crate::{Explain, InsightError};

/// One day.
pub const WINDOW_SECONDS_DEFAULT: u32 = 86_400;
/// 366 days.
pub const WINDOW_SECONDS_MAX: u32 = 366 * 86_400;

question! {
    /// How many people got how far through the steps, in this order.
    pub struct FunnelQuery {
        /// When step 1 must happen; later steps may come after it, within the window.
        range,
        /// Conditions on the event of step 1.
        segment,
        /// One to ten steps.
        pub steps: Vec<EventSelector>,
        /// Longest time from step 1 to any later step, in seconds; 1 s to 366 days, default one day.
        #[serde(default = "window_default")]
        pub window_seconds: u32,
        #[serde(default)]
        pub order: Order,
        #[serde(default)]
        pub count: FunnelCount,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub hold: Option<Hold>,
        /// Events that must not happen between steps.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub exclusions: Vec<Exclusion>,
        #[serde(default)]
        pub resolution: Resolution,
        #[serde(default)]
        pub users: Users,
        /// With new users: step 1 must be on the local day of their first event.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub first_day: bool,
        /// Also the funnel of each interval of entry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub interval: Option<Interval>,
        /// Also how the times to convert are spread.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub time_bins: Option<TimeBins>,
        /// Also the sum of a numeric property at the last step, over those who reached it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sum: Option<PropertyRef>,
        /// Also the funnel without this step (from 1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub optional_step: Option<usize>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub breakdown: Option<PropertyRef>,
        /// Step (from 1) at whose event the breakdown's value is read; default 1. People who do not
        /// reach it are in the group `did not reach step`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub breakdown_step: Option<usize>,
        /// The largest groups to list, 1 to 1,000 (default 100).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub groups_max: Option<usize>,
    }
}

const fn window_default() -> u32 {
    WINDOW_SECONDS_DEFAULT
}

/// The group of people who do not reach the step of the breakdown.
pub const NOT_REACHED: &str = "did not reach step";

/// To what times are cut before they are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    #[default]
    Second,
    Millisecond,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FunnelResult {
    pub overall: FunnelBars,
    /// Largest first; absent without a breakdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<FunnelGroup>>,
    /// Groups found in all, also those not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups_total: Option<u64>,
    /// Intervals of entry; absent without `interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Vec<Bucket>>,
    /// Without the optional step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_optional: Option<FunnelBars>,
    pub explain: Explain,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FunnelGroup {
    pub group: String,
    #[serde(flatten)]
    pub bars: FunnelBars,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct FunnelBars {
    pub steps: Vec<FunnelStep>,
    /// From step 1 to the last step, of those who got there; null if nobody did.
    pub time_to_convert: Option<Durations>,
    /// Those who have not converted but still may: their latest entry is younger than the window.
    pub incomplete: u64,
    /// The same by interval of entry; each person at most once in each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_time: Option<Vec<FunnelMoment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_distribution: Option<Vec<TimeBin>>,
    /// Sum of the property at the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FunnelStep {
    pub label: String,
    /// How many reached the step: people; paths, if totals are counted; pairs of person and value,
    /// if a property is held.
    pub count: u64,
    /// Distinct people among them.
    pub people: u64,
    /// How many reached the step and not the next; zero at the last.
    pub dropped_off: u64,
    /// Distinct people among them.
    pub people_dropped_off: u64,
    /// Share of those who started; null if nobody did.
    pub from_start: Option<f64>,
    /// Share of those who reached the step before; null if nobody did.
    pub from_previous: Option<f64>,
    /// From the step before, of those who reached this one; null at step 1 or if nobody did.
    pub time_from_previous: Option<Durations>,
}

/// Exact figures, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Durations {
    /// By linear interpolation between the two middle values.
    pub median_seconds: f64,
    pub mean_seconds: f64,
}

/// A number of a funnel whose people are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelPoint {
    /// From 1.
    pub step: usize,
    #[serde(default)]
    pub outcome: FunnelOutcome,
    /// Of a breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Label of an interval of entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Who converted in this time; `step` is then the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeSpan>,
    /// Of the funnel without the optional step.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_optional: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelOutcome {
    /// Reached the step.
    #[default]
    Reached,
    /// Reached the step and not the next.
    DroppedOff,
}

impl Question for FunnelQuery {
    const COUNTS_GROUPS: bool = true;

    fn check(&self) -> Result<(), InsightError> {
        if self.steps.is_empty() || self.steps.len() > EVENTS_MAX {
            return Err(invalid(format!("a funnel has 1 to {EVENTS_MAX} `steps`")));
        }
        for step in &self.steps {
            step.check("a step of a funnel")?;
            if step.alternatives().iter().any(|one| one.event == NEW_USER) {
                return Err(invalid("`_new` is not an event that a funnel step can have"));
            }
        }
        if !(1..=WINDOW_SECONDS_MAX).contains(&self.window_seconds) {
            return Err(invalid(format!("`window_seconds` must be 1 to {WINDOW_SECONDS_MAX}")));
        }
        if self.breakdown_step.is_some_and(|step| step == 0 || step > self.steps.len()) {
            return Err(invalid(format!("`breakdown_step` must be 1 to {}", self.steps.len())));
        }
        self.check_options()?;
        check_groups_max(self.groups_max)
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        let excluded = self.exclusions.iter_mut().map(|exclusion| &mut exclusion.event);
        self.steps.iter_mut().chain(excluded).collect()
    }
}

impl FunnelQuery {
    pub(crate) fn groups_limit(&self) -> usize {
        self.groups_max.unwrap_or(GROUPS_DEFAULT)
    }
}

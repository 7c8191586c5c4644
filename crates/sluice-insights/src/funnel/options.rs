//! What a funnel question may say besides its steps: in which order, what is counted, what must
//! stay the same or must not happen, and which figures are wanted further.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::spec::{Durations, FunnelQuery};
use crate::InsightError;
use crate::query::{EventSelector, NEW_USER, PropertyRef, Users, invalid};

/// Most events that must not happen.
pub const EXCLUSIONS_MAX: usize = 4;

/// In which order the steps must happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One after the other; other events between them do not matter.
    #[default]
    InOrder,
    /// In any order, all within one window. Step 1 must be among them, in the range.
    Any,
    /// One right after the other: no other active event between them.
    Exact,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelCount {
    /// People, each with the deepest path.
    #[default]
    Uniques,
    /// Paths: every event of step 1 begins one, and an event of a later step takes the earliest
    /// that waits for it on.
    Totals,
}

/// What must be the same at all steps: then pairs of a person and a value are counted. Events
/// without a value are left out; of a list, each element is a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// The session that the sender stated: a funnel per session.
    Session,
    Property(PropertyRef),
}

/// An event that must not happen between two steps; in the same second as one of them it may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    pub event: EventSelector,
    /// After this step (from 1) and before the next, and so on until step `to`; between any two
    /// steps if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
}

/// How the times from the first step to the last are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeBins {
    /// Width of a bin; by default the shortest of 1 s, 10 s, 1 min, 10 min, 1 h and 1 day that
    /// needs at most 100 bins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_seconds: Option<u32>,
}

/// A range of times to convert, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeSpan {
    pub from_seconds: u64,
    pub to_seconds: u64,
}

/// Conversions that took a range of times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct TimeBin {
    pub from_seconds: u64,
    pub to_seconds: u64,
    pub count: u64,
    /// Distinct people among them.
    pub people: u64,
    /// Of all conversions.
    pub share: f64,
}

/// The funnel of those who entered in an interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct FunnelMoment {
    /// Per step.
    pub counts: Vec<u64>,
    /// Distinct people per step.
    pub people: Vec<u64>,
    /// From step 1 to the last; null if nobody entered.
    pub conversion: Option<f64>,
    /// Of those who converted; null if nobody did.
    pub median_seconds: Option<f64>,
    /// Per step from the second: from the step before, of those who reached it; null if nobody did.
    pub times_from_previous: Vec<Option<Durations>>,
}

impl Exclusion {
    /// Whether it may not happen between a step (from 0) and the next, of `steps`.
    pub(super) fn lies_after(&self, step: usize, steps: usize) -> bool {
        let (from, to) = (self.from.unwrap_or(1), self.to.unwrap_or(steps));
        from <= step + 1 && step + 2 <= to
    }
}

impl FunnelQuery {
    /// Whether the question is only about people, in this order, and the usual figures.
    pub(super) fn is_plain(&self) -> bool {
        self.order == Order::InOrder
            && self.count == FunnelCount::Uniques
            && self.hold.is_none()
            && self.exclusions.is_empty()
            && self.interval.is_none()
            && self.time_bins.is_none()
            && !self.first_day
            && self.sum.is_none()
    }

    pub(super) fn check_options(&self) -> Result<(), InsightError> {
        let steps = self.steps.len();
        if self.exclusions.len() > EXCLUSIONS_MAX {
            return Err(invalid(format!("at most {EXCLUSIONS_MAX} `exclusions` are allowed")));
        }
        for exclusion in &self.exclusions {
            exclusion.event.check("an exclusion of a funnel")?;
            if exclusion.event.alternatives().iter().any(|one| one.event == NEW_USER) {
                return Err(invalid("`_new` is not an event that an exclusion can have"));
            }
            let (from, to) = (exclusion.from.unwrap_or(1), exclusion.to.unwrap_or(steps));
            if from == 0 || to > steps || (from >= to && steps > 1) {
                return Err(invalid(format!(
                    "an exclusion lies between a step `from` and a later step `to`, 1 to {steps}"
                )));
            }
        }
        if self.order == Order::Any && !self.exclusions.is_empty() {
            return Err(invalid("`exclusions` need an order of the steps"));
        }
        if self.count == FunnelCount::Totals && (self.order == Order::Any || self.hold.is_some()) {
            return Err(invalid("`totals` need an order of the steps, and nothing held"));
        }
        if self.first_day && self.users != Users::New {
            return Err(invalid("`first_day` is for new users"));
        }
        if self.time_bins.is_some_and(|bins| bins.width_seconds == Some(0)) {
            return Err(invalid("`width_seconds` must be at least 1"));
        }
        if self.time_bins.is_some() && steps < 2 {
            return Err(invalid("`time_bins` need two steps"));
        }
        match self.optional_step {
            None => Ok(()),
            Some(step) if step > 1 && step < steps => Ok(()),
            Some(_) => Err(invalid("`optional_step` must be one between the first and the last")),
        }
    }

    /// The question without its optional step, if it has one.
    pub(super) fn without_optional(&self) -> Option<Self> {
        let step = self.optional_step?;
        let mut query = self.clone();
        query.steps.remove(step - 1);
        query.optional_step = None;
        let nearer = |at: usize| if at >= step { at - 1 } else { at };
        for exclusion in &mut query.exclusions {
            exclusion.from = exclusion.from.map(|at| nearer(at).max(1));
            exclusion.to = exclusion.to.map(|at| if at > step { at - 1 } else { at });
        }
        // Between the two steps around it, if it lay beside the one that is gone.
        query.exclusions.retain(|one| one.from.zip(one.to).is_none_or(|(from, to)| from < to));
        query.breakdown_step = query.breakdown_step.map(|at| nearer(at).max(1));
        Some(query)
    }
}

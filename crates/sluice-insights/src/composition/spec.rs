//! The composition question and its answer, as stored and served.
//!
//! Semantics: everybody with an active event in the range that meets the segment. Most recent: the
//! value at the last of these events (of several at one time, the one stored last). All values: a
//! person counts in each value they had. A list counts in each of its elements, once per person.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::{Question, question};
use crate::query::{EventSelector, GROUPS_DEFAULT, PropertyRef, check_groups_max, invalid};
use crate::{Explain, InsightError};

/// Longest range in days.
pub(super) const RANGE_DAYS_MAX: u32 = 1_116;

question! {
    /// How the people who were active are distributed over the values of a property.
    pub struct CompositionQuery {
        range,
        /// Conditions on the events that count.
        segment,
        pub property: PropertyRef,
        #[serde(default)]
        pub values: CompositionValues,
        /// The largest groups to list, 1 to 1,000 (default 100).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub groups_max: Option<usize>,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompositionValues {
    /// The value at each person's last active event.
    #[default]
    MostRecent,
    /// Each value that a person had.
    All,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CompositionResult {
    /// Distinct people.
    pub people: u64,
    /// The largest groups, ties by value.
    pub groups: Vec<CompositionGroup>,
    /// Groups found in all, also those not listed.
    pub groups_total: u64,
    pub explain: Explain,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CompositionGroup {
    pub value: String,
    /// Distinct people: the length of their list.
    pub people: u64,
    /// Of all people; together more than 1 where people have several values.
    pub share: f64,
}

/// A number of a composition whose people are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompositionPoint {
    /// Everybody, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Question for CompositionQuery {
    fn check(&self) -> Result<(), InsightError> {
        if self.property.property.is_empty() {
            return Err(invalid("a composition needs a `property`"));
        }
        check_groups_max(self.groups_max)
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        Vec::new()
    }
}

impl CompositionQuery {
    pub(super) fn groups_limit(&self) -> usize {
        self.groups_max.unwrap_or(GROUPS_DEFAULT)
    }
}

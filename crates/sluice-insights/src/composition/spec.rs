//! The composition question and its answer, as stored and served.
//!
//! Semantics: everybody with an active event in the range that meets the segment. Most recent: the
//! value at the last of these events (of several at one time, the one stored last). All values: a
//! person counts in each value they had. A list counts in each of its elements, once per person.

use serde::{Deserialize, Serialize};
use sluice_filter::Condition;
use utoipa::ToSchema;

use crate::cohort::check_people;
use crate::cohort::spec::PeopleClause;
use crate::query::{
    DateRange, GROUPS_DEFAULT, PropertyRef, TraitsAsOf, check_filters, check_groups_max, invalid,
};
use crate::{Explain, InsightError};

/// Longest range in days.
pub(super) const RANGE_DAYS_MAX: u32 = 1_116;

/// How the people who were active are distributed over the values of a property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompositionQuery {
    pub range: DateRange,
    pub property: PropertyRef,
    #[serde(default)]
    pub values: CompositionValues,
    /// Conditions on the events that count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub segment: Vec<Condition>,
    /// Conditions on the people themselves; only who meets all of them is counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PeopleClause>,
    /// The largest groups to list, 1 to 1,000 (default 100).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_max: Option<usize>,
    #[serde(default)]
    pub traits_as_of: TraitsAsOf,
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

impl CompositionQuery {
    /// # Errors
    /// Says what cannot be asked.
    pub fn check(&self) -> Result<(), InsightError> {
        if self.property.property.is_empty() {
            return Err(invalid("a composition needs a `property`"));
        }
        check_groups_max(self.groups_max)?;
        check_people(&self.people)?;
        check_filters(&self.segment)
    }

    pub(super) fn groups_limit(&self) -> usize {
        self.groups_max.unwrap_or(GROUPS_DEFAULT)
    }
}

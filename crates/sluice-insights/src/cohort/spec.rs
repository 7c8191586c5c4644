//! Conditions on people, as stored and served.
//!
//! A definition is an "and" of clauses, a clause an "or" of conditions, and a clause may be turned
//! round (`not`): then nobody of those who meet one of its conditions belongs to it.

use serde::{Deserialize, Serialize};
use sluice_filter::Condition;
use utoipa::ToSchema;

use crate::InsightError;
use crate::dictionary::Dictionary;
use crate::query::{EventSelector, PropertyRef};

/// Most clauses of a definition, and most conditions of a clause.
pub const CLAUSES_MAX: usize = 10;
pub const CONDITIONS_MAX: usize = 20;
/// Most steps of a sequence.
pub const SEQUENCE_STEPS_MAX: usize = 5;
/// The highest occurrence that can be asked for.
pub const OCCURRENCE_MAX: u32 = 5;
/// Longest time for a sequence: 366 days.
pub const SEQUENCE_SECONDS_MAX: u32 = 366 * 86_400;

/// Everybody for whom all clauses hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CohortDefinition {
    /// One to ten.
    pub clauses: Vec<PeopleClause>,
}

/// Holds for whom one of its conditions holds; with `not`, for everybody else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeopleClause {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
    /// One to twenty.
    pub any_of: Vec<PeopleCondition>,
}

/// Something that is true of a person or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PeopleCondition {
    Performed(Performed),
    PerformedMore(PerformedMore),
    Sum(Sum),
    DistinctValues(DistinctValues),
    Occurrence(Occurrence),
    OnDays(OnDays),
    Sequence(Sequence),
    Property(PropertyHeld),
    Active(Active),
    New(New),
    InCohort(InCohort),
}

/// Had the event so many times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Performed {
    pub event: EventSelector,
    #[serde(default)]
    pub op: Compare,
    /// Who never had the event is never found; turn the clause round for these.
    #[serde(default = "one")]
    pub count: u32,
    /// When; ever, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// Had one event more often (or less, or as often) than another; who had neither is not found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PerformedMore {
    pub event: EventSelector,
    #[serde(default = "more")]
    pub op: Compare,
    pub than: EventSelector,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// The sum of a numeric property over the events; other values are skipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    pub event: EventSelector,
    pub property: PropertyRef,
    #[serde(default)]
    pub op: Compare,
    pub value: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// How many different values of a property the events had; `(none)` is not a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DistinctValues {
    pub event: EventSelector,
    pub property: PropertyRef,
    #[serde(default)]
    pub op: Compare,
    pub count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// When the person had the event for the first, second, … fifth time ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Occurrence {
    pub event: EventSelector,
    /// 1 to 5.
    pub number: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// On how many local dates the person had the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnDays {
    pub event: EventSelector,
    #[serde(default)]
    pub op: Compare,
    pub days: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// The steps in this order, other events between allowed; times are cut to the second, and events
/// of one second may be taken in either order, as in a funnel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// Two to five.
    pub steps: Vec<EventSelector>,
    /// Longest time from the first step to the last, boundary included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// A property or trait had a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertyHeld {
    #[schema(value_type = Object)]
    pub filter: Condition,
    #[serde(default)]
    pub at: HeldAt,
    /// Not together with `now`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// At which event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldAt {
    /// At some active event.
    #[default]
    AnyTime,
    /// At the latest active event. For an order of numbers no value is 0.
    MostRecently,
    /// The traits as they are now.
    Now,
}

/// Had an active event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Active {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// Had their first event ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct New {
    pub within: Within,
}

/// Is in a saved cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InCohort {
    /// Its id.
    pub cohort: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    Is,
    IsNot,
    Less,
    LessOrEqual,
    Greater,
    #[default]
    GreaterOrEqual,
}

/// A stretch of time, in local dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Within {
    /// From the beginning of `start` to the end of `end`.
    Between { start: String, end: String },
    /// The last days including today.
    LastDays { last_days: u32 },
    /// From the beginning of a date to the end of today.
    Since { since: String },
    /// So many times 24 hours from the person's first event ever.
    FirstDays { first_days: u32 },
}

impl Compare {
    pub(crate) fn holds<T: PartialOrd + Copy>(self, left: T, right: T) -> bool {
        match self {
            Self::Is => left == right,
            Self::IsNot => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl PeopleCondition {
    /// With its events as the dictionary takes them.
    pub(crate) fn resolved(&self, dictionary: &Dictionary) -> Result<Self, InsightError> {
        let mut resolved = self.clone();
        let event = |selector: &mut EventSelector| -> Result<(), InsightError> {
            *selector = dictionary.resolve(selector)?;
            Ok(())
        };
        match &mut resolved {
            Self::Performed(one) => event(&mut one.event)?,
            Self::PerformedMore(one) => {
                event(&mut one.event)?;
                event(&mut one.than)?;
            }
            Self::Sum(one) => event(&mut one.event)?,
            Self::DistinctValues(one) => event(&mut one.event)?,
            Self::Occurrence(one) => event(&mut one.event)?,
            Self::OnDays(one) => event(&mut one.event)?,
            Self::Sequence(one) => one.steps.iter_mut().try_for_each(event)?,
            Self::Property(_) | Self::Active(_) | Self::New(_) | Self::InCohort(_) => {}
        }
        Ok(resolved)
    }

    /// The saved cohort that it names.
    #[must_use]
    pub fn cohort(&self) -> Option<&str> {
        match self {
            Self::InCohort(one) => Some(&one.cohort),
            _ => None,
        }
    }
}

impl CohortDefinition {
    /// The members of one saved cohort.
    #[must_use]
    pub fn of_cohort(id: &str) -> Self {
        let condition = PeopleCondition::InCohort(InCohort { cohort: id.to_owned() });
        Self { clauses: vec![PeopleClause { not: false, any_of: vec![condition] }] }
    }

    /// The saved cohorts that it names.
    pub fn cohorts(&self) -> impl Iterator<Item = &str> {
        cohorts_in(&self.clauses)
    }
}

/// The saved cohorts that some clauses name.
pub fn cohorts_in(clauses: &[PeopleClause]) -> impl Iterator<Item = &str> {
    clauses.iter().flat_map(|clause| &clause.any_of).filter_map(PeopleCondition::cohort)
}

const fn one() -> u32 {
    1
}

const fn more() -> Compare {
    Compare::Greater
}

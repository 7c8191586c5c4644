//! What every question has in common, as it is stored and served: range of dates, events with
//! their filters, whom to count, how to split. The kinds of questions are in their own folders.

use serde::{Deserialize, Serialize};
pub use sluice_filter::Condition;
use sluice_filter::{Limits, Scope};
use utoipa::ToSchema;

use crate::InsightError;

/// Every active event. `$identify`, `$group` and `$alias` are not active.
pub const ANY_ACTIVE_EVENT: &str = "_active";
/// Every event, also those that are not activity.
pub const ANY_EVENT: &str = "_all";
/// A pseudo-event at the time of a person's first event ever.
pub const NEW_USER: &str = "_new";

/// The group that an event's context names as `groupId`, or that a group call is about. Other groups
/// are named by their type, as Amplitude's `groups` has them.
pub const GROUP_ID: &str = "group_id";
/// Most bytes of the name of a type of groups.
const GROUP_TYPE_BYTES_MAX: usize = 256;

/// Most events in one question, and most alternatives of one event.
pub const EVENTS_MAX: usize = 10;
pub const ALTERNATIVES_MAX: usize = 20;
/// Most groups of a breakdown that a result lists.
pub const GROUPS_MAX: usize = 1_000;
pub const GROUPS_DEFAULT: usize = 100;

/// Which days a question looks at, in the workspace's time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum DateRange {
    /// From the beginning of `start` to the end of `end`, both local dates (`YYYY-MM-DD`).
    Between { start: String, end: String },
    /// The last days including today.
    LastDays { last_days: u32 },
}

/// An event to count: a name, or several alternatives of which a row counts once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSelector {
    /// An event's name, or `_active`, `_all` (in trends also `_new`). Not together with `any_of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Alternatives: a row that fits several counts once. Not together with `event`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<EventAlternative>,
    /// All must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub filters: Vec<Condition>,
    /// What to call it in the result; by default the event's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// One alternative of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAlternative {
    pub event: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub filters: Vec<Condition>,
}

/// A property, of the event or of the user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertyRef {
    pub property: String,
    #[serde(default)]
    pub of: Scope,
}

/// Whom to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Users {
    /// Everybody.
    Any,
    /// Who has an active event in the bucket (funnel: in the range).
    #[default]
    Active,
    /// Whose first event ever lies in the bucket (funnel: in the range).
    New,
}

/// Which values of user traits count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraitsAsOf {
    /// As they were when the event happened.
    #[default]
    Event,
    /// As they are now.
    Latest,
}

impl EventSelector {
    /// An event by its name.
    #[must_use]
    pub fn named(event: &str) -> Self {
        Self { event: Some(event.to_owned()), any_of: Vec::new(), filters: Vec::new(), label: None }
    }

    /// What to call it in a result.
    #[must_use]
    pub fn display_name(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        match &self.event {
            Some(event) => event.clone(),
            None => {
                self.any_of.iter().map(|one| one.event.as_str()).collect::<Vec<_>>().join(" or ")
            }
        }
    }

    pub(crate) fn check(&self, what: &str) -> Result<(), InsightError> {
        match (&self.event, self.any_of.len()) {
            (Some(_), 0) | (None, 1..=ALTERNATIVES_MAX) => {}
            (None, 0) => return Err(invalid(format!("{what} needs `event` or `any_of`"))),
            (Some(_), _) => return Err(invalid(format!("{what} has both `event` and `any_of`"))),
            (None, found) => {
                return Err(invalid(format!(
                    "{what} has {found} alternatives; at most {ALTERNATIVES_MAX} are allowed"
                )));
            }
        }
        check_filters(&self.filters)?;
        self.any_of.iter().try_for_each(|one| check_filters(&one.filters))
    }

    /// The alternatives, also of a single event.
    pub(crate) fn alternatives(&self) -> Vec<EventAlternative> {
        match &self.event {
            Some(event) => vec![EventAlternative { event: event.clone(), filters: Vec::new() }],
            None => self.any_of.clone(),
        }
    }
}

/// Refuses the pseudo-event of a person's first row.
pub(crate) fn check_no_first_event(event: &EventSelector, what: &str) -> Result<(), InsightError> {
    if event.alternatives().iter().any(|one| one.event == NEW_USER) {
        return Err(invalid(format!("`{NEW_USER}` is not an event that {what} can be about")));
    }
    Ok(())
}

/// # Errors
/// If there are too many, or one is no good.
pub fn check_filters(filters: &[Condition]) -> Result<(), InsightError> {
    let limits = Limits::default();
    if filters.len() > limits.conditions_max {
        return Err(invalid(format!("at most {} filters are allowed", limits.conditions_max)));
    }
    filters.iter().try_for_each(|filter| filter.check(&limits)).map_err(InsightError::Filter)
}

/// What groups can be counted by, and in which questions.
pub(crate) fn check_count_by(
    count_by: Option<&str>,
    is_possible: bool,
    traits_as_of: TraitsAsOf,
) -> Result<(), InsightError> {
    let Some(group_type) = count_by else { return Ok(()) };
    if !is_possible {
        return Err(invalid(
            "this kind of question counts people; `count_by` is for trends, funnels, retentions, \
             lifecycles and stickiness",
        ));
    }
    if group_type.is_empty() || group_type.len() > GROUP_TYPE_BYTES_MAX {
        return Err(invalid(format!(
            "`count_by` is `{GROUP_ID}` or a type of groups, of at most {GROUP_TYPE_BYTES_MAX} bytes"
        )));
    }
    if traits_as_of == TraitsAsOf::Latest {
        return Err(invalid(
            "traits as they are now belong to people; with `count_by`, take `traits_as_of` out",
        ));
    }
    Ok(())
}

pub(crate) fn check_groups_max(groups_max: Option<usize>) -> Result<(), InsightError> {
    match groups_max {
        Some(n) if n == 0 || n > GROUPS_MAX => {
            Err(invalid(format!("`groups_max` must be 1 to {GROUPS_MAX}")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn invalid(text: impl Into<String>) -> InsightError {
    InsightError::Invalid(text.into())
}

/// Writes a whole number without a point, so that counts read as counts.
pub(crate) fn amounts<S: serde::Serializer>(list: &[Option<f64>], s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(list.iter().map(|amount| amount.map(number)))
}

pub(crate) fn amount<S: serde::Serializer>(value: &Option<f64>, s: S) -> Result<S::Ok, S::Error> {
    value.map(number).serialize(s)
}

fn number(value: f64) -> serde_json::Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        serde_json::Number::from(value as i64)
    } else {
        serde_json::Number::from_f64(value).unwrap_or_else(|| serde_json::Number::from(0))
    }
}

//! What can be asked of people, before anything is scanned.

use sluice_filter::{Condition, Scope};

use super::spec::{
    CLAUSES_MAX, CONDITIONS_MAX, CohortDefinition, HeldAt, OCCURRENCE_MAX, PeopleClause,
    PeopleCondition, PropertyHeld, SEQUENCE_SECONDS_MAX, SEQUENCE_STEPS_MAX, Sequence, Within,
};
use crate::InsightError;
use crate::query::{EventSelector, NEW_USER, check_filters, invalid};

/// Longest stretch of days of a condition: ten years.
const DAYS_MAX: u32 = 3_660;

impl CohortDefinition {
    /// # Errors
    /// Says what cannot be asked.
    pub fn check(&self) -> Result<(), InsightError> {
        if self.clauses.is_empty() {
            return Err(invalid("a cohort needs at least one of `clauses`"));
        }
        check_people(&self.clauses)
    }
}

/// Checks conditions on people; none is fine.
pub(crate) fn check_people(clauses: &[PeopleClause]) -> Result<(), InsightError> {
    if clauses.len() > CLAUSES_MAX {
        return Err(invalid(format!("at most {CLAUSES_MAX} clauses on people are allowed")));
    }
    for clause in clauses {
        if clause.any_of.is_empty() || clause.any_of.len() > CONDITIONS_MAX {
            return Err(invalid(format!("a clause on people has 1 to {CONDITIONS_MAX} `any_of`")));
        }
        clause.any_of.iter().try_for_each(check_condition)?;
    }
    Ok(())
}

fn check_condition(condition: &PeopleCondition) -> Result<(), InsightError> {
    check_within(condition.within())?;
    match condition {
        PeopleCondition::Performed(one) => check_event(&one.event),
        PeopleCondition::PerformedMore(one) => {
            check_event(&one.event)?;
            check_event(&one.than)
        }
        PeopleCondition::Sum(one) if !one.value.is_finite() => {
            Err(invalid("the `value` of a sum must be a number"))
        }
        PeopleCondition::Sum(one) => check_event(&one.event),
        PeopleCondition::DistinctValues(one) => check_event(&one.event),
        PeopleCondition::Occurrence(one) => {
            if one.number == 0 || one.number > OCCURRENCE_MAX {
                return Err(invalid(format!("`number` must be 1 to {OCCURRENCE_MAX}")));
            }
            check_event(&one.event)
        }
        PeopleCondition::OnDays(one) => check_event(&one.event),
        PeopleCondition::Sequence(one) => check_sequence(one),
        PeopleCondition::Property(one) => check_property(one),
        PeopleCondition::InCohort(one) if one.cohort.is_empty() => {
            Err(invalid("`cohort` must be the id of a cohort"))
        }
        PeopleCondition::Active(_) | PeopleCondition::New(_) | PeopleCondition::InCohort(_) => {
            Ok(())
        }
    }
}

fn check_event(event: &EventSelector) -> Result<(), InsightError> {
    event.check("the event of a condition")?;
    if event.alternatives().iter().any(|one| one.event == NEW_USER) {
        return Err(invalid("`_new` is not an event here; use the condition `new`"));
    }
    Ok(())
}

fn check_sequence(one: &Sequence) -> Result<(), InsightError> {
    if one.steps.len() < 2 || one.steps.len() > SEQUENCE_STEPS_MAX {
        return Err(invalid(format!("a sequence has 2 to {SEQUENCE_STEPS_MAX} `steps`")));
    }
    if one.in_seconds.is_some_and(|n| n == 0 || n > SEQUENCE_SECONDS_MAX) {
        return Err(invalid(format!("`in_seconds` must be 1 to {SEQUENCE_SECONDS_MAX}")));
    }
    one.steps.iter().try_for_each(check_event)
}

fn check_property(one: &PropertyHeld) -> Result<(), InsightError> {
    check_filters(std::slice::from_ref(&one.filter))?;
    if one.at != HeldAt::Now {
        return Ok(());
    }
    if one.within.is_some() {
        return Err(invalid("`now` has no `within`"));
    }
    if is_of_user(&one.filter) {
        Ok(())
    } else {
        Err(invalid("only traits (`\"of\": \"user\"`) have a value `now`"))
    }
}

fn is_of_user(condition: &Condition) -> bool {
    match condition {
        Condition::Property(leaf) => leaf.of == Scope::User,
        Condition::All(list) | Condition::Any(list) => list.iter().all(is_of_user),
        Condition::Not(inner) => is_of_user(inner),
    }
}

fn check_within(within: Option<&Within>) -> Result<(), InsightError> {
    match within {
        Some(Within::FirstDays { first_days: n }) if *n == 0 || *n > DAYS_MAX => {
            Err(invalid(format!("`first_days` must be 1 to {DAYS_MAX}")))
        }
        Some(Within::LastDays { last_days: n }) if *n == 0 || *n > DAYS_MAX => {
            Err(invalid(format!("`last_days` must be 1 to {DAYS_MAX}")))
        }
        _ => Ok(()),
    }
}

impl PeopleCondition {
    pub(crate) const fn within(&self) -> Option<&Within> {
        match self {
            Self::Performed(one) => one.within.as_ref(),
            Self::PerformedMore(one) => one.within.as_ref(),
            Self::Sum(one) => one.within.as_ref(),
            Self::DistinctValues(one) => one.within.as_ref(),
            Self::Occurrence(one) => one.within.as_ref(),
            Self::OnDays(one) => one.within.as_ref(),
            Self::Sequence(one) => one.within.as_ref(),
            Self::Property(one) => one.within.as_ref(),
            Self::Active(one) => one.within.as_ref(),
            Self::New(one) => Some(&one.within),
            Self::InCohort(_) => None,
        }
    }
}

//! The question about lifetime value and its answer, as stored and served.
//!
//! Semantics: the people whose first event ever lies in the range are one cohort. Day N of a person
//! ends N + 1 times 24 hours after that first event. What they paid by then counts only of those who
//! are old enough for it, and so do they below the line. Payments are those of a revenue question.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::{Question, question};
use crate::query::{EventSelector, amount, invalid};
use crate::revenue::spec::{Payments, RevenueMeasure, sum};
use crate::{Explain, InsightError};

pub const DAY_MAX: u32 = 366;
const DAY_DEFAULT: u32 = 30;
/// Longest range in days.
pub(super) const RANGE_DAYS_MAX: u32 = 1_116;

question! {
    /// What new people have paid by each day since their first event.
    pub struct LifetimeQuery {
        /// When people's first event must lie; payments may come later.
        range,
        /// Conditions on a person's first event.
        segment,
        #[serde(default)]
        pub payments: Payments,
        /// Which number is to be drawn; an answer has all of them.
        #[serde(default)]
        pub measure: RevenueMeasure,
        /// The last day shown, 1 to 366 (default 30).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub days_max: Option<u32>,
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LifetimeResult {
    /// New people of the range.
    pub people: u64,
    /// From day 0.
    pub days: Vec<LifetimeDay>,
    pub explain: Explain,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct LifetimeDay {
    pub day: u32,
    /// People who are old enough: the length of their list.
    pub people: u64,
    /// What they have paid by the end of the day, less refunds.
    #[serde(serialize_with = "sum")]
    pub amount: f64,
    /// Per person; null when nobody is old enough.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub arpu: Option<f64>,
    /// Those of them who have ever paid, also later.
    pub paying: u64,
    /// Per one of these; null when nobody has.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub arppu: Option<f64>,
    /// People whose first payment falls in this day, however old they are.
    pub new_paying: u64,
    /// Some of the new people are not old enough yet.
    pub incomplete: bool,
}

/// A number of a lifetime value whose people are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LifetimePoint {
    /// The day; all new people if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<u32>,
    #[serde(default)]
    pub who: LifetimeWho,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LifetimeWho {
    /// Who is old enough.
    #[default]
    People,
    /// Who of them has ever paid.
    Paying,
    /// Whose first payment falls in the day.
    NewPaying,
}

impl Question for LifetimeQuery {
    fn check(&self) -> Result<(), InsightError> {
        self.payments.check()?;
        if self.days_max.is_some_and(|days| days == 0 || days > DAY_MAX) {
            return Err(invalid(format!("`days_max` must be 1 to {DAY_MAX}")));
        }
        Ok(())
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        self.payments.events_mut()
    }
}

impl LifetimeQuery {
    /// How many days are shown.
    pub(super) fn days(&self) -> usize {
        self.days_max.unwrap_or(DAY_DEFAULT) as usize + 1
    }
}

//! The revenue question and its answer, as stored and served.
//!
//! Semantics: a payment is an event of the question whose amount is a number; its amount may be
//! negative. What the refund event says is always taken off, whatever its sign; an event that fits
//! both is a refund. A person pays in an interval if one of their amounts in it is above zero. Active
//! is who has an active event that meets the segment. Currencies are not converted.

use serde::{Deserialize, Serialize};
use sluice_filter::Scope;
use utoipa::ToSchema;

use crate::kind::{Question, question};
use crate::query::{
    ANY_ACTIVE_EVENT, EventSelector, GROUPS_DEFAULT, PropertyRef, amount, check_groups_max,
    check_no_first_event,
};
use crate::trend::spec::{Bucket, Interval};
use crate::{Explain, InsightError};

/// Which events are payments, and what they amount to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    /// By default any active event that has the amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventSelector>,
    /// By default the property `revenue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<PropertyRef>,
    /// Events whose amounts are taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<EventSelector>,
}

question! {
    /// Revenue per interval.
    pub struct RevenueQuery {
        range,
        /// Conditions on payments, and on the events that make a person active.
        segment,
        #[serde(default)]
        pub interval: Interval,
        #[serde(default)]
        pub payments: Payments,
        /// Which number is to be drawn; an answer has all of them.
        #[serde(default)]
        pub measure: RevenueMeasure,
        /// Its value is read at each payment, `productId` or `revenueType` for example.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub breakdown: Option<PropertyRef>,
        /// The largest groups to list, 1 to 1,000 (default 100).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub groups_max: Option<usize>,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevenueMeasure {
    #[default]
    Total,
    /// Per active person.
    Arpu,
    /// Per paying person.
    Arppu,
    /// How many people pay.
    Paying,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RevenueResult {
    pub interval: Interval,
    pub buckets: Vec<Bucket>,
    pub overall: RevenueSeries,
    /// In order of their amount; absent without a breakdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<RevenueSeries>>,
    /// Groups found in all, also those not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups_total: Option<u64>,
    pub explain: Explain,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RevenueSeries {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// One per bucket.
    pub counts: Vec<RevenueCounts>,
    /// Over the whole range: people count once.
    pub total: RevenueCounts,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RevenueCounts {
    /// What was paid, less what was refunded.
    #[serde(serialize_with = "sum")]
    pub amount: f64,
    /// What was refunded or negative, as a positive number.
    #[serde(serialize_with = "sum")]
    pub refunded: f64,
    /// Events with an amount.
    pub payments: u64,
    /// Distinct people who pay: the length of their list.
    pub paying: u64,
    /// Distinct people who are active; also of a group those of all.
    pub active: u64,
    /// Amount per active person; null when nobody is active.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub arpu: Option<f64>,
    /// Amount per paying person; null when nobody pays.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub arppu: Option<f64>,
}

/// A number of an answer about revenue whose people are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevenuePoint {
    /// Label of the bucket; the whole range if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Of a breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

pub(crate) fn sum<S: serde::Serializer>(value: &f64, s: S) -> Result<S::Ok, S::Error> {
    amount(&Some(*value), s)
}

impl Payments {
    pub(crate) fn check(&self) -> Result<(), InsightError> {
        for event in self.event.iter().chain(&self.refund) {
            event.check("an event with revenue")?;
            check_no_first_event(event, "revenue")?;
        }
        Ok(())
    }

    pub(crate) fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        self.event.iter_mut().chain(&mut self.refund).collect()
    }

    pub(crate) fn event(&self) -> EventSelector {
        self.event.clone().unwrap_or_else(|| EventSelector::named(ANY_ACTIVE_EVENT))
    }

    pub(crate) fn amount(&self) -> PropertyRef {
        let usual = || PropertyRef { property: "revenue".to_owned(), of: Scope::Event };
        self.amount.clone().unwrap_or_else(usual)
    }
}

impl Question for RevenueQuery {
    fn check(&self) -> Result<(), InsightError> {
        self.payments.check()?;
        check_groups_max(self.groups_max)
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        self.payments.events_mut()
    }
}

impl RevenueQuery {
    pub(super) fn groups_limit(&self) -> usize {
        self.groups_max.unwrap_or(GROUPS_DEFAULT)
    }
}

//! The question about sessions and its answer, as stored and served.
//!
//! Semantics: only active events that meet the segment make sessions, so a filter shortens them. By
//! time-out: a person's events belong together as long as no two neighbours lie further apart than
//! the time-out; equal to it is still together. As sent: events of a person with the same session
//! id; those without one are in no session. A session lasts from its first event to its last, and
//! counts in the interval in which it begins, also where it goes on after the range. Sessions of
//! more than 24 hours are left out and counted by themselves. Times are cut to milliseconds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::{Question, question};
use crate::query::{EventSelector, amount, check_no_first_event, invalid};
use crate::trend::spec::{Bucket, Interval};
use crate::{Explain, InsightError};

/// Seconds without an event after which a session is over, if nothing else is said.
pub const TIMEOUT_DEFAULT: u64 = 1_800;
const TIMEOUT_MAX: u64 = 86_400;
/// Sessions that last longer are left out.
pub const LENGTH_SECONDS_MAX: u64 = 86_400;
pub const BINS_MAX: usize = 50;
/// One of these alone makes a session a bounce, if nothing else is said.
const PAGE_DEFAULT: &str = "Page Viewed";
const BINS_DEFAULT: [u64; 9] = [0, 3, 10, 30, 60, 180, 600, 1_800, 3_600];

question! {
    /// Sessions per interval: how many, how long, by whom.
    pub struct SessionsQuery {
        range,
        /// Conditions that events must meet to be in a session and to make a person active.
        segment,
        #[serde(default)]
        pub interval: Interval,
        #[serde(default)]
        pub by: SessionsBy,
        /// Which number is to be drawn; an answer has all of them.
        #[serde(default)]
        pub measure: SessionsMeasure,
        /// A session with exactly one of these is a bounce; by default `Page Viewed`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub page: Option<EventSelector>,
        /// Lower ends of the bins of lengths in seconds, ascending.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub bins_seconds: Vec<u64>,
    }
}

/// What makes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionsBy {
    /// It is over after so many seconds without an event, 1 to 86,400.
    TimeoutSeconds(u64),
    /// The session id that the sender gave.
    Sent,
}

impl Default for SessionsBy {
    fn default() -> Self {
        Self::TimeoutSeconds(TIMEOUT_DEFAULT)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionsMeasure {
    #[default]
    Sessions,
    AverageLength,
    TimeSpent,
    PerPerson,
    TimePerPerson,
    EventsPerSession,
    BounceRate,
    /// The distribution of lengths over the whole range.
    Lengths,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SessionsResult {
    pub interval: Interval,
    pub buckets: Vec<Bucket>,
    /// One per bucket.
    pub counts: Vec<SessionsCounts>,
    /// Over the whole range: people count once.
    pub total: SessionsCounts,
    /// By length, over the whole range.
    pub lengths: Vec<SessionsBin>,
    pub explain: Explain,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct SessionsCounts {
    pub sessions: u64,
    /// Distinct people with a session that begins here: the length of their list.
    pub people: u64,
    /// Distinct people with an event, also without a session.
    pub active: u64,
    /// Sum of the lengths.
    #[serde(serialize_with = "whole")]
    pub seconds: f64,
    /// Null without a session.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub average_seconds: Option<f64>,
    /// Sessions per active person; null when nobody is active.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub per_person: Option<f64>,
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub seconds_per_person: Option<f64>,
    /// Events in sessions.
    pub events: u64,
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub events_per_session: Option<f64>,
    /// Sessions with exactly one page view, and distinct people with one.
    pub bounces: u64,
    pub bounced: u64,
    /// Of all sessions; null without one.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub bounce_rate: Option<f64>,
    /// Sessions of more than 24 hours, which count nowhere else.
    pub too_long: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionsBin {
    pub from_seconds: u64,
    /// Not in the bin; absent for the last, which goes up to 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_seconds: Option<u64>,
    pub sessions: u64,
    /// Distinct people with such a session.
    pub people: u64,
}

/// A number of an answer about sessions whose people are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionsPoint {
    /// Label of the bucket; the whole range if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    #[serde(default)]
    pub who: SessionsWho,
    /// Index of a bin of lengths; for `who: session`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionsWho {
    /// With a session.
    #[default]
    Session,
    /// With a bounce.
    Bounce,
    /// With an event.
    Active,
}

fn whole<S: serde::Serializer>(value: &f64, s: S) -> Result<S::Ok, S::Error> {
    amount(&Some(*value), s)
}

impl Question for SessionsQuery {
    fn check(&self) -> Result<(), InsightError> {
        if let SessionsBy::TimeoutSeconds(seconds) = self.by
            && !(1..=TIMEOUT_MAX).contains(&seconds)
        {
            return Err(invalid(format!("`timeout_seconds` must be 1 to {TIMEOUT_MAX}")));
        }
        if let Some(page) = &self.page {
            page.check("the page view of sessions")?;
            check_no_first_event(page, "a page view")?;
        }
        let bins = &self.bins_seconds;
        let ascend = bins.windows(2).all(|pair| pair[0] < pair[1]);
        if bins.len() > BINS_MAX || !ascend || bins.iter().any(|bin| *bin > LENGTH_SECONDS_MAX) {
            let most = LENGTH_SECONDS_MAX;
            return Err(invalid(format!(
                "`bins_seconds` are at most {BINS_MAX} ascending numbers up to {most}"
            )));
        }
        Ok(())
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        vec![self.page.get_or_insert_with(|| EventSelector::named(PAGE_DEFAULT))]
    }
}

impl SessionsQuery {
    pub(super) fn bins(&self) -> Vec<u64> {
        if self.bins_seconds.is_empty() { BINS_DEFAULT.to_vec() } else { self.bins_seconds.clone() }
    }

    pub(super) fn page_or_default(&self) -> EventSelector {
        self.page.clone().unwrap_or_else(|| EventSelector::named(PAGE_DEFAULT))
    }
}

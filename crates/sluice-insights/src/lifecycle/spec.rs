//! The lifecycle question and its answer, as stored and served.
//!
//! Semantics: a person is active in an interval if they have the event in it. **New**: active, and
//! their first event ever of any name lies in the interval. **Current**: active now and in the
//! interval before. **Resurrected**: active now, not in the interval before, and not new; also who
//! existed earlier and does the event for the first time. **Dormant**: active in the interval before
//! and not now. What comes before the first interval is the whole interval before it, also where the
//! range cuts the first one off. Times are cut to milliseconds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::{Question, question};
use crate::query::{EventSelector, amount, check_no_first_event};
use crate::trend::spec::{Bucket, Interval};
use crate::{Explain, InsightError};

question! {
    /// Who of the people with an event is new, stays, comes back and leaves, per interval.
    pub struct LifecycleQuery {
        range,
        /// Further conditions on the event.
        segment,
        #[serde(default)]
        pub interval: Interval,
        pub event: EventSelector,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LifecycleState {
    New,
    Current,
    Resurrected,
    Dormant,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LifecycleResult {
    pub interval: Interval,
    pub buckets: Vec<Bucket>,
    /// One per bucket.
    pub counts: Vec<LifecycleCounts>,
    pub explain: Explain,
}

/// People per state: the lengths of their lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct LifecycleCounts {
    pub new: u64,
    pub current: u64,
    pub resurrected: u64,
    pub dormant: u64,
    /// New and resurrected people per dormant one; null when nobody is dormant.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = Option<f64>)]
    pub pulse: Option<f64>,
}

/// A number of a lifecycle whose people are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecyclePoint {
    /// Label of the bucket.
    pub bucket: String,
    pub state: LifecycleState,
}

impl Question for LifecycleQuery {
    const COUNTS_GROUPS: bool = true;

    fn check(&self) -> Result<(), InsightError> {
        self.event.check("the event of a lifecycle")?;
        check_no_first_event(&self.event, "a lifecycle")
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        vec![&mut self.event]
    }
}

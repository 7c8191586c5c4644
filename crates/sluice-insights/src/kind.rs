//! What a kind of question is. A new one is a folder, with its shape in `spec.rs` ([`question!`],
//! [`Question`]) and its computation in `run.rs` ([`Run`]), its `mod`, and a line in the list of
//! `insight.rs`.

use std::sync::atomic::AtomicBool;

use crate::cohort::check_people;
use crate::cohort::spec::PeopleClause;
use crate::context::Context;
use crate::people::FoundPeople;
use crate::query::{Condition, EventSelector, TraitsAsOf, check_count_by, check_filters};
use crate::{Explain, InsightError};

/// What is asked, of one kind.
pub(crate) trait Question {
    /// Whether it may count groups instead of people.
    const COUNTS_GROUPS: bool = false;

    /// Says what cannot be asked, besides what no question can.
    fn check(&self) -> Result<(), InsightError>;

    /// The events that it is about, for the dictionary to say what they stand for.
    fn events_mut(&mut self) -> Vec<&mut EventSelector>;
}

/// How questions of one kind, checked before, are answered. What time that takes is told by who calls.
pub(crate) trait Run: Question {
    type Result;
    /// A number of a result.
    type Point;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError>;

    /// The people behind a number of its result, in any order.
    fn people(
        &self,
        point: &Self::Point,
        context: &Context,
        cancelled: &AtomicBool,
    ) -> Result<Behind, InsightError>;
}

/// The people behind a number, and what it took to find them.
pub(crate) type Behind = (FoundPeople, Explain);

/// What can be asked of rows and people in a question of any kind.
pub(crate) fn check_common(
    people: &[PeopleClause],
    segment: &[Condition],
    (count_by, is_possible): (Option<&str>, bool),
    traits_as_of: TraitsAsOf,
) -> Result<(), InsightError> {
    check_count_by(count_by, is_possible, traits_as_of)?;
    check_people(people)?;
    check_filters(segment)
}

/// Declares a question: after `range` and `segment`, whose meaning each kind says, its own fields.
/// Those that all kinds have in common are added. (Serde cannot flatten a struct into another that
/// refuses unknown fields.)
macro_rules! question {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(#[$range:meta])*
            range,
            $(#[$segment:meta])*
            segment,
            $($own:tt)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(#[$range])*
            pub range: $crate::query::DateRange,
            $($own)*
            $(#[$segment])*
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            #[schema(value_type = Vec<Object>)]
            pub segment: Vec<$crate::query::Condition>,
            /// Conditions on the people themselves; only who meets all of them is counted.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub people: Vec<$crate::cohort::spec::PeopleClause>,
            /// Counts groups instead of people: `group_id` takes the `groupId` of an event's context
            /// or of a group call, any other name the groups of that type in the context's `groups`,
            /// as Amplitude's SDKs send them. An event without such a group is left out, one with
            /// several counts in each. In trends, funnels, retentions, lifecycles and stickiness.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub count_by: Option<String>,
            #[serde(default)]
            pub traits_as_of: $crate::query::TraitsAsOf,
        }

        impl $name {
            /// Says what cannot be asked: what no question can, and what this kind cannot.
            pub(crate) fn check_whole(&self) -> Result<(), $crate::InsightError> {
                use $crate::kind::Question;
                let count_by = (self.count_by.as_deref(), Self::COUNTS_GROUPS);
                $crate::kind::check_common(
                    &self.people,
                    &self.segment,
                    count_by,
                    self.traits_as_of,
                )?;
                self.check()
            }
        }
    };
}

/// Declares questions, answers and points of all kinds as one type each, and hands on what is asked
/// of any of them.
macro_rules! kinds {
    ($($kind:ident($query:ident, $result:ident, $point:ident),)*) => {
        /// A question, as stored and served: `{"kind": "trend", …}`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum InsightQuery {
            $($kind($query),)*
        }

        /// The answer to a question of the same kind.
        #[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum InsightResult {
            $($kind($result),)*
        }

        /// Which people: the question and the number in its answer.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum PeopleQuery {
            $($kind { query: $query, point: $point },)*
        }

        impl InsightQuery {
            /// # Errors
            /// Says what cannot be asked.
            pub fn check(&self) -> Result<(), InsightError> {
                match self {
                    $(Self::$kind(query) => query.check_whole(),)*
                }
            }

            /// The type of the groups that it counts instead of people.
            fn count_by(&self) -> Option<&str> {
                match self {
                    $(Self::$kind(query) => query.count_by.as_deref(),)*
                }
            }

            /// Whom it counts.
            fn people(&self) -> &[PeopleClause] {
                match self {
                    $(Self::$kind(query) => &query.people,)*
                }
            }

            fn events_mut(&mut self) -> Vec<&mut EventSelector> {
                match self {
                    $(Self::$kind(query) => query.events_mut(),)*
                }
            }

            fn run(
                &self,
                context: &Context,
                cancelled: &AtomicBool,
            ) -> Result<InsightResult, InsightError> {
                match self {
                    $(Self::$kind(query) => {
                        query.run(context, cancelled).map(InsightResult::$kind)
                    })*
                }
            }
        }

        impl InsightResult {
            const fn explain_mut(&mut self) -> &mut Explain {
                match self {
                    $(Self::$kind(result) => &mut result.explain,)*
                }
            }
        }

        impl PeopleQuery {
            /// # Errors
            /// Says what cannot be asked.
            pub fn check(&self) -> Result<(), InsightError> {
                match self {
                    $(Self::$kind { query, .. } => query.check_whole(),)*
                }
            }

            /// The type of the groups that the question counts instead of people.
            #[must_use]
            pub fn count_by(&self) -> Option<&str> {
                match self {
                    $(Self::$kind { query, .. } => query.count_by.as_deref(),)*
                }
            }

            /// Whom the question counts.
            fn people(&self) -> &[PeopleClause] {
                match self {
                    $(Self::$kind { query, .. } => &query.people,)*
                }
            }

            fn events_mut(&mut self) -> Vec<&mut EventSelector> {
                match self {
                    $(Self::$kind { query, .. } => query.events_mut(),)*
                }
            }

            fn behind(
                &self,
                context: &Context,
                cancelled: &AtomicBool,
            ) -> Result<Behind, InsightError> {
                match self {
                    $(Self::$kind { query, point } => query.people(point, context, cancelled),)*
                }
            }
        }
    };
}

pub(crate) use {kinds, question};

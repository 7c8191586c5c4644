//! Questions about events and people, and how a person is named from outside.

use std::fmt;

use sluice_event::{PersonId, WorkspaceNo};
use sluice_insights::{
    CohortDefinition, CohortSize, InsightError, InsightQuery, InsightResult, PeopleQuery,
};

use super::Answer;

/// Questions about events.
pub trait Questions: Send + Sync {
    /// Answers a question; days begin by `time_zone`.
    fn ask(
        &self,
        workspace: WorkspaceNo,
        time_zone: String,
        query: InsightQuery,
    ) -> Answer<InsightResult, InsightError>;

    /// The people behind a number of an answer.
    fn people(
        &self,
        workspace: WorkspaceNo,
        time_zone: String,
        query: PeopleQuery,
        page: sluice_insights::Page,
    ) -> Answer<sluice_insights::People, InsightError>;

    /// How many people a definition finds.
    fn cohort_size(
        &self,
        workspace: WorkspaceNo,
        time_zone: String,
        definition: CohortDefinition,
    ) -> Answer<CohortSize, InsightError>;

    /// The people that a definition finds.
    fn cohort_people(
        &self,
        workspace: WorkspaceNo,
        time_zone: String,
        definition: CohortDefinition,
        page: sluice_insights::Page,
    ) -> Answer<sluice_insights::People, InsightError>;
}

/// How somebody outside names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonKey {
    Number(PersonId),
    UserId(String),
}

impl fmt::Display for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(person) => write!(f, "{}", person.0),
            Self::UserId(id) => f.write_str(id),
        }
    }
}

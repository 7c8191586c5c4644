//! A saved cohort: people by a definition, or listed one by one. What a definition may say lives
//! with the insights engine.

use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;

use crate::check::{Checks, Problem, text_id};

text_id!(
    /// Public id of a cohort.
    CohortId
);

/// Largest definition, as JSON text.
pub const DEFINITION_BYTES_MAX: usize = 64 * 1024;
/// Longest description, in characters.
pub const COHORT_DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Most people of a listed cohort.
pub const LISTED_PEOPLE_MAX: usize = 1_000_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    pub id: CohortId,
    pub workspace: WorkspaceNo,
    pub name: String,
    pub description: String,
    pub members: CohortMembers,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who belongs to a cohort.
#[derive(Clone, Debug, PartialEq)]
pub enum CohortMembers {
    /// Whoever a definition finds when it is asked: JSON, checked by the insights engine before it
    /// is kept.
    Defined(serde_json::Value),
    /// So many people, listed by the numbers they had then.
    Listed(u64),
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewCohort {
    pub name: String,
    pub description: String,
    pub members: NewMembers,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NewMembers {
    Defined(serde_json::Value),
    Listed(Vec<u64>),
}

/// What may change about a cohort; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CohortChange {
    pub name: Option<String>,
    pub description: Option<String>,
    /// Only of a defined one.
    pub definition: Option<serde_json::Value>,
}

/// How the list of a listed cohort changes: first who comes, then who goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListChange {
    pub add: Vec<u64>,
    pub remove: Vec<u64>,
}

impl NewCohort {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("name", &self.name);
        check_description(&mut checks, &self.description);
        match &self.members {
            NewMembers::Defined(definition) => check_definition(&mut checks, definition),
            NewMembers::Listed(people) => check_listed(&mut checks, people.len()),
        }
        checks.finish()
    }
}

impl CohortChange {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        if let Some(name) = &self.name {
            checks.name("name", name);
        }
        if let Some(description) = &self.description {
            check_description(&mut checks, description);
        }
        if let Some(definition) = &self.definition {
            check_definition(&mut checks, definition);
        }
        checks.finish()
    }
}

/// Whether a list may be so long.
///
/// # Errors
/// If it is too long.
pub fn check_list_length(people: usize) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::default();
    check_listed(&mut checks, people);
    checks.finish()
}

fn check_listed(checks: &mut Checks, people: usize) {
    if people > LISTED_PEOPLE_MAX {
        checks.fail("people", format!("a listed cohort has at most {LISTED_PEOPLE_MAX} people"));
    }
}

fn check_description(checks: &mut Checks, description: &str) {
    if description.chars().count() > COHORT_DESCRIPTION_CHARS_MAX {
        let message = format!("must have at most {COHORT_DESCRIPTION_CHARS_MAX} characters");
        checks.fail("description", message);
    }
}

fn check_definition(checks: &mut Checks, definition: &serde_json::Value) {
    if !definition.is_object() {
        checks.fail("definition", "must be a JSON object");
    } else if definition.to_string().len() > DEFINITION_BYTES_MAX {
        checks
            .fail("definition", format!("must have at most {DEFINITION_BYTES_MAX} bytes as JSON"));
    }
}

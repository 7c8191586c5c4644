//! Who belongs to a cohort: conditions on what people did, evaluated person by person.
//!
//! A definition is asked of everybody in one scan ([`run`]); the answer is a set of people. A
//! question that counts only some people (`people` in [`crate::query`]) is such a definition, too,
//! and a saved cohort is a definition or a list under an id ([`Cohorts`]).

mod book;
mod check;
mod clauses;
mod person;
mod run;
pub mod spec;

pub use book::{COHORTS_PER_QUESTION_MAX, Cohorts, Membership};
pub(crate) use check::check_people;
pub(crate) use run::members;
pub use run::{CohortSize, PeopleSet, people, size};

//! Questions about events and their exact answers: trends, funnels, retention, paths and other kinds,
//! and the people behind any number, computed in one pass over the columnar parts, person by person.
//!
//! - [`InsightQuery`], [`InsightResult`]: questions and answers as stored and served; each kind has
//!   a folder (`trend`, `funnel`, `paths`, …) with `spec.rs` (the shape) and `run.rs` (the computation).
//! - [`cohort`]: conditions on people: saved cohorts, and whom a question counts.
//! - `engine`: the scan that all kinds share.
//! - [`answer`], [`people`]: the computation by itself, from a snapshot of the store.
//! - [`Analytics`]: the running service: reads the events log into parts, compacts them, and
//!   answers on threads of its own.
//!
//! The count and the list of people behind it come from the same operator, so they cannot differ
//! (invariants I7, I8). Not here: storage (`sluice-columnar`), conditions (`sluice-filter`), HTTP.

pub mod cohort;
pub mod composition;
mod context;
mod dictionary;
mod engine;
mod error;
pub mod funnel;
mod insight;
pub mod lifecycle;
pub mod lifetime;
pub mod paths;
mod people;
pub mod query;
pub mod retention;
pub mod revenue;
mod service;
pub mod sessions;
pub mod stickiness;
mod time;
pub mod trend;

use std::sync::atomic::AtomicBool;

pub use cohort::spec::CohortDefinition;
pub use cohort::{CohortSize, Cohorts, Membership};
pub use context::Context;
pub use dictionary::{CUSTOM_EVENT_PREFIX, CustomEvent, Dictionary, check_custom_event};
pub use error::{ErrorKind, InsightError};
pub use insight::{
    Explain, InsightQuery, InsightResult, PAGE_MAX, Page, People, PeopleQuery, PersonEntry,
};
pub use service::{
    Analytics, AnalyticsConfig, EventName, EventRow, EventsPage, NameCount, PersonEvents,
    PropertyInfo, Seen, SeenPage, people_seen_last,
};
pub use time::Calendar;

/// Answers a question, on the calling thread and `context.threads - 1` more. Setting `cancelled`
/// ends it early with [`InsightError::Cancelled`].
///
/// # Errors
/// If the question cannot be asked, or the store cannot be read.
pub fn answer(
    query: &InsightQuery,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<InsightResult, InsightError> {
    let query = &query.resolved(context.dictionary())?;
    let (context, finding) = &context.counting(query.people(), cancelled)?;
    let mut result = match query {
        InsightQuery::Trend(query) => {
            trend::run(query, context, cancelled).map(InsightResult::Trend)
        }
        InsightQuery::Funnel(query) => {
            funnel::run(query, context, cancelled).map(InsightResult::Funnel)
        }
        InsightQuery::Retention(query) => {
            retention::run(query, context, cancelled).map(InsightResult::Retention)
        }
        InsightQuery::Lifecycle(query) => {
            lifecycle::run(query, context, cancelled).map(InsightResult::Lifecycle)
        }
        InsightQuery::Stickiness(query) => {
            stickiness::run(query, context, cancelled).map(InsightResult::Stickiness)
        }
        InsightQuery::Paths(query) => {
            paths::run(query, context, cancelled).map(InsightResult::Paths)
        }
        InsightQuery::Sessions(query) => {
            sessions::run(query, context, cancelled).map(InsightResult::Sessions)
        }
        InsightQuery::Revenue(query) => {
            revenue::run(query, context, cancelled).map(InsightResult::Revenue)
        }
        InsightQuery::Lifetime(query) => {
            lifetime::run(query, context, cancelled).map(InsightResult::Lifetime)
        }
        InsightQuery::Composition(query) => {
            composition::run(query, context, cancelled).map(InsightResult::Composition)
        }
    }?;
    if let Some(finding) = finding {
        result.explain_mut().add_scan(finding);
    }
    Ok(result)
}

/// The people behind a number of an answer.
///
/// # Errors
/// As [`answer`]; also if the answer has no such number.
pub fn people(
    query: &PeopleQuery,
    page: &Page,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<People, InsightError> {
    let query = &query.resolved(context.dictionary())?;
    let (context, _) = &context.counting(query.people(), cancelled)?;
    match query {
        PeopleQuery::Trend { query, point } => {
            trend::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Funnel { query, point } => {
            funnel::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Retention { query, point } => {
            retention::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Lifecycle { query, point } => {
            lifecycle::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Stickiness { query, point } => {
            stickiness::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Paths { query, point } => {
            paths::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Sessions { query, point } => {
            sessions::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Revenue { query, point } => {
            revenue::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Lifetime { query, point } => {
            lifetime::people(query, point, page, context, cancelled)
        }
        PeopleQuery::Composition { query, point } => {
            composition::people(query, point, page, context, cancelled)
        }
    }
}

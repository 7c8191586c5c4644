//! Questions about events and their exact answers: trends, funnels, retention, paths and other kinds,
//! and the people behind any number, computed in one pass over the columnar parts, person by person.
//!
//! - [`InsightQuery`], [`InsightResult`]: questions and answers as stored and served; each kind has
//!   a folder (`trend`, `funnel`, `paths`, …) with `spec.rs` (the shape) and `run.rs` (the computation);
//!   `kind` says what a kind is, and how to add one.
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
mod kind;
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

pub use cohort::spec::CohortDefinition;
pub use cohort::{CohortSize, Cohorts, Membership};
pub use context::Context;
pub use dictionary::{CUSTOM_EVENT_PREFIX, CustomEvent, Dictionary, check_custom_event};
pub use engine::Limits;
pub use error::{ErrorKind, InsightError};
pub use insight::{
    Explain, InsightQuery, InsightResult, PAGE_MAX, Page, People, PeopleQuery, PersonEntry, answer,
    people,
};
pub use service::{
    Analytics, AnalyticsConfig, EventName, EventRow, EventsPage, NameCount, PersonEvents,
    PropertyInfo, Release, Seen, SeenPage, people_seen_last, releases,
};
pub use time::Calendar;

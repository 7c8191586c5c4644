//! Trends: how much of an event there was, per interval of time.

mod run;
pub mod spec;
mod table;

pub(crate) use run::{people, run};

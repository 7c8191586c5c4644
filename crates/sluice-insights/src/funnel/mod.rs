//! Funnels: how many people got how far through a row of steps.

mod path;
mod run;
mod short;
pub mod spec;
mod tally;

pub(crate) use run::{people, run};

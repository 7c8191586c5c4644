//! Funnels: how many people got how far through a row of steps.
//!
//! People in this order are counted by `run` (with `path` and `short`), all other funnels by `walk`:
//! in any or exact order, by totals, with something held or excluded, over time.

mod barrier;
mod chain;
mod options;
mod path;
mod run;
mod score;
mod short;
pub mod spec;
mod tally;
mod totals;
mod unordered;
mod walk;

pub(crate) use run::{people, run};

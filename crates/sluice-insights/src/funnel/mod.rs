//! Funnels: how many people got how far through a row of steps.
//!
//! People in this order are counted by `run` (with `swept`, `abreast` and `path`), all other funnels by `scene` and `walk`:
//! in any or exact order, by totals, with something held or excluded, over time.

mod abreast;
mod barrier;
mod chain;
mod options;
pub(crate) mod path;
mod run;
mod scene;
mod score;
pub mod spec;
mod swept;
mod tally;
mod totals;
mod unordered;
mod walk;

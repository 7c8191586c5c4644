//! Retention: of the people who did something first, how many came back, and when.

mod days;
mod periods;
mod run;
pub mod spec;
mod table;

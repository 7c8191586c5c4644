//! Composition: how people are distributed over the values of a property.

mod run;
pub mod spec;

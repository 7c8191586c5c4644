//! Paths: what people do after an event, before one, or between two, column by column.

mod fold;
mod onward;
mod run;
pub mod spec;
mod walk;

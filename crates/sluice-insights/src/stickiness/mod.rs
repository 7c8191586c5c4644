//! Stickiness: on how many days of a week or month people do something.

mod run;
pub mod spec;

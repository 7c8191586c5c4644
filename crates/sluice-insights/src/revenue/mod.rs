//! Revenue over time: total, per active and per paying person, by product and type.

mod run;
pub mod spec;
mod table;

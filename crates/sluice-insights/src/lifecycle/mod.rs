//! Lifecycle: of the people who do something, who is new, who stays, who comes back, who leaves.

mod run;
pub mod spec;

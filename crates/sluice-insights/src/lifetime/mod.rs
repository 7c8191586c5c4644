//! Lifetime value: what new people have paid by each day of their life.

mod run;
pub mod spec;

//! The identity graph against its rule table, a naive model, and its own log.

#![expect(clippy::unwrap_used, reason = "tests")]

mod bounds;
mod erasing;
mod identifiers;
mod laws;
mod naive;
mod search;
mod slices;
mod support;
mod table;
mod traits;

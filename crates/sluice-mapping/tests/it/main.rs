//! The mapping language from outside: its truth table, what a person is told, Liquid, and limits.
#![expect(clippy::unwrap_used, reason = "what a test relies on")]

mod errors;
mod limits;
mod liquid;
mod table;

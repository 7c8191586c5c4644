//! Conditions on properties and events, in three dialects.
//!
//! A dialect fixes how conditions are written and what nulls, letter case and mixed types mean in
//! it:
//! - [`chart`], the filters of insights. It decides on values, not on rows, so that a caller with
//!   dictionary-encoded columns asks once per distinct value and then looks answers up by code.
//! - [`fql`], the filters of destinations, and [`subscription`], the triggers of their actions: both
//!   written as text and asked of whole events. They share their words and how mistakes are told.
//!   Their trees are their own: FQL is an algebra of values, a trigger a flat list of conditions
//!   whose few tests mean something else on nulls and types, so one tree would be half unused, and
//!   its evaluator a switch on the dialect at every node.
//!
//! Not here: where values come from, and what a row is.

pub mod chart;
mod condition;
pub mod destination_filter;
pub mod fql;
mod json;
mod parse_error;
mod routing;
pub mod subscription;
mod token;
mod value;

pub use condition::{Condition, Limits, Op, Operand, PropertyCondition, Scope};
pub use parse_error::ParseError;
pub use routing::routing_rules;
pub use subscription::Subscription;
pub use value::{NONE, Value, group_keys, number_text};

/// Why a condition cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("{0}")]
    Shape(String),
    #[error("unknown operator `{0}`")]
    UnknownOperator(String),
    #[error("operator `{op}` on property `{property}` needs at least one value")]
    NoValues { op: &'static str, property: String },
    #[error("pattern `{pattern}` does not read as {what}: {why}")]
    Pattern { pattern: String, what: &'static str, why: String },
    #[error("{what}: {found} is over the limit of {limit}")]
    TooLarge { what: &'static str, found: usize, limit: usize },
}

//! Conditions on properties: one syntax tree, one evaluator, and dialects on top.
//!
//! A dialect fixes how conditions are written and what nulls, letter case and mixed types mean in
//! it. The one that stands is [`chart`], the filters of insights. It decides on values, not on
//! rows, so that a caller with dictionary-encoded columns asks once per distinct value and then
//! looks answers up by code.
//!
//! Not here: where values come from, and what a row is.

pub mod chart;
mod condition;
mod json;
mod value;

pub use condition::{Condition, Limits, Op, PropertyCondition, Scope};
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

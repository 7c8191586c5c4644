//! Mappings: how the fields of an action are filled from an event, in the mapping language of
//! Segment's destinations.
//!
//! ```
//! use serde_json::json;
//! use sluice_mapping::Mapping;
//!
//! let mapping = Mapping::parse(&json!({
//!     "distinct_id": {"@if": {
//!         "exists": {"@path": "$.userId"},
//!         "then": {"@path": "$.userId"},
//!         "else": {"@path": "$.anonymousId"}
//!     }},
//!     "label": {"@template": "{{event}} by {{userId}}"}
//! }))?;
//! let payload = mapping.apply(&json!({"event": "Saved", "userId": "u1"}))?;
//! assert_eq!(payload, json!({"distinct_id": "u1", "label": "Saved by u1"}));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! A mapping is read and checked once ([`Mapping::parse`]) and then applied to each event without
//! copying the event. An object with one key that starts with `@` is a directive and gives its
//! result; everything else is copied. What a missing path gives is *undefined*, which is not null:
//! members that are undefined are left out of the result, and null stays.
//!
//! Deviations from the original, which checks less before it runs: directives within arrays and an
//! `@if`, `@case`, `@json`, `@merge` or `@flatten` that can never work are mistakes of the mapping;
//! a replacement has no `$&`; of JavaScript's inherited members only `length` exists. `@liquid` is
//! the subset that [`liquid`] describes.
//!
//! Not here: which events an action wants, the schema of its fields, batching, sending.

mod apply;
mod budget;
mod clean;
mod error;
mod flatten;
pub mod liquid;
mod node;
mod parse;
mod path;
mod template;
mod val;

pub use budget::APPLY_BYTES_MAX;
pub use clean::remove_empty_values;
pub use error::{ApplyError, MappingError, Problem};

use serde_json::Value;

/// A mapping, ready to be applied.
#[derive(Clone, Debug)]
pub struct Mapping {
    root: node::Node,
}

impl Mapping {
    /// Reads and checks a mapping.
    ///
    /// # Errors
    /// All mistakes in it, each with a JSON pointer to its place.
    pub fn parse(mapping: &Value) -> Result<Self, MappingError> {
        parse::mapping(mapping).map(|root| Self { root })
    }

    /// The payload that the mapping makes of an event. A mapping that is itself a directive without
    /// a result gives null.
    ///
    /// # Errors
    /// If the event is not an object, a directive cannot do with what it finds in this event, or more
    /// than [`APPLY_BYTES_MAX`] would come of it.
    pub fn apply(&self, event: &Value) -> Result<Value, ApplyError> {
        if !event.is_object() {
            return Err(ApplyError::not_an_object(val::kind(event)));
        }
        let budget = budget::Budget::new();
        let result = self.root.resolve(Some(event), &budget)?;
        Ok(result.into_json(&budget)?.unwrap_or(Value::Null))
    }
}

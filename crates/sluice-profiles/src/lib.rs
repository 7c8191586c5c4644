//! People: which events belong to one person, and what is known of that person.
//!
//! - [`rules`]: limits, priorities, blocked values.
//! - [`identifiers()`]: what an event says about who it is.
//! - [`graph`]: the decision, pure.
//! - [`slices`]: files of sorted keys, of which indexes are made.
//! - [`IdentityMap`]: the state, derived from the `events` log and rebuildable from it, with the read
//!   model for the API.
//!
//! Decisions are recorded in the log by the pipeline; the map is their fold. An identifier belongs
//! to one node for ever, a merge is an edge between nodes, so every merge can be undone (invariant
//! I11), also one below later merges: those stay with the root they were decided for.
//!
//! Not here: accounts (`groupId`), computed traits, audiences.

mod error;
pub mod graph;
mod identifiers;
mod ids;
mod map;
mod node;
mod operations;
mod raw_object;
pub mod rules;
mod search;
pub mod slices;
mod state;
mod stores;
mod tier;
mod traits;

pub use error::{ErrorKind, IdentityError};
pub use identifiers::{Identifiers, identifiers};
pub use map::{
    ExternalIdView, IdentityConfig, IdentityMap, IdentityWriter, MergeView, PersonView, Resolved,
};
pub use rules::{IdentityRules, Limit, Window};
pub use search::{Search, SearchResult};
pub use traits::TraitValue;

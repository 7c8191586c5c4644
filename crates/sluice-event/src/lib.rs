//! One event: how it is named, decoded, normalised, and kept in the two logs.
//!
//! - [`received`]: what the collector writes, the request's events as they came.
//! - [`wire`]: from those bytes to a checked [`Event`] or a [`Refusal`]; pure.
//! - [`batch`]: what the pipeline writes, final events with their person and the decisions taken.

pub mod batch;
pub mod codec;
pub mod event;
pub mod ids;
pub mod ip;
pub mod json;
pub mod received;
pub mod refusal;
pub mod time;
pub mod wire;

pub use batch::{
    Decision, EventBatch, SourceCounts, StoredEvent, TraitSet, TurnedAway, Verdicts, Why,
};
pub use codec::CodecError;
pub use event::{Event, EventType};
pub use ids::{ExternalId, GroupId, MergeId, Offset, PersonId, SourceNo, WorkspaceNo};
pub use ip::IpPolicy;
pub use received::{Endpoint, ReceivedItem, ReceivedRequest};
pub use refusal::Refusal;

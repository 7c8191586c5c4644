//! Getting events to connections: a reader per connection over the events log.
//!
//! - [`policy`]: limits and delays. `filter`: which events a connection gets.
//! - `core`: the scheduler, pure; with `lanes` (order), `breaker`, `pace` (how fast), `state` (what
//!   is durable).
//! - `keeper`: its files; `dead`: dead letters.
//! - `connection`: the task around a core, `panics`: what it survives; [`delivery`]: all connections of a server.
//!
//! Per connection (invariants I3 to I6): each event from its start offset on is delivered at least
//! once, filtered, or a dead letter, with a reason, and counted exactly once; the events of one
//! person go out in order; a connection that fails or hangs costs the others nothing.
//!
//! Not here: what a destination sends (`sluice-destinations`).

mod breaker;
mod connection;
mod core;
mod dead;
pub mod delivery;
mod edit;
mod error;
mod filter;
mod keeper;
mod lanes;
mod pace;
mod panics;
pub mod policy;
mod records;
mod state;
mod status;
mod trial;

#[cfg(test)]
mod simulation;

pub use dead::DeadLetter;
pub use delivery::{Delivery, DeliveryConfig, DeliveryHandle, KeepFor, Parts};
pub use error::{DeliveryError, ErrorKind};
pub use pace::Throttle;
pub use policy::Policy;
pub use state::Counts;
pub use status::{
    ConnectionState, ConnectionStatus, DeadLetterPage, EventState, Percentiles, SendAgain, Warned,
};
pub use trial::{Trial, TrialOutcome};

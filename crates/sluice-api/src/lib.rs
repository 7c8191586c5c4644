//! The HTTP API under `/api/v1`, in the shape of Segment's Public API: Bearer tokens, `{data}`,
//! `{errors}`, pagination whose `next` is absent on the last page.
//!
//! What lives in the store is read and changed through `sluice-store`; what lives in running parts
//! comes in through the traits of [`handles`]. Each operation takes its grant first ([`auth`]),
//! which names the workspace that everything below is asked of. HTTP status codes appear only here.
//!
//! Not here: collecting events, the console's files, signing in to the console.

mod answer;
mod auth;
mod body;
mod error;
pub mod handles;
mod nearest;
mod openapi;
mod page;
mod routes;
mod state;

pub use openapi::{openapi, openapi_json};
pub use routes::router;
pub use state::{ApiState, Handles};

//! The HTTP API under `/api/v1`, in the shape of Segment's Public API: Bearer tokens, `{data}`,
//! `{errors}`, pagination whose `next` is absent on the last page. People sign in to a session, which
//! a cookie carries; it may what a token may.
//!
//! What lives in the store is read and changed through `sluice-store`; what lives in running parts
//! comes in through the traits of [`handles`]. Each operation takes its grant first ([`auth`]),
//! which names the workspace that everything below is asked of. HTTP status codes appear only here.
//!
//! Beside it, at Amplitude's paths and in its shapes, a dashboard API ([`amplitude`]).
//!
//! Not here: collecting events, the console's files.

mod amplitude;
mod answer;
mod attempts;
mod auth;
mod body;
mod cookie;
mod error;
pub mod handles;
mod oauth;
mod openapi;
mod page;
mod routes;
mod saved_cohorts;
mod state;
mod told;
mod visitor;

pub use openapi::{openapi, openapi_json};
pub use routes::router;
pub use saved_cohorts::saved_cohorts;
pub use state::{ApiState, Handles};
pub use visitor::{BrowserScripts, ClientIp, Site};

//! Collecting: Segment's Tracking API over HTTP, durable before it answers.
//!
//! A request becomes one entry of its workspace's `received` log. It is answered `200` only once
//! that entry is on disk (invariant I1). At the door an event is checked for syntax and size only;
//! everything a sender would want to see in the ledger (missing ids, wrong types) is found later,
//! by `sluice_event::wire`, so that nothing is lost on the way.
//!
//! The answers are what the SDKs can live with: event paths answer only 200, 400, 429 and 503,
//! with a JSON body of `success`, `code`, `message` and `error`, and with CORS headers on all.
//!
//! Not here: health, metrics and the API's own paths; the binary gives those as an
//! [`axum::Router`] that takes every path that is not the collector's.

mod amplitude;
mod answer;
mod auth;
mod body;
mod collector;
mod config;
mod gathered;
mod pages;
mod parse;
mod peer;
mod rate;
mod route;
mod serve;
mod stats;
mod timer;

pub use auth::basic_key;
pub use collector::{Collector, Workspaces};
pub use config::{CollectorConfig, PublicUrl};
pub use gathered::before_park;
pub use pages::{BrowserSdk, DeviceDestination, Devices, pages};
pub use peer::{Network, client_ip};
pub use serve::{Tls, serve};
pub use stats::{CollectorStats, DURATION_BOUNDS_SECONDS, StatsView};

//! The real binary from the outside: crashes, restarts, a destination that is away, and the sample
//! shop. Each file is a scenario.

#![expect(clippy::unwrap_used, reason = "tests")]

mod amplitude;
mod amplitude_rest;
mod erasure;
mod files;
mod http;
mod kill;
mod live;
mod oauth;
mod outage;
mod people;
mod published;
mod routing;
mod server;
mod serving;

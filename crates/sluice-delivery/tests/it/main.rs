//! Delivery with real parts: a log on disk, files on disk, a real HTTP peer on loopback.
#![expect(clippy::unwrap_used, reason = "tests")]

mod faults;
mod filters;
mod order;
mod outcomes;
mod pace;
mod server;
mod stops;

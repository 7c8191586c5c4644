//! Destinations against a real HTTP peer.
#![expect(clippy::unwrap_used, reason = "tests")]

mod webhook;

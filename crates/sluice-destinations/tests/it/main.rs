//! Destinations against a real HTTP peer.
#![expect(clippy::unwrap_used, reason = "tests")]

mod amplitude;
mod amplitude_golden;
mod core;
mod published;
mod webhook;

use sluice_destination_kit::http::AddressPolicy;
use sluice_destination_kit::{HttpOut, HttpOutConfig};

fn http(allow_private: bool) -> HttpOut {
    let policy = AddressPolicy { allow_private, ..AddressPolicy::default() };
    HttpOut::new(HttpOutConfig { policy, ..HttpOutConfig::default() })
}

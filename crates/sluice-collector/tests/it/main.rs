//! The collector at its real boundary: bytes over TCP in, a real log out.

#![expect(clippy::unwrap_used, reason = "tests")]

mod amplitude;
mod answers;
mod backpressure;
mod harness;
mod hostile;
mod pages;
mod paths;

//! The pipeline on real logs and disks: rules, crashes, bounds.

#![expect(clippy::unwrap_used, reason = "tests")]

mod crash;
mod dedupe;
mod erasing;
mod passages;
mod rules;
mod running;
mod support;

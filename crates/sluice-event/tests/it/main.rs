//! The crate from outside: timestamps, normalisation, the scanner, both record formats.

#![expect(clippy::unwrap_used, reason = "tests")]

mod formats;
mod normalize;
mod refusals;
mod scanner;
mod times;

/// Cases per property; `SLUICE_SEEDS` sets another number.
fn cases() -> proptest::test_runner::Config {
    let cases =
        std::env::var("SLUICE_SEEDS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(512);
    proptest::test_runner::Config { cases, failure_persistence: None, ..Default::default() }
}

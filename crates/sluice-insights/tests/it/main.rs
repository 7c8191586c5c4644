//! Every number and every list of people against a brute-force scan of the raw events that shares
//! no code with the engine, on random data; and worked examples, cell by cell.
#![expect(clippy::unwrap_used, reason = "tests")]

mod cohort_examples;
mod cohort_oracle;
mod dictionary;
mod examples;
mod formula_oracle;
mod funnel_examples;
mod funnel_oracle;
mod oracle;
mod random;
mod retention_examples;
mod retention_oracle;
mod seen;
mod service;
mod trend_examples;
mod trend_oracle;
mod world;

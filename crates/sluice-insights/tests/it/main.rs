//! Every number and every list of people against a brute-force scan of the raw events that shares
//! no code with the engine, on random data; and worked examples, cell by cell.
#![expect(clippy::unwrap_used, reason = "tests")]

mod asking;
mod behind;
mod calendar;
mod cohort_examples;
mod cohort_oracle;
mod composition_oracle;
mod dictionary;
mod examples;
mod formula_oracle;
mod funnel_examples;
mod funnel_oracle;
mod groups_oracle;
mod lifecycle_oracle;
mod oracle;
mod paths_examples;
mod paths_oracle;
mod random;
mod random_kinds;
mod releases;
mod retention_examples;
mod retention_oracle;
mod revenue_oracle;
mod seen;
mod service;
mod sessions_oracle;
mod stickiness_oracle;
mod trend_ask;
mod trend_examples;
mod trend_oracle;
mod world;

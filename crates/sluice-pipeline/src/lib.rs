//! From `received` to `events`: one thread per workspace that normalises, deduplicates, finds the
//! person, counts, and commits all of it as one record (invariants I2, I3, I4).
//!
//! - [`Pipeline`] drives; [`PipelineHandle`] is what other parts ask.
//! - [`dedupe`]: which message ids were accepted, and where.
//! - [`ledger`]: what came in and what became of it, in numbers.
//! - [`passages`]: the same for each single item.
//! - `erasing`: both logs without the people who were erased.
//!
//! Not here: the rules of one event (`sluice_event::wire`), of identity (`sluice_profiles`), and
//! everything behind the `events` log, the `integrations` object among it.

mod batch_builder;
mod config;
pub mod dedupe;
mod driver;
mod erasing;
mod error;
mod handle;
mod intake;
pub mod ledger;
pub mod passages;
mod recovery;

pub use config::{PipelineConfig, PipelineDirs};
pub use dedupe::DedupeConfig;
pub use driver::{Pipeline, StageTimes};
pub use error::{ErrorKind, PipelineError};
pub use handle::PipelineHandle;
pub use ledger::{Ledger, LedgerFault};
pub use passages::{Outcome, Passage, PassageFilter, PassageState, Passages, Reach};

//! What one workspace's pipeline is told when it is opened.

use std::path::PathBuf;

use sluice_event::wire::WireLimits;
use sluice_profiles::IdentityRules;

use crate::dedupe::DedupeConfig;

/// Settings of one pipeline. Start from [`PipelineConfig::default`].
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    /// Items of `received` in one commit.
    pub batch_events_max: usize,
    /// Bytes of one commit, before compression; the last event may go over it.
    pub batch_bytes_max: usize,
    /// Every so many records carry the counts of all sources, so that the ledger can be put together
    /// from any stretch of the log that long.
    pub full_counts_every: u64,
    pub wire: WireLimits,
    pub dedupe: DedupeConfig,
    pub identity: IdentityRules,
    /// Memory for identifiers and people.
    pub identity_cache_bytes: usize,
    /// Memory for blocks of the identity store.
    pub identity_store_cache_bytes: u64,
    /// Changes of the identity map gathered before they are stored.
    pub identity_dirty_bytes_max: usize,
    /// New identifiers gathered before they become a slice of the index.
    pub identity_new_ids_max: usize,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        Self {
            batch_events_max: 1000,
            batch_bytes_max: 2 << 20,
            full_counts_every: 256,
            wire: WireLimits::default(),
            dedupe: DedupeConfig::default(),
            identity: IdentityRules::default(),
            identity_cache_bytes: 64 << 20,
            identity_store_cache_bytes: 256 << 20,
            identity_dirty_bytes_max: 2 << 20,
            identity_new_ids_max: 128 * 1024,
        }
    }
}

/// Where the derived state lives.
#[derive(Clone, Debug)]
pub struct PipelineDirs {
    pub dedupe: PathBuf,
    pub people: PathBuf,
}

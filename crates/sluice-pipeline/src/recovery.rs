//! Brings the derived state (deduplication index, identity map, ledger) up to the end of `events`.

use std::io;
use std::sync::Arc;

use sluice_base::Disk;
use sluice_event::{EventBatch, Offset, Why};
use sluice_log::Log;
use sluice_profiles::{IdentityConfig, IdentityMap};

use crate::PipelineError;
use crate::config::{PipelineConfig, PipelineDirs};
use crate::dedupe::DedupeIndex;
use crate::ledger::Ledger;

pub(crate) struct Recovered {
    pub(crate) dedupe: DedupeIndex,
    pub(crate) people: IdentityMap,
    pub(crate) ledger: Ledger,
}

pub(crate) fn recover(
    config: &PipelineConfig,
    disk: &Arc<dyn Disk>,
    events: &Log,
    dirs: &PipelineDirs,
) -> Result<Recovered, PipelineError> {
    let end = Offset(events.synced());
    let mut dedupe = open_dedupe(config, disk, dirs, end)?;
    let people = open_people(config, dirs, end)?;
    let mut ledger = match dedupe.extra() {
        [] => Ledger::default(),
        bytes => Ledger::decode(bytes).map_err(damaged)?,
    };
    let (dedupe_from, people_from) = (dedupe.applied_to(), people.applied_to());
    let from = dedupe_from.min(people_from);
    let first = Offset(events.first());
    if from < first {
        tracing::error!(
            wanted = from.0,
            first = first.0,
            "the events log no longer reaches back to where the derived state ends; what is missing cannot be rebuilt"
        );
    }
    let mut reader = events.reader(from.max(first).0);
    while let Some(entry) = reader.next()? {
        let base = Offset(entry.base);
        let unreadable =
            |source| PipelineError::Record { log: "events", offset: entry.base, source };
        let batch = EventBatch::decode(&entry.payload).map_err(unreadable)?;
        if base >= people_from {
            people.apply(base, &batch)?;
            if people.is_store_due() {
                people.store_due()?;
            }
        }
        if base >= dedupe_from {
            let kept = batch.events.iter().enumerate().filter(|(_, stored)| !stored.is_erased());
            for (index, stored) in kept {
                let key = dedupe.key(stored.source, &stored.event.message_id);
                let offset = EventBatch::event_offset(base, index);
                dedupe.insert(key, offset, stored.event.received_at);
            }
            for item in &batch.turned_away {
                if let Why::Refused { message_id: Some(id), .. } = &item.why {
                    let key = dedupe.refusal_key(item.source, id);
                    dedupe.insert(key, base, batch.decided_at);
                }
            }
            ledger.apply(base, &batch);
            if dedupe.is_flush_due() {
                dedupe.flush(ledger.events_end, ledger.encode()).map_err(PipelineError::Dedupe)?;
            }
        }
    }
    Ok(Recovered { dedupe, people, ledger })
}

fn damaged(error: sluice_event::CodecError) -> PipelineError {
    PipelineError::Dedupe(io::Error::new(io::ErrorKind::InvalidData, error))
}

fn open_dedupe(
    config: &PipelineConfig,
    disk: &Arc<dyn Disk>,
    dirs: &PipelineDirs,
    end: Offset,
) -> Result<DedupeIndex, PipelineError> {
    let open = || DedupeIndex::open(Arc::clone(disk), dirs.dedupe.clone(), config.dedupe.clone());
    let index = open().map_err(PipelineError::Dedupe)?;
    if index.applied_to() <= end {
        return Ok(index);
    }
    tracing::warn!(
        "the deduplication index is ahead of the events log, as after restoring an older log: rebuilding it"
    );
    drop(index);
    disk.remove_dir_all(&dirs.dedupe).map_err(PipelineError::Dedupe)?;
    open().map_err(PipelineError::Dedupe)
}

fn open_people(
    config: &PipelineConfig,
    dirs: &PipelineDirs,
    end: Offset,
) -> Result<IdentityMap, PipelineError> {
    let identity = IdentityConfig {
        dir: dirs.people.clone(),
        rules: config.identity.clone(),
        cache_bytes: config.identity_cache_bytes,
        store_cache_bytes: config.identity_store_cache_bytes,
        dirty_bytes_max: config.identity_dirty_bytes_max,
        new_ids_max: config.identity_new_ids_max,
    };
    let people = IdentityMap::open(identity.clone())?;
    if people.reaches_to() <= end {
        return Ok(people);
    }
    tracing::warn!(
        "the identity map is ahead of the events log, as after restoring an older log: rebuilding it"
    );
    people.destroy()?;
    Ok(IdentityMap::open(identity)?)
}

//! Decides on a batch of checked items: duplicate or not, whose it is, and puts the record together.
//!
//! Everything decided here is in the record; nothing is decided again after a crash.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use sluice_base::Timestamp;
use sluice_event::{
    EventBatch, Offset, PersonId, SourceNo, StoredEvent, TraitSet, TurnedAway, Why,
};
use sluice_profiles::{IdentityWriter, Resolved};

use crate::PipelineError;
use crate::dedupe::{DedupeIndex, Earlier, MessageKey};
use crate::intake::{Intake, Item};
use crate::ledger::Ledger;

/// Bytes that an event takes in the record beside its JSON, about.
const EVENT_OVERHEAD_BYTES: usize = 200;
/// Bytes that an item turned away takes beside its message id, about.
const TURNED_AWAY_BYTES: usize = 12;

pub(crate) struct BatchBuilder {
    base: Offset,
    bytes: usize,
    batch: EventBatch,
    changed: BTreeSet<SourceNo>,
    trait_sets: HashMap<(PersonId, Offset), u32>,
}

impl BatchBuilder {
    /// `base` is where the record will stand.
    pub(crate) fn new(base: Offset, decided_at: Timestamp) -> Self {
        let batch = EventBatch {
            consumed_to: Offset(0),
            decided_at,
            turned_away: Vec::new(),
            decisions: Vec::new(),
            counts: Vec::new(),
            trait_sets: Vec::new(),
            events: Vec::new(),
        };
        Self { base, bytes: 0, batch, changed: BTreeSet::new(), trait_sets: HashMap::new() }
    }

    /// Decides on the items in order and counts them in the ledger. Stops early when the record has
    /// `bytes_max`; the answer is the offset of `received` up to which items were dealt with.
    pub(crate) fn take(
        &mut self,
        intake: Intake,
        earlier: &[(MessageKey, Option<Earlier>)],
        dedupe: &mut DedupeIndex,
        identity: &mut IdentityWriter<'_>,
        ledger: &mut Ledger,
        bytes_max: usize,
    ) -> Result<Offset, PipelineError> {
        let mut earlier = earlier.iter();
        for item in intake.items {
            if self.bytes >= bytes_max {
                return Ok(item.offset);
            }
            self.changed.insert(item.source);
            let counts = ledger.counts.entry(item.source).or_default();
            counts.received += 1;
            let event = match &item.event {
                Ok(event) => event,
                Err(refused) => {
                    *counts.refused.entry(refused.reason).or_default() += 1;
                    let (reason, message_id) = (refused.reason, refused.message_id.clone());
                    if let Some(id) = &message_id {
                        let key = dedupe.refusal_key(item.source, id);
                        dedupe.insert(key, self.base, self.batch.decided_at);
                    }
                    self.turn_away(&item, Why::Refused { reason, message_id });
                    continue;
                }
            };
            let offset = EventBatch::event_offset(self.base, self.batch.events.len());
            let (key, earlier) = earlier
                .next()
                .copied()
                .unwrap_or_else(|| (dedupe.key(item.source, &event.message_id), None));
            if let Some(of) = dedupe.accept(key, earlier, offset, event.received_at) {
                counts.duplicate += 1;
                self.turn_away(&item, Why::Duplicate { of });
                continue;
            }
            counts.accepted += 1;
            let resolved = identity.resolve(event, offset, &mut self.batch.decisions)?;
            self.push(item, resolved);
        }
        Ok(intake.end)
    }

    fn turn_away(&mut self, item: &Item, why: Why) {
        let message_id = match &why {
            Why::Refused { message_id: Some(id), .. } => id.len(),
            _ => 0,
        };
        self.bytes += TURNED_AWAY_BYTES + message_id;
        let (received_offset, source) = (item.offset, item.source);
        self.batch.turned_away.push(TurnedAway { received_offset, source, why });
    }

    fn push(&mut self, item: Item, resolved: Resolved) {
        let Ok(event) = item.event else { return };
        let traits = resolved.traits.map_or(0, |(version, json)| {
            *self.trait_sets.entry((resolved.canonical, version)).or_insert_with(|| {
                self.bytes += json.len();
                self.batch.trait_sets.push(TraitSet { person: resolved.canonical, version, json });
                u32::try_from(self.batch.trait_sets.len()).unwrap_or(u32::MAX)
            })
        });
        self.bytes += event.json.len() + EVENT_OVERHEAD_BYTES;
        self.batch.events.push(StoredEvent {
            source: item.source,
            received_offset: item.offset,
            person: resolved.person,
            canonical: resolved.canonical,
            traits,
            event,
        });
    }

    /// The finished record.
    pub(crate) fn finish(
        mut self,
        consumed_to: Offset,
        ledger: &Ledger,
        full_counts: bool,
    ) -> EventBatch {
        self.batch.consumed_to = consumed_to;
        let is_told = |source: &SourceNo| full_counts || self.changed.contains(source);
        let counts = ledger.counts.iter().filter(|(source, _)| is_told(source));
        self.batch.counts = counts.map(|(source, counts)| (*source, counts.clone())).collect();
        self.batch
    }
}

//! The ledger of what came in and what became of it, per source, and the check that it adds up
//! (invariant I4).
//!
//! Counts are cumulative since the beginning of the workspace. Every record of `events` carries those
//! of the sources that it changed; now and then one carries all. A checkpoint stands in the state
//! file of the deduplication index, so that opening reads only the end of the log.

use std::collections::BTreeMap;

use sluice_event::codec::{self, CodecError, Reader};
use sluice_event::{EventBatch, Offset, Refusal, SourceCounts, SourceNo};

const VERSION: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub counts: BTreeMap<SourceNo, SourceCounts>,
    /// Next offset of `received` to deal with.
    pub consumed_to: Offset,
    /// End of `events`.
    pub events_end: Offset,
    /// Records in `events` since its beginning; each takes one offset beside those of its events.
    pub records: u64,
    /// False if it was put together from a log that no longer reaches back to its beginning; then
    /// the offsets cannot be checked against the counts.
    pub is_whole: bool,
}

/// How the ledger fails to add up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    #[error("source {}: received {received} is not accepted + duplicate + refused {accounted}", source_no.0)]
    Unbalanced { source_no: SourceNo, received: u64, accounted: u64 },
    #[error(
        "{counted} events are counted as received, but {consumed} were read from the received log"
    )]
    Received { counted: u64, consumed: u64 },
    #[error("{counted} events are counted as accepted, but the events log holds {held}")]
    Accepted { counted: u64, held: u64 },
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            counts: BTreeMap::new(),
            consumed_to: Offset(0),
            events_end: Offset(0),
            records: 0,
            is_whole: true,
        }
    }
}

impl Ledger {
    /// Takes in a record that stands at `base`.
    pub(crate) fn apply(&mut self, base: Offset, batch: &EventBatch) {
        if base != self.events_end {
            self.is_whole = false;
        }
        for (source, counts) in &batch.counts {
            self.counts.insert(*source, counts.clone());
        }
        self.consumed_to = batch.consumed_to;
        self.events_end = base.plus(batch.offsets());
        self.records += 1;
    }

    /// Whether the counts add up and equal what the offsets of the two logs say.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), LedgerFault> {
        for (source_no, counts) in &self.counts {
            if !counts.balances() {
                let accounted = counts.accepted + counts.duplicate + counts.refused_total();
                let (source_no, received) = (*source_no, counts.received);
                return Err(LedgerFault::Unbalanced { source_no, received, accounted });
            }
        }
        if !self.is_whole {
            return Ok(());
        }
        let (counted, consumed) = (self.total(|counts| counts.received), self.consumed_to.0);
        if counted != consumed {
            return Err(LedgerFault::Received { counted, consumed });
        }
        let (counted, held) =
            (self.total(|counts| counts.accepted), self.events_end.0 - self.records);
        if counted != held {
            return Err(LedgerFault::Accepted { counted, held });
        }
        Ok(())
    }

    /// Sum over all sources.
    #[must_use]
    pub fn total(&self, of: impl Fn(&SourceCounts) -> u64) -> u64 {
        self.counts.values().map(of).sum()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION, u8::from(self.is_whole)];
        for number in
            [self.consumed_to.0, self.events_end.0, self.records, self.counts.len() as u64]
        {
            codec::put_u64(&mut out, number);
        }
        for (source, counts) in &self.counts {
            codec::put_u64(&mut out, u64::from(source.0));
            for count in [counts.received, counts.accepted, counts.duplicate] {
                codec::put_u64(&mut out, count);
            }
            codec::put_u64(&mut out, counts.refused.len() as u64);
            for (refusal, count) in &counts.refused {
                out.push(refusal.number());
                codec::put_u64(&mut out, *count);
            }
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let r = &mut Reader::new(bytes);
        let version = r.u8("version")?;
        if version != VERSION {
            return Err(CodecError::Version { what: "the ledger's checkpoint", found: version });
        }
        let mut ledger = Self { is_whole: r.u8("completeness")? != 0, ..Self::default() };
        ledger.consumed_to = Offset(r.u64("consumed offset")?);
        ledger.events_end = Offset(r.u64("end of events")?);
        ledger.records = r.u64("records")?;
        for _ in 0..r.count("sources")? {
            let source = SourceNo(r.u32("source")?);
            let mut counts = SourceCounts {
                received: r.u64("count")?,
                accepted: r.u64("count")?,
                duplicate: r.u64("count")?,
                refused: BTreeMap::new(),
            };
            for _ in 0..r.count("refusals")? {
                let refusal = Refusal::from_number(r.u8("refusal")?);
                let refusal = refusal.ok_or(CodecError::Invalid("refusal"))?;
                counts.refused.insert(refusal, r.u64("count")?);
            }
            ledger.counts.insert(source, counts);
        }
        Ok(ledger)
    }
}

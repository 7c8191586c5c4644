//! A record of the `events` log: one pipeline commit.
//!
//! It carries all that the commit decided: the range of `received` consumed, the final events with
//! the person each belongs to, the items that were turned away and why, the identity decisions, and
//! the cumulative ledger counts. A reader never decides any of it again. Each item of the range is
//! either among the events or among those turned away.
//!
//! Version 2 added what was turned away, in front of all else: [`Verdicts::decode`] reads no
//! further. A record of version 1 reads as if nothing had been. Version 3 added erasures; what an
//! erased person's events were is taken out of the records by [`EventBatch::erase`].
//!
//! Offsets: the record itself takes the first offset `o` (so a record of decisions alone still has
//! a place), event `i` is `o + 1 + i`. A record of `n` events takes `n + 1` offsets.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_base::Timestamp;

use crate::codec::{self, CodecError, Reader};
use crate::{Event, EventType, ExternalId, MergeId, Offset, PersonId, Refusal, SourceNo};

const VERSION: u8 = 3;

#[derive(Clone, Debug, PartialEq)]
pub struct EventBatch {
    /// Next offset of `received` to read: everything below it is dealt with.
    pub consumed_to: Offset,
    pub decided_at: Timestamp,
    /// Items of the range that did not become events, in order.
    pub turned_away: Vec<TurnedAway>,
    pub decisions: Vec<Decision>,
    /// Cumulative counts since the beginning of the workspace, only of sources that changed in
    /// this record; a reader keeps the rest.
    pub counts: Vec<(SourceNo, SourceCounts)>,
    /// Trait sets that the events refer to by [`StoredEvent::traits`].
    pub trait_sets: Vec<TraitSet>,
    pub events: Vec<StoredEvent>,
}

/// An item of `received` that did not become an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    pub received_offset: Offset,
    pub source: SourceNo,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// An event with this message id stands at `of` in `events` already.
    Duplicate { of: Offset },
    /// With the sender's message id, as far as it could be read, so that its receipt is found.
    Refused { reason: Refusal, message_id: Option<Arc<str>> },
}

/// The beginning of a record: all that says what became of items that are no events.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdicts {
    pub consumed_to: Offset,
    pub decided_at: Timestamp,
    pub turned_away: Vec<TurnedAway>,
}

impl Verdicts {
    /// Reads the beginning of a record and leaves the rest alone.
    ///
    /// # Errors
    /// If the bytes are not a record of a known version.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::read(&mut Reader::new(bytes))
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let version = r.u8("version")?;
        if !(1..=VERSION).contains(&version) {
            return Err(CodecError::Version { what: "an event batch", found: version });
        }
        let consumed_to = Offset(r.u64("consumed range")?);
        let decided_at = r.time("decided at")?;
        let mut before = 0;
        let turned_away = match version {
            1 => Vec::new(),
            _ => decode_list(r, "items turned away", |r| decode_turned_away(r, &mut before))?,
        };
        Ok(Self { consumed_to, decided_at, turned_away })
    }
}

/// An accepted event with what the pipeline decided about it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    pub source: SourceNo,
    /// Offset of the item in `received`.
    pub received_offset: Offset,
    /// The person the event's own identifiers are attached to, as written; never changes, so that
    /// an undone merge finds its events again.
    pub person: PersonId,
    /// The person after all merges known at this offset; the lane of delivery.
    pub canonical: PersonId,
    /// Index plus one in [`EventBatch::trait_sets`]; zero if the person has no traits.
    pub traits: u32,
    pub event: Event,
}

/// The traits of a person as they were from a certain event on.
#[derive(Clone, Debug, PartialEq)]
pub struct TraitSet {
    pub person: PersonId,
    /// Offset of the event that brought the traits into this state.
    pub version: Offset,
    /// A JSON object.
    pub json: Arc<str>,
}

/// What the identity stage decided. The graph is the fold of these over the whole log.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Create {
        person: PersonId,
        at: Timestamp,
    },
    /// `person` is the node that owns the id from now on; it never moves to another node.
    Attach {
        person: PersonId,
        id: ExternalId,
        at: Timestamp,
    },
    /// `absorbed` (and all it stands for) counts as `survivor`.
    Merge {
        merge: MergeId,
        survivor: PersonId,
        absorbed: PersonId,
        at: Timestamp,
    },
    /// The merge no longer holds, and the two sides are not to be merged again.
    Undo {
        merge: MergeId,
        at: Timestamp,
    },
    /// All that is known of this node is to go: its identifiers, traits and events below the record.
    Erase {
        person: PersonId,
        at: Timestamp,
    },
}

impl StoredEvent {
    /// Whether its person was erased: only its place, its source and when it came are left.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        // An accepted event has a message id, the sender's or one that was made.
        self.event.message_id.is_empty()
    }

    fn erase(&mut self) {
        let (event_type, received_at) = (self.event.event_type, self.event.received_at);
        let json: Arc<str> = "{}".into();
        self.traits = 0;
        self.event = Event {
            event_type,
            message_id: "".into(),
            anonymous_id: None,
            user_id: None,
            group_id: None,
            previous_id: None,
            name: "".into(),
            original_timestamp: None,
            sent_at: None,
            received_at,
            timestamp: received_at,
            session_id: -1,
            json,
            body: 0..0,
            context: 0..0,
            integrations: 0..0,
        };
    }
}

/// The ledger of one source: what came in and what became of it, cumulative.
/// `received = accepted + duplicate + refused` (invariant I4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    pub received: u64,
    pub accepted: u64,
    pub duplicate: u64,
    pub refused: BTreeMap<Refusal, u64>,
}

impl SourceCounts {
    #[must_use]
    pub fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }

    #[must_use]
    pub fn balances(&self) -> bool {
        self.received == self.accepted + self.duplicate + self.refused_total()
    }
}

impl EventBatch {
    /// Kind of a log entry that holds one.
    pub const ENTRY_KIND: u8 = 1;

    /// Offsets this record takes in the log.
    #[must_use]
    pub const fn offsets(&self) -> u64 {
        self.events.len() as u64 + 1
    }

    /// Offset of event `index` when the record stands at `base`.
    #[must_use]
    pub const fn event_offset(base: Offset, index: usize) -> Offset {
        Offset(base.0 + 1 + index as u64)
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        codec::put_u64(out, self.consumed_to.0);
        codec::put_i64(out, self.decided_at.as_micros());
        codec::put_u64(out, self.turned_away.len() as u64);
        let mut before = 0;
        for item in &self.turned_away {
            encode_turned_away(out, item, before);
            before = item.received_offset.0;
        }
        codec::put_u64(out, self.decisions.len() as u64);
        for decision in &self.decisions {
            encode_decision(out, decision);
        }
        codec::put_u64(out, self.counts.len() as u64);
        for (source, counts) in &self.counts {
            codec::put_u64(out, u64::from(source.0));
            for count in [counts.received, counts.accepted, counts.duplicate] {
                codec::put_u64(out, count);
            }
            codec::put_u64(out, counts.refused.len() as u64);
            for (refusal, count) in &counts.refused {
                out.push(refusal.number());
                codec::put_u64(out, *count);
            }
        }
        codec::put_u64(out, self.trait_sets.len() as u64);
        for set in &self.trait_sets {
            codec::put_u64(out, set.person.0);
            codec::put_u64(out, set.version.0);
            codec::put_bytes(out, set.json.as_bytes());
        }
        codec::put_u64(out, self.events.len() as u64);
        for stored in &self.events {
            encode_event(out, stored);
        }
    }

    /// Reads one record back.
    ///
    /// # Errors
    /// If the bytes are not a record of a known version.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let r = &mut Reader::new(bytes);
        let Verdicts { consumed_to, decided_at, turned_away } = Verdicts::read(r)?;
        let decisions = decode_list(r, "decisions", decode_decision)?;
        let counts = decode_list(r, "counts", decode_counts)?;
        let trait_sets = decode_list(r, "trait sets", |r| {
            Ok(TraitSet {
                person: PersonId(r.u64("person")?),
                version: Offset(r.u64("trait version")?),
                json: r.arc("traits")?,
            })
        })?;
        let events = decode_list(r, "events", decode_event)?;
        if !r.is_empty() {
            return Err(CodecError::Invalid("length of an event batch"));
        }
        Ok(Self { consumed_to, decided_at, turned_away, decisions, counts, trait_sets, events })
    }

    /// Takes out what is known of erased people. The record keeps its length, so that offsets stay;
    /// the rest of it stays as it was. False if there was nothing to take out.
    pub fn erase(&mut self, is_erased: impl Fn(PersonId) -> bool) -> bool {
        let mut changed = false;
        for stored in &mut self.events {
            if is_erased(stored.person) && !stored.is_erased() {
                stored.erase();
                changed = true;
            }
        }
        for set in &mut self.trait_sets {
            if is_erased(set.person) && &*set.json != "{}" {
                set.json = "{}".into();
                changed = true;
            }
        }
        for decision in &mut self.decisions {
            if let Decision::Attach { person, id, .. } = decision
                && is_erased(*person)
                && !id.value.is_empty()
            {
                *id = ExternalId::new("", "");
                changed = true;
            }
        }
        changed
    }

    /// Takes out the message ids of items that were refused. False if there were none.
    pub fn forget_refused(&mut self, is_erased: impl Fn(Offset) -> bool) -> bool {
        let mut changed = false;
        for item in &mut self.turned_away {
            if let Why::Refused { message_id, .. } = &mut item.why
                && message_id.is_some()
                && is_erased(item.received_offset)
            {
                *message_id = None;
                changed = true;
            }
        }
        changed
    }

    /// Reads event `index` of one record alone, with the time it was decided at; `None` if the record
    /// has fewer. What stands before it is passed over, not built.
    ///
    /// # Errors
    /// As [`EventBatch::decode`].
    pub fn decode_one(
        bytes: &[u8],
        index: usize,
    ) -> Result<Option<(Timestamp, StoredEvent)>, CodecError> {
        let r = &mut Reader::new(bytes);
        let Verdicts { decided_at, .. } = Verdicts::read(r)?;
        for _ in 0..r.count("decisions")? {
            skip_decision(r)?;
        }
        for _ in 0..r.count("counts")? {
            decode_counts(r)?;
        }
        for _ in 0..r.count("trait sets")? {
            r.u64("person")?;
            r.u64("trait version")?;
            r.bytes("traits")?;
        }
        if index >= r.count("events")? {
            return Ok(None);
        }
        for _ in 0..index {
            skip_event(r)?;
        }
        Ok(Some((decided_at, decode_event(r)?)))
    }
}

fn skip_decision(r: &mut Reader<'_>) -> Result<(), CodecError> {
    let (numbers, texts) = match r.u8("decision")? {
        1 => (1, 0),
        2 => (1, 2),
        3 => (3, 0),
        4 | 5 => (1, 0),
        _ => return Err(CodecError::Invalid("decision")),
    };
    for _ in 0..numbers {
        r.u64("decision")?;
    }
    for _ in 0..texts {
        r.bytes("decision")?;
    }
    r.time("time").map(drop)
}

fn skip_event(r: &mut Reader<'_>) -> Result<(), CodecError> {
    r.u8("event type")?;
    for _ in 0..5 {
        r.u64("event")?;
    }
    r.bytes("message id")?;
    for _ in 0..4 {
        r.opt("id")?;
    }
    r.bytes("name")?;
    r.time("received at")?;
    r.time("timestamp")?;
    r.opt_time("original timestamp")?;
    r.opt_time("sent at")?;
    r.i64("session id")?;
    for _ in 0..6 {
        r.u64("range")?;
    }
    r.bytes("event").map(drop)
}

fn decode_list<T>(
    r: &mut Reader<'_>,
    what: &'static str,
    mut one: impl FnMut(&mut Reader<'_>) -> Result<T, CodecError>,
) -> Result<Vec<T>, CodecError> {
    let count = r.count(what)?;
    let mut list = Vec::with_capacity(count);
    for _ in 0..count {
        list.push(one(r)?);
    }
    Ok(list)
}

const DUPLICATE: u8 = 0;

/// Offsets as distances: most of those turned away stand side by side.
fn encode_turned_away(out: &mut Vec<u8>, item: &TurnedAway, before: u64) {
    codec::put_u64(out, item.received_offset.0.wrapping_sub(before));
    codec::put_u64(out, u64::from(item.source.0));
    match &item.why {
        Why::Duplicate { of } => {
            out.push(DUPLICATE);
            codec::put_u64(out, of.0);
        }
        Why::Refused { reason, message_id } => {
            out.push(reason.number());
            codec::put_opt(out, message_id.as_deref());
        }
    }
}

fn decode_turned_away(r: &mut Reader<'_>, before: &mut u64) -> Result<TurnedAway, CodecError> {
    *before = before.wrapping_add(r.u64("received offset")?);
    let source = SourceNo(r.u32("source")?);
    let why = match r.u8("verdict")? {
        DUPLICATE => Why::Duplicate { of: Offset(r.u64("offset of the first")?) },
        number => Why::Refused {
            reason: Refusal::from_number(number).ok_or(CodecError::Invalid("refusal"))?,
            message_id: r.opt_arc("message id")?,
        },
    };
    Ok(TurnedAway { received_offset: Offset(*before), source, why })
}

fn encode_decision(out: &mut Vec<u8>, decision: &Decision) {
    match decision {
        Decision::Create { person, at } => {
            out.push(1);
            codec::put_u64(out, person.0);
            codec::put_i64(out, at.as_micros());
        }
        Decision::Attach { person, id, at } => {
            out.push(2);
            codec::put_u64(out, person.0);
            codec::put_bytes(out, id.kind.as_bytes());
            codec::put_bytes(out, id.value.as_bytes());
            codec::put_i64(out, at.as_micros());
        }
        Decision::Merge { merge, survivor, absorbed, at } => {
            out.push(3);
            codec::put_u64(out, merge.0);
            codec::put_u64(out, survivor.0);
            codec::put_u64(out, absorbed.0);
            codec::put_i64(out, at.as_micros());
        }
        Decision::Undo { merge, at } => {
            out.push(4);
            codec::put_u64(out, merge.0);
            codec::put_i64(out, at.as_micros());
        }
        Decision::Erase { person, at } => {
            out.push(5);
            codec::put_u64(out, person.0);
            codec::put_i64(out, at.as_micros());
        }
    }
}

fn decode_decision(r: &mut Reader<'_>) -> Result<Decision, CodecError> {
    Ok(match r.u8("decision")? {
        1 => Decision::Create { person: PersonId(r.u64("person")?), at: r.time("time")? },
        2 => Decision::Attach {
            person: PersonId(r.u64("person")?),
            id: ExternalId { kind: r.arc("id type")?, value: r.arc("id value")? },
            at: r.time("time")?,
        },
        3 => Decision::Merge {
            merge: MergeId(r.u64("merge")?),
            survivor: PersonId(r.u64("person")?),
            absorbed: PersonId(r.u64("person")?),
            at: r.time("time")?,
        },
        4 => Decision::Undo { merge: MergeId(r.u64("merge")?), at: r.time("time")? },
        5 => Decision::Erase { person: PersonId(r.u64("person")?), at: r.time("time")? },
        _ => return Err(CodecError::Invalid("decision")),
    })
}

fn decode_counts(r: &mut Reader<'_>) -> Result<(SourceNo, SourceCounts), CodecError> {
    let source = SourceNo(r.u32("source")?);
    let mut counts = SourceCounts {
        received: r.u64("count")?,
        accepted: r.u64("count")?,
        duplicate: r.u64("count")?,
        refused: BTreeMap::new(),
    };
    for _ in 0..r.count("refusals")? {
        let refusal =
            Refusal::from_number(r.u8("refusal")?).ok_or(CodecError::Invalid("refusal"))?;
        counts.refused.insert(refusal, r.u64("count")?);
    }
    Ok((source, counts))
}

fn encode_event(out: &mut Vec<u8>, stored: &StoredEvent) {
    let event = &stored.event;
    out.push(event.event_type as u8);
    codec::put_u64(out, u64::from(stored.source.0));
    codec::put_u64(out, stored.received_offset.0);
    codec::put_u64(out, stored.person.0);
    codec::put_u64(out, stored.canonical.0);
    codec::put_u64(out, u64::from(stored.traits));
    codec::put_bytes(out, event.message_id.as_bytes());
    codec::put_opt(out, event.anonymous_id.as_deref());
    codec::put_opt(out, event.user_id.as_deref());
    codec::put_opt(out, event.group_id.as_deref());
    codec::put_opt(out, event.previous_id.as_deref());
    codec::put_bytes(out, event.name.as_bytes());
    codec::put_i64(out, event.received_at.as_micros());
    codec::put_i64(out, event.timestamp.as_micros());
    codec::put_opt_time(out, event.original_timestamp);
    codec::put_opt_time(out, event.sent_at);
    codec::put_i64(out, event.session_id);
    for range in [&event.body, &event.context, &event.integrations] {
        codec::put_u64(out, u64::from(range.start));
        codec::put_u64(out, u64::from(range.end));
    }
    codec::put_bytes(out, event.json.as_bytes());
}

fn decode_event(r: &mut Reader<'_>) -> Result<StoredEvent, CodecError> {
    let event_type =
        EventType::from_number(r.u8("event type")?).ok_or(CodecError::Invalid("event type"))?;
    let source = SourceNo(r.u32("source")?);
    let received_offset = Offset(r.u64("received offset")?);
    let person = PersonId(r.u64("person")?);
    let canonical = PersonId(r.u64("person")?);
    let traits = r.u32("trait set")?;
    let message_id = r.arc("message id")?;
    let anonymous_id = r.opt_arc("anonymous id")?;
    let user_id = r.opt_arc("user id")?;
    let group_id = r.opt_arc("group id")?;
    let previous_id = r.opt_arc("previous id")?;
    let name = r.arc("name")?;
    let received_at = r.time("received at")?;
    let timestamp = r.time("timestamp")?;
    let original_timestamp = r.opt_time("original timestamp")?;
    let sent_at = r.opt_time("sent at")?;
    let session_id = r.i64("session id")?;
    let mut range = || Ok::<_, CodecError>(r.u32("range")?..r.u32("range")?);
    let (body, context, integrations) = (range()?, range()?, range()?);
    let json = r.arc("event")?;
    Ok(StoredEvent {
        source,
        received_offset,
        person,
        canonical,
        traits,
        event: Event {
            event_type,
            message_id,
            anonymous_id,
            user_id,
            group_id,
            previous_id,
            name,
            original_timestamp,
            sent_at,
            received_at,
            timestamp,
            session_id,
            json,
            body,
            context,
            integrations,
        },
    })
}

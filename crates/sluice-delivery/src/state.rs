//! What a connection keeps durably: cursor, waiting events, index of dead letters and counts, as a
//! fold of deltas in one journal. A delta is one commit, so cursor and counts never disagree.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_base::Timestamp;
use sluice_event::codec::{self, CodecError, Reader};
use sluice_event::{EventBatch, Offset, PersonId, StoredEvent};

use crate::status::EventState;

/// 2: a waiting event has its progress.
const VERSION: u8 = 2;

/// Events that must stay in order: those of one person. An event without a person, or one sent
/// again by hand, has a lane of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Lane {
    Person(PersonId),
    Event(u64),
}

/// Cumulative since the connection's start offset. What waits and what is dead are not here: those
/// are the sizes of the sets themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events of the connection's source that were read.
    pub accepted: u64,
    pub delivered: u64,
    pub filtered: BTreeMap<String, u64>,
    /// Dead letters dropped for their age or number.
    pub expired: u64,
    pub erased: u64,
    /// Attempts that were not the first of their event.
    pub retries: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waiting {
    pub(crate) lane: Lane,
    pub(crate) attempts: u32,
    pub(crate) first_attempt_at: Option<Timestamp>,
    pub(crate) due: Timestamp,
    /// What of it is done, in the destination's words.
    pub(crate) progress: Option<Arc<str>>,
    /// `None`: read it from the log, which is not dropped below it.
    pub(crate) event: Option<Arc<StoredEvent>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suspended {
    pub(crate) since: Timestamp,
    pub(crate) code: String,
    pub(crate) message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeadEntry {
    pub(crate) reason: String,
    pub(crate) bytes: u64,
    pub(crate) at: Timestamp,
}

/// One commit. Small scalars stand in full, sets as changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Delta {
    pub(crate) start: u64,
    pub(crate) cursor: u64,
    /// The source's cumulative accepted count before `start`, as the pipeline's ledger tells it.
    pub(crate) ledger_base: Option<u64>,
    pub(crate) ledger_accepted: u64,
    pub(crate) counts: Counts,
    pub(crate) suspended: Option<Suspended>,
    /// Lanes joined by merges while something of them waits: from, to.
    pub(crate) joins: Vec<(Lane, Lane)>,
    pub(crate) done: Vec<u64>,
    pub(crate) waiting: Vec<(u64, Waiting)>,
    pub(crate) dead: Vec<(u64, DeadEntry)>,
    pub(crate) undead: Vec<u64>,
}

/// The fold of all deltas.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) start: u64,
    pub(crate) cursor: u64,
    pub(crate) ledger_base: Option<u64>,
    pub(crate) ledger_accepted: u64,
    pub(crate) counts: Counts,
    pub(crate) suspended: Option<Suspended>,
    pub(crate) joins: Vec<(Lane, Lane)>,
    pub(crate) waiting: BTreeMap<u64, Waiting>,
    pub(crate) dead: BTreeMap<u64, DeadEntry>,
}

impl State {
    pub(crate) fn starting_at(offset: u64) -> Self {
        Self { start: offset, cursor: offset, ..Self::default() }
    }

    pub(crate) fn apply(&mut self, delta: Delta) {
        self.start = delta.start;
        self.cursor = delta.cursor;
        self.ledger_base = delta.ledger_base;
        self.ledger_accepted = delta.ledger_accepted;
        self.counts = delta.counts;
        self.suspended = delta.suspended;
        self.joins = delta.joins;
        for offset in delta.undead {
            self.dead.remove(&offset);
        }
        for offset in delta.done {
            self.waiting.remove(&offset);
        }
        self.waiting.extend(delta.waiting);
        self.dead.extend(delta.dead);
    }

    /// One delta that makes this state of an empty one.
    pub(crate) fn snapshot(&self) -> Delta {
        Delta {
            start: self.start,
            cursor: self.cursor,
            ledger_base: self.ledger_base,
            ledger_accepted: self.ledger_accepted,
            counts: self.counts.clone(),
            suspended: self.suspended.clone(),
            joins: self.joins.clone(),
            done: Vec::new(),
            waiting: self
                .waiting
                .iter()
                .map(|(offset, waiting)| (*offset, waiting.clone()))
                .collect(),
            dead: self.dead.iter().map(|(offset, entry)| (*offset, entry.clone())).collect(),
            undead: Vec::new(),
        }
    }

    /// What is durably known of an event, without a core.
    pub(crate) fn event_state(&self, offset: u64) -> EventState {
        if let Some(waiting) = self.waiting.get(&offset) {
            let Waiting { attempts, due, .. } = *waiting;
            return EventState::Waiting { attempts, due, in_flight: false, last_error: None };
        }
        match self.dead.get(&offset) {
            Some(entry) => EventState::Dead { reason: entry.reason.clone(), at: entry.at },
            None if offset < self.start => EventState::BeforeStart,
            None if offset >= self.cursor => EventState::NotRead,
            None => EventState::Finished,
        }
    }

    /// The log must keep everything from here on.
    pub(crate) fn keep_from(&self) -> u64 {
        let by_reference = self.waiting.iter().find(|(_, waiting)| waiting.event.is_none());
        by_reference.map_or(self.cursor, |(offset, _)| (*offset).min(self.cursor))
    }
}

impl Delta {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let out = &mut vec![VERSION];
        for number in [self.start, self.cursor, self.ledger_accepted] {
            codec::put_u64(out, number);
        }
        codec::put_u64(out, self.ledger_base.map_or(0, |base| base + 1));
        let counts = &self.counts;
        for number in
            [counts.accepted, counts.delivered, counts.expired, counts.erased, counts.retries]
        {
            codec::put_u64(out, number);
        }
        codec::put_u64(out, counts.filtered.len() as u64);
        for (reason, count) in &counts.filtered {
            codec::put_bytes(out, reason.as_bytes());
            codec::put_u64(out, *count);
        }
        codec::put_opt_time(out, self.suspended.as_ref().map(|suspended| suspended.since));
        if let Some(suspended) = &self.suspended {
            codec::put_bytes(out, suspended.code.as_bytes());
            codec::put_bytes(out, suspended.message.as_bytes());
        }
        codec::put_u64(out, self.joins.len() as u64);
        for (from, to) in &self.joins {
            put_lane(out, *from);
            put_lane(out, *to);
        }
        for list in [&self.done, &self.undead] {
            codec::put_u64(out, list.len() as u64);
            list.iter().for_each(|offset| codec::put_u64(out, *offset));
        }
        codec::put_u64(out, self.waiting.len() as u64);
        for (offset, waiting) in &self.waiting {
            codec::put_u64(out, *offset);
            put_lane(out, waiting.lane);
            codec::put_u64(out, u64::from(waiting.attempts));
            codec::put_opt_time(out, waiting.first_attempt_at);
            codec::put_i64(out, waiting.due.as_micros());
            codec::put_bytes(out, waiting.progress.as_deref().unwrap_or_default().as_bytes());
            out.push(u8::from(waiting.event.is_some()));
        }
        codec::put_u64(out, self.dead.len() as u64);
        for (offset, entry) in &self.dead {
            codec::put_u64(out, *offset);
            codec::put_bytes(out, entry.reason.as_bytes());
            codec::put_u64(out, entry.bytes);
            codec::put_i64(out, entry.at.as_micros());
        }
        let events =
            self.waiting.iter().filter_map(|(_, waiting)| waiting.event.as_deref().cloned());
        put_events(out, events.collect());
        std::mem::take(out)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let r = &mut Reader::new(bytes);
        let version = r.u8("version")?;
        if !(1..=VERSION).contains(&version) {
            return Err(CodecError::Version { what: "a delivery commit", found: version });
        }
        let (start, cursor, ledger_accepted) =
            (r.u64("start")?, r.u64("cursor")?, r.u64("accepted")?);
        let ledger_base = r.u64("ledger base")?.checked_sub(1);
        let mut counts = Counts {
            accepted: r.u64("accepted")?,
            delivered: r.u64("delivered")?,
            expired: r.u64("expired")?,
            erased: r.u64("erased")?,
            retries: r.u64("retries")?,
            filtered: BTreeMap::new(),
        };
        for _ in 0..r.count("filters")? {
            counts.filtered.insert(r.str("filter")?.to_owned(), r.u64("count")?);
        }
        let suspended = match r.opt_time("suspension")? {
            None => None,
            Some(since) => {
                let (code, message) = (r.str("code")?.to_owned(), r.str("message")?.to_owned());
                Some(Suspended { since, code, message })
            }
        };
        let joins = list(r, |r| Ok((read_lane(r)?, read_lane(r)?)))?;
        let done = list(r, |r| r.u64("offset"))?;
        let undead = list(r, |r| r.u64("offset"))?;
        let mut parked = Vec::new();
        let mut waiting = list(r, |r| {
            let offset = r.u64("offset")?;
            let waiting = Waiting {
                lane: read_lane(r)?,
                attempts: r.u32("attempts")?,
                first_attempt_at: r.opt_time("first attempt")?,
                due: r.time("due")?,
                progress: match version {
                    1 => None,
                    _ => Some(r.str("progress")?).filter(|text| !text.is_empty()).map(Arc::from),
                },
                event: None,
            };
            parked.push(r.u8("payload")? != 0);
            Ok((offset, waiting))
        })?;
        let dead = list(r, |r| {
            let offset = r.u64("offset")?;
            let reason = r.str("reason")?.to_owned();
            Ok((offset, DeadEntry { reason, bytes: r.u64("bytes")?, at: r.time("time")? }))
        })?;
        let mut events = read_events(r)?.into_iter();
        for ((_, waiting), _) in waiting.iter_mut().zip(parked).filter(|(_, parked)| *parked) {
            waiting.event =
                Some(Arc::new(events.next().ok_or(CodecError::Invalid("parked events"))?));
        }
        Ok(Self {
            start,
            cursor,
            ledger_base,
            ledger_accepted,
            counts,
            suspended,
            joins,
            done,
            waiting,
            dead,
            undead,
        })
    }
}

fn list<T>(
    r: &mut Reader<'_>,
    mut one: impl FnMut(&mut Reader<'_>) -> Result<T, CodecError>,
) -> Result<Vec<T>, CodecError> {
    (0..r.count("list")?).map(|_| one(r)).collect()
}

fn put_lane(out: &mut Vec<u8>, lane: Lane) {
    let (tag, number) = match lane {
        Lane::Person(person) => (0, person.0),
        Lane::Event(offset) => (1, offset),
    };
    out.push(tag);
    codec::put_u64(out, number);
}

fn read_lane(r: &mut Reader<'_>) -> Result<Lane, CodecError> {
    Ok(match r.u8("lane")? {
        0 => Lane::Person(PersonId(r.u64("lane")?)),
        1 => Lane::Event(r.u64("lane")?),
        _ => return Err(CodecError::Invalid("lane")),
    })
}

/// Events in the encoding of the log.
pub(crate) fn put_events(out: &mut Vec<u8>, events: Vec<StoredEvent>) {
    let mut bytes = Vec::new();
    EventBatch {
        consumed_to: Offset(0),
        decided_at: Timestamp::ZERO,
        turned_away: Vec::new(),
        decisions: Vec::new(),
        counts: Vec::new(),
        trait_sets: Vec::new(),
        events,
    }
    .encode(&mut bytes);
    codec::put_bytes(out, &bytes);
}

pub(crate) fn read_events(r: &mut Reader<'_>) -> Result<Vec<StoredEvent>, CodecError> {
    Ok(EventBatch::decode(r.bytes("events")?)?.events)
}

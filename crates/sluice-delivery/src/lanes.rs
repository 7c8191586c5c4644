//! Order: events of one lane go out one after the other, lanes pass each other. Pure.
//!
//! A lane is a queue of offsets, always ascending, of events that are not finished. It is busy (some
//! of it is on the way), ready (its first event may be sent), or timed (its first event waits). A
//! merge of two people joins their lanes for as long as something of them waits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hashbrown::HashMap;
use sluice_base::Timestamp;

use crate::state::Lane;

/// What the lanes need to know of an event.
pub(crate) trait Dues {
    fn due(&self, offset: u64) -> Timestamp;
    fn bytes(&self, offset: u64) -> usize;
}

#[derive(Debug, Default)]
pub(crate) struct Lanes {
    queues: HashMap<Lane, Queue>,
    /// Lanes whose events count as another's.
    joined: HashMap<Lane, Lane>,
    /// First offset of each ready lane.
    ready: BTreeMap<u64, Lane>,
    timed: BTreeSet<(Timestamp, Lane)>,
    pub(crate) ready_events: usize,
    pub(crate) ready_bytes: usize,
}

#[derive(Debug, Default)]
struct Queue {
    offsets: VecDeque<u64>,
    bytes: usize,
    /// Attempts on the way with events of this lane; two after a join.
    attempts: usize,
    indexed: Indexed,
    /// Lanes that were joined into this one.
    members: Vec<Lane>,
}

/// In which index a lane stands, and under what key.
#[derive(Clone, Copy, Debug, Default)]
enum Indexed {
    #[default]
    No,
    Ready(u64),
    Timed(Timestamp),
}

impl Lanes {
    /// The lane that `lane` counts as now.
    pub(crate) fn resolve(&self, lane: Lane) -> Lane {
        let mut lane = lane;
        while let Some(to) = self.joined.get(&lane) {
            lane = *to;
        }
        lane
    }

    pub(crate) fn joins(&self) -> Vec<(Lane, Lane)> {
        let mut joins: Vec<_> = self.joined.iter().map(|(from, to)| (*from, *to)).collect();
        joins.sort_unstable();
        joins
    }

    /// Adds an event behind those of its lane, or where its offset belongs if it is an old one.
    pub(crate) fn push(&mut self, lane: Lane, offset: u64, now: Timestamp, dues: &impl Dues) {
        let lane = self.resolve(lane);
        self.unindex(lane);
        let queue = self.queues.entry(lane).or_default();
        let at = queue.offsets.partition_point(|other| *other < offset);
        queue.offsets.insert(at, offset);
        queue.bytes += dues.bytes(offset);
        self.index(lane, now, dues);
    }

    /// From now on everything of `from` and `to` is one lane, until it has drained.
    pub(crate) fn join(&mut self, from: Lane, to: Lane, now: Timestamp, dues: &impl Dues) {
        let (from, to) = (self.resolve(from), self.resolve(to));
        if from == to {
            return;
        }
        self.unindex(from);
        self.unindex(to);
        let absorbed = self.queues.remove(&from).unwrap_or_default();
        let queue = self.queues.entry(to).or_default();
        let mut offsets: Vec<u64> = queue.offsets.drain(..).chain(absorbed.offsets).collect();
        offsets.sort_unstable();
        queue.offsets = offsets.into();
        queue.bytes += absorbed.bytes;
        queue.attempts += absorbed.attempts;
        queue.members.push(from);
        queue.members.extend(absorbed.members);
        self.joined.insert(from, to);
        self.index(to, now, dues);
    }

    /// Drops lanes that were joined although nothing of them waits.
    pub(crate) fn drop_empty_joins(&mut self) {
        let roots: Vec<Lane> = self.joined.values().copied().collect();
        roots.into_iter().for_each(|root| self.drop_if_empty(root));
    }

    pub(crate) fn first_ready(&self) -> Option<u64> {
        self.ready.first_key_value().map(|(offset, _)| *offset)
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.timed.first().map(|(due, _)| *due)
    }

    /// Makes lanes ready whose time has come.
    pub(crate) fn wake(&mut self, now: Timestamp, dues: &impl Dues) {
        while let Some((due, lane)) = self.timed.first().copied().filter(|(due, _)| *due <= now) {
            debug_assert!(due <= now, "only lanes whose time has come");
            self.unindex(lane);
            self.index(lane, now, dues);
        }
    }

    /// Makes the lane that is due next ready at once; for a probe.
    pub(crate) fn wake_first(&mut self) {
        if let Some((_, lane)) = self.timed.first().copied() {
            self.unindex(lane);
            self.index_ready(lane);
        }
    }

    /// Looks at every timed lane again, after times were changed.
    pub(crate) fn reindex_timed(&mut self, now: Timestamp, dues: &impl Dues) {
        let lanes: Vec<Lane> = self.timed.iter().map(|(_, lane)| *lane).collect();
        for lane in lanes {
            self.unindex(lane);
            self.index(lane, now, dues);
        }
    }

    /// Takes ready lanes in the order of their first events; `take` is offered each event in the
    /// lane's order and says whether it joins the batch; the first `false` ends that lane's part,
    /// and the batch if nothing of the lane was taken. Lanes of which something was taken are busy.
    pub(crate) fn begin(&mut self, mut take: impl FnMut(u64) -> bool) -> Vec<Lane> {
        let mut begun = Vec::new();
        while let Some((_, lane)) = self.ready.first_key_value() {
            let lane = *lane;
            let Some(queue) = self.queues.get(&lane) else { break };
            let taken = queue.offsets.iter().take_while(|offset| take(**offset)).count();
            let is_whole = taken == queue.offsets.len();
            if taken > 0 {
                self.unindex(lane);
                if let Some(queue) = self.queues.get_mut(&lane) {
                    queue.attempts += 1;
                }
                begun.push(lane);
            }
            if !is_whole {
                break; // the batch is full
            }
        }
        begun
    }

    /// An attempt with events of this lane has ended. Finished events were removed before.
    pub(crate) fn end(&mut self, lane: Lane, now: Timestamp, dues: &impl Dues) {
        let lane = self.resolve(lane);
        if let Some(queue) = self.queues.get_mut(&lane) {
            queue.attempts = queue.attempts.saturating_sub(1);
        }
        self.unindex(lane);
        self.index(lane, now, dues);
        self.drop_if_empty(lane);
    }

    /// Takes a finished event out of its lane. The caller ends the attempt, or calls
    /// [`Lanes::settle`] if there was none.
    pub(crate) fn remove(&mut self, lane: Lane, offset: u64, bytes: usize) {
        let lane = self.resolve(lane);
        self.unindex(lane);
        let Some(queue) = self.queues.get_mut(&lane) else { return };
        if let Ok(at) = queue.offsets.binary_search(&offset) {
            queue.offsets.remove(at);
            queue.bytes -= bytes;
        }
    }

    /// Puts a lane back where it belongs after a removal outside of an attempt.
    pub(crate) fn settle(&mut self, lane: Lane, now: Timestamp, dues: &impl Dues) {
        let lane = self.resolve(lane);
        self.unindex(lane);
        self.index(lane, now, dues);
        self.drop_if_empty(lane);
    }

    pub(crate) fn is_timed(&self, lane: Lane) -> bool {
        let queue = self.queues.get(&self.resolve(lane));
        queue.is_some_and(|queue| matches!(queue.indexed, Indexed::Timed(_)))
    }

    fn unindex(&mut self, lane: Lane) {
        let Some(queue) = self.queues.get_mut(&lane) else { return };
        match std::mem::take(&mut queue.indexed) {
            Indexed::No => {}
            Indexed::Ready(offset) => {
                self.ready.remove(&offset);
                self.ready_events -= queue.offsets.len();
                self.ready_bytes -= queue.bytes;
            }
            Indexed::Timed(due) => drop(self.timed.remove(&(due, lane))),
        }
    }

    fn index(&mut self, lane: Lane, now: Timestamp, dues: &impl Dues) {
        let Some(queue) = self.queues.get_mut(&lane) else { return };
        let Some(first) = queue.offsets.front().filter(|_| queue.attempts == 0) else { return };
        let due = dues.due(*first);
        if due > now {
            queue.indexed = Indexed::Timed(due);
            self.timed.insert((due, lane));
        } else {
            self.index_ready(lane);
        }
    }

    fn index_ready(&mut self, lane: Lane) {
        let Some(queue) = self.queues.get_mut(&lane) else { return };
        let Some(first) = queue.offsets.front() else { return };
        queue.indexed = Indexed::Ready(*first);
        self.ready.insert(*first, lane);
        self.ready_events += queue.offsets.len();
        self.ready_bytes += queue.bytes;
    }

    fn drop_if_empty(&mut self, lane: Lane) {
        let is_idle = |queue: &Queue| queue.offsets.is_empty() && queue.attempts == 0;
        if self.queues.get(&lane).is_some_and(is_idle) {
            self.unindex(lane);
            let members = self.queues.remove(&lane).unwrap_or_default().members;
            for member in &members {
                self.joined.remove(member);
            }
        }
    }
}

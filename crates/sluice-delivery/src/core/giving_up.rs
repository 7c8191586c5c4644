//! Dead letters: which events are given up, how many are kept, and sending them again.

use std::sync::Arc;

use sluice_base::Timestamp;
use sluice_destination_kit::{Exchange, Reason};
use sluice_event::StoredEvent;

use super::{BACKLOG_OVER_BUDGET, Core, Item};
use crate::dead::DeadLetter;
use crate::state::{DeadEntry, Lane};

impl Core {
    /// Gives an event up. The caller settles its lane.
    pub(super) fn bury(
        &mut self,
        now: Timestamp,
        offset: u64,
        reason: Reason,
        exchange: Option<&Exchange>,
    ) {
        let Some(item) = self.finish(offset) else { return };
        let letter = DeadLetter {
            offset,
            reason: reason.code.into_owned(),
            message: reason.message,
            attempts: item.attempts,
            first_attempt_at: item.first_attempt_at,
            at: now,
            exchange: exchange.cloned(),
            event: item.event,
        };
        let entry = DeadEntry { reason: letter.reason.clone(), bytes: item.bytes as u64, at: now };
        self.dead_bytes += entry.bytes;
        self.changed.dead.push((offset, entry.clone()));
        self.changed.undead.retain(|other| *other != offset);
        self.changed.letters.push(letter);
        self.dead.insert(offset, entry);
        self.changed.events = true;
        self.expire_dead(now);
    }

    fn expire_dead(&mut self, now: Timestamp) {
        let oldest_kept = now.minus(self.policy.dead_age_max);
        while let Some((offset, entry)) = self.dead.first_key_value() {
            if self.dead_bytes <= self.policy.dead_bytes_max && entry.at >= oldest_kept {
                return;
            }
            let offset = *offset;
            self.forget_dead(offset);
            self.counts.expired += 1;
        }
    }

    fn forget_dead(&mut self, offset: u64) {
        if let Some(entry) = self.dead.remove(&offset) {
            self.dead_bytes -= entry.bytes;
            self.changed.dead.retain(|(other, _)| *other != offset);
            self.changed.undead.push(offset);
            self.changed.any = true;
            self.changed.events = true;
        }
    }

    /// Keeps parked bytes within the budget: the oldest that wait for another attempt go first.
    pub(super) fn shed(&mut self, now: Timestamp) {
        while self.items.1 > self.policy.parked_bytes_max {
            let is_waiting = |item: &Item| !item.in_flight && self.lanes.is_timed(item.lane);
            let Some((offset, lane)) = self
                .items
                .0
                .iter()
                .find(|(_, item)| is_waiting(item))
                .map(|(offset, item)| (*offset, item.lane))
            else {
                return;
            };
            let why =
                Reason::new(BACKLOG_OVER_BUDGET, "more waits than the connection's budget allows");
            self.bury(now, offset, why, None);
            self.lanes.settle(lane, now, &self.items);
        }
    }

    /// Gives up what has waited longer than the age budget, whatever it waits for.
    pub(crate) fn shed_old(&mut self, now: Timestamp) {
        let oldest = now.minus(self.policy.backlog_age_max);
        let old: Vec<(u64, Lane)> = (self.items.0.iter())
            .filter(|(_, item)| {
                !item.in_flight && !item.is_again && item.event.event.received_at < oldest
            })
            .map(|(offset, item)| (*offset, item.lane))
            .collect();
        for (offset, lane) in old {
            let why = Reason::new(
                BACKLOG_OVER_BUDGET,
                "waited longer than the connection's budget allows",
            );
            self.bury(now, offset, why, None);
            self.lanes.settle(lane, now, &self.items);
        }
        self.expire_dead(now);
    }

    /// Dead letters go once more, each in a lane of its own; those that `filter` names are counted as
    /// filtered instead. Gives how many go.
    pub(crate) fn send_again(
        &mut self,
        now: Timestamp,
        letters: Vec<(u64, Arc<StoredEvent>)>,
        filter: impl Fn(&StoredEvent) -> Option<&'static str>,
    ) -> usize {
        let mut sent = 0;
        for (offset, event) in letters {
            if !self.dead.contains_key(&offset) {
                continue;
            }
            self.forget_dead(offset);
            self.changed.letters.retain(|letter| letter.offset != offset);
            if let Some(reason) = filter(&event) {
                self.count_filtered(offset, reason);
                continue;
            }
            let mut item = Item::new(event, Lane::Event(offset), now);
            item.is_again = true;
            self.add(offset, item, now);
            sent += 1;
        }
        sent
    }
}

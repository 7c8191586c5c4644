//! The path of a person with few rows, no two in the same unit of time: most people are that.
//!
//! Then no rows compete for a place in the path: from each start, taking the next row of each step
//! is best, and the first start that gets deepest is the answer, as [`super::path`] finds it.

use crate::engine::Mark;
use crate::query::EVENTS_MAX;

/// Above this, trying each start costs more than [`super::path`] does.
pub(super) const MARKS_MAX: usize = 256;

/// Places for the steps of a path, and for what is written while none is taken.
const ROOM: usize = 16;
const _: () = assert!(EVENTS_MAX < ROOM);

/// The path found last; the first `depth` of its times and marks are of it.
#[derive(Debug, Default)]
pub(super) struct Short {
    pub(super) depth: usize,
    pub(super) times: [i64; ROOM],
    pub(super) marks: [u32; ROOM],
    /// Slots that some mark has.
    pub(super) slots: u16,
    /// The time of the last mark of step 1.
    pub(super) last_entry: i64,
}

impl Short {
    /// The path of the first start, and what all marks say together. `false` if the marks are not
    /// in order or two share a unit of time; then nothing else can be relied on.
    #[inline(always)]
    pub(super) fn take_first(&mut self, marks: &[Mark], window: i64) -> bool {
        let (mut done, mut end, mut slots, mut distinct) = (0, i64::MAX, 0, true);
        let (mut last, mut last_entry) = (-1, i64::MIN);
        for (mark, index) in marks.iter().zip(0..) {
            let (time, of) = (mark.time(), mark.slots());
            // Kept for each mark: where it is not the step's, the next is written over it. No
            // branch in here, as none could be foretold.
            (self.times[done % ROOM], self.marks[done % ROOM]) = (time, index);
            let taken = of >> (done % ROOM) & u16::from(time <= end) & 1;
            end = if done == 0 && taken != 0 { time.saturating_add(window) } else { end };
            done += usize::from(taken);
            distinct &= time > last;
            last = time;
            slots |= of;
            last_entry = if of & 1 == 0 { last_entry } else { time };
        }
        (self.depth, self.slots, self.last_entry) = (done, slots, last_entry);
        distinct
    }

    /// Whether a later start gets deeper; no path has more than `reachable` steps.
    #[inline]
    pub(super) fn take_others(&mut self, marks: &[Mark], reachable: usize, window: i64) {
        let first = self.marks[0] as usize;
        for start in first + 1..marks.len() {
            if self.depth >= reachable {
                return;
            }
            if marks[start].slots() & 1 != 0
                && depth(&marks[start..], reachable, window) > self.depth
            {
                self.follow(marks, start, reachable, window);
            }
        }
    }

    fn follow(&mut self, marks: &[Mark], start: usize, reachable: usize, window: i64) {
        let end = marks[start].time().saturating_add(window);
        let mut done = 0;
        for (mark, index) in marks[start..].iter().zip(start as u32..) {
            if mark.time() > end || done == reachable {
                break;
            }
            (self.times[done], self.marks[done]) = (mark.time(), index);
            done += usize::from(mark.slots() >> done & 1);
        }
        self.depth = done;
    }
}

/// How deep the path of the first mark gets.
#[inline]
fn depth(marks: &[Mark], reachable: usize, window: i64) -> usize {
    let end = marks[0].time().saturating_add(window);
    let mut done = 0;
    for mark in marks {
        if done == reachable || mark.time() > end {
            break;
        }
        done += usize::from(mark.slots() >> done & 1);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funnel::path::{Finder, Row};

    /// Xorshift.
    fn next(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn the_short_way_finds_what_the_exact_way_finds() {
        let mut state = 88_172_645_463_325_252;
        for round in 0..20_000 {
            let steps = 1 + next(&mut state) as usize % 4;
            let mut time = 0;
            let marks: Vec<Mark> = (0..1 + next(&mut state) % 9)
                .map(|_| {
                    time += 1 + next(&mut state) % 4;
                    let slots = (next(&mut state) & next(&mut state)) as u16 & ((1 << steps) - 1);
                    Mark::new(time, slots)
                })
                .collect();
            let window = (next(&mut state) % 12) as i64;
            let mut short = Short::default();
            assert!(short.take_first(&marks, window));
            let present = marks.iter().fold(0, |all, mark| all | mark.slots());
            assert_eq!(short.slots, present);
            if present & 1 == 0 {
                assert_eq!(short.depth, 0);
                continue;
            }
            short.take_others(&marks, (present.trailing_ones() as usize).min(steps), window);
            let exact: Vec<Row> = marks
                .iter()
                .map(|mark| Row {
                    second: mark.time(),
                    steps: mark.slots(),
                    kind: mark.slots().into(),
                })
                .collect();
            let path = Finder::new(steps, window, false).find(&exact);
            assert_eq!(short.depth, path.depth, "{round}: {marks:?} within {window}");
            assert_eq!(short.marks[..short.depth], path.rows[..path.depth], "{round}: {marks:?}");
        }
    }

    #[test]
    fn marks_out_of_order_or_in_one_unit_of_time_are_noticed() {
        let mut short = Short::default();
        let take_first = |short: &mut Short, times: [u64; 3]| {
            short.take_first(&times.map(|time| Mark::new(time, 1)), 10)
        };
        assert!(take_first(&mut short, [0, 1, 5]));
        assert!(!take_first(&mut short, [0, 5, 5]));
        assert!(!take_first(&mut short, [1, 0, 5]));
    }
}

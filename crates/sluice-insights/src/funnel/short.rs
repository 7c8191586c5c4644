//! The path of a person with few rows, no two in the same unit of time: most people are that.
//!
//! Then no rows compete for a place in the path: from each start, taking the next row of each step
//! is best, and the first start that gets deepest is the answer, as [`super::path`] finds it.

use crate::engine::Match;
use crate::query::EVENTS_MAX;

/// Above this, trying each start costs more than [`super::path`] does.
pub(super) const ROWS_MAX: usize = 48;

/// The path found last; the first `depth` of its times and rows are of it.
#[derive(Debug, Default)]
pub(super) struct Short {
    pub(super) depth: usize,
    pub(super) times: [i64; EVENTS_MAX],
    pub(super) rows: [u32; EVENTS_MAX],
}

impl Short {
    /// The deepest path, and among the deepest the earliest. Some row is step 1; no path has more
    /// than `reachable` steps.
    #[inline]
    pub(super) fn find(&mut self, rows: &[Match], reachable: usize, window: i64) {
        let mut starts = (0..rows.len()).filter(|start| rows[*start].slots & 1 != 0);
        let first = starts.next().unwrap_or(0);
        self.depth = self.follow(rows, first, reachable, window);
        while self.depth < reachable
            && let Some(start) = starts.next()
        {
            if depth(&rows[start..], reachable, window) > self.depth {
                self.depth = self.follow(rows, start, reachable, window);
            }
        }
    }

    #[inline]
    fn follow(&mut self, rows: &[Match], start: usize, reachable: usize, window: i64) -> usize {
        let end = rows[start].time.saturating_add(window);
        let mut done = 0;
        for (row, index) in rows[start..].iter().zip(start as u32..) {
            if row.time > end {
                break;
            }
            // Kept for each row: where it is not the step's, the next is written over it.
            (self.times[done], self.rows[done]) = (row.time, index);
            done += usize::from(row.slots >> done & 1);
            if done == reachable {
                break;
            }
        }
        done
    }
}

/// How deep the path of the first row gets.
fn depth(rows: &[Match], reachable: usize, window: i64) -> usize {
    let end = rows[0].time.saturating_add(window);
    let mut done = 0;
    for row in rows {
        if done == reachable || row.time > end {
            break;
        }
        done += usize::from(row.slots >> done & 1);
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
            let rows: Vec<Match> = (0..1 + next(&mut state) as u32 % 9)
                .map(|row| {
                    time += 1 + (next(&mut state) % 4) as i64;
                    let slots = (next(&mut state) & next(&mut state)) as u16 & ((1 << steps) - 1);
                    Match { person: 1, time, row, part: 0, slots }
                })
                .collect();
            let present = rows.iter().fold(0, |all, row| all | row.slots);
            if present & 1 == 0 {
                continue;
            }
            let window = (next(&mut state) % 12) as i64;
            let reachable = (present.trailing_ones() as usize).min(steps);
            let mut short = Short::default();
            short.find(&rows, reachable, window);
            let exact: Vec<Row> = rows
                .iter()
                .map(|row| Row { second: row.time, steps: row.slots, kind: row.slots.into() })
                .collect();
            let path = Finder::new(steps, window, false).find(&exact);
            assert_eq!(short.depth, path.depth, "{round}: {rows:?} within {window}");
            assert_eq!(short.rows[..short.depth], path.rows[..path.depth], "{round}: {rows:?}");
        }
    }
}

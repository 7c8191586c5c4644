//! The deepest path in order where some events must not lie between steps, and among the deepest
//! the earliest.
//!
//! Where no event name can be two steps, the next step is best taken at the first row from which
//! the rest can be done: whoever takes a later row ends no sooner. Otherwise rows are tried in
//! order, from the last start to the first: what failed for a later start, which has more time
//! left, fails for an earlier one, too.

use std::sync::atomic::AtomicBool;

use hashbrown::HashSet;

use super::barrier::Barriers;
use super::path::{Path, Row};
use crate::engine::is_given_up;
use crate::query::EVENTS_MAX;

const NONE: u32 = u32::MAX;
const NEVER: i64 = i64::MAX;

/// Finds paths; keeps its memory from person to person.
#[derive(Debug)]
pub(super) struct Chain {
    steps: usize,
    window: i64,
    disjoint: bool,
    /// Per row of a step the row of the next, and the second in which the last step can be.
    next: Vec<u32>,
    end: Vec<i64>,
    /// Per row the first row of its second.
    first: Vec<u32>,
    /// Per step the rows that may be it.
    of_step: Vec<Vec<u32>>,
    failed: HashSet<(u32, usize, Vec<u32>)>,
}

/// One try: how deep, and until when.
#[derive(Clone, Copy)]
struct Goal {
    depth: usize,
    limit: i64,
}

impl Chain {
    pub(super) fn new(steps: usize, window: i64, disjoint: bool) -> Self {
        Self {
            steps,
            window,
            disjoint,
            next: Vec::new(),
            end: Vec::new(),
            first: Vec::new(),
            of_step: vec![Vec::new(); steps],
            failed: HashSet::new(),
        }
    }

    pub(super) fn find(
        &mut self,
        rows: &[Row],
        barriers: &Barriers,
        cancelled: &AtomicBool,
    ) -> Path {
        if !self.disjoint {
            self.list(rows);
        }
        let present = rows.iter().fold(0, |bits, row| bits | row.steps);
        let reachable = (present.trailing_ones() as usize).min(self.steps);
        for depth in (2..=reachable).rev() {
            let path = if self.disjoint {
                self.find_disjoint(rows, barriers, depth)
            } else {
                self.find_any(rows, barriers, depth, cancelled)
            };
            if let Some(path) = path {
                return path;
            }
        }
        match rows.iter().position(|row| row.steps & 1 != 0) {
            Some(first) => Path { depth: 1, rows: [first as u32; EVENTS_MAX] },
            None => Path::default(),
        }
    }

    fn find_disjoint(&mut self, rows: &[Row], barriers: &Barriers, depth: usize) -> Option<Path> {
        self.link(rows, barriers, depth);
        let start = rows.iter().enumerate().position(|(index, row)| {
            row.steps & 1 != 0
                && self.end[index] != NEVER
                && self.end[index] - row.second <= self.window
        })?;
        let mut path = Path { depth, rows: [start as u32; EVENTS_MAX] };
        for step in 1..depth {
            path.rows[step] = self.next[path.rows[step - 1] as usize];
        }
        Some(path)
    }

    /// For each row of the first steps the first row of the next from which the last can be reached.
    fn link(&mut self, rows: &[Row], barriers: &Barriers, depth: usize) {
        self.next.clear();
        self.next.resize(rows.len(), NONE);
        self.end.clear();
        self.end.resize(rows.len(), NEVER);
        let mut nearest = [NONE; EVENTS_MAX + 1];
        let mut to = rows.len();
        while to > 0 {
            let second = rows[to - 1].second;
            let mut from = to;
            while from > 0 && rows[from - 1].second == second {
                from -= 1;
            }
            for step in (0..depth).rev() {
                let has = |index: &usize| rows[*index].steps >> step & 1 != 0;
                let Some(first) = (from..to).find(has) else { continue };
                let (next, end) = if step + 1 == depth {
                    (NONE, second)
                } else {
                    match nearest[step + 1] {
                        NONE => continue,
                        next if rows[next as usize].second > barriers.deadline(step, second) => {
                            continue;
                        }
                        next => (next, self.end[next as usize]),
                    }
                };
                for index in (from..to).filter(has) {
                    (self.next[index], self.end[index]) = (next, end);
                }
                nearest[step] = first as u32;
            }
            to = from;
        }
    }

    fn list(&mut self, rows: &[Row]) {
        self.first.clear();
        for (index, row) in rows.iter().enumerate() {
            let same = index > 0 && rows[index - 1].second == row.second;
            let first = if same { self.first[index - 1] } else { index as u32 };
            self.first.push(first);
        }
        for (step, list) in self.of_step.iter_mut().enumerate() {
            let of_step = (0..).zip(rows).filter(|(_, row)| row.steps >> step & 1 != 0);
            list.clear();
            list.extend(of_step.map(|(index, _): (u32, _)| index));
        }
    }

    fn find_any(
        &mut self,
        rows: &[Row],
        barriers: &Barriers,
        depth: usize,
        cancelled: &AtomicBool,
    ) -> Option<Path> {
        self.failed.clear();
        let mut found = None;
        for (tried, number) in (0..self.of_step[0].len()).rev().enumerate() {
            if is_given_up(cancelled, tried) {
                break;
            }
            let start = self.of_step[0][number];
            let row = &rows[start as usize];
            let mut path = Path { depth: 1, rows: [start; EVENTS_MAX] };
            let goal = Goal { depth, limit: row.second.saturating_add(self.window) };
            if self.extend(rows, barriers, goal, &mut path, &[row.kind]) {
                found = Some(path);
            }
        }
        found
    }

    /// Takes a path on to its goal by the first rows that lead there. `used` are the names that it
    /// has in the second of its last row.
    fn extend(
        &mut self,
        rows: &[Row],
        barriers: &Barriers,
        goal: Goal,
        path: &mut Path,
        used: &[u32],
    ) -> bool {
        let step = path.depth;
        if step == goal.depth {
            return true;
        }
        let last = path.rows[step - 1];
        let key = (last, step, used.to_vec());
        if self.failed.contains(&key) {
            return false;
        }
        let second = rows[last as usize].second;
        let until = goal.limit.min(barriers.deadline(step - 1, second));
        let from = self.first[last as usize];
        let mut place = self.of_step[step].partition_point(|row| *row < from);
        while let Some(index) = self.of_step[step].get(place).copied() {
            place += 1;
            let row = &rows[index as usize];
            if row.second > until {
                break;
            }
            let is_same = row.second == second;
            if is_same && used.contains(&row.kind) {
                continue;
            }
            path.rows[step] = index;
            path.depth = step + 1;
            let mut names = if is_same { used.to_vec() } else { Vec::new() };
            names.push(row.kind);
            names.sort_unstable();
            if self.extend(rows, barriers, goal, path, &names) {
                return true;
            }
            path.depth = step;
        }
        self.failed.insert(key);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree_where_no_name_is_two_steps() {
        let row = |second: i64, step: u32| Row { second, steps: 1 << step, kind: step };
        let rows = [(0, 0), (1, 1), (3, 1), (3, 0), (4, 2), (9, 1), (9, 0), (12, 2)]
            .map(|(second, step)| row(second, step));
        for bars in [vec![], vec![2], vec![1, 10], vec![2, 3, 11]] {
            for window in 0..13 {
                let mut barriers = Barriers::new(vec![1, 1]);
                bars.iter().for_each(|second| barriers.add(*second, 1));
                let find = |disjoint: bool| {
                    let mut chain = Chain::new(3, window, disjoint);
                    let path = chain.find(&rows, &barriers, &AtomicBool::new(false));
                    (path.depth, path.rows[..path.depth].to_vec())
                };
                assert_eq!(find(true), find(false), "{bars:?} {window}");
            }
        }
    }

    #[test]
    fn a_person_with_very_many_events_takes_little_more_than_a_look_at_each() {
        // The first event may be the second step, too; the third comes too late for most.
        let mut rows: Vec<Row> = Vec::new();
        for second in 0..20_000 {
            rows.push(Row { second, steps: 0b001, kind: 0 });
            rows.push(Row { second, steps: 0b010, kind: 1 });
        }
        rows.push(Row { second: 20_005, steps: 0b100, kind: 2 });
        let mut barriers = Barriers::new(vec![1, 1]);
        barriers.add(30_000, 1);
        let path = |cancelled: bool| {
            let mut chain = Chain::new(3, 10, false);
            let path = chain.find(&rows, &barriers, &AtomicBool::new(cancelled));
            (path.depth, path.rows[..path.depth].to_vec())
        };
        assert_eq!(path(false), (3, vec![39_990, 39_991, 40_000]));
        assert_eq!(path(true).0, 1, "nobody waits for it");
    }
}

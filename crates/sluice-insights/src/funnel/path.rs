//! The deepest path of one person through the steps, and among the deepest the earliest.
//!
//! Rows come in order of (time, seq), their times cut to the resolution ("second" below, whatever
//! the unit). No two rows of a path may share both second and event name.
//!
//! Two ways give the same answer: when no event name can be two steps, following for each start
//! the next row of each step is enough. Otherwise several steps compete for the rows of a second,
//! which is a small matching problem per second.

use crate::query::EVENTS_MAX;

/// A row that may be a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Time in units of the resolution.
    pub(crate) second: i64,
    /// A bit per step it may be.
    pub(crate) steps: u16,
    /// Number of the event's name.
    pub(crate) kind: u32,
}

/// What was found: how many steps, and the row of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) depth: usize,
    pub(crate) rows: [u32; EVENTS_MAX],
}

const NONE: u32 = u32::MAX;

/// Finds paths; keeps its memory from person to person.
#[derive(Debug)]
pub(crate) struct Finder {
    steps: usize,
    /// Longest time from step 1, in units of the resolution.
    window: i64,
    disjoint: bool,
    /// Disjoint: per row the next row of the step after its own.
    next: Vec<u32>,
    seconds: Vec<Second>,
    second_of: Vec<u32>,
}

/// The rows of one second, and for each step the next second that has it.
#[derive(Clone, Copy, Debug)]
struct Second {
    from: u32,
    to: u32,
    at: i64,
    next: [u32; EVENTS_MAX],
}

impl Finder {
    pub(crate) const fn new(steps: usize, window: i64, disjoint: bool) -> Self {
        Self {
            steps,
            window,
            disjoint,
            next: Vec::new(),
            seconds: Vec::new(),
            second_of: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn find(&mut self, rows: &[Row]) -> Path {
        if let [row] = rows {
            return Path { depth: usize::from(row.steps & 1), rows: [0; EVENTS_MAX] };
        }
        let mut present = 0u16;
        for row in rows {
            present |= row.steps;
        }
        let reachable = (present.trailing_ones() as usize).min(self.steps);
        if reachable == 0 {
            return Path::default();
        }
        if self.disjoint {
            self.find_disjoint(rows, reachable)
        } else {
            self.find_any(rows, reachable)
        }
    }

    fn find_disjoint(&mut self, rows: &[Row], reachable: usize) -> Path {
        let mut best = Path::default();
        if reachable == 1 {
            if let Some(first) = rows.iter().position(|row| row.steps & 1 != 0) {
                best.depth = 1;
                best.rows[0] = first as u32;
            }
            return best;
        }
        self.link(rows);
        for (start, row) in rows.iter().enumerate() {
            if row.steps & 1 == 0 {
                continue;
            }
            let mut path = Path { depth: 1, rows: [start as u32; EVENTS_MAX] };
            let mut at = start;
            while path.depth < reachable {
                let next = self.next[at];
                if next == NONE || rows[next as usize].second - row.second > self.window {
                    break;
                }
                path.rows[path.depth] = next;
                path.depth += 1;
                at = next as usize;
            }
            if path.depth > best.depth {
                best = path;
                if best.depth == reachable {
                    break;
                }
            }
        }
        best
    }

    /// For each row the first row, in order, of the next step within or after its second.
    fn link(&mut self, rows: &[Row]) {
        if self.next.len() < rows.len() {
            self.next.resize(rows.len(), NONE);
        }
        // One place more for the step after the last, and up to 16 for rows that are no step.
        let mut nearest = [NONE; u16::BITS as usize + 2];
        let mut end = rows.len();
        while end > 0 {
            let second = rows[end - 1].second;
            let mut from = end;
            while from > 0 && rows[from - 1].second == second {
                from -= 1;
                nearest[rows[from].steps.trailing_zeros() as usize] = from as u32;
            }
            for (next, row) in self.next[from..end].iter_mut().zip(&rows[from..end]) {
                *next = nearest[row.steps.trailing_zeros() as usize + 1];
            }
            end = from;
        }
    }

    fn find_any(&mut self, rows: &[Row], reachable: usize) -> Path {
        self.group(rows);
        let (mut start, mut depth) = (0, 0);
        for (index, row) in rows.iter().enumerate() {
            if row.steps & 1 == 0 {
                continue;
            }
            let found = self.depth(rows, self.second_of[index], &[row.kind], 1, row.second);
            if found > depth {
                (start, depth) = (index, found);
                if depth == reachable {
                    break;
                }
            }
        }
        self.earliest(rows, start, depth)
    }

    fn group(&mut self, rows: &[Row]) {
        self.seconds.clear();
        self.second_of.clear();
        for (index, row) in rows.iter().enumerate() {
            match self.seconds.last_mut() {
                Some(second) if second.at == row.second => second.to = index as u32 + 1,
                _ => self.seconds.push(Second {
                    from: index as u32,
                    to: index as u32 + 1,
                    at: row.second,
                    next: [NONE; EVENTS_MAX],
                }),
            }
            self.second_of.push(self.seconds.len() as u32 - 1);
        }
        let mut nearest = [NONE; EVENTS_MAX];
        for (index, second) in self.seconds.iter_mut().enumerate().rev() {
            second.next = nearest;
            for row in &rows[second.from as usize..second.to as usize] {
                for (step, nearest) in nearest.iter_mut().enumerate() {
                    if row.steps >> step & 1 != 0 {
                        *nearest = index as u32;
                    }
                }
            }
        }
    }

    /// How deep a path gets that has done `done` steps, the last in `second`, whose rows of the
    /// `used` names are taken. To have done more steps at the end of a second is never worse.
    fn depth(&self, rows: &[Row], second: u32, used: &[u32], done: usize, started: i64) -> usize {
        let mut at = &self.seconds[second as usize];
        let mut done = self.matched(rows, at, used, done);
        while done < self.steps {
            let next = at.next[done];
            if next == NONE {
                break;
            }
            at = &self.seconds[next as usize];
            if at.at - started > self.window {
                break;
            }
            done = self.matched(rows, at, &[], done);
        }
        done
    }

    /// The most steps from `done` on that rows of one second can fill, each event name once.
    fn matched(&self, rows: &[Row], second: &Second, used: &[u32], done: usize) -> usize {
        let rows = &rows[second.from as usize..second.to as usize];
        let mut taken: Vec<(u32, usize)> = Vec::new();
        let mut step = done;
        while step < self.steps && assign(rows, used, step, &mut taken, &mut Vec::new()) {
            step += 1;
        }
        step
    }

    fn earliest(&self, rows: &[Row], start: usize, depth: usize) -> Path {
        let mut path = Path { depth, rows: [start as u32; EVENTS_MAX] };
        let started = rows[start].second;
        let mut used = vec![rows[start].kind];
        let mut second = self.second_of[start];
        for step in 1..depth {
            loop {
                let Second { from, to, .. } = self.seconds[second as usize];
                let choice = (from..to).find(|index| {
                    let row = &rows[*index as usize];
                    row.steps >> step & 1 != 0 && !used.contains(&row.kind) && {
                        let mut used = used.clone();
                        used.push(row.kind);
                        self.depth(rows, second, &used, step + 1, started) >= depth
                    }
                });
                if let Some(index) = choice {
                    path.rows[step] = index;
                    used.push(rows[index as usize].kind);
                    break;
                }
                second = self.seconds[second as usize].next[step];
                used.clear();
                debug_assert_ne!(second, NONE, "a path of this depth exists");
            }
        }
        path
    }
}

/// Gives `step` a name of its own among the rows, moving earlier steps to other names if needed.
fn assign(
    rows: &[Row],
    used: &[u32],
    step: usize,
    taken: &mut Vec<(u32, usize)>,
    seen: &mut Vec<u32>,
) -> bool {
    for row in rows {
        if row.steps >> step & 1 == 0 || used.contains(&row.kind) || seen.contains(&row.kind) {
            continue;
        }
        seen.push(row.kind);
        match taken.iter().position(|(kind, _)| *kind == row.kind) {
            None => {
                taken.push((row.kind, step));
                return true;
            }
            Some(place) => {
                let other = taken[place].1;
                if assign(rows, used, other, taken, seen) {
                    taken.retain(|(kind, step)| !(*kind == row.kind && *step == other));
                    taken.push((row.kind, step));
                    return true;
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(second: i64, steps: u16, kind: u32) -> Row {
        Row { second, steps, kind }
    }

    fn find(rows: &[Row], steps: usize, window: i64, disjoint: bool) -> (usize, Vec<u32>) {
        let path = Finder::new(steps, window, disjoint).find(rows);
        (path.depth, path.rows[..path.depth].to_vec())
    }

    #[test]
    fn both_ways_agree_where_no_name_is_two_steps() {
        let rows = [
            row(0, 1, 0),
            row(3, 2, 1),
            row(3, 1, 0),
            row(4, 4, 2),
            row(9, 2, 1),
            row(9, 1, 0),
            row(12, 4, 2),
        ];
        for window in 0..13 {
            assert_eq!(find(&rows, 3, window, true), find(&rows, 3, window, false), "{window}");
        }
        assert_eq!(find(&rows, 3, 4, true), (3, vec![0, 1, 3]));
        assert_eq!(find(&rows, 3, 1, true), (3, vec![2, 1, 3]));
    }

    #[test]
    fn a_repeated_step_needs_a_row_in_another_second() {
        assert_eq!(find(&[row(0, 3, 0), row(0, 3, 0)], 2, 10, false), (1, vec![0]));
        assert_eq!(find(&[row(0, 3, 0), row(1, 3, 0)], 2, 10, false), (2, vec![0, 1]));
    }

    #[test]
    fn steps_that_compete_for_a_row_share_a_second_as_well_as_they_can() {
        // Step 2 may be b or c, step 3 only b: step 2 must leave b to step 3.
        let rows = [row(0, 1, 0), row(5, 6, 1), row(5, 2, 2)];
        assert_eq!(find(&rows, 3, 10, false), (3, vec![0, 2, 1]));
    }
}

//! Steps in any order: the most of the first steps that lie within one window, step 1 among them,
//! and of such windows the one that begins first. A window begins at an event that is a step.

use super::path::{Path, Row};
use crate::query::EVENTS_MAX;

const NONE: u32 = u32::MAX;

/// Finds the steps; `rows` of the path are by step, whatever their order in time.
#[derive(Debug)]
pub(super) struct Unordered {
    steps: usize,
    window: i64,
    disjoint: bool,
}

impl Unordered {
    pub(super) const fn new(steps: usize, window: i64, disjoint: bool) -> Self {
        Self { steps, window, disjoint }
    }

    pub(super) fn find(&self, rows: &[Row]) -> Path {
        if self.disjoint { self.find_disjoint(rows) } else { self.find_any(rows) }
    }

    fn find_disjoint(&self, rows: &[Row]) -> Path {
        let mut best = Path::default();
        let mut next = [NONE; EVENTS_MAX];
        for (index, row) in rows.iter().enumerate().rev().filter(|(_, row)| row.steps != 0) {
            for (step, next) in next.iter_mut().enumerate().take(self.steps) {
                if row.steps >> step & 1 != 0 {
                    *next = index as u32;
                }
            }
            let end = row.second.saturating_add(self.window);
            let is_there = |at: &&u32| **at != NONE && rows[**at as usize].second <= end;
            let depth = next[..self.steps].iter().take_while(is_there).count();
            // Windows are tried from the last to the first.
            if depth > 0 && depth >= best.depth {
                best = Path { depth, rows: next };
            }
        }
        best
    }

    fn find_any(&self, rows: &[Row]) -> Path {
        let mut best = Path::default();
        let mut last = None;
        for (from, row) in rows.iter().enumerate().filter(|(_, row)| row.steps != 0) {
            if last == Some(row.second) {
                continue;
            }
            last = Some(row.second);
            let end = row.second.saturating_add(self.window);
            let to = rows.partition_point(|row| row.second <= end);
            let inside = &rows[from..to];
            let present = inside.iter().fold(0, |bits, row| bits | row.steps);
            let reachable = (present.trailing_ones() as usize).min(self.steps);
            for depth in (best.depth + 1..=reachable).rev() {
                if let Some(mut path) = first_match(inside, depth) {
                    path.rows.iter_mut().take(depth).for_each(|row| *row += from as u32);
                    best = path;
                    break;
                }
            }
        }
        best
    }
}

/// The first row for each step such that no two share second and name, if there are such.
fn first_match(rows: &[Row], depth: usize) -> Option<Path> {
    let mut fixed: Vec<usize> = Vec::new();
    if !can_match(rows, depth, &fixed) {
        return None;
    }
    let mut path = Path { depth, rows: [0; EVENTS_MAX] };
    for step in 0..depth {
        let choice =
            (0..rows.len()).filter(|index| rows[*index].steps >> step & 1 != 0).find(|index| {
                if fixed.iter().any(|one| is_same(&rows[*one], &rows[*index])) {
                    return false;
                }
                fixed.push(*index);
                let can = can_match(rows, depth, &fixed);
                fixed.pop();
                can
            })?;
        path.rows[step] = choice as u32;
        fixed.push(choice);
    }
    Some(path)
}

const fn is_same(a: &Row, b: &Row) -> bool {
    a.second == b.second && a.kind == b.kind
}

/// Whether the steps after the fixed ones find rows of their own.
fn can_match(rows: &[Row], depth: usize, fixed: &[usize]) -> bool {
    let mut taken: Vec<(usize, usize)> = Vec::new();
    (fixed.len()..depth).all(|step| {
        let mut seen = Vec::new();
        assign(rows, fixed, step, &mut taken, &mut seen)
    })
}

/// Gives a step a row of its own, moving other steps to other rows if needed.
fn assign(
    rows: &[Row],
    fixed: &[usize],
    step: usize,
    taken: &mut Vec<(usize, usize)>,
    seen: &mut Vec<usize>,
) -> bool {
    for (index, row) in rows.iter().enumerate() {
        let is_there = |list: &[usize]| list.iter().any(|one| is_same(&rows[*one], row));
        if row.steps >> step & 1 == 0 || is_there(fixed) || is_there(seen) {
            continue;
        }
        seen.push(index);
        match taken.iter().position(|(one, _)| is_same(&rows[*one], row)) {
            None => {
                taken.push((index, step));
                return true;
            }
            Some(place) => {
                let other = taken[place].1;
                if assign(rows, fixed, other, taken, seen) {
                    taken.retain(|(one, step)| !(is_same(&rows[*one], row) && *step == other));
                    taken.push((index, step));
                    return true;
                }
            }
        }
    }
    false
}

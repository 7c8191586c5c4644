//! Steps in any order: the most of the first steps that lie within one window, step 1 among them,
//! and of such windows the one that begins first. A window begins at an event that is a step.

use std::sync::atomic::AtomicBool;

use super::path::{Path, Row};
use crate::engine::is_given_up;
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

    pub(super) fn find(&self, rows: &[Row], cancelled: &AtomicBool) -> Path {
        if self.disjoint { self.find_disjoint(rows) } else { self.find_any(rows, cancelled) }
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

    /// Of each step as many rows are looked at as steps are wanted: one of them is always free.
    fn find_any(&self, rows: &[Row], cancelled: &AtomicBool) -> Path {
        let lists: Vec<Vec<u32>> = (0..self.steps).map(|step| distinct(rows, step)).collect();
        // Per step the first of its rows in the window at hand.
        let mut at = vec![0; self.steps];
        let mut best = Path::default();
        let mut last = None;
        for (from, row) in rows.iter().enumerate().filter(|(_, row)| row.steps != 0) {
            if best.depth == self.steps || is_given_up(cancelled, from) {
                break;
            }
            if last.replace(row.second) == Some(row.second) {
                continue;
            }
            let end = row.second.saturating_add(self.window);
            let is_inside = |index: &u32| rows[*index as usize].second <= end;
            for (list, at) in lists.iter().zip(&mut at) {
                while list.get(*at).is_some_and(|index| (*index as usize) < from) {
                    *at += 1;
                }
            }
            let has = |step: &usize| lists[*step].get(at[*step]).is_some_and(is_inside);
            let reachable = (0..self.steps).take_while(has).count();
            if reachable <= best.depth {
                continue;
            }
            let some = |(list, at): (&Vec<u32>, &usize)| -> Vec<u32> {
                list[*at..].iter().copied().take(reachable).take_while(is_inside).collect()
            };
            let mut inside: Vec<u32> = lists.iter().zip(&at).flat_map(some).collect();
            inside.sort_unstable();
            inside.dedup();
            let few: Vec<Row> = inside.iter().map(|index| rows[*index as usize]).collect();
            let depths = (best.depth + 1..=reachable).rev();
            if let Some(mut path) = depths.filter_map(|depth| first_match(&few, depth)).next() {
                path.rows[..path.depth].iter_mut().for_each(|row| *row = inside[*row as usize]);
                best = path;
            }
        }
        best
    }
}

/// The rows of a step in order; of those of one name in one second the first.
fn distinct(rows: &[Row], step: usize) -> Vec<u32> {
    let (mut list, mut names, mut second) = (Vec::new(), Vec::new(), None);
    for (index, row) in (0..).zip(rows).filter(|(_, row)| row.steps >> step & 1 != 0) {
        if second.replace(row.second) != Some(row.second) {
            names.clear();
        }
        if !names.contains(&row.kind) {
            names.push(row.kind);
            list.push(index);
        }
    }
    list
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_with_very_many_events_takes_no_more_than_a_look_at_each() {
        // The same event for both steps, and the third step only at the end.
        let mut rows: Vec<Row> =
            (0..200_000).map(|second| Row { second, steps: 0b011, kind: 0 }).collect();
        rows.push(Row { second: 200_010, steps: 0b100, kind: 1 });
        let find = |window: i64, cancelled: bool| {
            let path = Unordered::new(3, window, false).find(&rows, &AtomicBool::new(cancelled));
            (path.depth, path.rows[..path.depth].to_vec())
        };
        assert_eq!(find(11, false), (2, vec![0, 1]), "not within eleven seconds");
        assert_eq!(find(12, false), (3, vec![199_998, 199_999, 200_000]));
        assert_eq!(find(12, true).0, 0, "nobody waits for it");
    }
}

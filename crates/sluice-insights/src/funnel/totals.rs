//! Every path: each event of step 1 begins one, and each event of a later step takes the earliest
//! path on that waits for it. Second by second, and within one step by step; two events of one name
//! in one second count once.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;

use super::barrier::Barriers;
use super::path::{Path, Row};
use crate::engine::is_given_up;
use crate::query::EVENTS_MAX;

#[derive(Debug)]
pub(super) struct Totals {
    steps: usize,
    window: i64,
    /// Per step the paths that got there and wait for the next, by number. Who is too late is taken
    /// out when it is met.
    waiting: Vec<VecDeque<usize>>,
}

impl Totals {
    pub(super) fn new(steps: usize, window: i64) -> Self {
        Self { steps, window, waiting: vec![VecDeque::new(); steps] }
    }

    /// Fills `paths` with those of a person, in order of their beginnings.
    pub(super) fn find(
        &mut self,
        rows: &[Row],
        barriers: &Barriers,
        paths: &mut Vec<Path>,
        cancelled: &AtomicBool,
    ) {
        paths.clear();
        self.waiting.iter_mut().for_each(VecDeque::clear);
        let (mut from, mut seconds) = (0, 0);
        while from < rows.len() && !is_given_up(cancelled, seconds) {
            seconds += 1;
            let second = rows[from].second;
            let to = from + rows[from..].iter().take_while(|row| row.second == second).count();
            // Names that took a path on in this second.
            let mut used: Vec<u32> = Vec::new();
            for step in 0..self.steps {
                let mut names: Vec<u32> = Vec::new();
                for index in from..to {
                    let row = &rows[index];
                    if row.steps >> step & 1 == 0 || names.contains(&row.kind) {
                        continue;
                    }
                    names.push(row.kind);
                    if step == 0 {
                        paths.push(Path { depth: 1, rows: [index as u32; EVENTS_MAX] });
                        self.wait(0, paths.len() - 1);
                    } else if !used.contains(&row.kind)
                        && self.take_on(rows, barriers, paths, step, index)
                    {
                        used.push(row.kind);
                    }
                }
            }
            from = to;
        }
    }

    /// Lets the earliest fitting path go on to a step; whether there was one.
    fn take_on(
        &mut self,
        rows: &[Row],
        barriers: &Barriers,
        paths: &mut [Path],
        step: usize,
        index: usize,
    ) -> bool {
        let row = &rows[index];
        let window = self.window;
        // Who is too late now is too late for ever.
        let is_late = |path: &Path| {
            let last = rows[path.rows[step - 1] as usize].second;
            row.second - rows[path.rows[0] as usize].second > window
                || row.second > barriers.deadline(step - 1, last)
        };
        let is_used = |path: &Path| {
            path.rows[..path.depth].iter().any(|one| {
                let one = &rows[*one as usize];
                one.second == row.second && one.kind == row.kind
            })
        };
        let waiting = &mut self.waiting[step - 1];
        let mut place = 0;
        let number = loop {
            let Some(number) = waiting.get(place).copied() else { return false };
            if is_late(&paths[number]) {
                waiting.remove(place);
            } else if is_used(&paths[number]) {
                place += 1;
            } else {
                waiting.remove(place);
                break number;
            }
        };
        let path = &mut paths[number];
        path.rows[step] = index as u32;
        path.depth = step + 1;
        self.wait(step, number);
        true
    }

    fn wait(&mut self, step: usize, number: usize) {
        if step + 1 < self.steps {
            let list = &mut self.waiting[step];
            let place = list.partition_point(|one| *one < number);
            list.insert(place, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_with_very_many_events_takes_no_more_than_a_look_at_each() {
        // Twice as many first steps as second ones: most paths wait until they are too late.
        let row = |second: i64| {
            let step = u32::from(second % 3 == 2);
            Row { second, steps: 1 << step, kind: step }
        };
        let rows: Vec<Row> = (0..300_000).map(row).collect();
        let mut paths = Vec::new();
        let find = |paths: &mut Vec<Path>, window: i64, cancelled: bool| {
            let barriers = Barriers::new(vec![0]);
            Totals::new(2, window).find(&rows, &barriers, paths, &AtomicBool::new(cancelled));
            paths.iter().filter(|path| path.depth == 2).count()
        };
        assert_eq!(find(&mut paths, 100_000, false), 100_000);
        assert_eq!(paths.len(), 200_000);
        assert_eq!(find(&mut paths, 0, false), 0);
        find(&mut paths, 100_000, true);
        assert!(paths.is_empty(), "nobody waits for it");
    }
}

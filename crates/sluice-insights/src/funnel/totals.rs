//! Every path: each event of step 1 begins one, and each event of a later step takes the earliest
//! path on that waits for it. Second by second, and within one step by step; two events of one name
//! in one second count once.

use super::barrier::Barriers;
use super::path::{Path, Row};
use crate::query::EVENTS_MAX;

#[derive(Debug)]
pub(super) struct Totals {
    steps: usize,
    window: i64,
    /// Per step the paths that got there and wait for the next, by number.
    waiting: Vec<Vec<usize>>,
}

impl Totals {
    pub(super) fn new(steps: usize, window: i64) -> Self {
        Self { steps, window, waiting: vec![Vec::new(); steps] }
    }

    /// Fills `paths` with those of a person, in order of their beginnings.
    pub(super) fn find(&mut self, rows: &[Row], barriers: &Barriers, paths: &mut Vec<Path>) {
        paths.clear();
        self.waiting.iter_mut().for_each(Vec::clear);
        let mut from = 0;
        while from < rows.len() {
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
        self.waiting[step - 1].retain(|number| {
            let path = &paths[*number];
            let last = rows[path.rows[step - 1] as usize].second;
            row.second - rows[path.rows[0] as usize].second <= window
                && row.second <= barriers.deadline(step - 1, last)
        });
        let fits = |number: &usize| {
            let path = &paths[*number];
            !path.rows[..path.depth].iter().any(|one| {
                let one = &rows[*one as usize];
                one.second == row.second && one.kind == row.kind
            })
        };
        let Some(place) = self.waiting[step - 1].iter().position(fits) else { return false };
        let number = self.waiting[step - 1].remove(place);
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

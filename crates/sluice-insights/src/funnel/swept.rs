//! Most people of a funnel: several with equally many rows abreast, others one by one, and only
//! those whose rows share a unit of time in the exact way.

use super::abreast::{ABREAST, Paths, find, places};
use super::run::{Funnel, GROUP_NOT_REACHED};
use crate::engine::{ALIKE_MAX, Alike, Hit, Mark, Operator, Places, Sweeper, widest};
use crate::query::EVENTS_MAX;

/// Most funnels have no more steps; others take longer.
const STEPS_FEW: usize = 4;

impl Sweeper for Funnel<'_> {
    fn swept(&mut self, person: u64, marks: &[Mark], places: &mut Places<'_>) {
        if self.steps <= STEPS_FEW {
            self.alone::<STEPS_FEW>(person, marks, places);
        } else {
            self.alone::<EVENTS_MAX>(person, marks, places);
        }
    }

    #[inline(always)]
    fn swept_alike(&mut self, alike: &mut Alike<'_>) {
        if !self.lanes_fit || alike.count > ALIKE_MAX {
            for index in 0..alike.len() {
                let (person, marks, mut places) = alike.one(index);
                self.swept(person, marks, &mut places);
            }
        } else if self.steps <= STEPS_FEW {
            widest(
                #[inline(always)]
                || self.abreast::<STEPS_FEW>(alike),
            );
        } else {
            self.abreast::<EVENTS_MAX>(alike);
        }
    }
}

impl Funnel<'_> {
    fn alone<const S: usize>(&mut self, person: u64, marks: &[Mark], places: &mut Places<'_>) {
        let mut memory = [Paths::<S, 1>::NONE; 2];
        let mut paths = find(&mut memory, marks.as_chunks().0, self.window);
        if paths.exact[0] == 0 {
            self.marks.clear();
            self.marks.extend_from_slice(marks);
            self.marks.sort_unstable();
            paths = find(&mut memory, self.marks.as_chunks().0, self.window);
        }
        if paths.exact[0] == 0 {
            if marks.iter().any(|mark| mark.is(0) != 0) {
                self.swept_in_full(person, places);
            }
        } else if paths.depth[0] > 0 && self.is_wanted_user(person) {
            let (depth, times) = (paths.depth[0] as usize, paths.times_of(0));
            let open = depth < self.steps && paths.last_entry[0] > self.open_from - self.origin;
            self.overall.tally.count(depth, &times, open);
            if self.setup.groups.is_some() {
                let place = self.breakdown_step - 1;
                let mark = marks.iter().position(|mark| mark.time() == times[place]).unwrap_or(0);
                self.count_in_groups(person, (depth, &times, open), || places.set(mark));
            }
        }
    }

    #[inline(always)]
    fn abreast<const S: usize>(&mut self, alike: &mut Alike<'_>) {
        let count = alike.count;
        let mut memory = [Paths::<S, ABREAST>::NONE; 2];
        for from in (0..alike.len()).step_by(ABREAST) {
            let people = ABREAST.min(alike.len() - from);
            let rows = &mut self.columns[..count];
            let marks = &alike.marks[from * count..(from + people) * count];
            for (lane, own) in marks.chunks_exact(count).enumerate() {
                for (row, mark) in rows.iter_mut().zip(own) {
                    row[lane] = *mark;
                }
            }
            if people < ABREAST {
                rows.iter_mut().for_each(|row| row[people..].fill(Mark::default()));
            }
            let paths = find(&mut memory, rows, self.window);
            if self.first_seen.is_some() || paths.exact[..people].contains(&0) {
                self.set_apart(alike, from..from + people, paths);
            }
            let open_from = self.open_from - self.origin;
            self.overall.count(paths, open_from);
            if self.setup.groups.is_some() {
                let step = self.breakdown_step - 1;
                let marks = places(&self.columns[..count], &paths.times[step]);
                for lane in (0..people).filter(|lane| paths.depth[*lane] > 0) {
                    let (depth, times) = (paths.depth[lane] as usize, paths.times_of(lane));
                    let open = depth < self.steps && paths.last_entry[lane] > open_from;
                    let mark = (from + lane) * count + marks[lane] as usize;
                    let person = alike.person(from + lane);
                    self.count_in_groups(person, (depth, &times, open), || alike.set(mark));
                }
            }
        }
    }

    /// Counts those of some people whose rows are not in order one by one, and leaves out those who
    /// are not asked for.
    #[cold]
    fn set_apart<const S: usize>(
        &mut self,
        alike: &mut Alike<'_>,
        people: std::ops::Range<usize>,
        paths: &mut Paths<S, ABREAST>,
    ) {
        for (lane, index) in people.enumerate() {
            let (person, marks, mut places) = alike.one(index);
            if paths.exact[lane] == 0 {
                self.swept(person, marks, &mut places);
                paths.forget(lane);
            } else if paths.depth[lane] > 0 && !self.is_wanted_user(person) {
                paths.forget(lane);
            }
        }
    }

    /// Counts a person in their groups; `set` gives those of the row of the breakdown.
    #[inline]
    fn count_in_groups(
        &mut self,
        person: u64,
        (depth, times, open): (usize, &[i64], bool),
        set: impl FnOnce() -> u32,
    ) {
        let Some(of) = &self.setup.groups else { return };
        let groups: &[u32] = if depth < self.breakdown_step {
            &[GROUP_NOT_REACHED]
        } else if of.is_by_row() {
            of.in_set(set())
        } else {
            of.of_person(person)
        };
        self.by_group.count(groups, depth, times, open);
    }

    /// The exact way.
    #[cold]
    fn swept_in_full(&mut self, person: u64, places: &mut Places<'_>) {
        places.rows(&mut self.places);
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        hits.extend(self.places.iter().map(|(mark, place)| {
            let part = &self.setup.plan.parts[place.part as usize];
            let code = part.part.events().get(place.row as usize);
            Hit {
                time: part.part.times().get(place.row),
                part: place.part,
                row: place.row,
                kind: part.by_code[code as usize].kind,
                slots: mark.slots(),
            }
        }));
        self.person(person, &mut hits, false);
        self.hits = hits;
    }
}

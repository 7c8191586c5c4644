//! One person's rows against a definition.

use roaring::RoaringTreemap;
use sluice_columnar::FirstSeenReader;
use sluice_event::PersonId;

use super::clauses::{Ask, Check, Frame};
use super::run::Setup;
use crate::engine::{Hit, Mark, Operator, Places, Sweeper, Units};
use crate::funnel::path::{Finder, Row};

/// Days begin at whole milliseconds, so that times cut to them are in the same days.
pub(super) const UNITS: Units = Units { micros: 1_000, first_before: i64::MAX };

/// Asks person by person who belongs to a definition.
pub(super) struct Asking<'s> {
    setup: &'s Setup,
    first_seen: Option<FirstSeenReader<'s>>,
    finders: Vec<Finder>,
    rows: Vec<Row>,
    hits: Vec<Hit>,
    values: Vec<i64>,
    pub(super) members: RoaringTreemap,
    /// Whoever had rows, where the others are asked, too.
    pub(super) asked: Option<RoaringTreemap>,
}

impl<'s> Asking<'s> {
    pub(super) fn new(
        setup: &'s Setup,
        first_seen: Option<FirstSeenReader<'s>>,
        asks_others: bool,
    ) -> Self {
        let finders = setup
            .compiled
            .sequences
            .iter()
            .map(|steps| Finder::new(steps.slots.len(), steps.window, false))
            .collect();
        Self {
            setup,
            first_seen,
            finders,
            rows: Vec::new(),
            hits: Vec::new(),
            values: Vec::new(),
            members: RoaringTreemap::new(),
            asked: asks_others.then(RoaringTreemap::new),
        }
    }

    /// Asks about a person with their rows in order of (time, seq).
    pub(super) fn ask(&mut self, person: u64, hits: &[Hit]) {
        let first = match &mut self.first_seen {
            Some(reader) => reader.get(PersonId(person)).map(|at| at.as_micros()),
            None => None,
        };
        let setup = self.setup;
        let holds = setup.compiled.clauses.iter().all(|clause| {
            clause.any_of.iter().any(|check| self.holds(check, person, hits, first)) != clause.not
        });
        if holds {
            self.members.insert(person);
        }
    }

    fn holds(&mut self, check: &Check, person: u64, hits: &[Hit], first: Option<i64>) -> bool {
        let (from, to) = match (check.frame, first) {
            (Frame::Between(from, to), _) => (from, to),
            (Frame::FromFirst(length), Some(first)) => (first, first.saturating_add(length)),
            (Frame::FromFirst(_), None) => return false,
        };
        let inside = |time: i64| from <= time && time < to;
        let of = |slot: usize| {
            let has = move |hit: &&Hit| hit.slots >> slot & 1 != 0;
            hits.iter().filter(has).filter(|hit| inside(hit.time))
        };
        match &check.ask {
            Ask::Count { slot, op, count } => {
                let found = of(*slot).count() as u64;
                found > 0 && op.holds(found, *count)
            }
            Ask::More { slot, than, op } => {
                let (left, right) = (of(*slot).count(), of(*than).count());
                left + right > 0 && op.holds(left, right)
            }
            Ask::Sum { slot, number, op, value } => {
                let numbers = &self.setup.numbers[*number];
                let mut rows = of(*slot).peekable();
                let has_rows = rows.peek().is_some();
                let sum: f64 = rows.filter_map(|hit| numbers.of(hit.part, hit.row, person)).sum();
                has_rows && op.holds(sum, *value)
            }
            Ask::Distinct { slot, value, op, count } => {
                let groups = &self.setup.values[*value];
                self.values.clear();
                let found = of(*slot).flat_map(|hit| groups.of(hit.part, hit.row, person));
                // Group 0 is no value.
                self.values.extend(found.filter(|group| **group != 0).map(|one| i64::from(*one)));
                of(*slot).next().is_some() && op.holds(distinct(&mut self.values), *count)
            }
            Ask::Occurrence { slot, number } => hits
                .iter()
                .filter(|hit| hit.slots >> slot & 1 != 0)
                .nth(number - 1)
                .is_some_and(|hit| inside(hit.time)),
            Ask::Days { slot, op, days } => {
                let dates = &self.setup.dates;
                self.values.clear();
                self.values.extend(of(*slot).map(|hit| dates.of(hit.time)));
                !self.values.is_empty() && op.holds(distinct(&mut self.values), *days)
            }
            Ask::Sequence(sequence) => self.has_sequence(*sequence, hits, (from, to)),
            Ask::Latest { active, held } => {
                of(*active).next_back().is_some_and(|hit| hit.slots >> held & 1 != 0)
            }
            Ask::Now(test) => self.setup.now[*test].holds(0, person),
            Ask::New => first.is_some_and(inside),
            Ask::Member(set) => set.contains(person),
        }
    }

    fn has_sequence(&mut self, sequence: usize, hits: &[Hit], (from, to): (i64, i64)) -> bool {
        let slots = &self.setup.compiled.sequences[sequence].slots;
        self.rows.clear();
        for hit in hits.iter().filter(|hit| from <= hit.time && hit.time < to) {
            let mut steps = 0;
            for (step, slot) in slots.iter().enumerate() {
                steps |= (hit.slots >> slot & 1) << step;
            }
            if steps != 0 {
                let second = hit.time.div_euclid(1_000_000);
                self.rows.push(Row { second, steps, kind: hit.kind });
            }
        }
        !self.rows.is_empty() && self.finders[sequence].find(&self.rows).depth == slots.len()
    }
}

fn distinct(values: &mut Vec<i64>) -> u64 {
    values.sort_unstable();
    values.dedup();
    values.len() as u64
}

impl Operator for Asking<'_> {
    const NOBODY: bool = false;

    fn person(&mut self, person: u64, hits: &mut [Hit], sorted: bool) {
        if !sorted && hits.len() > 1 {
            self.setup.plan.sort(hits);
        }
        if let Some(asked) = &mut self.asked {
            asked.insert(person);
        }
        self.ask(person, hits);
    }
}

impl Sweeper for Asking<'_> {
    #[inline]
    fn swept(&mut self, person: u64, marks: &[Mark], _places: &mut Places<'_>) {
        if let Some(asked) = &mut self.asked {
            asked.insert(person);
        }
        let origin = UNITS.origin(&self.setup.plan);
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        // Nobody asks which rows these are.
        hits.extend(marks.iter().map(|mark| Hit {
            time: (mark.time() + origin) * UNITS.micros,
            part: 0,
            row: 0,
            kind: 0,
            slots: mark.slots(),
        }));
        self.ask(person, &hits);
        self.hits = hits;
    }
}

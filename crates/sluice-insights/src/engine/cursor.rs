//! The matching rows of one part in order, for a slice of people.
//!
//! Event codes are masked 64 rows at a time; people are met only at matching rows. Events that are
//! rare everywhere in the part come from its postings instead. Matching rows are worked off in
//! groups of some hundred, a step for all of them at a time, so that the processor can wait for
//! many rows' memory at once.

use sluice_columnar::{CodeSlice, Times};

use super::plan::PartPlan;
use super::scan::Hit;

/// Postings are taken when they have fewer rows than this share of what a scan would look at.
const POSTINGS_SHARE: usize = 16;
/// Rows worked off at a time, about; a block adds up to 64.
pub(super) const GROUP_ROWS: usize = 192;

pub(crate) struct Cursor<'a> {
    plan: &'a PartPlan,
    number: u32,
    people: &'a [u64],
    starts: &'a [u32],
    codes: CodeSlice<'a>,
    times: Times<'a>,
    range: (i64, i64),
    first_only: u16,
    /// Keys to leave out, ascending, and the next that matters.
    left_out: &'a [u64],
    left_out_at: usize,
    source: Source,
    person: usize,
    person_start: u32,
    person_end: u32,
    person_key: u64,
    skipping: bool,
    /// The hits found and not yet taken, and whose they are.
    hits: Vec<Hit>,
    keys: Vec<u64>,
    at: usize,
    rows: Vec<u32>,
    row_times: Vec<i64>,
    /// Whose the next hit is; [`DONE`] when there is none.
    pub(crate) key: u64,
}

/// No more rows. No person has this number.
pub(crate) const DONE: u64 = u64::MAX;

/// Where matching rows come from.
pub(super) enum Source {
    Blocks { next: usize, end: usize },
    Rows { rows: Vec<u32>, at: usize },
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(
        plan: &'a PartPlan,
        number: u32,
        (least, most): (u64, u64),
        range: (i64, i64),
        first_only: u16,
        left_out: &'a [u64],
    ) -> Self {
        let people = plan.part.people();
        let starts = plan.part.starts();
        let from = people.partition_point(|key| *key < least);
        let to = people.partition_point(|key| *key <= most);
        let (row_from, row_to) = (starts[from], starts[to]);
        let mut cursor = Self {
            plan,
            number,
            people,
            starts,
            codes: plan.part.events(),
            times: plan.part.times(),
            range,
            first_only,
            left_out,
            left_out_at: left_out.partition_point(|key| *key < least),
            source: Source::new(plan, row_from, row_to),
            person: from,
            person_start: row_from,
            person_end: row_from,
            person_key: 0,
            skipping: false,
            hits: Vec::with_capacity(GROUP_ROWS + 64),
            keys: Vec::with_capacity(GROUP_ROWS + 64),
            at: 0,
            rows: Vec::with_capacity(GROUP_ROWS + 64),
            row_times: Vec::with_capacity(GROUP_ROWS + 64),
            key: 0,
        };
        cursor.refill();
        cursor
    }

    /// Adds the hits of the person of [`Cursor::key`], about `limit` at most, and moves on.
    pub(crate) fn take(&mut self, hits: &mut Vec<Hit>, limit: usize) {
        let key = self.key;
        let most = hits.len().saturating_add(limit);
        while self.key == key && hits.len() < most {
            let end = self.run_end();
            hits.extend_from_slice(&self.hits[self.at..end]);
            self.go_to(end);
        }
    }

    /// The hits of the person of [`Cursor::key`] where they lie, if all are at hand. Go on with
    /// [`Cursor::go_past`].
    #[inline]
    pub(crate) fn whole(&mut self) -> Option<(&mut [Hit], usize)> {
        let end = self.run_end();
        (end < self.keys.len()).then(|| (&mut self.hits[self.at..end], end))
    }

    #[inline]
    pub(crate) fn go_past(&mut self, end: usize) {
        self.go_to(end);
    }

    #[inline]
    fn run_end(&self) -> usize {
        let mut end = self.at + 1;
        while end < self.keys.len() && self.keys[end] == self.key {
            end += 1;
        }
        end
    }

    #[inline]
    fn go_to(&mut self, at: usize) {
        self.at = at;
        match self.keys.get(at) {
            Some(key) => self.key = *key,
            None => self.refill(),
        }
    }

    fn refill(&mut self) {
        self.hits.clear();
        self.keys.clear();
        self.at = 0;
        while self.hits.is_empty() {
            self.rows.clear();
            self.source.rows(self.plan, self.codes, &mut self.rows);
            if self.rows.is_empty() {
                self.key = DONE;
                return;
            }
            self.read_times();
            match self.codes {
                CodeSlice::U8(codes) => self.find(|row| u32::from(codes[row as usize])),
                codes => self.find(|row| codes.get(row as usize)),
            }
        }
        self.key = self.keys[0];
    }

    fn read_times(&mut self) {
        self.row_times.clear();
        match self.times {
            Times::Millis { base, deltas } => self.row_times.extend(
                self.rows.iter().map(|row| base + i64::from(deltas[*row as usize]) * 1_000),
            ),
            Times::Micros(times) => {
                self.row_times.extend(self.rows.iter().map(|row| times[*row as usize]))
            }
        }
    }

    #[inline]
    fn find(&mut self, code: impl Fn(u32) -> u32) {
        for index in 0..self.rows.len() {
            let (row, time) = (self.rows[index], self.row_times[index]);
            if row >= self.person_end {
                self.enter(row);
            }
            let outside = !self.plan.all_in_range && (time < self.range.0 || time >= self.range.1);
            if self.skipping || outside {
                continue;
            }
            let (mut slots, kind) = self.plan.slots_found(code(row), row, self.person_key);
            if self.first_only != 0 && row != self.person_start {
                slots &= !self.first_only;
            }
            if slots != 0 {
                self.hits.push(Hit { time, part: self.number, row, kind, slots });
                self.keys.push(self.person_key);
            }
        }
    }

    /// Finds the person of a row beyond the current one's.
    #[inline]
    fn enter(&mut self, row: u32) {
        let ends = &self.starts[self.person + 1..];
        let mut ahead = 0;
        while ahead < 8 && ends[ahead] <= row {
            ahead += 1;
        }
        if ahead == 8 {
            ahead = far(ends, row);
        }
        self.person += ahead;
        self.person_start = self.starts[self.person];
        self.person_end = self.starts[self.person + 1];
        self.person_key = self.people[self.person];
        self.skipping = false;
        if !self.left_out.is_empty() {
            while self.left_out.get(self.left_out_at).is_some_and(|key| *key < self.person_key) {
                self.left_out_at += 1;
            }
            self.skipping = self.left_out.get(self.left_out_at) == Some(&self.person_key);
        }
    }
}

/// How many ends lie at or before a row, for large distances.
#[cold]
pub(super) fn far(ends: &[u32], row: u32) -> usize {
    let mut step = 4;
    while step < ends.len() && ends[step] <= row {
        step *= 2;
    }
    let to = (step + 1).min(ends.len());
    step / 2 + ends[step / 2..to].partition_point(|end| *end <= row)
}

impl Source {
    /// The rows of the range that have one of the plan's events.
    pub(super) fn new(plan: &PartPlan, from: u32, to: u32) -> Self {
        if plan.codes.is_empty() {
            return Self::Rows { rows: Vec::new(), at: 0 };
        }
        let mut rows = Vec::new();
        let most = (to - from) as usize / POSTINGS_SHARE;
        for code in &plan.codes {
            let stretch = plan.part.postings(*code).map(|all| {
                let (a, b) =
                    (all.partition_point(|row| *row < from), all.partition_point(|row| *row < to));
                &all[a..b]
            });
            match stretch {
                Some(stretch) if rows.len() + stretch.len() <= most => {
                    rows.extend_from_slice(stretch)
                }
                _ => return Self::Blocks { next: from as usize, end: to as usize },
            }
        }
        if plan.codes.len() > 1 {
            rows.sort_unstable();
        }
        rows.retain(|row| plan.may_match(*row));
        Self::Rows { rows, at: 0 }
    }

    /// Adds the next matching rows, about [`GROUP_ROWS`] of them; none when there are no more.
    pub(super) fn rows(&mut self, plan: &PartPlan, codes: CodeSlice<'_>, into: &mut Vec<u32>) {
        match self {
            Self::Blocks { next, end } => {
                while *next < *end && into.len() < GROUP_ROWS {
                    let to = (*next + 64).min(*end);
                    let mut mask = plan.mask::<false>(codes, *next, to);
                    if to - *next < 64 {
                        mask &= u64::MAX >> (64 - (to - *next));
                    }
                    while mask != 0 {
                        into.push(*next as u32 + mask.trailing_zeros());
                        mask &= mask - 1;
                    }
                    *next = to;
                }
            }
            Self::Rows { rows, at } => {
                let to = (*at + GROUP_ROWS).min(rows.len());
                into.extend_from_slice(&rows[*at..to]);
                *at = to;
            }
        }
    }
}

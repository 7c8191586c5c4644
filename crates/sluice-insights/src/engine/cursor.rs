//! The matching rows of one part in order, for a slice of people.
//!
//! Event codes are masked 64 rows at a time; people are met only at matching rows. Events that are
//! rare everywhere in the part come from its postings instead.

use sluice_columnar::{CodeSlice, Times};

use super::plan::PartPlan;
use super::scan::Hit;

/// Postings are taken when they have fewer rows than this share of what a scan would look at.
const POSTINGS_SHARE: usize = 16;

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
    skipping: bool,
    /// The next matching row, and its key; the key is [`DONE`] when there is none.
    row: u32,
    pub(crate) key: u64,
}

/// No more rows. No person has this number.
pub(crate) const DONE: u64 = u64::MAX;

enum Source {
    Blocks { base: usize, end: usize, mask: u64 },
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
            source: source(plan, row_from, row_to),
            person: from,
            person_start: row_from,
            person_end: row_from,
            skipping: false,
            row: 0,
            key: 0,
        };
        cursor.advance();
        cursor
    }

    /// Adds the matching rows of the person of [`Cursor::key`], at most `limit`, and moves on.
    #[inline]
    pub(crate) fn take(&mut self, hits: &mut Vec<Hit>, limit: usize) {
        let key = self.key;
        let most = hits.len() + limit;
        loop {
            self.push(hits);
            self.advance();
            if self.key != key || hits.len() >= most {
                return;
            }
        }
    }

    #[inline]
    fn push(&self, hits: &mut Vec<Hit>) {
        let row = self.row;
        let time = self.times.get(row);
        if !self.plan.all_in_range && (time < self.range.0 || time >= self.range.1) {
            return;
        }
        let code = match self.codes {
            CodeSlice::U8(codes) => u32::from(codes[row as usize]),
            ref codes => codes.get(row as usize),
        };
        let (mut slots, kind) = self.plan.slots(code, row, self.key);
        if self.first_only != 0 && row != self.person_start {
            slots &= !self.first_only;
        }
        if slots != 0 {
            hits.push(Hit { time, part: self.number, row, kind, slots });
        }
    }

    #[inline]
    fn advance(&mut self) {
        while let Some(row) = self.source.next(self.plan, self.codes) {
            if row >= self.person_end {
                self.enter(row);
            }
            if !self.skipping {
                self.row = row;
                return;
            }
        }
        self.key = DONE;
    }

    /// Finds the person of a row beyond the current one's.
    #[inline]
    fn enter(&mut self, row: u32) {
        let ends = &self.starts[self.person + 1..];
        let mut ahead = 0;
        while ahead < 8 && ends[ahead] <= row {
            ahead += 1;
        }
        if ahead == 8 && ends[8 - 1] <= row {
            ahead = far(ends, row);
        }
        self.person += ahead;
        self.person_start = self.starts[self.person];
        self.person_end = self.starts[self.person + 1];
        self.key = self.people[self.person];
        self.skipping = false;
        if !self.left_out.is_empty() {
            while self.left_out.get(self.left_out_at).is_some_and(|key| *key < self.key) {
                self.left_out_at += 1;
            }
            self.skipping = self.left_out.get(self.left_out_at) == Some(&self.key);
        }
    }
}

/// How many ends lie at or before a row, for large distances.
#[cold]
fn far(ends: &[u32], row: u32) -> usize {
    let mut step = 16;
    while step < ends.len() && ends[step] <= row {
        step *= 2;
    }
    let to = (step + 1).min(ends.len());
    step / 2 + ends[step / 2..to].partition_point(|end| *end <= row)
}

fn source(plan: &PartPlan, from: u32, to: u32) -> Source {
    if plan.codes.is_empty() {
        return Source::Rows { rows: Vec::new(), at: 0 };
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
            Some(stretch) if rows.len() + stretch.len() <= most => rows.extend_from_slice(stretch),
            _ => return Source::Blocks { base: from as usize, end: to as usize, mask: 0 }.ready(),
        }
    }
    if plan.codes.len() > 1 {
        rows.sort_unstable();
    }
    Source::Rows { rows, at: 0 }
}

impl Source {
    /// Blocks begin one block before the first row, so that the first step enters it.
    fn ready(self) -> Self {
        match self {
            Self::Blocks { base, end, mask } => {
                Self::Blocks { base: base.wrapping_sub(64), end, mask }
            }
            rows => rows,
        }
    }

    #[inline]
    fn next(&mut self, plan: &PartPlan, codes: CodeSlice<'_>) -> Option<u32> {
        match self {
            Self::Blocks { base, end, mask } => {
                while *mask == 0 {
                    let next = base.wrapping_add(64);
                    if next >= *end {
                        return None;
                    }
                    *base = next;
                    *mask = plan.wanted.mask(codes, next, (next + 64).min(*end));
                    if next + 64 > *end {
                        *mask &= u64::MAX >> (64 - (*end - next));
                    }
                }
                let bit = mask.trailing_zeros();
                *mask &= *mask - 1;
                Some(*base as u32 + bit)
            }
            Self::Rows { rows, at } => {
                let row = rows.get(*at).copied();
                *at += 1;
                row
            }
        }
    }
}

//! Walking people over several parts, each person once, with all their rows.
//!
//! Keys of every part ascend, so people meet in a merge of sorted lists. Where a stretch of people
//! is in one part only, it comes as one block: the operator makes one pass over its rows. A person
//! in several parts comes as runs. People touched by merges or undone merges since a part was
//! written ("dirty") are left out of that pass and come at the end of the slice, gathered from all
//! the keys their rows lie under.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use sluice_event::PersonId;

use crate::dirty::{Dirty, Moved};
use crate::numbers::NumberedSlice;
use crate::part::Part;
use crate::snapshot::Snapshot;

/// Rows of one part, in order of (time, seq). `part` is an index into [`Selection::parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub part: u32,
    pub start: u32,
    pub end: u32,
}

/// One row of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowRef {
    pub part: u32,
    pub row: u32,
}

/// What a walk gives: every row of the selection is in exactly one piece, and all rows of a person
/// are in one piece. Person 0 (nobody) comes like any other.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// People that are in no other part: indexes into [`Part::people`] of `parts()[part]`. Rows of
    /// each are in order; the rows of all are one contiguous range.
    Block { part: u32, people: &'a Range<usize> },
    /// One person whose rows lie in several runs; each is in order, together they may interleave
    /// (see [`Selection::order`]). Parts may repeat.
    Runs { person: PersonId, runs: &'a [Run] },
    /// One person whose rows lie scattered, in order of (time, seq).
    Rows { person: PersonId, rows: &'a [RowRef] },
}

/// A share of the people, for one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeopleSlice {
    from: u64,
    /// Inclusive.
    to: u64,
}

impl PeopleSlice {
    pub const ALL: Self = Self { from: 0, to: u64::MAX };

    /// Smallest and largest key of the slice, both inclusive.
    #[must_use]
    pub const fn bounds(self) -> (u64, u64) {
        (self.from, self.to)
    }
}

/// How many leading elements satisfy the predicate: short distances cost little.
pub(crate) fn gallop(slice: &[u64], less: impl Fn(u64) -> bool) -> usize {
    let mut step = 1;
    while step < slice.len() && less(slice[step - 1]) {
        step *= 2;
    }
    let from = if step == 1 { 0 } else { step / 2 };
    let to = step.min(slice.len());
    from + slice[from..to].partition_point(|key| less(*key))
}

/// How a query takes event names: the name that a stored one counts as, or nothing if its rows do
/// not count.
pub trait EventNames: std::fmt::Debug + Send + Sync {
    fn counted_as<'a>(&'a self, stored: &'a str) -> Option<&'a str>;
}

/// Parts chosen for a query.
#[derive(Clone, Debug)]
pub struct Selection {
    snapshot: Arc<Snapshot>,
    parts: Vec<Arc<Part>>,
    dirty: Arc<Dirty>,
    names: Option<Arc<dyn EventNames>>,
}

impl Selection {
    pub(crate) const fn new(
        snapshot: Arc<Snapshot>,
        parts: Vec<Arc<Part>>,
        dirty: Arc<Dirty>,
    ) -> Self {
        Self { snapshot, parts, dirty, names: None }
    }

    /// With event names taken in another way.
    #[must_use]
    pub fn with_names(mut self, names: Arc<dyn EventNames>) -> Self {
        self.names = Some(names);
        self
    }

    /// The name that rows of a part with this event code count under; nothing if they do not count.
    #[must_use]
    pub fn event_name<'a>(&'a self, part: &'a Part, code: u32) -> Option<&'a str> {
        let stored = part.event_name(code);
        self.names.as_ref().map_or(Some(stored), |names| names.counted_as(stored))
    }

    #[must_use]
    pub const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    #[must_use]
    pub fn parts(&self) -> &[Arc<Part>] {
        &self.parts
    }

    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.rows())).sum()
    }

    /// Cuts the people into at most `count` slices of about equally many rows, over all parts: the
    /// people of one month are often not those of another.
    #[must_use]
    pub fn slices(&self, count: usize) -> Vec<PeopleSlice> {
        let total = self.rows();
        let step = (total / (count.max(1) as u64 * 16)).max(1);
        let mut samples: Vec<u64> = Vec::new();
        for part in &self.parts {
            let (starts, people) = (part.starts(), part.people());
            let mut row = step / 2;
            while row < u64::from(part.rows()) {
                let index = starts.partition_point(|start| u64::from(*start) <= row) - 1;
                samples.push(people[index]);
                row += step;
            }
        }
        samples.sort_unstable();
        let mut slices = Vec::with_capacity(count);
        let mut from = 0;
        for cut in 1..count {
            let Some(border) = samples.get(samples.len() * cut / count).copied() else { continue };
            if border > from {
                slices.push(PeopleSlice { from, to: border - 1 });
                from = border;
            }
        }
        slices.push(PeopleSlice { from, to: u64::MAX });
        slices
    }

    /// Gives every person of the slice once. Stops early when the visitor returns `false`, as a
    /// cancelled query does.
    pub fn walk(&self, slice: PeopleSlice, mut visit: impl FnMut(Piece<'_>) -> bool) {
        if self.walk_straight(slice, &mut visit) {
            self.walk_dirty(slice, false, &mut visit);
        }
    }

    /// Gives every row once, in no particular order.
    pub fn each_row(&self, mut visit: impl FnMut(RowRef)) {
        let mut of_run = |part: u32, rows: Range<u32>| {
            rows.for_each(|row| visit(RowRef { part, row }));
        };
        self.walk(PeopleSlice::ALL, |piece| {
            match piece {
                Piece::Block { part, people } => {
                    for index in people.clone() {
                        of_run(part, self.parts[part as usize].range(index));
                    }
                }
                Piece::Runs { runs, .. } => {
                    runs.iter().for_each(|run| of_run(run.part, run.start..run.end));
                }
                Piece::Rows { rows, .. } => {
                    rows.iter().for_each(|at| of_run(at.part, at.row..at.row + 1));
                }
            }
            true
        });
    }

    fn walk_straight(&self, slice: PeopleSlice, visit: &mut impl FnMut(Piece<'_>) -> bool) -> bool {
        let mut cursors: Vec<Cursor<'_>> = self
            .parts
            .iter()
            .zip(0..)
            .map(|(part, number)| Cursor::new(part, number, slice))
            .collect();
        let dirty = &self.dirty.keys;
        let mut next_dirty = dirty.partition_point(|key| *key < slice.from);
        let mut runs = Vec::with_capacity(cursors.len());
        cursors.retain(|cursor| cursor.at < cursor.end);
        while !cursors.is_empty() {
            // The smallest key, who has it, and the smallest key of the others.
            let (mut least, mut second, mut who, mut several) = (u64::MAX, u64::MAX, 0, false);
            for (index, cursor) in cursors.iter().enumerate() {
                let key = cursor.key;
                if key < least {
                    (second, least, who, several) = (least, key, index, false);
                } else if key == least {
                    several = true;
                } else {
                    second = second.min(key);
                }
            }
            while next_dirty < dirty.len() && dirty[next_dirty] < least {
                next_dirty += 1;
            }
            let dirty_key = dirty.get(next_dirty).copied().unwrap_or(u64::MAX);
            let is_dirty = dirty_key == least;
            let mut exhausted = false;
            if is_dirty || several {
                runs.clear();
                for cursor in cursors.iter_mut().filter(|cursor| cursor.key == least) {
                    runs.push(cursor.run());
                    cursor.advance_to(cursor.at + 1);
                    exhausted |= cursor.at == cursor.end;
                }
                if !is_dirty && !visit(Piece::Runs { person: PersonId(least), runs: &runs }) {
                    return false;
                }
            } else {
                let cursor = &mut cursors[who];
                let border = second.min(dirty_key);
                let len = gallop(&cursor.people[cursor.at..cursor.end], |key| key < border);
                let people = cursor.at..cursor.at + len;
                cursor.advance_to(people.end);
                exhausted = cursor.at == cursor.end;
                if !visit(Piece::Block { part: cursor.number, people: &people }) {
                    return false;
                }
            }
            if exhausted {
                cursors.retain(|cursor| cursor.at < cursor.end);
            }
        }
        true
    }

    /// Ascending keys whose people need gathering: their rows come from [`Selection::walk_gathered`]
    /// and an operator that scans parts by itself leaves them out.
    #[must_use]
    pub fn gathered_keys(&self) -> &[u64] {
        &self.dirty.keys
    }

    /// Only the people that need gathering.
    pub fn walk_gathered(&self, slice: PeopleSlice, mut visit: impl FnMut(Piece<'_>) -> bool) {
        self.walk_dirty(slice, false, &mut visit);
    }

    pub(crate) fn moved(&self) -> &Moved {
        &self.dirty.moved
    }

    pub(crate) fn kept_slices(&self) -> &OnceLock<Box<[NumberedSlice]>> {
        &self.dirty.numbered
    }

    /// Only the people that need gathering and are not among [`Selection::numbered`], as rows under
    /// one key belong to several people.
    pub fn walk_mixed(&self, slice: PeopleSlice, mut visit: impl FnMut(Piece<'_>) -> bool) {
        self.walk_dirty(slice, true, &mut visit);
    }

    fn walk_dirty(
        &self,
        slice: PeopleSlice,
        only_mixed: bool,
        visit: &mut impl FnMut(Piece<'_>) -> bool,
    ) {
        let groups = &self.dirty.groups;
        let from = groups.partition_point(|group| group.least < slice.from);
        let to = groups.partition_point(|group| group.least <= slice.to);
        let mut plain = Vec::new();
        for (index, group) in (from..).zip(&groups[from..to]) {
            let runs = self.dirty.runs_of(index);
            let on = match group.person {
                Some(_) if only_mixed => true,
                Some(person) => {
                    plain.clear();
                    plain.extend(runs.iter().map(|(_, run)| *run));
                    visit(Piece::Runs { person: PersonId(person), runs: &plain })
                }
                None => self.walk_people(runs, visit),
            };
            if !on {
                return;
            }
        }
    }

    /// Several people whose rows lie under the same keys.
    fn walk_people(&self, runs: &[(u64, Run)], visit: &mut impl FnMut(Piece<'_>) -> bool) -> bool {
        let merges = self.snapshot.merges();
        let mut people: BTreeMap<u64, Vec<RowRef>> = BTreeMap::new();
        for (key, run) in runs {
            let part = &self.parts[run.part as usize];
            for row in run.start..run.end {
                let person = merges.root(part.written(row, PersonId(*key)).0);
                people.entry(person).or_default().push(RowRef { part: run.part, row });
            }
        }
        people.retain(|person, _| !self.snapshot.erasing.contains(person));
        people.into_iter().all(|(person, mut rows)| {
            rows.sort_unstable_by_key(|row| self.place(*row));
            visit(Piece::Rows { person: PersonId(person), rows: &rows })
        })
    }

    /// Time in microseconds and offset of a row: its place in a person's order.
    #[must_use]
    pub fn place(&self, row: RowRef) -> (i64, u64) {
        let part = &self.parts[row.part as usize];
        (part.times().get(row.row), part.seqs().get(row.row).0)
    }

    /// Puts the rows of several runs in order of (time, seq). `rows` is cleared first.
    pub fn order(&self, runs: &[Run], rows: &mut Vec<RowRef>) {
        rows.clear();
        let mut last = None;
        let mut sorted = true;
        let mut runs_by_time: Vec<Run> = runs.to_vec();
        runs_by_time.sort_by_key(|run| self.place(RowRef { part: run.part, row: run.start }));
        for run in runs_by_time {
            if run.start == run.end {
                continue;
            }
            let first = self.place(RowRef { part: run.part, row: run.start });
            sorted &= last.is_none_or(|last| last < first);
            last = last.max(Some(self.place(RowRef { part: run.part, row: run.end - 1 })));
            rows.extend((run.start..run.end).map(|row| RowRef { part: run.part, row }));
        }
        if !sorted {
            rows.sort_by_cached_key(|row| self.place(*row));
        }
    }

    /// All rows of one canonical person, in order: for the list of their events.
    #[must_use]
    pub fn person(&self, person: PersonId) -> Vec<RowRef> {
        let group = self.dirty.keys.binary_search(&person.0).is_ok();
        let mut rows = Vec::new();
        if group {
            self.walk_dirty(PeopleSlice::ALL, false, &mut |piece| {
                match piece {
                    Piece::Runs { person: found, runs } if found == person => {
                        self.order(runs, &mut rows)
                    }
                    Piece::Rows { person: found, rows: ordered } if found == person => {
                        rows.extend_from_slice(ordered);
                    }
                    _ => return true,
                }
                false
            });
            return rows;
        }
        let mut runs = Vec::new();
        for (part, number) in self.parts.iter().zip(0..) {
            if let Ok(index) = part.people().binary_search(&person.0) {
                let Range { start, end } = part.range(index);
                runs.push(Run { part: number, start, end });
            }
        }
        self.order(&runs, &mut rows);
        rows
    }
}

/// A place in the sorted people of one part.
struct Cursor<'a> {
    number: u32,
    people: &'a [u64],
    starts: &'a [u32],
    at: usize,
    end: usize,
    key: u64,
}

impl<'a> Cursor<'a> {
    fn new(part: &'a Part, number: u32, slice: PeopleSlice) -> Self {
        let people = part.people();
        let at = people.partition_point(|key| *key < slice.from);
        let end = people.partition_point(|key| *key <= slice.to);
        let mut cursor = Self { number, people, starts: part.starts(), at, end, key: u64::MAX };
        cursor.advance_to(at);
        cursor
    }

    fn advance_to(&mut self, at: usize) {
        self.at = at;
        self.key = if at < self.end { self.people[at] } else { u64::MAX };
    }

    fn run(&self) -> Run {
        Run { part: self.number, start: self.starts[self.at], end: self.starts[self.at + 1] }
    }
}

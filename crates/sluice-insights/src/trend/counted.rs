//! How often which value was counted in which cell: sorted runs of (cell, value, times), so that
//! values need no hash table while rows are read.

use super::table::Table;

/// Pairs kept unsorted before they are added to the runs.
const FRESH_MAX: usize = 1 << 20;
/// Most distinct (cell, value) pairs; bounds memory at 16 bytes each.
pub(super) const RUNS_MAX: usize = 16_000_000;

/// A cell and a value in it, and how often.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// Cell in the upper half, value in the lower.
    fresh: Vec<u64>,
    runs: Vec<(u64, u64)>,
}

impl Counted {
    #[inline]
    pub(super) fn push(&mut self, cell: usize, value: u32) {
        self.fresh.push((cell as u64) << 32 | u64::from(value));
        if self.fresh.len() == FRESH_MAX {
            self.settle();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.runs.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.runs.len() > RUNS_MAX
    }

    /// Brings what is fresh in order.
    #[cold]
    pub(super) fn settle(&mut self) {
        if self.fresh.is_empty() || self.is_full() {
            self.fresh.clear();
            return;
        }
        self.fresh.sort_unstable();
        let mut more: Vec<(u64, u64)> = Vec::new();
        for key in self.fresh.drain(..) {
            match more.last_mut() {
                Some((last, times)) if *last == key => *times += 1,
                _ => more.push((key, 1)),
            }
        }
        let runs = std::mem::take(&mut self.runs);
        self.runs = if runs.is_empty() { more } else { merged(&runs, &more) };
    }

    /// Adds the runs of other people, whose cells are at other places.
    pub(super) fn add(&mut self, mut other: Self, place: impl Fn(usize) -> usize) {
        self.settle();
        other.settle();
        let mut moved: Vec<(u64, u64)> = other
            .runs
            .into_iter()
            .map(|(key, times)| ((place((key >> 32) as usize) as u64) << 32 | key & VALUE, times))
            .collect();
        moved.sort_unstable();
        self.runs = merged(&self.runs, &moved);
    }

    /// The values of a cell with their times, ascending. What is fresh must be settled.
    pub(super) fn of(&self, cell: usize) -> impl Iterator<Item = (u32, u64)> {
        let from = self.runs.partition_point(|(key, _)| key >> 32 < cell as u64);
        let runs = self.runs[from..].iter().take_while(move |(key, _)| key >> 32 == cell as u64);
        runs.map(|(key, times)| ((key & VALUE) as u32, *times))
    }
}

const VALUE: u64 = u32::MAX as u64;

fn merged(a: &[(u64, u64)], b: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut all = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let (left, right) = (a.get(i), b.get(j));
        let take_left = right.is_none_or(|right| left.is_some_and(|left| left.0 <= right.0));
        let take_right = left.is_none_or(|left| right.is_some_and(|right| right.0 <= left.0));
        let key = if take_left { left } else { right }.map_or(0, |one| one.0);
        let times = if take_left { left.map_or(0, |one| one.1) } else { 0 }
            + if take_right { right.map_or(0, |one| one.1) } else { 0 };
        all.push((key, times));
        i += usize::from(take_left);
        j += usize::from(take_right);
    }
    all
}

/// A row of the person at hand, for figures that must see all of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    /// Where the cells of the series begin.
    pub(super) series: u32,
    pub(super) value: u32,
    /// [`NOWHERE`] if it counts in the range alone.
    pub(super) bucket: u32,
    pub(super) in_range: bool,
}

pub(super) const NOWHERE: u32 = u32::MAX;

/// The rows of the person at hand, each list for figures of its own.
#[derive(Debug, Default)]
pub(super) struct Mine {
    pub(super) people: Vec<Seen>,
    pub(super) values: Vec<Seen>,
    pub(super) rows: Vec<Seen>,
}

impl Mine {
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.people.is_empty() && self.values.is_empty() && self.rows.is_empty()
    }

    /// Adds the person per series to each interval whose figure takes one of their rows in.
    pub(super) fn spread_people(&mut self, table: &mut Table) {
        self.people.sort_unstable();
        for rows in self.people.chunk_by(|a, b| a.series == b.series) {
            table.spread(rows);
        }
        self.people.clear();
    }

    /// Adds one per series and value to each interval that takes such a row in, and to the range.
    pub(super) fn spread_values(&mut self, table: &mut Table) {
        self.values.sort_unstable();
        for rows in self.values.chunk_by(|a, b| (a.series, a.value) == (b.series, b.value)) {
            table.spread_value(rows);
        }
        self.values.clear();
    }

    /// Counts how often the person has the event, per series and interval.
    pub(super) fn count_times(&mut self, table: &mut Table, buckets: &mut Vec<(usize, u32)>) {
        self.rows.sort_unstable();
        for rows in self.rows.chunk_by(|a, b| a.series == b.series) {
            buckets.clear();
            let mut in_range = 0;
            for row in rows {
                in_range += u32::from(row.in_range);
                if row.bucket == NOWHERE {
                    continue;
                }
                match buckets.last_mut() {
                    Some((last, times)) if *last == row.bucket as usize => *times += 1,
                    _ => buckets.push((row.bucket as usize, 1)),
                }
            }
            table.times(rows[0].series as usize, buckets, in_range);
        }
        self.rows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_count_what_was_pushed_and_what_others_counted() {
        let (mut one, mut other) = (Counted::default(), Counted::default());
        for value in [7, 3, 7, 9] {
            one.push(2, value);
            one.settle();
        }
        for value in [1, 7] {
            other.push(0, value);
        }
        one.add(other, |cell| cell + 2);
        assert_eq!(one.of(2).collect::<Vec<_>>(), [(1, 1), (3, 1), (7, 3), (9, 1)]);
        assert_eq!(one.of(1).count() + one.of(3).count(), 0);
    }
}

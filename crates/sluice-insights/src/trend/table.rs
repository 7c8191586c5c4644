//! The counts of a trend: per series (event and group) a cell for each bucket and one for the
//! range. A cell remembers the last person counted, so distinct people need no set.

use hashbrown::HashMap;

use super::counted::{Counted, NOWHERE, Seen};
use super::figure;
use super::sliding::{Sliding, seen};
use super::window::Window;

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) rows: u64,
    pub(crate) people: u64,
    pub(crate) sum: f64,
    /// Rows with a number.
    pub(crate) numbers: u64,
    last: u32,
}

/// Possible series up to which each has a place; above, only those that occur.
const DENSE_MAX: u64 = 4_000_000;
/// Most series that occur; bounds memory (I10).
pub(super) const SERIES_MAX: usize = 2_000_000;
const NONE: u32 = u32::MAX;

/// Where the cells of a series begin, made at its first row.
#[derive(Debug)]
enum Starts {
    Dense(Vec<u32>),
    Sparse(HashMap<u64, u32>),
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(super) buckets: usize,
    window: Window,
    starts: Starts,
    cells: Vec<Cell>,
    /// Series that are not there yet are not made.
    closed: bool,
    /// More series occur than there may be.
    pub(super) overflow: bool,
    /// By how much people (and values of a person) change from one interval to the next, in a
    /// window that takes several buckets; per series a place more than there are buckets, and one
    /// for the range. Empty until asked for.
    people: Vec<i64>,
    values: Vec<i64>,
    pub(super) counted: Counted,
}

impl Table {
    pub(crate) fn new(series: u64, buckets: usize, window: Window) -> Self {
        let starts = if series <= DENSE_MAX {
            Starts::Dense(vec![NONE; series as usize])
        } else {
            Starts::Sparse(HashMap::new())
        };
        Self {
            buckets,
            window,
            starts,
            cells: Vec::new(),
            closed: false,
            overflow: false,
            people: Vec::new(),
            values: Vec::new(),
            counted: Counted::default(),
        }
    }

    /// Makes some series and lets no others be made.
    pub(super) fn keep_only(&mut self, keys: &[u64]) {
        for key in keys {
            self.start(*key);
        }
        self.closed = true;
    }

    #[inline]
    fn start(&mut self, key: u64) -> Option<usize> {
        let known = match &self.starts {
            Starts::Dense(starts) => starts[key as usize],
            Starts::Sparse(starts) => starts.get(&key).copied().unwrap_or(NONE),
        };
        if known == NONE { self.make(key) } else { Some(known as usize) }
    }

    #[cold]
    fn make(&mut self, key: u64) -> Option<usize> {
        if self.closed {
            return None;
        }
        let start = self.cells.len();
        if start / (self.buckets + 1) >= SERIES_MAX {
            self.overflow = true;
            return None;
        }
        self.cells.resize(start + self.buckets + 1, Cell::default());
        match &mut self.starts {
            Starts::Dense(starts) => starts[key as usize] = start as u32,
            Starts::Sparse(starts) => {
                starts.insert(key, start as u32);
            }
        }
        Some(start)
    }

    /// Counts a row; `person` 0 is nobody and not among the people. Gives where the series' cells
    /// begin.
    #[inline]
    pub(crate) fn count(
        &mut self,
        key: u64,
        bucket: Option<usize>,
        in_range: bool,
        person: u32,
        number: Option<f64>,
    ) -> Option<u32> {
        let start = self.start(key)?;
        if in_range {
            self.cells[start + self.buckets].count(person, number);
        }
        if let Some(bucket) = bucket {
            self.cells[start + bucket].count(person, number);
        }
        Some(start as u32)
    }

    /// Where the two further places and those of the buckets of a series lie.
    fn spread_at(&self, start: usize) -> usize {
        start / (self.buckets + 1) * (self.buckets + 2)
    }

    /// Counts the person of some rows of one series, by bucket, once in each interval.
    pub(super) fn spread(&mut self, rows: &[Seen]) {
        let at = self.spread_at(rows[0].series as usize);
        let (window, buckets) = (self.window, self.buckets);
        spread(room(&mut self.people, at, buckets), window, rows);
    }

    /// Counts a value of a person, of rows of one series by bucket, in each interval and the range.
    pub(super) fn spread_value(&mut self, rows: &[Seen]) {
        let at = self.spread_at(rows[0].series as usize);
        let (window, buckets) = (self.window, self.buckets);
        let places = room(&mut self.values, at, buckets);
        spread(places, window, rows);
        places[buckets + 1] += i64::from(rows.iter().any(|row| row.in_range));
    }

    /// Counts how often a person had the event, by bucket and in the range.
    pub(super) fn times(&mut self, start: usize, buckets: &[(usize, u32)], in_range: u32) {
        if in_range > 0 {
            self.counted.push(start + self.buckets, in_range);
        }
        let (Some((first, _)), Some((last, _))) = (buckets.first(), buckets.last()) else { return };
        if self.window == Window::Own {
            for (bucket, times) in buckets {
                self.counted.push(start + bucket, *times);
            }
            return;
        }
        let from = self.window.taken_by(*first, self.buckets).start;
        let to = self.window.taken_by(*last, self.buckets).end;
        for at in from..to {
            let takes = self.window.takes(at);
            let of = buckets.iter().filter(|(bucket, _)| takes.contains(bucket));
            let times: u32 = of.map(|(_, times)| times).sum();
            if times > 0 {
                self.counted.push(start + at, times);
            }
        }
    }

    /// Adds the counts of other people.
    pub(crate) fn add(&mut self, mut other: Self) {
        self.overflow |= other.overflow;
        if self.cells.is_empty() {
            other.overflow = self.overflow;
            *self = other;
            return;
        }
        let width = self.buckets + 1;
        let mut places = vec![NONE; other.cells.len() / width];
        let mut add = |this: &mut Self, key: u64, from: u32| {
            let Some(start) = this.start(key) else { return };
            places[from as usize / width] = start as u32;
            let from = from as usize;
            for (sum, cell) in this.cells[start..].iter_mut().zip(&other.cells[from..from + width])
            {
                sum.rows += cell.rows;
                sum.people += cell.people;
                sum.sum += cell.sum;
                sum.numbers += cell.numbers;
            }
            let (to, from) = (this.spread_at(start), other.spread_at(from));
            let buckets = this.buckets;
            add_spread(&mut this.people, to, &other.people, from, buckets);
            add_spread(&mut this.values, to, &other.values, from, buckets);
        };
        match &other.starts {
            Starts::Dense(starts) => {
                for (key, from) in starts.iter().enumerate().filter(|(_, from)| **from != NONE) {
                    add(self, key as u64, *from);
                }
            }
            Starts::Sparse(starts) => starts.iter().for_each(|(key, from)| add(self, *key, *from)),
        }
        let place = |cell: usize| places[cell / width] as usize + cell % width;
        self.counted.add(std::mem::take(&mut other.counted), place);
    }

    /// The series that occur.
    pub(super) fn keys(&self) -> Vec<u64> {
        match &self.starts {
            Starts::Dense(starts) => {
                (0..).zip(starts).filter(|(_, at)| **at != NONE).map(|(key, _)| key).collect()
            }
            Starts::Sparse(starts) => starts.keys().copied().collect(),
        }
    }

    fn found(&self, key: u64) -> Option<usize> {
        let start = match &self.starts {
            Starts::Dense(starts) => *starts.get(key as usize)?,
            Starts::Sparse(starts) => *starts.get(&key)?,
        };
        (start != NONE).then_some(start as usize)
    }

    /// Whether any row was counted: in the range, or in an interval that is looked back at.
    pub(super) fn has_rows(&self, key: u64) -> bool {
        let own = self.found(key).map(|start| &self.cells[start..=start + self.buckets]);
        own.is_some_and(|cells| cells.iter().any(|cell| cell.rows > 0))
    }

    pub(crate) fn range(&self, key: u64) -> Option<&Cell> {
        Some(&self.cells[self.found(key)? + self.buckets])
    }

    /// What each interval takes in by the window, then the range's cell; nothing if no row was
    /// counted.
    pub(super) fn cells(&self, key: u64) -> Option<Vec<Cell>> {
        let start = self.found(key)?;
        let own = &self.cells[start..=start + self.buckets];
        if self.window == Window::Own {
            return Some(own.to_vec());
        }
        let people = self.spread_of(&self.people, start);
        let mut cells: Vec<Cell> = Vec::with_capacity(own.len());
        for (at, people) in people.iter().enumerate().take(self.buckets) {
            let mut sum = Cell::default();
            // What grows from the start goes on from the interval before.
            let takes = match (self.window, cells.last()) {
                (Window::FromStart, Some(before)) => {
                    sum = *before;
                    at..at + 1
                }
                _ => self.window.takes(at),
            };
            for cell in &own[takes] {
                sum.rows += cell.rows;
                sum.sum += cell.sum;
                sum.numbers += cell.numbers;
            }
            sum.people = *people;
            cells.push(sum);
        }
        cells.push(own[self.buckets]);
        Some(cells)
    }

    /// Distinct values of each person, all together, per interval and then of the range.
    pub(super) fn values_of_people(&self, key: u64) -> Option<Vec<u64>> {
        Some(self.spread_of(&self.values, self.found(key)?))
    }

    fn spread_of(&self, of: &[i64], start: usize) -> Vec<u64> {
        let at = self.spread_at(start);
        let Some(places) = of.get(at..at + self.buckets + 2) else {
            return vec![0; self.buckets + 1];
        };
        let mut all: Vec<u64> = sums(&places[..self.buckets]).collect();
        all.push(places[self.buckets + 1].unsigned_abs());
        all
    }

    /// Gives the room of counted values back; whether there were any.
    pub(super) fn forget_values(&mut self) -> bool {
        let had = !self.counted.is_empty();
        self.counted = Counted::default();
        had
    }

    /// The counted values of each interval alone, with their times, ascending; then those of the
    /// range.
    pub(super) fn counted(
        &self,
        key: u64,
    ) -> Option<impl Iterator<Item = impl Iterator<Item = (u32, u64)>>> {
        let start = self.found(key)?;
        Some((0..=self.buckets).map(move |cell| self.counted.of(start + cell)))
    }

    /// How many values were counted in each interval by the window, then in the range.
    pub(super) fn distinct(&self, key: u64) -> Option<Vec<u64>> {
        let start = self.found(key)?;
        let range = self.counted.of(start + self.buckets).count() as u64;
        let mut counts: Vec<u64> = Vec::with_capacity(self.buckets + 1);
        if self.window == Window::Own {
            counts.extend((0..self.buckets).map(|at| self.counted.of(start + at).count() as u64));
        } else {
            let cell = |at: usize| {
                self.counted.of(start + at).map(move |(value, _)| seen(value, at as u32))
            };
            let mut all: Vec<Seen> = (0..self.buckets).flat_map(cell).collect();
            all.sort_unstable();
            let mut places = vec![0; self.buckets + 2];
            for one in all.chunk_by(|a, b| a.value == b.value) {
                spread(&mut places, self.window, one);
            }
            counts.extend(sums(&places[..self.buckets]));
        }
        counts.push(range);
        Some(counts)
    }

    /// The number at a rank of those counted in each interval by the window, then in the range.
    pub(super) fn at_rank(
        &self,
        key: u64,
        rank: f64,
        number: impl Fn(u32) -> f64,
    ) -> Option<Vec<Option<f64>>> {
        let start = self.found(key)?;
        let cell = |at: usize| self.counted.of(start + at);
        let of = |at: usize| figure::at_rank(&cell(at).collect::<Vec<_>>(), rank, &number);
        let mut numbers: Vec<Option<f64>> = Vec::with_capacity(self.buckets + 1);
        if self.window == Window::Own {
            numbers.extend((0..self.buckets).map(of));
        } else {
            let values = (0..self.buckets).flat_map(cell).map(|(value, _)| value);
            let mut sliding = Sliding::new(values.collect());
            let mut held = 0..0;
            for at in 0..self.buckets {
                let takes = self.window.takes(at);
                (held.end..takes.end).flat_map(cell).for_each(|(v, times)| sliding.add(v, times));
                (held.start..takes.start).flat_map(cell).for_each(|(v, n)| sliding.remove(v, n));
                held = takes;
                numbers.push(sliding.at_rank(rank, &number));
            }
        }
        numbers.push(of(self.buckets));
        Some(numbers)
    }
}

/// What changes add up to, place by place.
fn sums(changes: &[i64]) -> impl Iterator<Item = u64> {
    changes.iter().scan(0_i64, |sum, change| {
        *sum += change;
        Some(sum.unsigned_abs())
    })
}

/// The places of a series, made if they are not there.
fn room(of: &mut Vec<i64>, at: usize, buckets: usize) -> &mut [i64] {
    if of.len() < at + buckets + 2 {
        of.resize(at + buckets + 2, 0);
    }
    &mut of[at..at + buckets + 2]
}

fn add_spread(into: &mut Vec<i64>, to: usize, of: &[i64], from: usize, buckets: usize) {
    if let Some(of) = of.get(from..from + buckets + 2) {
        room(into, to, buckets).iter_mut().zip(of).for_each(|(sum, more)| *sum += more);
    }
}

/// Marks the intervals that take any of the rows in, each once.
fn spread(places: &mut [i64], window: Window, rows: &[Seen]) {
    let buckets = places.len() - 2;
    let mut done = 0;
    for row in rows.iter().filter(|row| row.bucket != NOWHERE) {
        let range = window.taken_by(row.bucket as usize, buckets);
        let from = range.start.max(done);
        if from < range.end {
            places[from] += 1;
            places[range.end] -= 1;
            done = range.end;
        }
    }
}

impl Cell {
    #[inline]
    fn count(&mut self, person: u32, number: Option<f64>) {
        self.rows += 1;
        if person != 0 && self.last != person {
            self.last = person;
            self.people += 1;
        }
        if let Some(number) = number {
            self.sum += number;
            self.numbers += 1;
        }
    }
}

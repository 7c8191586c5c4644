//! Counts of a retention: people per row and column.

use super::spec::{RetentionCell, RetentionGrid, RetentionRow};
use crate::time::Buckets;

/// Words of a set of indexes or columns.
const WORDS: usize = 6;

/// A set of small numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

const _: () = assert!(super::spec::INDEX_MAX < 64 * WORDS as u32);

impl Bits {
    #[inline]
    pub(super) fn set(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    #[inline]
    pub(super) fn has(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 != 0
    }

    pub(super) fn has_any(&self, range: std::ops::Range<usize>) -> bool {
        range.into_iter().any(|number| self.has(number))
    }

    /// The numbers below 128, a bit each.
    pub(super) const fn low(&self) -> u128 {
        self.0[0] as u128 | (self.0[1] as u128) << 64
    }

    /// All numbers up to the largest.
    pub(super) fn filled_up(&self) -> Self {
        let mut all = Self::default();
        let Some(word) = (0..WORDS).rev().find(|word| self.0[*word] != 0) else { return all };
        all.0[..word].fill(u64::MAX);
        all.0[word] = u64::MAX >> self.0[word].leading_zeros();
        all
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    #[inline]
    pub(super) fn each(&self, mut visit: impl FnMut(usize)) {
        for (index, word) in self.0.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                visit(index * 64 + word.trailing_zeros() as usize);
                word &= word - 1;
            }
        }
    }
}

/// People per row, and per row and column; over all complete rows each once.
#[derive(Clone, Debug)]
pub(super) struct Table {
    columns: usize,
    people: u64,
    started: Vec<u64>,
    back: Vec<u64>,
    combined_of: Vec<u64>,
    combined: Vec<u64>,
}

impl Table {
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        Self {
            columns,
            people: 0,
            started: vec![0; rows],
            back: vec![0; rows * columns],
            combined_of: vec![0; columns],
            combined: vec![0; columns],
        }
    }

    #[inline]
    pub(super) fn count_row(&mut self, row: usize, columns: &Bits) {
        self.started[row] += 1;
        let back = &mut self.back[row * self.columns..][..self.columns];
        columns.each(|column| back[column] += 1);
    }

    /// Counts a person once: the columns of complete rows they are in, and those they came back in.
    #[inline]
    pub(super) fn count_person(&mut self, of: &Bits, back: &Bits) {
        self.people += 1;
        of.each(|column| self.combined_of[column] += 1);
        back.each(|column| self.combined[column] += 1);
    }

    /// Adds people who started in a row, and per column how many of them came back.
    pub(super) fn add_row(&mut self, row: usize, started: u64, back: impl Fn(usize) -> u64) {
        self.started[row] += started;
        let own = &mut self.back[row * self.columns..][..self.columns];
        own.iter_mut().enumerate().for_each(|(column, sum)| *sum += back(column));
    }

    /// Adds people once each: in all, and per column those of complete rows and those who came back.
    pub(super) fn add_people(
        &mut self,
        people: u64,
        of: impl Fn(usize) -> u64,
        back: impl Fn(usize) -> u64,
    ) {
        self.people += people;
        for column in 0..self.columns {
            self.combined_of[column] += of(column);
            self.combined[column] += back(column);
        }
    }

    pub(super) const fn people(&self) -> u64 {
        self.people
    }

    pub(super) fn add(&mut self, other: &Self) {
        let sum = |to: &mut Vec<u64>, from: &[u64]| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        };
        self.people += other.people;
        sum(&mut self.started, &other.started);
        sum(&mut self.back, &other.back);
        sum(&mut self.combined_of, &other.combined_of);
        sum(&mut self.combined, &other.combined);
    }

    /// `complete` tells per row for which columns it is complete.
    pub(super) fn grid(&self, buckets: &Buckets, complete: &[Bits]) -> RetentionGrid {
        let cell = |people: u64, of: u64, incomplete: bool| RetentionCell {
            people,
            of,
            share: (of > 0).then(|| people as f64 / of as f64),
            incomplete,
        };
        let mut summed = vec![(0, 0); self.columns];
        let mut rows = Vec::with_capacity(buckets.len());
        for (row, bucket) in buckets.list.iter().enumerate() {
            let (people, done) = (self.started[row], &complete[row]);
            let back = &self.back[row * self.columns..][..self.columns];
            for (column, (sum, of)) in summed.iter_mut().enumerate().filter(|(c, _)| done.has(*c)) {
                *sum += back[column];
                *of += people;
            }
            let cells = back.iter().zip(0..).map(|(n, column)| cell(*n, people, !done.has(column)));
            rows.push(RetentionRow {
                label: bucket.label.clone(),
                from: bucket.from.clone(),
                to: bucket.to.clone(),
                partial: bucket.partial,
                people,
                cells: cells.collect(),
            });
        }
        let never = |column: usize| !complete.iter().any(|row| row.has(column));
        let combined = self.combined.iter().zip(&self.combined_of).zip(0..);
        RetentionGrid {
            people: self.people,
            combined: combined.map(|((back, of), c)| cell(*back, *of, never(c))).collect(),
            summed: summed.iter().zip(0..).map(|((n, of), c)| cell(*n, *of, never(c))).collect(),
            rows,
        }
    }
}

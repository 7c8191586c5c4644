//! The counts of a trend: per series (event and group) a cell for each bucket and one for the
//! range. A cell remembers the last person counted, so distinct people need no set.

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

const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Table {
    buckets: usize,
    /// Where the cells of a series begin, made at its first row.
    starts: Vec<u32>,
    cells: Vec<Cell>,
    /// Groups per event when they were counted in a pass before this table.
    pub(crate) seen_groups: Vec<Option<u64>>,
}

impl Table {
    pub(crate) fn new(series: usize, buckets: usize) -> Self {
        Self { buckets, starts: vec![NONE; series], cells: Vec::new(), seen_groups: Vec::new() }
    }

    fn start(&mut self, series: usize) -> usize {
        if self.starts[series] == NONE {
            self.starts[series] = self.cells.len() as u32;
            self.cells.resize(self.cells.len() + self.buckets + 1, Cell::default());
        }
        self.starts[series] as usize
    }

    /// Counts a row; `person` 0 is nobody and not among the people.
    #[inline]
    pub(crate) fn count(
        &mut self,
        series: usize,
        bucket: Option<usize>,
        person: u32,
        number: Option<f64>,
    ) {
        let start = self.start(series);
        self.cells[start + self.buckets].count(person, number);
        if let Some(bucket) = bucket {
            self.cells[start + bucket].count(person, number);
        }
    }

    /// Adds the counts of other people.
    pub(crate) fn add(&mut self, other: Self) {
        if self.cells.is_empty() {
            *self = other;
            return;
        }
        for (series, from) in other.starts.iter().enumerate().filter(|(_, from)| **from != NONE) {
            let start = self.start(series);
            let from = *from as usize;
            for (sum, cell) in
                self.cells[start..].iter_mut().zip(&other.cells[from..=from + other.buckets])
            {
                sum.rows += cell.rows;
                sum.people += cell.people;
                sum.sum += cell.sum;
                sum.numbers += cell.numbers;
            }
        }
    }

    /// The buckets' cells and the range's, or nothing if no row was counted.
    pub(crate) fn cells(&self, series: usize) -> Option<&[Cell]> {
        let start = *self.starts.get(series).filter(|start| **start != NONE)? as usize;
        Some(&self.cells[start..=start + self.buckets])
    }

    pub(crate) fn range(&self, series: usize) -> Option<&Cell> {
        self.cells(series).and_then(<[Cell]>::last)
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

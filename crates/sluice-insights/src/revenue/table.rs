//! Sums per series and bucket. A cell remembers the last person counted, so distinct people need no
//! set.

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) amount: f64,
    pub(super) refunded: f64,
    pub(super) payments: u64,
    pub(super) paying: u64,
    last: u32,
}

impl Cell {
    /// `person` counts people from 1; 0 is nobody, who does not pay.
    #[inline]
    fn count(&mut self, amount: f64, person: u32) {
        self.amount += amount;
        self.payments += 1;
        if amount < 0.0 {
            self.refunded -= amount;
        }
        if amount > 0.0 && person != 0 && self.last != person {
            self.last = person;
            self.paying += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        self.amount += other.amount;
        self.refunded += other.refunded;
        self.payments += other.payments;
        self.paying += other.paying;
    }
}

/// Per series the buckets and the range; cells are made at a series' first payment.
#[derive(Debug)]
pub(super) struct Table {
    buckets: usize,
    starts: Vec<u32>,
    cells: Vec<Cell>,
}

const NONE: u32 = u32::MAX;

impl Table {
    pub(super) fn new(series: usize, buckets: usize) -> Self {
        Self { buckets, starts: vec![NONE; series], cells: Vec::new() }
    }

    fn start(&mut self, series: usize) -> usize {
        if self.starts[series] == NONE {
            self.starts[series] = self.cells.len() as u32;
            self.cells.resize(self.cells.len() + self.buckets + 1, Cell::default());
        }
        self.starts[series] as usize
    }

    #[inline]
    pub(super) fn count(&mut self, series: usize, bucket: usize, amount: f64, person: u32) {
        let start = self.start(series);
        if bucket < self.buckets {
            self.cells[start + bucket].count(amount, person);
        }
        self.cells[start + self.buckets].count(amount, person);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (series, from) in other.starts.iter().enumerate().filter(|(_, from)| **from != NONE) {
            let (start, from) = (self.start(series), *from as usize);
            let others = &other.cells[from..=from + other.buckets];
            self.cells[start..].iter_mut().zip(others).for_each(|(to, from)| to.add(from));
        }
    }

    /// The buckets' cells and the range's; nothing if there was no payment.
    pub(super) fn cells(&self, series: usize) -> Option<&[Cell]> {
        let start = *self.starts.get(series).filter(|start| **start != NONE)? as usize;
        Some(&self.cells[start..=start + self.buckets])
    }
}

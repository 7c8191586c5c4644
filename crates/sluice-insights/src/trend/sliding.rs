//! The values of a window while it moves from interval to interval: how many there are, which are
//! where in their order. Memory grows with the distinct values, not with how many intervals there are.

use super::counted::Seen;

/// Values with their times, in order; a tree of sums over them finds the one at a place.
pub(super) struct Sliding {
    /// Ascending.
    values: Vec<u32>,
    /// At place i (from 1) the times of the values that end there, as many as the lowest bit of i.
    sums: Vec<u64>,
    count: u64,
}

impl Sliding {
    /// For values that may come in.
    pub(super) fn new(mut values: Vec<u32>) -> Self {
        values.sort_unstable();
        values.dedup();
        Self { sums: vec![0; values.len() + 1], values, count: 0 }
    }

    pub(super) fn add(&mut self, value: u32, times: u64) {
        self.change(value, |sum| *sum += times);
        self.count += times;
    }

    pub(super) fn remove(&mut self, value: u32, times: u64) {
        self.change(value, |sum| *sum -= times);
        self.count -= times;
    }

    fn change(&mut self, value: u32, change: impl Fn(&mut u64)) {
        let mut at = self.values.partition_point(|one| *one < value) + 1;
        while at < self.sums.len() {
            change(&mut self.sums[at]);
            at += at & at.wrapping_neg();
        }
    }

    /// The value at a place (from 0) when all stand in order, each as often as it came in.
    fn nth(&self, mut place: u64) -> u32 {
        let mut at = 0;
        let mut step = self.sums.len().next_power_of_two() / 2;
        while step > 0 {
            if let Some(sum) = self.sums.get(at + step).filter(|sum| **sum <= place) {
                place -= sum;
                at += step;
            }
            step /= 2;
        }
        self.values[at]
    }

    /// The number at a rank from 0 to 1, by linear interpolation between neighbours.
    pub(super) fn at_rank(&self, rank: f64, number: impl Fn(u32) -> f64) -> Option<f64> {
        let place = self.count.checked_sub(1)? as f64 * rank;
        let nth = |place: f64| number(self.nth(place as u64));
        let (low, high) = (nth(place.floor()), nth(place.ceil()));
        Some(low + (high - low) * place.fract())
    }
}

/// Where a value was counted, as if by a person.
pub(super) const fn seen(value: u32, bucket: u32) -> Seen {
    Seen { series: 0, value, bucket, in_range: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trend::figure::at_rank;

    #[test]
    fn ranks_are_those_of_the_list_while_values_come_and_go() {
        let values = [5, 9, 2, 5, 40, 7, 7, 2, 1_000, 5];
        let mut sliding = Sliding::new(values.to_vec());
        let mut held: Vec<(u32, u64)> = Vec::new();
        for (index, value) in values.iter().enumerate() {
            sliding.add(*value, index as u64 % 3 + 1);
            held.push((*value, index as u64 % 3 + 1));
            if index > 3 {
                let (value, times) = held.remove(0);
                sliding.remove(value, times);
            }
            let mut sorted = held.clone();
            sorted.sort_unstable();
            for rank in [0.0, 0.25, 0.5, 0.9, 1.0] {
                let expected = at_rank(&sorted, rank, f64::from);
                assert_eq!(sliding.at_rank(rank, f64::from), expected, "{index} {rank}");
            }
        }
        assert_eq!(Sliding::new(Vec::new()).at_rank(0.5, f64::from), None);
    }
}

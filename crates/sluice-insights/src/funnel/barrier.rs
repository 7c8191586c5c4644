//! What must not happen between two steps, and until when the next step may therefore come.

/// Per pair of neighbouring steps the seconds in which something happens that must not lie
/// strictly between them.
#[derive(Debug)]
pub(super) struct Barriers {
    /// Bits of the events that matter to each pair.
    masks: Vec<u16>,
    seconds: Vec<Vec<i64>>,
}

impl Barriers {
    pub(super) fn new(masks: Vec<u16>) -> Self {
        Self { seconds: vec![Vec::new(); masks.len()], masks }
    }

    pub(super) fn are_none(&self) -> bool {
        self.masks.iter().all(|mask| *mask == 0)
    }

    pub(super) fn clear(&mut self) {
        self.seconds.iter_mut().for_each(Vec::clear);
    }

    /// Adds an event with its bits; seconds must ascend.
    #[inline]
    pub(super) fn add(&mut self, second: i64, bits: u16) {
        for (mask, seconds) in self.masks.iter().zip(&mut self.seconds) {
            if bits & mask != 0 && seconds.last() != Some(&second) {
                seconds.push(second);
            }
        }
    }

    /// The last second in which step `step + 1` may follow on a step in some second.
    #[inline]
    pub(super) fn deadline(&self, step: usize, second: i64) -> i64 {
        let seconds = &self.seconds[step];
        let next = seconds.partition_point(|at| *at <= second);
        seconds.get(next).copied().unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_may_come_until_the_next_second_with_a_forbidden_event() {
        let mut barriers = Barriers::new(vec![1, 0, 3]);
        for (second, bits) in [(2, 1), (2, 1), (5, 2), (9, 1)] {
            barriers.add(second, bits);
        }
        let deadlines = |step: usize| [1, 2, 5, 9].map(|second| barriers.deadline(step, second));
        assert_eq!(deadlines(0), [2, 9, 9, i64::MAX]);
        assert_eq!(deadlines(1), [i64::MAX; 4]);
        assert_eq!(deadlines(2), [2, 5, 9, i64::MAX]);
    }
}

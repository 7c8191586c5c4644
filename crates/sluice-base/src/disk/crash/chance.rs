//! Chance from a seed.

use super::index;

/// SplitMix64: small, fast, good enough to choose what survives.
#[derive(Clone, Default)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        index(self.next() % n.max(1) as u64)
    }

    /// Which of `n` unsynced things survive: none, all, a prefix, or any.
    pub(super) fn subset(&mut self, n: usize) -> Vec<bool> {
        let prefix = match self.below(5) {
            0 => 0,
            1 => n,
            2 => self.below(n + 1),
            _ => return (0..n).map(|_| self.below(2) == 0).collect(),
        };
        (0..n).map(|i| i < prefix).collect()
    }
}

//! How large the answer to a trend may get.

use crate::InsightError;

/// Most numbers of an answer: series times intervals, those of the past and of what formulas are
/// worked out from included. Bounds memory (I10) at some 100 bytes each.
pub(super) const NUMBERS_MAX: usize = 2_000_000;

/// What is left for numbers.
pub(super) struct Room(usize);

impl Room {
    pub(super) const fn new() -> Self {
        Self(NUMBERS_MAX)
    }

    /// Takes room for some series.
    pub(super) fn take(&mut self, series: usize, intervals: usize) -> Result<(), InsightError> {
        let left = self.0.checked_sub(series.saturating_mul(intervals));
        self.0 = left.ok_or(InsightError::TooManyNumbers { limit: NUMBERS_MAX })?;
        Ok(())
    }
}

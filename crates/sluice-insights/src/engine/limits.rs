//! Sizes from which on an answer is worked out in another way, or refused.

/// The usual ones are for a server; smaller ones take small questions the same ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Cells (groups times intervals) above which the groups to list are found first, and then
    /// counted alone.
    pub cells_max: usize,
    /// Groups of a funnel above which the same is done: each keeps times of each step.
    pub tallies_max: usize,
    /// Distinct values of one property above which only those are numbered that rows have which
    /// matter, and above which these are refused. Bounds memory (I10).
    pub values_max: usize,
    /// Rows written down at a time where groups are counted instead of people, 32 bytes each; of
    /// more, some of the groups come after the others.
    pub grouped_rows_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cells_max: 2_000_000,
            tallies_max: 10_000,
            values_max: 1_000_000,
            grouped_rows_max: 8_000_000,
        }
    }
}

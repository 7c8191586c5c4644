//! Which intervals' rows a figure of an interval takes in.

use std::ops::Range;

use super::spec::OverTime;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Window {
    /// Its own alone.
    #[default]
    Own,
    /// So many up to it.
    Rolling(u32),
    /// So many right before it.
    Before(u32),
    /// All from the beginning of the range up to it.
    FromStart,
}

impl Window {
    pub(super) const fn of(over_time: Option<OverTime>) -> Self {
        match over_time {
            Some(OverTime::RollingWindow(n)) => Self::Rolling(n),
            Some(OverTime::Cumulative) => Self::FromStart,
            Some(OverTime::RollingAverage(_)) | None => Self::Own,
        }
    }

    /// Intervals before the range that it looks at.
    pub(super) const fn back(self) -> u32 {
        match self {
            Self::Own | Self::FromStart => 0,
            Self::Rolling(n) => n.saturating_sub(1),
            Self::Before(n) => n,
        }
    }

    /// The intervals that one takes in.
    pub(super) fn takes(self, at: usize) -> Range<usize> {
        match self {
            Self::Own => at..at + 1,
            Self::Rolling(n) => (at + 1).saturating_sub(n as usize)..at + 1,
            Self::Before(n) => at.saturating_sub(n as usize)..at,
            Self::FromStart => 0..at + 1,
        }
    }

    /// The intervals, of `count`, that take one in.
    pub(super) fn taken_by(self, bucket: usize, count: usize) -> Range<usize> {
        let range = match self {
            Self::Own => bucket..bucket + 1,
            Self::Rolling(n) => bucket..bucket + n as usize,
            Self::Before(n) => bucket + 1..bucket + 1 + n as usize,
            Self::FromStart => bucket..count,
        };
        range.start.min(count)..range.end.min(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_taken_by_those_that_take_it() {
        for window in [Window::Own, Window::Rolling(3), Window::Before(2), Window::FromStart] {
            for at in 0..8 {
                for bucket in 0..8 {
                    assert_eq!(
                        window.takes(at).contains(&bucket),
                        window.taken_by(bucket, 8).contains(&at),
                        "{window:?} {at} {bucket}"
                    );
                }
            }
        }
    }
}

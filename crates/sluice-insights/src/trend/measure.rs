//! What a point of a trend says, how points of several intervals go together, and what they are
//! compared with.

use serde::{Deserialize, Serialize};
use sluice_filter::{Scope, number_text};
use utoipa::ToSchema;

use super::spec::Interval;
use crate::InsightError;
use crate::query::{PropertyRef, invalid};

/// Most bins of a distribution that a question may name.
pub const BINS_MAX: usize = 100;

/// What a point of a series says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Distinct people with the event.
    #[default]
    Uniques,
    /// Events.
    Totals,
    /// Share of active people who had the event, in percent; null when nobody was active.
    ActivePercent,
    /// Events per person who had one; null when nobody had.
    Average,
    /// How many people had the event how often: a series for each number of times, or for each of
    /// the bins.
    Frequency(Bins),
    /// Sum of a numeric property; other values are skipped.
    Sum(PropertyRef),
    /// Mean of a numeric property over the events that have it; null when none has.
    PropertyAverage(PropertyRef),
    /// Smallest number; null when no event has one.
    Minimum(PropertyRef),
    /// Largest number; null when no event has one.
    Maximum(PropertyRef),
    /// Middle number, by linear interpolation; null when no event has one.
    Median(PropertyRef),
    /// The number below which a share of them lies, by linear interpolation.
    Percentile(PercentileOf),
    /// Distinct values of a property. Of a list, each element is a value; absent is none.
    DistinctValues(PropertyRef),
    /// Distinct values of a property of each person, per person with the event; null when nobody had.
    DistinctPerUser(PropertyRef),
    /// Events by value of a property: a series for each value, or for each of the bins of numbers.
    Histogram(HistogramOf),
}

/// Ranges of numbers; each number for itself if there are none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bins {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bins: Vec<Bin>,
}

/// From `min` to before `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    pub min: f64,
    pub max: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentileOf {
    pub property: String,
    #[serde(default)]
    pub of: Scope,
    /// 0 to 100.
    pub percentile: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HistogramOf {
    pub property: String,
    #[serde(default)]
    pub of: Scope,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bins: Vec<Bin>,
}

/// How a point takes intervals before its own in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OverTime {
    /// Mean of the values of so many intervals up to this one. Those before the range are counted
    /// for it.
    RollingAverage(u32),
    /// The measure over so many intervals up to this one, people counted once.
    RollingWindow(u32),
    /// The measure from the beginning of the range to the end of the interval, people counted once.
    Cumulative,
}

/// How far back the past lies that a trend is compared with, by the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PastShift {
    pub count: u32,
    pub unit: ShiftUnit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShiftUnit {
    Days,
    Weeks,
    Months,
    Quarters,
    Years,
}

impl Measure {
    pub(super) fn check(&self) -> Result<(), InsightError> {
        match self {
            Self::Percentile(of) if !(0.0..=100.0).contains(&of.percentile) => {
                Err(invalid("`percentile` must be 0 to 100"))
            }
            Self::Frequency(of) => check_bins(&of.bins),
            Self::Histogram(of) => check_bins(&of.bins),
            _ => Ok(()),
        }
    }
}

fn check_bins(bins: &[Bin]) -> Result<(), InsightError> {
    if bins.len() > BINS_MAX {
        return Err(invalid(format!("at most {BINS_MAX} `bins` are allowed")));
    }
    for bin in bins {
        if !(bin.min.is_finite() && bin.max.is_finite() && bin.min < bin.max) {
            return Err(invalid("a bin needs a `min` below its `max`"));
        }
    }
    if bins.windows(2).any(|pair| pair[1].min < pair[0].max) {
        return Err(invalid("`bins` must ascend and not overlap"));
    }
    Ok(())
}

impl Bin {
    /// Its name in a result: `[0, 10)`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("[{}, {})", number_text(self.min), number_text(self.max))
    }

    /// Of one whole number.
    pub(super) fn at(number: u32) -> Self {
        Self { min: f64::from(number), max: f64::from(number) + 1.0 }
    }

    /// The one that has a label: one of several, or a whole number if there are none.
    pub(super) fn of_label(label: &str, bins: &[Self]) -> Result<Self, InsightError> {
        let unknown = || invalid(format!("the trend has no bin `{label}`"));
        if bins.is_empty() {
            return label.parse().map(Self::at).map_err(|_| unknown());
        }
        bins.iter().find(|bin| bin.label() == label).copied().ok_or_else(unknown)
    }

    pub(crate) fn holds(&self, number: f64) -> bool {
        self.min <= number && number < self.max
    }
}

impl OverTime {
    pub(super) fn check(self, interval: Interval) -> Result<(), InsightError> {
        let most = interval.rolling_max();
        match self {
            Self::RollingAverage(n) | Self::RollingWindow(n) if n == 0 || n > most => {
                Err(invalid(format!("a rolling figure takes 1 to {most} intervals of this length")))
            }
            _ => Ok(()),
        }
    }
}

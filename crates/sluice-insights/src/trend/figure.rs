//! What is worked out from one pass over the events: a measure by a window, and what the pass must
//! keep for it.

use super::spec::{Bin, Measure, TrendQuery};
use super::window::Window;
use crate::query::PropertyRef;

/// A number per interval of an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Uniques,
    Totals,
    ActivePercent,
    Average,
    Sum(PropertyRef),
    /// The sum per active person, whether they had the event or not.
    SumPerActive(PropertyRef),
    PropertyAverage(PropertyRef),
    /// At a rank from 0 to 1.
    Percentile(PropertyRef, f64),
    DistinctValues(PropertyRef),
    DistinctPerUser(PropertyRef),
    /// Of the times that each person had the event.
    FrequencyPercentile(f64),
    Frequency(Vec<Bin>),
    Histogram(PropertyRef, Vec<Bin>),
}

/// What a pass must keep besides rows and people.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Need {
    Rows,
    Sums(PropertyRef),
    Numbers(PropertyRef),
    Values(PropertyRef),
    ValuesOfPeople(PropertyRef),
    Times,
    Bins(PropertyRef, Vec<Bin>),
}

/// One pass: what it keeps, by which window, and how many intervals before the range it looks at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ask {
    pub(super) need: Need,
    pub(super) window: Window,
    pub(super) back: u32,
    /// Whether active people are counted, too.
    pub(super) base: bool,
}

impl What {
    pub(super) fn of(measure: &Measure) -> Self {
        match measure {
            Measure::Uniques => Self::Uniques,
            Measure::Totals => Self::Totals,
            Measure::ActivePercent => Self::ActivePercent,
            Measure::Average => Self::Average,
            Measure::Frequency(of) => Self::Frequency(of.bins.clone()),
            Measure::Sum(property) => Self::Sum(property.clone()),
            Measure::PropertyAverage(property) => Self::PropertyAverage(property.clone()),
            Measure::Minimum(property) => Self::Percentile(property.clone(), 0.0),
            Measure::Maximum(property) => Self::Percentile(property.clone(), 1.0),
            Measure::Median(property) => Self::Percentile(property.clone(), 0.5),
            Measure::Percentile(of) => {
                let property = PropertyRef { property: of.property.clone(), of: of.of };
                Self::Percentile(property, of.percentile / 100.0)
            }
            Measure::DistinctValues(property) => Self::DistinctValues(property.clone()),
            Measure::DistinctPerUser(property) => Self::DistinctPerUser(property.clone()),
            Measure::Histogram(of) => {
                let property = PropertyRef { property: of.property.clone(), of: of.of };
                Self::Histogram(property, of.bins.clone())
            }
        }
    }

    pub(super) fn need(&self) -> Need {
        match self {
            Self::Uniques | Self::Totals | Self::ActivePercent | Self::Average => Need::Rows,
            Self::Sum(property)
            | Self::SumPerActive(property)
            | Self::PropertyAverage(property) => Need::Sums(property.clone()),
            Self::Percentile(property, _) => Need::Numbers(property.clone()),
            Self::DistinctValues(property) => Need::Values(property.clone()),
            Self::DistinctPerUser(property) => Need::ValuesOfPeople(property.clone()),
            Self::FrequencyPercentile(_) | Self::Frequency(_) => Need::Times,
            Self::Histogram(property, bins) => Need::Bins(property.clone(), bins.clone()),
        }
    }

    pub(super) const fn needs_base(&self) -> bool {
        matches!(self, Self::ActivePercent | Self::SumPerActive(_))
    }
}

impl Ask {
    pub(super) fn of(what: &What, window: Window, mean_of: Option<u32>) -> Self {
        let back = window.back() + mean_of.map_or(0, |n| n.saturating_sub(1));
        Self { need: what.need(), window, back, base: what.needs_base() }
    }
}

/// The mean of how many intervals a point of the measure is.
pub(super) const fn mean_of(query: &TrendQuery) -> Option<u32> {
    match query.over_time {
        Some(super::spec::OverTime::RollingAverage(n)) => Some(n),
        _ => None,
    }
}

/// Each value's mean with those before it, of `n`; what has no value is left out.
pub(super) fn rolling_mean(values: &[Option<f64>], n: u32) -> Vec<Option<f64>> {
    (0..values.len())
        .map(|at| {
            let of = &values[(at + 1).saturating_sub(n as usize)..=at];
            let count = of.iter().flatten().count();
            (count > 0).then(|| of.iter().flatten().sum::<f64>() / count as f64)
        })
        .collect()
}

/// The number at a rank of some with their times, by linear interpolation between neighbours.
pub(super) fn at_rank(
    values: &[(u32, u64)],
    rank: f64,
    number: impl Fn(u32) -> f64,
) -> Option<f64> {
    let count: u64 = values.iter().map(|(_, times)| times).sum();
    let place = count.checked_sub(1)? as f64 * rank;
    let nth = |nth: u64| {
        let mut before = 0;
        for (value, times) in values {
            before += times;
            if nth < before {
                return number(*value);
            }
        }
        f64::NAN
    };
    let (low, high) = (nth(place.floor() as u64), nth(place.ceil() as u64));
    Some(low + (high - low) * place.fract())
}

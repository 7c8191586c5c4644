//! What is added up of the paths of a funnel with options: as a [`Tally`], and beside it distinct
//! people, sums, times, and the same by interval of entry.

use hashbrown::{HashMap, HashSet};

use super::spec::{Durations, FunnelBars, FunnelMoment, FunnelQuery, Resolution, TimeBin};
use super::tally::Tally;
use crate::query::EVENTS_MAX;
use crate::time::Buckets;

/// Widths of bins of time, in seconds, of which the first is taken that needs few enough.
const WIDTHS: [u64; 6] = [1, 10, 60, 600, 3_600, 86_400];
const BINS_USUAL: u64 = 100;
/// Most bins that a width asked for may give; what takes longer is in none.
const BINS_MAX: u64 = 10_000;

/// A path as it is counted.
pub(super) struct Counted<'a> {
    /// Who, and their number in the scan, from 1.
    pub(super) person: u64,
    pub(super) ordinal: u32,
    pub(super) depth: usize,
    /// Per step reached, in units of the resolution, ascending where the order is free.
    pub(super) times: &'a [i64],
    pub(super) open: bool,
    pub(super) number: Option<f64>,
}

impl Counted<'_> {
    /// From the first step to the last, in units.
    pub(super) fn duration(&self) -> u64 {
        (self.times[self.depth - 1] - self.times[0]).unsigned_abs()
    }
}

/// Distinct people per step, counted person by person.
#[derive(Clone, Debug, Default)]
struct Distinct {
    people: [u64; EVENTS_MAX],
    last: [u32; EVENTS_MAX],
}

impl Distinct {
    #[inline]
    fn count(&mut self, step: usize, ordinal: u32) {
        self.people[step] += u64::from(self.last[step] != ordinal);
        self.last[step] = ordinal;
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in self.people.iter_mut().zip(other.people) {
            *sum += more;
        }
    }
}

pub(super) struct Score {
    tally: Tally,
    reached: Distinct,
    dropped: Distinct,
    sum: f64,
    moments: HashMap<u32, Moment>,
    /// Duration and person of each conversion, if asked for.
    conversions: Vec<(u64, u64)>,
}

/// Who entered in an interval.
#[derive(Clone, Debug, Default)]
struct Moment {
    counts: [u64; EVENTS_MAX],
    reached: Distinct,
    /// Of each conversion; and per step of each path, from the step before.
    durations: Vec<u64>,
    between: Vec<Vec<u64>>,
}

impl Score {
    pub(super) fn new(steps: usize) -> Self {
        Self {
            tally: Tally::new(steps),
            reached: Distinct::default(),
            dropped: Distinct::default(),
            sum: 0.0,
            moments: HashMap::new(),
            conversions: Vec::new(),
        }
    }

    /// Counts a path of the whole range.
    pub(super) fn count(&mut self, path: &Counted<'_>, steps: usize, keeps_times: bool) {
        self.tally.count(path.depth, path.times, path.open);
        for step in 0..path.depth {
            self.reached.count(step, path.ordinal);
        }
        self.dropped.count(path.depth - 1, path.ordinal);
        self.sum += path.number.unwrap_or(0.0);
        if keeps_times && path.depth == steps {
            self.conversions.push((path.duration(), path.person));
        }
    }

    /// Counts a path of those that entered in an interval.
    pub(super) fn count_moment(&mut self, bucket: u32, path: &Counted<'_>, steps: usize) {
        let moment = self.moments.entry(bucket).or_default();
        for step in 0..path.depth {
            moment.counts[step] += 1;
            moment.reached.count(step, path.ordinal);
        }
        moment.between.resize_with(steps - 1, Vec::new);
        for (step, between) in moment.between.iter_mut().enumerate().take(path.depth - 1) {
            between.push((path.times[step + 1] - path.times[step]).unsigned_abs());
        }
        if path.depth == steps {
            moment.durations.push(path.duration());
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.tally.add(other.tally);
        self.reached.add(&other.reached);
        self.dropped.add(&other.dropped);
        self.sum += other.sum;
        self.conversions.extend(other.conversions);
        for (bucket, more) in other.moments {
            let moment = self.moments.entry(bucket).or_default();
            for (sum, more) in moment.counts.iter_mut().zip(more.counts) {
                *sum += more;
            }
            moment.reached.add(&more.reached);
            moment.durations.extend(more.durations);
            moment.between.resize_with(more.between.len(), Vec::new);
            moment.between.iter_mut().zip(more.between).for_each(|(all, more)| all.extend(more));
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.tally.people()
    }

    pub(super) fn bars(self, query: &FunnelQuery, buckets: Option<&Buckets>) -> FunnelBars {
        let steps = query.steps.len();
        let Self { tally, reached, dropped, sum, mut moments, conversions } = self;
        let mut bars = tally.bars(query);
        for (step, bar) in bars.steps.iter_mut().enumerate() {
            bar.people = reached.people[step];
            bar.people_dropped_off = if step + 1 < steps { dropped.people[step] } else { 0 };
        }
        bars.sum = query.sum.is_some().then_some(sum);
        let unit = seconds_of(query.resolution);
        bars.over_time = buckets.map(|buckets| {
            let of = |bucket: u32| moments.remove(&bucket).unwrap_or_default().shown(steps, unit);
            (0..buckets.len() as u32).map(of).collect()
        });
        bars.time_distribution =
            query.time_bins.map(|bins| distribution(conversions, unit, bins.width_seconds));
        bars
    }
}

pub(super) const fn seconds_of(resolution: Resolution) -> f64 {
    match resolution {
        Resolution::Second => 1.0,
        Resolution::Millisecond => 1e-3,
    }
}

impl Moment {
    fn shown(mut self, steps: usize, unit: f64) -> FunnelMoment {
        let (first, last) = (self.counts[0], self.counts[steps - 1]);
        self.between.resize_with(steps - 1, Vec::new);
        let between = self.between.iter_mut().map(|times| durations(times, unit)).collect();
        FunnelMoment {
            counts: self.counts[..steps].to_vec(),
            people: self.reached.people[..steps].to_vec(),
            conversion: (first > 0).then(|| last as f64 / first as f64),
            median_seconds: durations(&mut self.durations, unit).map(|found| found.median_seconds),
            times_from_previous: between,
        }
    }
}

fn durations(times: &mut [u64], unit: f64) -> Option<Durations> {
    let last = times.len().checked_sub(1)?;
    times.sort_unstable();
    let sum: u128 = times.iter().copied().map(u128::from).sum();
    Some(Durations {
        median_seconds: f64::midpoint(times[last / 2] as f64, times[last.div_ceil(2)] as f64)
            * unit,
        mean_seconds: sum as f64 / times.len() as f64 * unit,
    })
}

/// Bins from the one of the shortest time to that of the longest.
fn distribution(conversions: Vec<(u64, u64)>, unit: f64, width: Option<u32>) -> Vec<TimeBin> {
    let total = conversions.len() as f64;
    let seconds = |duration: u64| (duration as f64 * unit).floor() as u64;
    let longest = conversions.iter().map(|(duration, _)| seconds(*duration)).max();
    let Some(longest) = longest else { return Vec::new() };
    let usual = || WIDTHS.into_iter().find(|width| longest / width < BINS_USUAL);
    let width = width.map(u64::from).or_else(usual).unwrap_or(WIDTHS[WIDTHS.len() - 1]);
    let mut bins: Vec<(u64, HashSet<u64>)> = Vec::new();
    for (duration, person) in conversions {
        let bin = seconds(duration) / width;
        if bin < BINS_MAX {
            if bins.len() as u64 <= bin {
                bins.resize_with(bin as usize + 1, Default::default);
            }
            bins[bin as usize].0 += 1;
            bins[bin as usize].1.insert(person);
        }
    }
    let first = bins.iter().position(|bin| bin.0 > 0).unwrap_or(0);
    let all = bins.into_iter().enumerate().skip(first);
    all.map(|(index, (count, people))| TimeBin {
        from_seconds: index as u64 * width,
        to_seconds: (index as u64 + 1) * width,
        count,
        people: people.len() as u64,
        share: count as f64 / total,
    })
    .collect()
}

//! People by depth, and how long each step took them.

use super::spec::{Durations, FunnelBars, FunnelQuery, FunnelStep, Resolution};

/// Bits of a number by which medians are first narrowed down.
const NARROWED_BITS: u32 = 12;

/// People by depth, and how long each step took, in units of the resolution.
pub(super) struct Tally {
    depths: Vec<u64>,
    /// Per step from the second on; then from first to last, unless there are only two.
    times: Vec<Samples>,
    incomplete: u64,
}

impl Tally {
    pub(super) fn new(steps: usize) -> Self {
        let times = (0..steps).map(|_| Samples::default()).collect();
        Self { depths: vec![0; steps + 1], times, incomplete: 0 }
    }

    #[inline]
    pub(super) fn count(&mut self, depth: usize, times: &[i64], open: bool) {
        self.depths[depth] += 1;
        self.incomplete += u64::from(open);
        for step in 1..depth {
            self.times[step - 1].push((times[step] - times[step - 1]).unsigned_abs());
        }
        let steps = self.times.len();
        if depth == steps && steps != 2 {
            self.times[steps - 1].push((times[steps - 1] - times[0]).unsigned_abs());
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.incomplete += other.incomplete;
        for (sum, people) in self.depths.iter_mut().zip(other.depths) {
            *sum += people;
        }
        for (all, more) in self.times.iter_mut().zip(other.times) {
            all.add(more);
        }
    }

    pub(super) fn people(&self) -> u64 {
        self.depths[1..].iter().sum()
    }

    pub(super) fn bars(mut self, query: &FunnelQuery) -> FunnelBars {
        let unit = match query.resolution {
            Resolution::Second => 1.0,
            Resolution::Millisecond => 1e-3,
        };
        let count = query.steps.len();
        let reached: Vec<u64> = (1..=count).map(|step| self.depths[step..].iter().sum()).collect();
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        let steps = (0..count).map(|step| FunnelStep {
            label: query.steps[step].display_name(),
            count: reached[step],
            people: reached[step],
            dropped_off: if step + 1 < count { self.depths[step + 1] } else { 0 },
            people_dropped_off: if step + 1 < count { self.depths[step + 1] } else { 0 },
            from_start: share(reached[step], reached[0]),
            from_previous: share(reached[step], reached[step.saturating_sub(1)]),
            time_from_previous: (step > 0).then(|| self.times[step - 1].durations(unit)).flatten(),
        });
        let steps = steps.collect();
        let to_convert = if count == 2 { 0 } else { count - 1 };
        let time_to_convert = self.times[to_convert].durations(unit);
        FunnelBars { steps, time_to_convert, incomplete: self.incomplete, ..FunnelBars::default() }
    }
}

/// A tally of the many people of all groups together: writes without a branch per step.
pub(super) struct Lanes {
    steps: usize,
    depths: [u64; Self::STEPS_MAX + 1],
    incomplete: u64,
    waiting: Box<[[u32; Self::WAITING]; Self::STEPS_MAX]>,
    lens: [usize; Self::STEPS_MAX],
    pub(super) tally: Tally,
}

impl Lanes {
    const STEPS_MAX: usize = 16;
    const WAITING: usize = 256;

    pub(super) fn new(steps: usize) -> Self {
        Self {
            steps,
            depths: [0; Self::STEPS_MAX + 1],
            incomplete: 0,
            waiting: Box::new([[0; Self::WAITING]; Self::STEPS_MAX]),
            lens: [0; Self::STEPS_MAX],
            tally: Tally::new(steps),
        }
    }

    /// As [`Tally::count`], if no time between two steps needs more than 32 bits. `times` has room
    /// for all steps, whatever it holds beyond `depth`.
    #[inline(always)]
    pub(super) fn count(&mut self, depth: usize, times: &[i64; 16], open: bool) {
        self.depths[depth % (Self::STEPS_MAX + 1)] += 1;
        self.incomplete += u64::from(open);
        let steps = self.steps.min(Self::STEPS_MAX);
        for step in 1..steps {
            self.put(step - 1, times[step].wrapping_sub(times[step - 1]), step < depth);
        }
        if steps != 2 {
            self.put(steps - 1, times[steps - 1].wrapping_sub(times[0]), depth == steps);
        }
    }

    #[inline(always)]
    fn put(&mut self, lane: usize, time: i64, counts: bool) {
        let len = &mut self.lens[lane];
        self.waiting[lane][*len % Self::WAITING] = time as u32;
        *len += usize::from(counts);
        if *len == Self::WAITING {
            self.empty(lane);
        }
    }

    #[cold]
    fn empty(&mut self, lane: usize) {
        let waiting = &self.waiting[lane][..self.lens[lane]];
        self.tally.times[lane].short_mut().extend_from_slice(waiting);
        self.lens[lane] = 0;
    }

    pub(super) fn into_tally(mut self) -> Tally {
        (0..self.steps).for_each(|lane| self.empty(lane));
        for (sum, people) in self.tally.depths.iter_mut().zip(self.depths) {
            *sum += people;
        }
        self.tally.incomplete += self.incomplete;
        self.tally
    }
}

/// Times, those that need more than 32 bits (seven weeks in milliseconds) apart.
#[derive(Default)]
struct Samples {
    short: Vec<Vec<u32>>,
    long: Vec<u64>,
}

impl Samples {
    #[inline]
    fn push(&mut self, time: u64) {
        match u32::try_from(time) {
            Ok(short) => self.short_mut().push(short),
            Err(_) => self.long.push(time),
        }
    }

    #[inline]
    fn short_mut(&mut self) -> &mut Vec<u32> {
        if self.short.is_empty() {
            self.short.push(Vec::new());
        }
        &mut self.short[0]
    }

    fn add(&mut self, mut other: Self) {
        self.short.append(&mut other.short);
        self.long.append(&mut other.long);
    }

    /// Exact median (linear interpolation between the two middle values) and mean.
    fn durations(&mut self, unit: f64) -> Option<Durations> {
        let short: usize = self.short.iter().map(Vec::len).sum();
        let count = short + self.long.len();
        if count == 0 {
            return None;
        }
        let sum = self.short.iter().flatten().map(|time| u64::from(*time)).sum::<u64>();
        let sum = u128::from(sum) + self.long.iter().map(|time| u128::from(*time)).sum::<u128>();
        let (lower, upper) = self.middle(short, count);
        Some(Durations {
            median_seconds: f64::midpoint(lower, upper) * unit,
            mean_seconds: sum as f64 / count as f64 * unit,
        })
    }

    /// The two middle values, the same one twice if their number is odd. `short` is the number of
    /// short ones, which come first.
    fn middle(&mut self, short: usize, count: usize) -> (f64, f64) {
        let (lower, upper) = ((count - 1) / 2, count / 2);
        let mut values = Vec::new();
        if short <= 1 << NARROWED_BITS {
            values = self.short.concat();
        } else if upper < short {
            // Most values are only counted: a selection would move them all about, several times.
            let before = self.narrow((lower, upper), &mut values);
            return (nth(&mut values, &mut [], lower - before), {
                nth(&mut values, &mut [], upper - before)
            });
        } else if lower < short {
            // The border itself: nothing can be narrowed down.
            values = self.short.concat();
        }
        if values.is_empty() {
            let long = &mut self.long;
            return (nth(&mut [], long, lower - short), nth(&mut [], long, upper - short));
        }
        let long = &mut self.long;
        (nth(&mut values, long, lower), nth(&mut values, long, upper))
    }

    /// Puts into `into` the short values among which those of two neighbouring ranks are; gives how
    /// many smaller ones there are.
    fn narrow(&self, (lower, upper): (usize, usize), into: &mut Vec<u32>) -> usize {
        let values = || self.short.iter().flatten().copied();
        let most = values().max().unwrap_or_default();
        let shift = (u32::BITS - most.leading_zeros()).saturating_sub(NARROWED_BITS);
        let mut counts = vec![0u32; 1 << NARROWED_BITS];
        for value in values() {
            counts[(value >> shift) as usize] += 1;
        }
        let bucket_of = |rank: usize| {
            let (mut bucket, mut before) = (0, 0);
            while before + counts[bucket] as usize <= rank {
                before += counts[bucket] as usize;
                bucket += 1;
            }
            (bucket as u32, before)
        };
        let ((from, before), (to, _)) = (bucket_of(lower), bucket_of(upper));
        let among = counts[from as usize..=to as usize].iter().sum::<u32>() as usize;
        // Written one by one and kept only if it is among them: no branch that cannot be foretold.
        into.resize(among + 1, 0);
        let mut len = 0;
        for value in values() {
            into[len] = value;
            len += usize::from((from..=to).contains(&(value >> shift)));
        }
        into.truncate(len);
        before
    }
}

/// The value at a rank when the short times and then the long ones stand in order.
fn nth(short: &mut [u32], long: &mut [u64], rank: usize) -> f64 {
    match rank.checked_sub(short.len()) {
        None => f64::from(*short.select_nth_unstable(rank).1),
        Some(rank) => *long.select_nth_unstable(rank).1 as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_the_sorted_times_however_many_and_long_they_are() {
        for (count, spread) in [(1, 5), (2, 5), (9, 90), (4_999, 600_000_000), (20_000, 1 << 33)] {
            for parts in [1, 3] {
                let times: Vec<u64> = (0..count)
                    .map(|i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % spread)
                    .collect();
                let mut samples = Samples::default();
                for part in 0..parts {
                    let mut one = Samples::default();
                    times.iter().skip(part).step_by(parts).for_each(|time| one.push(*time));
                    samples.add(one);
                }
                let mut sorted = times;
                sorted.sort_unstable();
                let (a, b) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
                let found = samples.durations(1.0).map(|found| found.median_seconds);
                assert_eq!(
                    found,
                    Some(f64::midpoint(a as f64, b as f64)),
                    "{count} below {spread}"
                );
            }
        }
    }

    #[test]
    fn lanes_count_as_a_tally_does() {
        let (mut lanes, mut tally) = (Lanes::new(3), Tally::new(3));
        for person in 0..2_000_i64 {
            let mut times = [-1; 16];
            times[..3].copy_from_slice(&[person, person + person % 7, person * 3]);
            let (depth, open) = (1 + person as usize % 3, person % 5 == 0);
            lanes.count(depth, &times, open);
            tally.count(depth, &times, open);
        }
        let mut lanes = lanes.into_tally();
        assert_eq!((&lanes.depths, lanes.incomplete), (&tally.depths, tally.incomplete));
        for (a, b) in lanes.times.iter_mut().zip(&mut tally.times) {
            assert_eq!(a.durations(1.0), b.durations(1.0));
        }
    }
}

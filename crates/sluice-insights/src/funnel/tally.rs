//! People by depth, and how long each step took them.

use super::abreast::{ABREAST, Paths};
use super::spec::{Durations, FunnelBars, FunnelQuery, FunnelStep, Resolution};
use crate::query::EVENTS_MAX;

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
        let in_seconds = |found: Durations| Durations {
            median_seconds: found.median_seconds * unit,
            mean_seconds: found.mean_seconds * unit,
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
            time_from_previous: match step {
                0 => None,
                step => self.times[step - 1].durations().map(in_seconds),
            },
        });
        let steps = steps.collect();
        let to_convert = if count == 2 { 0 } else { count - 1 };
        let time_to_convert = self.times[to_convert].durations().map(in_seconds);
        FunnelBars { steps, time_to_convert, incomplete: self.incomplete, ..FunnelBars::default() }
    }
}

/// A tally of the many people of all groups together: writes without a branch per step.
pub(super) struct Lanes {
    steps: usize,
    /// People who reached each step.
    reached: [u64; EVENTS_MAX],
    incomplete: u64,
    waiting: Box<[[u32; Self::WAITING]; EVENTS_MAX]>,
    lens: [usize; EVENTS_MAX],
    pub(super) tally: Tally,
}

impl Lanes {
    const WAITING: usize = 512;

    pub(super) fn new(steps: usize) -> Self {
        Self {
            steps,
            reached: [0; EVENTS_MAX],
            incomplete: 0,
            waiting: Box::new([[0; Self::WAITING]; EVENTS_MAX]),
            lens: [0; EVENTS_MAX],
            tally: Tally::new(steps),
        }
    }

    /// As [`Tally::count`] for each of some people, if no time between two steps needs more than 32
    /// bits. Entries after `open_from` may still convert.
    #[inline(always)]
    pub(super) fn count<const S: usize>(&mut self, paths: &Paths<S, ABREAST>, open_from: i64) {
        let steps = self.steps.min(S);
        let (times, depth) = (&paths.times, &paths.depth);
        for (step, reached) in self.reached[..steps].iter_mut().enumerate() {
            *reached += depth.iter().map(|depth| u64::from(*depth > step as i64)).sum::<u64>();
        }
        let open = depth.iter().zip(&paths.last_entry);
        let open = open.map(|(depth, entry)| *depth < steps as i64 && *entry > open_from);
        self.incomplete += open.map(u64::from).sum::<u64>();
        for step in 1..steps {
            self.put(step - 1, &times[step], &times[step - 1], depth, step as i64);
        }
        if steps != 2 {
            self.put(steps - 1, &times[steps - 1], &times[0], depth, steps as i64 - 1);
        }
    }

    /// Keeps the times from one step to another of those who got deeper than `least`.
    #[inline(always)]
    fn put(
        &mut self,
        lane: usize,
        to: &[i64; ABREAST],
        from: &[i64; ABREAST],
        depth: &[i64; ABREAST],
        least: i64,
    ) {
        let waiting = &mut self.waiting[lane];
        let mut len = self.lens[lane];
        for person in 0..ABREAST {
            waiting[len % Self::WAITING] = to[person].wrapping_sub(from[person]) as u32;
            len += usize::from(depth[person] > least);
        }
        self.lens[lane] = len;
        if len > Self::WAITING - ABREAST {
            self.empty(lane);
        }
    }

    #[cold]
    fn empty(&mut self, lane: usize) {
        let waiting = &self.waiting[lane][..self.lens[lane]];
        self.tally.times[lane].extend(waiting);
        self.lens[lane] = 0;
    }

    pub(super) fn into_tally(mut self) -> Tally {
        (0..self.steps).for_each(|lane| self.empty(lane));
        let deeper = self.reached[1..self.steps].iter().copied().chain([0]);
        for (depth, (reached, deeper)) in self.reached.iter().zip(deeper).enumerate() {
            self.tally.depths[depth + 1] += reached - deeper;
        }
        self.tally.incomplete += self.incomplete;
        self.tally
    }
}

/// What is kept of groups.
#[derive(Clone, Copy)]
pub(super) enum Keep<'a> {
    All,
    /// People of each.
    Sizes,
    /// These.
    Only(&'a [u32]),
}

/// A tally for each group that has people, or how many people there are.
pub(super) struct ByGroup {
    steps: usize,
    /// Per group the place of its tally, from one.
    places: Vec<u32>,
    tallies: Vec<(u32, Tally)>,
    /// Per group.
    sizes: Option<Vec<u64>>,
    /// Groups that are not there yet are not made.
    is_closed: bool,
}

impl ByGroup {
    pub(super) fn new(steps: usize, keep: Keep<'_>) -> Self {
        let sizes = matches!(keep, Keep::Sizes).then(Vec::new);
        let mut all =
            Self { steps, places: Vec::new(), tallies: Vec::new(), sizes, is_closed: false };
        if let Keep::Only(groups) = keep {
            groups.iter().for_each(|group| all.make(*group));
            all.is_closed = true;
        }
        all
    }

    /// The group of those who do not reach a step has the largest number.
    const fn place(group: u32) -> usize {
        group.wrapping_add(1) as usize
    }

    /// Counts a person in each of their groups.
    #[inline]
    pub(super) fn count(&mut self, groups: &[u32], depth: usize, times: &[i64], open: bool) {
        if let Some(sizes) = &mut self.sizes {
            return count_people(sizes, groups);
        }
        for group in groups {
            let place = Self::place(*group);
            if self.places.get(place).is_none_or(|place| *place == 0) {
                if self.is_closed {
                    continue;
                }
                self.make(*group);
            }
            self.tallies[self.places[place] as usize - 1].1.count(depth, times, open);
        }
    }

    fn make(&mut self, group: u32) {
        let place = Self::place(group);
        if place >= self.places.len() {
            self.places.resize(place + 1, 0);
        }
        self.tallies.push((group, Tally::new(self.steps)));
        self.places[place] = self.tallies.len() as u32;
    }

    pub(super) fn into_tallies(self) -> Vec<(u32, Tally)> {
        self.tallies
    }

    /// Groups that have people, and how many.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (u32, u64)> {
        let all = self.sizes.iter().flatten().zip(0..);
        all.filter(|(people, _)| **people > 0)
            .map(|(people, place): (_, u32)| (place.wrapping_sub(1), *people))
    }
}

#[cold]
fn count_people(sizes: &mut Vec<u64>, groups: &[u32]) {
    for group in groups {
        let place = ByGroup::place(*group);
        if place >= sizes.len() {
            sizes.resize(place + 1, 0);
        }
        sizes[place] += 1;
    }
}

/// Times, those that need more than 32 bits (seven weeks in milliseconds) apart.
#[derive(Default)]
struct Samples {
    short: Vec<Vec<u32>>,
    /// The last of the short lists, being filled.
    last: Vec<u32>,
    long: Vec<u64>,
    /// In units, once it is known.
    durations: Option<Durations>,
}

/// Works out all medians and means, on some threads.
pub(super) fn work_out<'a>(tallies: impl Iterator<Item = &'a mut Tally>, threads: usize) {
    let mut samples: Vec<_> = tallies.flat_map(|tally| &mut tally.times).collect();
    // The largest first, dealt out in turn.
    samples.sort_by_key(|one| std::cmp::Reverse(one.len()));
    let mut hands: Vec<Vec<&mut Samples>> = (0..threads.max(1)).map(|_| Vec::new()).collect();
    for (index, one) in samples.into_iter().enumerate() {
        hands[index % threads.max(1)].push(one);
    }
    let work = |hand: Vec<&mut Samples>| {
        for one in hand {
            one.durations();
        }
    };
    std::thread::scope(|scope| {
        let own = hands.pop();
        for hand in hands {
            scope.spawn(move || work(hand));
        }
        own.into_iter().for_each(work);
    });
}

impl Samples {
    const ROOM_LEAST: usize = 16;
    const ROOM_MOST: usize = 32 * 1024;

    #[inline]
    fn push(&mut self, time: u64) {
        match u32::try_from(time) {
            Ok(short) => {
                self.make_room(1);
                self.last.push(short);
            }
            Err(_) => self.long.push(time),
        }
    }

    fn extend(&mut self, times: &[u32]) {
        self.make_room(times.len());
        self.last.extend_from_slice(times);
    }

    /// Sees to it that there is room for some more: in a new list rather than in one moved to where
    /// there is room.
    #[inline]
    fn make_room(&mut self, more: usize) {
        if self.last.len() + more > self.last.capacity() {
            let room = (self.last.capacity() * 2).clamp(Self::ROOM_LEAST, Self::ROOM_MOST);
            let full = std::mem::replace(&mut self.last, Vec::with_capacity(room.max(more)));
            self.short.push(full);
        }
    }

    fn add(&mut self, mut other: Self) {
        self.short.push(other.last);
        self.short.append(&mut other.short);
        self.long.append(&mut other.long);
    }

    fn len(&self) -> usize {
        self.short.iter().map(Vec::len).sum::<usize>() + self.last.len() + self.long.len()
    }

    /// Exact median (linear interpolation between the two middle values) and mean, in units.
    fn durations(&mut self) -> Option<Durations> {
        let count = self.len();
        if count == 0 || self.durations.is_some() {
            return self.durations;
        }
        self.short.push(std::mem::take(&mut self.last));
        let short = count - self.long.len();
        let sum = self.short.iter().flatten().map(|time| u64::from(*time)).sum::<u64>();
        let sum = u128::from(sum) + self.long.iter().map(|time| u128::from(*time)).sum::<u128>();
        let (lower, upper) = self.middle(short, count);
        self.durations = Some(Durations {
            median_seconds: f64::midpoint(lower, upper),
            mean_seconds: sum as f64 / count as f64,
        });
        self.durations
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
        let lists = || self.short.iter().map(Vec::as_slice);
        let most = lists().filter_map(|list| list.iter().max()).max().copied().unwrap_or_default();
        let shift = (u32::BITS - most.leading_zeros()).saturating_sub(NARROWED_BITS);
        let mut counts = vec![0u32; 1 << NARROWED_BITS];
        for list in lists() {
            for value in list {
                counts[(*value >> shift) as usize] += 1;
            }
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
        for list in lists() {
            for value in list {
                into[len] = *value;
                len += usize::from((from..=to).contains(&(*value >> shift)));
            }
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
                let found = samples.durations().map(|found| found.median_seconds);
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
        for steps in 1..=4 {
            let (mut lanes, mut tally) = (Lanes::new(steps), Tally::new(steps));
            for some in 0..200_i64 {
                let mut paths = Paths::<4, ABREAST>::NONE;
                for lane in 0..ABREAST {
                    let person = some * ABREAST as i64 + lane as i64;
                    let depth = person as usize % (steps + 1);
                    paths.depth[lane] = depth as i64;
                    for (step, times) in paths.times[..steps].iter_mut().enumerate() {
                        times[lane] = person + (person % 7 + 1) * step as i64;
                    }
                    if depth > 0 {
                        paths.last_entry[lane] = person % 5;
                        let open = depth < steps && person % 5 > 2;
                        tally.count(depth, &paths.times_of(lane), open);
                    }
                }
                lanes.count(&paths, 2);
            }
            let mut lanes = lanes.into_tally();
            assert_eq!((&lanes.depths, lanes.incomplete), (&tally.depths, tally.incomplete));
            for (a, b) in lanes.times.iter_mut().zip(&mut tally.times) {
                assert_eq!(a.durations(), b.durations());
            }
        }
    }
}

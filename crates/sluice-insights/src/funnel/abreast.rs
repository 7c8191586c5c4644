//! The paths of several people with equally many rows, no two of one person in the same unit of
//! time: most people are that, or one person by themselves.
//!
//! Then no rows compete for a place in the path: from each start, taking the next row of each step
//! is best, and the first start that gets deepest is the answer, as [`super::path`] finds it. Going
//! from the last row to the first, it is enough to keep for each step how the path goes on from its
//! next row. There is no branch in here, as none could be foretold; compilers turn the loops over
//! people into vector code.

use crate::engine::Mark;

/// People worked off together.
pub(super) const ABREAST: usize = 16;

/// After everything.
const NEVER: i64 = i64::MAX;

/// One value for each of some people.
type Each<const L: usize> = [i64; L];

/// What is known of some people's rows from the last to some row: in the end their paths, of which
/// the first `depth` of each person's times are of theirs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paths<const S: usize, const L: usize> {
    /// Zero for who has no row of step 1.
    pub(super) depth: Each<L>,
    /// Per step.
    pub(super) times: [Each<L>; S],
    /// The time of the last row of step 1, or the least number.
    pub(super) last_entry: Each<L>,
    /// All bits if the rows were in order and none shared a unit of time; otherwise nothing else
    /// can be relied on.
    pub(super) exact: Each<L>,
    /// Of the path that goes on with the next row of a step (first index), the time of each step
    /// from there on (second index).
    next: [[Each<L>; S]; S],
    /// The time of the row.
    time: Each<L>,
}

impl<const S: usize, const L: usize> Paths<S, L> {
    pub(super) const NONE: Self = Self {
        depth: [0; L],
        times: [[0; L]; S],
        last_entry: [i64::MIN; L],
        exact: [-1; L],
        next: [[[NEVER; L]; S]; S],
        time: [NEVER; L],
    };

    /// Forgets all but times that mean nothing without a depth.
    #[inline(always)]
    fn begin(&mut self) {
        self.depth = [0; L];
        self.last_entry = [i64::MIN; L];
        self.exact = [-1; L];
        for step in 1..S {
            for further in step..S {
                self.next[step][further] = [NEVER; L];
            }
        }
        self.time = [NEVER; L];
    }

    /// Leaves a person out.
    pub(super) fn forget(&mut self, lane: usize) {
        (self.depth[lane], self.last_entry[lane]) = (0, i64::MIN);
    }

    /// The times of one person.
    #[inline(always)]
    pub(super) fn times_of(&self, lane: usize) -> [i64; S] {
        self.times.map(|times| times[lane])
    }
}

/// For each person which of their marks has a time.
#[inline(always)]
pub(super) fn places<const L: usize>(marks: &[[Mark; L]], times: &Each<L>) -> Each<L> {
    let mut found = [0; L];
    for (row, index) in marks.iter().zip(0..) {
        for (lane, mark) in row.iter().enumerate() {
            found[lane] |= index & -i64::from(mark.time() == times[lane]);
        }
    }
    found
}

/// Finds the paths through at most `S` steps; each person's marks are a column of `marks`. Works in
/// `memory`, whatever it holds.
#[inline(always)]
pub(super) fn find<'m, const S: usize, const L: usize>(
    memory: &'m mut [Paths<S, L>; 2],
    marks: &[[Mark; L]],
    window: i64,
) -> &'m mut Paths<S, L> {
    // Each row is read from one and written to the other: to write only some lanes in place is slow.
    let [known, other] = memory;
    let (mut known, mut other) = (known, other);
    known.begin();
    for row in marks.iter().rev() {
        look_at(row, window, known, other);
        std::mem::swap(&mut known, &mut other);
    }
    known
}

/// Takes one row more of each person into what is known.
#[inline(always)]
fn look_at<const S: usize, const L: usize>(
    row: &[Mark; L],
    window: i64,
    known: &Paths<S, L>,
    into: &mut Paths<S, L>,
) {
    for (lane, mark) in row.iter().enumerate() {
        let time = mark.time();
        into.exact[lane] = known.exact[lane] & -i64::from(time < known.time[lane]);
        into.time[lane] = time;
        let start = mark.is(0);
        let end = time + window;
        let mut depth = 1;
        for step in 1..S {
            depth += i64::from(known.next[1][step][lane] <= end);
        }
        let deeper = start & -i64::from(depth >= known.depth[lane]);
        into.depth[lane] = choose(deeper, depth, known.depth[lane]);
        into.times[0][lane] = choose(deeper, time, known.times[0][lane]);
        for step in 1..S {
            into.times[step][lane] =
                choose(deeper, known.next[1][step][lane], known.times[step][lane]);
        }
        let first = start & -i64::from(known.last_entry[lane] == i64::MIN);
        into.last_entry[lane] = choose(first, time, known.last_entry[lane]);
        // A row has one place in a path: each step goes on with what was known before this row.
        for step in 1..S {
            let is = mark.is(step);
            into.next[step][step][lane] = choose(is, time, known.next[step][step][lane]);
            for further in step + 1..S {
                into.next[step][further][lane] = choose(
                    is,
                    known.next[step + 1][further][lane],
                    known.next[step][further][lane],
                );
            }
        }
    }
}

/// `yes` where all bits are set, `no` where none is.
#[inline(always)]
const fn choose(all: i64, yes: i64, no: i64) -> i64 {
    (yes & all) | (no & !all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funnel::path::{Finder, Row};
    use crate::query::EVENTS_MAX;

    /// Xorshift.
    fn next(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    /// Marks of as many people as go abreast, `count` each.
    fn some(state: &mut u64, count: usize, steps: usize) -> Vec<[Mark; ABREAST]> {
        let mut times = [0; ABREAST];
        let rows = (0..count).map(|_| {
            std::array::from_fn(|lane| {
                times[lane] += 1 + next(state) % 4;
                let slots = (next(state) & next(state)) as u16 & ((1 << steps) - 1);
                Mark::new(times[lane], slots)
            })
        });
        rows.collect()
    }

    #[test]
    fn paths_of_many_abreast_and_of_each_alone_are_those_of_the_exact_way() {
        let mut state = 88_172_645_463_325_252;
        for round in 0..5_000 {
            let steps = 1 + next(&mut state) as usize % 6;
            let count = 1 + next(&mut state) as usize % 9;
            let rows = some(&mut state, count, steps);
            let window = (next(&mut state) % 12) as i64;
            let mut memory = [Paths::<EVENTS_MAX, ABREAST>::NONE; 2];
            let many = find(&mut memory, &rows, window);
            let mut memory_of_few = [Paths::<4, ABREAST>::NONE; 2];
            let few = find(&mut memory_of_few, &rows, window);
            for lane in 0..ABREAST {
                let marks: Vec<Mark> = rows.iter().map(|row| row[lane]).collect();
                let exact: Vec<Row> = marks
                    .iter()
                    .map(|mark| Row {
                        second: mark.time(),
                        steps: mark.slots(),
                        kind: mark.slots().into(),
                    })
                    .collect();
                let path = Finder::new(steps, window, false).find(&exact);
                let times: Vec<i64> =
                    path.rows[..path.depth].iter().map(|row| exact[*row as usize].second).collect();
                let entry = exact.iter().rev().find(|row| row.steps & 1 != 0);
                let mut memory_of_one = [Paths::<EVENTS_MAX, 1>::NONE; 2];
                let alone = find(&mut memory_of_one, marks.as_chunks::<1>().0, window);
                if steps <= 4 {
                    assert_eq!(few.depth[lane], path.depth as i64, "{round}: {marks:?}, {window}");
                    assert_eq!(few.times_of(lane)[..path.depth], times);
                }
                let (many_times, alone_times): (Vec<i64>, Vec<i64>) = (0..path.depth)
                    .map(|step| (many.times[step][lane], alone.times[step][0]))
                    .unzip();
                assert_eq!(many.depth[lane], path.depth as i64, "{round}: {marks:?}, {window}");
                assert_eq!(many_times, times, "{round}: {marks:?} within {window}");
                assert_eq!(
                    (alone.depth[0], alone_times, alone.last_entry[0], alone.exact[0]),
                    (path.depth as i64, times, many.last_entry[lane], many.exact[lane])
                );
                assert_eq!(many.exact[lane], -1);
                assert_eq!(many.last_entry[lane], entry.map_or(i64::MIN, |row| row.second));
            }
        }
    }

    #[test]
    fn rows_out_of_order_or_in_one_unit_of_time_are_noticed() {
        let exact = |times: [u64; 3]| {
            let marks = times.map(|time| [Mark::new(time, 1)]);
            find(&mut [Paths::<4, 1>::NONE; 2], &marks, 10).exact[0] != 0
        };
        assert!(exact([0, 1, 5]));
        assert!(!exact([0, 5, 5]));
        assert!(!exact([1, 0, 5]));
    }
}

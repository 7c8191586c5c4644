//! What becomes of each person's rows in a trend.

use sluice_event::PersonId;

use super::counted::{Mine, NOWHERE, Seen};
use super::dims::{Dims, Group};
use super::spec::Bin;
use super::table::Table;
use crate::engine::{FirstSeen, Groups, Hit, Numbers, Operator, Plan, Ranks};
use crate::people::{Found, FoundPeople};
use crate::query::Users;
use crate::time::Buckets;

/// All that a pass reads while rows go by.
pub(super) struct Scene {
    pub(super) buckets: Buckets,
    /// First instant of the range itself; buckets may lie before it.
    pub(super) range_from: i64,
    pub(super) plan: Plan,
    pub(super) dims: Dims,
    pub(super) values: Values,
    pub(super) events: usize,
    /// Slot of "any active event that passes the segment".
    pub(super) base_slot: Option<usize>,
    /// Slot of "any active event", where an event may be inactive and users must be active.
    pub(super) active_slot: Option<usize>,
    /// Whether a figure takes several intervals in, so that people are counted once for each.
    pub(super) is_spread: bool,
    pub(super) users: Users,
}

/// What is kept of a row besides that it was there.
pub(super) enum Values {
    None,
    Sums(Numbers),
    Numbers(Ranks),
    Distinct(Groups),
    OfPeople(Groups),
    Times,
}

/// What a pass keeps.
pub(super) enum Keep {
    All,
    /// Range totals of all groups.
    RangesOnly,
    /// Buckets of these series.
    Only(Vec<u64>),
    /// The people of one number.
    People(Point),
}

#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) event: usize,
    /// Any group where none is named.
    pub(super) group: [Option<u32>; 3],
    /// Buckets that it takes in; the range if absent.
    pub(super) buckets: Option<std::ops::Range<usize>>,
    /// How often the event happened.
    pub(super) times: Option<Bin>,
}

pub(super) struct Trend<'s> {
    pub(super) scene: &'s Scene,
    pub(super) first_seen: Option<FirstSeen<'s>>,
    pub(super) keep: &'s Keep,
    pub(super) table: Table,
    /// Where the last row was: the next is often there, too.
    bucket: usize,
    /// Counts people from 1; 0 is nobody.
    ordinal: u32,
    /// The last person who was active in each bucket, and in the range.
    active: Vec<u32>,
    mine: Mine,
    times: Vec<(usize, u32)>,
    pub(super) found: FoundPeople,
    found_rows: u64,
}

/// In which buckets a person's rows count.
enum Counted {
    Everywhere,
    /// In this bucket, and in the range or not.
    NewIn(Option<usize>, bool),
    WhereActive,
}

/// A row that counts.
#[derive(Clone, Copy)]
struct Counts {
    person: u64,
    bucket: Option<usize>,
    in_range: bool,
}

impl<'s> Trend<'s> {
    pub(super) fn new(
        scene: &'s Scene,
        first_seen: Option<FirstSeen<'s>>,
        keep: &'s Keep,
        (table, found): (Table, FoundPeople),
    ) -> Self {
        Self {
            scene,
            first_seen,
            keep,
            table,
            bucket: 0,
            ordinal: 0,
            active: vec![0; scene.buckets.len() + 1],
            mine: Mine::default(),
            times: Vec::new(),
            found,
            found_rows: 0,
        }
    }
}

impl Operator for Trend<'_> {
    const NOBODY: bool = true;

    #[inline]
    fn person(&mut self, person: u64, hits: &mut [Hit], _sorted: bool) {
        let mut first = None;
        if person != 0 {
            self.ordinal += 1;
            if let Some(reader) = &mut self.first_seen {
                first = reader.get(PersonId(person)).map(|at| at.as_micros());
            }
        }
        if self.scene.plan.first_only != 0 {
            self.scene.plan.keep_first(person, hits, first);
        }
        let counted = self.counted(person, hits, first);
        for hit in hits.iter() {
            let bucket = self.bucket_of(hit.time);
            let is_inside = hit.time >= self.scene.range_from;
            let (here, in_range) = match counted {
                Counted::Everywhere => (true, is_inside),
                Counted::NewIn(first, in_range) => (first == Some(bucket), in_range && is_inside),
                // The row of nobody is its own witness.
                Counted::WhereActive if person == 0 => {
                    let active = self.is_active(hit);
                    (active, active && is_inside)
                }
                Counted::WhereActive => {
                    let range = self.scene.buckets.len();
                    let of = |at: usize| self.active[at] == self.ordinal;
                    (of(bucket), of(range) && is_inside)
                }
            };
            if here || in_range {
                self.count(hit, Counts { person, bucket: here.then_some(bucket), in_range });
            }
        }
        self.close(person);
    }
}

impl Trend<'_> {
    fn counted(&mut self, person: u64, hits: &[Hit], first: Option<i64>) -> Counted {
        match self.scene.users {
            Users::Any => Counted::Everywhere,
            Users::New => {
                let edges = &self.scene.buckets.edges;
                let inside = first.filter(|at| *at >= edges[0] && *at < edges[edges.len() - 1]);
                let in_range = inside.is_some_and(|at| at >= self.scene.range_from);
                Counted::NewIn(inside.map(|at| self.bucket_of(at)), in_range)
            }
            Users::Active if self.scene.active_slot.is_none() => Counted::Everywhere,
            Users::Active => {
                if person != 0 {
                    let range = self.scene.buckets.len();
                    for hit in hits {
                        if self.is_active(hit) {
                            let bucket = self.bucket_of(hit.time);
                            self.active[bucket] = self.ordinal;
                            if hit.time >= self.scene.range_from {
                                self.active[range] = self.ordinal;
                            }
                        }
                    }
                }
                Counted::WhereActive
            }
        }
    }

    fn is_active(&self, hit: &Hit) -> bool {
        self.scene.active_slot.is_some_and(|slot| hit.slots >> slot & 1 != 0)
    }

    #[inline]
    fn bucket_of(&mut self, time: i64) -> usize {
        let edges = &self.scene.buckets.edges;
        let at = self.bucket;
        if time < edges[at] || time >= edges[at + 1] {
            self.bucket = edges.partition_point(|edge| *edge <= time) - 1;
        }
        self.bucket
    }

    #[inline]
    fn count(&mut self, hit: &Hit, counts: Counts) {
        let scene = self.scene;
        let number = match &scene.values {
            Values::Sums(numbers) => numbers.of(hit.part, hit.row, counts.person),
            _ => None,
        };
        let mut slots = hit.slots;
        while slots != 0 {
            let slot = slots.trailing_zeros() as usize;
            slots &= slots - 1;
            if Some(slot) == scene.active_slot {
                continue;
            }
            if slot >= scene.events || !scene.dims.is_split() {
                self.count_group(slot, [0; 3], hit, counts, number);
                continue;
            }
            let of = |dim: usize| match &scene.dims.groups[dim] {
                Some(groups) => groups.of(hit.part, hit.row, counts.person),
                None => &[0],
            };
            let (seconds, bins) = (of(1), of(2));
            for first in of(0) {
                for second in seconds {
                    for bin in bins {
                        self.count_group(slot, [*first, *second, *bin], hit, counts, number);
                    }
                }
            }
        }
    }

    #[inline]
    fn count_group(
        &mut self,
        slot: usize,
        group: Group,
        hit: &Hit,
        counts: Counts,
        number: Option<f64>,
    ) {
        let Counts { person, bucket, in_range } = counts;
        match self.keep {
            Keep::People(point) => self.find(point, slot, group, hit, counts),
            Keep::RangesOnly => {
                let key = self.scene.dims.key(slot, group);
                self.table.count(key, None, in_range, self.ordinal_of(person), number);
            }
            Keep::All | Keep::Only(_) => {
                let key = self.scene.dims.key(slot, group);
                let ordinal = self.ordinal_of(person);
                let start = self.table.count(key, bucket, in_range, ordinal, number);
                if let Some(series) = start
                    && (self.scene.is_spread || !matches!(self.scene.values, Values::None))
                {
                    self.keep_row(slot, series, hit, counts);
                }
            }
        }
    }

    /// Keeps of a row what its measure needs, until the person is done with or for ever.
    fn keep_row(&mut self, slot: usize, series: u32, hit: &Hit, counts: Counts) {
        let Counts { person, bucket, in_range } = counts;
        let scene = self.scene;
        let cells = [
            bucket.map(|bucket| series as usize + bucket),
            in_range.then_some(series as usize + scene.buckets.len()),
        ];
        let at = bucket.map_or(NOWHERE, |bucket| bucket as u32);
        let mut seen = Seen { series, value: 0, bucket: at, in_range };
        match &scene.values {
            _ if slot >= scene.events => {}
            Values::Numbers(ranks) => {
                if let Some(rank) = ranks.of(hit.part, hit.row, person) {
                    cells.iter().flatten().for_each(|cell| self.table.counted.push(*cell, rank));
                }
            }
            Values::Distinct(groups) => {
                for value in groups.of(hit.part, hit.row, person) {
                    cells.iter().flatten().for_each(|cell| self.table.counted.push(*cell, *value));
                }
            }
            Values::OfPeople(groups) if person != 0 => {
                for value in groups.of(hit.part, hit.row, person) {
                    seen.value = *value;
                    self.mine.values.push(seen);
                }
            }
            Values::Times if person != 0 => self.mine.rows.push(seen),
            _ => {}
        }
        if scene.is_spread && person != 0 && at != NOWHERE {
            seen.value = 0;
            self.mine.people.push(seen);
        }
    }

    fn find(&mut self, point: &Point, slot: usize, group: Group, hit: &Hit, counts: Counts) {
        let Counts { person, bucket, in_range } = counts;
        let is_then = match &point.buckets {
            None => in_range,
            Some(wanted) => bucket.is_some_and(|bucket| wanted.contains(&bucket)),
        };
        let is_there =
            point.group.iter().zip(group).all(|(wanted, of)| wanted.is_none_or(|w| w == of));
        if slot != point.event || !is_then || !is_there || person == 0 {
            return;
        }
        match self.found.last_mut() {
            Some(last) if last.person == person => {
                last.times[0] = last.times[0].min(hit.time);
                self.found_rows += 1;
            }
            _ => {
                self.found.push(Found { person, times: vec![hit.time] });
                self.found_rows = 1;
            }
        }
    }

    /// All rows of a person were counted.
    #[inline]
    fn close(&mut self, person: u64) {
        if let Keep::People(Point { times: Some(bin), .. }) = self.keep
            && self.found.last_mut().is_some_and(|last| last.person == person)
            && !bin.holds(self.found_rows as f64)
        {
            self.found.pop();
        }
        if !self.mine.is_empty() {
            self.mine.spread_people(&mut self.table);
            self.mine.spread_values(&mut self.table);
            self.mine.count_times(&mut self.table, &mut self.times);
        }
    }

    const fn ordinal_of(&self, person: u64) -> u32 {
        if person == 0 { 0 } else { self.ordinal }
    }
}

//! Finds and counts the paths of one person through a funnel with options.

use std::sync::atomic::AtomicBool;

use hashbrown::HashMap;
use sluice_event::PersonId;

use super::barrier::Barriers;
use super::chain::Chain;
use super::path::{Finder, Path, Row};
use super::run::GROUP_NOT_REACHED;
use super::scene::Scene;
use super::score::{Counted, Score, seconds_of};
use super::spec::{FunnelCount, FunnelOutcome, FunnelQuery, Order, TimeSpan};
use super::totals::Totals;
use super::unordered::Unordered;
use crate::context::Context;
use crate::engine::{FirstSeen, Hit, Operator, is_given_up};
use crate::people::{Found, FoundPeople};
use crate::query::{EVENTS_MAX, Users};
use crate::time::Buckets;

/// What a pass keeps.
#[derive(Clone, Copy)]
pub(super) enum Ask<'a> {
    /// Of all groups, or of these.
    Scores(Option<&'a [u32]>),
    /// Paths per group.
    Sizes,
    People(Wanted),
}

/// Which people to keep.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) step: usize,
    pub(super) outcome: FunnelOutcome,
    pub(super) group: Option<u32>,
    pub(super) bucket: Option<usize>,
    pub(super) time: Option<TimeSpan>,
}

/// How paths are found.
enum Way {
    InOrder(Finder),
    Chain(Chain),
    Any(Unordered),
    Totals(Totals),
}

pub(super) struct Walk<'s> {
    scene: &'s Scene<'s>,
    cancelled: &'s AtomicBool,
    unit: i64,
    steps: usize,
    step_bits: u16,
    /// Entries after this unit may still convert.
    open_from: i64,
    first_seen: Option<FirstSeen<'s>>,
    way: Way,
    barriers: Barriers,
    ordinal: u32,
    /// The rows at hand that may be steps, and the hit of each.
    rows: Vec<Row>,
    hit_of: Vec<u32>,
    /// A value held and a hit that has it.
    pairs: Vec<(i64, u32)>,
    paths: Vec<Path>,
    entered: Vec<Row>,
    pub(super) overall: Score,
    pub(super) by_group: HashMap<u32, Score>,
    /// Groups that are not there yet are not made.
    is_closed: bool,
    /// Paths of the range per group, if only they are wanted.
    pub(super) sizes: Option<HashMap<u32, u64>>,
    wanted: Option<Wanted>,
    pub(super) found: FoundPeople,
}

impl Operator for Walk<'_> {
    const NOBODY: bool = false;

    fn person(&mut self, person: u64, hits: &mut [Hit], sorted: bool) {
        let scene = self.scene;
        if !sorted && hits.len() > 1 {
            scene.plan.sort(hits);
        }
        let in_range = |hit: &Hit| (scene.span.from..scene.span.to).contains(&hit.time);
        if !hits.iter().any(|hit| hit.slots & 1 != 0 && in_range(hit)) {
            return;
        }
        if scene.query.users == Users::Active
            && let Some(slot) = scene.active_slot
            && !hits.iter().any(|hit| hit.slots >> slot & 1 != 0 && in_range(hit))
        {
            return;
        }
        let Some((from, to)) = self.entry_of(person) else { return };
        for hit in hits.iter_mut() {
            hit.slots &= !u16::from(hit.time < from || hit.time >= to);
        }
        self.ordinal += 1;
        if scene.query.hold.is_none() {
            self.take((0..hits.len() as u32).map(|hit| (0, hit)), hits);
            self.walk(person, hits);
            return;
        }
        self.pair(person, hits);
        let pairs = std::mem::take(&mut self.pairs);
        for of_value in pairs.chunk_by(|a, b| a.0 == b.0) {
            self.take(of_value.iter().copied(), hits);
            self.walk(person, hits);
        }
        self.pairs = pairs;
    }
}

impl<'s> Walk<'s> {
    pub(super) fn new(
        scene: &'s Scene<'s>,
        context: &'s Context,
        cancelled: &'s AtomicBool,
        ask: Ask<'_>,
    ) -> Self {
        let mut by_group = HashMap::new();
        if let Ask::Scores(Some(list)) = ask {
            by_group.extend(list.iter().map(|group| (*group, Score::new(scene.query.steps.len()))));
        }
        let query = scene.query;
        let unit = query.resolution.micros();
        let window = i64::from(query.window_seconds) * 1_000_000 / unit;
        let steps = query.steps.len();
        let (barriers, disjoint) = (scene.barriers(), scene.is_disjoint());
        let way = match (query.count, query.order) {
            (FunnelCount::Totals, _) => Way::Totals(Totals::new(steps, window)),
            (_, Order::Any) => Way::Any(Unordered::new(steps, window, disjoint)),
            _ if barriers.are_none() => Way::InOrder(Finder::new(steps, window, disjoint)),
            _ => Way::Chain(Chain::new(steps, window, disjoint)),
        };
        Self {
            scene,
            cancelled,
            unit,
            steps,
            step_bits: (1 << steps) - 1,
            open_from: context.now.as_micros().div_euclid(unit) - window,
            first_seen: (query.users == Users::New).then(|| context.first_seen()),
            way,
            barriers,
            ordinal: 0,
            rows: Vec::new(),
            hit_of: Vec::new(),
            pairs: Vec::new(),
            paths: Vec::new(),
            entered: Vec::new(),
            overall: Score::new(steps),
            by_group,
            is_closed: matches!(ask, Ask::Scores(Some(_))),
            sizes: matches!(ask, Ask::Sizes).then(HashMap::new),
            wanted: match ask {
                Ask::People(wanted) => Some(wanted),
                Ask::Scores(_) | Ask::Sizes => None,
            },
            found: context.found(),
        }
    }

    /// From when to when step 1 may be, for a person who is wanted.
    fn entry_of(&mut self, person: u64) -> Option<(i64, i64)> {
        let span = &self.scene.span;
        let Some(first_seen) = &mut self.first_seen else { return Some((span.from, span.to)) };
        let first = first_seen.get(PersonId(person))?.as_micros();
        if first < span.from || first >= span.to {
            return None;
        }
        let Some(days) = &self.scene.days else { return Some((span.from, span.to)) };
        let day = days.edges.partition_point(|edge| *edge <= first);
        Some((days.edges[day - 1], days.edges[day]))
    }

    /// The values held, each with the hits that have it.
    fn pair(&mut self, person: u64, hits: &[Hit]) {
        self.pairs.clear();
        for (index, hit) in (0..).zip(hits) {
            match &self.scene.held {
                Some(groups) => {
                    let values = groups.of(hit.part, hit.row, person);
                    self.pairs.extend(values.iter().map(|value| (i64::from(*value), index)));
                }
                None => {
                    let session = self.scene.parts[hit.part as usize].session(hit.row);
                    let session = session.filter(|session| *session != -1);
                    self.pairs.extend(session.map(|session| (session, index)));
                }
            }
        }
        self.pairs.sort_unstable();
    }

    /// Makes rows of hits, and barriers of those that may not lie between.
    fn take(&mut self, hits_of: impl Iterator<Item = (i64, u32)>, hits: &[Hit]) {
        self.rows.clear();
        self.hit_of.clear();
        self.barriers.clear();
        for (_, index) in hits_of {
            let hit = &hits[index as usize];
            let second = hit.time.div_euclid(self.unit);
            self.barriers.add(second, hit.slots & !self.step_bits);
            let steps = hit.slots & self.step_bits;
            if steps != 0 {
                self.rows.push(Row { second, steps, kind: hit.kind });
                self.hit_of.push(index);
            }
        }
    }

    /// Counts the paths of the rows at hand.
    fn walk(&mut self, person: u64, hits: &[Hit]) {
        let Some(entry) = self.rows.iter().rev().find(|row| row.steps & 1 != 0) else { return };
        let entry = entry.second;
        let rows = std::mem::take(&mut self.rows);
        if self.wanted.is_none_or(|wanted| wanted.bucket.is_none()) {
            self.find(&rows);
            for index in 0..self.paths.len() {
                self.count(person, hits, &rows, index, entry, None);
            }
        }
        if let Some(buckets) = &self.scene.buckets {
            self.walk_buckets(person, hits, &rows, buckets);
        }
        self.rows = rows;
    }

    fn walk_buckets(&mut self, person: u64, hits: &[Hit], rows: &[Row], buckets: &Buckets) {
        let bucket_of = |it: &Self, row: usize| {
            let time = hits[it.hit_of[row] as usize].time;
            buckets.edges.partition_point(|edge| *edge <= time) - 1
        };
        if matches!(self.way, Way::Totals(_)) {
            self.find(rows);
            for index in 0..self.paths.len() {
                let bucket = bucket_of(self, self.paths[index].rows[0] as usize);
                self.count(person, hits, rows, index, i64::MIN, Some(bucket));
            }
            return;
        }
        let mut entered = std::mem::take(&mut self.entered);
        let mut from = 0;
        while let Some(next) = (from..rows.len()).find(|row| rows[*row].steps & 1 != 0) {
            if is_given_up(self.cancelled, 0) {
                break;
            }
            let bucket = bucket_of(self, next);
            entered.clear();
            entered.extend_from_slice(rows);
            from = rows.len();
            for (index, row) in entered.iter_mut().enumerate().filter(|(_, row)| row.steps & 1 != 0)
            {
                let is_later = index >= next && bucket_of(self, index) != bucket;
                if is_later {
                    from = from.min(index);
                }
                if index < next || is_later {
                    row.steps &= !1;
                }
            }
            self.find(&entered);
            self.count(person, hits, rows, 0, i64::MIN, Some(bucket));
        }
        self.entered = entered;
    }

    fn find(&mut self, rows: &[Row]) {
        self.paths.clear();
        let path = match &mut self.way {
            Way::InOrder(finder) => finder.find(rows),
            Way::Chain(chain) => chain.find(rows, &self.barriers, self.cancelled),
            Way::Any(unordered) => unordered.find(rows, self.cancelled),
            Way::Totals(totals) => {
                totals.find(rows, &self.barriers, &mut self.paths, self.cancelled);
                return;
            }
        };
        if path.depth > 0 {
            self.paths.push(path);
        }
    }

    /// Counts a path found, in the range or in an interval of entry.
    fn count(
        &mut self,
        person: u64,
        hits: &[Hit],
        rows: &[Row],
        index: usize,
        entry: i64,
        bucket: Option<usize>,
    ) {
        let Some(path) = self.paths.get(index).copied() else { return };
        let (query, scene) = (self.scene.query, self.scene);
        let hit = |step: usize| &hits[self.hit_of[path.rows[step] as usize] as usize];
        let at = query.breakdown_step.unwrap_or(1);
        let groups: &[u32] = match &scene.groups {
            None => &[],
            Some(_) if path.depth < at => &[GROUP_NOT_REACHED],
            Some(of) => of.of(hit(at - 1).part, hit(at - 1).row, person),
        };
        let mut seconds = [0; EVENTS_MAX];
        let mut times: Vec<i64> = Vec::new();
        for (step, second) in seconds.iter_mut().enumerate().take(path.depth) {
            *second = rows[path.rows[step] as usize].second;
            if self.wanted.is_some() {
                times.push(hit(step).time);
            }
        }
        if query.order == Order::Any {
            seconds[..path.depth].sort_unstable();
            times.sort_unstable();
        }
        let entry = match query.count {
            FunnelCount::Uniques => entry,
            FunnelCount::Totals => seconds[0],
        };
        let last = hit(path.depth - 1);
        let number = scene.numbers.as_ref().filter(|_| path.depth == self.steps);
        let number = number.and_then(|numbers| numbers.of(last.part, last.row, person));
        let counted = Counted {
            person,
            ordinal: self.ordinal,
            depth: path.depth,
            times: &seconds,
            open: path.depth < self.steps && entry > self.open_from,
            number,
        };
        if let Some(wanted) = self.wanted {
            if wanted.bucket == bucket && wanted.has(&counted, groups, self.steps, query) {
                keep(&mut self.found, person, times);
            }
            return;
        }
        if let Some(sizes) = &mut self.sizes {
            for group in groups {
                *sizes.entry(*group).or_default() += u64::from(bucket.is_none());
            }
            return;
        }
        let (steps, keeps) = (self.steps, query.time_bins.is_some());
        let count = |score: &mut Score, keeps: bool| match bucket {
            None => score.count(&counted, steps, keeps),
            Some(bucket) => score.count_moment(bucket as u32, &counted, steps),
        };
        count(&mut self.overall, keeps);
        for group in groups {
            if !self.is_closed {
                self.by_group.entry(*group).or_insert_with(|| Score::new(steps));
            }
            if let Some(score) = self.by_group.get_mut(group) {
                count(score, keeps);
            }
        }
    }
}

impl Wanted {
    fn has(&self, path: &Counted<'_>, groups: &[u32], steps: usize, query: &FunnelQuery) -> bool {
        let outcome = match self.outcome {
            FunnelOutcome::Reached => path.depth >= self.step,
            FunnelOutcome::DroppedOff => path.depth == self.step && self.step < steps,
        };
        let in_time = self.time.is_none_or(|time| {
            let seconds = path.duration() as f64 * seconds_of(query.resolution);
            path.depth == steps
                && (time.from_seconds..time.to_seconds).contains(&(seconds.floor() as u64))
        });
        outcome && in_time && self.group.is_none_or(|group| groups.contains(&group))
    }
}

/// Keeps a person once, with the path that began first.
fn keep(found: &mut FoundPeople, person: u64, times: Vec<i64>) {
    match found.last_mut() {
        Some(last) if last.person == person => {
            if times < last.times {
                last.times = times;
            }
        }
        _ => found.push(Found { person, times }),
    }
}

//! Runs a trend: rows and distinct people per event, group and bucket, in one pass over people.

use std::sync::atomic::AtomicBool;

use sluice_columnar::{FirstSeenReader, Selection};
use sluice_event::PersonId;

use super::spec::{Measure, TrendPoint, TrendQuery, TrendResult, TrendSeries};
use super::table::{Cell, Table};
use crate::context::Context;
use crate::engine::{Groups, Hit, Numbers, Operator, Plan, Scan, SlotSpec, scan};
use crate::insight::{Page, People};
use crate::people::{Found, page};
use crate::query::{Users, invalid};
use crate::time::{Buckets, Span};
use crate::{Explain, InsightError};

/// Above this many cells the groups to list are found first, then counted per bucket.
const CELLS_MAX: usize = 2_000_000;

struct Setup {
    buckets: Buckets,
    plan: Plan,
    groups: Option<Groups>,
    numbers: Option<Numbers>,
    events: usize,
    /// Slot of "any active event that passes the segment", for `active_percent`.
    base_slot: Option<usize>,
    /// Slot of "any active event", where an event may be inactive and users must be active.
    active_slot: Option<usize>,
    explain: Explain,
}

pub(crate) fn run(
    query: &TrendQuery,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<TrendResult, InsightError> {
    let started = std::time::Instant::now();
    let (mut setup, selection) = Setup::new(query, context)?;
    let groups = setup.groups.as_ref().map_or(1, Groups::len);
    let series = setup.slots() * groups;
    let table =
        if series.saturating_mul(setup.buckets.len() + 1) <= CELLS_MAX || setup.groups.is_none() {
            setup.scan(query, context, &selection, cancelled, &Keep::All)?.0
        } else {
            let ranges = setup.scan(query, context, &selection, cancelled, &Keep::RangesOnly)?.0;
            let mut kept = vec![false; series];
            let mut seen = Vec::with_capacity(setup.events);
            for event in 0..setup.events {
                let (list, total) = setup.ranked(query, &ranges, event);
                seen.push(Some(total));
                for (group, _) in list {
                    kept[event * groups + group as usize] = true;
                }
            }
            for slot in setup.events..setup.slots() {
                kept[slot * groups] = true;
            }
            let (mut table, _) =
                setup.scan(query, context, &selection, cancelled, &Keep::Only(kept))?;
            table.seen_groups = seen;
            table
        };
    setup.explain.milliseconds = started.elapsed().as_secs_f64() * 1e3;
    Ok(setup.result(query, &table))
}

pub(crate) fn people(
    query: &TrendQuery,
    point: &TrendPoint,
    list: &Page,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<People, InsightError> {
    let started = std::time::Instant::now();
    if point.event >= query.events.len() {
        return Err(invalid(format!("`event` must be below {}", query.events.len())));
    }
    let (mut setup, selection) = Setup::new(query, context)?;
    let bucket = match &point.bucket {
        None => setup.buckets.len(),
        Some(label) => setup
            .buckets
            .list
            .iter()
            .position(|bucket| bucket.label == *label)
            .ok_or_else(|| invalid(format!("the trend has no bucket `{label}`")))?,
    };
    let group = match (&point.group, &setup.groups) {
        (None, None) => Some(Some(0)),
        (None, Some(_)) => Some(None),
        (Some(_), None) => {
            return Err(invalid("a `group` is asked for but the trend has no breakdown"));
        }
        (Some(name), Some(groups)) => groups.find(name).map(Some),
    };
    let found = match group {
        None => Vec::new(),
        Some(group) => {
            let keep = Keep::People(Point { event: point.event, group, bucket });
            setup.scan(query, context, &selection, cancelled, &keep)?.1
        }
    };
    setup.explain.milliseconds = started.elapsed().as_secs_f64() * 1e3;
    Ok(page(found, list, setup.explain))
}

/// What a pass keeps.
enum Keep {
    All,
    /// Range totals of all groups.
    RangesOnly,
    /// Buckets of these series (`slot * groups + group`).
    Only(Vec<bool>),
    /// The people of one number.
    People(Point),
}

#[derive(Clone, Copy, Debug)]
struct Point {
    event: usize,
    /// Any group if none is named.
    group: Option<u32>,
    /// The number of buckets stands for the range.
    bucket: usize,
}

impl Setup {
    fn new(query: &TrendQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        query.check()?;
        let days_max = query.interval.range_days_max();
        let span = Span::resolve(&query.range, &context.calendar, context.now, days_max)?;
        let buckets = Buckets::new(&span, query.interval, &context.calendar, context.now)?;
        let mut slots: Vec<SlotSpec> = query
            .events
            .iter()
            .map(|event| SlotSpec {
                alternatives: event.alternatives(),
                filters: event.filters.iter().chain(&query.segment).cloned().collect(),
            })
            .collect();
        let events = slots.len();
        let needs_active =
            query.users == Users::Active && slots.iter().any(SlotSpec::may_be_inactive);
        let mut further = |needed: bool, spec: SlotSpec| {
            needed.then(|| {
                slots.push(spec);
                slots.len() - 1
            })
        };
        let base_slot =
            further(query.measure == Measure::ActivePercent, SlotSpec::any_active(&query.segment));
        let active_slot = further(needs_active, SlotSpec::any_active(&[]));
        let selection = context.select(span.from, span.to);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), (span.from, span.to))?;
        let groups = match &query.breakdown {
            None => None,
            Some(property) => Some(Groups::new(selection.parts(), property, latest.as_ref())?),
        };
        let numbers = match &query.measure {
            Measure::Sum(property) | Measure::PropertyAverage(property) => {
                Some(Numbers::new(selection.parts(), property, latest.as_ref())?)
            }
            _ => None,
        };
        let explain = context.explain(&selection);
        Ok((
            Self { buckets, plan, groups, numbers, events, base_slot, active_slot, explain },
            selection,
        ))
    }

    fn slots(&self) -> usize {
        self.events + usize::from(self.base_slot.is_some())
    }

    fn scan(
        &self,
        query: &TrendQuery,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        keep: &Keep,
    ) -> Result<(Table, Vec<Found>), InsightError> {
        let what = Scan { selection, plan: &self.plan, threads: context.threads, cancelled };
        let groups = self.groups.as_ref().map_or(1, Groups::len);
        let series = self.slots() * groups;
        let buckets = match keep {
            Keep::RangesOnly => 0,
            _ => self.buckets.len(),
        };
        let new_or_first = query.users == Users::New || self.plan.first_only != 0;
        let operators = scan(&what, || Trend {
            setup: self,
            users: query.users,
            first_seen: new_or_first.then(|| context.snapshot.first_seen().reader()),
            keep,
            groups,
            table: Table::new(series, buckets),
            bucket: 0,
            ordinal: 0,
            active: vec![0; self.buckets.len() + 1],
            found: Vec::new(),
        })?;
        let mut table = Table::new(series, buckets);
        let mut found = Vec::new();
        for operator in operators {
            table.add(operator.table);
            found.extend(operator.found);
        }
        Ok((table, found))
    }

    /// The largest groups of an event by the measure's order, ties by value; and how many there are.
    fn ranked(&self, query: &TrendQuery, table: &Table, event: usize) -> (Vec<(u32, f64)>, u64) {
        let Some(groups) = &self.groups else { return (vec![(0, 0.0)], 1) };
        let size = |cell: &Cell| match query.measure {
            Measure::Uniques => cell.people as f64,
            Measure::Totals | Measure::Average | Measure::ActivePercent => cell.rows as f64,
            Measure::Sum(_) | Measure::PropertyAverage(_) => cell.sum,
        };
        let mut list: Vec<(u32, f64)> = (0..groups.len() as u32)
            .filter_map(|group| {
                let cell = table.range(event * groups.len() + group as usize)?;
                (cell.rows > 0).then(|| (group, size(cell)))
            })
            .collect();
        let total = list.len() as u64;
        list.sort_by(|(a, left), (b, right)| {
            right.total_cmp(left).then_with(|| groups.name(*a).cmp(groups.name(*b)))
        });
        list.truncate(query.groups_limit());
        (list, total)
    }

    fn result(&self, query: &TrendQuery, table: &Table) -> TrendResult {
        let mut series = Vec::new();
        let groups = self.groups.as_ref().map_or(1, Groups::len);
        let empty = vec![Cell::default(); self.buckets.len() + 1];
        let base = self.base_slot.and_then(|slot| table.cells(slot * groups)).unwrap_or(&empty);
        for (event, selector) in query.events.iter().enumerate() {
            let (list, total) = self.ranked(query, table, event);
            let total = table.seen_groups.get(event).copied().flatten().unwrap_or(total);
            for (group, _) in list {
                let cells = table.cells(event * groups + group as usize).unwrap_or(&empty);
                let mut values: Vec<Option<f64>> = cells
                    .iter()
                    .zip(base)
                    .map(|(cell, base)| value(&query.measure, cell, base))
                    .collect();
                let mut people: Vec<u64> = cells.iter().map(|cell| cell.people).collect();
                series.push(TrendSeries {
                    event,
                    label: selector.display_name(),
                    group: self.groups.as_ref().map(|groups| groups.name(group).to_owned()),
                    total: values.pop().flatten(),
                    people_total: people.pop().unwrap_or(0),
                    values,
                    people,
                    groups_total: self.groups.as_ref().map(|_| total),
                });
            }
        }
        TrendResult {
            interval: query.interval,
            buckets: self.buckets.list.clone(),
            series,
            explain: self.explain.clone(),
        }
    }
}

fn value(measure: &Measure, cell: &Cell, base: &Cell) -> Option<f64> {
    let (rows, people) = (cell.rows as f64, cell.people as f64);
    match measure {
        Measure::Uniques => Some(people),
        Measure::Totals => Some(rows),
        Measure::ActivePercent => (base.people > 0).then(|| 100.0 * people / base.people as f64),
        Measure::Average => (cell.people > 0).then(|| rows / people),
        Measure::Sum(_) => Some(cell.sum),
        Measure::PropertyAverage(_) => (cell.numbers > 0).then(|| cell.sum / cell.numbers as f64),
    }
}

struct Trend<'s> {
    setup: &'s Setup,
    users: Users,
    first_seen: Option<FirstSeenReader<'s>>,
    keep: &'s Keep,
    groups: usize,
    table: Table,
    /// Where the last row was: the next is often there, too.
    bucket: usize,
    /// Counts people from 1; 0 is nobody.
    ordinal: u32,
    /// The last person who was active in each bucket, and in the range.
    active: Vec<u32>,
    found: Vec<Found>,
}

/// In which buckets a person's rows count.
enum Counted {
    Everywhere,
    /// In this bucket and in the range; nowhere if none.
    NewIn(Option<usize>),
    WhereActive,
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
        if self.setup.plan.first_only != 0 {
            self.setup.plan.keep_first(person, hits, first);
        }
        let counted = self.counted(person, hits, first);
        for hit in hits.iter() {
            let bucket = self.bucket_of(hit.time);
            let (here, in_range) = match counted {
                Counted::Everywhere => (true, true),
                Counted::NewIn(first) => (first == Some(bucket), first.is_some()),
                // The row of nobody is its own witness.
                Counted::WhereActive if person == 0 => {
                    let active = self.is_active(hit);
                    (active, active)
                }
                Counted::WhereActive => {
                    let range = self.setup.buckets.len();
                    (self.active[bucket] == self.ordinal, self.active[range] == self.ordinal)
                }
            };
            if in_range {
                self.count(person, hit, here.then_some(bucket));
            }
        }
    }
}

impl Trend<'_> {
    fn counted(&mut self, person: u64, hits: &[Hit], first: Option<i64>) -> Counted {
        match self.users {
            Users::Any => Counted::Everywhere,
            Users::New => {
                let edges = &self.setup.buckets.edges;
                let inside = first.filter(|at| *at >= edges[0] && *at < edges[edges.len() - 1]);
                Counted::NewIn(inside.map(|at| self.bucket_of(at)))
            }
            Users::Active if self.setup.active_slot.is_none() => Counted::Everywhere,
            Users::Active => {
                if person != 0 {
                    let range = self.setup.buckets.len();
                    for hit in hits {
                        if self.is_active(hit) {
                            let bucket = self.bucket_of(hit.time);
                            self.active[bucket] = self.ordinal;
                            self.active[range] = self.ordinal;
                        }
                    }
                }
                Counted::WhereActive
            }
        }
    }

    fn is_active(&self, hit: &Hit) -> bool {
        self.setup.active_slot.is_some_and(|slot| hit.slots >> slot & 1 != 0)
    }

    #[inline]
    fn bucket_of(&mut self, time: i64) -> usize {
        let edges = &self.setup.buckets.edges;
        let at = self.bucket;
        if time < edges[at] || time >= edges[at + 1] {
            self.bucket = edges.partition_point(|edge| *edge <= time) - 1;
        }
        self.bucket
    }

    #[inline]
    fn count(&mut self, person: u64, hit: &Hit, bucket: Option<usize>) {
        let setup = self.setup;
        let number = match &setup.numbers {
            None => None,
            Some(numbers) => numbers.of(hit.part, hit.row, person),
        };
        let mut slots = hit.slots;
        while slots != 0 {
            let slot = slots.trailing_zeros() as usize;
            slots &= slots - 1;
            if Some(slot) == setup.active_slot {
                continue;
            }
            let groups = match &setup.groups {
                Some(groups) if slot < setup.events => groups.of(hit.part, hit.row, person),
                _ => &[0],
            };
            for group in groups {
                self.count_group(slot, *group, person, hit.time, bucket, number);
            }
        }
    }

    #[inline]
    fn count_group(
        &mut self,
        slot: usize,
        group: u32,
        person: u64,
        time: i64,
        bucket: Option<usize>,
        number: Option<f64>,
    ) {
        let series = slot * self.groups + group as usize;
        match self.keep {
            Keep::All => self.table.count(series, bucket, self.ordinal_of(person), number),
            Keep::RangesOnly => self.table.count(series, None, self.ordinal_of(person), number),
            Keep::Only(kept) => {
                if kept[series] {
                    self.table.count(series, bucket, self.ordinal_of(person), number);
                }
            }
            Keep::People(point) => {
                let whole = point.bucket == self.setup.buckets.len();
                let wanted = slot == point.event
                    && point.group.is_none_or(|wanted| wanted == group)
                    && (whole || bucket == Some(point.bucket));
                if wanted && person != 0 {
                    match self.found.last_mut() {
                        Some(last) if last.person == person => {
                            last.times[0] = last.times[0].min(time)
                        }
                        _ => self.found.push(Found { person, times: vec![time] }),
                    }
                }
            }
        }
    }

    const fn ordinal_of(&self, person: u64) -> u32 {
        if person == 0 { 0 } else { self.ordinal }
    }
}

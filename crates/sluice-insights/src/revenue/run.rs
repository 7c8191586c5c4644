//! Runs a revenue question: sums and distinct people per group and bucket, in one pass over people.

use std::sync::atomic::AtomicBool;

use sluice_columnar::Selection;

use super::spec::{RevenueCounts, RevenuePoint, RevenueQuery, RevenueResult, RevenueSeries};
use super::table::{Cell, Table};
use crate::context::Context;
use crate::engine::{Groups, GroupsOf, Hit, Numbers, Operator, Plan, SlotSpec, scan};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::query::invalid;
use crate::time::{Buckets, Span};
use crate::{Explain, InsightError};

const ACTIVE: u16 = 1;
const PAYMENT: u16 = 2;
const REFUND: u16 = 4;

struct Setup {
    buckets: Buckets,
    plan: Plan,
    numbers: Numbers,
    groups: Option<Groups>,
    explain: Explain,
}

impl Run for RevenueQuery {
    type Result = RevenueResult;
    type Point = RevenuePoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let groups = setup.groups.as_ref().map_or(0, Groups::len);
        let is_small = groups.saturating_mul(setup.buckets.len() + 1) <= context.limits().cells_max;
        let first = if is_small { Keep::All } else { Keep::Ranges };
        let mut done = setup.scan(context, &selection, cancelled, &first)?;
        let (list, total) = setup.ranked(self, &done.table);
        if !is_small {
            let mut kept = vec![false; groups];
            list.iter().for_each(|group| kept[*group] = true);
            done = setup.scan(context, &selection, cancelled, &Keep::Only(kept))?;
        }
        let name =
            |group: usize| setup.groups.as_ref().map(|all| all.name(group as u32).to_owned());
        let of = |series: usize, group| setup.series(&done, series, group);
        let is_split = setup.groups.is_some();
        Ok(RevenueResult {
            interval: self.interval,
            overall: of(0, None),
            groups: is_split
                .then(|| list.iter().map(|group| of(group + 1, name(*group))).collect()),
            groups_total: is_split.then_some(total),
            buckets: setup.buckets.list.clone(),
            explain: setup.explain.clone(),
        })
    }

    fn people(
        &self,
        point: &Self::Point,
        context: &Context,
        cancelled: &AtomicBool,
    ) -> Result<Behind, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let bucket = match &point.bucket {
            None => None,
            Some(label) => Some(setup.buckets.find(label, "answer")?),
        };
        let group = match (&point.group, &setup.groups) {
            (None, _) => Some(None),
            (Some(_), None) => {
                return Err(invalid("a `group` is asked for but there is no breakdown"));
            }
            (Some(name), Some(groups)) => groups.find(name).map(Some),
        };
        let found = match group {
            None => context.found(),
            Some(group) => {
                let keep = Keep::People { bucket, group };
                setup.scan(context, &selection, cancelled, &keep)?.found
            }
        };
        Ok((found, setup.explain))
    }
}

/// What a pass keeps.
enum Keep {
    All,
    /// Of groups the range only.
    Ranges,
    /// These groups.
    Only(Vec<bool>),
    People {
        bucket: Option<usize>,
        group: Option<u32>,
    },
}

impl Setup {
    fn new(query: &RevenueQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let calendar = &context.calendar;
        let days_max = query.interval.range_days_max();
        let span = Span::resolve(&query.range, calendar, context.now, days_max)?;
        let buckets = Buckets::new(&span, query.interval, calendar, context.now)?;
        let payments = &query.payments;
        let mut slots = vec![
            SlotSpec::any_active(&query.segment),
            SlotSpec::of(&payments.event(), &query.segment),
        ];
        slots.extend(payments.refund.as_ref().map(|event| SlotSpec::of(event, &query.segment)));
        let selection = context.select(span.from, span.to);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), (span.from, span.to))?;
        let numbers = Numbers::new(selection.parts(), &payments.amount(), latest.as_ref())?;
        let rows = GroupsOf::new(&plan, PAYMENT | REFUND, latest.as_ref(), context.limits());
        let groups = query.breakdown.as_ref().map(|by| Groups::new(rows, by)).transpose()?;
        let explain = context.explain(&selection);
        Ok((Self { buckets, plan, numbers, groups, explain }, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        keep: &Keep,
    ) -> Result<Done, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let groups = self.groups.as_ref().map_or(0, Groups::len);
        let buckets = if matches!(keep, Keep::Ranges) { 0 } else { self.buckets.len() };
        let empty = || Done {
            table: Table::new(groups + 1, buckets),
            active: vec![0; self.buckets.len() + 1],
            found: context.found(),
        };
        let passes = scan(&what, || Revenue {
            setup: self,
            keep,
            bucket: 0,
            ordinal: 0,
            active: vec![0; self.buckets.len() + 1],
            done: empty(),
        })?;
        let mut done = empty();
        for pass in passes {
            done.table.add(&pass.done.table);
            done.active.iter_mut().zip(&pass.done.active).for_each(|(to, from)| *to += from);
            done.found.add(pass.done.found);
        }
        Ok(done)
    }

    /// The groups with the largest amounts, ties by value; and how many there are.
    fn ranked(&self, query: &RevenueQuery, table: &Table) -> (Vec<usize>, u64) {
        let Some(groups) = &self.groups else { return (Vec::new(), 0) };
        let size = |group: usize| table.cells(group + 1).and_then(<[Cell]>::last);
        let mut list: Vec<(usize, f64)> = (0..groups.len())
            .filter_map(|group| size(group).map(|cell| (group, cell.amount)))
            .collect();
        let total = list.len() as u64;
        list.sort_by(|(a, left), (b, right)| {
            right.total_cmp(left).then_with(|| groups.name(*a as u32).cmp(groups.name(*b as u32)))
        });
        list.truncate(query.groups_limit());
        (list.into_iter().map(|(group, _)| group).collect(), total)
    }

    fn series(&self, done: &Done, series: usize, group: Option<String>) -> RevenueSeries {
        let empty = vec![Cell::default(); self.buckets.len() + 1];
        let cells = done.table.cells(series).unwrap_or(&empty);
        let per = |amount: f64, of: u64| (of > 0).then(|| amount / of as f64);
        let told = |(cell, active): (&Cell, &u64)| RevenueCounts {
            amount: cell.amount,
            refunded: cell.refunded,
            payments: cell.payments,
            paying: cell.paying,
            active: *active,
            arpu: per(cell.amount, *active),
            arppu: per(cell.amount, cell.paying),
        };
        let mut counts: Vec<RevenueCounts> = cells.iter().zip(&done.active).map(told).collect();
        let total = counts.pop().unwrap_or_default();
        RevenueSeries { group, counts, total }
    }
}

/// What a pass has counted.
struct Done {
    /// Everything, then each group.
    table: Table,
    /// Active people per bucket, and in the range.
    active: Vec<u64>,
    found: FoundPeople,
}

struct Revenue<'s> {
    setup: &'s Setup,
    keep: &'s Keep,
    /// Where the last row was: the next is often there, too.
    bucket: usize,
    /// Counts people from 1.
    ordinal: u32,
    /// The last person who was active in each bucket, and in the range.
    active: Vec<u32>,
    done: Done,
}

impl Operator for Revenue<'_> {
    const NOBODY: bool = true;

    #[inline]
    fn person(&mut self, person: u64, hits: &mut [Hit], _sorted: bool) {
        self.ordinal += u32::from(person != 0);
        let ordinal = if person == 0 { 0 } else { self.ordinal };
        let mut listed: Option<i64> = None;
        for hit in hits.iter() {
            let bucket = self.bucket_of(hit.time);
            if hit.slots & ACTIVE != 0 && person != 0 {
                self.count_active(bucket, ordinal);
            }
            if hit.slots & (PAYMENT | REFUND) == 0 {
                continue;
            }
            let number = self.setup.numbers.of(hit.part, hit.row, person);
            let Some(number) = number else { continue };
            let amount = if hit.slots & REFUND == 0 { number } else { -number.abs() };
            if self.count(person, hit, bucket, amount, ordinal) {
                listed = Some(listed.map_or(hit.time, |time| time.min(hit.time)));
            }
        }
        if let Some(time) = listed.filter(|_| person != 0) {
            self.done.found.push(Found { person, times: vec![time] });
        }
    }
}

impl Revenue<'_> {
    #[inline]
    fn bucket_of(&mut self, time: i64) -> usize {
        let (edges, at) = (&self.setup.buckets.edges, self.bucket);
        if time < edges[at] || time >= edges[at + 1] {
            self.bucket = edges.partition_point(|edge| *edge <= time) - 1;
        }
        self.bucket
    }

    #[inline]
    fn count_active(&mut self, bucket: usize, ordinal: u32) {
        for place in [bucket, self.active.len() - 1] {
            if self.active[place] != ordinal {
                self.active[place] = ordinal;
                self.done.active[place] += 1;
            }
        }
    }

    /// Counts a payment; true if its person is asked for.
    fn count(&mut self, person: u64, hit: &Hit, bucket: usize, amount: f64, ordinal: u32) -> bool {
        let groups = match &self.setup.groups {
            Some(groups) => groups.of(hit.part, hit.row, person),
            None => &[],
        };
        let table = &mut self.done.table;
        match self.keep {
            Keep::People { bucket: wanted, group } => {
                return amount > 0.0
                    && wanted.is_none_or(|wanted| wanted == bucket)
                    && group.is_none_or(|group| groups.contains(&group));
            }
            Keep::All | Keep::Ranges => {
                for group in groups {
                    table.count(*group as usize + 1, bucket, amount, ordinal);
                }
            }
            Keep::Only(kept) => {
                for group in groups.iter().filter(|group| kept[**group as usize]) {
                    table.count(*group as usize + 1, bucket, amount, ordinal);
                }
            }
        }
        table.count(0, bucket, amount, ordinal);
        false
    }
}

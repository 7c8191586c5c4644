//! Runs a lifecycle: one pass over each person's times, which are only compared with the intervals.

use std::sync::atomic::AtomicBool;

use sluice_columnar::Selection;
use sluice_event::PersonId;

use super::spec::{
    LifecycleCounts, LifecyclePoint, LifecycleQuery, LifecycleResult, LifecycleState,
};
use crate::context::Context;
use crate::engine::{FirstSeen, Plan, Rows, SlotSpec, Timeline, timeline};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::time::{Buckets, Span};
use crate::{Explain, InsightError};

const STATES: usize = 4;

struct Setup {
    buckets: Buckets,
    /// First instant and end: that before the range, then one per bucket.
    intervals: Vec<(i64, i64)>,
    plan: Plan,
    explain: Explain,
}

impl Run for LifecycleQuery {
    type Result = LifecycleResult;
    type Point = LifecyclePoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let (counts, _) = setup.scan(context, &selection, cancelled, None)?;
        Ok(LifecycleResult {
            interval: self.interval,
            buckets: setup.buckets.list,
            counts: counts[1..].iter().map(named).collect(),
            explain: setup.explain,
        })
    }

    fn people(
        &self,
        point: &Self::Point,
        context: &Context,
        cancelled: &AtomicBool,
    ) -> Result<Behind, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let bucket = setup.buckets.find(&point.bucket, "lifecycle")?;
        let wanted = Some((bucket + 1, point.state));
        let (_, found) = setup.scan(context, &selection, cancelled, wanted)?;
        Ok((found, setup.explain))
    }
}

fn named(counts: &[u64; STATES]) -> LifecycleCounts {
    let [new, current, resurrected, dormant] = *counts;
    let pulse = (dormant > 0).then(|| (new + resurrected) as f64 / dormant as f64);
    LifecycleCounts { new, current, resurrected, dormant, pulse }
}

impl Setup {
    fn new(query: &LifecycleQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let calendar = &context.calendar;
        let days_max = query.interval.range_days_max();
        let span = Span::resolve(&query.range, calendar, context.now, days_max)?;
        let buckets = Buckets::new(&span, query.interval, calendar, context.now)?;
        let mut intervals = vec![Buckets::before(&span, query.interval, calendar)?];
        intervals.extend(buckets.edges.windows(2).map(|pair| (pair[0], pair[1])));
        let slots = [SlotSpec::of(&query.event, &query.segment)];
        let times = (intervals[0].0, span.to);
        let selection = context.select(times.0, times.1);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), times)?;
        let explain = context.explain(&selection);
        Ok((Self { buckets, intervals, plan, explain }, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        wanted: Option<(usize, LifecycleState)>,
    ) -> Result<(Vec<[u64; STATES]>, FoundPeople), InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let empty = || vec![[0; STATES]; self.intervals.len()];
        let passes = timeline(&what, || Lifecycle {
            intervals: &self.intervals,
            first_seen: context.first_seen(),
            wanted,
            counts: empty(),
            found: context.found(),
        })?;
        let (mut counts, mut found) = (empty(), context.found());
        for pass in passes {
            for (sum, more) in counts.iter_mut().flatten().zip(pass.counts.iter().flatten()) {
                *sum += more;
            }
            found.add(pass.found);
        }
        Ok((counts, found))
    }
}

struct Lifecycle<'s> {
    intervals: &'s [(i64, i64)],
    first_seen: FirstSeen<'s>,
    wanted: Option<(usize, LifecycleState)>,
    counts: Vec<[u64; STATES]>,
    found: FoundPeople,
}

impl Timeline for Lifecycle<'_> {
    #[inline]
    fn take(&mut self, person: u64, rows: Rows<'_>) {
        let (mut at, mut last, mut last_time) = (0, None, 0);
        for (time, _) in rows.each() {
            while time >= self.intervals[at].1 && at + 1 < self.intervals.len() {
                at += 1;
            }
            // Between the interval before the range and the range there may be a gap.
            if time < self.intervals[at].0 {
                continue;
            }
            if last != Some(at) {
                self.enter(person, at, time, last, last_time);
                last = Some(at);
            }
            last_time = time;
        }
        if let Some(last) = last.filter(|last| last + 1 < self.intervals.len()) {
            self.count(person, last + 1, LifecycleState::Dormant, last_time);
        }
    }
}

impl Lifecycle<'_> {
    /// A person is active in an interval, and was last in an earlier one.
    fn enter(&mut self, person: u64, at: usize, time: i64, last: Option<usize>, last_time: i64) {
        if let Some(last) = last.filter(|last| last + 1 < at) {
            self.count(person, last + 1, LifecycleState::Dormant, last_time);
        }
        if at == 0 {
            return;
        }
        let state = if last == Some(at - 1) {
            LifecycleState::Current
        } else if self.is_new(person, at) {
            LifecycleState::New
        } else {
            LifecycleState::Resurrected
        };
        self.count(person, at, state, time);
    }

    fn is_new(&mut self, person: u64, at: usize) -> bool {
        let (from, to) = self.intervals[at];
        let first = self.first_seen.get(PersonId(person)).map(|first| first.as_micros());
        first.is_some_and(|first| first >= from && first < to)
    }

    #[inline]
    fn count(&mut self, person: u64, at: usize, state: LifecycleState, time: i64) {
        self.counts[at][state as usize] += 1;
        if self.wanted == Some((at, state)) {
            self.found.push(Found { person, times: vec![time] });
        }
    }
}

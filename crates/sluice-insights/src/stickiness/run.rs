//! Runs a stickiness: distinct local dates per person and period, in one pass over their times.

use std::sync::atomic::AtomicBool;

use sluice_columnar::Selection;

use super::spec::{
    StickinessCount, StickinessDays, StickinessPoint, StickinessQuery, StickinessResult,
    StickinessRow,
};
use crate::context::Context;
use crate::engine::{Plan, Rows, SlotSpec, Timeline, timeline};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::query::invalid;
use crate::time::{Buckets, Span};
use crate::trend::spec::Interval;
use crate::{Explain, InsightError};

/// Numbers of days from 0.
const DAYS: usize = 32;

struct Setup {
    periods: Buckets,
    /// Which periods the average takes.
    averaged: Vec<bool>,
    /// End of each local date, and the period it is in.
    dates: Vec<(i64, usize)>,
    plan: Plan,
    explain: Explain,
}

impl Run for StickinessQuery {
    type Result = StickinessResult;
    type Point = StickinessPoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let done = setup.scan(context, &selection, cancelled, None)?;
        let days = 1..=self.period.days_max() as usize;
        let mut summed = [0; DAYS];
        for (counts, _) in done.periods.iter().zip(&setup.averaged).filter(|(_, counts)| **counts) {
            summed.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        let of: u64 = summed.iter().sum();
        let share = |count: u64| (of > 0).then(|| count as f64 / of as f64);
        let all = days.clone().map(|n| StickinessDays {
            days: n as u32,
            share_exactly: share(summed[n]),
            share_at_least: share(summed[n..].iter().sum()),
            people_exactly: done.exactly[n],
            people_at_least: done.most[n..].iter().sum(),
        });
        let rows =
            setup.periods.list.iter().zip(&done.periods).map(|(bucket, counts)| StickinessRow {
                bucket: bucket.clone(),
                people: counts.iter().sum(),
                exactly: days.clone().map(|n| counts[n]).collect(),
                at_least: days.clone().map(|n| counts[n..].iter().sum()).collect(),
            });
        Ok(StickinessResult {
            period: self.period,
            days: all.collect(),
            people: done.most.iter().sum(),
            rows: rows.collect(),
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
        let most = self.period.days_max();
        if point.days == 0 || point.days > most {
            return Err(invalid(format!("`days` must be 1 to {most}")));
        }
        let period = match &point.bucket {
            None => None,
            Some(label) => Some(setup.periods.find(label, "stickiness")?),
        };
        let wanted = Wanted { period, days: point.days as usize, count: point.count };
        let found = setup.scan(context, &selection, cancelled, Some(wanted))?.found;
        Ok((found, setup.explain))
    }
}

/// The people of one number.
#[derive(Clone, Copy)]
struct Wanted {
    period: Option<usize>,
    days: usize,
    count: StickinessCount,
}

impl Setup {
    fn new(query: &StickinessQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let (calendar, interval) = (&context.calendar, query.period.interval());
        let span = Span::resolve(&query.range, calendar, context.now, interval.range_days_max())?;
        let periods = Buckets::new(&span, interval, calendar, context.now)?;
        let is_some_whole = periods.list.iter().any(|period| !period.partial);
        let averaged = periods.list.iter().map(|period| !(period.partial && is_some_whole));
        let averaged = averaged.collect();
        let mut at = 0;
        let days = Buckets::new(&span, Interval::Day, calendar, context.now)?;
        let dates = days.edges[1..].iter().map(|end| {
            at += usize::from(*end > periods.edges[at + 1]);
            (*end, at)
        });
        let dates = dates.collect();
        let slots = [SlotSpec::of(&query.event, &query.segment)];
        let selection = context.select(span.from, span.to);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), (span.from, span.to))?;
        let explain = context.explain(&selection);
        Ok((Self { periods, averaged, dates, plan, explain }, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        wanted: Option<Wanted>,
    ) -> Result<Done, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let empty = || Done {
            periods: vec![[0; DAYS]; self.periods.len()],
            exactly: [0; DAYS],
            most: [0; DAYS],
            found: context.found(),
        };
        let passes = timeline(&what, || Stickiness { setup: self, wanted, done: empty() })?;
        let mut done = empty();
        for pass in passes {
            let sum = |to: &mut [u64; DAYS], from: &[u64; DAYS]| {
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            };
            done.periods.iter_mut().zip(&pass.done.periods).for_each(|(to, from)| sum(to, from));
            sum(&mut done.exactly, &pass.done.exactly);
            sum(&mut done.most, &pass.done.most);
            done.found.add(pass.done.found);
        }
        Ok(done)
    }
}

/// What a pass has counted.
struct Done {
    /// Per period and number of days the people.
    periods: Vec<[u64; DAYS]>,
    /// Distinct people with some number of days in an averaged period.
    exactly: [u64; DAYS],
    /// People by the most days they had in an averaged period.
    most: [u64; DAYS],
    found: FoundPeople,
}

struct Stickiness<'s> {
    setup: &'s Setup,
    wanted: Option<Wanted>,
    done: Done,
}

/// A person's days in the period that is being read.
struct Days {
    period: usize,
    count: usize,
    /// Of the first row.
    time: i64,
}

impl Timeline for Stickiness<'_> {
    #[inline]
    fn take(&mut self, person: u64, rows: Rows<'_>) {
        let dates = &self.setup.dates;
        let mut days = Days { period: 0, count: 0, time: 0 };
        let (mut date, mut counted, mut had) = (0, usize::MAX, 0u32);
        let mut listed = None;
        for (time, _) in rows.each() {
            while dates[date].0 <= time {
                date += 1;
            }
            if date == counted {
                continue;
            }
            counted = date;
            let period = dates[date].1;
            if period != days.period || days.count == 0 {
                self.close(&days, &mut had, &mut listed);
                days = Days { period, count: 0, time };
            }
            days.count += 1;
        }
        self.close(&days, &mut had, &mut listed);
        if had != 0 {
            self.done.most[had.ilog2() as usize] += 1;
            for days in 1..DAYS {
                self.done.exactly[days] += u64::from(had >> days & 1);
            }
        }
        if let Some(time) = listed {
            self.done.found.push(Found { person, times: vec![time] });
        }
    }
}

impl Stickiness<'_> {
    /// Counts a person's period. `had` takes the numbers of days that averages have of them, a bit
    /// each.
    #[inline]
    fn close(&mut self, days: &Days, had: &mut u32, listed: &mut Option<i64>) {
        if days.count == 0 {
            return;
        }
        self.done.periods[days.period][days.count] += 1;
        let averaged = self.setup.averaged[days.period];
        if averaged {
            *had |= 1 << days.count;
        }
        let Some(wanted) = self.wanted else { return };
        let is_in = wanted.period.map_or(averaged, |period| period == days.period);
        let counts = match wanted.count {
            StickinessCount::Exactly => days.count == wanted.days,
            StickinessCount::AtLeast => days.count >= wanted.days,
        };
        if is_in && counts {
            listed.get_or_insert(days.time);
        }
    }
}

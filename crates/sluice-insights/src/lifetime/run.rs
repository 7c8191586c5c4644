//! Runs a question about lifetime value: per new person their payments by day of their life.

use std::sync::atomic::AtomicBool;

use sluice_base::Timestamp;
use sluice_columnar::{FirstSeenReader, Selection};
use sluice_event::PersonId;

use super::spec::{
    LifetimeDay, LifetimePoint, LifetimeQuery, LifetimeResult, LifetimeWho, RANGE_DAYS_MAX,
};
use crate::context::Context;
use crate::engine::{Hit, Numbers, Operator, Plan, SlotSpec, scan};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::query::{EventSelector, NEW_USER, invalid};
use crate::time::Span;
use crate::{Explain, InsightError};

const DAY: i64 = 86_400_000_000;
/// Payments are looked for this long after the range: 200 years.
const PAYMENTS_MAX_MICROS: i64 = 200 * 366 * DAY;

const NEW: u16 = 1;
const REFUND: u16 = 4;

struct Setup {
    days: usize,
    /// First event between these, microseconds.
    from: i64,
    to: i64,
    now: i64,
    plan: Plan,
    numbers: Numbers,
    explain: Explain,
}

impl Run for LifetimeQuery {
    type Result = LifetimeResult;
    type Point = LifetimePoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let done = setup.scan(context, &selection, cancelled, None)?;
        let per = |amount: f64, of: u64| (of > 0).then(|| amount / of as f64);
        let days = done.days.iter().zip(0..).map(|(day, number)| LifetimeDay {
            day: number,
            people: day.people,
            amount: day.amount,
            arpu: per(day.amount, day.people),
            paying: day.paying,
            arppu: per(day.amount, day.paying),
            new_paying: day.new_paying,
            incomplete: day.people < done.people,
        });
        Ok(LifetimeResult { people: done.people, days: days.collect(), explain: setup.explain })
    }

    fn people(
        &self,
        point: &Self::Point,
        context: &Context,
        cancelled: &AtomicBool,
    ) -> Result<Behind, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        match point.day {
            None if point.who != LifetimeWho::People => {
                return Err(invalid("people who paid are asked for by `day`"));
            }
            Some(day) if day as usize >= setup.days => {
                return Err(invalid(format!("`day` must be below {}", setup.days)));
            }
            _ => {}
        }
        let wanted = Wanted { day: point.day.map(|day| day as usize), who: point.who };
        let found = setup.scan(context, &selection, cancelled, Some(wanted))?.found;
        Ok((found, setup.explain))
    }
}

/// The people of one number.
#[derive(Clone, Copy)]
struct Wanted {
    day: Option<usize>,
    who: LifetimeWho,
}

impl Setup {
    fn new(query: &LifetimeQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let span = Span::resolve(&query.range, &context.calendar, context.now, RANGE_DAYS_MAX)?;
        let payments = &query.payments;
        let mut slots = vec![
            SlotSpec::of(&EventSelector::named(NEW_USER), &query.segment),
            SlotSpec::of(&payments.event(), &[]),
        ];
        slots.extend(payments.refund.as_ref().map(|event| SlotSpec::of(event, &[])));
        let times = (span.from, span.to + PAYMENTS_MAX_MICROS);
        let selection = context.select(times.0, times.1);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), times)?;
        let numbers = Numbers::new(selection.parts(), &payments.amount(), latest.as_ref())?;
        let explain = context.explain(&selection);
        let (days, now) = (query.days(), context.now.as_micros());
        let setup = Self { days, from: span.from, to: span.to, now, plan, numbers, explain };
        Ok((setup, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        wanted: Option<Wanted>,
    ) -> Result<Done, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let empty =
            || Done { people: 0, days: vec![Day::default(); self.days], found: context.found() };
        let passes = scan(&what, || Lifetime {
            setup: self,
            first_seen: context.snapshot.first_seen().reader(),
            wanted,
            done: empty(),
        })?;
        let mut done = empty();
        for pass in passes {
            done.people += pass.done.people;
            for (to, from) in done.days.iter_mut().zip(&pass.done.days) {
                to.people += from.people;
                to.paying += from.paying;
                to.new_paying += from.new_paying;
                to.amount += from.amount;
            }
            done.found.add(pass.done.found);
        }
        Ok(done)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Day {
    people: u64,
    paying: u64,
    new_paying: u64,
    amount: f64,
}

/// What a pass has counted.
struct Done {
    people: u64,
    days: Vec<Day>,
    found: FoundPeople,
}

struct Lifetime<'s> {
    setup: &'s Setup,
    first_seen: FirstSeenReader<'s>,
    wanted: Option<Wanted>,
    done: Done,
}

impl Operator for Lifetime<'_> {
    const NOBODY: bool = false;

    #[inline]
    fn person(&mut self, person: u64, hits: &mut [Hit], _sorted: bool) {
        let setup = self.setup;
        let first = self.first_seen.get(PersonId(person)).map(Timestamp::as_micros);
        let Some(first) = first.filter(|at| *at >= setup.from && *at < setup.to) else { return };
        setup.plan.keep_first(person, hits, Some(first));
        if hits.iter().all(|hit| hit.slots & NEW == 0) {
            return;
        }
        // So many days are over.
        let old = ((setup.now - first).div_euclid(DAY).max(0) as usize).min(setup.days);
        let mut first_payment: Option<i64> = None;
        for hit in hits.iter().filter(|hit| hit.slots & !NEW != 0) {
            let number = setup.numbers.of(hit.part, hit.row, person);
            let Some(number) = number else { continue };
            let amount = if hit.slots & REFUND == 0 { number } else { -number.abs() };
            if amount > 0.0 {
                first_payment = Some(first_payment.map_or(hit.time, |at| at.min(hit.time)));
            }
            let day = (hit.time - first).div_euclid(DAY) as usize;
            for later in self.done.days[..old].iter_mut().skip(day) {
                later.amount += amount;
            }
        }
        self.done.people += 1;
        for day in &mut self.done.days[..old] {
            day.people += 1;
            day.paying += u64::from(first_payment.is_some());
        }
        let paid_on = first_payment.map(|at| (at - first).div_euclid(DAY) as usize);
        if let Some(day) = paid_on.and_then(|day| self.done.days.get_mut(day)) {
            day.new_paying += 1;
        }
        let Some(wanted) = self.wanted else { return };
        let is_old = wanted.day.is_none_or(|day| day < old);
        let counts = match wanted.who {
            LifetimeWho::People => is_old,
            LifetimeWho::Paying => is_old && first_payment.is_some(),
            LifetimeWho::NewPaying => wanted.day == paid_on && paid_on.is_some(),
        };
        if counts {
            let times = std::iter::once(first).chain(first_payment);
            self.done.found.push(Found { person, times: times.collect() });
        }
    }
}

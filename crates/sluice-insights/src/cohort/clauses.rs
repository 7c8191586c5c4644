//! A definition, compiled: every event it mentions is a slot of one plan, every stretch of time a
//! pair of instants.

use std::sync::Arc;

use sluice_base::Timestamp;
use sluice_filter::{Condition, NONE, Op, Operand, PropertyCondition};

use super::run::PeopleSet;
use super::spec::{Compare, HeldAt, PeopleClause, PeopleCondition, PropertyHeld, Within};
use crate::InsightError;
use crate::context::Context;
use crate::engine::{SLOTS_MAX, SlotSpec};
use crate::query::{DateRange, EventSelector, PropertyRef, invalid};
use crate::time::Span;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Every stretch of days is shorter.
const DAYS_ANY: u32 = u32::MAX;

/// When the rows of a condition lie; end exclusive.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    Between(i64, i64),
    /// From the person's first row on, for so long.
    FromFirst(i64),
}

const EVER: Frame = Frame::Between(i64::MIN, i64::MAX);

/// What a condition asks of a person's rows; indexes are into the lists of [`Compiled`].
#[derive(Debug)]
pub(super) enum Ask {
    Count { slot: usize, op: Compare, count: u64 },
    More { slot: usize, than: usize, op: Compare },
    Sum { slot: usize, number: usize, op: Compare, value: f64 },
    Distinct { slot: usize, value: usize, op: Compare, count: u64 },
    Occurrence { slot: usize, number: usize },
    Days { slot: usize, op: Compare, days: u64 },
    Sequence(usize),
    Latest { active: usize, held: usize },
    Now(usize),
    New,
    Member(Arc<PeopleSet>),
}

#[derive(Debug)]
pub(super) struct Check {
    pub(super) frame: Frame,
    pub(super) ask: Ask,
}

#[derive(Debug)]
pub(super) struct Clause {
    pub(super) not: bool,
    pub(super) any_of: Vec<Check>,
}

#[derive(Debug)]
pub(super) struct Steps {
    pub(super) slots: Vec<usize>,
    /// Longest time from the first to the last, in seconds.
    pub(super) window: i64,
}

#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) slots: Vec<SlotSpec>,
    pub(super) clauses: Vec<Clause>,
    pub(super) sequences: Vec<Steps>,
    pub(super) numbers: Vec<PropertyRef>,
    pub(super) values: Vec<PropertyRef>,
    pub(super) now: Vec<Condition>,
    /// The rows that matter lie in here.
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) needs_first: bool,
    pub(super) needs_days: bool,
}

impl Compiled {
    pub(super) fn new(
        clauses: &[PeopleClause],
        context: &Context,
        mut member: impl FnMut(&str) -> Result<Arc<PeopleSet>, InsightError>,
    ) -> Result<Self, InsightError> {
        let dictionary = context.dictionary();
        let mut compiled = Self {
            slots: Vec::new(),
            clauses: Vec::with_capacity(clauses.len()),
            sequences: Vec::new(),
            numbers: Vec::new(),
            values: Vec::new(),
            now: Vec::new(),
            from: i64::MAX,
            to: i64::MIN,
            needs_first: false,
            needs_days: false,
        };
        for clause in clauses {
            let mut any_of = Vec::with_capacity(clause.any_of.len());
            for condition in &clause.any_of {
                let frame = frame(condition.within(), context)?;
                let ask = compiled.ask(&condition.resolved(dictionary)?, &mut member)?;
                compiled.reach(frame, &ask);
                any_of.push(Check { frame, ask });
            }
            compiled.clauses.push(Clause { not: clause.not, any_of });
        }
        Ok(compiled)
    }

    /// Whether somebody who has none of the rows may belong to it.
    pub(super) fn may_hold_without_rows(&self) -> bool {
        let needs_rows =
            |check: &Check| !matches!(check.ask, Ask::Now(_) | Ask::New | Ask::Member(_));
        self.clauses.iter().all(|clause| clause.not || !clause.any_of.iter().all(needs_rows))
    }

    /// Whether all that is asked of rows is how many there are and when, to the millisecond.
    pub(super) fn needs_times_only(&self) -> bool {
        self.clauses.iter().flat_map(|clause| &clause.any_of).all(|check| {
            let is_counted = matches!(
                check.ask,
                Ask::Count { .. }
                    | Ask::More { .. }
                    | Ask::Days { .. }
                    | Ask::Now(_)
                    | Ask::New
                    | Ask::Member(_)
            );
            is_counted && matches!(check.frame, Frame::Between(..))
        })
    }

    fn ask(
        &mut self,
        condition: &PeopleCondition,
        member: &mut impl FnMut(&str) -> Result<Arc<PeopleSet>, InsightError>,
    ) -> Result<Ask, InsightError> {
        Ok(match condition {
            PeopleCondition::Performed(one) => {
                Ask::Count { slot: self.event(&one.event)?, op: one.op, count: one.count.into() }
            }
            PeopleCondition::PerformedMore(one) => {
                let (slot, than) = (self.event(&one.event)?, self.event(&one.than)?);
                Ask::More { slot, than, op: one.op }
            }
            PeopleCondition::Sum(one) => {
                let slot = self.event(&one.event)?;
                let number = place(&mut self.numbers, one.property.clone());
                Ask::Sum { slot, number, op: one.op, value: one.value }
            }
            PeopleCondition::DistinctValues(one) => {
                let slot = self.event(&one.event)?;
                let value = place(&mut self.values, one.property.clone());
                Ask::Distinct { slot, value, op: one.op, count: one.count.into() }
            }
            PeopleCondition::Occurrence(one) => {
                let slot = self.event(&one.event)?;
                Ask::Occurrence { slot, number: one.number as usize }
            }
            PeopleCondition::OnDays(one) => {
                self.needs_days = true;
                Ask::Days { slot: self.event(&one.event)?, op: one.op, days: one.days.into() }
            }
            PeopleCondition::Sequence(one) => {
                let slots = one.steps.iter().map(|step| self.event(step)).collect::<Result<_, _>>();
                let window = one.in_seconds.map_or(i64::MAX, i64::from);
                self.sequences.push(Steps { slots: slots?, window });
                Ask::Sequence(self.sequences.len() - 1)
            }
            PeopleCondition::Property(one) => self.property(one)?,
            PeopleCondition::Active(_) => {
                Ask::Count { slot: self.active(&[])?, op: Compare::GreaterOrEqual, count: 1 }
            }
            PeopleCondition::New(_) => Ask::New,
            PeopleCondition::InCohort(one) => Ask::Member(member(&one.cohort)?),
        })
    }

    fn property(&mut self, one: &PropertyHeld) -> Result<Ask, InsightError> {
        let filters = std::slice::from_ref(&one.filter);
        Ok(match one.at {
            HeldAt::AnyTime => {
                Ask::Count { slot: self.active(filters)?, op: Compare::GreaterOrEqual, count: 1 }
            }
            HeldAt::MostRecently => {
                Ask::Latest { active: self.active(&[])?, held: self.active(&[zero(&one.filter)])? }
            }
            HeldAt::Now => {
                self.now.push(one.filter.clone());
                Ask::Now(self.now.len() - 1)
            }
        })
    }

    fn event(&mut self, event: &EventSelector) -> Result<usize, InsightError> {
        let (alternatives, filters) = (event.alternatives(), event.filters.clone());
        self.slot(SlotSpec { alternatives, filters })
    }

    fn active(&mut self, filters: &[Condition]) -> Result<usize, InsightError> {
        self.slot(SlotSpec::any_active(filters))
    }

    fn slot(&mut self, spec: SlotSpec) -> Result<usize, InsightError> {
        let slot = place(&mut self.slots, spec);
        if slot >= SLOTS_MAX {
            return Err(invalid(format!(
                "the conditions on people look at more than {SLOTS_MAX} different events; save \
                 some of them as a cohort of its own and use that"
            )));
        }
        Ok(slot)
    }

    /// Widens the range of rows that are read.
    fn reach(&mut self, frame: Frame, ask: &Ask) {
        self.needs_first |= matches!(frame, Frame::FromFirst(_)) || matches!(ask, Ask::New);
        let (from, to) = match (ask, frame) {
            (Ask::Now(_) | Ask::New | Ask::Member(_), _) => return,
            (Ask::Occurrence { .. }, _) | (_, Frame::FromFirst(_)) => (i64::MIN, i64::MAX),
            (_, Frame::Between(from, to)) => (from, to),
        };
        self.from = self.from.min(from);
        self.to = self.to.max(to);
    }
}

/// The index of an item, added if it is new.
fn place<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|one| *one == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

fn frame(within: Option<&Within>, context: &Context) -> Result<Frame, InsightError> {
    let range = match within {
        None => return Ok(EVER),
        Some(Within::FirstDays { first_days }) => {
            return Ok(Frame::FromFirst(i64::from(*first_days) * DAY));
        }
        Some(Within::Between { start, end }) => {
            DateRange::Between { start: start.clone(), end: end.clone() }
        }
        Some(Within::LastDays { last_days }) => DateRange::LastDays { last_days: *last_days },
        Some(Within::Since { since }) => {
            let today = Span::resolve(
                &DateRange::LastDays { last_days: 1 },
                &context.calendar,
                context.now,
                DAYS_ANY,
            )?;
            let day = DateRange::Between { start: since.clone(), end: since.clone() };
            let first = Span::resolve(&day, &context.calendar, context.now, DAYS_ANY)?;
            return Ok(Frame::Between(first.from, today.to.max(first.from)));
        }
    };
    let span = Span::resolve(&range, &context.calendar, context.now, DAYS_ANY)?;
    Ok(Frame::Between(span.from, span.to))
}

/// The condition with 0 in place of no value where numbers are put in order.
fn zero(condition: &Condition) -> Condition {
    match condition {
        Condition::All(list) => Condition::All(list.iter().map(zero).collect()),
        Condition::Any(list) => Condition::Any(list.iter().map(zero).collect()),
        Condition::Not(inner) => Condition::Not(Box::new(zero(inner))),
        Condition::Property(leaf)
            if leaf.values.iter().any(|value| zero_passes(leaf.op, value)) =>
        {
            let none = PropertyCondition {
                property: leaf.property.clone(),
                of: leaf.of,
                op: Op::Is,
                values: vec![Operand::Text(NONE.to_owned())],
            };
            Condition::Any(vec![condition.clone(), Condition::Property(none)])
        }
        Condition::Property(_) => condition.clone(),
    }
}

fn zero_passes(op: Op, operand: &Operand) -> bool {
    let Some(number) = operand.text().trim().parse::<f64>().ok().filter(|n| n.is_finite()) else {
        return false;
    };
    match op {
        Op::Less => 0.0 < number,
        Op::LessOrEqual => 0.0 <= number,
        Op::Greater => 0.0 > number,
        Op::GreaterOrEqual => 0.0 >= number,
        _ => false,
    }
}

/// Local dates, as numbers that differ where the dates differ.
#[derive(Debug)]
pub(super) struct Dates(Vec<(i64, i64)>);

impl Dates {
    pub(super) fn new(
        context: &Context,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Self, InsightError> {
        context.calendar.offsets(from.as_micros(), to.as_micros()).map(Self)
    }

    pub(super) fn of(&self, time: i64) -> i64 {
        let at = self.0.partition_point(|(from, _)| *from <= time).max(1) - 1;
        (time + self.0[at].1).div_euclid(DAY)
    }
}

//! Evaluates definitions: one scan for all conditions of one, sets of people for the cohorts that
//! it names.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashMap;
use roaring::RoaringTreemap;
use serde::Serialize;
use sluice_base::Timestamp;
use sluice_columnar::{PeopleSlice, Piece, Selection};
use sluice_event::PersonId;
use utoipa::ToSchema;

use super::book::Membership;
use super::clauses::{Compiled, Dates};
use super::person::{Asking, UNITS};
use super::spec::{CohortDefinition, PeopleClause, PeopleCondition};
use crate::context::Context;
use crate::engine::{Groups, GroupsOf, Numbers, Plan, SWEPT_PARTS_MAX, Scan, Test, scan, sweep};
use crate::insight::{PAGE_MAX, Page, People, PersonEntry};
use crate::query::{TraitsAsOf, invalid};
use crate::{Explain, InsightError};

/// Some people, after merges: compressed bits, two bytes for each person or less.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeopleSet(RoaringTreemap);

impl PeopleSet {
    #[must_use]
    pub fn contains(&self, person: u64) -> bool {
        self.0.contains(person)
    }

    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How many people belong to a cohort.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CohortSize {
    pub people: u64,
    /// Everybody who has any event.
    pub of: u64,
    pub explain: Explain,
}

/// What the operators of one scan share.
pub(super) struct Setup {
    pub(super) compiled: Compiled,
    pub(super) plan: Plan,
    pub(super) numbers: Vec<Numbers>,
    pub(super) values: Vec<Groups>,
    pub(super) now: Vec<Test>,
    pub(super) dates: Dates,
}

/// Sets of people that one question needs; a saved cohort is evaluated once.
struct Evaluation<'a> {
    context: &'a Context,
    cancelled: &'a AtomicBool,
    known: HashMap<String, Arc<PeopleSet>>,
    /// The cohorts that are being evaluated, from the outermost.
    open: Vec<String>,
    explain: Explain,
}

/// The people for whom all clauses hold, and what it took.
pub(crate) fn members(
    clauses: &[PeopleClause],
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<(Arc<PeopleSet>, Explain), InsightError> {
    let started = std::time::Instant::now();
    let mut evaluation = Evaluation {
        context,
        cancelled,
        known: HashMap::new(),
        open: Vec::new(),
        explain: Explain { events_to: context.snapshot.cursor().0, ..Explain::default() },
    };
    let set = evaluation.members(clauses)?;
    let mut explain = evaluation.explain;
    explain.milliseconds = started.elapsed().as_secs_f64() * 1e3;
    Ok((set, explain))
}

/// How many people belong to a cohort.
///
/// # Errors
/// If it cannot be asked, or the store cannot be read.
pub fn size(
    definition: &CohortDefinition,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<CohortSize, InsightError> {
    definition.check()?;
    let (set, explain) = members(&definition.clauses, context, cancelled)?;
    let all = context.snapshot.select_all();
    let of = all.people_count(|| !cancelled.load(Ordering::Relaxed));
    let of = of.ok_or(InsightError::Cancelled)?;
    Ok(CohortSize { people: set.len(), of, explain })
}

/// The people of a cohort, by their number.
///
/// # Errors
/// As [`size`].
pub fn people(
    definition: &CohortDefinition,
    page: &Page,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<People, InsightError> {
    definition.check()?;
    let (set, explain) = members(&definition.clauses, context, cancelled)?;
    let limit = page.limit.clamp(1, PAGE_MAX);
    let mut rest = set.0.iter();
    if let Some(after) = page.after {
        rest.advance_to(after.saturating_add(1));
    }
    let mut found: Vec<u64> = rest.take(limit + 1).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().copied().filter(|_| more);
    let entry = |person| PersonEntry { person, group: None, times: Vec::new() };
    Ok(People { total: set.len(), people: found.into_iter().map(entry).collect(), next, explain })
}

/// Gives every person once, in no order.
fn each_person(
    all: &Selection,
    cancelled: &AtomicBool,
    mut visit: impl FnMut(u64),
) -> Result<(), InsightError> {
    all.walk(PeopleSlice::ALL, |piece| {
        match piece {
            Piece::Block { part, people } => {
                let keys = &all.parts()[part as usize].people()[people.clone()];
                keys.iter().filter(|key| **key != 0).for_each(|key| visit(*key));
            }
            Piece::Runs { person, .. } | Piece::Rows { person, .. } if !person.is_nobody() => {
                visit(person.0);
            }
            Piece::Runs { .. } | Piece::Rows { .. } => {}
        }
        !cancelled.load(Ordering::Relaxed)
    });
    if cancelled.load(Ordering::Relaxed) { Err(InsightError::Cancelled) } else { Ok(()) }
}

impl Evaluation<'_> {
    fn members(&mut self, clauses: &[PeopleClause]) -> Result<Arc<PeopleSet>, InsightError> {
        if let [PeopleClause { not: false, any_of }] = clauses
            && let [PeopleCondition::InCohort(one)] = &any_of[..]
        {
            return self.cohort(&one.cohort);
        }
        let context = self.context;
        let compiled = Compiled::new(clauses, context, |id| self.cohort(id))?;
        self.evaluate(compiled).map(Arc::new)
    }

    /// The people of a saved cohort.
    fn cohort(&mut self, id: &str) -> Result<Arc<PeopleSet>, InsightError> {
        if let Some(known) = self.known.get(id) {
            return Ok(known.clone());
        }
        if self.open.iter().any(|open| open == id) {
            return Err(invalid(format!("the cohort `{id}` is defined by itself")));
        }
        let set = match self.context.cohorts().get(id) {
            None => return Err(invalid(format!("there is no cohort with the id `{id}`"))),
            Some(Membership::Listed(people)) => Arc::new(self.listed(people)),
            Some(Membership::Defined(definition)) => {
                let clauses = definition.clauses.clone();
                self.open.push(id.to_owned());
                let set = self.members(&clauses)?;
                self.open.pop();
                set
            }
        };
        self.known.insert(id.to_owned(), set.clone());
        Ok(set)
    }

    /// Who of a list has any event, after merges.
    fn listed(&self, people: &[u64]) -> PeopleSet {
        let snapshot = &self.context.snapshot;
        let merges = snapshot.merges();
        let people: RoaringTreemap =
            people.iter().map(|one| merges.canonical(PersonId(*one)).0).collect();
        let mut seen = snapshot.first_seen().reader();
        PeopleSet(people.into_iter().filter(|one| seen.get(PersonId(*one)).is_some()).collect())
    }

    fn evaluate(&mut self, compiled: Compiled) -> Result<PeopleSet, InsightError> {
        let context = self.context;
        let (from, to) = (compiled.from, compiled.to);
        let selection = context.select(from, to);
        let setup = Setup::new(compiled, context, &selection)?;
        let asks_others = setup.compiled.may_hold_without_rows();
        let first_seen =
            || setup.compiled.needs_first.then(|| context.snapshot.first_seen().reader());
        let make = || Asking::new(&setup, first_seen(), asks_others);
        let (mut members, mut asked) = (RoaringTreemap::new(), RoaringTreemap::new());
        if from < to {
            let what = Scan {
                selection: &selection,
                plan: &setup.plan,
                people: None,
                accounts: None,
                threads: context.threads,
                cancelled: self.cancelled,
            };
            let needs_rows = !setup.compiled.needs_times_only();
            let operators = if needs_rows || selection.parts().len() > SWEPT_PARTS_MAX {
                scan(&what, make)?
            } else {
                sweep(&what, UNITS, make)?
            };
            for operator in operators {
                members |= operator.members;
                asked |= operator.asked.unwrap_or_default();
            }
            self.explain.add_scan(&context.explain(&selection));
        }
        if asks_others {
            let mut operator = make();
            each_person(&context.snapshot.select_all(), self.cancelled, |person| {
                if !asked.contains(person) {
                    operator.ask(person, &[]);
                }
            })?;
            members |= operator.members;
        }
        Ok(PeopleSet(members))
    }
}

impl Setup {
    fn new(
        compiled: Compiled,
        context: &Context,
        selection: &Selection,
    ) -> Result<Self, InsightError> {
        let parts = selection.parts();
        // Marks count time from here on.
        let least = parts.iter().map(|part| part.meta().time_min).min().unwrap_or(0);
        let range = (compiled.from.max(least), compiled.to);
        let plan = Plan::new(selection, &compiled.slots, None, range)?;
        let numbers = compiled.numbers.iter().map(|one| Numbers::new(parts, one, None));
        let numbers = numbers.collect::<Result<_, _>>()?;
        let rows = GroupsOf::new(&plan, u16::MAX, None, context.limits());
        let values = compiled.values.iter().map(|one| Groups::new(rows, one));
        let values = values.collect::<Result<_, _>>()?;
        let now = now(&compiled, context)?;
        let times = parts.iter().filter(|_| compiled.needs_days).map(|part| part.meta());
        let (from, to) = times.fold((i64::MAX, i64::MIN), |(from, to), meta| {
            (from.min(meta.time_min), to.max(meta.time_max))
        });
        let (from, to) = if from > to { (0, 0) } else { (from, to) };
        let range = (Timestamp::from_micros(from), Timestamp::from_micros(to.saturating_add(1)));
        let dates = Dates::new(context, range)?;
        Ok(Self { plan, numbers, values, now, dates, compiled })
    }
}

/// Tests of the traits as they are now; they do not look at the part they are compiled with.
fn now(compiled: &Compiled, context: &Context) -> Result<Vec<Test>, InsightError> {
    if compiled.now.is_empty() {
        return Ok(Vec::new());
    }
    let latest = context.latest(TraitsAsOf::Latest);
    let test = |filter| match context.snapshot.parts().first() {
        Some(part) => Test::all(part, std::slice::from_ref(filter), latest.as_ref()),
        None => Ok(Test::Const(false)),
    };
    compiled.now.iter().map(test).collect()
}

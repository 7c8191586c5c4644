//! Runs a composition: one count per value; a cell remembers the last person counted.

use std::sync::atomic::AtomicBool;

use sluice_columnar::Selection;

use super::spec::{
    CompositionGroup, CompositionPoint, CompositionQuery, CompositionResult, CompositionValues,
    RANGE_DAYS_MAX,
};
use crate::context::Context;
use crate::engine::{Groups, GroupsOf, Hit, Operator, Plan, SlotSpec, scan};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::time::Span;
use crate::{Explain, InsightError};

struct Setup {
    values: CompositionValues,
    plan: Plan,
    groups: Groups,
    explain: Explain,
}

impl Run for CompositionQuery {
    type Result = CompositionResult;
    type Point = CompositionPoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let done = setup.scan(context, &selection, cancelled, &Keep::Counts)?;
        let name = |group: usize| setup.groups.name(group as u32);
        let counts = done.counts.iter().enumerate().filter(|(_, people)| **people > 0);
        let mut list: Vec<(usize, u64)> = counts.map(|(group, people)| (group, *people)).collect();
        list.sort_by(|(a, left), (b, right)| right.cmp(left).then_with(|| name(*a).cmp(name(*b))));
        let groups_total = list.len() as u64;
        list.truncate(self.groups_limit());
        let groups = list.into_iter().map(|(group, people)| CompositionGroup {
            value: name(group).to_owned(),
            people,
            share: people as f64 / done.people as f64,
        });
        Ok(CompositionResult {
            people: done.people,
            groups: groups.collect(),
            groups_total,
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
        let group = match &point.value {
            None => Some(None),
            Some(value) => setup.groups.find(value).map(Some),
        };
        let found = match group {
            None => context.found(),
            Some(group) => setup.scan(context, &selection, cancelled, &Keep::People(group))?.found,
        };
        Ok((found, setup.explain))
    }
}

/// What a pass keeps.
enum Keep {
    Counts,
    /// With this value, or with any.
    People(Option<u32>),
}

impl Setup {
    fn new(query: &CompositionQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let span = Span::resolve(&query.range, &context.calendar, context.now, RANGE_DAYS_MAX)?;
        let slots = [SlotSpec::any_active(&query.segment)];
        let selection = context.select(span.from, span.to);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), (span.from, span.to))?;
        let rows = GroupsOf::new(&plan, 1, latest.as_ref(), context.limits());
        let groups = Groups::new(rows, &query.property)?;
        let explain = context.explain(&selection);
        Ok((Self { values: query.values, plan, groups, explain }, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        keep: &Keep,
    ) -> Result<Done, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let passes = scan(&what, || Composition {
            setup: self,
            keep,
            ordinal: 0,
            last: vec![0; self.groups.len()],
            done: Done { people: 0, counts: vec![0; self.groups.len()], found: context.found() },
        })?;
        let mut done =
            Done { people: 0, counts: vec![0; self.groups.len()], found: context.found() };
        for pass in passes {
            done.people += pass.done.people;
            done.counts.iter_mut().zip(&pass.done.counts).for_each(|(to, from)| *to += from);
            done.found.add(pass.done.found);
        }
        Ok(done)
    }
}

/// What a pass has counted.
struct Done {
    people: u64,
    /// By group.
    counts: Vec<u64>,
    found: FoundPeople,
}

struct Composition<'s> {
    setup: &'s Setup,
    keep: &'s Keep,
    /// Counts people from 1.
    ordinal: u32,
    /// The last person counted in each group.
    last: Vec<u32>,
    done: Done,
}

impl Operator for Composition<'_> {
    const NOBODY: bool = false;

    #[inline]
    fn person(&mut self, person: u64, hits: &mut [Hit], sorted: bool) {
        self.ordinal += 1;
        self.done.people += 1;
        let plan = &self.setup.plan;
        let hits = match self.setup.values {
            CompositionValues::All => &*hits,
            CompositionValues::MostRecent if sorted => &hits[hits.len() - 1..],
            CompositionValues::MostRecent => {
                let order = |index: &usize| (hits[*index].time, plan.seq(&hits[*index]));
                let last = (0..hits.len()).max_by_key(order).unwrap_or(0);
                &hits[last..=last]
            }
        };
        let mut listed: Option<i64> = None;
        for hit in hits {
            let groups = self.setup.groups.of(hit.part, hit.row, person);
            match self.keep {
                Keep::Counts => {
                    for group in groups {
                        let last = &mut self.last[*group as usize];
                        if *last != self.ordinal {
                            *last = self.ordinal;
                            self.done.counts[*group as usize] += 1;
                        }
                    }
                }
                Keep::People(wanted) => {
                    if wanted.is_none_or(|wanted| groups.contains(&wanted)) {
                        listed = Some(listed.map_or(hit.time, |time| time.min(hit.time)));
                    }
                }
            }
        }
        if let Some(time) = listed {
            self.done.found.push(Found { person, times: vec![time] });
        }
    }
}

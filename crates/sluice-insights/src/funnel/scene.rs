//! Runs a funnel with options: in any or exact order, by totals, with something held or excluded,
//! over time. People are walked one by one (`walk`); the plain funnel has a faster way (`run`).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hashbrown::HashMap;
use sluice_columnar::{Part, Selection};

use super::barrier::Barriers;
use super::run::{GROUP_NOT_REACHED, RANGE_DAYS_MAX, largest_of, name_of};
use super::score::Score;
use super::spec::{FunnelGroup, FunnelPoint, FunnelQuery, FunnelResult, Hold, NOT_REACHED, Order};
use super::walk::{Ask, Walk, Wanted};
use crate::InsightError;
use crate::context::Context;
use crate::engine::{Groups, GroupsOf, Numbers, Plan, SlotSpec, scan};
use crate::kind::Behind;
use crate::query::{Users, invalid};
use crate::time::{Buckets, Span};
use crate::trend::spec::Interval;

/// Most groups times intervals; bounds memory (I10).
const MOMENTS_MAX: usize = 400_000;

pub(super) struct Scene<'q> {
    pub(super) query: &'q FunnelQuery,
    pub(super) span: Span,
    pub(super) plan: Plan,
    pub(super) groups: Option<Groups>,
    pub(super) held: Option<Groups>,
    pub(super) numbers: Option<Numbers>,
    /// The slot of "any active event", when the question needs it.
    pub(super) active_slot: Option<usize>,
    /// Intervals of entry.
    pub(super) buckets: Option<Buckets>,
    /// Local days of the range, for new users on their first.
    pub(super) days: Option<Buckets>,
    pub(super) parts: Vec<Arc<Part>>,
}

pub(super) fn run(
    query: &FunnelQuery,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<FunnelResult, InsightError> {
    let (scene, selection) = Scene::new(query, context)?;
    let steps = query.steps.len();
    let mut overall = Score::new(steps);
    let mut by_group: HashMap<u32, Score> = HashMap::new();
    let largest = scene.largest(context, &selection, cancelled)?;
    let ask = Ask::Scores(largest.as_ref().map(|(list, _)| list.as_slice()));
    for walk in scene.scan(context, &selection, cancelled, ask)? {
        overall.add(walk.overall);
        for (group, score) in walk.by_group {
            by_group.entry(group).or_insert_with(|| Score::new(steps)).add(score);
        }
    }
    let buckets = scene.buckets.as_ref();
    let found = largest.map_or(by_group.len() as u64, |(_, total)| total);
    let groups_total = scene.groups.as_ref().map(|_| found);
    let groups = scene.groups.as_ref().map(|groups| {
        let name = |group: u32| name_of(groups, group).to_owned();
        let mut list: Vec<(String, Score)> =
            by_group.into_iter().map(|(group, score)| (name(group), score)).collect();
        list.sort_by(|(a, left), (b, right)| right.size().cmp(&left.size()).then_with(|| a.cmp(b)));
        list.truncate(query.groups_limit());
        let bars = |(group, score): (String, Score)| FunnelGroup {
            group,
            bars: score.bars(query, buckets),
        };
        list.into_iter().map(bars).collect()
    });
    Ok(FunnelResult {
        overall: overall.bars(query, buckets),
        groups,
        groups_total,
        buckets: buckets.map(|buckets| buckets.list.clone()),
        without_optional: None,
        explain: context.explain(&selection),
    })
}

pub(super) fn people(
    query: &FunnelQuery,
    point: &FunnelPoint,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<Behind, InsightError> {
    let (scene, selection) = Scene::new(query, context)?;
    let group = match (&point.group, &scene.groups) {
        (None, _) => Some(None),
        (Some(_), None) => {
            return Err(invalid("a `group` is asked for but the funnel has no breakdown"));
        }
        (Some(name), Some(_)) if query.reads_late() && name == NOT_REACHED => {
            Some(Some(GROUP_NOT_REACHED))
        }
        (Some(name), Some(groups)) => groups.find(name).map(Some),
    };
    let bucket = match (&point.bucket, &scene.buckets) {
        (None, _) => None,
        (Some(_), None) => {
            return Err(invalid("a `bucket` is asked for but the funnel has no `interval`"));
        }
        (Some(label), Some(buckets)) => Some(
            buckets
                .list
                .iter()
                .position(|bucket| bucket.label == *label)
                .ok_or_else(|| invalid(format!("the funnel has no bucket `{label}`")))?,
        ),
    };
    let mut found = context.found();
    if let Some(group) = group {
        let (step, outcome, time) = (point.step, point.outcome, point.time);
        let wanted = Wanted { step, outcome, group, bucket, time };
        for walk in scene.scan(context, &selection, cancelled, Ask::People(wanted))? {
            found.add(walk.found);
        }
    }
    Ok((found, context.explain(&selection)))
}

impl<'q> Scene<'q> {
    fn new(query: &'q FunnelQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let (calendar, now) = (&context.calendar, context.now);
        let span = Span::resolve(&query.range, calendar, now, RANGE_DAYS_MAX)?;
        let window = i64::from(query.window_seconds) * 1_000_000;
        // Times are cut to the second before they are compared: a step may be up to one unit later.
        let around = window.saturating_add(1_000_000);
        let to = span.to.saturating_add(around);
        let from = match query.order {
            Order::Any => span.from.saturating_sub(around),
            Order::InOrder | Order::Exact => span.from,
        };
        let mut slots: Vec<SlotSpec> = query
            .steps
            .iter()
            .chain(query.exclusions.iter().map(|exclusion| &exclusion.event))
            .map(|event| SlotSpec {
                alternatives: event.alternatives(),
                filters: event.filters.clone(),
            })
            .collect();
        slots[0].filters.extend(query.segment.iter().cloned());
        let needs_active = query.order == Order::Exact
            || (query.users == Users::Active && slots[0].may_be_inactive());
        let active_slot = needs_active.then_some(slots.len());
        if needs_active {
            slots.push(SlotSpec::any_active(&[]));
        }
        let selection = context.select(from, to);
        let latest = context.latest(query.traits_as_of);
        let (parts, latest) = (selection.parts(), latest.as_ref());
        let plan = Plan::new(&selection, &slots, latest, (from, to))?;
        let rows = |slots: u16| GroupsOf::new(&plan, slots, latest, context.limits());
        let breakdown_slot = 1 << (query.breakdown_step.unwrap_or(1) - 1);
        let groups = query.breakdown.as_ref();
        let groups = groups.map(|by| Groups::new(rows(breakdown_slot), by)).transpose()?;
        let held = match &query.hold {
            Some(Hold::Property(property)) => Some(Groups::of_values(rows(u16::MAX), property)?),
            Some(Hold::Session) | None => None,
        };
        let buckets_of = |interval| Buckets::new(&span, interval, calendar, now);
        let scene = Self {
            query,
            groups,
            held,
            plan,
            numbers: match &query.sum {
                None => None,
                Some(property) => Some(Numbers::new(parts, property, latest)?),
            },
            active_slot,
            buckets: query.interval.map(buckets_of).transpose()?,
            days: query.first_day.then(|| buckets_of(Interval::Day)).transpose()?,
            parts: parts.to_vec(),
            span,
        };
        Ok((scene, selection))
    }

    fn scan<'s>(
        &'s self,
        context: &'s Context,
        selection: &Selection,
        cancelled: &'s AtomicBool,
        ask: Ask<'_>,
    ) -> Result<Vec<Walk<'s>>, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        scan(&what, || Walk::new(self, context, cancelled, ask))
    }

    /// The groups that are listed, found first if there may be many; and how many there are.
    fn largest(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
    ) -> Result<Option<(Vec<u32>, u64)>, InsightError> {
        let Some(groups) = &self.groups else { return Ok(None) };
        let moments = self.buckets.as_ref().map_or(0, Buckets::len);
        if groups.len().saturating_mul(moments + 1) <= context.limits().tallies_max {
            return Ok(None);
        }
        let mut sizes: HashMap<u32, u64> = HashMap::new();
        for walk in self.scan(context, selection, cancelled, Ask::Sizes)? {
            for (group, paths) in walk.sizes.into_iter().flatten() {
                *sizes.entry(group).or_default() += paths;
            }
        }
        let (list, total) = largest_of(self.query, groups, sizes.into_iter().collect());
        if list.len() * moments > MOMENTS_MAX {
            return Err(InsightError::TooManyNumbers { limit: MOMENTS_MAX });
        }
        Ok(Some((list, total)))
    }

    /// For each pair of steps the bits of what must not lie between them.
    pub(super) fn barriers(&self) -> Barriers {
        let steps = self.query.steps.len();
        let mask = |step: usize| {
            let mut bits = 0;
            for (index, exclusion) in self.query.exclusions.iter().enumerate() {
                bits |= u16::from(exclusion.lies_after(step, steps)) << (steps + index);
            }
            match self.active_slot {
                Some(slot) if self.query.order == Order::Exact => bits | 1 << slot,
                _ => bits,
            }
        };
        Barriers::new((0..steps.saturating_sub(1)).map(mask).collect())
    }

    /// Whether no event name can be two steps. Other slots do not matter.
    pub(super) fn is_disjoint(&self) -> bool {
        let steps = (1u16 << self.query.steps.len()) - 1;
        self.plan.parts.iter().flat_map(|part| &part.by_code).all(|code| {
            let tested = code.tested.iter().fold(0, |bits, (slot, _)| bits | 1u16 << slot);
            ((code.certain | tested) & steps).count_ones() <= 1
        })
    }
}

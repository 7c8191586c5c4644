//! Runs a funnel: each person's deepest path, tallied.

use std::sync::atomic::AtomicBool;

use hashbrown::HashMap;
use sluice_columnar::RowRef;
use sluice_event::PersonId;

use super::abreast::ABREAST;
use super::path::{Finder, Path, Row};
use super::scene;
use super::spec::{
    FunnelGroup, FunnelOutcome, FunnelPoint, FunnelQuery, FunnelResult, NOT_REACHED, Resolution,
};
use super::tally::{ByGroup, Keep, Lanes, Tally, work_out};
use crate::context::Context;
use crate::engine::{
    ALIKE_MAX, FirstSeen, Groups, GroupsOf, Hit, Mark, Operator, Plan, SWEPT_PARTS_MAX, SlotSpec,
    Units, scan, sweep_in_groups,
};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::query::{EVENTS_MAX, Users, invalid};
use crate::time::Span;
use crate::{Explain, InsightError};

/// Longest range of a funnel: three years.
pub(super) const RANGE_DAYS_MAX: u32 = 1_100;

/// Group number of people who do not reach the step of the breakdown.
pub(super) const GROUP_NOT_REACHED: u32 = u32::MAX;

pub(super) struct Setup {
    span: Span,
    pub(super) plan: Plan,
    pub(super) groups: Option<Groups>,
    /// The slot of "any active event", when the question needs it.
    active_slot: Option<usize>,
    explain: Explain,
}

impl Run for FunnelQuery {
    type Result = FunnelResult;
    type Point = FunnelPoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        if !self.is_plain() || self.optional_step.is_some() {
            return run_options(self, context, cancelled);
        }
        let (setup, selection) = Setup::new(self, context)?;
        let many = setup.groups.as_ref().filter(|all| all.len() > context.limits().tallies_max);
        let mut largest = None;
        if let Some(groups) = many {
            let mut sizes: HashMap<u32, u64> = HashMap::new();
            let ask = Ask::Groups(Keep::Sizes);
            for operator in setup.scan(self, context, &selection, cancelled, ask)? {
                for (group, people) in operator.by_group.sizes() {
                    *sizes.entry(group).or_default() += people;
                }
            }
            largest = Some(largest_of(self, groups, sizes.into_iter().collect()));
        }
        let keep = largest.as_ref().map_or(Keep::All, |(list, _)| Keep::Only(list));
        let operators = setup.scan(self, context, &selection, cancelled, Ask::Groups(keep))?;
        let mut tallies: HashMap<u32, Tally> = HashMap::new();
        let mut overall = Tally::new(self.steps.len());
        for operator in operators {
            overall.add(operator.overall.into_tally());
            for (group, tally) in operator.by_group.into_tallies() {
                tallies.entry(group).or_insert_with(|| Tally::new(self.steps.len())).add(tally);
            }
        }
        work_out(tallies.values_mut().chain([&mut overall]), context.threads);
        let (groups, groups_total) = match &setup.groups {
            None => (None, None),
            Some(groups) => {
                let total = largest.map_or(tallies.len() as u64, |(_, total)| total);
                (Some(ranked(self, groups, tallies)), Some(total))
            }
        };
        Ok(FunnelResult {
            overall: overall.bars(self),
            groups,
            groups_total,
            buckets: None,
            without_optional: None,
            explain: setup.explain,
        })
    }

    fn people(
        &self,
        point: &Self::Point,
        context: &Context,
        cancelled: &AtomicBool,
    ) -> Result<Behind, InsightError> {
        if point.without_optional || self.optional_step.is_some() {
            let mut asked = self.clone();
            asked.optional_step = None;
            if point.without_optional {
                asked = self
                    .without_optional()
                    .ok_or_else(|| invalid("the funnel has no optional step"))?;
            }
            let point = FunnelPoint { without_optional: false, ..point.clone() };
            return asked.people(&point, context, cancelled);
        }
        if point.step == 0 || point.step > self.steps.len() {
            return Err(invalid(format!("`step` must be 1 to {}", self.steps.len())));
        }
        if !self.is_plain() {
            return scene::people(self, point, context, cancelled);
        }
        if point.bucket.is_some() || point.time.is_some() {
            return Err(invalid("the funnel has no `bucket` and no `time` to ask for"));
        }
        let (setup, selection) = Setup::new(self, context)?;
        let group = match (&point.group, &setup.groups) {
            (None, _) => Some(None),
            (Some(_), None) => {
                return Err(invalid("a `group` is asked for but the funnel has no breakdown"));
            }
            (Some(name), Some(_)) if self.reads_late() && name == NOT_REACHED => {
                Some(Some(GROUP_NOT_REACHED))
            }
            (Some(name), Some(groups)) => groups.find(name).map(Some),
        };
        let mut found = context.found();
        if let Some(group) = group {
            let wanted = Wanted { step: point.step, outcome: point.outcome, group };
            for operator in setup.scan(self, context, &selection, cancelled, Ask::People(wanted))? {
                found.add(operator.found);
            }
        }
        Ok((found, setup.explain))
    }
}

/// A funnel with options: as it is, and without its optional step.
fn run_options(
    query: &FunnelQuery,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<FunnelResult, InsightError> {
    let Some(without) = query.without_optional() else {
        return scene::run(query, context, cancelled);
    };
    let mut with = query.clone();
    with.optional_step = None;
    let mut result = with.run(context, cancelled)?;
    let other = without.run(context, cancelled)?;
    result.without_optional = Some(other.overall);
    result.explain.rows_scanned += other.explain.rows_scanned;
    Ok(result)
}

impl FunnelQuery {
    /// Whether the breakdown is read later than at step 1.
    pub(super) fn reads_late(&self) -> bool {
        self.breakdown_step.is_some_and(|step| step > 1)
    }
}

impl Setup {
    fn new(
        query: &FunnelQuery,
        context: &Context,
    ) -> Result<(Self, sluice_columnar::Selection), InsightError> {
        let span = Span::resolve(&query.range, &context.calendar, context.now, RANGE_DAYS_MAX)?;
        let window = i64::from(query.window_seconds) * 1_000_000;
        // Times are cut to the second before they are compared: a step may be up to one unit later.
        let to = span.to.saturating_add(window).saturating_add(1_000_000);
        let mut slots: Vec<SlotSpec> = query
            .steps
            .iter()
            .map(|step| SlotSpec {
                alternatives: step.alternatives(),
                filters: step.filters.clone(),
            })
            .collect();
        slots[0].filters.extend(query.segment.iter().cloned());
        let needs_active = query.users == Users::Active && slots[0].may_be_inactive();
        let steps = slots.len();
        if needs_active {
            slots.push(SlotSpec::any_active(&[]));
        }
        let selection = context.select(span.from, to);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), (span.from, to))?;
        let slot = 1 << (query.breakdown_step.unwrap_or(1) - 1);
        let rows = GroupsOf::new(&plan, slot, latest.as_ref(), context.limits());
        let groups = query.breakdown.as_ref().map(|by| Groups::new(rows, by)).transpose()?;
        let explain = context.explain(&selection);
        let active_slot = needs_active.then_some(steps);
        Ok((Self { span, plan, groups, active_slot, explain }, selection))
    }

    fn scan<'s>(
        &'s self,
        query: &'s FunnelQuery,
        context: &'s Context,
        selection: &'s sluice_columnar::Selection,
        cancelled: &AtomicBool,
        ask: Ask<'_>,
    ) -> Result<Vec<Funnel<'s>>, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let make = || self.operator(query, context, ask);
        // Lists of people and activity of other events need every row.
        if matches!(ask, Ask::People(_))
            || self.active_slot.is_some()
            || selection.parts().len() > SWEPT_PARTS_MAX
        {
            return scan(&what, make);
        }
        let sets = self.groups.as_ref().filter(|groups| groups.is_by_row());
        sweep_in_groups(&what, self.units(query), sets, make)
    }

    fn units(&self, query: &FunnelQuery) -> Units {
        Units { micros: query.resolution.micros(), first_before: self.span.to }
    }

    fn operator<'s>(
        &'s self,
        query: &'s FunnelQuery,
        context: &'s Context,
        ask: Ask<'_>,
    ) -> Funnel<'s> {
        let (keep, wanted) = match ask {
            Ask::Groups(keep) => (keep, None),
            Ask::People(wanted) => (Keep::All, Some(wanted)),
        };
        let units = self.units(query);
        let unit = units.micros;
        let window = i64::from(query.window_seconds) * 1_000_000 / unit;
        let steps = query.steps.len();
        // A further slot ("any active event") overlaps the steps and is taken off before.
        let disjoint = self.plan.disjoint;
        Funnel {
            setup: self,
            resolution: query.resolution,
            window,
            open_from: context.now.as_micros().div_euclid(unit) - window,
            origin: units.origin(&self.plan),
            lanes_fit: window <= i64::from(u32::MAX),
            steps,
            step_bits: (1 << steps) - 1,
            users: query.users,
            first_seen: (query.users == Users::New).then(|| context.first_seen()),
            breakdown_step: query.breakdown_step.unwrap_or(1),
            finder: Finder::new(steps, window, disjoint),
            rows: Vec::new(),
            hits: Vec::new(),
            places: Vec::new(),
            marks: Vec::new(),
            columns: Box::new([[Mark::default(); ABREAST]; ALIKE_MAX]),
            overall: Lanes::new(steps),
            by_group: ByGroup::new(steps, keep),
            wanted,
            found: context.found(),
        }
    }
}

impl Resolution {
    pub(super) const fn micros(self) -> i64 {
        match self {
            Self::Second => 1_000_000,
            Self::Millisecond => 1_000,
        }
    }
}

/// What a pass keeps.
#[derive(Clone, Copy)]
enum Ask<'a> {
    Groups(Keep<'a>),
    People(Wanted),
}

/// Which people to keep.
#[derive(Clone, Copy)]
struct Wanted {
    step: usize,
    outcome: FunnelOutcome,
    group: Option<u32>,
}

pub(super) struct Funnel<'s> {
    pub(super) setup: &'s Setup,
    resolution: Resolution,
    pub(super) window: i64,
    /// Entries after this unit may still convert.
    pub(super) open_from: i64,
    /// The unit that marks are counted from.
    pub(super) origin: i64,
    /// Whether every time between two steps fits into 32 bits.
    pub(super) lanes_fit: bool,
    pub(super) steps: usize,
    step_bits: u16,
    users: Users,
    pub(super) first_seen: Option<FirstSeen<'s>>,
    pub(super) breakdown_step: usize,
    finder: Finder,
    rows: Vec<Row>,
    pub(super) hits: Vec<Hit>,
    pub(super) places: Vec<(Mark, RowRef)>,
    pub(super) marks: Vec<Mark>,
    /// Marks of people abreast, a column each.
    pub(super) columns: Box<[[Mark; ABREAST]; ALIKE_MAX]>,
    pub(super) overall: Lanes,
    pub(super) by_group: ByGroup,
    wanted: Option<Wanted>,
    found: FoundPeople,
}

impl Operator for Funnel<'_> {
    const NOBODY: bool = false;

    #[inline]
    fn person(&mut self, person: u64, hits: &mut [Hit], sorted: bool) {
        if !sorted && hits.len() > 1 {
            self.setup.plan.sort(hits);
        }
        self.rows.clear();
        let mut active = self.setup.active_slot.is_none();
        let mut entry = i64::MIN;
        for hit in hits.iter() {
            let in_range = hit.time < self.setup.span.to;
            if let Some(slot) = self.setup.active_slot {
                active |= in_range && hit.slots >> slot & 1 != 0;
            }
            let steps = hit.slots & self.step_bits & !u16::from(!in_range);
            // A division by a constant is several times faster than by a field.
            let second = match self.resolution {
                Resolution::Second => hit.time.div_euclid(1_000_000),
                Resolution::Millisecond => hit.time.div_euclid(1_000),
            };
            if steps & 1 != 0 {
                entry = second;
            }
            self.rows.push(Row { second, steps, kind: hit.kind });
        }
        if entry == i64::MIN || !active || !self.is_wanted_user(person) {
            return;
        }
        let path = self.finder.find(&self.rows);
        if path.depth > 0 {
            self.count(person, hits, &path, entry);
        }
    }
}

impl Funnel<'_> {
    pub(super) fn is_wanted_user(&mut self, person: u64) -> bool {
        debug_assert_eq!(self.first_seen.is_some(), self.users == Users::New);
        match &mut self.first_seen {
            None => true,
            Some(first) => first.get(PersonId(person)).is_some_and(|at| {
                (self.setup.span.from..self.setup.span.to).contains(&at.as_micros())
            }),
        }
    }

    fn count(&mut self, person: u64, hits: &[Hit], path: &Path, entry: i64) {
        let open = path.depth < self.steps && entry > self.open_from;
        let mut groups: &[u32] = &[];
        if let Some(of) = &self.setup.groups {
            groups = if path.depth < self.breakdown_step {
                &[GROUP_NOT_REACHED]
            } else {
                let hit = &hits[path.rows[self.breakdown_step - 1] as usize];
                of.of(hit.part, hit.row, person)
            };
        }
        if let Some(wanted) = self.wanted {
            let outcome = match wanted.outcome {
                FunnelOutcome::Reached => path.depth >= wanted.step,
                FunnelOutcome::DroppedOff => path.depth == wanted.step && wanted.step < self.steps,
            };
            if outcome && wanted.group.is_none_or(|group| groups.contains(&group)) {
                let times =
                    path.rows[..path.depth].iter().map(|row| hits[*row as usize].time).collect();
                self.found.push(Found { person, times });
            }
            return;
        }
        let mut seconds = [0; EVENTS_MAX];
        for (second, row) in seconds.iter_mut().zip(&path.rows[..path.depth]) {
            *second = self.rows[*row as usize].second;
        }
        self.overall.tally.count(path.depth, &seconds, open);
        self.by_group.count(groups, path.depth, &seconds, open);
        debug_assert!(seconds[path.depth - 1] - seconds[0] <= self.window);
    }
}

/// The largest groups by people, ties by value.
fn ranked(query: &FunnelQuery, groups: &Groups, tallies: HashMap<u32, Tally>) -> Vec<FunnelGroup> {
    let mut list: Vec<(String, Tally)> = tallies
        .into_iter()
        .map(|(group, tally)| (name_of(groups, group).to_owned(), tally))
        .collect();
    list.sort_by(|(a, left), (b, right)| right.people().cmp(&left.people()).then_with(|| a.cmp(b)));
    list.truncate(query.groups_limit());
    let list =
        list.into_iter().map(|(group, tally)| FunnelGroup { group, bars: tally.bars(query) });
    list.collect()
}

/// The groups that are listed, and how many there are.
pub(super) fn largest_of(
    query: &FunnelQuery,
    groups: &Groups,
    mut sizes: Vec<(u32, u64)>,
) -> (Vec<u32>, u64) {
    let total = sizes.len() as u64;
    sizes.sort_by(|(a, left), (b, right)| {
        right.cmp(left).then_with(|| name_of(groups, *a).cmp(name_of(groups, *b)))
    });
    sizes.truncate(query.groups_limit());
    (sizes.into_iter().map(|(group, _)| group).collect(), total)
}

pub(super) fn name_of(groups: &Groups, group: u32) -> &str {
    if group == GROUP_NOT_REACHED { NOT_REACHED } else { groups.name(group) }
}

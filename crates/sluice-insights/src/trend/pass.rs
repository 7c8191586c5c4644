//! One pass over the events of a range, and the figures that come out of it.

use std::sync::atomic::AtomicBool;

use sluice_columnar::Selection;
use sluice_filter::Condition;

use super::counted::RUNS_MAX;
use super::dims::{Dims, Group};
use super::figure::{Ask, Need, What, at_rank, rolling_mean};
use super::operator::{Keep, Scene, Trend, Values};
use super::room::Room;
use super::spec::TrendQuery;
use super::table::{Cell, SERIES_MAX, Table};
use crate::InsightError;
use crate::context::Context;
use crate::engine::{Groups, GroupsOf, Numbers, Plan, Ranks, SlotSpec, scan};
use crate::people::FoundPeople;
use crate::query::Users;
use crate::time::{Buckets, Span};

/// What all passes of a question share.
pub(super) struct Asking<'a> {
    pub(super) query: &'a TrendQuery,
    pub(super) context: &'a Context,
    pub(super) cancelled: &'a AtomicBool,
}

/// A pass that is ready to be made.
pub(super) struct Pass {
    pub(super) scene: Scene,
    pub(super) selection: Selection,
    pub(super) ask: Ask,
}

/// A pass that was made.
pub(super) struct Tallied {
    pub(super) pass: Pass,
    table: Table,
    /// The range's cells of all groups, if `table` has only some.
    ranges: Option<Table>,
    /// Whether values were counted that are not there any more.
    has_forgotten: bool,
}

/// A figure of one series: per interval of the range, and of the whole range.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) values: Vec<Option<f64>>,
    pub(super) total: Option<f64>,
    pub(super) people: Vec<u64>,
    pub(super) people_total: u64,
}

impl Pass {
    pub(super) fn new(
        asking: &Asking<'_>,
        segment: &[Condition],
        span: &Span,
        ask: Ask,
    ) -> Result<Self, InsightError> {
        let Asking { query, context, .. } = asking;
        let (calendar, now) = (&context.calendar, context.now);
        let buckets = Buckets::with_back(span, query.interval, calendar, now, ask.back)?;
        let all: Vec<Condition> = query.segment.iter().chain(segment).cloned().collect();
        let mut slots: Vec<SlotSpec> = query
            .events
            .iter()
            .map(|event| SlotSpec {
                alternatives: event.alternatives(),
                filters: event.filters.iter().chain(&all).cloned().collect(),
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
        let base_slot = further(ask.base, SlotSpec::any_active(&all));
        let active_slot = further(needs_active, SlotSpec::any_active(&[]));
        let from = buckets.edges[0].min(span.from);
        let selection = context.select(from, span.to);
        let latest = context.latest(query.traits_as_of);
        let (parts, latest) = (selection.parts(), latest.as_ref());
        let plan = Plan::new(&selection, &slots, latest, (from, span.to))?;
        let rows = GroupsOf::new(&plan, (1 << events) - 1, latest, context.limits());
        let dims = Dims::new(query, &ask.need, rows)?;
        let values = match &ask.need {
            Need::Rows | Need::Bins(..) => Values::None,
            Need::Sums(property) => Values::Sums(Numbers::new(parts, property, latest)?),
            Need::Numbers(property) => Values::Numbers(Ranks::new(parts, property, latest)?),
            Need::Values(property) => Values::Distinct(Groups::of_values(rows, property)?),
            Need::ValuesOfPeople(property) => Values::OfPeople(Groups::of_values(rows, property)?),
            Need::Times => Values::Times,
        };
        let scene = Scene {
            buckets,
            range_from: span.from,
            plan,
            dims,
            values,
            events,
            base_slot,
            active_slot,
            is_spread: ask.window != super::window::Window::Own,
            users: query.users,
        };
        Ok(Self { scene, selection, ask })
    }

    fn slots(&self) -> usize {
        self.scene.events + usize::from(self.scene.base_slot.is_some())
    }

    pub(super) fn scan(
        &self,
        asking: &Asking<'_>,
        keep: &Keep,
    ) -> Result<(Table, FoundPeople), InsightError> {
        let Asking { query, context, cancelled } = asking;
        let what = context.scan(&self.selection, &self.scene.plan, cancelled);
        let buckets = match keep {
            Keep::RangesOnly => 0,
            _ => self.scene.buckets.len(),
        };
        let series = (self.slots() as u64).saturating_mul(self.scene.dims.len());
        let table = || {
            let mut table = Table::new(series, buckets, self.ask.window);
            if let Keep::Only(keys) = keep {
                table.keep_only(keys);
            }
            table
        };
        let new_or_first = query.users == Users::New || self.scene.plan.first_only != 0;
        let operators = scan(&what, || {
            let first = new_or_first.then(|| context.first_seen());
            Trend::new(&self.scene, first, keep, (table(), context.found()))
        })?;
        let mut all = table();
        let mut found = context.found();
        for operator in operators {
            all.add(operator.table);
            found.add(operator.found);
        }
        all.counted.settle();
        if all.overflow {
            return Err(InsightError::TooManyGroups { limit: SERIES_MAX });
        }
        if all.counted.is_full() {
            return Err(InsightError::TooManyValues { limit: RUNS_MAX });
        }
        Ok((all, found))
    }

    /// Counts all groups, or if they are too many those that will be listed.
    pub(super) fn tally(self, asking: &Asking<'_>, what: &What) -> Result<Tallied, InsightError> {
        let dims = &self.scene.dims;
        // With formulas the cells of all segments are held.
        let held = asking.query.formula.as_ref().map_or(1, |_| asking.query.segments.len().max(1));
        let cells = ((self.slots() * held) as u64)
            .saturating_mul(dims.len())
            .saturating_mul(self.scene.buckets.len() as u64 + 1);
        let cells_max = asking.context.limits().cells_max as u64;
        if cells <= cells_max || !dims.is_split() {
            let (table, _) = self.scan(asking, &Keep::All)?;
            return Ok(Tallied { pass: self, table, ranges: None, has_forgotten: false });
        }
        let (ranges, _) = self.scan(asking, &Keep::RangesOnly)?;
        let kept = (0..self.scene.events)
            .flat_map(|event| {
                let (list, _) = ranked(dims, &ranges, what, event, asking.query.groups_limit());
                list.into_iter().map(move |group| (event, group))
            })
            .collect::<Vec<_>>();
        Room::new().take(kept.len(), self.scene.buckets.len())?;
        let mut tallied = self.tally_only(asking, kept)?;
        tallied.ranges = Some(ranges);
        Ok(tallied)
    }

    /// Counts some groups alone.
    pub(super) fn tally_only(
        self,
        asking: &Asking<'_>,
        kept: Vec<(usize, Group)>,
    ) -> Result<Tallied, InsightError> {
        let dims = &self.scene.dims;
        let mut keys: Vec<u64> =
            kept.into_iter().map(|(event, group)| dims.key(event, group)).collect();
        keys.extend(self.scene.base_slot.map(|slot| dims.key(slot, [0; 3])));
        let (table, _) = self.scan(asking, &Keep::Only(keys))?;
        Ok(Tallied { pass: self, table, ranges: None, has_forgotten: false })
    }
}

/// The largest groups of an event by the measure's order, ties by value; and how many there are.
fn ranked(
    dims: &Dims,
    table: &Table,
    what: &What,
    event: usize,
    limit: usize,
) -> (Vec<Group>, u64) {
    if !dims.is_split() {
        return (vec![[0; 3]], 1);
    }
    let size = |cell: &Cell| match what {
        What::Uniques | What::Frequency(_) => cell.people as f64,
        What::Sum(_) | What::PropertyAverage(_) => cell.sum,
        _ => cell.rows as f64,
    };
    let mut list: Vec<(Group, f64)> = Vec::new();
    for key in table.keys() {
        let (slot, group) = dims.of_key(key);
        if let Some(cell) = table.range(key).filter(|cell| slot == event && cell.rows > 0) {
            list.push((group, size(cell)));
        }
    }
    let total = list.len() as u64;
    list.sort_by(|(a, left), (b, right)| {
        let names = |group: Group| [0, 1, 2].map(|dim| dims.name(group, dim));
        right.total_cmp(left).then_with(|| names(*a).cmp(&names(*b)))
    });
    list.truncate(limit);
    (list.into_iter().map(|(group, _)| group).collect(), total)
}

impl Tallied {
    /// Whether the figures of all groups can be had from it.
    pub(super) const fn is_whole(&self) -> bool {
        self.ranges.is_none() && !self.has_forgotten
    }

    /// Gives the room of counted values back; groups can still be ranked.
    pub(super) fn forget_values(&mut self) {
        self.has_forgotten = self.table.forget_values();
    }

    /// The groups of an event to list, by the order of a measure; and how many there are.
    pub(super) fn ranked(&self, what: &What, event: usize, limit: usize) -> (Vec<Group>, u64) {
        let table = self.ranges.as_ref().unwrap_or(&self.table);
        ranked(&self.pass.scene.dims, table, what, event, limit)
    }

    /// Whether a series has rows, in the range or in an interval before it that is looked at.
    pub(super) fn has_rows(&self, event: usize, group: Group) -> bool {
        self.table.has_rows(self.pass.scene.dims.key(event, group))
    }

    /// Distinct people of a series in the range.
    pub(super) fn people(&self, event: usize, group: Group) -> u64 {
        let table = self.ranges.as_ref().unwrap_or(&self.table);
        let cell = table.range(self.pass.scene.dims.key(event, group));
        cell.map_or(0, |cell| cell.people)
    }

    /// Figures of a series; of one without rows if no group is given.
    pub(super) fn figures(
        &self,
        what: &What,
        mean_of: Option<u32>,
        event: usize,
        group: Option<Group>,
    ) -> Figures {
        let key = group.map(|group| self.pass.scene.dims.key(event, group));
        let count = self.pass.scene.buckets.len() + 1;
        let of = |key: Option<u64>| {
            key.and_then(|key| self.table.cells(key))
                .unwrap_or_else(|| vec![Cell::default(); count])
        };
        let cells = of(key);
        let mut values: Vec<Option<f64>> = match what {
            What::ActivePercent | What::SumPerActive(_) => {
                let slot = self.pass.scene.base_slot.unwrap_or(event);
                let base = of(Some(self.pass.scene.dims.key(slot, [0; 3])));
                let each = cells.iter().zip(base);
                each.map(|(cell, base)| per_active(what, cell, base.people)).collect()
            }
            What::Percentile(_, rank) => {
                let number = |value: u32| match &self.pass.scene.values {
                    Values::Numbers(ranks) => ranks.numbers[value as usize],
                    _ => f64::NAN,
                };
                let numbers = key.and_then(|key| self.table.at_rank(key, *rank, number));
                numbers.unwrap_or_else(|| vec![None; count])
            }
            What::DistinctValues(_) => {
                let counts = key.and_then(|key| self.table.distinct(key));
                let counts = counts.unwrap_or_else(|| vec![0; count]);
                counts.into_iter().map(|count| Some(count as f64)).collect()
            }
            What::FrequencyPercentile(rank) => {
                let at_rank = |values: Vec<(u32, u64)>| at_rank(&values, *rank, f64::from);
                let times = key.and_then(|key| self.table.counted(key));
                let each = times.map(|each| each.map(|times| at_rank(times.collect())).collect());
                each.unwrap_or_else(|| vec![None; count])
            }
            What::DistinctPerUser(_) => {
                let values = key.and_then(|key| self.table.values_of_people(key));
                let values = values.unwrap_or_else(|| vec![0; count]);
                let each = cells.iter().zip(values);
                let per = |people: u64, of: u64| (people > 0).then(|| of as f64 / people as f64);
                each.map(|(cell, of)| per(cell.people, of)).collect()
            }
            _ => cells.iter().map(|cell| plain(what, cell)).collect(),
        };
        let total = values.pop().flatten();
        if let Some(n) = mean_of {
            values = rolling_mean(&values, n);
        }
        self.shown(&values, total, cells.iter().map(|cell| cell.people).collect())
    }

    /// The bins of a distribution of how often people had the event, each with its figures.
    pub(super) fn frequencies(
        &self,
        bins: &[super::spec::Bin],
        mean_of: Option<u32>,
        (event, group): (usize, Option<Group>),
        limit: usize,
    ) -> Vec<(String, Figures)> {
        let key = group.map(|group| self.pass.scene.dims.key(event, group));
        let count = self.pass.scene.buckets.len() + 1;
        let counted = key.and_then(|key| self.table.counted(key));
        let counted = counted.map(|each| each.map(Iterator::collect).collect());
        let counted: Vec<Vec<(u32, u64)>> = counted.unwrap_or_else(|| vec![Vec::new(); count]);
        let bins: Vec<(String, super::spec::Bin)> = if bins.is_empty() {
            let mut times: Vec<u32> = counted.iter().flatten().map(|(times, _)| *times).collect();
            times.sort_unstable();
            times.dedup();
            times.truncate(limit);
            times
                .into_iter()
                .map(|times| (times.to_string(), super::spec::Bin::at(times)))
                .collect()
        } else {
            bins.iter().map(|bin| (bin.label(), *bin)).collect()
        };
        let each = bins.into_iter().map(|(label, bin)| {
            let people: Vec<u64> = counted
                .iter()
                .map(|values| {
                    let of = values.iter().filter(|(times, _)| bin.holds(f64::from(*times)));
                    of.map(|(_, people)| people).sum()
                })
                .collect();
            let mut values: Vec<Option<f64>> = people.iter().map(|n| Some(*n as f64)).collect();
            let total = values.pop().flatten();
            if let Some(n) = mean_of {
                values = rolling_mean(&values, n);
            }
            (label, self.shown(&values, total, people))
        });
        each.collect()
    }

    /// Without the intervals that were only looked back at.
    fn shown(&self, values: &[Option<f64>], total: Option<f64>, mut people: Vec<u64>) -> Figures {
        let first = self.pass.scene.buckets.first;
        let people_total = people.pop().unwrap_or(0);
        Figures {
            values: values[first..].to_vec(),
            total,
            people: people[first..].to_vec(),
            people_total,
        }
    }
}

fn plain(what: &What, cell: &Cell) -> Option<f64> {
    let (rows, people) = (cell.rows as f64, cell.people as f64);
    match what {
        What::Uniques => Some(people),
        What::Average => (cell.people > 0).then(|| rows / people),
        What::Sum(_) => Some(cell.sum),
        What::PropertyAverage(_) => (cell.numbers > 0).then(|| cell.sum / cell.numbers as f64),
        _ => Some(rows),
    }
}

fn per_active(what: &What, cell: &Cell, active: u64) -> Option<f64> {
    (active > 0).then(|| match what {
        What::SumPerActive(_) => cell.sum / active as f64,
        _ => 100.0 * cell.people as f64 / active as f64,
    })
}

//! Runs a retention: for each person the rows they start in and the columns they come back in.

use std::sync::atomic::AtomicBool;

use hashbrown::HashMap;
use sluice_base::Timestamp;
use sluice_columnar::{RowRef, Selection};
use sluice_event::PersonId;

use super::days::{ByDays, Counts};
use super::periods::{Periods, reach};
use super::spec::{
    RetentionColumn, RetentionGroup, RetentionMode, RetentionPoint, RetentionQuery,
    RetentionResult, RetentionUnit, check_size,
};
use super::table::{Bits, Table};
use crate::context::Context;
use crate::engine::{
    FirstSeen, Groups, GroupsOf, Hit, Mark, Operator, Places, Plan, SWEPT_PARTS_MAX, SlotSpec,
    Sweeper, Units, Whole, scan, sweep,
};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::query::invalid;
use crate::time::{Buckets, Span};
use crate::trend::spec::Interval;
use crate::{Explain, InsightError};

/// Returns "at any later time" are looked for this long: 200 years.
const RETURNS_MAX_MICROS: i64 = 200 * 366 * 86_400_000_000;

const START: u16 = 1;
const BACK: u16 = 2;

struct Setup {
    columns: Vec<RetentionColumn>,
    /// Indexes from here on are taken as this one.
    index_max: i64,
    mode: RetentionMode,
    buckets: Buckets,
    complete: Vec<Bits>,
    periods: Periods,
    /// For the overall table, where days as bits are enough.
    by_days: Option<ByDays>,
    plan: Plan,
    units: Units,
    groups: Option<Groups>,
    explain: Explain,
}

impl Run for RetentionQuery {
    type Result = RetentionResult;
    type Point = RetentionPoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let cells = (setup.buckets.len() + 1) * setup.columns.len();
        let listed = setup.groups.as_ref().map_or(0, |all| all.len().min(self.groups_limit()));
        check_size(cells, listed + 1)?;
        let (table, groups) = match &setup.groups {
            None => (setup.scan(context, &selection, cancelled, &Keep::Overall)?.table, None),
            Some(groups) if groups.len().saturating_mul(cells) <= context.limits().cells_max => {
                let done = setup.scan(context, &selection, cancelled, &Keep::Groups(None))?;
                let sizes = done.by_group.iter().map(|(group, table)| (*group, table.people()));
                let (list, total) = ranked(self, groups, sizes.collect());
                (done.table, Some((list, total, done.by_group)))
            }
            Some(groups) => {
                let sizes = setup.scan(context, &selection, cancelled, &Keep::Sizes)?.sizes;
                let (list, total) = ranked(self, groups, sizes.into_iter().collect());
                let keep = Keep::Groups(Some(list.clone()));
                let done = setup.scan(context, &selection, cancelled, &keep)?;
                (done.table, Some((list, total, done.by_group)))
            }
        };
        let grid = |table: &Table| table.grid(&setup.buckets, &setup.complete);
        let name = |group: u32| {
            setup.groups.as_ref().map_or_else(String::new, |g| g.name(group).to_owned())
        };
        let groups_total = groups.as_ref().map(|(_, total, _)| *total);
        let groups = groups.map(|(list, _, tables)| {
            let shown = list.iter().filter_map(|group| {
                tables
                    .get(group)
                    .map(|table| RetentionGroup { group: name(*group), grid: grid(table) })
            });
            shown.collect()
        });
        let overall = grid(&table);
        let (columns, explain) = (setup.columns, setup.explain);
        Ok(RetentionResult { unit: self.unit, columns, overall, groups, groups_total, explain })
    }

    fn people(
        &self,
        point: &Self::Point,
        context: &Context,
        cancelled: &AtomicBool,
    ) -> Result<Behind, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        if point.column.is_some_and(|column| column >= setup.columns.len()) {
            return Err(invalid(format!("`column` must be below {}", setup.columns.len())));
        }
        let row = match &point.row {
            None => None,
            Some(label) => {
                let row = setup.buckets.list.iter().position(|bucket| bucket.label == *label);
                Some(row.ok_or_else(|| invalid(format!("the retention has no row `{label}`")))?)
            }
        };
        let group = match (&point.group, &setup.groups) {
            (None, _) => Some(None),
            (Some(_), None) => {
                return Err(invalid("a `group` is asked for but the retention has no breakdown"));
            }
            (Some(name), Some(groups)) => groups.find(name).map(Some),
        };
        let mut found = context.found();
        if let Some(group) = group {
            let keep = Keep::People(Wanted { row, column: point.column, group });
            found = setup.scan(context, &selection, cancelled, &keep)?.found;
        }
        Ok((found, setup.explain))
    }
}

/// The largest groups by people, ties by value; and how many there are.
fn ranked(query: &RetentionQuery, groups: &Groups, sizes: Vec<(u32, u64)>) -> (Vec<u32>, u64) {
    let (mut sizes, total) = (sizes, 0);
    let total = total + sizes.len() as u64;
    sizes.sort_by(|(a, left), (b, right)| {
        right.cmp(left).then_with(|| groups.name(*a).cmp(groups.name(*b)))
    });
    sizes.truncate(query.groups_limit());
    (sizes.into_iter().map(|(group, _)| group).collect(), total)
}

/// What a pass keeps.
enum Keep {
    Overall,
    /// People per group.
    Sizes,
    /// Tables of these groups, or of all; and overall.
    Groups(Option<Vec<u32>>),
    People(Wanted),
}

/// The people of one number.
#[derive(Clone, Copy)]
struct Wanted {
    row: Option<usize>,
    column: Option<usize>,
    group: Option<u32>,
}

impl Setup {
    fn new(query: &RetentionQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let calendar = &context.calendar;
        let span = Span::resolve(&query.range, calendar, context.now, query.unit.range_days_max())?;
        let interval = match query.unit {
            RetentionUnit::Day => Interval::Day,
            RetentionUnit::Week => Interval::Week,
            RetentionUnit::Month => Interval::Month,
        };
        let buckets = Buckets::new(&span, interval, calendar, context.now)?;
        let columns = query.columns();
        let last = |column: &RetentionColumn| column.to.map_or(column.from, |to| to - 1);
        let index_max = columns.iter().map(last).max().unwrap_or(0);
        let to = if query.mode == RetentionMode::OnOrAfter {
            span.to + RETURNS_MAX_MICROS
        } else {
            span.to + reach(query.unit, index_max)
        };
        let slots = [
            SlotSpec {
                alternatives: query.start.alternatives(),
                filters: query.start.filters.iter().chain(&query.segment).cloned().collect(),
            },
            SlotSpec {
                alternatives: query.returning.alternatives(),
                filters: query.returning.filters.clone(),
            },
        ];
        let selection = context.select(span.from, to);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), (span.from, to))?;
        let rows = GroupsOf::new(&plan, START, latest.as_ref(), context.limits());
        let groups = query.breakdown.as_ref().map(|by| Groups::new(rows, by)).transpose()?;
        let newest = selection.parts().iter().map(|part| part.meta().time_max).max();
        let until = newest.unwrap_or(span.to).min(to).max(span.to).div_euclid(1_000) + 1;
        let periods = Periods::new(query.unit, query.windows, calendar, &span, until)?;
        let mut complete = vec![Bits::default(); buckets.len()];
        for (row, done) in complete.iter_mut().enumerate() {
            let last = calendar.date_before(buckets.edges[row + 1])?;
            for (number, column) in columns.iter().enumerate() {
                if context.now.as_micros() >= periods.complete_from(last, column)? {
                    done.set(number);
                }
            }
        }
        let units = Units { micros: 1_000, first_before: span.to };
        let by_days = (periods.is_by_date() && query.mode == RetentionMode::On)
            .then(|| ByDays::new(&periods, columns.len(), &complete, units.origin(&plan)))
            .flatten();
        let explain = context.explain(&selection);
        let (mode, index_max) = (query.mode.clone(), i64::from(index_max));
        let setup = Self {
            columns,
            index_max,
            mode,
            buckets,
            complete,
            periods,
            by_days,
            plan,
            units,
            groups,
            explain,
        };
        Ok((setup, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        keep: &Keep,
    ) -> Result<Done, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let make = || Retention {
            setup: self,
            keep,
            origin: self.units.origin(&self.plan),
            counts: match (&self.by_days, keep) {
                (Some(days), Keep::Overall) => Some(days.counts()),
                _ => None,
            },
            first_seen: (self.plan.first_only != 0).then(|| context.first_seen()),
            starts: Vec::new(),
            backs: Vec::new(),
            places: Vec::new(),
            in_groups: Vec::new(),
            done: Done::new(self.table(), context.found()),
        };
        // A person's first row ever is known only among rows in their exact order.
        let operators = if self.plan.first_only != 0 || selection.parts().len() > SWEPT_PARTS_MAX {
            scan(&what, make)?
        } else {
            sweep(&what, self.units, make)?
        };
        let mut done = Done::new(self.table(), context.found());
        for operator in operators {
            if let Some(counts) = operator.counts {
                counts.pour(&mut done.table);
            }
            done.add(operator.done);
        }
        Ok(done)
    }

    fn table(&self) -> Table {
        Table::new(self.buckets.len(), self.columns.len())
    }

    /// The columns of some indexes.
    fn columns_of(&self, indexes: &Bits) -> Bits {
        match self.mode {
            RetentionMode::On => *indexes,
            RetentionMode::OnOrAfter => indexes.filled_up(),
            RetentionMode::Brackets(_) => {
                let mut columns = Bits::default();
                for (number, column) in self.columns.iter().enumerate() {
                    let to = column.to.unwrap_or(column.from + 1);
                    if indexes.has_any(column.from as usize..to as usize) {
                        columns.set(number);
                    }
                }
                columns
            }
        }
    }

    /// The index of a return for a start, if some column may have it.
    #[inline]
    fn index(&self, start: i64, back: i64) -> Option<usize> {
        let index = self.periods.between(start, back);
        if index <= self.index_max {
            return Some(index as usize);
        }
        (self.mode == RetentionMode::OnOrAfter).then_some(self.index_max as usize)
    }
}

/// What a pass has kept.
struct Done {
    table: Table,
    by_group: HashMap<u32, Table>,
    sizes: HashMap<u32, u64>,
    found: FoundPeople,
}

impl Done {
    fn new(table: Table, found: FoundPeople) -> Self {
        Self { table, by_group: HashMap::new(), sizes: HashMap::new(), found }
    }

    fn add(&mut self, other: Self) {
        self.table.add(&other.table);
        for (group, table) in other.by_group {
            match self.by_group.get_mut(&group) {
                Some(sum) => sum.add(&table),
                None => drop(self.by_group.insert(group, table)),
            }
        }
        for (group, people) in other.sizes {
            *self.sizes.entry(group).or_default() += people;
        }
        self.found.add(other.found);
    }
}

/// A start or return event: its time in milliseconds and its key.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moment {
    time: i64,
    key: i64,
}

struct Retention<'s> {
    setup: &'s Setup,
    keep: &'s Keep,
    origin: i64,
    /// Instead of `done`, where sets of days are enough.
    counts: Option<Counts>,
    first_seen: Option<FirstSeen<'s>>,
    /// Starts with their row in the table, and where they are stored.
    starts: Vec<(Moment, usize, RowRef)>,
    backs: Vec<Moment>,
    places: Vec<(Mark, RowRef)>,
    in_groups: Vec<(u32, u32)>,
    done: Done,
}

impl Operator for Retention<'_> {
    const NOBODY: bool = false;

    fn person(&mut self, person: u64, hits: &mut [Hit], _sorted: bool) {
        if let Some(reader) = &mut self.first_seen {
            let first = reader.get(PersonId(person)).map(Timestamp::as_micros);
            self.setup.plan.keep_first(person, hits, first);
        }
        let mut places = std::mem::take(&mut self.places);
        places.clear();
        places.extend(hits.iter().map(|hit| {
            let slots = hit.slots & !u16::from(hit.time >= self.setup.units.first_before);
            let mark = Mark::new((hit.time.div_euclid(1_000) - self.origin) as u64, slots);
            (mark, RowRef { part: hit.part, row: hit.row })
        }));
        places.sort_unstable();
        self.take(person, places.iter().copied());
        self.places = places;
    }
}

impl Sweeper for Retention<'_> {
    #[inline(always)]
    fn swept_whole(&mut self, whole: &Whole<'_>) -> bool {
        let (Some(days), Some(counts)) = (&self.setup.by_days, &mut self.counts) else {
            return false;
        };
        counts.take(days, whole);
        true
    }

    fn swept(&mut self, person: u64, marks: &[Mark], places: &mut Places<'_>) {
        if self.setup.groups.is_none() && marks.is_sorted() {
            let nowhere = RowRef { part: 0, row: 0 };
            return self.take(person, marks.iter().map(|mark| (*mark, nowhere)));
        }
        let mut rows = std::mem::take(&mut self.places);
        places.rows(&mut rows);
        self.take(person, rows.iter().copied());
        self.places = rows;
    }
}

impl Retention<'_> {
    /// A person's marks in order of time.
    fn take(&mut self, person: u64, marks: impl Iterator<Item = (Mark, RowRef)>) {
        self.starts.clear();
        self.backs.clear();
        let mut row = 0;
        for (mark, place) in marks {
            let slots = mark.slots();
            // Who has not started cannot come back.
            if slots & START == 0 && (self.starts.is_empty() || slots & BACK == 0) {
                continue;
            }
            let time = mark.time() + self.origin;
            let moment = Moment { time, key: self.setup.periods.key(time) };
            if slots & START != 0 {
                let edges = &self.setup.buckets.edges;
                while row + 2 < edges.len() && edges[row + 1] <= time * 1_000 {
                    row += 1;
                }
                self.starts.push((moment, row, place));
            }
            if slots & BACK != 0 {
                self.backs.push(moment);
            }
        }
        if self.starts.is_empty() {
            return;
        }
        let starts = std::mem::take(&mut self.starts);
        self.count(person, &starts);
        self.starts = starts;
    }

    fn count(&mut self, person: u64, starts: &[(Moment, usize, RowRef)]) {
        match self.keep {
            Keep::Overall => self.tabulate(starts, None),
            Keep::Sizes => {
                self.each_group(person, starts, |it, group, _| {
                    *it.done.sizes.entry(group).or_default() += 1;
                });
            }
            Keep::Groups(kept) => {
                self.tabulate(starts, None);
                self.each_group(person, starts, |it, group, starts| {
                    if kept.as_ref().is_none_or(|kept| kept.contains(&group)) {
                        it.tabulate(starts, Some(group));
                    }
                });
            }
            Keep::People(wanted) => match wanted.group {
                None => self.list(person, starts, *wanted),
                Some(named) => self.each_group(person, starts, |it, group, starts| {
                    if group == named {
                        it.list(person, starts, *wanted);
                    }
                }),
            },
        }
    }

    /// The person's starts by group.
    fn each_group(
        &mut self,
        person: u64,
        starts: &[(Moment, usize, RowRef)],
        mut visit: impl FnMut(&mut Self, u32, &[(Moment, usize, RowRef)]),
    ) {
        let Some(groups) = &self.setup.groups else { return };
        let mut in_groups = std::mem::take(&mut self.in_groups);
        in_groups.clear();
        for ((_, _, place), number) in starts.iter().zip(0..) {
            let of = groups.of(place.part, place.row, person);
            in_groups.extend(of.iter().map(|group| (*group, number)));
        }
        in_groups.sort_unstable();
        for same in in_groups.chunk_by(|(a, _), (b, _)| a == b) {
            let own: Vec<_> = same.iter().map(|(_, number)| starts[*number as usize]).collect();
            visit(self, same[0].0, &own);
        }
        self.in_groups = in_groups;
    }

    /// The indexes of all returns for the starts of one row.
    fn indexes(&self, starts: &[(Moment, usize, RowRef)]) -> Bits {
        let mut indexes = Bits::default();
        for same in starts.chunk_by(|(a, ..), (b, ..)| a.key == b.key) {
            let start = same[0].0;
            let later = self.backs.partition_point(|back| back.time < start.time);
            for back in self.backs[later..].chunk_by(|a, b| a.key == b.key) {
                match self.setup.index(start.key, back[0].key) {
                    Some(index) => indexes.set(index),
                    None => break,
                }
            }
        }
        indexes
    }

    fn tabulate(&mut self, starts: &[(Moment, usize, RowRef)], group: Option<u32>) {
        let (mut of, mut back) = (Bits::default(), Bits::default());
        let setup = self.setup;
        for same in starts.chunk_by(|(_, a, _), (_, b, _)| a == b) {
            let row = same[0].1;
            let columns = setup.columns_of(&self.indexes(same));
            let complete = &setup.complete[row];
            of.add(complete);
            back.add(&columns.and(complete));
            self.table(group).count_row(row, &columns);
        }
        self.table(group).count_person(&of, &back);
    }

    fn table(&mut self, group: Option<u32>) -> &mut Table {
        match group {
            None => &mut self.done.table,
            Some(group) => self.done.by_group.entry(group).or_insert_with(|| self.setup.table()),
        }
    }

    /// Keeps the person if the wanted number counts them: with their start, and their return.
    fn list(&mut self, person: u64, starts: &[(Moment, usize, RowRef)], wanted: Wanted) {
        let setup = self.setup;
        for (start, row, _) in starts {
            let Some(column) = wanted.column else {
                if wanted.row.is_none_or(|wanted| wanted == *row) {
                    let times = vec![start.time * 1_000];
                    return self.done.found.push(Found { person, times });
                }
                continue;
            };
            let counts = match wanted.row {
                Some(wanted) => wanted == *row,
                None => setup.complete[*row].has(column),
            };
            if !counts {
                continue;
            }
            let later = self.backs.partition_point(|back| back.time < start.time);
            let back = self.backs[later..].iter().find(|back| {
                let mut one = Bits::default();
                setup.index(start.key, back.key).is_some_and(|index| {
                    one.set(index);
                    setup.columns_of(&one).has(column)
                })
            });
            if let Some(back) = back {
                let times = vec![start.time * 1_000, back.time * 1_000];
                return self.done.found.push(Found { person, times });
            }
        }
    }
}

//! Runs a question about paths: a pass that finds the largest nodes of each column, and one that
//! counts them and the links between them; so memory does not grow with how many paths there are.
//! Where people have one path each and kinds of events are few, one pass finds both. The first path of
//! a person is read from where it begins; for all paths, every active row of a person is looked at.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sluice_columnar::Selection;

use super::fold::{Cell, Links, Pairs, Shown, Steps};
use super::onward::{Ground, Onward};
use super::spec::{
    COLUMNS_DEFAULT, NODES_DEFAULT, PathsCount, PathsNodeName, PathsOutcome, PathsPoint,
    PathsQuery, PathsResult, RANGE_DAYS_MAX,
};
use super::walk::{ACTIVE, BEGIN, Path, Rules, Step, TARGET, Walker};
use crate::context::Context;
use crate::engine::{
    Hit, Operator, Plan, SWEPT_PARTS_MAX, SlotSpec, Sweeper, Units, Whole, scan, sweep_starts,
};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::query::invalid;
use crate::time::Span;
use crate::{Explain, InsightError};

struct Setup {
    rules: Rules,
    /// By kind.
    names: Vec<String>,
    plan: Plan,
    /// The events that paths begin with, alone.
    begins: Plan,
    explain: Explain,
}

/// Beginnings are told apart by the millisecond; those of the same one are looked at again.
const UNITS: Units = Units { micros: 1_000, first_before: i64::MAX };

impl Run for PathsQuery {
    type Result = PathsResult;
    type Point = PathsPoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let first = if setup.pairs().is_some() { Keep::Pairs } else { Keep::Steps };
        let done = setup.scan(context, &selection, cancelled, &first)?;
        let steps = done.pairs.as_ref().map_or(done.steps, Pairs::steps);
        let nodes_max = self.nodes_max.unwrap_or(NODES_DEFAULT);
        let shown = Arc::new(Shown::new(&steps, &setup.names, nodes_max));
        let links = match &done.pairs {
            Some(pairs) => Some(pairs.links(&shown)),
            None => {
                let keep = Keep::Links(Arc::clone(&shown));
                setup.scan(context, &selection, cancelled, &keep)?.links
            }
        };
        let all = done.all.amount();
        Ok(PathsResult {
            paths: all.paths,
            people: all.people,
            reached: setup.rules.has_target.then(|| done.reached.amount()),
            columns: links.map_or_else(Vec::new, |links| links.columns(&shown)),
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
        let wanted = setup.wanted(self, point, context, &selection, cancelled)?;
        let found = setup.scan(context, &selection, cancelled, &Keep::People(wanted))?.found;
        Ok((found, setup.explain))
    }
}

/// What a pass keeps.
enum Keep {
    Pairs,
    Steps,
    Links(Arc<Shown>),
    People(Wanted),
}

/// The people of one number.
struct Wanted {
    /// Index of the column and the steps that count there.
    at: Option<(usize, Vec<Step>)>,
    next: Option<Vec<Step>>,
    outcome: Option<PathsOutcome>,
}

impl Setup {
    fn new(query: &PathsQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let span = Span::resolve(&query.range, &context.calendar, context.now, RANGE_DAYS_MAX)?;
        let (is_backward, window) = (query.start.is_none(), query.window());
        let times =
            if is_backward { (span.from - window, span.to) } else { (span.from, span.to + window) };
        let mut slots = vec![SlotSpec::any_active(&[])];
        let begin = query.start.as_ref().or(query.end.as_ref());
        slots.extend(begin.map(|event| SlotSpec::of(event, &query.segment)));
        let target = query.end.as_ref().filter(|_| !is_backward);
        slots.extend(target.map(|event| SlotSpec::of(event, &[])));
        debug_assert_eq!((ACTIVE, BEGIN, TARGET), (1, 2, 4), "slots in this order");
        let selection = context.select(times.0, times.1);
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), times)?;
        let begins = Plan::new(&selection, &slots[1..2], latest.as_ref(), (span.from, span.to))?;
        let names = names(&plan, &selection);
        let ignored = query.ignore.iter().map(|name| context.dictionary().name_of(name));
        let ignored: Vec<&str> = ignored.collect();
        let rules = Rules {
            is_backward,
            has_target: target.is_some(),
            is_totals: query.count == PathsCount::Totals,
            collapses: query.collapse_repeats,
            window,
            gap: query.gap(),
            from: span.from,
            to: span.to,
            columns: query.columns_max.unwrap_or(COLUMNS_DEFAULT),
            ignored: names.iter().map(|name| ignored.contains(&name.as_str())).collect(),
        };
        let explain = context.explain(&selection);
        Ok((Self { rules, names, plan, begins, explain }, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        keep: &Keep,
    ) -> Result<Done, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let make = || Paths {
            setup: self,
            selection,
            keep,
            walker: Walker::default(),
            onward: Onward::default(),
            ordinal: 0,
            done: self.done(keep, context),
        };
        let passes = if self.rules.is_totals || selection.parts().len() > SWEPT_PARTS_MAX {
            scan(&what, make)?
        } else {
            sweep_starts(&what, &self.begins, UNITS, make)?
        };
        let mut done = self.done(keep, context);
        for pass in passes {
            done.add(pass.done);
        }
        Ok(done)
    }

    fn done(&self, keep: &Keep, context: &Context) -> Done {
        let columns = if matches!(keep, Keep::Steps) { self.rules.columns } else { 0 };
        let links = match keep {
            Keep::Links(shown) => Some(Links::new(shown)),
            _ => None,
        };
        Done {
            all: Cell::default(),
            reached: Cell::default(),
            steps: Steps::new(columns, self.names.len()),
            pairs: if matches!(keep, Keep::Pairs) { self.pairs() } else { None },
            links,
            found: context.found(),
        }
    }

    fn pairs(&self) -> Option<Pairs> {
        if self.rules.is_totals {
            return None;
        }
        Pairs::new(self.rules.columns, self.names.len())
    }

    fn wanted(
        &self,
        query: &PathsQuery,
        point: &PathsPoint,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
    ) -> Result<Wanted, InsightError> {
        let outcome = point.outcome;
        if outcome == Some(PathsOutcome::Reached) && !self.rules.has_target {
            return Err(invalid("these paths have no `end` to reach"));
        }
        let (column, node) = match (point.column, &point.node) {
            (None, None) if point.next.is_none() => {
                if outcome.is_some() && !self.rules.has_target {
                    return Err(invalid("an `outcome` of all paths needs a `start` and an `end`"));
                }
                return Ok(Wanted { at: None, next: None, outcome });
            }
            (Some(column), Some(node)) if (1..=self.rules.columns).contains(&column) => {
                (column - 1, node)
            }
            _ => {
                let most = self.rules.columns;
                return Err(invalid(format!(
                    "a number has a `column` of 1 to {most} and a `node`"
                )));
            }
        };
        let is_other = |node: &PathsNodeName| *node == PathsNodeName::Other;
        let shown = if is_other(node) || point.next.as_ref().is_some_and(is_other) {
            let steps = self.scan(context, selection, cancelled, &Keep::Steps)?.steps;
            let nodes_max = query.nodes_max.unwrap_or(NODES_DEFAULT);
            Some(Shown::new(&steps, &self.names, nodes_max))
        } else {
            None
        };
        let steps = |column: usize, node: &PathsNodeName| match node {
            PathsNodeName::Event(name) => self.step_of(context.dictionary().name_of(name)),
            node => self.steps(shown.as_ref(), column, node),
        };
        let next = point.next.as_ref().map(|next| steps(column + 1, next));
        Ok(Wanted { at: Some((column, steps(column, node))), next, outcome })
    }

    fn step_of(&self, name: &str) -> Vec<Step> {
        let kind = self.names.iter().position(|one| one == name);
        kind.map(|kind| Step::Kind(kind as u32)).into_iter().collect()
    }

    /// The steps that a node stands for.
    fn steps(&self, shown: Option<&Shown>, column: usize, node: &PathsNodeName) -> Vec<Step> {
        let kinds = || (0..self.names.len() as u32).map(Step::Kind);
        match node {
            PathsNodeName::Start => vec![Step::Begin],
            PathsNodeName::End => vec![Step::Target],
            PathsNodeName::More => vec![Step::More],
            PathsNodeName::Event(name) => self.step_of(name),
            PathsNodeName::Other => {
                let Some(shown) = shown.filter(|shown| column < shown.columns.len()) else {
                    return Vec::new();
                };
                let nodes = &shown.columns[column].nodes;
                let other = nodes.iter().position(|node| *node == PathsNodeName::Other);
                // Steps that do not occur are given any node, and are not met either.
                kinds().filter(|step| Some(shown.node(column, *step)) == other).collect()
            }
        }
    }
}

/// The name of each kind.
fn names(plan: &Plan, selection: &Selection) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in &plan.parts {
        for code in &part.codes {
            let kind = part.by_code[*code as usize].kind as usize;
            if kind >= names.len() {
                names.resize(kind + 1, String::new());
            }
            if let Some(name) = selection.event_name(&part.part, *code) {
                name.clone_into(&mut names[kind]);
            }
        }
    }
    names
}

/// What a pass has kept.
struct Done {
    all: Cell,
    reached: Cell,
    steps: Steps,
    pairs: Option<Pairs>,
    links: Option<Links>,
    found: FoundPeople,
}

impl Done {
    fn add(&mut self, other: Self) {
        self.all.add(&other.all);
        self.reached.add(&other.reached);
        self.steps.add(&other.steps);
        if let (Some(to), Some(from)) = (&mut self.pairs, &other.pairs) {
            to.add(from);
        }
        if let (Some(to), Some(from)) = (&mut self.links, &other.links) {
            to.add(from);
        }
        self.found.add(other.found);
    }

    /// Counts a path of a person, whose paths come one after the other.
    #[inline]
    fn count(&mut self, keep: &Keep, (person, ordinal): (u64, u32), path: &Path) {
        match keep {
            Keep::Pairs | Keep::Steps => {
                self.all.count(ordinal);
                if path.reached {
                    self.reached.count(ordinal);
                }
                match &mut self.pairs {
                    Some(pairs) => pairs.count(path),
                    None => self.steps.count(path, ordinal),
                }
            }
            Keep::Links(shown) => {
                if let Some(links) = &mut self.links {
                    links.count(shown, path, ordinal);
                }
            }
            Keep::People(wanted) => {
                let is_listed = self.found.last_mut().is_some_and(|last| last.person == person);
                if !is_listed && let Some(times) = wanted.times(path) {
                    self.found.push(Found { person, times });
                }
            }
        }
    }
}

struct Paths<'s> {
    setup: &'s Setup,
    selection: &'s Selection,
    keep: &'s Keep,
    walker: Walker,
    onward: Onward,
    /// Counts people from 1.
    ordinal: u32,
    done: Done,
}

impl Operator for Paths<'_> {
    const NOBODY: bool = false;

    #[inline]
    fn person(&mut self, person: u64, hits: &mut [Hit], sorted: bool) {
        if hits.iter().all(|hit| hit.slots & BEGIN == 0) {
            return;
        }
        if !sorted {
            self.setup.plan.sort(hits);
        }
        self.ordinal += 1;
        let (done, counted) = (&mut self.done, (person, self.ordinal));
        self.walker.each(&self.setup.rules, hits, |path| done.count(self.keep, counted, path));
    }
}

impl Sweeper for Paths<'_> {
    #[inline(always)]
    fn swept_whole(&mut self, whole: &Whole<'_>) -> bool {
        let setup = self.setup;
        let ground = Ground { rules: &setup.rules, plan: &setup.plan, selection: self.selection };
        let (done, ordinal) = (&mut self.done, &mut self.ordinal);
        self.onward.each(ground, whole, |person, path| {
            *ordinal += 1;
            done.count(self.keep, (person, *ordinal), path);
        });
        true
    }
}

impl Wanted {
    /// The times of a path up to the number that counts it, if it does; in order of time.
    fn times(&self, path: &Path) -> Option<Vec<i64>> {
        let Some((column, steps)) = &self.at else {
            let counts = match self.outcome {
                None => true,
                Some(PathsOutcome::Reached) => path.reached,
                Some(PathsOutcome::Dropped) => !path.reached,
            };
            return counts.then(|| vec![path.times[0]]);
        };
        let is_at = |column: usize, steps: &[Step]| {
            path.steps.get(column).is_some_and(|step| steps.contains(step))
        };
        let follows = self.next.as_ref().is_none_or(|next| is_at(column + 1, next));
        let ends = match self.outcome {
            None => true,
            Some(PathsOutcome::Reached) => path.reached,
            Some(PathsOutcome::Dropped) => path.dropped && column + 1 == path.steps.len(),
        };
        (is_at(*column, steps) && follows && ends).then(|| {
            let mut times = path.times[..=column + usize::from(self.next.is_some())].to_vec();
            times.sort_unstable();
            times
        })
    }
}

//! Runs a question about paths: a pass that finds the largest nodes of each column, and one that
//! counts them and the links between them; so memory does not grow with how many paths there are.

use std::sync::atomic::AtomicBool;

use sluice_columnar::Selection;

use super::fold::{Cell, Links, Shown, Steps};
use super::spec::{
    COLUMNS_DEFAULT, NODES_DEFAULT, PathsCount, PathsNodeName, PathsOutcome, PathsPoint,
    PathsQuery, PathsResult, RANGE_DAYS_MAX,
};
use super::walk::{ACTIVE, BEGIN, Path, Rules, Step, TARGET, Walker};
use crate::context::Context;
use crate::engine::{Hit, Operator, Plan, Scan, SlotSpec, scan};
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
    explain: Explain,
}

impl Run for PathsQuery {
    type Result = PathsResult;
    type Point = PathsPoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let done = setup.scan(context, &selection, cancelled, &Keep::Steps)?;
        let nodes_max = self.nodes_max.unwrap_or(NODES_DEFAULT);
        let shown = Shown::new(&done.steps, &setup.names, nodes_max);
        let keep = Keep::Links(shown);
        let links = setup.scan(context, &selection, cancelled, &keep)?.links;
        let Keep::Links(shown) = keep else { return Err(InsightError::Cancelled) };
        let all = done.all.amount();
        Ok(PathsResult {
            paths: all.paths,
            people: all.people,
            reached: setup.rules.has_target.then(|| done.reached.amount()),
            columns: links.map_or_else(Vec::new, |links| links.columns(shown)),
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
    Steps,
    Links(Shown),
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
        Ok((Self { rules, names, plan, explain }, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        keep: &Keep,
    ) -> Result<Done, InsightError> {
        let people = context.people();
        let what =
            Scan { selection, plan: &self.plan, people, threads: context.threads, cancelled };
        let passes = scan(&what, || Paths {
            setup: self,
            keep,
            walker: Walker::default(),
            ordinal: 0,
            done: self.done(keep, context),
        })?;
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
            links,
            found: context.found(),
        }
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
    links: Option<Links>,
    found: FoundPeople,
}

impl Done {
    fn add(&mut self, other: Self) {
        self.all.add(&other.all);
        self.reached.add(&other.reached);
        self.steps.add(&other.steps);
        if let (Some(to), Some(from)) = (&mut self.links, &other.links) {
            to.add(from);
        }
        self.found.add(other.found);
    }
}

struct Paths<'s> {
    setup: &'s Setup,
    keep: &'s Keep,
    walker: Walker,
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
        let (done, ordinal) = (&mut self.done, self.ordinal);
        let mut is_listed = false;
        self.walker.each(&self.setup.rules, hits, |path| match self.keep {
            Keep::Steps => {
                done.all.count(ordinal);
                if path.reached {
                    done.reached.count(ordinal);
                }
                done.steps.count(path, ordinal);
            }
            Keep::Links(shown) => {
                if let Some(links) = &mut done.links {
                    links.count(shown, path, ordinal);
                }
            }
            Keep::People(wanted) => {
                if !is_listed && let Some(times) = wanted.times(path) {
                    is_listed = true;
                    done.found.push(Found { person, times });
                }
            }
        });
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

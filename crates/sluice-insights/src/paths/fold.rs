//! Which nodes a column shows, and the counts of nodes and links.

use super::spec::{PathsAmount, PathsColumn, PathsFolded, PathsLink, PathsNode, PathsNodeName};
use super::walk::{Path, Step};

/// Events named within what was put together.
const FOLDED_MAX: usize = 100;

/// Paths, and people by the last one counted: each person's paths come one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    paths: u64,
    people: u64,
    last: u32,
}

impl Cell {
    /// `person` counts people from 1.
    #[inline]
    pub(super) fn count(&mut self, person: u32) {
        self.paths += 1;
        self.people += u64::from(self.last != person);
        self.last = person;
    }

    /// As many people as paths.
    const fn of(paths: u64) -> Self {
        Self { paths, people: paths, last: 0 }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.paths += other.paths;
        self.people += other.people;
    }

    pub(super) const fn amount(self) -> PathsAmount {
        PathsAmount { paths: self.paths, people: self.people }
    }
}

fn add_all(to: &mut [Cell], from: &[Cell]) {
    to.iter_mut().zip(from).for_each(|(to, from)| to.add(from));
}

/// Steps of a column as numbers: the kinds, then three more.
#[inline]
pub(super) const fn key(step: Step, kinds: usize) -> usize {
    match step {
        Step::Kind(kind) => kind as usize,
        Step::Begin => kinds,
        Step::Target => kinds + 1,
        Step::More => kinds + 2,
    }
}

pub(super) const fn keys(kinds: usize) -> usize {
    kinds + 3
}

/// Counts per column and step: the first pass.
#[derive(Debug)]
pub(super) struct Steps {
    kinds: usize,
    cells: Vec<Cell>,
}

impl Steps {
    pub(super) fn new(columns: usize, kinds: usize) -> Self {
        Self { kinds, cells: vec![Cell::default(); columns * keys(kinds)] }
    }

    #[inline]
    pub(super) fn count(&mut self, path: &Path, person: u32) {
        for (step, column) in path.steps.iter().zip(self.cells.chunks_mut(keys(self.kinds))) {
            column[key(*step, self.kinds)].count(person);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        add_all(&mut self.cells, &other.cells);
    }
}

/// Counts per column and pair of a step and the next, of people with one path each: what both passes
/// find, where there are few enough kinds of events.
#[derive(Debug)]
pub(super) struct Pairs {
    kinds: usize,
    /// Per column: each step with each next step, with none as nothing follows, and with none as there
    /// are no more columns.
    cells: Vec<u64>,
}

/// Most cells of [`Pairs`], on each thread.
const PAIRS_MAX: usize = 500_000;

impl Pairs {
    /// Nothing, if there would be too many.
    pub(super) fn new(columns: usize, kinds: usize) -> Option<Self> {
        let cells = columns * keys(kinds) * Self::width(kinds);
        (cells <= PAIRS_MAX).then(|| Self { kinds, cells: vec![0; cells] })
    }

    /// Next steps of a step.
    const fn width(kinds: usize) -> usize {
        keys(kinds) + 2
    }

    #[inline]
    pub(super) fn count(&mut self, path: &Path) {
        let (keys, width) = (keys(self.kinds), Self::width(self.kinds));
        for (column, step) in path.steps.iter().enumerate() {
            let next = match path.steps.get(column + 1) {
                Some(next) => key(*next, self.kinds),
                None => keys + usize::from(!path.dropped),
            };
            self.cells[(column * keys + key(*step, self.kinds)) * width + next] += 1;
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.cells.iter_mut().zip(&other.cells).for_each(|(to, from)| *to += from);
    }

    pub(super) fn steps(&self) -> Steps {
        let nexts = self.cells.chunks(Self::width(self.kinds));
        Steps { kinds: self.kinds, cells: nexts.map(|next| Cell::of(next.iter().sum())).collect() }
    }

    pub(super) fn links(&self, shown: &Shown) -> Links {
        let mut links = Links::new(shown);
        let (keys, width) = (keys(self.kinds), Self::width(self.kinds));
        for (index, nexts) in self.cells.chunks(width).enumerate() {
            let (column, key) = (index / keys, index % keys);
            let Some(of) = shown.columns.get(column) else { break };
            let node = usize::from(of.node_of[key]);
            for (next, paths) in nexts.iter().enumerate().filter(|(_, paths)| **paths > 0) {
                let cell = Cell::of(*paths);
                let (all, dropped) = &mut links.nodes[column];
                all[node].add(&cell);
                if next == keys {
                    dropped[node].add(&cell);
                }
                if next < keys {
                    let to = &shown.columns[column + 1];
                    let at = node * to.nodes.len() + usize::from(to.node_of[next]);
                    links.links[column][at].add(&cell);
                }
            }
        }
        links
    }
}

/// The nodes of each column, and which one a step is in.
#[derive(Debug)]
pub(super) struct Shown {
    kinds: usize,
    pub(super) columns: Vec<ShownColumn>,
}

#[derive(Debug, Default)]
pub(super) struct ShownColumn {
    pub(super) nodes: Vec<PathsNodeName>,
    folded: Vec<PathsFolded>,
    folded_total: Option<u64>,
    /// By key.
    node_of: Vec<u8>,
}

impl Shown {
    /// The largest events of each column by paths, ties by name; the rest is put together.
    pub(super) fn new(steps: &Steps, names: &[String], nodes_max: usize) -> Self {
        let columns = steps.cells.chunks(keys(steps.kinds));
        let columns = columns.map(|cells| ShownColumn::new(cells, names, nodes_max));
        Self { kinds: steps.kinds, columns: columns.filter(|one| !one.nodes.is_empty()).collect() }
    }

    #[inline]
    pub(super) fn node(&self, column: usize, step: Step) -> usize {
        usize::from(self.columns[column].node_of[key(step, self.kinds)])
    }
}

impl ShownColumn {
    fn new(cells: &[Cell], names: &[String], nodes_max: usize) -> Self {
        let kinds = names.len();
        let mut one = Self { node_of: vec![0; cells.len()], ..Self::default() };
        let has = |step: Step| cells[key(step, kinds)].paths > 0;
        for (step, name) in
            [(Step::Begin, PathsNodeName::Start), (Step::Target, PathsNodeName::End)]
        {
            if has(step) {
                one.node_of[key(step, kinds)] = one.nodes.len() as u8;
                one.nodes.push(name);
            }
        }
        let mut events: Vec<usize> = (0..kinds).filter(|kind| cells[*kind].paths > 0).collect();
        events.sort_by(|a, b| {
            cells[*b].paths.cmp(&cells[*a].paths).then_with(|| names[*a].cmp(&names[*b]))
        });
        let room = nodes_max - one.nodes.len() - usize::from(has(Step::More));
        let named = if events.len() > room { room - 1 } else { events.len() };
        for kind in &events[..named] {
            one.node_of[*kind] = one.nodes.len() as u8;
            one.nodes.push(PathsNodeName::Event(names[*kind].clone()));
        }
        if named < events.len() {
            for kind in &events[named..] {
                one.node_of[*kind] = one.nodes.len() as u8;
            }
            one.nodes.push(PathsNodeName::Other);
            one.folded_total = Some((events.len() - named) as u64);
            let folded = events[named..].iter().take(FOLDED_MAX).map(|kind| PathsFolded {
                event: names[*kind].clone(),
                amount: cells[*kind].amount(),
            });
            one.folded = folded.collect();
        }
        if has(Step::More) {
            one.node_of[key(Step::More, kinds)] = one.nodes.len() as u8;
            one.nodes.push(PathsNodeName::More);
        }
        one
    }
}

/// Counts per shown node and link: the second pass.
#[derive(Debug)]
pub(super) struct Links {
    /// Per column and node: all, and those that go no further.
    nodes: Vec<(Vec<Cell>, Vec<Cell>)>,
    /// Per column, from each node to each of the next.
    links: Vec<Vec<Cell>>,
}

impl Links {
    pub(super) fn new(shown: &Shown) -> Self {
        let empty = |count: usize| vec![Cell::default(); count];
        let size = |column: usize| shown.columns.get(column).map_or(0, |one| one.nodes.len());
        let columns = 0..shown.columns.len();
        Self {
            nodes: columns.clone().map(|at| (empty(size(at)), empty(size(at)))).collect(),
            links: columns.map(|at| empty(size(at) * size(at + 1))).collect(),
        }
    }

    #[inline]
    pub(super) fn count(&mut self, shown: &Shown, path: &Path, person: u32) {
        let mut before: Option<usize> = None;
        for (column, step) in path.steps.iter().enumerate() {
            let node = shown.node(column, *step);
            let (all, dropped) = &mut self.nodes[column];
            all[node].count(person);
            if path.dropped && column + 1 == path.steps.len() {
                dropped[node].count(person);
            }
            if let Some(from) = before {
                self.links[column - 1][from * all.len() + node].count(person);
            }
            before = Some(node);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (to, from) in self.nodes.iter_mut().zip(&other.nodes) {
            add_all(&mut to.0, &from.0);
            add_all(&mut to.1, &from.1);
        }
        self.links.iter_mut().zip(&other.links).for_each(|(to, from)| add_all(to, from));
    }

    pub(super) fn columns(self, shown: &Shown) -> Vec<PathsColumn> {
        let sizes: Vec<usize> = shown.columns.iter().map(|one| one.nodes.len()).collect();
        let columns = shown.columns.iter().zip(self.nodes).zip(self.links).zip(0..);
        let columns = columns.map(|(((shown, (all, dropped)), links), at)| {
            let nodes = shown.nodes.iter().cloned().zip(all).zip(dropped);
            let nodes = nodes.map(|((node, amount), dropped)| {
                let is_other = node == PathsNodeName::Other;
                PathsNode {
                    node,
                    amount: amount.amount(),
                    dropped: dropped.amount(),
                    folded: if is_other { shown.folded.clone() } else { Vec::new() },
                    folded_total: shown.folded_total.filter(|_| is_other),
                }
            });
            let width = sizes.get(at + 1).copied().unwrap_or(1);
            let links = links.iter().enumerate().filter(|(_, cell)| cell.paths > 0);
            let links = links.map(|(index, cell)| PathsLink {
                from: index / width,
                to: index % width,
                amount: cell.amount(),
            });
            PathsColumn { nodes: nodes.collect(), links: links.collect() }
        });
        columns.collect()
    }
}

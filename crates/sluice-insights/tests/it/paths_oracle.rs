//! Paths by brute force: every path as a list of names, then counted with maps and sets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sluice_insights::Context;
use sluice_insights::paths::spec::{PathsAmount, PathsNodeName};

use crate::asking::{Common, asked};
use crate::behind::check_people;
use crate::oracle::{Pick, Row, is_active};

/// A question about paths of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    pub(crate) start: Option<Pick>,
    pub(crate) end: Option<Pick>,
    pub(crate) totals: bool,
    pub(crate) window: i64,
    pub(crate) gap: Option<i64>,
    pub(crate) columns: usize,
    pub(crate) nodes: usize,
    pub(crate) ignore: Vec<&'static str>,
    pub(crate) collapse: bool,
}

impl Ask {
    fn json(&self) -> Json {
        let mut own = json!({
            "count": if self.totals { "totals" } else { "uniques" },
            "window_seconds": self.window,
            "columns_max": self.columns,
            "nodes_max": self.nodes,
            "ignore": self.ignore,
            "collapse_repeats": self.collapse,
        });
        for (name, event) in [("start", &self.start), ("end", &self.end)] {
            if let Some(event) = event {
                own[name] = event.json();
            }
        }
        if let Some(gap) = self.gap {
            own["session_gap_seconds"] = json!(gap);
        }
        self.base.question("paths", own)
    }
}

/// A path: names with times, as the columns have it.
#[derive(Clone, Debug)]
struct Path {
    who: u64,
    steps: Vec<(PathsNodeName, i64)>,
    reached: bool,
    dropped: bool,
}

/// A row on a person's way, in the direction of reading.
#[derive(Clone, Debug, PartialEq)]
struct Stop {
    at: i64,
    last: i64,
    run: usize,
    name: String,
    ignored: bool,
    begins: bool,
    ends: bool,
}

fn stops(ask: &Ask, rows: &[&Row]) -> Vec<Stop> {
    let backward = ask.start.is_none();
    let begin = ask.start.as_ref().or(ask.end.as_ref()).unwrap();
    let mut all: Vec<Stop> = rows
        .iter()
        .filter(|row| is_active(row))
        .filter(|row| {
            if backward {
                row.raw.time < ask.base.over.to()
            } else {
                row.raw.time >= ask.base.over.from()
            }
        })
        .map(|row| Stop {
            at: if backward { -row.raw.time } else { row.raw.time },
            last: 0,
            run: 0,
            name: row.raw.name.clone(),
            ignored: ask
                .ignore
                .iter()
                .any(|name| row.raw.name == *name || row.other_names.contains(name)),
            begins: begin.fits(row, ask.base.latest) && ask.base.has(row),
            ends: !backward && ask.end.as_ref().is_some_and(|end| end.fits(row, ask.base.latest)),
        })
        .collect();
    if backward {
        all.reverse();
    }
    for index in 0..all.len() {
        let gap = index > 0
            && ask.gap.is_some_and(|gap| all[index].at - all[index - 1].at > gap * 1_000_000);
        all[index].last = all[index].at;
        all[index].run = if index == 0 { 0 } else { all[index - 1].run + usize::from(gap) };
    }
    all.retain(|stop| stop.begins || stop.ends || !stop.ignored);
    let mut kept: Vec<Stop> = Vec::new();
    for stop in all {
        if let Some(before) = kept.last_mut().filter(|_| ask.collapse) {
            let is_same = (&before.name, before.begins, before.ends, before.run)
                == (&stop.name, stop.begins, stop.ends, stop.run);
            if is_same && stop.at - before.last <= ask.window * 1_000_000 {
                before.last = stop.at;
                continue;
            }
        }
        kept.push(stop);
    }
    kept
}

fn paths(ask: &Ask, rows: &[Row]) -> Vec<Path> {
    let mut by_person: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        by_person.entry(row.who).or_default().push(row);
    }
    let between = ask.start.is_some() && ask.end.is_some();
    let mut found = Vec::new();
    for (who, rows) in by_person {
        let stops = stops(ask, &rows);
        for (index, begin) in stops.iter().enumerate() {
            let is_in = (ask.base.over.from()..ask.base.over.to()).contains(&begin.at.abs());
            if !begin.begins || !is_in {
                continue;
            }
            let mut steps = vec![(PathsNodeName::Start, begin.at.abs())];
            let mut reached = false;
            for stop in &stops[index + 1..] {
                if stop.run != begin.run || stop.at - begin.at > ask.window * 1_000_000 {
                    break;
                }
                if stop.ends {
                    reached = true;
                    steps.push((PathsNodeName::End, stop.at.abs()));
                    break;
                }
                steps.push((PathsNodeName::Event(stop.name.clone()), stop.at.abs()));
            }
            let fits = steps.len() <= ask.columns;
            steps.truncate(ask.columns);
            if between && !fits {
                let before = steps[ask.columns - 2].1;
                steps[ask.columns - 1] = (PathsNodeName::More, before);
            }
            let dropped = !reached && (between || fits);
            found.push(Path { who, steps, reached, dropped });
            if !ask.totals {
                break;
            }
        }
    }
    found
}

fn amount<'a>(paths: impl Iterator<Item = &'a Path>) -> PathsAmount {
    let people: Vec<u64> = paths.map(|path| path.who).collect();
    let distinct: BTreeSet<u64> = people.iter().copied().collect();
    PathsAmount { paths: people.len() as u64, people: distinct.len() as u64 }
}

/// The people of some paths with the times of the first of each, up to a column.
fn behind<'a>(paths: impl Iterator<Item = &'a Path>, column: usize) -> BTreeMap<u64, Vec<String>> {
    let mut found = BTreeMap::new();
    for path in paths {
        let mut times: Vec<i64> = path.steps[..=column].iter().map(|(_, time)| *time).collect();
        times.sort_unstable();
        let text = |time: &i64| sluice_base::Timestamp::from_micros(*time).to_string();
        found.entry(path.who).or_insert_with(|| times.iter().map(text).collect());
    }
    found
}

/// Per column the names that a node stands for.
fn nodes(ask: &Ask, paths: &[Path], column: usize) -> Vec<(PathsNodeName, Vec<String>)> {
    let mut events: BTreeMap<String, u64> = BTreeMap::new();
    let (mut front, mut back) = (Vec::new(), Vec::new());
    for (name, _) in paths.iter().filter_map(|path| path.steps.get(column)) {
        match name {
            PathsNodeName::Event(name) => *events.entry(name.clone()).or_default() += 1,
            PathsNodeName::More if back.is_empty() => back.push((name.clone(), Vec::new())),
            PathsNodeName::More => {}
            other if front.iter().all(|(one, _)| one != other) => {
                front.push((other.clone(), Vec::new()));
            }
            _ => {}
        }
    }
    let mut sorted: Vec<(String, u64)> = events.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let room = ask.nodes - front.len() - back.len();
    let keep = if sorted.len() > room { room - 1 } else { sorted.len() };
    let rest: Vec<String> = sorted[keep..].iter().map(|(name, _)| name.clone()).collect();
    let named = sorted[..keep].iter();
    front.extend(named.map(|(name, _)| (PathsNodeName::Event(name.clone()), Vec::new())));
    if !rest.is_empty() {
        front.push((PathsNodeName::Other, rest));
    }
    front.extend(back);
    front
}

fn is_at(path: &Path, column: usize, (node, folded): &(PathsNodeName, Vec<String>)) -> bool {
    match path.steps.get(column) {
        None => false,
        Some((PathsNodeName::Event(name), _)) if *node == PathsNodeName::Other => {
            folded.contains(name)
        }
        Some((name, _)) => name == node,
    }
}

pub(crate) fn check(asked: &Ask, rows: &[Row], context: &Context) {
    let json = asked.json();
    let result = asked!(Paths, &json, context);
    let paths = paths(asked, rows);
    let whole = PathsAmount { paths: result.paths, people: result.people };
    assert_eq!(whole, amount(paths.iter()), "{json}");
    check_people(&json, &json!({}), &behind(paths.iter(), 0), context);
    let between = asked.start.is_some() && asked.end.is_some();
    assert_eq!(
        result.reached,
        between.then(|| amount(paths.iter().filter(|path| path.reached))),
        "{json}"
    );
    if between {
        for (outcome, reached) in [("reached", true), ("dropped", false)] {
            let some = paths.iter().filter(|path| path.reached == reached);
            check_people(&json, &json!({ "outcome": outcome }), &behind(some, 0), context);
        }
    }
    let columns = paths.iter().map(|path| path.steps.len()).max().unwrap_or(0);
    assert_eq!(result.columns.len(), columns, "{json}");
    for (column, got) in result.columns.iter().enumerate() {
        let expected = nodes(asked, &paths, column);
        let names: Vec<_> = got.nodes.iter().map(|node| &node.node).collect();
        assert_eq!(names, expected.iter().map(|(name, _)| name).collect::<Vec<_>>(), "{json}");
        let following = nodes(asked, &paths, column + 1);
        let mut links = Vec::new();
        for (from, (node, of)) in got.nodes.iter().zip(&expected).enumerate() {
            let here = || paths.iter().filter(|path| is_at(path, column, of));
            let ends = |path: &&Path| path.dropped && path.steps.len() == column + 1;
            assert_eq!(node.amount, amount(here()), "{of:?} in column {column} of {json}");
            assert_eq!(node.dropped, amount(here().filter(ends)), "{of:?} of {json}");
            let folded: Vec<&String> = node.folded.iter().map(|one| &one.event).collect();
            assert_eq!(folded, of.1.iter().collect::<Vec<_>>(), "{json}");
            assert_eq!(node.folded_total, (!of.1.is_empty()).then_some(of.1.len() as u64));
            for one in &node.folded {
                let name = (PathsNodeName::Event(one.event.clone()), Vec::new());
                let some = paths.iter().filter(|path| is_at(path, column, &name));
                assert_eq!(one.amount, amount(some), "{json}");
            }
            let mut point = json!({ "column": column + 1, "node": of.0 });
            check_people(&json, &point, &behind(here(), column), context);
            point["outcome"] = json!("dropped");
            check_people(&json, &point, &behind(here().filter(ends), column), context);
            for (to, next) in following.iter().enumerate() {
                let both = || here().filter(|path| is_at(path, column + 1, next));
                if both().next().is_some() {
                    links.push((from, to, amount(both())));
                    let point = json!({ "column": column + 1, "node": of.0, "next": next.0 });
                    check_people(&json, &point, &behind(both(), column + 1), context);
                }
            }
        }
        let found: Vec<_> =
            got.links.iter().map(|link| (link.from, link.to, link.amount)).collect();
        assert_eq!(found, links, "links of column {column} of {json}");
    }
}

//! The question about paths and its answer, as stored and served.
//!
//! Semantics: a path begins at a start event in the range and goes on with the person's following
//! active events, as long as they lie within the window (its end included) and, with a session gap,
//! as long as nothing lies further apart than that. Unique counting takes each person's first path,
//! even if a later one would get further; totals take one from every start. With a start and an end
//! a path stops when it reaches the end. With an end only, all of this is mirrored in time: a path
//! begins at the end event, that of a unique person at their last, and goes back. Repeats that are
//! collapsed count once: the first of the run, in totals also as the start. Events that are ignored
//! still count as activity for the gap.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::dictionary::CUSTOM_EVENT_PREFIX;
use crate::kind::{Question, question};
use crate::query::{ANY_EVENT, EventSelector, NEW_USER, invalid};
use crate::{Explain, InsightError};

pub const COLUMNS_MAX: usize = 20;
pub const COLUMNS_DEFAULT: usize = 10;
pub const NODES_MAX: usize = 30;
pub const NODES_DEFAULT: usize = 8;
const NODES_MIN: usize = 4;
const IGNORED_MAX: usize = 100;
const SECONDS_MAX: u64 = 366 * 86_400;
const WINDOW_DEFAULT: u64 = 86_400;
/// Longest range in days.
pub(super) const RANGE_DAYS_MAX: u32 = 366;

question! {
    /// What people do from one event on, before one, or between two.
    pub struct PathsQuery {
        /// When a path must begin; without a `start`, when it must end.
        range,
        /// Conditions on the start event; without a `start`, on the end event.
        segment,
        /// Where paths begin. At least one of `start` and `end` is needed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub start: Option<EventSelector>,
        /// Where paths end. Without a `start`, paths are read backwards from here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub end: Option<EventSelector>,
        #[serde(default)]
        pub count: PathsCount,
        /// Longest time from the first event of a path to its last, 1 s to 366 days (default one day).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub window_seconds: Option<u64>,
        /// If given, a path also ends where nothing happens for longer than this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub session_gap_seconds: Option<u64>,
        /// Columns to show, 2 to 20 (default 10).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub columns_max: Option<usize>,
        /// Nodes per column, 4 to 30 (default 8); smaller ones are put together.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub nodes_max: Option<usize>,
        /// Names of events that paths pass over.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub ignore: Vec<String>,
        /// Whether the same event several times in a row is one step.
        #[serde(default)]
        pub collapse_repeats: bool,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathsCount {
    /// Each person's first path (read backwards: the last).
    #[default]
    Uniques,
    /// A path from every start.
    Totals,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PathsResult {
    /// All paths, and the distinct people who have one.
    pub paths: u64,
    pub people: u64,
    /// Those that reach the end; only where both ends are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<PathsAmount>,
    /// In order of the path: read backwards, the first column is the end event.
    pub columns: Vec<PathsColumn>,
    pub explain: Explain,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PathsAmount {
    pub paths: u64,
    /// Distinct people with such a path: the length of their list.
    pub people: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PathsColumn {
    /// The largest first, what is put together last.
    pub nodes: Vec<PathsNode>,
    /// From nodes of this column to nodes of the next.
    pub links: Vec<PathsLink>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PathsNode {
    pub node: PathsNodeName,
    #[serde(flatten)]
    pub amount: PathsAmount,
    /// Paths that go no further: nothing follows within the window.
    pub dropped: PathsAmount,
    /// The largest of the events put together, up to 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<PathsFolded>,
    /// How many events are put together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folded_total: Option<u64>,
}

/// What stands at a place of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathsNodeName {
    /// The event that paths begin with.
    Start,
    /// The event that paths end with.
    End,
    Event(String),
    /// Events put together.
    Other,
    /// Between two events: the rest of a path that is longer than there are columns.
    More,
}

/// An event within `other`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PathsFolded {
    pub event: String,
    #[serde(flatten)]
    pub amount: PathsAmount,
}

/// Paths that go from one node right to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PathsLink {
    /// Index of the node in this column, and in the next.
    pub from: usize,
    pub to: usize,
    #[serde(flatten)]
    pub amount: PathsAmount,
}

/// A number of an answer about paths whose people are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathsPoint {
    /// Number of the column, from 1; with `node`. Without both: all paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What the path has there; also an event within `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<PathsNodeName>,
    /// What it has in the next column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PathsNodeName>,
    /// How it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<PathsOutcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathsOutcome {
    /// Nothing follows the node; without a node, the path does not reach the end.
    Dropped,
    /// It reaches the end.
    Reached,
}

impl Question for PathsQuery {
    fn check(&self) -> Result<(), InsightError> {
        if self.start.is_none() && self.end.is_none() {
            return Err(invalid("paths need a `start`, an `end` or both"));
        }
        for event in self.start.iter().chain(&self.end) {
            event.check("an end of paths")?;
            let names = ["$identify", "$group", "$alias", ANY_EVENT, NEW_USER];
            let alternatives = event.alternatives();
            let wrong = alternatives.iter().find(|one| names.contains(&one.event.as_str()));
            if let Some(wrong) = wrong {
                let name = &wrong.event;
                return Err(invalid(format!(
                    "a path goes through active events; `{name}` is none"
                )));
            }
        }
        let within = |name: &str, value: Option<u64>, from: u64, to: u64| match value {
            Some(n) if n < from || n > to => {
                Err(invalid(format!("`{name}` must be {from} to {to}")))
            }
            _ => Ok(()),
        };
        within("window_seconds", self.window_seconds, 1, SECONDS_MAX)?;
        within("session_gap_seconds", self.session_gap_seconds, 1, SECONDS_MAX)?;
        within("columns_max", self.columns_max.map(|n| n as u64), 2, COLUMNS_MAX as u64)?;
        let least = NODES_MIN as u64;
        within("nodes_max", self.nodes_max.map(|n| n as u64), least, NODES_MAX as u64)?;
        if self.ignore.len() > IGNORED_MAX {
            return Err(invalid(format!("at most {IGNORED_MAX} events can be ignored")));
        }
        if self.ignore.iter().any(|name| name.starts_with(CUSTOM_EVENT_PREFIX)) {
            return Err(invalid("a custom event cannot be ignored; name the events it is made of"));
        }
        Ok(())
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        self.start.iter_mut().chain(&mut self.end).collect()
    }
}

impl PathsQuery {
    /// Microseconds.
    pub(super) fn window(&self) -> i64 {
        self.window_seconds.unwrap_or(WINDOW_DEFAULT) as i64 * 1_000_000
    }

    /// Microseconds.
    pub(super) fn gap(&self) -> Option<i64> {
        self.session_gap_seconds.map(|seconds| seconds as i64 * 1_000_000)
    }
}

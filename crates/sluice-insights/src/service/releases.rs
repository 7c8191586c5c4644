//! Releases of apps, as their events tell: when a version was first seen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashMap;
use serde::Serialize;
use sluice_base::Timestamp;
use sluice_columnar::Part;
use sluice_filter::{Scope, Value};
use utoipa::ToSchema;

use crate::engine::CellsOf;
use crate::{Context, InsightError};

/// Most releases in a list, the newest.
const RELEASES_MAX: usize = 100;
const DAY_MICROS: i64 = 86_400_000_000;
/// A version must have at least one in so many of its app's events, in the days after its first.
const SHARE: u64 = 100;
const SHARE_DAYS: i64 = 7;

/// A version of an app that came out, by the events that name it in `context.app`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Release {
    /// `context.app.name`; absent where events give none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// `context.app.version`.
    pub version: String,
    /// Time of its first event.
    pub at: String,
    /// Events of this version so far.
    pub events: u64,
}

/// First event and events per day of a version.
struct Count {
    first: i64,
    days: BTreeMap<i64, u64>,
}

impl Default for Count {
    fn default() -> Self {
        Self { first: i64::MAX, days: BTreeMap::new() }
    }
}

type Versions = HashMap<String, Count>;

/// The newest releases, oldest first. The version that an app's events begin with is none, nor is one
/// that fewer than a hundredth of the app's events have in the week after its first: test builds.
///
/// # Errors
/// [`InsightError::TooManyPropertyValues`], [`InsightError::Cancelled`], or what reading a part gives.
pub fn releases(context: &Context, cancelled: &AtomicBool) -> Result<Vec<Release>, InsightError> {
    let mut apps: BTreeMap<Option<String>, Versions> = BTreeMap::new();
    for ((app, version), count) in counted(context, cancelled)? {
        apps.entry(app).or_default().insert(version, count);
    }
    let mut found = Vec::new();
    for (app, versions) in apps {
        let begin = versions.values().map(|count| count.first).min();
        for (version, count) in &versions {
            if Some(count.first) != begin && is_common(count, &versions) {
                let events = count.days.values().sum();
                found.push((count.first, app.clone(), version.clone(), events));
            }
        }
    }
    found.sort_unstable();
    let rest = found.split_off(found.len().saturating_sub(RELEASES_MAX));
    let release = |(at, app, version, events)| {
        let at = Timestamp::from_micros(at).to_string();
        Release { app, version, at, events }
    };
    Ok(rest.into_iter().map(release).collect())
}

fn is_common(of: &Count, versions: &Versions) -> bool {
    let first = of.first.div_euclid(DAY_MICROS);
    let week = |count: &Count| -> u64 {
        count.days.range(first..first + SHARE_DAYS).map(|(_, events)| *events).sum()
    };
    let all: u64 = versions.values().map(week).sum();
    week(of) * SHARE >= all
}

type Key = (Option<String>, String);

/// Goes through the parts that name versions, row by row as they lie: whose rows they are does not
/// matter.
fn counted(context: &Context, cancelled: &AtomicBool) -> Result<HashMap<Key, Count>, InsightError> {
    let limit = context.limits().values_max;
    let mut counts: HashMap<Key, Count> = HashMap::new();
    for part in context.snapshot.parts() {
        if cancelled.load(Ordering::Relaxed) {
            return Err(InsightError::Cancelled);
        }
        let Some(named) = Named::open(part)? else { continue };
        for ((codes, day), (first, events)) in named.days(part) {
            let Some(key) = named.key(codes) else { continue };
            let count = counts.entry(key).or_default();
            count.first = count.first.min(first);
            *count.days.entry(day).or_default() += events;
        }
        if counts.len() > limit {
            let property = "context.app.version".to_owned();
            return Err(InsightError::TooManyPropertyValues { property, limit });
        }
    }
    Ok(counts)
}

/// A part whose events name versions.
struct Named {
    apps: CellsOf,
    versions: CellsOf,
}

impl Named {
    fn open(part: &Arc<Part>) -> Result<Option<Self>, InsightError> {
        let versions = CellsOf::open(part, "app.version", Scope::Context)?;
        if matches!(versions, CellsOf::Absent) {
            return Ok(None);
        }
        Ok(Some(Self { apps: CellsOf::open(part, "app.name", Scope::Context)?, versions }))
    }

    /// First event and number of events, by the codes of app and version and by day.
    fn days(&self, part: &Part) -> HashMap<((u32, u32), i64), (i64, u64)> {
        let mut all: HashMap<_, (i64, u64)> = HashMap::new();
        let times = part.times();
        // The rows of a visit lie together: they are looked up as one.
        let (mut of, mut run) = (((0, 0), i64::MIN), (i64::MAX, 0));
        let mut add = |of, (first, events): (i64, u64)| {
            let day = all.entry(of).or_insert((i64::MAX, 0));
            *day = (day.0.min(first), day.1 + events);
        };
        for row in 0..part.rows() {
            let time = times.get(row);
            let codes = (self.apps.code(row), self.versions.code(row));
            let here = (codes, time.div_euclid(DAY_MICROS));
            if here != of {
                add(of, run);
                (of, run) = (here, (i64::MAX, 0));
            }
            run = (run.0.min(time), run.1 + 1);
        }
        add(of, run);
        all
    }

    /// The app and the version; nothing if there is no version.
    fn key(&self, (app, version): (u32, u32)) -> Option<Key> {
        let text = |cells: &CellsOf, code| {
            let value = cells.value(code);
            let text = if matches!(value, Value::Null) {
                String::new()
            } else {
                value.text().into_owned()
            };
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        Some((text(&self.apps, app), text(&self.versions, version)?))
    }
}

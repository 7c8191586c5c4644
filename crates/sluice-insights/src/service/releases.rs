//! Releases of apps, as their events tell: when a version was first seen.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use sluice_base::Timestamp;
use sluice_columnar::{Part, Selection};
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

type Versions = HashMap<String, Count>;

/// The newest releases, oldest first. The version that an app's events begin with is none, nor is one
/// that fewer than a hundredth of the app's events have in the week after its first: test builds.
///
/// # Errors
/// [`InsightError::TooManyPropertyValues`], or what reading a part gives.
pub fn releases(context: &Context) -> Result<Vec<Release>, InsightError> {
    let limit = context.limits().values_max;
    let mut apps: BTreeMap<Option<String>, Versions> = BTreeMap::new();
    for ((app, version), count) in counted(&context.snapshot.select_all(), limit)? {
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

fn counted(all: &Selection, limit: usize) -> Result<HashMap<Key, Count>, InsightError> {
    let parts = all.parts().iter().map(Named::open).collect::<Result<Vec<_>, _>>()?;
    // Numbers instead of names while rows are gone through.
    let mut numbers: HashMap<Key, usize> = HashMap::new();
    let mut counts: Vec<HashMap<i64, (i64, u64)>> = Vec::new();
    let mut numbers_of = vec![HashMap::new(); parts.len()];
    let mut is_over = false;
    all.each_row(|at| {
        let Some(named) = &parts[at.part as usize] else { return };
        let codes = (named.apps.code(at.row), named.versions.code(at.row));
        let number = *numbers_of[at.part as usize].entry(codes).or_insert_with(|| {
            let key = named.key(codes)?;
            if numbers.len() >= limit && !numbers.contains_key(&key) {
                is_over = true;
                return None;
            }
            let number = *numbers.entry(key).or_insert(counts.len());
            if number == counts.len() {
                counts.push(HashMap::new());
            }
            Some(number)
        });
        if let Some(number) = number {
            let time = all.parts()[at.part as usize].times().get(at.row);
            let day = counts[number].entry(time.div_euclid(DAY_MICROS)).or_insert((time, 0));
            *day = (day.0.min(time), day.1 + 1);
        }
    });
    if is_over {
        let property = "context.app.version".to_owned();
        return Err(InsightError::TooManyPropertyValues { property, limit });
    }
    let count = |days: &HashMap<i64, (i64, u64)>| Count {
        first: days.values().map(|(first, _)| *first).min().unwrap_or(i64::MAX),
        days: days.iter().map(|(day, (_, events))| (*day, *events)).collect(),
    };
    Ok(numbers.into_iter().map(|(key, number)| (key, count(&counts[number]))).collect())
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

//! What there is to ask about: event names, properties, their types and some values.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::Value as Json;
use sluice_base::Timestamp;
use sluice_columnar::{Column, EventNames as _, Part, Scope as ColumnScope, Value};
use sluice_filter::Scope;
use utoipa::ToSchema;

use super::events::json;
use crate::query::EventSelector;
use crate::{Context, InsightError};

/// Values shown per property.
const SAMPLES_MAX: usize = 10;
/// Distinct values looked through for them.
const CODES_MAX: u32 = 200;
/// Rows of an event that are looked at for its properties, newest parts first.
const ROWS_MAX: usize = 1_000;
/// Names of the types in the order of [`sluice_columnar::Kind::ALL`].
const TYPES: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventName {
    pub name: String,
    pub count: u64,
    pub first_seen: String,
    pub last_seen: String,
    /// Whether it counts as activity.
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PropertyInfo {
    pub name: String,
    #[schema(value_type = Object)]
    pub of: Scope,
    /// Types with the number of rows seen of each (of an event: among its newest; of a user trait:
    /// versions), most frequent first.
    pub types: Vec<(String, u64)>,
    /// Time of the newest of the events looked at that has it; absent where no event was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    #[schema(value_type = Vec<Object>)]
    pub samples: Vec<Json>,
}

/// What the rows of an event say about one property.
#[derive(Default)]
struct OfEvent {
    name: String,
    kinds: [u64; 6],
    last: Option<i64>,
    samples: Vec<Json>,
}

pub(super) fn events(context: &Context) -> Vec<EventName> {
    let names = context.snapshot.event_names().iter().map(|event| EventName {
        name: event.name.clone(),
        count: event.rows,
        first_seen: event.first.to_string(),
        last_seen: event.last.to_string(),
        active: !["$identify", "$group", "$alias"].contains(&event.name.as_str()),
    });
    names.collect()
}

pub(super) fn properties(
    context: &Context,
    event: Option<&str>,
    cancelled: &AtomicBool,
) -> Result<Vec<PropertyInfo>, InsightError> {
    match event {
        Some(event) => of_event(context, event, cancelled),
        None => of_all(context, cancelled),
    }
}

fn of_all(context: &Context, cancelled: &AtomicBool) -> Result<Vec<PropertyInfo>, InsightError> {
    let mut list = Vec::new();
    for column in context.snapshot.columns() {
        if cancelled.load(Ordering::Relaxed) {
            return Err(InsightError::Cancelled);
        }
        let of = match column.scope {
            ColumnScope::Property => Scope::Event,
            ColumnScope::Trait => Scope::User,
            ColumnScope::Context => Scope::Context,
            ColumnScope::System => continue,
        };
        let mut samples = Vec::new();
        for part in context.snapshot.parts().iter().rev() {
            if samples.len() >= SAMPLES_MAX {
                break;
            }
            let listed = part
                .columns()
                .iter()
                .any(|meta| meta.scope == column.scope && meta.name == column.name);
            if listed && let Some(values) = part.column(column.scope, &column.name)? {
                add_samples(&values, 1..values.codes_count().min(CODES_MAX), &mut samples);
            }
        }
        list.push(PropertyInfo {
            name: column.name.clone(),
            of,
            types: types(column.kinds),
            last_seen: None,
            samples,
        });
    }
    Ok(list)
}

fn of_event(
    context: &Context,
    event: &str,
    cancelled: &AtomicBool,
) -> Result<Vec<PropertyInfo>, InsightError> {
    let dictionary = context.dictionary();
    // A custom event has the properties of all its parts.
    let parts = dictionary.resolve(&EventSelector::named(event))?.alternatives();
    let is_wanted = |stored: &str| {
        let name = dictionary.counted_as(stored);
        name.is_some_and(|name| parts.iter().any(|one| one.event == name))
    };
    let mut found: Vec<OfEvent> = Vec::new();
    let mut left = ROWS_MAX;
    let mut parts: Vec<_> = context.snapshot.parts().iter().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.meta().time_max));
    for part in parts {
        let rows = rows_of(part, is_wanted, left);
        left -= rows.len();
        for meta in part
            .columns()
            .iter()
            .filter(|meta| meta.scope == ColumnScope::Property && !rows.is_empty())
        {
            if cancelled.load(Ordering::Relaxed) {
                return Err(InsightError::Cancelled);
            }
            let Some(column) = part.column(meta.scope, &meta.name)? else { continue };
            let mut codes: Vec<u32> =
                rows.iter().map(|row| column.code(*row)).filter(|code| *code != 0).collect();
            if codes.is_empty() {
                continue;
            }
            let place = found.iter().position(|one| one.name == meta.name).unwrap_or_else(|| {
                found.push(OfEvent { name: meta.name.clone(), ..OfEvent::default() });
                found.len() - 1
            });
            let one = &mut found[place];
            for code in &codes {
                if let Some(kind) = kind_of(column.value(*code)) {
                    one.kinds[kind] += 1;
                }
            }
            let having = rows.iter().filter(|row| column.code(**row) != 0);
            one.last = one.last.max(having.map(|row| part.times().get(*row)).max());
            codes.sort_unstable();
            codes.dedup();
            add_samples(&column, codes.into_iter(), &mut one.samples);
        }
        if left == 0 {
            break;
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let info = |one: OfEvent| PropertyInfo {
        name: one.name,
        of: Scope::Event,
        types: types(one.kinds),
        last_seen: one.last.map(|at| Timestamp::from_micros(at).to_string()),
        samples: one.samples,
    };
    Ok(found.into_iter().map(info).collect())
}

/// Some rows of the events of some names.
fn rows_of(part: &Part, is_wanted: impl Fn(&str) -> bool, limit: usize) -> Vec<u32> {
    let mut rows: Vec<u32> = Vec::new();
    for code in (0..part.events_count()).filter(|code| is_wanted(part.event_name(*code))) {
        let left = limit - rows.len();
        match part.postings(code) {
            Some(of_code) => rows.extend(of_code.iter().take(left)),
            None => {
                let is_of_code = |row: &u32| part.events().get(*row as usize) == code;
                rows.extend((0..part.rows()).filter(is_of_code).take(left));
            }
        }
    }
    rows
}

fn add_samples(column: &Column, codes: impl Iterator<Item = u32>, samples: &mut Vec<Json>) {
    for code in codes {
        if samples.len() >= SAMPLES_MAX {
            return;
        }
        if let Some(value) =
            json(column.value(code)).filter(|value| !value.is_null() && !samples.contains(value))
        {
            samples.push(value);
        }
    }
}

const fn kind_of(value: Value<'_>) -> Option<usize> {
    Some(match value {
        Value::Absent => return None,
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number { .. } => 2,
        Value::Text(_) => 3,
        Value::List(_) => 4,
        Value::Object(_) => 5,
    })
}

fn types(kinds: [u64; 6]) -> Vec<(String, u64)> {
    let mut types: Vec<(String, u64)> = TYPES
        .iter()
        .zip(kinds)
        .filter(|(_, rows)| *rows > 0)
        .map(|(name, rows)| ((*name).to_owned(), rows))
        .collect();
    types.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    types
}

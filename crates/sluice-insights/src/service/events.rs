//! The events of one person, as a list.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use sluice_base::Timestamp;
use sluice_columnar::{Part, RowRef, Scope, Selection, Value, system};
use sluice_event::PersonId;
use utoipa::ToSchema;

use crate::{Context, InsightError, PAGE_MAX};

/// Where to go on in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsPage {
    /// Time (microseconds) and offset of the last row of the page before; none for the newest.
    pub before: Option<(i64, u64)>,
    /// At most [`PAGE_MAX`].
    pub limit: usize,
    /// Only events of this name.
    pub name: Option<String>,
}

/// How many events of a name there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NameCount {
    pub name: String,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PersonEvents {
    /// The person after merges.
    pub person: u64,
    /// All numbers that count as this person.
    pub merged: Vec<u64>,
    /// All of them, whatever their name.
    pub total: u64,
    /// The names of all of them, most frequent first.
    pub names: Vec<NameCount>,
    /// Newest first.
    pub events: Vec<EventRow>,
    /// Time and offset to pass as `before` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<(i64, u64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventRow {
    /// Offset in the events log.
    pub offset: u64,
    pub timestamp: String,
    pub event: String,
    pub message_id: Option<String>,
    pub session_id: Option<i64>,
    /// Nested properties by their dotted names.
    #[schema(value_type = Object)]
    pub properties: Map<String, Json>,
}

pub(super) fn of_person(
    context: &Context,
    person: u64,
    page: &EventsPage,
) -> Result<PersonEvents, InsightError> {
    let canonical = context.snapshot.merges().canonical(PersonId(person));
    let mut merged: Vec<u64> =
        context.snapshot.merges().nodes(canonical).iter().map(|one| one.0).collect();
    merged.sort_unstable();
    let selection = context.snapshot.select_all();
    let mut rows = if canonical.is_nobody() { Vec::new() } else { selection.person(canonical) };
    let total = rows.len() as u64;
    let names = names(&selection, &rows);
    if let Some(wanted) = &page.name {
        rows.retain(|row| name(&selection, *row) == wanted);
    }
    let to = match page.before {
        None => rows.len(),
        Some(before) => rows.partition_point(|row| selection.place(*row) < before),
    };
    let from = to.saturating_sub(page.limit.clamp(1, PAGE_MAX));
    let events =
        rows[from..to].iter().rev().map(|row| event(&selection, *row)).collect::<Result<_, _>>()?;
    let next = (from > 0).then(|| selection.place(rows[from]));
    Ok(PersonEvents { person: canonical.0, merged, total, names, events, next })
}

fn name(selection: &Selection, place: RowRef) -> &str {
    let part = &selection.parts()[place.part as usize];
    part.event_name(part.events().get(place.row as usize))
}

fn names(selection: &Selection, rows: &[RowRef]) -> Vec<NameCount> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for row in rows {
        *counts.entry(name(selection, *row)).or_default() += 1;
    }
    let count = |(name, count): (&str, u64)| NameCount { name: name.to_owned(), count };
    let mut names: Vec<NameCount> = counts.into_iter().map(count).collect();
    names.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    names
}

fn event(selection: &Selection, place: RowRef) -> Result<EventRow, InsightError> {
    let part = &selection.parts()[place.part as usize];
    let row = place.row;
    let (time, offset) = selection.place(place);
    let mut properties = Map::new();
    for meta in part.columns().iter().filter(|meta| meta.scope == Scope::Property) {
        if let Some(column) = part.column(Scope::Property, &meta.name)?
            && let Some(value) = json(column.get(row))
        {
            properties.insert(meta.name.clone(), value);
        }
    }
    Ok(EventRow {
        offset,
        timestamp: Timestamp::from_micros(time).to_string(),
        event: part.event_name(part.events().get(row as usize)).to_owned(),
        message_id: system_text(part, system::MESSAGE_ID, row)?,
        session_id: part.session(row),
        properties,
    })
}

fn system_text(part: &Part, name: &str, row: u32) -> Result<Option<String>, InsightError> {
    Ok(part.column(Scope::System, name)?.and_then(|column| match column.get(row) {
        Value::Text(text) => Some(text.to_owned()),
        _ => None,
    }))
}

/// A stored value as JSON; `None` when absent.
pub(super) fn json(value: Value<'_>) -> Option<Json> {
    Some(match value {
        Value::Absent => return None,
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(flag),
        Value::Number { number, text } => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::from(number))
        }
        Value::Text(text) => Json::from(text),
        Value::List(text) | Value::Object(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::from(text))
        }
    })
}

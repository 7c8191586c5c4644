//! The events of one person, as a list.

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
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PersonEvents {
    /// The person after merges.
    pub person: u64,
    /// All numbers that count as this person.
    pub merged: Vec<u64>,
    pub total: u64,
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
    let rows = if canonical.is_nobody() { Vec::new() } else { selection.person(canonical) };
    let to = match page.before {
        None => rows.len(),
        Some(before) => rows.partition_point(|row| selection.place(*row) < before),
    };
    let from = to.saturating_sub(page.limit.clamp(1, PAGE_MAX));
    let events =
        rows[from..to].iter().rev().map(|row| event(&selection, *row)).collect::<Result<_, _>>()?;
    let next = (from > 0).then(|| selection.place(rows[from]));
    Ok(PersonEvents { person: canonical.0, merged, total: rows.len() as u64, events, next })
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

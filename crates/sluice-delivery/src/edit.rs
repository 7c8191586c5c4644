//! An event as a destination sees it after filters took properties out.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};
use sluice_event::{Event, EventType, StoredEvent};
use sluice_filter::destination_filter::Rules;

/// The event without what the filters take out; `None` if that is nothing.
pub(crate) fn edited(rules: &Rules, stored: &StoredEvent) -> Option<StoredEvent> {
    let mut json: Value = serde_json::from_str(&stored.event.json).ok()?;
    if !rules.edit(&mut json) {
        return None;
    }
    let Value::Object(members) = json else { return None };
    Some(StoredEvent { event: with_members(&stored.event, &members), ..stored.clone() })
}

/// Written anew, with what is derived from the text. Type, message id and times stay as they were:
/// delivery itself needs them.
fn with_members(event: &Event, members: &Map<String, Value>) -> Event {
    let body_key = match event.event_type {
        EventType::Identify | EventType::Group => Some("traits"),
        EventType::Track | EventType::Page | EventType::Screen => Some("properties"),
        EventType::Alias => None,
    };
    let mut json = String::from("{");
    let [mut body, mut context, mut integrations] = [const { 0..0 }; 3];
    for (key, value) in members {
        if json.len() > 1 {
            json.push(',');
        }
        json += &Value::String(key.clone()).to_string();
        json.push(':');
        let start = json.len();
        json += &value.to_string();
        let range = range(start, json.len());
        match key.as_str() {
            _ if !value.is_object() => {}
            "context" => context = range,
            "integrations" => integrations = range,
            key if Some(key) == body_key => body = range,
            _ => {}
        }
    }
    json.push('}');
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(Arc::from);
    let kept = |before: &Option<Arc<str>>, key: &str| {
        before.clone().filter(|_| members.get(key).is_some_and(|value| !value.is_null()))
    };
    let name_key = if event.event_type == EventType::Track { "event" } else { "name" };
    let group_id = match event.event_type {
        EventType::Group => kept(&event.group_id, "groupId"),
        _ => text(members.get("context").and_then(|context| context.get("groupId"))),
    };
    Event {
        anonymous_id: kept(&event.anonymous_id, "anonymousId"),
        user_id: kept(&event.user_id, "userId"),
        group_id,
        previous_id: kept(&event.previous_id, "previousId"),
        name: text(members.get(name_key)).unwrap_or_default(),
        json: json.into(),
        body,
        context,
        integrations,
        ..event.clone()
    }
}

/// Events are far smaller than what the range can hold; one that were not would have no part.
fn range(start: usize, end: usize) -> Range<u32> {
    match (u32::try_from(start), u32::try_from(end)) {
        (Ok(start), Ok(end)) => start..end,
        _ => 0..0,
    }
}

//! What was seen, with what the data dictionary says of it.

use std::collections::{HashMap, HashSet};

use sluice_insights::CUSTOM_EVENT_PREFIX;
use sluice_model::{DictionaryEntry, EntryKind, EntrySays};

use crate::handles::{EventName, PropertyName, Told};

/// Events that count as another are added to it, those that do not count are left out, and custom
/// ones come last.
pub(crate) fn told_events(seen: Vec<EventName>, entries: Vec<DictionaryEntry>) -> Vec<EventName> {
    let (mut events, mut custom) = (HashMap::new(), Vec::new());
    for entry in entries {
        match entry.kind {
            EntryKind::Event => drop(events.insert(entry.name, entry.says)),
            EntryKind::CustomEvent => custom.push((entry.name, entry.says)),
            EntryKind::EventProperty | EntryKind::UserTrait => {}
        }
    }
    let is_deleted = |name: &str| events.get(name).is_some_and(|says| says.is_deleted);
    let mut listed: Vec<EventName> = Vec::with_capacity(seen.len() + custom.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for mut one in seen {
        let own = events.get(&one.name);
        let name = own.and_then(|says| says.same_as.as_ref()).unwrap_or(&one.name).clone();
        if is_deleted(&one.name) || is_deleted(&name) {
            continue;
        }
        if let Some(place) = places.get(&name) {
            let into = &mut listed[*place];
            into.count = into.count.zip(one.count).map(|(all, more)| all + more);
            into.last_seen_at = into.last_seen_at.take().max(one.last_seen_at);
            continue;
        }
        one.told = events.get(&name).map(told).unwrap_or_default();
        places.insert(name.clone(), listed.len());
        one.name = name;
        listed.push(one);
    }
    listed.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    for (name, says) in custom {
        let (names, is_counted) = parts(&says, &events);
        let own: Vec<&EventName> = listed.iter().filter(|one| names.contains(&one.name)).collect();
        let custom = EventName {
            name: format!("{CUSTOM_EVENT_PREFIX}{name}"),
            count: is_counted.then(|| own.iter().filter_map(|one| one.count).sum()),
            is_active: true,
            last_seen_at: own
                .iter()
                .filter(|_| is_counted)
                .filter_map(|one| one.last_seen_at.clone())
                .max(),
            told: Told { display_name: called(&name, &says), ..told(&says) },
        };
        listed.push(custom);
    }
    listed
}

/// The events that a custom one is made of, and whether it has all rows of each.
fn parts(says: &EntrySays, events: &HashMap<String, EntrySays>) -> (HashSet<String>, bool) {
    let (mut whole, mut filtered) = (HashSet::new(), HashSet::new());
    for part in says.definition.iter().flat_map(|json| json.as_array().into_iter().flatten()) {
        let Some(name) = part["event"].as_str() else { continue };
        let name = events.get(name).and_then(|says| says.same_as.as_deref()).unwrap_or(name);
        let has_filters = part["filters"].as_array().is_some_and(|filters| !filters.is_empty());
        let into = if has_filters { &mut filtered } else { &mut whole };
        into.insert(name.to_owned());
    }
    let is_counted = filtered.is_subset(&whole);
    whole.extend(filtered);
    (whole, is_counted)
}

/// Properties and traits, in the order they came.
pub(crate) fn told_properties(
    seen: Vec<PropertyName>,
    entries: &[DictionaryEntry],
) -> Vec<PropertyName> {
    let of = |kind: EntryKind| match kind {
        EntryKind::EventProperty => "event",
        EntryKind::UserTrait => "user",
        EntryKind::Event | EntryKind::CustomEvent => "",
    };
    let says: HashMap<(&str, &str), &EntrySays> =
        entries.iter().map(|one| ((of(one.kind), one.name.as_str()), &one.says)).collect();
    let with = |mut one: PropertyName| {
        if let Some(says) = says.get(&(one.of.as_str(), one.name.as_str())) {
            one.told = told(says);
        }
        one
    };
    seen.into_iter().map(with).collect()
}

fn told(says: &EntrySays) -> Told {
    Told {
        display_name: says.display_name.clone(),
        description: says.description.clone(),
        is_not_offered: says.is_hidden || says.is_deprecated,
        is_test: says.is_test,
    }
}

fn called(name: &str, says: &EntrySays) -> String {
    if says.display_name.is_empty() { name.to_owned() } else { says.display_name.clone() }
}

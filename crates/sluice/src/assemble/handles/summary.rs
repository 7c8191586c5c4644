//! A person as the API shows it: in full, and in a list.

use std::cmp::Reverse;

use serde_json::{Map, Value};
use sluice_api::handles::{MainId, Person, PersonExternalId, PersonMerge, PersonSummary};
use sluice_insights::Seen;
use sluice_profiles::{MergeView, PersonView};

/// Traits in a list, and the longest text among them.
const TRAITS_MAX: usize = 30;
const TRAIT_CHARS_MAX: usize = 200;

pub(super) fn person(view: PersonView, seen: Option<Seen>) -> Person {
    let main_id = main_id(&view);
    let traits = traits(&view);
    let name = name(&traits);
    let external_ids = view.external_ids.into_iter().map(|owned| PersonExternalId {
        r#type: owned.id.kind.to_string(),
        value: owned.id.value.to_string(),
        node: owned.node.0,
    });
    let mut merges: Vec<MergeView> = view.merges;
    merges.sort_by_key(|merge| Reverse(merge.merge));
    let (first_seen_at, last_seen_at, events) = times(seen);
    Person {
        id: view.person.0,
        main_id,
        name,
        external_ids: external_ids.collect(),
        traits: Value::Object(traits),
        merges: merges.into_iter().map(merge).collect(),
        first_seen_at,
        last_seen_at,
        events,
    }
}

pub(super) fn summary(view: &PersonView, seen: Option<Seen>) -> PersonSummary {
    let traits = traits(view);
    let name = name(&traits);
    let is_plain = |value: &Value| match value {
        Value::String(text) => text.chars().count() <= TRAIT_CHARS_MAX,
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    let plain = traits.into_iter().filter(|(_, value)| is_plain(value)).take(TRAITS_MAX);
    let (first_seen_at, last_seen_at, events) = times(seen);
    PersonSummary {
        id: view.person.0,
        main_id: main_id(view),
        name,
        traits: Value::Object(plain.collect()),
        first_seen_at,
        last_seen_at,
        events,
    }
}

fn times(seen: Option<Seen>) -> (Option<String>, Option<String>, u64) {
    seen.map_or((None, None, 0), |seen| (Some(seen.first), Some(seen.last), seen.events))
}

/// A user id before an e-mail address, that before any other, an anonymous id last; of one type the
/// oldest.
fn main_id(view: &PersonView) -> Option<MainId> {
    let rank = |kind: &str| match kind {
        "user_id" => 0,
        "email" => 1,
        "anonymous_id" => 3,
        _ => 2,
    };
    let best = view.external_ids.iter().min_by_key(|one| (rank(&one.id.kind), one.attached_at))?;
    Some(MainId { r#type: best.id.kind.to_string(), value: best.id.value.to_string() })
}

fn traits(view: &PersonView) -> Map<String, Value> {
    let value = |json: &str| serde_json::from_str(json).ok();
    view.traits
        .iter()
        .filter_map(|(name, found)| Some((name.to_string(), value(&found.json)?)))
        .collect()
}

fn name(traits: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| traits.get(name).and_then(Value::as_str).map(str::trim);
    let whole = text("name").unwrap_or_default().to_owned();
    let parts = [text("firstName"), text("lastName")];
    let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    [whole, joined].into_iter().find(|name| !name.trim().is_empty())
}

fn merge(merge: MergeView) -> PersonMerge {
    PersonMerge {
        id: merge.merge.0.to_string(),
        survivor: merge.survivor.0,
        absorbed: merge.absorbed.0,
        at: merge.at.to_string(),
        undone_at: merge.undone_at.map(|at| at.to_string()),
    }
}

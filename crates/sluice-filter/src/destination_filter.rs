//! What the filters of a destination do to an event.
//!
//! Conditions are asked of the event as it came, whatever other filters change. All filters that
//! match are applied by kind of action, in Segment's order: sample, drop, drop properties, allow
//! properties. A filter whose condition cannot be read keeps every event back: nothing goes out that
//! somebody meant to hold.

use md5::{Digest as _, Md5};
use serde_json::Value as Json;
use sluice_base::ecma;
use sluice_model::{DestinationFilter, FilterAction};

use crate::fql::Query;

/// The filters of one connection, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// `None`: it cannot be read.
    query: Option<Query>,
    actions: Vec<FilterAction>,
}

/// Why an event is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It was not in the sample.
    Sampled,
    Dropped,
}

impl Rules {
    /// Those that are enabled.
    #[must_use]
    pub fn new<'f>(filters: impl IntoIterator<Item = &'f DestinationFilter>) -> Self {
        let enabled = filters.into_iter().filter(|filter| filter.enabled);
        let rule = |filter: &DestinationFilter| Rule {
            query: Query::parse(&filter.condition).ok(),
            actions: filter.actions.clone(),
        };
        Self { rules: enabled.map(rule).collect() }
    }

    /// One filter that is not kept yet.
    #[must_use]
    pub fn single(query: Query, actions: Vec<FilterAction>) -> Self {
        Self { rules: vec![Rule { query: Some(query), actions }] }
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Some action changes events instead of holding them back.
    #[must_use]
    pub fn may_edit(&self) -> bool {
        self.rules.iter().flat_map(|rule| &rule.actions).any(|action| {
            matches!(
                action,
                FilterAction::DropProperties { .. } | FilterAction::AllowProperties { .. }
            )
        })
    }

    /// Why the event is held back; `None` if it goes out.
    #[must_use]
    pub fn held(&self, event: &Json) -> Option<Held> {
        if self.rules.iter().any(|rule| rule.query.is_none()) {
            return Some(Held::Dropped);
        }
        let matching = self.matching(event);
        let mut dropped = false;
        for action in matching.iter().flat_map(|rule| &rule.actions) {
            match action {
                FilterAction::Sample { percent, path } if !is_sampled(event, *percent, path) => {
                    return Some(Held::Sampled);
                }
                FilterAction::Drop => dropped = true,
                _ => {}
            }
        }
        dropped.then_some(Held::Dropped)
    }

    /// Takes properties out; false if nothing was changed.
    pub fn edit(&self, event: &mut Json) -> bool {
        let matching: Vec<&Rule> = self.matching(event);
        let actions = || matching.iter().flat_map(|rule| &rule.actions);
        let mut changed = false;
        for action in actions() {
            if let FilterAction::DropProperties { fields } = action {
                for (parent, keys) in fields {
                    changed |= retain(event, parent, |key| !keys.iter().any(|gone| gone == key));
                }
            }
        }
        for action in actions() {
            if let FilterAction::AllowProperties { fields } = action {
                for (parent, keys) in fields {
                    changed |= retain(event, parent, |key| keys.iter().any(|kept| kept == key));
                }
            }
        }
        changed
    }

    fn matching(&self, event: &Json) -> Vec<&Rule> {
        let matches = |rule: &&Rule| rule.query.as_ref().is_some_and(|query| query.matches(event));
        self.rules.iter().filter(matches).collect()
    }
}

/// By the value at the path; without one by the message id, so that a repeat decides alike.
fn is_sampled(event: &Json, percent: f64, path: &Option<String>) -> bool {
    let path = path.as_deref().unwrap_or("messageId");
    let value = path.split('.').try_fold(event, |at, key| at.get(key)).unwrap_or(&Json::Null);
    share(value) < percent
}

/// Where a value stands between 0 and 1.
fn share(value: &Json) -> f64 {
    let mut text = String::new();
    ecma::push_json(&mut text, value);
    let digest = Md5::digest(text.as_bytes());
    let first = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    #[expect(clippy::cast_precision_loss, reason = "53 bits decide well enough")]
    let share = first as f64 / 2_f64.powi(64);
    share
}

/// Keeps the keys of the object at the path, or of each object in the list there.
fn retain(event: &mut Json, parent: &str, keep: impl Fn(&str) -> bool) -> bool {
    let keys = parent.split('.').filter(|key| !key.is_empty());
    let mut at = event;
    for key in keys {
        let Some(inner) = at.get_mut(key) else { return false };
        at = inner;
    }
    let of_object = |object: &mut Json| match object {
        Json::Object(members) => {
            let before = members.len();
            members.retain(|key, _| keep(key));
            members.len() < before
        }
        _ => false,
    };
    match at {
        Json::Array(items) => {
            items.iter_mut().fold(false, |changed, item| of_object(item) | changed)
        }
        other => of_object(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_base::Timestamp;
    use sluice_model::FilterId;

    use super::*;

    fn filter(condition: &str, actions: Json) -> DestinationFilter {
        DestinationFilter {
            id: FilterId::new("f".to_owned()),
            source_id: None,
            title: "t".to_owned(),
            description: String::new(),
            enabled: true,
            condition: condition.to_owned(),
            actions: serde_json::from_value(actions).unwrap(),
            created_at: Timestamp::from_secs(0),
            updated_at: Timestamp::from_secs(0),
        }
    }

    fn event() -> Json {
        json!({
            "type": "track", "event": "Paid", "userId": "user-1", "messageId": "m1",
            "properties": {"card": "4111", "total": 5, "items": [{"sku": "a", "cost": 1}, {"sku": "b", "cost": 2}]},
            "context": {"ip": "203.0.113.7", "page": {"title": "x"}}
        })
    }

    #[test]
    fn values_have_the_shares_that_segment_gives_them() {
        for (value, expected) in [
            (json!("user-1"), 0.717_010_742),
            (json!("user-2"), 0.531_996_999),
            (json!(42), 0.632_091_934),
        ] {
            assert!((share(&value) - expected).abs() < 1e-9, "{value}: {}", share(&value));
        }
    }

    #[test]
    fn matching_events_are_dropped_and_sampled_by_user() {
        let held = |filters: &[DestinationFilter]| Rules::new(filters).held(&event());
        assert_eq!(
            held(&[filter("event = 'Paid'", json!([{"type": "DROP"}]))]),
            Some(Held::Dropped)
        );
        assert_eq!(held(&[filter("event = 'Other'", json!([{"type": "DROP"}]))]), None);
        let sample = |percent: f64| {
            held(&[filter(
                "all",
                json!([{"type": "SAMPLE", "percent": percent, "path": "userId"}]),
            )])
        };
        assert_eq!(sample(0.8), None);
        assert_eq!(sample(0.7), Some(Held::Sampled));
        assert_eq!((sample(0.0), sample(1.0)), (Some(Held::Sampled), None));
        let mut off = filter("all", json!([{"type": "DROP"}]));
        off.enabled = false;
        assert_eq!(held(&[off]), None);
        assert_eq!(
            held(&[filter("event =", json!([{"type": "SAMPLE", "percent": 1}]))]),
            Some(Held::Dropped)
        );
    }

    #[test]
    fn properties_are_dropped_first_and_then_only_the_allowed_stay() {
        let edited = |filters: &[DestinationFilter]| {
            let mut event = event();
            let changed = Rules::new(filters).edit(&mut event);
            (changed, event)
        };
        let drop = filter(
            "type = 'track'",
            json!([{"type": "DROP_PROPERTIES", "fields": {
                "properties": ["card"], "context": ["ip"], "properties.items": ["cost"], "": ["userId"], "nope": ["x"]
            }}]),
        );
        let allow = filter(
            "properties.card = '4111'",
            json!([{"type": "ALLOW_PROPERTIES", "fields": {"properties": ["items", "card"]}}]),
        );
        let (changed, event) = edited(&[allow, drop]);
        assert!(changed);
        assert_eq!(
            event,
            json!({
                "type": "track", "event": "Paid", "messageId": "m1",
                "properties": {"items": [{"sku": "a"}, {"sku": "b"}]}, "context": {"page": {"title": "x"}}
            })
        );
        assert!(
            !edited(&[filter(
                "event = 'Other'",
                json!([{"type": "ALLOW_PROPERTIES", "fields": {"": []}}])
            )])
            .0
        );
    }
}

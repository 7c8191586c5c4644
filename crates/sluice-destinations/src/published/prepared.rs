//! A subscription, ready to be asked of events.

use serde_json::Value;
use sluice_destination_kit::Action;
use sluice_filter::Subscription as Trigger;
use sluice_mapping::Mapping;
use sluice_model::Subscription;

/// Events of one batch at most, whatever the mapping says: what a sandbox holds in memory at once.
const BATCH_EVENTS_MAX: usize = 1_000;
const BATCH_EVENTS_DEFAULT: usize = 1_000;

pub(super) struct Prepared {
    pub(super) id: String,
    trigger: Trigger,
    mapping: Mapping,
    /// Fields whose text is the same for every event.
    fixed: Vec<String>,
    /// How many events go with one request; `None`: one by one.
    pub(super) batch: Option<Batch>,
}

pub(super) struct Batch {
    pub(super) events_max: usize,
    /// Fields of the payload that all events of a batch have in common.
    pub(super) keys: Vec<String>,
}

impl Prepared {
    /// # Errors
    /// A sentence that says what cannot be used.
    pub(super) fn new(one: &Subscription, action: Option<&Action>) -> Result<Self, String> {
        let action = action.ok_or_else(|| format!("there is no action `{}`", one.action))?;
        let trigger = Trigger::parse(&one.trigger)
            .map_err(|error| format!("its trigger does not read: {error}"))?;
        let mapping = Mapping::parse(&one.mapping)
            .map_err(|error| format!("its fields do not read: {error}"))?;
        let wants_batches =
            action.batches && literal(&one.mapping, "enable_batching") == Some(&Value::Bool(true));
        let keys = one.mapping.as_object().into_iter().flatten().map(|(key, _)| key);
        let fixed = keys.filter(|key| literal(&one.mapping, key).is_some_and(Value::is_string));
        let fixed = fixed.cloned().collect();
        let batch = wants_batches.then(|| Batch::of(&one.mapping));
        Ok(Self { id: one.id.as_str().to_owned(), trigger, mapping, fixed, batch })
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        self.trigger.matches(event)
    }

    /// Whether a request went where a field says that is filled from the event.
    pub(super) fn is_named_by_event(&self, payload: &Value, url: &str) -> bool {
        let host = |url: &str| {
            let (_, rest) = url.split_once("://")?;
            rest.split(['/', '?', '#']).next().map(str::to_ascii_lowercase)
        };
        let Some(asked) = host(url) else { return false };
        payload.as_object().into_iter().flatten().any(|(key, value)| {
            let is_there = value.as_str().and_then(host).as_ref() == Some(&asked);
            is_there && !self.fixed.contains(key)
        })
    }

    /// # Errors
    /// A sentence that says why nothing comes of this event.
    pub(super) fn payload(&self, event: &Value) -> Result<Value, String> {
        self.mapping.apply(event).map_err(|error| error.to_string())
    }
}

impl Batch {
    fn of(mapping: &Value) -> Self {
        let wanted = literal(mapping, "batch_size").and_then(Value::as_u64).unwrap_or_default();
        let wanted = usize::try_from(wanted).unwrap_or(BATCH_EVENTS_MAX);
        let events_max = if wanted == 0 { BATCH_EVENTS_DEFAULT } else { wanted };
        let keys = literal(mapping, "batch_keys").and_then(Value::as_array).into_iter().flatten();
        let keys = keys.filter_map(Value::as_str).map(str::to_owned).collect();
        Self { events_max: events_max.min(BATCH_EVENTS_MAX), keys }
    }

    /// Equal for events that may share a request.
    pub(super) fn key(&self, payload: &Value) -> String {
        let values = self.keys.iter().map(|key| payload.get(key).unwrap_or(&Value::Null));
        serde_json::to_string(&values.collect::<Vec<_>>()).unwrap_or_default()
    }
}

/// A member of the mapping that does not depend on the event.
fn literal<'a>(mapping: &'a Value, key: &str) -> Option<&'a Value> {
    let value = mapping.get(key)?;
    value.get("@literal").or(Some(value))
}

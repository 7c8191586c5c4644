//! A subscription of a destination: which events start which of its actions, and how the action's
//! fields are filled from the event.

use serde_json::Value;

use crate::check::{Checks, Problem, text_id};

text_id!(
    /// Public id of a subscription, unique in its destination.
    SubscriptionId
);

/// Subscriptions of one destination.
pub const SUBSCRIPTIONS_MAX: usize = 50;
/// Longest trigger, and largest mapping as JSON text.
pub const TRIGGER_BYTES_MAX: usize = 4 * 1024;
pub const MAPPING_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub name: String,
    /// Slug of the action, as its kind names it.
    pub action: String,
    /// The condition on events, in the language of triggers.
    pub trigger: String,
    /// A mapping: the action's fields, each with a value or a directive.
    pub mapping: Value,
    pub enabled: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewSubscription {
    pub name: String,
    pub action: String,
    pub trigger: String,
    pub mapping: Value,
    pub enabled: bool,
}

/// What may change; `None` leaves it. A mapping replaces the former one whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubscriptionChange {
    pub name: Option<String>,
    pub trigger: Option<String>,
    pub mapping: Option<Value>,
    pub enabled: Option<bool>,
}

impl NewSubscription {
    /// Checks size and shape; whether trigger and mapping read is checked by those who know the
    /// languages.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("name", &self.name);
        check_trigger(&mut checks, &self.trigger);
        check_mapping(&mut checks, &self.mapping);
        checks.finish()
    }
}

impl SubscriptionChange {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        if let Some(name) = &self.name {
            checks.name("name", name);
        }
        if let Some(trigger) = &self.trigger {
            check_trigger(&mut checks, trigger);
        }
        if let Some(mapping) = &self.mapping {
            check_mapping(&mut checks, mapping);
        }
        checks.finish()
    }
}

/// Checks a trigger and a mapping that are only tried out, as those of a subscription.
///
/// # Errors
/// With everything that is wrong.
pub fn check_trial(trigger: &str, mapping: &Value) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::default();
    check_trigger(&mut checks, trigger);
    check_mapping(&mut checks, mapping);
    checks.finish()
}

fn check_trigger(checks: &mut Checks, trigger: &str) {
    if trigger.len() > TRIGGER_BYTES_MAX {
        checks.fail("trigger", format!("must have at most {TRIGGER_BYTES_MAX} bytes"));
    }
}

fn check_mapping(checks: &mut Checks, mapping: &Value) {
    if !mapping.is_object() {
        checks.fail("settings", "must be a JSON object");
    } else if mapping.to_string().len() > MAPPING_BYTES_MAX {
        checks.fail("settings", format!("must have at most {MAPPING_BYTES_MAX} bytes as JSON"));
    }
}

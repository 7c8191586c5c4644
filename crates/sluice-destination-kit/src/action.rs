//! What can be done with events at a destination: its actions, and the subscriptions it proposes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// One thing that a kind can do with an event.
#[derive(Debug, Deserialize, Serialize)]
pub struct Action {
    /// Stored with subscriptions, so never renamed.
    pub slug: String,
    pub title: String,
    #[serde(default)]
    pub description: String,
    /// Proposed for a new subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// It still works, but is not offered any more.
    #[serde(default)]
    pub hidden: bool,
    /// It takes several events with one request.
    #[serde(default)]
    pub batches: bool,
    /// The fields that a mapping fills, as the console draws them.
    pub fields: Box<RawValue>,
}

/// A subscription that a kind proposes.
#[derive(Debug, Deserialize, Serialize)]
pub struct Preset {
    pub name: String,
    pub action: String,
    pub trigger: String,
    pub mapping: Box<RawValue>,
    /// `automatic`: part of a new destination. Others are offered.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Preset {
    #[must_use]
    pub fn is_automatic(&self) -> bool {
        self.kind == "automatic"
    }

    #[must_use]
    pub fn mapping(&self) -> Value {
        serde_json::from_str(self.mapping.get()).unwrap_or_default()
    }
}

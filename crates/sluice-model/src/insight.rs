//! A saved insight: a named question. The question's own rules live with the insights engine.

use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;

use crate::check::{Checks, Problem, text_id};

text_id!(
    /// Public id of a saved insight.
    SavedInsightId
);

/// Largest question, as JSON text.
pub const QUERY_BYTES_MAX: usize = 64 * 1024;
/// Largest description of how to draw an insight, as JSON text.
pub const DISPLAY_BYTES_MAX: usize = 4 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub struct SavedInsight {
    pub id: SavedInsightId,
    pub workspace: WorkspaceNo,
    pub name: String,
    /// The question as JSON, checked by the insights engine before it is kept.
    pub query: serde_json::Value,
    /// How to draw it, as a JSON object that its reader understands; the answer does not depend on it.
    pub display: Option<serde_json::Value>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewSavedInsight {
    pub name: String,
    pub query: serde_json::Value,
    pub display: Option<serde_json::Value>,
}

/// What may change about a saved insight; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedInsightChange {
    pub name: Option<String>,
    pub query: Option<serde_json::Value>,
    pub display: Option<serde_json::Value>,
}

impl NewSavedInsight {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("name", &self.name);
        check_query(&mut checks, &self.query);
        if let Some(display) = &self.display {
            check_display(&mut checks, display);
        }
        checks.finish()
    }
}

impl SavedInsightChange {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        if let Some(name) = &self.name {
            checks.name("name", name);
        }
        if let Some(query) = &self.query {
            check_query(&mut checks, query);
        }
        if let Some(display) = &self.display {
            check_display(&mut checks, display);
        }
        checks.finish()
    }
}

fn check_display(checks: &mut Checks, display: &serde_json::Value) {
    if !display.is_object() || display.to_string().len() > DISPLAY_BYTES_MAX {
        let message = format!("must be a JSON object of at most {DISPLAY_BYTES_MAX} bytes");
        checks.fail("display", message);
    }
}

fn check_query(checks: &mut Checks, query: &serde_json::Value) {
    if !query.is_object() {
        checks.fail("query", "must be a JSON object");
    } else if query.to_string().len() > QUERY_BYTES_MAX {
        checks.fail("query", format!("must have at most {QUERY_BYTES_MAX} bytes as JSON"));
    }
}

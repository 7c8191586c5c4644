//! Filters of a destination: which events it does not get, and which properties of those it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_base::Timestamp;

use crate::check::{Checks, Problem, text_id};
use crate::source::SourceId;

text_id!(
    /// Public id of a destination's filter.
    FilterId
);

/// Filters of one destination.
pub const FILTERS_MAX: usize = 10;
pub const TITLE_CHARS_MAX: usize = 64;
pub const DESCRIPTION_CHARS_MAX: usize = 1_000;
pub const ACTIONS_MAX: usize = 10;
/// Keys named by one action.
pub const FIELDS_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq)]
pub struct DestinationFilter {
    pub id: FilterId,
    /// For events of this source only; for all if absent.
    pub source_id: Option<SourceId>,
    pub title: String,
    pub description: String,
    pub enabled: bool,
    /// In FQL, as written.
    pub condition: String,
    pub actions: Vec<FilterAction>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What happens to an event that matches. The JSON form is what the store keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilterAction {
    /// It is not sent.
    Drop,
    /// It is sent with the probability `percent`, from 0 to 1; with a path by the value there, so
    /// that all events of one user stay or go.
    Sample {
        percent: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
    /// Parent path ("" is the event itself) to the keys that are taken out.
    DropProperties { fields: BTreeMap<String, Vec<String>> },
    /// Parent path to the only keys that stay.
    AllowProperties { fields: BTreeMap<String, Vec<String>> },
}

/// A filter to be made, or what an existing one is to become.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDestinationFilter {
    pub source_id: Option<SourceId>,
    pub title: String,
    pub description: String,
    pub enabled: bool,
    pub condition: String,
    pub actions: Vec<FilterAction>,
}

impl NewDestinationFilter {
    /// Checks all but the condition, which whoever knows the language checks.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("title", &self.title);
        if self.title.chars().count() > TITLE_CHARS_MAX {
            checks.fail("title", format!("must have at most {TITLE_CHARS_MAX} characters"));
        }
        if self.description.chars().count() > DESCRIPTION_CHARS_MAX {
            let message = format!("must have at most {DESCRIPTION_CHARS_MAX} characters");
            checks.fail("description", message);
        }
        if self.actions.is_empty() {
            checks.fail("actions", "must name at least one action, such as DROP");
        } else if self.actions.len() > ACTIONS_MAX {
            checks.fail("actions", format!("must be at most {ACTIONS_MAX}"));
        }
        for (index, action) in self.actions.iter().enumerate() {
            action.check(&mut checks, &format!("actions.{index}"));
        }
        checks.finish()
    }
}

impl FilterAction {
    fn check(&self, checks: &mut Checks, field: &str) {
        match self {
            Self::Drop => {}
            Self::Sample { percent, path } => {
                if !(0.0..=1.0).contains(percent) {
                    checks.fail(&format!("{field}.percent"), "must be from 0 to 1");
                }
                if path.as_ref().is_some_and(|path| path.trim().is_empty()) {
                    let message = "must name a field, such as userId, or be absent";
                    checks.fail(&format!("{field}.path"), message);
                }
            }
            Self::DropProperties { fields } | Self::AllowProperties { fields } => {
                let keys: usize = fields.values().map(Vec::len).sum();
                let field = format!("{field}.fields");
                if keys == 0 {
                    let message =
                        "must name keys by their parent, such as {\"properties\": [\"a\"]}";
                    checks.fail(&field, message);
                } else if keys > FIELDS_MAX {
                    checks.fail(&field, format!("must name at most {FIELDS_MAX} keys"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_checked_and_its_actions_keep_their_form() {
        let json = r#"[{"type":"DROP"},{"type":"SAMPLE","percent":0.5,"path":"userId"},{"type":"DROP_PROPERTIES","fields":{"properties":["a"]}}]"#;
        let actions: Vec<FilterAction> = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&actions).unwrap(), json);
        let mut filter = NewDestinationFilter {
            source_id: None,
            title: "No tests".to_owned(),
            description: String::new(),
            enabled: true,
            condition: "all".to_owned(),
            actions,
        };
        assert_eq!(filter.check(), Ok(()));
        filter.title = "x".repeat(65);
        filter.actions = vec![FilterAction::Sample { percent: 1.5, path: Some(String::new()) }];
        let fields: Vec<_> = filter.check().unwrap_err().into_iter().map(|one| one.field).collect();
        assert_eq!(fields, ["title", "actions.0.percent", "actions.0.path"]);
    }
}

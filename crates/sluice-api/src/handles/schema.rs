//! Which events and properties were seen, and what is said of them.

use serde::Serialize;
use sluice_event::WorkspaceNo;
use sluice_insights::Release;
use utoipa::ToSchema;

use super::Answer;

/// Which events and properties were really seen; feeds the pickers.
pub trait EventSchema: Send + Sync {
    fn event_names(&self, workspace: WorkspaceNo) -> Answer<Vec<EventName>>;

    /// The data dictionary was changed: questions take events as it says from now on.
    fn dictionary_changed(&self, workspace: WorkspaceNo) -> Answer<()>;

    /// Properties of one event, or of all.
    fn properties(
        &self,
        workspace: WorkspaceNo,
        event: Option<String>,
    ) -> Answer<Vec<PropertyName>>;

    /// Releases of apps that events tell of, oldest first.
    fn releases(&self, workspace: WorkspaceNo) -> Answer<Vec<Release>>;
}

/// What the data dictionary says of something that was seen; absent where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub display_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub description: String,
    /// Not to be offered: hidden or deprecated.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub is_not_offered: bool,
    /// Comes from testing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub is_test: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventName {
    pub name: String,
    /// How often it was seen; absent for a custom event of which only some rows count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    #[serde(flatten)]
    pub told: Told,
    /// Whether it counts as activity; `$identify`, `$group` and `$alias` do not.
    pub is_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PropertyName {
    pub name: String,
    #[serde(flatten)]
    pub told: Told,
    /// `event` for a property, `user` for a trait.
    pub of: String,
    /// Such as `string` or `number`; more than one when senders disagree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// How often it was seen: of an event among its newest, else in all.
    pub count: u64,
    /// Time of the newest event that has it; absent where no event was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
    /// A few values that were seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
}

//! A workspace: the tenant that owns everything below it.

use serde::{Deserialize, Serialize};
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;

use crate::check::{Checks, Problem, text_id};

text_id!(
    /// Public id of a workspace.
    WorkspaceId
);

/// Where a workspace's events may be sent to; chosen when it is made, for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    #[default]
    Us,
    Eu,
}

impl Region {
    pub const ALL: &[Self] = &[Self::Us, Self::Eu];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|region| region.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Names the workspace's folder on disk; never reused.
    pub no: WorkspaceNo,
    pub id: WorkspaceId,
    pub slug: String,
    pub name: String,
    /// IANA name; days and weeks of charts begin by it.
    pub time_zone: String,
    pub region: Region,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorkspace {
    pub name: String,
    /// `None` makes one from the name.
    pub slug: Option<String>,
    pub time_zone: String,
    pub region: Region,
}

impl NewWorkspace {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("name", &self.name);
        if let Some(slug) = &self.slug {
            checks.slug("slug", slug);
        }
        check_zone(&mut checks, &self.time_zone);
        checks.finish()
    }
}

/// What may change about a workspace; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub time_zone: Option<String>,
}

impl WorkspaceChange {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        if let Some(name) = &self.name {
            checks.name("name", name);
        }
        if let Some(zone) = &self.time_zone {
            check_zone(&mut checks, zone);
        }
        checks.finish()
    }
}

fn check_zone(checks: &mut Checks, zone: &str) {
    if jiff::tz::TimeZone::get(zone).is_err() {
        checks.fail(
            "timeZone",
            format!(
                "`{zone}` is not an IANA time zone; write for example `Europe/Berlin` or `UTC`"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_must_be_known() {
        let zone =
            |name: &str| WorkspaceChange { time_zone: Some(name.to_owned()), name: None }.check();
        assert_eq!(zone("Europe/Berlin"), Ok(()));
        assert_eq!(zone("UTC"), Ok(()));
        assert_eq!(zone("Europe/Berlinn").unwrap_err()[0].field, "timeZone");
    }
}

//! A workspace: the tenant that owns everything below it.

use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;

use crate::check::{Checks, Problem, text_id};

text_id!(
    /// Public id of a workspace.
    WorkspaceId
);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Names the workspace's folder on disk; never reused.
    pub no: WorkspaceNo,
    pub id: WorkspaceId,
    pub slug: String,
    pub name: String,
    /// IANA name; days and weeks of charts begin by it.
    pub time_zone: String,
    pub created_at: Timestamp,
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
        if let Some(zone) = &self.time_zone
            && jiff::tz::TimeZone::get(zone).is_err()
        {
            checks.fail(
                "timeZone",
                format!(
                    "`{zone}` is not an IANA time zone; write for example `Europe/Berlin` or `UTC`"
                ),
            );
        }
        checks.finish()
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

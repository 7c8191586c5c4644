//! Questions about events, and what there is to ask about.

use sluice_api::handles::{Answer, EventName, EventSchema, HandleError, PropertyName, Questions};
use sluice_event::WorkspaceNo;
use sluice_filter::Scope;
use sluice_insights::{
    Calendar, ErrorKind, InsightError, InsightQuery, InsightResult, Page, People, PeopleQuery,
};

use super::Parts;

impl Questions for Parts {
    fn ask(
        &self,
        no: WorkspaceNo,
        time_zone: String,
        query: InsightQuery,
    ) -> Answer<InsightResult, InsightError> {
        let analytics = self.workspaces.get(no).map(|workspace| workspace.analytics.clone());
        Box::pin(async move {
            let calendar = Calendar::of_zone(&time_zone)?;
            analytics.ok_or(InsightError::Stopped)?.query(query, calendar).await
        })
    }

    fn people(
        &self,
        no: WorkspaceNo,
        time_zone: String,
        query: PeopleQuery,
        page: Page,
    ) -> Answer<People, InsightError> {
        let analytics = self.workspaces.get(no).map(|workspace| workspace.analytics.clone());
        Box::pin(async move {
            let calendar = Calendar::of_zone(&time_zone)?;
            analytics.ok_or(InsightError::Stopped)?.people(query, page, calendar).await
        })
    }
}

impl EventSchema for Parts {
    fn event_names(&self, no: WorkspaceNo) -> Answer<Vec<EventName>> {
        let workspace = self.workspace(no);
        Box::pin(async move {
            let names = workspace?.analytics.event_names().await.map_err(handle_error)?;
            let view = |found: sluice_insights::EventName| EventName {
                name: found.name,
                count: found.count,
                is_active: found.active,
                last_seen_at: Some(found.last_seen),
            };
            Ok(names.into_iter().map(view).collect())
        })
    }

    fn properties(&self, no: WorkspaceNo, event: Option<String>) -> Answer<Vec<PropertyName>> {
        let workspace = self.workspace(no);
        Box::pin(async move {
            let found = workspace?.analytics.properties(event).await.map_err(handle_error)?;
            let view = |property: sluice_insights::PropertyInfo| PropertyName {
                name: property.name,
                of: match property.of {
                    Scope::Event => "event",
                    Scope::User => "user",
                    Scope::Context => "context",
                }
                .to_owned(),
                count: property.types.iter().map(|(_, count)| count).sum(),
                last_seen_at: property.last_seen,
                types: property.types.into_iter().map(|(name, _)| name).collect(),
                samples: property.samples.iter().map(sample).collect(),
            };
            Ok(found.into_iter().map(view).collect())
        })
    }
}

/// A value as a person reads it: text without quotes.
fn sample(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
pub(super) fn handle_error(error: InsightError) -> HandleError {
    match error.kind() {
        ErrorKind::Invalid => {
            HandleError::Invalid(vec![sluice_model::Problem::new("query", error.to_string())])
        }
        ErrorKind::Busy => HandleError::Busy { message: error.to_string(), retry_after_seconds: 1 },
        _ => HandleError::Internal(error.to_string()),
    }
}

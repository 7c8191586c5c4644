//! Questions about events, and what there is to ask about.

use sluice_api::handles::{
    Answer, EventName, EventSchema, HandleError, PropertyName, Questions, Told, blocking,
};
use sluice_api::saved_cohorts;
use sluice_event::WorkspaceNo;
use sluice_filter::Scope;
use sluice_insights::{
    Analytics, Calendar, CohortDefinition, CohortSize, Cohorts, ErrorKind, InsightError,
    InsightQuery, InsightResult, Page, People, PeopleQuery, Release,
};

use super::Parts;
use crate::assemble::dictionary::read_dictionary;

/// A workspace's analytics, with what a question needs beside itself.
struct Asked {
    analytics: Analytics,
    cohorts: Cohorts,
    calendar: Calendar,
}

impl Parts {
    /// Looks up the saved cohorts that a question names.
    async fn asked(
        self,
        no: WorkspaceNo,
        time_zone: String,
        cohorts: Vec<String>,
    ) -> Result<Asked, InsightError> {
        let calendar = Calendar::of_zone(&time_zone)?;
        let workspace = self.workspaces.get(no).ok_or(InsightError::Stopped)?;
        let analytics = workspace.analytics.clone();
        let cohorts = if cohorts.is_empty() {
            Cohorts::default()
        } else {
            let found = self.store.call(move |store| Ok(saved_cohorts(store, no, cohorts))).await;
            found.map_err(|error| InsightError::Cohorts(error.to_string()))??
        };
        Ok(Asked { analytics, cohorts, calendar })
    }
}

fn owned<'a>(cohorts: impl Iterator<Item = &'a str>) -> Vec<String> {
    cohorts.map(str::to_owned).collect()
}

impl Questions for Parts {
    fn ask(
        &self,
        no: WorkspaceNo,
        time_zone: String,
        query: InsightQuery,
    ) -> Answer<InsightResult, InsightError> {
        let asked = self.clone().asked(no, time_zone, owned(query.cohorts()));
        Box::pin(async move {
            let Asked { analytics, cohorts, calendar } = asked.await?;
            analytics.query(query, cohorts, calendar).await
        })
    }

    fn people(
        &self,
        no: WorkspaceNo,
        time_zone: String,
        query: PeopleQuery,
        page: Page,
    ) -> Answer<People, InsightError> {
        let asked = self.clone().asked(no, time_zone, owned(query.cohorts()));
        Box::pin(async move {
            let Asked { analytics, cohorts, calendar } = asked.await?;
            analytics.people(query, page, cohorts, calendar).await
        })
    }

    fn cohort_size(
        &self,
        no: WorkspaceNo,
        time_zone: String,
        definition: CohortDefinition,
    ) -> Answer<CohortSize, InsightError> {
        let asked = self.clone().asked(no, time_zone, owned(definition.cohorts()));
        Box::pin(async move {
            let Asked { analytics, cohorts, calendar } = asked.await?;
            analytics.cohort_size(definition, cohorts, calendar).await
        })
    }

    fn cohort_people(
        &self,
        no: WorkspaceNo,
        time_zone: String,
        definition: CohortDefinition,
        page: Page,
    ) -> Answer<People, InsightError> {
        let asked = self.clone().asked(no, time_zone, owned(definition.cohorts()));
        Box::pin(async move {
            let Asked { analytics, cohorts, calendar } = asked.await?;
            analytics.cohort_people(definition, page, cohorts, calendar).await
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
                count: Some(found.count),
                told: Told::default(),
                is_active: found.active,
                last_seen_at: Some(found.last_seen),
            };
            Ok(names.into_iter().map(view).collect())
        })
    }

    fn dictionary_changed(&self, no: WorkspaceNo) -> Answer<()> {
        let (workspace, store) = (self.workspace(no), self.store.clone());
        blocking(move || {
            read_dictionary(&store, &workspace?.analytics, no).map_err(super::internal)
        })
    }

    fn releases(&self, no: WorkspaceNo) -> Answer<Vec<Release>> {
        let workspace = self.workspace(no);
        Box::pin(async move { workspace?.analytics.releases().await.map_err(handle_error) })
    }

    fn properties(&self, no: WorkspaceNo, event: Option<String>) -> Answer<Vec<PropertyName>> {
        let workspace = self.workspace(no);
        Box::pin(async move {
            let found = workspace?.analytics.properties(event).await.map_err(handle_error)?;
            let view = |property: sluice_insights::PropertyInfo| PropertyName {
                name: property.name,
                told: Told::default(),
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

//! People: the identity map for who they are, analytics for what they did, the events log for the
//! events themselves.

use std::sync::Arc;

use serde_json::{Map, Value};
use sluice_api::handles::{
    Answer, HandleError, People, Person, PersonEvent, PersonEvents, PersonExternalId, PersonMerge,
    blocking,
};
use sluice_event::{ExternalId, MergeId, Offset, PersonId, WorkspaceNo};
use sluice_insights::{EventRow, EventsPage};
use sluice_model::Actor;
use sluice_pipeline::{ErrorKind, PipelineError};
use sluice_profiles::{MergeView, PersonView};

use super::events::json_of;
use super::{Parts, internal, questions};
use crate::assemble::workspace::Workspace;

impl People for Parts {
    fn person(&self, no: WorkspaceNo, person: PersonId) -> Answer<Option<Person>> {
        let parts = self.clone();
        Box::pin(async move {
            let workspace = parts.workspace(no)?;
            let reading = Arc::clone(&workspace);
            let found =
                blocking(move || reading.pipeline.people().person(person).map_err(internal))
                    .await?;
            let Some(found) = found else { return Ok(None) };
            let newest = workspace
                .analytics
                .person_events(found.person.0, EventsPage { before: None, limit: 1 })
                .await
                .map_err(questions::handle_error)?;
            let last_seen = newest.events.first().map(|row| row.timestamp.clone());
            Ok(Some(view(found, last_seen)))
        })
    }

    fn find(&self, no: WorkspaceNo, id: ExternalId) -> Answer<Option<PersonId>> {
        let workspace = self.workspace(no);
        blocking(move || {
            let people = Arc::clone(workspace?.pipeline.people());
            people.find_by_external_id(&id.kind, &id.value).map_err(internal)
        })
    }

    fn events(
        &self,
        no: WorkspaceNo,
        person: PersonId,
        before: Option<(i64, u64)>,
        count: u32,
    ) -> Answer<PersonEvents> {
        let parts = self.clone();
        Box::pin(async move {
            let workspace = parts.workspace(no)?;
            let limit = usize::try_from(count).unwrap_or(usize::MAX);
            let page = workspace
                .analytics
                .person_events(person.0, EventsPage { before, limit })
                .await
                .map_err(questions::handle_error)?;
            let next = page.next;
            blocking(move || {
                let rows = page.events.into_iter();
                let events = rows
                    .map(|row| parts.person_event(&workspace, row))
                    .collect::<Result<_, _>>()?;
                Ok(PersonEvents { events, next })
            })
            .await
        })
    }

    fn undo_merge(
        &self,
        no: WorkspaceNo,
        person: PersonId,
        merge: MergeId,
        actor: Actor,
    ) -> Answer<()> {
        let workspace = self.workspace(no);
        Box::pin(async move {
            let workspace = workspace?;
            let reading = Arc::clone(&workspace);
            blocking(move || may_undo(&reading, person, merge)).await?;
            workspace.pipeline.undo_merge(merge).await.map_err(of_pipeline)?;
            tracing::info!(
                person = person.0,
                merge = merge.0,
                actor = actor.id,
                "a merge was undone"
            );
            Ok(())
        })
    }
}

impl Parts {
    fn person_event(
        &self,
        workspace: &Workspace,
        row: EventRow,
    ) -> Result<PersonEvent, HandleError> {
        let found = workspace.event_at(Offset(row.offset))?;
        Ok(PersonEvent {
            offset: row.offset,
            source_id: found
                .as_ref()
                .map(|found| self.source_id(found.stored.source))
                .unwrap_or_default(),
            message_id: row.message_id.unwrap_or_default(),
            timestamp: row.timestamp,
            name: row.event,
            event: found.map(|found| json_of(&found.stored)),
        })
    }
}

/// The merge must be one that this person came from, and still hold.
fn may_undo(workspace: &Workspace, person: PersonId, merge: MergeId) -> Result<(), HandleError> {
    let people = workspace.pipeline.people();
    let missing = || HandleError::NotFound { what: "merge", id: merge.0.to_string() };
    let found = people.merge(merge).map_err(internal)?.ok_or_else(missing)?;
    if found.undone_at.is_some() {
        return Err(HandleError::Conflict("the merge is undone already".to_owned()));
    }
    let owner = people.person(found.survivor).map_err(internal)?.ok_or_else(missing)?;
    let asked = people.person(person).map_err(internal)?.ok_or_else(missing)?;
    if owner.person == asked.person { Ok(()) } else { Err(missing()) }
}

fn of_pipeline(error: PipelineError) -> HandleError {
    match error.kind() {
        ErrorKind::NotFound => HandleError::Conflict("the merge does not hold any more".to_owned()),
        ErrorKind::Unavailable => HandleError::Busy {
            message: "the pipeline is stopping".to_owned(),
            retry_after_seconds: 5,
        },
        ErrorKind::DataLoss | ErrorKind::Broken => internal(error),
    }
}

fn view(found: PersonView, last_seen_at: Option<String>) -> Person {
    let external_ids = found.external_ids.into_iter().map(|owned| PersonExternalId {
        r#type: owned.id.kind.to_string(),
        value: owned.id.value.to_string(),
        node: owned.node.0,
    });
    let traits: Map<String, Value> = found
        .traits
        .iter()
        .filter_map(|(name, value)| {
            Some((name.to_string(), serde_json::from_str(&value.json).ok()?))
        })
        .collect();
    let mut merges: Vec<MergeView> = found.merges;
    merges.sort_by_key(|merge| std::cmp::Reverse(merge.merge));
    Person {
        id: found.person.0,
        external_ids: external_ids.collect(),
        traits: Value::Object(traits),
        merges: merges.into_iter().map(merge_view).collect(),
        first_seen_at: Some(found.created_at.to_string()),
        last_seen_at,
    }
}

fn merge_view(merge: MergeView) -> PersonMerge {
    PersonMerge {
        id: merge.merge.0.to_string(),
        survivor: merge.survivor.0,
        absorbed: merge.absorbed.0,
        at: merge.at.to_string(),
        undone_at: merge.undone_at.map(|at| at.to_string()),
    }
}

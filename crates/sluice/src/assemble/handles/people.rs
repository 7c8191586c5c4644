//! People: the identity map for who they are, analytics for what they did, the events log for the
//! events themselves.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sluice_api::handles::{
    Answer, HandleError, People, PeopleFound, PeoplePage, Person, PersonEvent, PersonEventCount,
    PersonEvents, PersonEventsQuery, PersonKey, PersonSummary, SearchExtent, blocking,
};
use sluice_event::{ExternalId, MergeId, Offset, PersonId, WorkspaceNo};
use sluice_insights::{EventRow, EventsPage, NameCount, Seen};
use sluice_model::Actor;
use sluice_pipeline::{ErrorKind, PipelineError};
use sluice_profiles::{PersonView, Search};

use super::events::json_of;
use super::{Parts, internal, questions, summary};
use crate::assemble::workspace::Workspace;

/// Most nodes of the identity map that a search for a part of a text looks through; about half a
/// second of one thread.
const SEARCH_NODES_MAX: usize = 500_000;

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
            let seen = workspace.analytics.seen(vec![found.person.0]).await;
            let seen = seen.map_err(questions::handle_error)?;
            Ok(Some(summary::person(found, seen.into_iter().next())))
        })
    }

    fn summaries(&self, no: WorkspaceNo, people: Vec<PersonId>) -> Answer<Vec<PersonSummary>> {
        let workspace = self.workspace(no);
        Box::pin(async move {
            let workspace = workspace?;
            let ids = people.iter().map(|person| person.0).collect();
            let seen = workspace.analytics.seen(ids).await.map_err(questions::handle_error)?;
            let mut seen: HashMap<u64, Seen> =
                seen.into_iter().map(|seen| (seen.person, seen)).collect();
            blocking(move || {
                let views = views(&workspace, people)?.into_iter();
                let summary = |view: PersonView| {
                    let seen = seen.remove(&view.person.0);
                    summary::summary(&view, seen)
                };
                Ok(views.map(summary).collect())
            })
            .await
        })
    }

    fn list(&self, no: WorkspaceNo, before: Option<(i64, u64)>, count: u32) -> Answer<PeoplePage> {
        let workspace = self.workspace(no);
        Box::pin(async move {
            let workspace = workspace?;
            let limit = usize::try_from(count).unwrap_or(usize::MAX);
            let page = workspace.analytics.people_seen_last(before, limit).await;
            let page = page.map_err(questions::handle_error)?;
            blocking(move || {
                let mut people = Vec::with_capacity(page.people.len());
                for seen in page.people {
                    let found = workspace.pipeline.people().person(PersonId(seen.person));
                    if let Some(view) = found.map_err(internal)? {
                        people.push(summary::summary(&view, Some(seen)));
                    }
                }
                Ok(PeoplePage { people, next: page.next })
            })
            .await
        })
    }

    fn search(&self, no: WorkspaceNo, text: String, count: u32) -> Answer<PeopleFound> {
        let workspace = self.workspace(no);
        let parts = self.clone();
        Box::pin(async move {
            let workspace = workspace?;
            let search = Search {
                text: text.clone(),
                people_max: usize::try_from(count).unwrap_or(usize::MAX),
                nodes_max: SEARCH_NODES_MAX,
            };
            let found =
                blocking(move || workspace.pipeline.people().search(&search).map_err(internal))
                    .await?;
            let mut people = parts.summaries(no, found.people).await?;
            let whole = |one: &PersonSummary| {
                one.main_id.as_ref().is_some_and(|id| id.value.eq_ignore_ascii_case(&text))
            };
            people.sort_by_cached_key(|one| {
                (!whole(one), std::cmp::Reverse(one.last_seen_at.clone()))
            });
            let search = SearchExtent {
                looked_at: found.nodes_looked_at as u64,
                is_complete: found.is_complete,
            };
            Ok(PeopleFound { people, search })
        })
    }

    fn find(&self, no: WorkspaceNo, id: ExternalId) -> Answer<Option<PersonId>> {
        let workspace = self.workspace(no);
        blocking(move || {
            let people = Arc::clone(workspace?.pipeline.people());
            people.find_by_external_id(&id.kind, &id.value).map_err(internal)
        })
    }

    fn known(&self, no: WorkspaceNo, people: Vec<PersonKey>) -> Answer<Vec<Option<PersonId>>> {
        let workspace = self.workspace(no);
        blocking(move || {
            let map = Arc::clone(workspace?.pipeline.people());
            let find = |key: PersonKey| match key {
                PersonKey::UserId(id) => map.find_by_external_id("user_id", &id),
                PersonKey::Number(number) => {
                    map.person(number).map(|found| found.map(|view| view.person))
                }
            };
            people.into_iter().map(find).collect::<Result<_, _>>().map_err(internal)
        })
    }

    fn events(
        &self,
        no: WorkspaceNo,
        person: PersonId,
        which: PersonEventsQuery,
    ) -> Answer<PersonEvents> {
        let parts = self.clone();
        Box::pin(async move {
            let workspace = parts.workspace(no)?;
            let limit = usize::try_from(which.count).unwrap_or(usize::MAX);
            let page = EventsPage { before: which.before, limit, name: which.name };
            let page = workspace.analytics.person_events(person.0, page).await;
            let page = page.map_err(questions::handle_error)?;
            let next = page.next;
            let count = |one: NameCount| PersonEventCount { name: one.name, count: one.count };
            let names = page.names.into_iter().map(count).collect();
            blocking(move || {
                let rows = page.events.into_iter();
                let events = rows
                    .map(|row| parts.person_event(&workspace, row))
                    .collect::<Result<_, _>>()?;
                Ok(PersonEvents { events, names, next })
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
            source_id: found.as_ref().map(|found| self.source_id(found.source)).unwrap_or_default(),
            message_id: row.message_id.unwrap_or_default(),
            timestamp: row.timestamp,
            name: row.event,
            event: found.map(|found| json_of(&found)),
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

pub(super) fn of_pipeline(error: PipelineError) -> HandleError {
    match error.kind() {
        ErrorKind::NotFound => HandleError::Conflict("the merge does not hold any more".to_owned()),
        ErrorKind::Unavailable => HandleError::Busy {
            message: "the pipeline is stopping".to_owned(),
            retry_after_seconds: 5,
        },
        ErrorKind::DataLoss | ErrorKind::Broken => internal(error),
    }
}

/// Who of the people is known, each once.
fn views(workspace: &Workspace, people: Vec<PersonId>) -> Result<Vec<PersonView>, HandleError> {
    let mut views: Vec<PersonView> = Vec::with_capacity(people.len());
    let mut known = HashSet::new();
    for person in people {
        let found = workspace.pipeline.people().person(person).map_err(internal)?;
        views.extend(found.filter(|view| known.insert(view.person)));
    }
    Ok(views)
}

//! Live events: rows from the pipeline's passages, with how far the destinations are.

use std::sync::Arc;

use sluice_api::handles::{
    Answer, HandleError, LiveDelivery, LiveEvent, LiveEvents, LiveNews, LivePage, LiveQuery,
    LiveState, blocking,
};
use sluice_event::{Offset, PersonId, WorkspaceNo};
use sluice_pipeline::passages::{PassagePerson, TextFilter};
use sluice_pipeline::{Outcome, Passage, PassageFilter, PassageState, PipelineHandle, Reach};

use super::receipts::{delivery, explanation};
use super::{Parts, internal, stopping};

/// Items that one page searches at most, about.
const PAGE_ITEMS_MAX: usize = 50_000;
/// Rows of one piece of news, and the newest items that it looks at; the others are skipped.
const NEWS_ROWS_MAX: usize = 50;
const NEWS_ITEMS_MAX: usize = 2_000;

impl LiveEvents for Parts {
    fn page(
        &self,
        no: WorkspaceNo,
        which: LiveQuery,
        before: Option<u64>,
        count: u32,
    ) -> Answer<LivePage> {
        let parts = self.clone();
        Box::pin(async move {
            let reach = Reach {
                before: before.map(Offset),
                from: Offset(0),
                rows_max: usize::try_from(count).unwrap_or(usize::MAX),
                items_max: PAGE_ITEMS_MAX,
            };
            let found = parts.passages(no, which, reach).await?;
            let next = (!found.is_end).then_some(found.looked_to.0);
            Ok(LivePage { rows: parts.rows(no, found.rows).await, next })
        })
    }

    fn news(&self, no: WorkspaceNo, which: LiveQuery, from: u64) -> Answer<LiveNews> {
        let parts = self.clone();
        Box::pin(async move {
            let end = *parts.workspace(no)?.pipeline.decided().borrow();
            let reach = Reach {
                before: Some(Offset(end)),
                from: Offset(from),
                rows_max: NEWS_ROWS_MAX,
                items_max: NEWS_ITEMS_MAX,
            };
            let found = parts.passages(no, which, reach).await?;
            let skipped = found.looked_to.0.saturating_sub(from);
            let mut rows = parts.rows(no, found.rows).await;
            rows.reverse();
            Ok(LiveNews { rows, skipped, next: end.max(from) })
        })
    }

    fn decided(&self, no: WorkspaceNo, past: Option<u64>) -> Answer<u64> {
        let parts = self.clone();
        Box::pin(async move {
            let mut decided = parts.workspace(no)?.pipeline.decided();
            let Some(past) = past else { return Ok(*decided.borrow()) };
            tokio::select! {
                () = parts.stop.cancelled() => Err(stopping()),
                moved = decided.wait_for(|decided| *decided > past) => {
                    moved.map(|decided| *decided).map_err(|_| stopping())
                }
            }
        })
    }
}

impl Parts {
    async fn passages(
        &self,
        no: WorkspaceNo,
        which: LiveQuery,
        reach: Reach,
    ) -> Result<sluice_pipeline::Passages, HandleError> {
        let workspace = self.workspace(no)?;
        let find = move || {
            let filter = filter(&workspace.pipeline, which)?;
            workspace.pipeline.passages(reach, &filter).map_err(internal)
        };
        blocking(find).await
    }

    async fn rows(&self, no: WorkspaceNo, passages: Vec<Passage>) -> Vec<LiveEvent> {
        let mut rows: Vec<LiveEvent> =
            passages.iter().map(|passage| row(self.source_id(passage.source), passage)).collect();
        let table = self.store.connections().borrow().clone();
        for spec in table.connections.iter().filter(|spec| spec.workspace == no) {
            let own: Vec<(usize, u64)> = (passages.iter().enumerate())
                .filter(|(_, passage)| passage.source == spec.source)
                .filter_map(|(index, passage)| match passage.outcome {
                    Outcome::Accepted { offset, .. } => Some((index, offset.0)),
                    _ => None,
                })
                .collect();
            let offsets = own.iter().map(|(_, offset)| *offset).collect();
            // A connection that cannot tell leaves its mark out.
            let states = self.delivery.receipts(&spec.id, offsets).await.unwrap_or_default();
            for ((index, _), state) in own.iter().zip(states) {
                let destination_id = spec.destination_id.clone();
                let state = delivery(&spec.id, &spec.destination_id, state).state;
                rows[*index].deliveries.push(LiveDelivery { destination_id, state });
            }
        }
        rows
    }
}

fn filter(pipeline: &PipelineHandle, which: LiveQuery) -> Result<PassageFilter, HandleError> {
    Ok(PassageFilter {
        source: which.source,
        event_type: which.event_type,
        name: which.name.map(Arc::from),
        person: which.person.map(|text| person(pipeline, &text)).transpose()?,
        state: which.state.map(|state| match state {
            LiveState::Waiting => PassageState::Waiting,
            LiveState::Accepted => PassageState::Accepted,
            LiveState::Duplicate => PassageState::Duplicate,
            LiveState::Refused => PassageState::Refused,
        }),
        text: which.text.as_deref().map(TextFilter::new),
    })
}

/// All nodes of the person that the text names, by number or by an id of the sender's.
fn person(pipeline: &PipelineHandle, text: &str) -> Result<PassagePerson, HandleError> {
    let people = pipeline.people();
    let mut named: Vec<PersonId> = text.parse().map(PersonId).into_iter().collect();
    for kind in ["user_id", "anonymous_id"] {
        named.extend(people.find_by_external_id(kind, text).map_err(internal)?);
    }
    let mut nodes = Vec::new();
    for person in named {
        nodes.extend(people.person(person).map_err(internal)?.into_iter().flat_map(|p| p.nodes));
    }
    Ok(PassagePerson { nodes, id: text.into() })
}

fn row(source_id: String, passage: &Passage) -> LiveEvent {
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    let (state, reason, person) = match passage.outcome {
        Outcome::Waiting => (LiveState::Waiting, None, None),
        Outcome::Accepted { person, .. } => (LiveState::Accepted, None, Some(person)),
        Outcome::Duplicate { .. } => (LiveState::Duplicate, None, None),
        Outcome::Refused(refusal) => (LiveState::Refused, Some(refusal.code().to_owned()), None),
    };
    let is_turned_away = matches!(state, LiveState::Duplicate | LiveState::Refused);
    LiveEvent {
        cursor: passage.offset.to_string(),
        received_at: passage.received_at.to_string(),
        r#type: passage.event_type.map(|kind| kind.name().to_owned()),
        name: text(&passage.name),
        source_id,
        message_id: text(&passage.message_id),
        user_id: text(&passage.user_id),
        anonymous_id: text(&passage.anonymous_id),
        person_id: person.filter(|person| !person.is_nobody()).map(|person| person.0),
        state,
        reason,
        explanation: is_turned_away.then(|| explanation(passage.outcome).to_owned()),
        received_offset: passage.offset.0,
        deliveries: Vec::new(),
    }
}

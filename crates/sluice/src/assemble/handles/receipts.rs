//! The way of one item: received, decided by the pipeline, stored for analytics, delivered.

use std::sync::Arc;

use serde_json::value::RawValue;
use sluice_api::handles::{
    Answer, EventJson, HandleError, Receipt, ReceiptDelivery, ReceiptOutcome, ReceiptStage,
    Receipts, blocking,
};
use sluice_base::Timestamp;
use sluice_delivery::EventState;
use sluice_event::{Offset, SourceNo, WorkspaceNo};
use sluice_pipeline::{Outcome, Passage, PipelineError};

use super::deliveries::exchange;
use super::{Parts, internal, of_delivery};
use crate::assemble::workspace::Workspace;

impl Receipts for Parts {
    fn receipt(
        &self,
        no: WorkspaceNo,
        source: SourceNo,
        message_id: String,
    ) -> Answer<Option<Receipt>> {
        self.receipt_of(no, move |workspace| {
            let pipeline = &workspace.pipeline;
            if let Some(offset) = pipeline.find_event(source, &message_id)
                && let Some(found) = workspace.event_at(offset)?
                && let Some(passage) = of_log(pipeline.passage(found.received_offset))?
            {
                return Ok(Some(passage));
            }
            let refused = of_log(pipeline.find_refused(source, &message_id))?;
            let waiting = || of_log(pipeline.find_waiting(source, &message_id));
            refused.map_or_else(waiting, |refused| Ok(Some(refused)))
        })
    }

    fn receipt_at(&self, no: WorkspaceNo, received_offset: u64) -> Answer<Option<Receipt>> {
        self.receipt_of(no, move |workspace| {
            of_log(workspace.pipeline.passage(Offset(received_offset)))
        })
    }
}

fn of_log<T>(found: Result<T, PipelineError>) -> Result<T, HandleError> {
    found.map_err(internal)
}

impl Parts {
    /// `find` reads the logs.
    fn receipt_of(
        &self,
        no: WorkspaceNo,
        find: impl FnOnce(&Workspace) -> Result<Option<Passage>, HandleError> + Send + 'static,
    ) -> Answer<Option<Receipt>> {
        let parts = self.clone();
        Box::pin(async move {
            let workspace = parts.workspace(no)?;
            let reading = Arc::clone(&workspace);
            let found = blocking(move || {
                let Some(passage) = find(&reading)? else { return Ok(None) };
                let first = match passage.outcome {
                    Outcome::Duplicate { of } => reading.event_at(of)?,
                    _ => None,
                };
                Ok(Some((passage, first.map(|first| first.received_offset))))
            });
            let Some((passage, first)) = found.await? else { return Ok(None) };
            let deliveries = match passage.outcome {
                Outcome::Accepted { offset, .. } => {
                    parts.deliveries_of(no, passage.source, offset).await?
                }
                _ => Vec::new(),
            };
            let source_id = parts.source_id(passage.source);
            Ok(Some(receipt(&workspace, source_id, passage, first, deliveries)))
        })
    }

    async fn deliveries_of(
        &self,
        no: WorkspaceNo,
        source: SourceNo,
        offset: Offset,
    ) -> Result<Vec<ReceiptDelivery>, HandleError> {
        let table = self.store.connections().borrow().clone();
        let own =
            table.connections.iter().filter(|spec| spec.workspace == no && spec.source == source);
        let mut deliveries = Vec::new();
        for spec in own {
            match self.delivery.receipt(&spec.id, offset.0).await {
                Ok(state) => {
                    let is_dead = matches!(state, EventState::Dead { .. });
                    let mut told = delivery(&spec.id, &spec.destination_id, state);
                    if is_dead && let Some(letter) = self.letter(&spec.id, offset).await? {
                        told.attempts = Some(letter.attempts);
                        told.exchange = letter.exchange.as_ref().map(exchange);
                    }
                    deliveries.push(told);
                }
                // Configured a moment ago; its task is about to start.
                Err(error) if error.kind() == sluice_delivery::ErrorKind::NotFound => {}
                Err(error) => return Err(of_delivery(error)),
            }
        }
        Ok(deliveries)
    }
}

impl Parts {
    async fn letter(
        &self,
        connection: &str,
        offset: Offset,
    ) -> Result<Option<sluice_delivery::DeadLetter>, HandleError> {
        let after = offset.0.checked_sub(1);
        let page = self.delivery.dead_letters(connection, after, 1, None).await;
        let mut letters = page.map_err(of_delivery)?.letters.into_iter();
        Ok(letters.find(|letter| letter.offset == offset.0))
    }
}

fn receipt(
    workspace: &Workspace,
    source_id: String,
    passage: Passage,
    first: Option<Offset>,
    deliveries: Vec<ReceiptDelivery>,
) -> Receipt {
    let outcome = match passage.outcome {
        Outcome::Waiting => ReceiptOutcome::Waiting,
        Outcome::Accepted { offset, person } => ReceiptOutcome::Accepted {
            offset: offset.0,
            person: (!person.is_nobody()).then_some(person.0),
        },
        Outcome::Duplicate { of } => ReceiptOutcome::Duplicate {
            of: of.0,
            first_received_offset: first.map(|first| first.0),
        },
        Outcome::Refused(refusal) => ReceiptOutcome::Refused { reason: refusal.code().to_owned() },
    };
    let is_json = serde_json::from_str::<&RawValue>(&passage.text).is_ok();
    let is_erased = is_erased(&passage);
    Receipt {
        source_id,
        message_id: passage.message_id.as_deref().map(str::to_owned),
        received_at: passage.received_at.to_string(),
        received_offset: passage.offset.0,
        outcome,
        explanation: if is_erased { ERASED } else { explanation(passage.outcome) }.to_owned(),
        stages: stages(workspace, &passage),
        deliveries,
        text: (!is_json && !passage.text.is_empty()).then(|| passage.text.to_string()),
        event: (is_json && !is_erased).then_some(EventJson(passage.text)),
    }
}

const ERASED: &str =
    "Accepted. Its person was erased since: that it came is all that is left of it.";

/// Whether it is an accepted event of a person who was erased.
pub(super) fn is_erased(passage: &Passage) -> bool {
    matches!(passage.outcome, Outcome::Accepted { .. }) && passage.message_id.is_none()
}

/// What became of an item, in words.
pub(super) fn explanation(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Waiting => "Received and on disk. It waits to be checked.",
        Outcome::Accepted { .. } => "Accepted.",
        Outcome::Duplicate { .. } => {
            "This source sent an event with the same messageId before, within 28 days. The first \
             counts; this one goes nowhere."
        }
        Outcome::Refused(refusal) => refusal.explanation(),
    }
}

fn stages(workspace: &Workspace, passage: &Passage) -> Vec<ReceiptStage> {
    let stage = |stage: &str, is_done: bool, at: Option<Timestamp>, detail: String| ReceiptStage {
        stage: stage.to_owned(),
        state: if is_done { "done" } else { "waiting" }.to_owned(),
        at: at.map(|at| at.to_string()),
        detail: Some(detail),
    };
    let received = format!("durable at offset {} of the received log", passage.offset);
    let mut stages = vec![stage("received", true, Some(passage.received_at), received)];
    let decided = match passage.outcome {
        Outcome::Waiting => "not looked at yet".to_owned(),
        Outcome::Accepted { offset, .. } => format!("offset {offset} of the events log"),
        Outcome::Duplicate { of } => format!("a repeat of offset {of} of the events log"),
        Outcome::Refused(refusal) => format!("refused: {}", refusal.code()),
    };
    let is_decided = passage.decided_at.is_some();
    stages.push(stage("pipeline", is_decided, passage.decided_at, decided));
    if let Outcome::Accepted { offset, .. } = passage.outcome {
        let is_stored = workspace.analytics.cursor() > offset;
        let stored = match (is_erased(passage), is_stored) {
            (true, _) => "erased",
            (false, true) => "part of every answer",
            (false, false) => "not part of answers yet",
        };
        stages.push(stage("analytics", is_stored, None, stored.to_owned()));
    }
    stages
}

pub(super) fn delivery(connection: &str, destination: &str, state: EventState) -> ReceiptDelivery {
    let mut delivery = ReceiptDelivery {
        connection_id: connection.to_owned(),
        destination_id: destination.to_owned(),
        state: String::new(),
        reason: None,
        attempts: None,
        at: None,
        exchange: None,
    };
    delivery.state = match state {
        EventState::BeforeStart => {
            delivery.reason = Some("older than the connection".to_owned());
            "filtered"
        }
        EventState::NotRead => "waiting",
        EventState::Waiting { attempts, due, last_error, .. } => {
            delivery.attempts = Some(attempts);
            delivery.at = Some(due.to_string());
            delivery.reason = last_error.map(|(code, message)| format!("{code}: {message}"));
            "waiting"
        }
        EventState::Delivered { at, attempts } => {
            delivery.attempts = Some(attempts);
            delivery.at = Some(at.to_string());
            "delivered"
        }
        EventState::Filtered { reason } => {
            delivery.reason = Some(reason);
            "filtered"
        }
        EventState::Dead { reason, at } => {
            delivery.reason = Some(reason);
            delivery.at = Some(at.to_string());
            "dead"
        }
        EventState::Finished => {
            delivery.reason = Some("delivered or filtered, too long ago to tell which".to_owned());
            "unknown"
        }
    }
    .to_owned();
    delivery
}

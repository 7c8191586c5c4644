//! The way of one event: received, decided by the pipeline, stored for analytics, delivered.

use sluice_api::handles::{
    Answer, HandleError, Receipt, ReceiptDelivery, ReceiptOutcome, ReceiptStage, Receipts,
};
use sluice_base::Timestamp;
use sluice_delivery::EventState;
use sluice_event::{Offset, SourceNo, WorkspaceNo};

use super::events::{Found, json_of};
use super::{Parts, of_delivery};
use crate::assemble::workspace::Workspace;

impl Receipts for Parts {
    fn receipt(
        &self,
        no: WorkspaceNo,
        source: SourceNo,
        message_id: String,
    ) -> Answer<Option<Receipt>> {
        let parts = self.clone();
        Box::pin(async move {
            let workspace = parts.workspace(no)?;
            let reading = std::sync::Arc::clone(&workspace);
            let found = sluice_api::handles::blocking(move || {
                let Some(offset) = reading.pipeline.find_event(source, &message_id) else {
                    return Ok(None);
                };
                Ok(reading.event_at(offset)?.map(|found| (offset, found)))
            });
            let Some((offset, found)) = found.await? else { return Ok(None) };
            let deliveries = parts.deliveries_of(no, source, offset).await?;
            Ok(Some(receipt(&workspace, offset, &found, deliveries)))
        })
    }
}

impl Parts {
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
                Ok(state) => deliveries.push(delivery(&spec.id, &spec.destination_id, state)),
                // Configured a moment ago; its task is about to start.
                Err(error) if error.kind() == sluice_delivery::ErrorKind::NotFound => {}
                Err(error) => return Err(of_delivery(error)),
            }
        }
        Ok(deliveries)
    }
}

fn receipt(
    workspace: &Workspace,
    offset: Offset,
    found: &Found,
    deliveries: Vec<ReceiptDelivery>,
) -> Receipt {
    let event = &found.stored.event;
    let is_stored = workspace.analytics.cursor() > offset;
    let stage = |stage: &str, is_done: bool, at: Option<Timestamp>, detail: String| ReceiptStage {
        stage: stage.to_owned(),
        state: if is_done { "done" } else { "waiting" }.to_owned(),
        at: at.map(|at| at.to_string()),
        detail: Some(detail),
    };
    let received =
        format!("durable at offset {} of the received log", found.stored.received_offset);
    let stored = if is_stored { "part of every answer" } else { "not part of answers yet" };
    Receipt {
        message_id: event.message_id.to_string(),
        received_at: event.received_at.to_string(),
        received_offset: Some(found.stored.received_offset.0),
        outcome: ReceiptOutcome::Accepted {
            offset: offset.0,
            person: (!found.stored.canonical.is_nobody()).then_some(found.stored.canonical.0),
        },
        stages: vec![
            stage("received", true, Some(event.received_at), received),
            stage(
                "pipeline",
                true,
                Some(found.decided_at),
                format!("offset {offset} of the events log"),
            ),
            stage("analytics", is_stored, None, stored.to_owned()),
        ],
        deliveries,
        event: Some(json_of(&found.stored)),
    }
}

fn delivery(connection: &str, destination: &str, state: EventState) -> ReceiptDelivery {
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

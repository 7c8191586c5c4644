//! A test event: checked like a real one, then sent past everything else.

use serde_json::Value;
use sluice_api::handles::{DeliveryTest, EventJson, HandleError, TestVerdict};
use sluice_base::{Clock as _, SystemClock};
use sluice_delivery::{Trial, TrialOutcome};
use sluice_destination_kit::Verdict;
use sluice_event::wire::{self, WireLimits};
use sluice_event::{
    Endpoint, Offset, PersonId, ReceivedItem, ReceivedRequest, SourceNo, StoredEvent,
};
use sluice_model::Problem;

use super::deliveries::exchange;
use super::{Parts, of_delivery};

impl Parts {
    pub(super) async fn test_event(
        &self,
        connection: &str,
        event: &Value,
    ) -> Result<DeliveryTest, HandleError> {
        let connections = self.store.connections().borrow().clone();
        let spec = connections.connections.iter().find(|spec| spec.id == connection);
        let missing = || HandleError::NotFound { what: "connection", id: connection.to_owned() };
        let source = spec.ok_or_else(missing)?.source;
        let stored = self.stored(source, &event.to_string())?;
        let json = EventJson(std::sync::Arc::clone(&stored.event.json));
        let trial = self.delivery.try_out(connection, stored).await.map_err(of_delivery)?;
        Ok(view(&trial, json))
    }

    /// The event as the pipeline would make it, of nobody.
    fn stored(&self, source: SourceNo, event: &str) -> Result<StoredEvent, HandleError> {
        let request = ReceivedRequest {
            source,
            received_at: SystemClock.now(),
            endpoint: Endpoint::Batch,
            ip: None,
            user_agent: None,
            sent_at: None,
            context: None,
            integrations: None,
            items: vec![ReceivedItem::Event(event)],
        };
        // A message id is made of the place in the log; a test has none, so it takes the time.
        let place = Offset(request.received_at.as_micros().unsigned_abs());
        let limits = WireLimits::default();
        let source_id = self.source_id(source);
        let sender = wire::Sender::from(source_id.as_str());
        let event = wire::normalize(&request, 0, place, sender, &limits);
        let refused = |refusal: sluice_event::Refusal| {
            let message =
                format!("would be refused, {}: {}", refusal.code(), refusal.explanation());
            HandleError::Invalid(vec![Problem::new("event", message)])
        };
        Ok(StoredEvent {
            source,
            received_offset: Offset(0),
            person: PersonId::NOBODY,
            canonical: PersonId::NOBODY,
            traits: 0,
            event: event.map_err(refused)?,
        })
    }
}

fn view(trial: &Trial, event: EventJson) -> DeliveryTest {
    let (verdict, code, explanation) = words(&trial.outcome);
    DeliveryTest {
        verdict,
        code,
        explanation,
        exchanges: trial.exchanges.iter().map(exchange).collect(),
        took_ms: u64::try_from(trial.took.as_millis()).unwrap_or(u64::MAX),
        event,
    }
}

fn words(outcome: &TrialOutcome) -> (TestVerdict, Option<String>, String) {
    let verdict = match outcome {
        TrialOutcome::Filtered(reason) | TrialOutcome::Answered(Verdict::Filtered(reason)) => {
            let words = format!("Not sent: {reason}. A real event like this would be left out.");
            return (TestVerdict::Filtered, Some((*reason).to_owned()), words);
        }
        TrialOutcome::Misfit(message) => {
            return (TestVerdict::Misfit, None, format!("The settings do not fit: {message}."));
        }
        TrialOutcome::Answered(verdict) => verdict,
    };
    let (kind, then) = match verdict {
        Verdict::Delivered => {
            return (TestVerdict::Delivered, None, "The peer took the event.".to_owned());
        }
        Verdict::Again | Verdict::Filtered(_) | Verdict::Retry { .. } => {
            (TestVerdict::Retry, "A real event would be sent again later.")
        }
        Verdict::Suspend { .. } => (
            TestVerdict::Suspend,
            "The peer does not let us in. With a real event the destination would stop until its \
             settings change or it is resumed.",
        ),
        Verdict::Reject { .. } | Verdict::Split { .. } => {
            (TestVerdict::Reject, "A real event like this would become a dead letter.")
        }
    };
    let reason = verdict.reason();
    let why = reason.map(|reason| format!("{}. ", reason.message)).unwrap_or_default();
    (kind, reason.map(|reason| reason.code.to_string()), format!("{why}{then}"))
}

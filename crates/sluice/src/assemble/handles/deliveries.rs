//! The state of deliveries, and what their owners may do about them.

use sluice_api::handles::{
    Answer, DeadLetter, DeadLetterPage, DeadLetterQuery, DeletionVerdict, Deliveries,
    DeliveryFailure, DeliveryLatency, DeliveryStatus, DeliveryTest, DeliveryThrottle,
    DeliveryWarning, ExchangeView, HandleError, PeopleDeletion, SendAgain,
};
use sluice_delivery::{ConnectionState, ConnectionStatus, Throttle, Trial, TrialOutcome};
use sluice_destination_kit::{Exchange, Reason, Verdict};
use sluice_event::WorkspaceNo;
use sluice_model::Problem;

use super::events::json_of;
use super::{Parts, of_delivery};

impl Deliveries for Parts {
    fn statuses(&self, no: WorkspaceNo) -> Answer<Vec<DeliveryStatus>> {
        let parts = self.clone();
        Box::pin(async move {
            let all = parts.delivery.connections().await;
            let own = all.into_iter().filter(|status| status.workspace == no);
            Ok(own.map(|status| parts.status(status)).collect())
        })
    }

    fn dead_letters(&self, connection: String, which: DeadLetterQuery) -> Answer<DeadLetterPage> {
        let delivery = self.delivery.clone();
        Box::pin(async move {
            let count = usize::try_from(which.count).unwrap_or(usize::MAX);
            let page = delivery
                .dead_letters(&connection, which.after, count, which.reason.as_deref())
                .await
                .map_err(of_delivery)?;
            let letters =
                page.letters.iter().map(|letter| dead_letter(&connection, letter)).collect();
            Ok(DeadLetterPage { letters, more: page.next.is_some(), by_reason: page.by_reason })
        })
    }

    fn send_again(&self, connection: String, which: SendAgain) -> Answer<u64> {
        let delivery = self.delivery.clone();
        Box::pin(async move {
            let which = match which {
                SendAgain { offsets: Some(offsets), .. } => {
                    sluice_delivery::SendAgain::Offsets(offsets)
                }
                SendAgain { reason: Some(reason), .. } => {
                    sluice_delivery::SendAgain::Reason(reason)
                }
                SendAgain { .. } => sluice_delivery::SendAgain::All,
            };
            let sent = delivery.send_again(&connection, which).await.map_err(of_delivery)?;
            Ok(sent as u64)
        })
    }

    fn resume(&self, connection: String) -> Answer<()> {
        let delivery = self.delivery.clone();
        Box::pin(async move { delivery.resume(&connection).await.map_err(of_delivery) })
    }

    fn test(&self, connection: String, event: serde_json::Value) -> Answer<DeliveryTest> {
        let parts = self.clone();
        Box::pin(async move { parts.test_event(&connection, &event).await })
    }

    fn delete_people(&self, connection: String, user_ids: Vec<String>) -> Answer<PeopleDeletion> {
        let delivery = self.delivery.clone();
        Box::pin(async move {
            let told = delivery.delete_people(&connection, user_ids).await.map_err(of_delivery)?;
            told.map(|trial| deletion(&trial)).ok_or_else(|| {
                let message = "this kind of destination has no way to delete people";
                HandleError::Invalid(vec![Problem::new("destinationId", message)])
            })
        })
    }
}

impl Parts {
    fn status(&self, status: ConnectionStatus) -> DeliveryStatus {
        let (state, since, reason) = match &status.state {
            ConnectionState::Running => ("running", None, None),
            ConnectionState::Disabled => ("disabled", None, None),
            ConnectionState::Suspended { since, code, message } => {
                ("suspended", Some(*since), Some(format!("{code}: {message}")))
            }
            ConnectionState::BreakerOpen { since } => (
                "breaker_open",
                Some(*since),
                Some(
                    "the peer fails altogether; at least every 45 seconds one request finds out \
                     whether it is back, and then all that waits is sent"
                        .to_owned(),
                ),
            ),
            ConnectionState::Failed { message } => {
                let words = format!("{message}; its events wait, and it is opened anew by itself");
                ("failed", None, Some(words))
            }
        };
        let ms = |took: std::time::Duration| took.as_secs_f64() * 1e3;
        DeliveryStatus {
            destination_id: self.destination_id(&status.id),
            source_id: self.source_id(status.source),
            state: state.to_owned(),
            since: since.map(|at| at.to_string()),
            reason,
            cursor: status.cursor,
            behind: status.lag,
            received: status.counts.accepted,
            filtered: status.counts.filtered,
            expired: status.counts.expired,
            retries: status.counts.retries,
            requests_in_flight: status.requests_in_flight as u64,
            waiting: status.waiting,
            delivered: status.counts.delivered,
            dead: status.dead.values().sum(),
            dead_by_reason: status.dead,
            oldest_waiting_ms: status
                .oldest_waiting
                .map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            throttle: throttle(status.throttle),
            latency: DeliveryLatency {
                p50_ms: ms(status.latency.p50),
                p95_ms: ms(status.latency.p95),
                p99_ms: ms(status.latency.p99),
            },
            last_error: status.last_error.map(|(at, code, message)| DeliveryFailure {
                at: at.to_string(),
                code,
                message,
                exchange: status.last_exchange.as_ref().map(exchange),
            }),
            warnings: status.warnings.into_iter().map(warning).collect(),
            connection_id: status.id,
        }
    }
}

fn deletion(trial: &Trial) -> PeopleDeletion {
    let of = |reason: &Reason| (Some(reason.code.to_string()), reason.message.clone());
    let (verdict, (code, explanation)) = match &trial.outcome {
        TrialOutcome::Filtered(reason) => {
            (DeletionVerdict::Refused, (Some((*reason).to_owned()), "not sent".to_owned()))
        }
        TrialOutcome::Misfit(message) => {
            let code = Some("INVALID_SETTINGS".to_owned());
            (DeletionVerdict::Refused, (code, format!("the settings do not fit: {message}")))
        }
        TrialOutcome::Answered(verdict) => match verdict {
            Verdict::Delivered => {
                let taken = || (None, "the peer takes it on".to_owned());
                (DeletionVerdict::Accepted, trial.warnings.first().map_or_else(taken, of))
            }
            Verdict::Retry { reason, .. } => (DeletionVerdict::Retry, of(reason)),
            Verdict::Filtered(reason) => {
                (DeletionVerdict::Refused, (Some((*reason).to_owned()), "not sent".to_owned()))
            }
            Verdict::Again => (DeletionVerdict::Retry, (None, "ask again later".to_owned())),
            Verdict::Suspend { reason }
            | Verdict::Reject { reason }
            | Verdict::Split { reason } => (DeletionVerdict::Refused, of(reason)),
        },
    };
    let exchange = trial.exchanges.last().map(exchange);
    PeopleDeletion { verdict, code, explanation, exchange }
}

/// Nothing if nothing holds the connection back.
fn throttle(throttle: Throttle) -> Option<DeliveryThrottle> {
    (throttle != Throttle::default()).then(|| DeliveryThrottle {
        requests_per_second: throttle.requests_per_second,
        requests_at_a_time: throttle.requests_at_a_time.map(|requests| requests as u64),
        held_until: throttle.held_until.map(|at| at.to_string()),
    })
}

fn warning((code, warned): (String, sluice_delivery::Warned)) -> DeliveryWarning {
    DeliveryWarning { code, events: warned.count, message: warned.last }
}

pub(super) fn exchange(exchange: &Exchange) -> ExchangeView {
    ExchangeView {
        request_head: exchange.request_head.clone(),
        request_body: exchange.request_body.clone(),
        status: exchange.status,
        answer_body: exchange.answer_body.clone(),
    }
}

fn dead_letter(connection: &str, letter: &sluice_delivery::DeadLetter) -> DeadLetter {
    DeadLetter {
        offset: letter.offset,
        connection_id: connection.to_owned(),
        message_id: letter.event.event.message_id.to_string(),
        reason: letter.reason.clone(),
        attempts: letter.attempts,
        at: letter.at.to_string(),
        detail: Some(letter.message.clone()),
        exchange: letter.exchange.as_ref().map(exchange),
        event: Some(json_of(&letter.event)),
    }
}

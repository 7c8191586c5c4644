//! One event sent to a destination now, for whoever sets it up: it is in no account and in no log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_destination_kit::{BatchOutcome, Delivery, Exchange, Reason, Verdict, Verdicts};
use sluice_event::{Offset, StoredEvent};
use sluice_filter::destination_filter::Rules;
use sluice_model::tables::ConnectionSpec;

use crate::connection::Surroundings;
use crate::edit::edited;
use crate::filter::Filter;
use crate::panics::caught;

/// What a destination made of an event.
#[derive(Clone, Debug)]
pub struct Trial {
    pub outcome: TrialOutcome,
    /// The requests and their answers, redacted, in their order.
    pub exchanges: Vec<Exchange>,
    pub took: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialOutcome {
    /// It would not be sent, for this reason.
    Filtered(&'static str),
    /// The settings do not fit.
    Misfit(String),
    Answered(Verdict),
}

/// Sends the event, switched off or not.
pub(crate) async fn run(
    around: Surroundings,
    spec: Arc<ConnectionSpec>,
    stored: StoredEvent,
) -> Trial {
    let started = Instant::now();
    let (outcome, exchanges) = send(&around, &spec, &stored).await;
    Trial { outcome, exchanges, took: started.elapsed() }
}

async fn send(
    around: &Surroundings,
    spec: &ConnectionSpec,
    stored: &StoredEvent,
) -> (TrialOutcome, Vec<Exchange>) {
    let built = around.catalog.build_with(
        &spec.kind,
        spec.settings.expose(),
        &spec.subscriptions,
        around.http.clone(),
    );
    let destination = match built {
        Ok(destination) => destination,
        Err(error) => return (TrialOutcome::Misfit(error.to_string()), Vec::new()),
    };
    let kind = around.catalog.get(&spec.kind).map(Arc::as_ref);
    let rules = Rules::new(&spec.filters);
    let filter = Filter { spec, kind, destination: Some(&*destination), rules: &rules };
    if let Some(reason) = filter.lasting_reason(stored) {
        return (TrialOutcome::Filtered(reason), Vec::new());
    }
    let changed = edited(&rules, stored);
    let stored = changed.as_ref().unwrap_or(stored);
    let batch = [Delivery { offset: Offset(0), stored, attempt: Delivery::TRIAL }];
    let sending = caught(async { destination.deliver(&batch).await });
    let failed = |code, message| (answered(Reason::new(code, message)), Vec::new());
    match tokio::time::timeout(around.policy.attempt_deadline, sending).await {
        Ok(Ok(BatchOutcome { verdicts, exchanges, .. })) => {
            let verdict = match verdicts {
                Verdicts::Whole(verdict) => Some(verdict),
                Verdicts::Each(verdicts) => verdicts.into_iter().next(),
            };
            let silent = || Verdict::Retry {
                reason: Reason::new("INTERNAL", "the destination gave no verdict"),
                after: None,
            };
            (TrialOutcome::Answered(verdict.unwrap_or_else(silent)), exchanges)
        }
        Ok(Err(panic)) => {
            tracing::error!(%panic, "a destination panicked");
            failed("PANIC", "the destination panicked; the server's own log says more")
        }
        Err(_) => failed("ETIMEDOUT", "the destination did not end in time"),
    }
}

fn answered(reason: Reason) -> TrialOutcome {
    TrialOutcome::Answered(Verdict::Retry { reason, after: None })
}

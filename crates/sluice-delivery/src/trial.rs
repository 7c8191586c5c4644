//! One event sent to a destination now, for whoever sets it up: it is in no account and in no log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_destination_kit::{
    BatchOutcome, Delivery, Destination, Exchange, Reason, Verdict, Verdicts,
};
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
    /// It was taken, but not quite as it was meant.
    pub warnings: Vec<Reason>,
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
    let destination = match build(&around, &spec) {
        Ok(destination) => destination,
        Err(misfit) => return Trial::unsent(misfit, started),
    };
    let kind = around.catalog.get(&spec.kind).map(Arc::as_ref);
    let rules = Rules::new(&spec.filters);
    let filter = Filter { spec: &spec, kind, destination: Some(&*destination), rules: &rules };
    if let Some(reason) = filter.lasting_reason(&stored) {
        return Trial::unsent(TrialOutcome::Filtered(reason), started);
    }
    let changed = edited(&rules, &stored);
    let stored = changed.as_ref().unwrap_or(&stored);
    let batch = [Delivery { offset: Offset(0), stored, attempt: Delivery::TRIAL, progress: None }];
    Trial::of(&around, async { destination.deliver(&batch).await }, started).await
}

/// `None`: the destination has no way to.
pub(crate) async fn delete_people(
    around: Surroundings,
    spec: Arc<ConnectionSpec>,
    user_ids: Vec<String>,
) -> Option<Trial> {
    let started = Instant::now();
    match build(&around, &spec) {
        Ok(destination) => {
            let asking = destination.forget(&user_ids)?;
            Some(Trial::of(&around, asking, started).await)
        }
        Err(misfit) => Some(Trial::unsent(misfit, started)),
    }
}

fn build(
    around: &Surroundings,
    spec: &ConnectionSpec,
) -> Result<Arc<dyn Destination>, TrialOutcome> {
    let built = around.catalog.build_with(
        &spec.kind,
        spec.settings.expose(),
        &spec.subscriptions,
        around.http.clone(),
        (around.keep)(spec.workspace, &spec.destination_id),
    );
    built.map_err(|error| TrialOutcome::Misfit(error.to_string()))
}

impl Trial {
    fn unsent(outcome: TrialOutcome, started: Instant) -> Self {
        Self { outcome, exchanges: Vec::new(), warnings: Vec::new(), took: started.elapsed() }
    }

    async fn of(
        around: &Surroundings,
        sending: impl Future<Output = BatchOutcome>,
        started: Instant,
    ) -> Self {
        let failed = |code, message| {
            let verdict = Verdict::Retry { reason: Reason::new(code, message), after: None };
            BatchOutcome::new(Verdicts::Whole(verdict))
        };
        let sent = tokio::time::timeout(around.policy.attempt_deadline, caught(sending)).await;
        let outcome = match sent {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => {
                tracing::error!(%panic, "a destination panicked");
                failed("PANIC", "the destination panicked; the server's own log says more")
            }
            Err(_) => failed("ETIMEDOUT", "the destination did not end in time"),
        };
        let verdict = match outcome.verdicts {
            Verdicts::Whole(verdict) => Some(verdict),
            Verdicts::Each(verdicts) => verdicts.into_iter().next(),
        };
        let silent = || Verdict::Retry {
            reason: Reason::new("INTERNAL", "the destination gave no verdict"),
            after: None,
        };
        Self {
            outcome: TrialOutcome::Answered(verdict.unwrap_or_else(silent)),
            exchanges: outcome.exchanges,
            warnings: outcome.warnings,
            took: started.elapsed(),
        }
    }
}

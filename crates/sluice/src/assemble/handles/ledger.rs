//! The ledger: the pipeline's account of each source, and what became of the accepted events at
//! each reader (invariant I4).

use sluice_api::handles::{
    AnalyticsAccount, Answer, ConnectionAccount, HandleError, Ledger, Ledgers, SourceAccount,
};
use sluice_columnar::Snapshot;
use sluice_delivery::ConnectionStatus;
use sluice_event::WorkspaceNo;
use sluice_insights::Calendar;

use super::Parts;

impl Ledgers for Parts {
    fn ledger(&self, no: WorkspaceNo) -> Answer<Ledger> {
        let parts = self.clone();
        Box::pin(async move {
            // The readers first: what they have read, the pipeline has counted before.
            let connections = parts.connection_accounts(no).await;
            parts.account(no, connections)
        })
    }
}

impl Parts {
    fn account(
        &self,
        no: WorkspaceNo,
        connections: Vec<ConnectionAccount>,
    ) -> Result<Ledger, HandleError> {
        let workspace = self.workspace(no)?;
        let parts = workspace.analytics.context(Calendar::default()).snapshot;
        let pipeline = workspace.pipeline.ledger();
        let analytics = analytics_account(pipeline.total(|counts| counts.accepted), &parts);
        let holds = pipeline.check().is_ok();
        let sources: Vec<SourceAccount> = pipeline
            .counts
            .iter()
            .map(|(source, counts)| {
                let refused = counts
                    .refused
                    .iter()
                    .map(|(refusal, count)| (refusal.code().to_owned(), *count));
                SourceAccount {
                    source_id: self.source_id(*source),
                    received: counts.received,
                    accepted: counts.accepted,
                    duplicate: counts.duplicate,
                    refused: refused.collect(),
                    balances: counts.balances(),
                }
            })
            .collect();
        let balances = holds
            && analytics.balances
            && sources.iter().all(|account| account.balances)
            && connections.iter().all(|account| account.balances);
        let waiting_for_pipeline = workspace.pipeline.waiting();
        Ok(Ledger { balances, waiting_for_pipeline, sources, connections, analytics })
    }

    async fn connection_accounts(&self, no: WorkspaceNo) -> Vec<ConnectionAccount> {
        let all = self.delivery.connections().await;
        let own = all.into_iter().filter(|status| status.workspace == no);
        own.map(|status| self.connection_account(status)).collect()
    }

    fn connection_account(&self, status: ConnectionStatus) -> ConnectionAccount {
        ConnectionAccount {
            destination_id: self.destination_id(&status.id),
            source_id: self.source_id(status.source),
            connection_id: status.id,
            accepted: status.counts.accepted,
            delivered: status.counts.delivered,
            filtered: status.counts.filtered,
            waiting: status.waiting,
            dead: status.dead,
            erased: status.counts.erased,
            expired: status.counts.expired,
            balances: status.balances,
        }
    }
}

/// At the store's cursor the rows, with those that were erased, must be as many as the pipeline had
/// counted there; what it has counted since then waits.
fn analytics_account(accepted: u64, parts: &Snapshot) -> AnalyticsAccount {
    let (taken, erased): (u64, u64) = (parts.stored().values().sum(), parts.erased());
    let stored = taken.saturating_sub(erased);
    AnalyticsAccount {
        accepted,
        stored,
        waiting: accepted.saturating_sub(parts.accepted()),
        erased,
        balances: taken == parts.accepted() && stored == parts.rows(),
    }
}

//! The whole demonstration against a running server: make the source, send the month, compare,
//! and save the shop's insights.

use std::sync::atomic::{AtomicU64, Ordering};

use sluice_base::Timestamp;

use crate::api::{Server, Source};
use crate::board::furnish;
use crate::receivers::{Connected, Receivers};
use crate::report::Report;
use crate::send::{Target, send_all};
use crate::{DemoError, Shop};

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoOptions {
    pub seed: u64,
    pub visitors: u32,
    pub days: u32,
    /// Compares also what the receivers got with what the server says it delivered; that takes as
    /// long as the longest retry.
    pub waits_for_delivery: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { seed: 1, visitors: 2_000, days: 30, waits_for_delivery: false }
    }
}

/// What the demonstration made at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    pub source: Source,
    pub(crate) destinations: Connected,
}

/// Sends the shop's history to the server, with the receivers connected to its source, and asks for
/// the counts. `say` hears a line now and then.
///
/// # Errors
/// If the server cannot be reached, refuses a request, or does not count within two minutes.
pub async fn run(
    server: &Server,
    options: DemoOptions,
    receivers: &Receivers,
    now: Timestamp,
    say: impl Fn(&str) + Clone + Send + Sync + 'static,
) -> Result<(Demo, Report), DemoError> {
    let shop = Shop::generate(options.seed, options.visitors, now, options.days);
    let source = server.create_source("sample-shop", "Sample shop").await?;
    let connected = receivers.connect(server, &source).await?;
    let target = Target::new(server.base_url(), &source.write_key)?;
    let requests = shop.calls.len() as u64;
    say(&format!(
        "sending {} events of {} visitors in {requests} requests",
        shop.truth.sent, options.visitors
    ));
    let (told, speak) = (AtomicU64::new(0), say.clone());
    let sent = send_all(&target, shop.calls, move |answered| {
        let tenth = answered * 10 / requests.max(1);
        if told.fetch_max(tenth, Ordering::Relaxed) < tenth {
            speak(&format!("  {:>3} %", tenth * 10));
        }
    })
    .await?;
    say(&format!("all answered with 200; {} requests had to be repeated", sent.retries));
    server.wait_for(&source.id, shop.truth.sent).await?;
    let mut report = Report::ask(server, &source.id, &shop.truth).await?;
    if options.waits_for_delivery {
        say("waiting for the last retries of the deliveries");
        report.deliveries(server, &source.id, receivers, &connected).await?;
    }
    furnish(server).await?;
    Ok((Demo { source, destinations: connected }, report))
}

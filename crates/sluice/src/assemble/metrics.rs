//! `/metrics` in Prometheus' text format. Ids of events, users and sources are never labels.

use std::fmt::{self, Write as _};
use std::sync::atomic::Ordering;

use sluice_collector::{DURATION_BOUNDS_SECONDS, StatsView};

use super::pages::Pages;

/// All metrics of the server.
pub(super) fn render(pages: &Pages) -> Result<String, fmt::Error> {
    let mut out = String::new();
    collector(&mut out, &pages.collector.view())?;
    workspaces(&mut out, pages)?;
    process(&mut out)?;
    Ok(out)
}

fn one(
    out: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    value: impl fmt::Display,
) -> fmt::Result {
    write!(out, "# HELP sluice_{name} {help}\n# TYPE sluice_{name} {kind}\nsluice_{name} {value}\n")
}

fn collector(out: &mut String, view: &StatsView) -> fmt::Result {
    const GAUGES: [&str; 2] = ["connections_open", "in_flight_bytes"];
    for (name, value) in view.counters() {
        let is_gauge = GAUGES.contains(&name);
        let (suffix, kind) = if is_gauge { ("", "gauge") } else { ("_total", "counter") };
        one(out, &format!("collector_{name}{suffix}"), kind, &name.replace('_', " "), value)?;
    }
    let name = "sluice_collector_request_seconds";
    write!(
        out,
        "# HELP {name} time from a request's head to its answer, durable\n# TYPE {name} histogram\n"
    )?;
    let mut below = 0;
    for (bound, count) in DURATION_BOUNDS_SECONDS.iter().zip(view.durations) {
        below += count;
        writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {below}")?;
    }
    let total: u64 = view.durations.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "a metric")]
    let seconds = view.duration_micros as f64 / 1e6;
    write!(
        out,
        "{name}_bucket{{le=\"+Inf\"}} {total}\n{name}_sum {seconds}\n{name}_count {total}\n"
    )
}

/// Summed over the workspaces.
fn workspaces(out: &mut String, pages: &Pages) -> fmt::Result {
    let (mut accepted, mut duplicate, mut waiting) = (0, 0, 0);
    let mut failed = 0;
    let (mut received_bytes, mut events_bytes, mut dedupe_bytes, mut behind) = (0, 0, 0, 0);
    let mut refused = std::collections::BTreeMap::<&'static str, u64>::new();
    for workspace in pages.workspaces.all() {
        let ledger = workspace.pipeline.ledger();
        accepted += ledger.total(|counts| counts.accepted);
        duplicate += ledger.total(|counts| counts.duplicate);
        for counts in ledger.counts.values() {
            for (refusal, count) in &counts.refused {
                *refused.entry(refusal.code()).or_default() += count;
            }
        }
        waiting += workspace.pipeline.waiting();
        received_bytes += workspace.received.disk_bytes();
        events_bytes += workspace.events.disk_bytes();
        dedupe_bytes += workspace.pipeline.dedupe_disk_bytes();
        failed += u64::from(workspace.analytics.failure().is_some());
        behind += workspace.events.synced().saturating_sub(workspace.analytics.cursor().0);
    }
    one(out, "events_accepted_total", "counter", "events that entered the events log", accepted)?;
    one(out, "events_duplicate_total", "counter", "events whose message id was known", duplicate)?;
    write!(
        out,
        "# HELP sluice_events_refused_total events refused, by reason\n# TYPE sluice_events_refused_total counter\n"
    )?;
    for (code, count) in refused {
        writeln!(out, "sluice_events_refused_total{{code=\"{code}\"}} {count}")?;
    }
    one(out, "pipeline_waiting", "gauge", "received items not dealt with yet", waiting)?;
    one(
        out,
        "ledger_unbalanced",
        "gauge",
        "workspaces whose ledger does not balance",
        pages.unbalanced.load(Ordering::Relaxed),
    )?;
    one(out, "received_log_bytes", "gauge", "size of the received logs", received_bytes)?;
    one(out, "events_log_bytes", "gauge", "size of the events logs", events_bytes)?;
    one(out, "dedupe_bytes", "gauge", "size of the deduplication indexes", dedupe_bytes)?;
    one(out, "analytics_failed", "gauge", "workspaces whose analytics stopped reading", failed)?;
    one(out, "analytics_behind", "gauge", "offsets of the events log not yet in parts", behind)
}

fn process(out: &mut String) -> fmt::Result {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return Ok(()) };
    let kib = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    // `RssAnon` leaves out mapped files, which the system may drop at any time.
    for (name, key) in
        [("process_resident_bytes", "VmRSS:"), ("process_anonymous_bytes", "RssAnon:")]
    {
        if let Some(kib) = kib(key) {
            one(out, name, "gauge", "memory of the process", kib * 1024)?;
        }
    }
    Ok(())
}

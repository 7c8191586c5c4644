//! What people and the API see of a connection.

use std::collections::BTreeMap;
use std::time::Duration;

use sluice_base::Timestamp;
use sluice_destination_kit::Exchange;
use sluice_event::{SourceNo, WorkspaceNo};
use sluice_model::tables::ConnectionSpec;

use crate::dead::DeadLetter;
use crate::pace::Throttle;
use crate::state::{Counts, State};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Sending, or nothing to send.
    Running,
    /// Switched off by its owner.
    Disabled,
    /// The peer does not let us in, or the settings cannot work; somebody has to act.
    Suspended { since: Timestamp, code: String, message: String },
    /// The peer fails altogether; one request at a time finds out when it is back.
    BreakerOpen { since: Timestamp },
    /// The connection's own files or its place in the log cannot be read or written, or its task
    /// broke off. Its events wait.
    Failed { message: String },
}

/// Events that were delivered but not quite as they came, for one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warned {
    pub count: u64,
    /// What was said of the last of them.
    pub last: String,
}

/// A snapshot. `counts`, `waiting` and `dead` balance: accepted = delivered + filtered + waiting +
/// dead + expired + erased.
#[derive(Clone, Debug)]
pub struct ConnectionStatus {
    pub id: String,
    pub workspace: WorkspaceNo,
    pub source: SourceNo,
    pub state: ConnectionState,
    /// Offset in the events log from which events are for this connection.
    pub start: u64,
    /// Next offset to read.
    pub cursor: u64,
    /// Offsets of the log not read yet, of all sources.
    pub lag: u64,
    pub counts: Counts,
    /// Read and not finished.
    pub waiting: u64,
    pub dead: BTreeMap<String, u64>,
    /// False if the sums do not meet, or what was read differs from what the pipeline counted.
    pub balances: bool,
    pub requests_in_flight: usize,
    /// Age since receipt of the oldest event that was read and is not finished.
    pub oldest_waiting: Option<Duration>,
    pub last_error: Option<(Timestamp, String, String)>,
    /// The exchange with the peer that goes with it, redacted.
    pub last_exchange: Option<Exchange>,
    /// What was delivered, but not quite as it came, by code; since the server started.
    pub warnings: BTreeMap<String, Warned>,
    /// What holds it back at the moment.
    pub throttle: Throttle,
    pub latency: Percentiles,
}

impl ConnectionStatus {
    /// Of a connection that nobody runs: what is durable of it, and its cursor and lag.
    pub(crate) fn failed(
        spec: &ConnectionSpec,
        durable: &State,
        message: String,
        (cursor, lag): (u64, u64),
    ) -> Self {
        let mut dead = BTreeMap::new();
        for entry in durable.dead.values() {
            *dead.entry(entry.reason.clone()).or_default() += 1;
        }
        Self {
            id: spec.id.clone(),
            workspace: spec.workspace,
            source: spec.source,
            state: ConnectionState::Failed { message },
            start: durable.start,
            cursor,
            lag,
            counts: durable.counts.clone(),
            waiting: durable.waiting.len() as u64,
            dead,
            balances: false,
            requests_in_flight: 0,
            oldest_waiting: None,
            last_error: None,
            last_exchange: None,
            warnings: BTreeMap::new(),
            throttle: Throttle::default(),
            latency: Percentiles::default(),
        }
    }
}

/// From receipt to the peer's acceptance, of all deliveries since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Percentiles {
    pub p50: Duration,
    pub p95: Duration,
    pub p99: Duration,
}

/// What is known of one event at one connection.
#[derive(Clone, Debug, PartialEq)]
pub enum EventState {
    /// Older than the connection.
    BeforeStart,
    /// The connection has not come to it yet.
    NotRead,
    Waiting {
        attempts: u32,
        due: Timestamp,
        in_flight: bool,
        last_error: Option<(String, String)>,
    },
    Delivered {
        at: Timestamp,
        attempts: u32,
    },
    Filtered {
        reason: String,
    },
    Dead {
        reason: String,
        at: Timestamp,
    },
    /// Delivered or filtered, too long ago to remember which.
    Finished,
}

/// Dead letters by offset, a page at a time.
#[derive(Clone, Debug, Default)]
pub struct DeadLetterPage {
    pub letters: Vec<DeadLetter>,
    /// The `after` of the next page; `None` on the last.
    pub next: Option<u64>,
    /// All of the connection's, by reason.
    pub by_reason: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendAgain {
    All,
    Reason(String),
    Offsets(Vec<u64>),
}

/// Counts by powers of two in quarters, from 1 µs up: within 9 % of the truth in 1 KiB.
#[derive(Debug)]
pub(crate) struct Latency([u64; 160]);

impl Default for Latency {
    fn default() -> Self {
        Self([0; 160])
    }
}

impl Latency {
    pub(crate) fn record(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let octave = micros.ilog2() as usize;
        let quarter = if octave >= 2 { (micros >> (octave - 2)) & 3 } else { 0 };
        let bucket = (octave * 4 + usize::try_from(quarter).unwrap_or(0)).min(self.0.len() - 1);
        self.0[bucket] += 1;
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        Percentiles { p50: self.at(50), p95: self.at(95), p99: self.at(99) }
    }

    fn at(&self, percent: u64) -> Duration {
        let total: u64 = self.0.iter().sum();
        let mut left = (total * percent).div_ceil(100);
        for (bucket, count) in self.0.iter().enumerate() {
            if left > 0 && *count >= left {
                // The upper end of the bucket.
                let (octave, quarter) = (bucket / 4, bucket as u64 % 4);
                return Duration::from_micros(((5 + quarter) << octave) / 4);
            }
            left -= (*count).min(left);
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_a_quarter_above_the_truth() {
        let mut latency = Latency::default();
        (1..=1000).for_each(|ms| latency.record(Duration::from_millis(ms)));
        let Percentiles { p50, p99, .. } = latency.percentiles();
        for (found, truth) in [(p50, 500.0), (p99, 990.0)] {
            let ratio = found.as_secs_f64() * 1000.0 / truth;
            assert!((1.0..1.26).contains(&ratio), "{found:?}");
        }
    }
}

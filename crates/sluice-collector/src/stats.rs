//! What the collector counts, for the metrics page. No labels: ids never become label values.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the duration histogram's buckets; one more bucket holds the rest.
pub const DURATION_BOUNDS_SECONDS: [f64; 12] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Counters since the start.
        #[derive(Debug, Default)]
        pub struct CollectorStats {
            $($(#[$doc])* pub $name: AtomicU64,)+
            durations: [AtomicU64; DURATION_BOUNDS_SECONDS.len() + 1],
            duration_micros: AtomicU64,
        }

        /// The counters at one moment.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct StatsView {
            $($(#[$doc])* pub $name: u64,)+
            /// Requests per bucket of [`DURATION_BOUNDS_SECONDS`], not cumulative.
            pub durations: [u64; DURATION_BOUNDS_SECONDS.len() + 1],
            pub duration_micros: u64,
        }

        impl CollectorStats {
            #[must_use]
            pub fn view(&self) -> StatsView {
                let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
                StatsView {
                    $($name: load(&self.$name),)+
                    durations: std::array::from_fn(|bucket| load(&self.durations[bucket])),
                    duration_micros: load(&self.duration_micros),
                }
            }
        }

        impl StatsView {
            /// Each counter with its name.
            #[must_use]
            pub fn counters(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

counters! {
    /// Answered 200.
    requests_accepted,
    /// Answered 400.
    requests_rejected,
    /// Answered 429.
    requests_limited,
    /// Answered 503.
    requests_unavailable,
    /// Of those rejected: not JSON, not gzip, or not of the right shape.
    rejected_malformed,
    /// Of those rejected: over a size limit.
    rejected_too_large,
    /// Of those rejected: no write key, or none that could be one.
    rejected_write_key,
    /// Requests with a plausible write key that no source has, dropped or rejected.
    unknown_write_key,
    /// Events in those requests that were answered 200.
    unknown_write_key_events,
    /// Of those rejected: sent to a host of another region than the source's.
    wrong_region,
    /// Of those limited: over the source's rate. The rest waited for the log or the pipeline.
    limited_by_rate,
    /// Requests that said by `X-Retry-Count` that they were sent before.
    requests_retried,
    /// Preflights answered.
    preflights,
    /// Requests with SDKs' counters about themselves, which are answered and not kept.
    sdk_metrics,
    /// Events written to the log, stubs included.
    events_received,
    /// Events refused at the door, kept as stubs.
    events_stubbed,
    /// Bytes of bodies as sent.
    body_bytes,
    /// Connections open now.
    connections_open,
    /// Connections since the start.
    connections_accepted,
    /// Bytes of bodies held now.
    in_flight_bytes,
}

impl CollectorStats {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn record_duration(&self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = DURATION_BOUNDS_SECONDS.partition_point(|bound| *bound < seconds);
        Self::add(&self.durations[bucket], 1);
        Self::add(&self.duration_micros, u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }
}

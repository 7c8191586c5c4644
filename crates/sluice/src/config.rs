//! The configuration file, its defaults and its errors. The doc comments are the manual.
//!
//! Everything is optional; `sluice serve` runs without a file. A key that does not exist is refused
//! with the nearest one that does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use sluice_base::ByteSize;

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: ServerConfig,
    pub(crate) collector: CollectorConfig,
    pub(crate) logs: LogsConfig,
    pub(crate) delivery: DeliveryConfig,
    pub(crate) outbound: OutboundConfig,
    pub(crate) analytics: AnalyticsConfig,
}

/// `[server]`: where Sluice listens and keeps its data.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerConfig {
    /// Address and port of HTTP (or HTTPS, with a certificate). Port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// Everything Sluice keeps is below this folder.
    pub(crate) data: PathBuf,
    /// PEM file with the certificate chain; turns HTTPS on. Read again when it changes.
    pub(crate) tls_certificate: Option<PathBuf>,
    /// PEM file with the private key of the certificate.
    pub(crate) tls_key: Option<PathBuf>,
    /// Networks of the proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "parsed")]
    pub(crate) trusted_proxies: Vec<sluice_collector::Network>,
    /// Where senders and people reach this server, such as `https://events.example.org`: SDKs are
    /// told to send there, and links into the console begin with it. Without it each request is
    /// answered with the host it asked.
    pub(crate) public_url: Option<String>,
    /// How long a stop waits for requests and deliveries in progress, in seconds.
    pub(crate) drain_secs: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("data"),
            tls_certificate: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
            public_url: None,
            drain_secs: 10,
        }
    }
}

/// `[collector]`: where events come in.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CollectorConfig {
    /// Largest request body, after decompression.
    pub(crate) body_bytes_max: ByteSize,
    /// Largest single event.
    pub(crate) event_bytes_max: ByteSize,
    /// Most events in one batch.
    pub(crate) batch_events_max: usize,
    /// Requests per second of one source, unless the source says otherwise.
    pub(crate) requests_per_second_max: u32,
    /// Answer 400 where Segment answers 200 and drops: unknown write key, batch over 500 KB or over
    /// 2,500 items.
    pub(crate) strict: bool,
    /// A request whose body is not complete after this many seconds is refused.
    pub(crate) body_timeout_secs: u64,
    /// Deepest nesting of objects and arrays in an event.
    pub(crate) depth_max: usize,
    /// Host names that take only sources of workspaces in the region `us`. Others take all.
    pub(crate) us_hosts: Vec<String>,
    /// Host names that take only sources of workspaces in the region `eu`.
    pub(crate) eu_hosts: Vec<String>,
}

impl Default for CollectorConfig {
    fn default() -> Self {
        Self {
            body_bytes_max: ByteSize::kib(512),
            event_bytes_max: ByteSize::kib(32),
            batch_events_max: 2_500,
            requests_per_second_max: 500,
            strict: false,
            body_timeout_secs: 30,
            depth_max: 64,
            us_hosts: vec!["api.segment.io".to_owned()],
            eu_hosts: vec!["events.eu1.segmentapis.com".to_owned()],
        }
    }
}

/// `[logs]`: the received log and the events log of each workspace.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogsConfig {
    /// A log segment is closed at this size.
    pub(crate) segment_bytes: ByteSize,
    /// zstd level of the blocks on disk; 0 stores them as they are.
    pub(crate) compression_level: i32,
    /// Log segments older than this are removed once every reader has passed them.
    pub(crate) retention_days: u64,
    /// Per log: above this size the oldest log segments are removed once every reader has passed.
    pub(crate) retention_bytes: Option<ByteSize>,
    /// Keep this much of the disk free; below it the collector answers 503.
    pub(crate) disk_reserve: ByteSize,
}

impl Default for LogsConfig {
    fn default() -> Self {
        Self {
            segment_bytes: ByteSize::mib(256),
            compression_level: 1,
            retention_days: 90,
            retention_bytes: None,
            disk_reserve: ByteSize::gib(1),
        }
    }
}

/// `[delivery]`: how destinations are served unless they say otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeliveryConfig {
    /// How long a failing delivery is tried again, in hours; 4 as at Segment, 72 at most.
    pub(crate) retry_hours: u64,
    /// Requests in progress per connection.
    pub(crate) requests_in_flight_max: usize,
    /// Waiting events of one connection beyond this become dead letters (`backlog_over_budget`).
    pub(crate) backlog_bytes_max: ByteSize,
    /// Threads of the delivery runtime.
    pub(crate) threads: usize,
}

impl Default for DeliveryConfig {
    fn default() -> Self {
        Self {
            retry_hours: 4,
            requests_in_flight_max: 20,
            backlog_bytes_max: ByteSize::mib(256),
            threads: 1,
        }
    }
}

/// `[outbound]`: where Sluice may connect to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OutboundConfig {
    /// Let destinations point to private, loopback and link-local addresses.
    pub(crate) allow_private: bool,
    /// Networks that destinations may point to although they are not public, as `10.0.0.0/8`.
    #[serde(deserialize_with = "parsed")]
    pub(crate) allow: Vec<sluice_destination_kit::http::Cidr>,
    /// HTTP proxy through which everything goes out, as `http://proxy:3128`. It resolves names, so it
    /// also decides which of them may be reached.
    pub(crate) proxy: Option<String>,
    /// File with certificates (PEM) to trust beside the public authorities.
    pub(crate) ca_file: Option<PathBuf>,
}

/// `[analytics]`: the columnar store and its queries.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AnalyticsConfig {
    /// Threads that answer one question.
    pub(crate) query_threads: usize,
    /// A fresh event is written to a part after at most this many milliseconds.
    pub(crate) flush_ms: u64,
    /// File in MaxMind's format that tells the country of an address. Read again when it changes.
    pub(crate) geoip_database: Option<PathBuf>,
}

impl Default for AnalyticsConfig {
    fn default() -> Self {
        Self { query_threads: 2, flush_ms: 1_000, geoip_database: None }
    }
}

/// A list of texts, each parsed.
fn parsed<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parse = |text: &String| text.parse().map_err(serde::de::Error::custom);
    texts.iter().map(parse).collect()
}

impl Config {
    /// Reads the file; without one, the defaults.
    pub(crate) fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration file {}", path.display()))?;
        let config: Self = parse(&text).with_context(|| format!("in {}", path.display()))?;
        config.check()?;
        Ok(config)
    }

    /// What a type alone cannot say.
    fn check(&self) -> anyhow::Result<()> {
        if self.server.tls_certificate.is_some() != self.server.tls_key.is_some() {
            bail!("server.tls_certificate and server.tls_key go together: set both or neither");
        }
        if let Some(url) = &self.server.public_url {
            url.parse::<sluice_collector::PublicUrl>()
                .map_err(|error| anyhow::anyhow!("server.public_url: {error}"))?;
        }
        if self.delivery.retry_hours == 0 || self.delivery.retry_hours > 72 {
            bail!("delivery.retry_hours is {}; it must be 1 to 72", self.delivery.retry_hours);
        }
        if self.collector.event_bytes_max > self.collector.body_bytes_max {
            bail!("collector.event_bytes_max is larger than collector.body_bytes_max");
        }
        if self.analytics.query_threads == 0 || self.delivery.threads == 0 {
            bail!("analytics.query_threads and delivery.threads must be at least 1");
        }
        Ok(())
    }

    pub(crate) const fn drain(&self) -> Duration {
        Duration::from_secs(self.server.drain_secs)
    }
}

/// Parses the text, and turns serde's list of expected keys into one suggestion.
fn parse(text: &str) -> anyhow::Result<Config> {
    toml::from_str(text).map_err(|error| {
        let message = error.to_string();
        match nearest_key(&message) {
            Some((unknown, nearest)) => {
                anyhow::anyhow!("{message}\n`{unknown}` is not a key; did you mean `{nearest}`?")
            }
            None => anyhow::anyhow!(message),
        }
    })
}

fn nearest_key(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("unknown field `")?;
    let (unknown, rest) = rest.split_once('`')?;
    let (_, expected) = rest.split_once("expected ")?;
    let known = expected.split('`').skip(1).step_by(2);
    sluice_base::nearest(unknown, known).map(|known| (unknown, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let config = parse("").unwrap();
        assert_eq!(config.server.listen.port(), 8080);
        assert_eq!(config.collector.body_bytes_max, ByteSize::kib(512));
        config.check().unwrap();
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let error = parse("[collector]\nbody_byte_max = 3").unwrap_err().to_string();
        assert!(error.contains("did you mean `body_bytes_max`?"), "{error}");
        let error = parse("[colector]").unwrap_err().to_string();
        assert!(error.contains("did you mean `collector`?"), "{error}");
    }

    #[test]
    fn sizes_are_written_with_units() {
        let config = parse("[logs]\nsegment_bytes = \"64MiB\"").unwrap();
        assert_eq!(config.logs.segment_bytes, ByteSize::mib(64));
    }

    #[test]
    fn half_a_certificate_is_refused() {
        let config = parse("[server]\ntls_certificate = \"a.pem\"").unwrap();
        assert!(config.check().unwrap_err().to_string().contains("tls_key"));
    }
}

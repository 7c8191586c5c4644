//! The collector's limits and switches.

use std::time::Duration;

use sluice_model::Region;

use crate::Network;

#[derive(Clone, Debug)]
pub struct CollectorConfig {
    /// An unknown write key answers 400. Off, as at Segment: 200, and the events are dropped and
    /// counted.
    pub strict_write_key: bool,
    /// A batch of too many items answers 400. Off, as at Segment: 200, and the batch is refused in
    /// the ledger.
    pub strict_batch_items: bool,
    /// Bytes of a request after inflation. Segment documents 500 KB; some of its SDKs send up to
    /// 512,000 bytes, and a configuration that wants the documented limit sets 500,000.
    pub batch_bytes_max: usize,
    pub batch_items_max: usize,
    /// Bytes of one event.
    pub event_bytes_max: usize,
    /// Objects and arrays within one another in an event. The pipeline enforces it; here it is known
    /// for `/v1/validate`.
    pub depth_max: usize,
    /// A body may inflate to so many times its size.
    pub inflation_ratio_max: usize,
    /// A body must be complete after this time.
    pub body_timeout: Duration,
    /// A connection may be idle, or take for a request's head, so long.
    pub head_timeout: Duration,
    /// For sources that set no limit of their own.
    pub requests_per_second_max: u32,
    /// Bytes of bodies held at once over all connections; beyond it requests are told to wait.
    pub in_flight_bytes_max: usize,
    /// Connections held at once; further ones wait to be accepted.
    pub connections_max: usize,
    /// After a stop, open requests get so long to finish.
    pub drain_timeout: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The server's address as senders see it; without it, what each request says.
    pub public_url: Option<PublicUrl>,
    /// Host names, without a port, that take only sources of workspaces of one region.
    pub region_hosts: Vec<(String, Region)>,
    /// Connections are TLS.
    pub is_https: bool,
}

/// Scheme and host of `https://events.example.org`, as SDKs are told them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    pub(crate) protocol: &'static str,
    /// With the port, and with a path if there is one; without a slash at the end.
    pub(crate) host: String,
}

impl std::str::FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || format!("`{text}` is no address; write for example https://events.example.org");
        let (protocol, host) = match text.split_once("://") {
            Some(("https", host)) => ("https", host),
            Some(("http", host)) => ("http", host),
            _ => return Err(wrong()),
        };
        let host = host.trim_end_matches('/');
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:[]/".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(wrong());
        }
        Ok(Self { protocol, host: host.to_owned() })
    }
}

impl CollectorConfig {
    /// The region that a host (and port) stands for.
    pub(crate) fn region_of(&self, host: &str) -> Option<Region> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let found = self.region_hosts.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, region)| *region)
    }
}

impl Default for CollectorConfig {
    fn default() -> Self {
        Self {
            strict_write_key: false,
            strict_batch_items: false,
            batch_bytes_max: 512 << 10,
            batch_items_max: 2_500,
            event_bytes_max: 32 << 10,
            depth_max: 64,
            inflation_ratio_max: 400,
            body_timeout: Duration::from_secs(30),
            head_timeout: Duration::from_secs(90),
            requests_per_second_max: 500,
            in_flight_bytes_max: 256 << 20,
            connections_max: 10_000,
            drain_timeout: Duration::from_secs(10),
            trusted_proxies: Vec::new(),
            public_url: None,
            region_hosts: Vec::new(),
            is_https: false,
        }
    }
}

//! Which records share a request, in which order the requests go, and their bodies.
//!
//! A batch may hold calls of every kind, and Amplitude takes each kind at another address. The
//! requests of a batch go one after the other; a person's records stand in them in the person's own
//! order, and all events of one call stand in one request.
//!
//! Not here: sending, and what the answers mean (`answer`).

use std::collections::HashMap;

use bytes::Bytes;
use form_urlencoded::Serializer;
use sluice_destination_kit::Reason;
use sluice_event::{Event, PersonId, StoredEvent};

use super::json::Fields;
use super::mapping::{self, Endpoint, Part};
use super::settings::Config;

/// Amplitude takes less than 1 MB and less than 2000 events; `/batch` 20 MB and 2000.
const EVENTS_BYTES_MAX: usize = 900_000;
const BATCH_BYTES_MAX: usize = 19_000_000;
const EVENTS_MAX: usize = 1_900;
/// Before percent-encoding, which at worst makes three of one.
const FORM_BYTES_MAX: usize = 300_000;
const FORM_RECORDS_MAX: usize = 1_000;

/// What a batch of events becomes.
#[derive(Debug, Default)]
pub struct Plan {
    /// To be sent in this order.
    pub requests: Vec<Request>,
    /// Events that Amplitude would never take, by their place in the batch.
    pub refused: Vec<(usize, Reason)>,
    /// Events that go out, but not quite as they came.
    pub warnings: Vec<(usize, Reason)>,
}

/// Records for one endpoint.
#[derive(Debug)]
pub struct Request {
    pub endpoint: Endpoint,
    pub(super) records: Vec<Record>,
    bytes: usize,
}

#[derive(Debug)]
pub(super) struct Record {
    /// Place of the event in the batch.
    pub(super) event: usize,
    pub(super) json: String,
    is_listed: bool,
}

/// Plans the requests for a batch. Pure.
#[must_use]
pub fn plan(config: &Config, batch: &[&StoredEvent]) -> Plan {
    let mut plan = Plan::default();
    let mut last: HashMap<PersonId, usize> = HashMap::new();
    for (event, stored) in batch.iter().enumerate() {
        match mapping::map(&stored.event, config) {
            Ok(mapped) => {
                let warnings = mapped.warnings.into_iter();
                plan.warnings.extend(warnings.map(|warning| (event, warning)));
                let person = stored.canonical;
                let earliest = last.get(&person).copied().unwrap_or(0);
                let reached = plan.place(config, event, mapped.parts, earliest);
                if !person.is_nobody() {
                    last.insert(person, reached);
                }
            }
            Err(reason) => plan.refused.push((event, reason)),
        }
    }
    plan
}

/// Whether the settings let anything of the event out.
pub(super) fn takes(event: &Event, config: &Config) -> bool {
    mapping::takes(event, config)
}

impl Plan {
    /// Puts the records of one event into requests from `earliest` on and gives the last used.
    fn place(
        &mut self,
        config: &Config,
        event: usize,
        parts: Vec<Part>,
        mut earliest: usize,
    ) -> usize {
        let mut parts = parts.into_iter().peekable();
        while let Some(first) = parts.next() {
            let endpoint = first.endpoint;
            let mut together = vec![first];
            while let Some(part) = parts.next_if(|part| part.endpoint == endpoint) {
                together.push(part);
            }
            earliest = self.place_together(config, event, together, earliest);
        }
        earliest
    }

    fn place_together(
        &mut self,
        config: &Config,
        event: usize,
        parts: Vec<Part>,
        earliest: usize,
    ) -> usize {
        let Some(endpoint) = parts.first().map(|part| part.endpoint) else { return earliest };
        let bytes = parts.iter().map(|part| part.json.len() + 1).sum();
        let has_room = |request: &Request| {
            request.endpoint == endpoint && request.has_room(config, parts.len(), bytes)
        };
        let found = self.requests.iter().skip(earliest).position(has_room);
        let at = found.map_or(self.requests.len(), |skipped| earliest + skipped);
        if at == self.requests.len() {
            self.requests.push(Request { endpoint, records: Vec::new(), bytes: 0 });
        }
        if let Some(request) = self.requests.get_mut(at) {
            request.bytes += bytes;
            request.records.extend(parts.into_iter().map(|part| Record {
                event,
                json: part.json,
                is_listed: part.is_listed,
            }));
        }
        at
    }
}

impl Request {
    fn has_room(&self, config: &Config, records: usize, bytes: usize) -> bool {
        let (records_max, bytes_max) = match self.endpoint {
            Endpoint::Events if config.sends_to_batch => (EVENTS_MAX, BATCH_BYTES_MAX),
            Endpoint::Events => (EVENTS_MAX, EVENTS_BYTES_MAX),
            _ => (FORM_RECORDS_MAX, FORM_BYTES_MAX),
        };
        self.records.len() + records <= records_max && self.bytes + bytes <= bytes_max
    }

    #[must_use]
    pub fn url(&self, config: &Config) -> String {
        let path = match self.endpoint {
            Endpoint::Events if config.sends_to_batch => "/batch",
            Endpoint::Events => "/2/httpapi",
            Endpoint::Identify => "/identify",
            Endpoint::GroupIdentify => "/groupidentify",
            Endpoint::UserMap => return format!("{}/usermap", config.usermap_origin),
        };
        format!("{}{path}", config.origin)
    }

    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self.endpoint {
            Endpoint::Events => "application/json",
            _ => "application/x-www-form-urlencoded",
        }
    }

    #[must_use]
    pub fn body(&self, config: &Config) -> Bytes {
        match self.endpoint {
            Endpoint::Events => self.json_body(config),
            _ => self.form_body(config),
        }
    }

    fn json_body(&self, config: &Config) -> Bytes {
        let mut out = String::with_capacity(self.bytes + config.api_key.len() + 80);
        let mut body = Fields::open(&mut out);
        body.text("api_key", &config.api_key);
        body.list("events", self.records.iter().map(|record| record.json.as_str()));
        if let Some(options) = options(config) {
            body.raw("options", &options);
        }
        body.close();
        out.into()
    }

    fn form_body(&self, config: &Config) -> Bytes {
        let mut form = Serializer::new(String::with_capacity(self.bytes * 2 + 80));
        form.append_pair("api_key", &config.api_key);
        let name = if self.endpoint == Endpoint::UserMap { "mapping" } else { "identification" };
        match self.records.as_slice() {
            [record] if !record.is_listed => {
                form.append_pair(name, &record.json);
            }
            records => {
                let mut list = String::with_capacity(self.bytes + 2);
                Fields::put_list(&mut list, records.iter().map(|record| record.json.as_str()));
                form.append_pair(name, &list);
            }
        }
        if let Some(options) = options(config) {
            form.append_pair("options", &options);
        }
        form.finish().into()
    }
}

fn options(config: &Config) -> Option<String> {
    (config.min_id_length > 0).then(|| format!("{{\"min_id_length\":{}}}", config.min_id_length))
}

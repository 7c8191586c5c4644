//! The shop's month: visitors planned one by one, mixed, and packed into requests.
//!
//! The history's events carry their own `timestamp` and no `sentAt`: by the timestamp rules such an
//! event keeps its time, so the month lands in the past, to the millisecond. (With a `sentAt` the
//! server would take the difference to its own clock for skew of the client's.)

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use sluice_base::Timestamp;
use std::time::Duration;

use crate::faults::faulty;
use crate::rhythm::Span;
use crate::truth::ShopTruth;
use crate::visitor::{self, Planned, Sender};

/// Events per batch request.
const BATCH_EVENTS: usize = 40;
const VISITS_MAX: u32 = 12;

/// Where the sender puts the write key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Basic`, as server libraries do.
    Header,
    /// A top-level `writeKey` in the body, as devices do.
    Body,
}

/// One request to the tracking API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopCall {
    /// Time of its last event.
    pub at: Timestamp,
    /// Such as `/v1/batch`.
    pub path: &'static str,
    pub auth: Auth,
    pub gzip: bool,
    /// A JSON object without a write key.
    pub body: String,
    /// Events in the body.
    pub events: u64,
}

/// A month of requests, in order of time, and what they must add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    pub calls: Vec<ShopCall>,
    pub truth: ShopTruth,
}

impl Shop {
    /// The last `days` days before `now` of a shop with so many visitors. The same arguments give
    /// the same bytes.
    #[must_use]
    pub fn generate(seed: u64, visitors: u32, now: Timestamp, days: u32) -> Self {
        let now = Timestamp::from_secs(now.as_secs());
        let span = Span { from: now.minus(Duration::from_secs(u64::from(days) * 86_400)), to: now };
        let mut rng = StdRng::seed_from_u64(seed);
        let mut planned = plan_visitors(&mut rng, visitors, span);
        let faults = planned.len() * 6 / 1_000;
        let quiet = Span { to: span.to.minus(visitor::VISIT_MAX), ..span };
        for number in 0..faults {
            let at = quiet.draw(&mut rng, 0);
            planned.push(faulty(&mut rng, number, at));
        }
        planned.sort_by_key(|planned| planned.at);
        let mut packer = Packer::default();
        for index in 0..planned.len() {
            packer.add(&mut rng, &planned, index);
        }
        packer.finish(&planned);
        let requests = repeat_some(&mut rng, packer.requests);
        let sent = requests.iter().flat_map(|request| &request.items).map(|item| &planned[*item]);
        let truth = ShopTruth::count(sent);
        Self { calls: requests.into_iter().map(|request| request.call).collect(), truth }
    }
}

fn plan_visitors(rng: &mut StdRng, visitors: u32, span: Span) -> Vec<Planned> {
    let arrivals = Span { to: span.to.minus(visitor::VISIT_MAX), ..span };
    let mut planned = Vec::new();
    for number in 0..visitors {
        let seed = rng.random();
        let name = format!("{number:05}");
        let first_at = |rng: &mut StdRng, utc_hours| arrivals.draw(rng, utc_hours);
        for mut event in visitor::plan(seed, name, first_at, span, VISITS_MAX) {
            event.person += u64::from(number) * 2;
            planned.push(event);
        }
    }
    planned
}

#[derive(Clone)]
struct Request {
    call: ShopCall,
    /// Indexes of the planned events in it.
    items: Vec<usize>,
}

/// Collects events per sender and closes a request when it is full.
#[derive(Default)]
struct Packer {
    open: [Vec<usize>; 3],
    requests: Vec<Request>,
}

impl Packer {
    fn add(&mut self, rng: &mut StdRng, planned: &[Planned], index: usize) {
        let sender = planned[index].sender;
        if sender == Sender::Browser && rng.random_bool(0.05) {
            self.requests.push(single(&planned[index], index, rng.random_bool(0.2)));
            return;
        }
        let open = &mut self.open[sender as usize];
        open.push(index);
        if rng.random_bool(0.003) {
            open.push(index);
        }
        if open.len() >= BATCH_EVENTS {
            let items = std::mem::take(open);
            self.close(planned, sender, items);
        }
    }

    fn finish(&mut self, planned: &[Planned]) {
        for sender in [Sender::Browser, Sender::Phone, Sender::Server] {
            let items = std::mem::take(&mut self.open[sender as usize]);
            if !items.is_empty() {
                self.close(planned, sender, items);
            }
        }
    }

    fn close(&mut self, planned: &[Planned], sender: Sender, items: Vec<usize>) {
        let (path, auth, gzip) = match sender {
            Sender::Browser => ("/v1/b", Auth::Header, false),
            Sender::Phone => ("/v1/b", Auth::Body, true),
            Sender::Server if self.requests.len().is_multiple_of(5) => {
                ("/v1/import/", Auth::Header, true)
            }
            Sender::Server => ("/v1/batch", Auth::Header, self.requests.len().is_multiple_of(2)),
        };
        let batch: Vec<&serde_json::Map<String, Value>> =
            items.iter().map(|item| &planned[*item].json).collect();
        let body = json!({ "batch": batch }).to_string();
        let at = items.iter().map(|item| planned[*item].at).max().unwrap_or_default();
        let call = ShopCall { at, path, auth, gzip, body, events: items.len() as u64 };
        self.requests.push(Request { call, items });
    }
}

fn single(planned: &Planned, index: usize, long: bool) -> Request {
    let body = Value::Object(planned.json.clone()).to_string();
    let path = single_path(planned, long);
    let auth = if long { Auth::Header } else { Auth::Body };
    let call = ShopCall { at: planned.at, path, auth, gzip: false, body, events: 1 };
    Request { call, items: vec![index] }
}

/// The single-event path for a planned event, in its long or its short form.
pub(crate) fn single_path(planned: &Planned, long: bool) -> &'static str {
    match (planned.json["type"].as_str().unwrap_or_default(), long) {
        ("identify", true) => "/v1/identify",
        ("identify", false) => "/v1/i",
        ("page", true) => "/v1/page",
        ("page", false) => "/v1/p",
        ("screen", true) => "/v1/screen",
        ("screen", false) => "/v1/s",
        ("group", true) => "/v1/group",
        ("group", false) => "/v1/g",
        (_, true) => "/v1/track",
        (_, false) => "/v1/t",
    }
}

/// Now and then an answer is lost on the way and the library sends the same request again.
fn repeat_some(rng: &mut StdRng, requests: Vec<Request>) -> Vec<Request> {
    let mut out = Vec::with_capacity(requests.len() + requests.len() / 50);
    let mut again: Vec<Request> = Vec::new();
    for request in requests {
        let repeated = rng.random_bool(0.012).then(|| request.clone());
        out.push(request);
        if rng.random_bool(0.5) {
            out.append(&mut again);
        }
        again.extend(repeated);
    }
    out.append(&mut again);
    out
}

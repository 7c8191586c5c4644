//! Traffic from now on, without end: the same visitors' habits, a few events a second.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use sluice_base::Timestamp;

use crate::rhythm::Span;
use crate::shop::{Auth, ShopCall, single_path};
use crate::visitor::{self, Planned, VISIT_MAX};

/// An endless iterator over requests in order of time; whoever sends them waits until each is due.
#[derive(Debug)]
pub struct Live {
    rng: StdRng,
    /// Tells this run's visitors from those of others.
    run: i64,
    number: u64,
    next_visitor_at: Timestamp,
    due: BinaryHeap<Reverse<Due>>,
}

#[derive(Debug)]
struct Due {
    at: Timestamp,
    number: u64,
    planned: Planned,
}

impl Live {
    /// Visitors from `from` on. Two runs with the same seed that start at different times share no
    /// ids.
    #[must_use]
    pub fn new(seed: u64, from: Timestamp) -> Self {
        let run = from.as_millis();
        let rng = StdRng::seed_from_u64(seed ^ run.cast_unsigned());
        Self { rng, run, number: 0, next_visitor_at: from, due: BinaryHeap::new() }
    }

    fn admit_visitor(&mut self) {
        let arrives_at = self.next_visitor_at;
        let name = format!("live-{}-{}", self.run, self.number);
        let span = Span { from: arrives_at, to: arrives_at.plus(2 * VISIT_MAX) };
        for planned in visitor::plan(self.rng.random(), name, |_, _| arrives_at, span, 1) {
            self.number += 1;
            self.due.push(Reverse(Due { at: planned.at, number: self.number, planned }));
        }
        self.next_visitor_at =
            arrives_at.plus(Duration::from_millis(self.rng.random_range(1_500..7_500)));
    }

    fn request(&mut self, planned: &Planned) -> ShopCall {
        let mut event = planned.json.clone();
        let delay = Duration::from_millis(self.rng.random_range(5..60));
        let sent_at = planned.at.plus(delay).to_string();
        let (path, body) = if self.rng.random_bool(0.15) {
            ("/v1/b", json!({ "batch": [event], "sentAt": sent_at }))
        } else {
            event.insert("sentAt".into(), sent_at.into());
            (single_path(planned, false), Value::Object(event))
        };
        let body = body.to_string();
        ShopCall { at: planned.at, path, auth: Auth::Body, gzip: false, body, events: 1 }
    }
}

impl Iterator for Live {
    type Item = ShopCall;

    fn next(&mut self) -> Option<ShopCall> {
        while self.due.peek().is_none_or(|Reverse(next)| next.at >= self.next_visitor_at) {
            self.admit_visitor();
        }
        let Reverse(next) = self.due.pop()?;
        Some(self.request(&next.planned))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

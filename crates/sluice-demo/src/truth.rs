//! What a correct server must answer about the shop, counted from the plan and not from the bodies.
//!
//! Funnels follow the documented rules: steps in this order, other events between them allowed,
//! every step at most the window after the first, times in whole seconds. A person is counted once,
//! on the path that goes deepest and, among these, starts earliest.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde_json::Value;
use sluice_base::Timestamp;

use crate::visitor::Planned;

/// The conversion window of the shop's funnels.
pub const FUNNEL_WINDOW: Duration = Duration::from_secs(7 * 86_400);
pub const SIGNUP_FUNNEL: &[&str] = &["Signup Started", "Signup Completed"];
pub const PURCHASE_FUNNEL: &[&str] =
    &["Product Viewed", "Product Added", "Checkout Started", "Order Completed"];
pub const EXPERIMENT_FUNNEL: &[&str] =
    &["Experiment Viewed", "Checkout Started", "Order Completed"];

/// People per step, for all and by a property of the first step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelTruth {
    pub steps: &'static [&'static str],
    pub window: Duration,
    /// People who reached at least this step.
    pub counts: Vec<u64>,
    /// Property of the first step by which `groups` splits; empty for none.
    pub breakdown: &'static str,
    pub groups: BTreeMap<String, Vec<u64>>,
}

/// The true counts of one [`crate::Shop`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopTruth {
    /// Times of the first and the last good event.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Events in all requests, duplicates and faulty ones included.
    pub sent: u64,
    pub accepted: u64,
    pub duplicates: u64,
    /// By refusal code.
    pub refused: BTreeMap<&'static str, u64>,
    /// Distinct people once every device has been identified that ever will be.
    pub people: u64,
    /// Accepted events by the name under which analytics counts them (`Page Viewed`, `$identify`).
    pub events: BTreeMap<String, u64>,
    pub signup: FunnelTruth,
    pub purchase: FunnelTruth,
    /// From seeing the checkout experiment to the order, by variant.
    pub experiment: FunnelTruth,
    pub orders: u64,
    /// Sum of `revenue` over the completed orders, in cents.
    pub revenue_cents: u64,
}

/// One accepted event of a person.
struct Row<'a> {
    second: i64,
    name: &'a str,
    properties: &'a Value,
}

impl ShopTruth {
    /// Counts events in the order in which they are sent.
    pub(crate) fn count<'a>(sent: impl Iterator<Item = &'a Planned>) -> Self {
        let mut truth = Self::nothing();
        let mut seen = HashSet::new();
        let mut people: BTreeMap<u64, Vec<Row<'a>>> = BTreeMap::new();
        for planned in sent {
            truth.sent += 1;
            if let Some(code) = planned.refused {
                *truth.refused.entry(code).or_default() += 1;
            } else if seen.insert(planned.json["messageId"].as_str()) {
                let row = truth.accept(planned);
                people.entry(planned.person).or_default().push(row);
            } else {
                truth.duplicates += 1;
            }
        }
        truth.people = people.len() as u64;
        for rows in people.values_mut() {
            rows.sort_by_key(|row| row.second);
            for funnel in [&mut truth.signup, &mut truth.purchase, &mut truth.experiment] {
                funnel.add_person(rows);
            }
        }
        truth
    }

    fn nothing() -> Self {
        Self {
            first_at: Timestamp::MAX,
            last_at: Timestamp::MIN,
            sent: 0,
            accepted: 0,
            duplicates: 0,
            refused: BTreeMap::new(),
            people: 0,
            events: BTreeMap::new(),
            signup: FunnelTruth::new(SIGNUP_FUNNEL, "signup_method"),
            purchase: FunnelTruth::new(PURCHASE_FUNNEL, ""),
            experiment: FunnelTruth::new(EXPERIMENT_FUNNEL, "variation_name"),
            orders: 0,
            revenue_cents: 0,
        }
    }

    fn accept<'a>(&mut self, planned: &'a Planned) -> Row<'a> {
        let (name, properties) = (analytics_name(planned), &planned.json["context"]);
        let properties = planned.json.get("properties").unwrap_or(properties);
        self.accepted += 1;
        self.first_at = self.first_at.min(planned.at);
        self.last_at = self.last_at.max(planned.at);
        *self.events.entry(name.to_owned()).or_default() += 1;
        if name == "Order Completed" {
            self.orders += 1;
            self.revenue_cents += cents(&properties["revenue"]);
        }
        Row { second: planned.at.as_secs(), name, properties }
    }

    /// All refused events.
    #[must_use]
    pub fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }
}

impl FunnelTruth {
    fn new(steps: &'static [&'static str], breakdown: &'static str) -> Self {
        let counts = vec![0; steps.len()];
        Self { steps, window: FUNNEL_WINDOW, counts, breakdown, groups: BTreeMap::new() }
    }

    fn add_person(&mut self, rows: &[Row<'_>]) {
        let mut best: Option<(usize, &Row<'_>)> = None;
        for (start, row) in rows.iter().enumerate() {
            let depth = self.depth_from(&rows[start..]);
            if depth > best.map_or(0, |(depth, _)| depth) {
                best = Some((depth, row));
            }
        }
        let Some((depth, entry)) = best else { return };
        self.counts[..depth].iter_mut().for_each(|count| *count += 1);
        if let Some(value) = entry.properties.get(self.breakdown).and_then(Value::as_str) {
            let empty = vec![0; self.steps.len()];
            let group = self.groups.entry(value.to_owned()).or_insert(empty);
            group[..depth].iter_mut().for_each(|count| *count += 1);
        }
    }

    /// How many steps a path reaches that starts at the first row.
    fn depth_from(&self, rows: &[Row<'_>]) -> usize {
        let window_secs = i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX);
        let Some(first) = rows.first().filter(|row| row.name == self.steps[0]) else { return 0 };
        let mut depth = 1;
        for row in &rows[1..] {
            if depth == self.steps.len() || row.second - first.second > window_secs {
                break;
            }
            if row.name == self.steps[depth] {
                depth += 1;
            }
        }
        depth
    }
}

fn analytics_name(planned: &Planned) -> &str {
    match planned.json["type"].as_str() {
        Some("track") => planned.json["event"].as_str().unwrap_or_default(),
        Some("page") => "Page Viewed",
        Some("screen") => "Screen Viewed",
        Some("identify") => "$identify",
        Some("group") => "$group",
        _ => "$alias",
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an order's revenue, positive and far below 2^53 cents"
)]
fn cents(amount: &Value) -> u64 {
    (amount.as_f64().unwrap_or_default() * 100.0).round() as u64
}

//! What the server answers about the shop, beside what is true.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::DemoError;
use crate::api::Server;
use crate::receivers::{Connected, Receivers};
use crate::truth::{FunnelTruth, ShopTruth};

/// Titled groups of counts, each with its truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    sections: Vec<(String, Vec<Line>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    label: String,
    truth: u64,
    /// `None` if the server gave no such number.
    answer: Option<u64>,
}

impl Report {
    /// Asks for everything that the truth knows. All events of the shop must have been counted.
    ///
    /// # Errors
    /// If a question is not answered.
    pub async fn ask(
        server: &Server,
        source_id: &str,
        truth: &ShopTruth,
    ) -> Result<Self, DemoError> {
        let mut report = Self::default();
        report.ledger(&server.account(source_id).await?, truth);
        report.trends(server, truth).await?;
        report.funnel(server, truth, "Funnel: signup, by method", &truth.signup).await?;
        report.funnel(server, truth, "Funnel: purchase", &truth.purchase).await?;
        report.funnel(server, truth, "Funnel: checkout experiment", &truth.experiment).await?;
        Ok(report)
    }

    /// Adds what the receivers got, beside what the server says it delivered, once nothing is left
    /// to be sent.
    ///
    /// # Errors
    /// If something is still to be sent after two minutes.
    pub(crate) async fn deliveries(
        &mut self,
        server: &Server,
        source_id: &str,
        receivers: &Receivers,
        connected: &Connected,
    ) -> Result<(), DemoError> {
        let mut lines = Vec::new();
        for (name, id) in [("Amplitude", &connected.amplitude), ("webhook", &connected.webhook)] {
            server.wait_for_delivery(id, source_id).await?;
            let delivery = server.delivery(id, source_id).await?;
            let counts = match name {
                "Amplitude" => receivers.amplitude_tally(),
                _ => receivers.webhook_tally(),
            };
            lines.push(line(&format!("{name}: messages"), counts.messages, &delivery["delivered"]));
            lines.push(line(&format!("{name}: dead letters"), counts.refused, &delivery["dead"]));
        }
        self.sections.push(("Deliveries, as the receivers count".to_owned(), lines));
        Ok(())
    }

    /// True if every number was answered and is right.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.sections
            .iter()
            .flat_map(|(_, lines)| lines)
            .all(|line| line.answer == Some(line.truth))
    }

    fn ledger(&mut self, account: &Value, truth: &ShopTruth) {
        let mut lines = vec![
            line("received", truth.sent, &account["received"]),
            line("accepted", truth.accepted, &account["accepted"]),
            line("duplicate", truth.duplicates, &account["duplicate"]),
        ];
        for (code, count) in &truth.refused {
            lines.push(line(&format!("refused: {code}"), *count, &account["refused"][*code]));
        }
        self.sections.push(("Ledger".to_owned(), lines));
    }

    async fn trends(&mut self, server: &Server, truth: &ShopTruth) -> Result<(), DemoError> {
        let total = async |event: &str, measure: Value| {
            let query = json!({
                "kind": "trend", "range": range(truth), "interval": "month", "users": "any",
                "events": [{ "event": event }], "measure": measure,
            });
            server.ask(&query).await.map(|mut result| result["series"][0]["total"].take())
        };
        let orders = "Order Completed";
        let revenue = total(orders, json!({ "sum": { "property": "revenue" } })).await?;
        let lines = vec![
            line("people", truth.people, &total("_all", json!("uniques")).await?),
            line("events", truth.accepted, &total("_all", json!("totals")).await?),
            line("orders", truth.orders, &total(orders, json!("totals")).await?),
            line("revenue in cents", truth.revenue_cents, &in_cents(&revenue)),
        ];
        self.sections.push(("Trends".to_owned(), lines));
        Ok(())
    }

    async fn funnel(
        &mut self,
        server: &Server,
        truth: &ShopTruth,
        title: &str,
        funnel: &FunnelTruth,
    ) -> Result<(), DemoError> {
        let steps: Vec<Value> = funnel.steps.iter().map(|step| json!({ "event": step })).collect();
        let mut query = json!({
            "kind": "funnel", "range": range(truth), "steps": steps,
            "window_seconds": funnel.window.as_secs(),
        });
        if !funnel.breakdown.is_empty() {
            query["breakdown"] = json!({ "property": funnel.breakdown });
        }
        let result = server.ask(&query).await?;
        let mut lines = Vec::new();
        for (step, name) in funnel.steps.iter().enumerate() {
            lines.push(line(
                name,
                funnel.counts[step],
                &result["overall"]["steps"][step]["people"],
            ));
        }
        for (value, counts) in &funnel.groups {
            let groups = result["groups"].as_array();
            let group = groups.into_iter().flatten().find(|group| group["group"] == value.as_str());
            for (step, name) in funnel.steps.iter().enumerate() {
                let answer = group.map_or(&Value::Null, |group| &group["steps"][step]["people"]);
                lines.push(line(&format!("{value}: {name}"), counts[step], answer));
            }
        }
        self.sections.push((title.to_owned(), lines));
        Ok(())
    }
}

fn line(label: &str, truth: u64, answer: &Value) -> Line {
    Line { label: label.to_owned(), truth, answer: whole(answer) }
}

/// A count, also one that came as `12.0`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count, checked to be whole and not negative"
)]
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0)?;
        Some(number as u64)
    })
}

fn in_cents(amount: &Value) -> Value {
    amount.as_f64().map_or(Value::Null, |amount| json!((amount * 100.0).round()))
}

/// Whole days around everything that the shop did, whatever the workspace's time zone.
fn range(truth: &ShopTruth) -> Value {
    const DAY: Duration = Duration::from_secs(86_400);
    let date = |text: String| text.chars().take(10).collect::<String>();
    let start = date(truth.first_at.minus(DAY).to_string());
    json!({ "start": start, "end": date(truth.last_at.plus(DAY).to_string()) })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, lines) in &self.sections {
            writeln!(f, "\n{title:<44} {:>10} {:>10}", "true", "answered")?;
            for line in lines {
                let answer =
                    line.answer.map_or_else(|| "none".to_owned(), |answer| answer.to_string());
                let mark = if line.answer == Some(line.truth) { "" } else { "  differs" };
                writeln!(f, "  {:<42} {:>10} {:>10}{mark}", line.label, line.truth, answer)?;
            }
        }
        Ok(())
    }
}

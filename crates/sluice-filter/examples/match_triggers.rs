//! Reads `{"trigger": …, "event": …}` per line and answers whether it matches; for the comparison
//! with Segment's own code (`tests-sdk/mapping`).

use std::io::{BufRead as _, Write as _};

use serde_json::Value;
use sluice_filter::Subscription;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        let trigger = Subscription::parse(case["trigger"].as_str().unwrap_or_default());
        writeln!(out, "{}", trigger.is_ok_and(|trigger| trigger.matches(&case["event"])))?;
    }
    Ok(())
}

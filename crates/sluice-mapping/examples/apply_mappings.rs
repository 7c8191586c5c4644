//! Reads `{"mapping": …, "event": …}` per line and answers `{"value": …}` or `{"error": …}`; for
//! the comparison with Segment's own code (`tests-sdk/mapping`).

use std::io::{BufRead as _, Write as _};

use serde_json::{Value, json};
use sluice_mapping::Mapping;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        let answer = match Mapping::parse(&case["mapping"]) {
            Ok(mapping) => match mapping.apply(&case["event"]) {
                Ok(value) => json!({ "value": value }),
                Err(error) => json!({ "error": error.to_string() }),
            },
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

//! The truth table: a mapping on one event, and what it gives.

use serde_json::Value;
use sluice_mapping::Mapping;

#[test]
fn the_truth_table_holds_row_by_row() {
    let table: Value = serde_json::from_str(include_str!("table.json")).unwrap();
    for row in table["rows"].as_array().unwrap() {
        let given = Mapping::parse(&row["mapping"])
            .map_err(|error| error.to_string())
            .and_then(|mapping| mapping.apply(&table["event"]).map_err(|error| error.to_string()));
        match (given, row.get("error")) {
            (Ok(value), None) => assert_eq!(value, row["result"], "{}", row["what"]),
            (Err(message), Some(expected)) => {
                let expected = expected.as_str().unwrap().trim_end_matches('.');
                assert!(message.contains(expected), "{}: {message}", row["what"]);
            }
            (given, _) => panic!("{}: {given:?}", row["what"]),
        }
    }
}

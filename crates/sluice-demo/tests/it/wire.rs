//! The shop's events against the rules by which the server judges an event.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_event::wire::{WireLimits, normalize};
use sluice_event::{Endpoint, Offset, ReceivedItem, ReceivedRequest, SourceNo};

use crate::{NOW, shop};

#[test]
fn the_server_refuses_the_faulty_events_for_the_reasons_that_the_truth_names() {
    let shop = shop(1, 400);
    let mut refused: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut taken = 0;
    for call in shop.calls.iter().filter(|call| call.body.starts_with("{\"batch\"")) {
        let body: Value = serde_json::from_str(&call.body).unwrap();
        let texts: Vec<String> =
            body["batch"].as_array().unwrap().iter().map(Value::to_string).collect();
        let request = ReceivedRequest {
            source: SourceNo(1),
            received_at: NOW,
            endpoint: Endpoint::Batch,
            ip: None,
            user_agent: None,
            sent_at: None,
            context: None,
            integrations: None,
            items: texts.iter().map(|text| ReceivedItem::Event(text)).collect(),
        };
        for (index, text) in texts.iter().enumerate() {
            match normalize(&request, index, Offset(0), "shop".into(), &WireLimits::default()) {
                Err(refusal) => *refused.entry(refusal.code()).or_default() += 1,
                Ok(event) => {
                    taken += 1;
                    let sent: Value = serde_json::from_str(text).unwrap();
                    assert_eq!(sent["timestamp"], event.timestamp.to_string(), "it keeps its time");
                    assert_eq!(sent["messageId"], *event.message_id);
                }
            }
        }
    }
    assert_eq!(refused, shop.truth.refused);
    assert!(taken > 3_000, "{taken} good events");
}

//! Filters of a destination: what is held back, under which reason, and what is taken out on the way.

use serde_json::{Value, json};
use sluice_base::Timestamp;
use sluice_destination_kit::peer::Peer;
use sluice_model::{ConnectionSpec, DestinationFilter, FilterId};

use crate::server::{Server, connection, event, message_ids, to, with};

pub(crate) fn filter(condition: &str, actions: &Value) -> DestinationFilter {
    DestinationFilter {
        id: FilterId::new("f".to_owned()),
        source_id: None,
        title: "t".to_owned(),
        description: String::new(),
        enabled: true,
        condition: condition.to_owned(),
        actions: serde_json::from_value(actions.clone()).unwrap(),
        created_at: Timestamp::ZERO,
        updated_at: Timestamp::ZERO,
    }
}

fn filtered(peer: &Peer, filters: &[(&str, Value)]) -> ConnectionSpec {
    let filters = filters.iter().map(|(condition, actions)| filter(condition, actions)).collect();
    ConnectionSpec { filters, ..connection("a", to(&peer.url())) }
}

#[tokio::test]
async fn what_a_filter_holds_back_is_counted_under_its_reason_after_the_senders_wish() {
    let peer = Peer::answering(200).await;
    let drop = ("properties.secret = true", json!([{"type": "DROP"}]));
    let sample = ("event = 'Often'", json!([{"type": "SAMPLE", "percent": 0, "path": "userId"}]));
    let mut server = Server::start(vec![filtered(&peer, &[drop, sample])]);
    let secret = json!({"properties": {"secret": true}});
    let unwanted = json!({"properties": {"secret": true}, "integrations": {"Webhooks": false}});
    server.append(vec![
        with("m1", 1, secret),
        with("m2", 1, unwanted),
        with("m3", 1, json!({"event": "Often"})),
        event("m4", 1),
    ]);
    let status = server.drained("a").await;
    assert_eq!(message_ids(&peer), ["m4"]);
    assert_eq!(status.counts.filtered["FILTERED_BY_RULES"], 1);
    assert_eq!(status.counts.filtered["FILTERED_BY_SAMPLE"], 1);
    assert_eq!(status.counts.filtered["FILTERED_BY_INTEGRATIONS_OBJECT"], 1);
}

#[tokio::test]
async fn what_a_filter_takes_out_does_not_leave_and_the_rest_does() {
    let peer = Peer::answering(200).await;
    let fields = json!({"properties": ["card"], "context": ["ip"]});
    let drop = ("all", json!([{"type": "DROP_PROPERTIES", "fields": fields}]));
    let mut server = Server::start(vec![filtered(&peer, &[drop])]);
    let more = json!({"properties": {"card": "4111", "total": 5}, "context": {"ip": "203.0.113.7", "locale": "en"}});
    server.append(vec![with("m1", 1, more), event("m2", 1)]);
    server.drained("a").await;
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    let sent: Vec<Value> = peer.arrived().iter().map(|request| read(&request.body)).collect();
    assert_eq!(sent[0]["properties"], json!({"total": 5}));
    assert_eq!(sent[0]["context"], json!({"locale": "en"}));
    assert_eq!((&sent[0]["messageId"], &sent[1]["messageId"]), (&json!("m1"), &json!("m2")));
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_holds_everything_back() {
    let peer = Peer::answering(200).await;
    let broken = ("event ==", json!([{"type": "SAMPLE", "percent": 1}]));
    let mut server = Server::start(vec![filtered(&peer, &[broken])]);
    server.append(vec![event("m1", 1)]);
    let status = server.drained("a").await;
    assert_eq!((peer.count(), status.counts.filtered["FILTERED_BY_RULES"]), (0, 1));
}

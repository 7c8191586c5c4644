//! Filters of a destination: what is held back, under which reason, and what is taken out on the way.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sluice_base::Timestamp;
use sluice_destination_kit::peer::{Peer, Reply};
use sluice_event::EventType;
use sluice_model::{
    ConnectionSpec, ConnectionTable, DestinationFilter, FilterId, Routing, SchemaSwitches,
};

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

fn routed(peer: &Peer, routing: Routing) -> ConnectionSpec {
    ConnectionSpec { routing, ..connection("a", to(&peer.url())) }
}

fn consenting(categories: &[&str]) -> Routing {
    let consent_categories = categories.iter().map(|&one| one.to_owned()).collect();
    Routing { consent_categories, ..Routing::default() }
}

fn preferring(preferences: &Value) -> Value {
    json!({"context": {"consent": {"categoryPreferences": preferences}}})
}

#[tokio::test]
async fn only_who_agreed_to_every_category_of_the_connection_is_sent_and_no_wish_overrules_it() {
    let peer = Peer::answering(200).await;
    let mut server = Server::start(vec![routed(&peer, consenting(&["Ads", "Stats"]))]);
    let mut wanted = preferring(&json!({"Ads": false, "Stats": true}));
    wanted["integrations"] = json!({"Webhooks": true});
    let mut unwanted = preferring(&json!({"Ads": true, "Stats": true}));
    unwanted["integrations"] = json!({"Webhooks": false});
    let mut told = preferring(&json!({}));
    told["event"] = json!("Segment Consent Preference Updated");
    server.append(vec![
        with("both", 1, preferring(&json!({"Ads": true, "Stats": true, "Other": false}))),
        with("one", 1, preferring(&json!({"Ads": true, "Stats": false}))),
        with("unmentioned", 1, preferring(&json!({"Ads": true}))),
        with("in another case", 1, preferring(&json!({"ads": true, "Stats": true}))),
        with("no truth", 1, preferring(&json!({"Ads": "true", "Stats": true}))),
        with("none", 1, preferring(&json!({}))),
        with("overruled", 1, wanted),
        with("unwanted", 1, unwanted),
        with("told", 1, told),
        with("empty", 1, json!({"context": {"consent": {}}})),
        event("without", 1),
    ]);
    let status = server.drained("a").await;
    assert_eq!(message_ids(&peer), ["both", "told", "empty", "without"]);
    assert_eq!(status.counts.filtered["FILTERED_BY_END_USER_CONSENT"], 6);
    assert_eq!(status.counts.filtered["FILTERED_BY_INTEGRATIONS_OBJECT"], 1);
}

#[tokio::test]
async fn a_connection_without_categories_asks_nobody() {
    let peer = Peer::answering(200).await;
    let mut server = Server::start(vec![routed(&peer, Routing::default())]);
    server.append(vec![with("m1", 1, preferring(&json!({"Ads": false})))]);
    server.drained("a").await;
    assert_eq!(message_ids(&peer), ["m1"]);
}

#[tokio::test]
async fn what_the_schema_switches_off_is_not_sent_unless_the_sender_names_the_destination() {
    let peer = Peer::answering(200).await;
    let switches = SchemaSwitches {
        calls_off: [EventType::Track, EventType::Identify].into(),
        events: [("Kept".to_owned(), true)].into(),
    };
    let routing = Routing { switches, ..Routing::default() };
    let filters = filtered(&peer, &[("event = 'Off'", json!([{"type": "DROP"}]))]).filters;
    let mut server = Server::start(vec![ConnectionSpec { filters, ..routed(&peer, routing) }]);
    let asked = |event: &str| json!({"event": event, "integrations": {"Webhooks": {"a": 1}}});
    server.append(vec![
        with("off, and a filter drops it too", 1, json!({"event": "Off"})),
        with("kept", 1, json!({"event": "Kept"})),
        with("identify", 1, json!({"type": "identify", "event": null})),
        with("page", 1, json!({"type": "page", "event": null})),
        with("all", 1, json!({"integrations": {"All": true}})),
        with("asked for", 1, asked("Other")),
        with("asked for, and a filter drops it", 1, asked("Off")),
    ]);
    let status = server.drained("a").await;
    assert_eq!(message_ids(&peer), ["kept", "page", "asked for"]);
    assert_eq!(status.counts.filtered["FILTERED_BY_SCHEMA"], 3);
    assert_eq!(status.counts.filtered["FILTERED_BY_RULES"], 1);
}

#[tokio::test]
async fn consent_that_is_asked_for_anew_does_not_stop_what_waits_for_a_retry() {
    let mut failures = 1;
    let peer = Peer::start(move |_| {
        failures -= 1;
        Reply::status(if failures >= 0 { 503 } else { 200 })
    })
    .await;
    let mut server = Server::start(vec![routed(&peer, Routing::default())]);
    server.append(vec![with("m1", 1, preferring(&json!({"Ads": false})))]);
    server.until("a", |status| status.waiting == 1 && status.last_error.is_some()).await;
    let strict = ConnectionSpec { revision: 2, ..routed(&peer, consenting(&["Ads"])) };
    server.table.send_replace(Arc::new(ConnectionTable { connections: vec![Arc::new(strict)] }));
    server.append(vec![with("m2", 2, preferring(&json!({"Ads": false})))]);
    server
        .until("a", |status| status.counts.filtered.contains_key("FILTERED_BY_END_USER_CONSENT"))
        .await;
    server.advance(Duration::from_secs(600));
    let status = server.drained("a").await;
    assert_eq!((status.counts.delivered, message_ids(&peer).last().unwrap().as_str()), (1, "m1"));
}

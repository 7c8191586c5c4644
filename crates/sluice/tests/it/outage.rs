//! A destination that is away and comes back: nothing is lost, each person's events arrive in
//! order, none twice by message id, and the destination beside it does not notice.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::http::Receiver;
use crate::server::Server;

const PEOPLE: usize = 20;
const EVENTS: usize = 400;

#[test]
fn a_destination_that_was_away_gets_everything_in_order_and_its_neighbour_does_not_notice() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let (source_id, write_key) = server.source("outage");
    let (away, beside) = (Receiver::start(), Receiver::start());
    for (name, receiver) in [("away", &away), ("beside", &beside)] {
        let url = format!("http://{}/", receiver.addr);
        server.webhook(&source_id, name, &json!({ "url": url }));
    }
    away.answer_with(503);
    let mut client = server.client();
    for chunk in (0..EVENTS).collect::<Vec<_>>().chunks(50) {
        let batch: Vec<Value> = chunk.iter().map(|n| event(*n)).collect();
        let body = json!({ "writeKey": write_key, "batch": batch }).to_string();
        assert_eq!(client.send("POST", "/v1/batch", &[], body.as_bytes()).unwrap().status, 200);
    }
    let connection = |ledger: &Value, done: &dyn Fn(&Value) -> bool| {
        ledger["connections"].as_array().unwrap().iter().filter(|account| done(account)).count()
    };
    let delivered = |account: &Value| account["delivered"] == EVENTS;
    server.wait_for_ledger(|ledger| connection(ledger, &delivered) == 1);
    assert_eq!(beside.message_ids().len(), EVENTS, "the neighbour has everything");
    assert_eq!(away.message_ids().len(), 0);
    away.answer_with(200);
    let ledger = server.wait_for_ledger(|ledger| connection(ledger, &delivered) == 2);
    assert_eq!(ledger["balances"], true, "{ledger:#}");
    check_order(&away);
}

fn event(n: usize) -> Value {
    json!({ "type": "track", "event": "Worked", "userId": format!("user-{}", n % PEOPLE),
            "messageId": format!("m-{n:05}") })
}

fn check_order(receiver: &Receiver) {
    let mut last = BTreeMap::new();
    let mut seen = 0;
    for request in receiver.received() {
        assert!(request.headers.contains_key("content-type"));
        let event: Value = serde_json::from_slice(&request.body).unwrap();
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        let (user, id) = (text("userId"), text("messageId"));
        if let Some(before) = last.insert(user.clone(), id.clone()) {
            assert!(before < id, "{user}: {id} came after {before}");
        }
        seen += 1;
    }
    assert_eq!(seen, EVENTS, "each once");
}

#[test]
fn a_destination_that_was_deleted_and_restored_gets_nothing_twice() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let (source_id, write_key) = server.source("restored");
    let receiver = Receiver::start();
    let url = json!({ "url": format!("http://{}/", receiver.addr) });
    let destination = server.webhook(&source_id, "hook", &url);
    let mut client = server.client();
    let mut send = |n: usize| {
        let body = json!({ "writeKey": write_key, "batch": [event(n)] }).to_string();
        assert_eq!(client.send("POST", "/v1/batch", &[], body.as_bytes()).unwrap().status, 200);
    };
    send(0);
    server.wait_for_ledger(|ledger| ledger["connections"][0]["delivered"] == 1);
    server.ask("DELETE", &format!("/api/v1/destinations/{destination}"), None);
    server.wait_for_ledger(|ledger| ledger["connections"] == json!([]));
    send(1);
    server.wait_for_ledger(|ledger| ledger["analytics"]["stored"] == 2);
    server.ask("POST", &format!("/api/v1/destinations/{destination}/restore"), None);
    server.wait_for_ledger(|ledger| ledger["connections"][0]["waiting"] == 0);
    send(2);
    server.wait_for_ledger(|ledger| ledger["connections"][0]["delivered"] == 1);
    assert_eq!(receiver.message_ids(), ["m-00000", "m-00002"]);
}

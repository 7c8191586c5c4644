//! What a connection gets, set by API and seen from outside: at the receiver, in the receipt, in the
//! ledger and with the connection.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::http::Receiver;
use crate::server::{Server, wait};

#[test]
fn consent_and_switches_hold_events_back_and_every_view_says_why() {
    let data = tempfile::tempdir().unwrap();
    let (server, receiver) = (Server::start(data.path()), Receiver::start());
    let (source, write_key) = server.source("shop");
    let id =
        server.webhook(&source, "Hook", &json!({ "url": format!("http://{}/", receiver.addr) }));
    let routing = json!({
        "consentCategories": ["Advertising"],
        "schema": { "events": { "Scrolled": false } },
    });
    let path = format!("/api/v1/destinations/{id}/sources/{source}/routing");
    let set = server.ask("PUT", &path, Some(&routing));
    let shown = &set["destination"]["connections"][0]["routing"];
    assert_eq!(shown["consentCategories"], routing["consentCategories"], "{set:#}");
    let send = |message: &str, name: &str, advertising: Value| {
        let consent = json!({ "categoryPreferences": { "Advertising": advertising } });
        let event = json!({ "type": "track", "event": name, "userId": "u1", "messageId": message,
                            "context": { "consent": consent } });
        let body = json!({ "writeKey": write_key, "batch": [event] }).to_string();
        let answer = server.client().send("POST", "/v1/batch", &[], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200);
    };
    // Until the routing has reached the connection.
    let filtered = |code: &str| {
        let all = server.ask("GET", "/api/v1/deliveries", None);
        all["deliveries"][0]["filtered"][code].as_u64().unwrap_or(0)
    };
    let probes = Cell::new(0);
    wait(|| {
        probes.set(probes.get() + 1);
        send(&format!("probe-{}", probes.get()), "Viewed", json!(false));
        filtered("FILTERED_BY_END_USER_CONSENT") > 0
    });
    send("refused", "Viewed", json!(false));
    send("off", "Scrolled", json!(true));
    send("sent", "Viewed", json!(true));
    let reason = |message: &str| {
        let receipt = server.ask("GET", &format!("/api/v1/events/{source}/{message}"), None);
        receipt["receipt"]["deliveries"][0].clone()
    };
    wait(|| receiver.message_ids().iter().any(|id| id == "sent"));
    wait(|| reason("sent")["state"] == "delivered");
    assert_eq!(reason("refused")["state"], "filtered");
    assert_eq!(reason("refused")["reason"], "FILTERED_BY_END_USER_CONSENT");
    assert_eq!(reason("off")["reason"], "FILTERED_BY_SCHEMA");
    assert_eq!(filtered("FILTERED_BY_SCHEMA"), 1);
    let ledger = server.wait_for_ledger(|ledger| ledger["connections"][0]["waiting"] == 0);
    let account = &ledger["connections"][0];
    assert_eq!(account["filtered"]["FILTERED_BY_SCHEMA"], 1, "{account:#}");
    assert_eq!(ledger["balances"], true, "{ledger:#}");
    assert!(receiver.message_ids().contains(&"sent".to_owned()));
    assert!(!receiver.message_ids().iter().any(|id| id == "refused" || id == "off"));
}

#[test]
fn the_settings_page_counts_the_event_types_of_real_events() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let (source, write_key) = server.source("shop");
    let body = json!({ "sourceId": source, "metadataId": "amplitude", "enabled": false,
                       "settings": { "apiKey": "0123456789abcdef0123456789abcdef" } });
    let made = server.ask("POST", "/api/v1/destinations", Some(&body));
    let path =
        format!("/api/v1/destinations/{}/remarks", made["destination"]["id"].as_str().unwrap());
    let page = |name: &str, category: &str| {
        let properties = json!({ "name": name, "category": category });
        json!({ "type": "page", "userId": "u1", "name": name, "properties": properties })
    };
    let events = [
        json!({ "type": "track", "event": "Bought", "userId": "u1" }),
        json!({ "type": "track", "event": "Viewed", "userId": "u1" }),
        json!({ "type": "track", "event": "Viewed", "userId": "u2" }),
        json!({ "type": "identify", "userId": "u1" }),
        page("Home", "Shop"),
        page("Home", "Blog"),
        page("Cart", "Shop"),
        json!({ "type": "screen", "userId": "u1", "name": "Main", "properties": { "name": "Main" } }),
    ];
    let body = json!({ "writeKey": write_key, "batch": events }).to_string();
    assert_eq!(
        server.client().send("POST", "/v1/batch", &[], body.as_bytes()).unwrap().status,
        200
    );
    let remarks = |settings: &Value| {
        let told = server.ask("POST", &path, Some(&json!({ "settings": settings })));
        told["remarks"].as_array().unwrap().clone()
    };
    let says = |settings: &Value, text: &str| {
        remarks(settings).iter().any(|one| one["text"].as_str().unwrap().contains(text))
    };
    wait(|| says(&json!({}), "2 event types (2 names of track events)"));
    let named = json!({ "trackNamedPages": true });
    wait(|| says(&named, "5 event types (2 names of track events, 2 page names, 1 screen names)"));
    let both = json!({ "trackNamedPages": true, "trackCategorizedPages": true });
    assert!(says(&both, "7 event types"), "{:#?}", remarks(&both));
    let warned: Vec<_> =
        remarks(&both).into_iter().filter(|one| one["isWarning"] == true).collect();
    assert_eq!(warned.len(), 1, "{warned:#?}");
    assert!(warned[0]["text"].as_str().unwrap().contains("sent as 2 events"), "{warned:#?}");
}

//! Erasing somebody leaves nothing readable (invariant I12), and the books balance: on the real binary,
//! with deliveries that wait, dead letters, repeats and refused events; and with kills in between.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::files::holding;
use crate::http::{Answer, Receiver};
use crate::server::{Server, TOKEN, wait};

/// What stands in one person's events and nowhere else.
struct Person(String);

impl Person {
    fn text(&self, what: &str) -> String {
        format!("{what}~{}", self.0)
    }

    fn texts(&self) -> Vec<String> {
        ["anon", "user", "mail", "city", "event", "prop", "message", "again", "refused", "agent"]
            .map(|what| self.text(what))
            .to_vec()
    }

    /// An anonymous page, a sign-up, a purchase, the purchase again, and one without a name.
    fn calls(&self) -> Vec<Value> {
        let (user, anonymous) = (self.text("user"), self.text("anon"));
        let message = self.text("message");
        json!([
            { "type": "page", "anonymousId": anonymous, "name": "Home",
              "context": { "userAgent": self.text("agent") } },
            { "type": "identify", "anonymousId": anonymous, "userId": user,
              "traits": { "email": self.text("mail"), "city": self.text("city") } },
            { "type": "track", "userId": user, "event": self.text("event"), "messageId": message,
              "properties": { "what": self.text("prop"), self.text("prop"): 1 } },
            { "type": "track", "userId": user, "event": "Again", "messageId": message,
              "properties": { "what": self.text("again") } },
            { "type": "track", "userId": user, "messageId": self.text("refused") },
        ])
        .as_array()
        .unwrap()
        .clone()
    }
}

fn kept(n: usize) -> Value {
    json!({ "type": "track", "userId": "bob~kept", "event": "Kept", "messageId": format!("kept-{n}"),
            "properties": { "what": "stays" } })
}

struct Shop {
    server: Server,
    source: String,
    write_key: String,
}

impl Shop {
    fn start(data: &Path) -> Self {
        let server = Server::start(data);
        let (source, write_key) = server.source("shop");
        Self { server, source, write_key }
    }

    fn send(&self, batch: &[Value]) {
        let body = json!({ "writeKey": self.write_key, "batch": batch }).to_string();
        let answer = self.server.client().send("POST", "/v1/batch", &[], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn number_of(&self, user: &str) -> Option<u64> {
        let path = format!("/api/v1/people?externalId=user_id:{user}");
        let people = self.server.ask("GET", &path, None)["people"].clone();
        people[0]["id"].as_u64()
    }

    fn amplitude(&self, method: &str, path: &str, body: &str) -> Answer {
        use base64::Engine as _;
        let keys = format!("{}:{TOKEN}", self.write_key);
        let coded = base64::engine::general_purpose::STANDARD.encode(keys);
        let headers = [("authorization", format!("Basic {coded}"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.server.client().send(method, path, &headers, body.as_bytes()).unwrap()
    }

    /// The deletions of about now.
    fn jobs(&self) -> Vec<Value> {
        let audit = self.server.ask("GET", "/api/v1/audit", None).to_string();
        let (_, at) = audit.split_once("\"at\":\"").unwrap();
        let at = &at[..10];
        let path = format!("/api/2/deletions/users?start_day={at}&end_day={at}");
        let answer = self.amplitude("GET", &path, "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json().as_array().unwrap().clone()
    }

    fn wait_until_erased(&self) {
        wait(|| self.jobs().iter().all(|job| job["status"] == "done"));
    }

    fn people_active(&self) -> Value {
        let query = json!({ "kind": "trend", "range": { "last_days": 7 }, "events": [{ "event": "_active" }] });
        let answer = self.server.ask("POST", "/api/v1/insights/query", Some(&query));
        answer["result"]["series"][0]["people_total"].clone()
    }
}

/// Waits until everything was looked at and one connection has dead letters, the other waits.
fn rest(shop: &Shop) -> Value {
    shop.server.wait_for_ledger(|ledger| {
        let all = ledger["connections"].as_array().unwrap();
        let count = |name: &str| {
            let number = |one: &Value| match &one[name] {
                Value::Object(by_reason) => by_reason.values().filter_map(Value::as_u64).sum(),
                other => other.as_u64().unwrap_or(0),
            };
            all.iter().map(number).max().unwrap_or(0)
        };
        ledger["waitingForPipeline"] == 0
            && ledger["analytics"]["waiting"] == 0
            && count("dead") >= 5
            && count("waiting") >= 3
    })
}

#[test]
fn erasing_a_person_leaves_nothing_readable_and_the_ledger_balances() {
    let data = tempfile::tempdir().unwrap();
    let shop = Shop::start(data.path());
    let (refusing, away) = (Receiver::start(), Receiver::start());
    for (name, receiver) in [("refusing", &refusing), ("away", &away)] {
        let url = format!("http://{}/", receiver.addr);
        shop.server.webhook(&shop.source, name, &json!({ "url": url }));
    }
    refusing.answer_with(400);
    away.answer_with(503);
    let ann = Person("7f1kq0zt".to_owned());
    shop.send(&ann.calls());
    let mixed = [&[kept(1)], &ann.calls()[2..3], &[kept(2)]].concat();
    shop.send(&mixed);
    let before = rest(&shop);
    assert_eq!(before["balances"], true, "{before:#}");
    let number = shop.number_of(&ann.text("user")).unwrap();
    let texts = ann.texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for text in &texts {
        assert_ne!(holding(data.path(), &[text]), [""; 0], "{text} must be there to be erased");
    }
    assert_eq!(shop.people_active(), 2);

    shop.server.ask("DELETE", &format!("/api/v1/people/{number}"), None);
    assert_eq!(shop.people_active(), 1, "hidden at once");
    assert_eq!(shop.number_of(&ann.text("user")), None);
    let search = shop.server.ask("GET", &format!("/api/v1/people?q={}", ann.0), None);
    assert_eq!(search["people"], json!([]));
    shop.wait_until_erased();
    let ledger = shop.server.wait_for_ledger(|ledger| {
        let all = ledger["connections"].as_array().unwrap();
        all.iter().all(|one| one["erased"] == 3)
    });
    assert_eq!(ledger["balances"], true, "{ledger:#}");
    assert_eq!(
        (&ledger["analytics"]["stored"], &ledger["analytics"]["erased"]),
        (&json!(2), &json!(3))
    );
    let path = format!("/api/v1/events/{}/{}", shop.source, ann.text("message"));
    let receipt = shop.server.ask("GET", &path, None)["receipt"].clone();
    assert!(receipt["explanation"].as_str().unwrap().contains("erased"), "{receipt:#}");
    assert!(!receipt.to_string().contains(&ann.0), "{receipt:#}");
    let live = shop.server.ask("GET", "/api/v1/live-events", None);
    assert!(!live.to_string().contains(&ann.0), "{live:#}");

    // Whoever comes by the same id is somebody new.
    shop.send(&[json!({ "type": "track", "userId": ann.text("user"), "event": "Back" })]);
    wait(|| shop.number_of(&ann.text("user")).is_some_and(|other| other != number));
    let again = shop.number_of(&ann.text("user")).unwrap();
    shop.server.ask("DELETE", &format!("/api/v1/people/{again}"), None);
    shop.wait_until_erased();

    away.answer_with(200);
    shop.server.wait_for_ledger(|ledger| {
        let all = ledger["connections"].as_array().unwrap();
        all.iter().any(|one| one["delivered"] == 2 && one["waiting"] == 0)
    });
    let mut came = away.message_ids();
    came.retain(|id| id.starts_with("kept"));
    came.sort();
    came.dedup();
    assert_eq!(came, ["kept-1", "kept-2"]);
    assert_eq!(shop.server.terminate(), Some(0));
    assert_eq!(holding(data.path(), &texts), [""; 0]);
    assert_ne!(holding(data.path(), &["bob~kept"]), [""; 0], "others stay");
    let again = Server::start(data.path());
    let ledger = again.wait_for_ledger(|ledger| ledger["analytics"]["waiting"] == 0);
    assert_eq!(ledger["balances"], true, "after a restart: {ledger:#}");
}

#[test]
fn an_erasure_that_was_interrupted_is_finished_after_the_restart() {
    let data = tempfile::tempdir().unwrap();
    let mut shop = Shop::start(data.path());
    let mut erased = Vec::new();
    for (round, delay_ms) in [0, 3, 10, 25, 60].into_iter().enumerate() {
        let person = Person(format!("r{round}x8vq2m"));
        shop.send(&person.calls());
        shop.send(&[kept(round)]);
        wait(|| shop.number_of(&person.text("user")).is_some());
        let number = shop.number_of(&person.text("user")).unwrap();
        let body = json!({ "amplitude_ids": [number], "requester": "the person" }).to_string();
        let answer = shop.amplitude("POST", "/api/2/deletions/users", &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["amplitude_ids"][0]["amplitude_id"], number);
        std::thread::sleep(Duration::from_millis(delay_ms));
        shop.server.kill_and_restart();
        assert_eq!(shop.number_of(&person.text("user")), None, "round {round}");
        erased.extend(person.texts());
    }
    shop.wait_until_erased();
    let ledger = shop.server.wait_for_ledger(|ledger| ledger["analytics"]["waiting"] == 0);
    assert_eq!(ledger["balances"], true, "{ledger:#}");
    assert_eq!(ledger["analytics"]["erased"], 15);
    assert_eq!(shop.people_active(), 1);
    assert_eq!(shop.server.terminate(), Some(0));
    let erased: Vec<&str> = erased.iter().map(String::as_str).collect();
    assert_eq!(holding(data.path(), &erased), [""; 0]);
}

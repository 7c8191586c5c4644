//! A person and the real binary: set-up by the printed link, a session, and workspaces that run as
//! soon as they are made.

use serde_json::{Value, json};

use crate::http::Answer;
use crate::server::Server;

/// What a browser keeps.
struct Browser<'a> {
    server: &'a Server,
    cookie: String,
    csrf: String,
}

impl Browser<'_> {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("x-csrf-token", self.csrf.as_str())];
        let answer =
            self.server.client().send(method, path, &headers, body.to_string().as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer
    }
}

/// The answer of a sign-in, as a browser keeps it.
fn signed_in<'a>(server: &'a Server, answer: &Answer) -> Browser<'a> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let cookie = answer.headers["set-cookie"].split(';').next().unwrap().to_owned();
    let csrf = answer.json()["data"]["csrfToken"].as_str().unwrap().to_owned();
    Browser { server, cookie, csrf }
}

fn set_up(server: &Server, setup_token: &str) -> Answer {
    let body = json!({
        "setupToken": setup_token, "email": "ann@example.com", "name": "Ann",
        "password": "a long enough password", "workspaceName": "Shop", "timeZone": "UTC",
        "region": "us",
    });
    server.client().send("POST", "/api/v1/setup", &[], body.to_string().as_bytes()).unwrap()
}

fn send(server: &Server, write_key: &str, message_id: &str) {
    let body = json!({ "writeKey": write_key, "userId": "ann", "event": "Seen",
                       "messageId": message_id });
    let answer = server.client().send("POST", "/v1/track", &[], body.to_string().as_bytes());
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn the_printed_link_stays_until_it_is_used_and_is_dead_after() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let token = server.setup_token.clone().expect("a fresh server prints the link");
    let file = data.path().join("setup-token");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), token);
    drop(server);
    let server = Server::start(data.path());
    assert_eq!(server.setup_token.as_ref(), Some(&token), "the same after a restart");
    let browser = signed_in(&server, &set_up(&server, &token));
    let session = browser.ask("GET", "/api/v1/session", &Value::Null).json();
    assert_eq!(session["data"]["workspace"]["slug"], "shop");
    assert!(!file.exists());
    assert_eq!(set_up(&server, &token).status, 409);
    let (cookie, csrf) = (browser.cookie, browser.csrf);
    drop(server);
    let server = Server::start(data.path());
    assert_eq!(server.setup_token, None);
    Browser { server: &server, cookie, csrf }.ask("GET", "/api/v1/session", &Value::Null);
}

#[test]
fn a_new_workspace_takes_events_at_once_and_after_a_restart_and_apart_from_the_first() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path());
    let token = server.setup_token.clone().unwrap();
    let browser = signed_in(&server, &set_up(&server, &token));
    let body = json!({ "name": "Second", "timeZone": "Europe/Berlin", "region": "eu" });
    let made = browser.ask("POST", "/api/v1/workspaces", &body).json();
    let there = json!({ "workspaceId": made["data"]["workspace"]["id"] });
    browser.ask("PATCH", "/api/v1/session", &there);
    let body = json!({ "slug": "second-source" });
    let source = browser.ask("POST", "/api/v1/sources", &body).json();
    let write_key = source["data"]["source"]["writeKeys"][0].as_str().unwrap().to_owned();
    send(&server, &write_key, "m-1");
    let stored = |browser: &Browser<'_>| {
        let ledger = browser.ask("GET", "/api/v1/ledger", &Value::Null).json();
        let ledger = &ledger["data"]["ledger"];
        assert_eq!(ledger["balances"], true, "{ledger:#}");
        ledger["analytics"]["stored"].as_u64().unwrap()
    };
    crate::server::wait(|| stored(&browser) == 1);
    let query = json!({ "kind": "trend", "range": { "last_days": 2 }, "interval": "day",
                        "events": [{ "event": "Seen" }], "measure": "totals" });
    let answer = browser.ask("POST", "/api/v1/insights/query", &query).json();
    assert_eq!(answer["data"]["result"]["series"][0]["total"], 1, "{answer:#}");
    let first = server.ledger();
    assert_eq!(first["analytics"]["stored"], 0, "nothing of it in the first: {first:#}");
    let (cookie, csrf) = (browser.cookie, browser.csrf);
    server.kill_and_restart();
    send(&server, &write_key, "m-2");
    let browser = Browser { server: &server, cookie, csrf };
    crate::server::wait(|| stored(&browser) == 2);
}

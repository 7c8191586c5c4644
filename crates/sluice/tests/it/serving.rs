//! What a stranger and a script rely on: the start, the stop, the pages, the first event by curl's
//! request, its receipt, and that secrets stay where they belong.

use serde_json::{Value, json};

use crate::files::search;
use crate::http::Receiver;
use crate::server::{Server, TOKEN};

#[test]
fn the_server_ends_with_zero_on_sigterm_and_keeps_what_it_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let (source_id, write_key) = server.source("stopping");
    send(
        &server,
        &write_key,
        &json!({ "userId": "ann", "event": "Signed Up", "messageId": "m-1" }),
    );
    assert_eq!(server.terminate(), Some(0));
    let server = Server::start(data.path());
    let receipt = receipt(&server, &source_id, "m-1");
    assert_eq!(receipt["event"]["event"], "Signed Up");
}

#[test]
fn one_data_folder_serves_one_server() {
    let data = tempfile::tempdir().unwrap();
    let _running = Server::start(data.path());
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another server uses"), "{said}");
}

#[test]
fn a_curl_request_becomes_an_event_with_a_receipt_and_an_answer() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let (source_id, write_key) = server.source("curl");
    let event = json!({ "userId": "ann", "event": "Item Purchased", "messageId": "m-1",
                        "properties": { "price": 29.99, "big": 12_345_678_901_234_567_890_u64 } });
    let text = event.to_string().replace("\"price\":", "\"exact\":1.10,\"price\":");
    let event: Value = serde_json::from_str(&text).unwrap();
    send_text(&server, &write_key, &text);
    let receipt = receipt(&server, &source_id, "m-1");
    assert_eq!(receipt["outcome"]["state"], "accepted");
    assert_eq!(receipt["event"]["properties"], event["properties"]);
    let path = format!("/api/v1/events/{source_id}/m-1");
    let bearer = format!("Bearer {TOKEN}");
    let raw = server.client().send("GET", &path, &[("authorization", &bearer)], b"").unwrap().body;
    assert!(raw.contains("\"exact\":1.10,"), "number text changed on the way: {raw}");
    assert_eq!(receipt["event"]["projectId"], *source_id);
    assert_eq!(receipt["event"].get("writeKey"), None);
    server.wait_for_ledger(|ledger| ledger["analytics"]["stored"] == 1);
    let query = json!({ "kind": "trend", "range": { "last_days": 2 }, "interval": "day",
                        "events": [{ "event": "Item Purchased" }], "measure": "uniques" });
    let answer = server.ask("POST", "/api/v1/insights/query", Some(&query));
    assert_eq!(answer["result"]["series"][0]["total"], 1, "{answer:#}");
}

#[test]
fn health_and_metrics_answer_without_a_token_and_the_api_does_not() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let mut client = server.client();
    for path in ["/health/live", "/health/ready", "/metrics"] {
        let answer = client.send("GET", path, &[], b"").unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    let metrics = client.send("GET", "/metrics", &[], b"").unwrap();
    assert!(metrics.headers["content-type"].starts_with("text/plain"), "{:?}", metrics.headers);
    let metrics = metrics.body;
    assert!(metrics.contains("\nsluice_ledger_unbalanced 0\n"), "{metrics}");
    assert_eq!(client.send("GET", "/api/v1/ledger", &[], b"").unwrap().status, 401);
}

#[test]
fn no_secret_reaches_a_file_it_does_not_belong_in() {
    let data = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let server = Server::start(data.path());
    let (source_id, write_key) = server.source("secrets");
    let secret = "planted-webhook-secret";
    let url = format!("http://{}/", receiver.addr);
    server.webhook(&source_id, "hook", &json!({ "url": url, "sharedSecret": secret }));
    receiver.answer_with(400);
    let event = json!({ "userId": "ann", "event": "E", "messageId": "m-1", "writeKey": write_key });
    send(&server, &write_key, &event);
    let body = json!({ "batch": [event], "writeKey": write_key }).to_string();
    server.client().send("POST", "/v1/b", &[], body.as_bytes()).unwrap();
    let ledger = server.wait_for_ledger(|ledger| ledger["connections"][0]["waiting"] == 0);
    assert_eq!(ledger["balances"], true, "{ledger:#}");
    assert_eq!(server.terminate(), Some(0));
    let mut searched = 0;
    search(data.path(), &mut |path, bytes| {
        searched += 1;
        // Write keys are configuration: the database is where they belong.
        let is_store =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("sluice.db"));
        let planted = [(secret, true), (TOKEN, true), (write_key.as_str(), !is_store)];
        for (text, is_forbidden) in planted {
            let is_there = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!(is_forbidden && is_there), "{} holds {text}", path.display());
        }
    });
    assert!(searched > 5, "only {searched} files were searched");
}

/// As `curl HOST/v1/track -u KEY: -d EVENT` sends it.
fn send(server: &Server, write_key: &str, event: &Value) {
    send_text(server, write_key, &event.to_string());
}

fn send_text(server: &Server, write_key: &str, event: &str) {
    let basic = format!("Basic {}", base64(&format!("{write_key}:")));
    let headers =
        [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let answer = server.client().send("POST", "/v1/track", &headers, event.as_bytes()).unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"success\":true}"));
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn receipt(server: &Server, source_id: &str, message_id: &str) -> Value {
    server.wait_for_ledger(|ledger| ledger["waitingForPipeline"] == 0);
    server.ask("GET", &format!("/api/v1/events/{source_id}/{message_id}"), None)["receipt"].clone()
}

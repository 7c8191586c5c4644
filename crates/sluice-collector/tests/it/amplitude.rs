//! Amplitude's doors: its rules for requests, and the answers its SDKs act on.

use std::io::Write as _;

use serde_json::{Value, json};
use sluice_event::Endpoint;

use crate::harness::{DISABLED, KEY, Reply, SLOW, Server, UNKNOWN};

async fn post(server: &Server, path: &str, body: &[u8]) -> Reply {
    server.send(&format!("POST {path} HTTP/1.1\r\nOrigin: https://shop.example\r\n"), body).await
}

async fn upload(server: &Server, key: &str, events: &Value) -> (u16, Value) {
    let body = json!({ "api_key": key, "events": events }).to_string();
    let reply = post(server, "/2/httpapi", body.as_bytes()).await;
    assert_eq!(reply.header("access-control-allow-origin"), "https://shop.example");
    let answer: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(answer["code"], reply.status);
    (reply.status, answer)
}

fn event(id: &str) -> Value {
    json!({ "user_id": id, "event_type": "Seen", "insert_id": id })
}

fn stored(server: &Server) -> Vec<Value> {
    let records = server.received();
    let items = records.iter().flat_map(|(_, items)| items);
    items.map(|item| serde_json::from_str(item).unwrap_or_else(|_| json!(item))).collect()
}

#[tokio::test]
async fn events_are_stored_as_calls_and_counted_in_the_answer() {
    let server = Server::start().await;
    let (status, answer) = upload(&server, KEY, &json!([event("user-1"), event("user-2")])).await;
    assert_eq!((status, &answer["events_ingested"]), (200, &json!(2)));
    assert!(answer["payload_size_bytes"].as_u64() > Some(50));
    assert!(answer["server_upload_time"].as_i64() > Some(1_700_000_000_000));
    let calls = stored(&server);
    assert_eq!(calls[1]["userId"], "user-2");
    assert_eq!(calls[1]["messageId"], "user-2@user-2");
    server.last(|request| assert_eq!(request.endpoint, Endpoint::Amplitude));
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_told_why() {
    let server = Server::start().await;
    for (body, expected) in [
        (String::new(), json!({ "code": 400, "error": "Missing request body" })),
        ("{".to_owned(), json!({ "code": 400, "error": "Invalid JSON request body" })),
        (
            r#"{"events":[]}"#.to_owned(),
            json!({ "code": 400, "error": "Request missing required field", "missing_field": "api_key" }),
        ),
        (
            format!(r#"{{"api_key":"{KEY}","events":null}}"#),
            json!({ "code": 400, "error": "Request missing required field", "missing_field": "events" }),
        ),
        (
            format!(r#"{{"api_key":"{UNKNOWN}","events":[]}}"#),
            json!({ "code": 400, "error": format!("Invalid API key: {UNKNOWN}"), "missing_field": null }),
        ),
        (
            format!(r#"{{"api_key":"{KEY}","events":[7]}}"#),
            json!({ "code": 400, "error": "Invalid event JSON" }),
        ),
    ] {
        let reply = post(&server, "/batch/", body.as_bytes()).await;
        assert_eq!(serde_json::from_str::<Value>(&reply.body).unwrap(), expected, "{body}");
        assert_eq!(reply.status, 400);
    }
    assert_eq!(stored(&server), [json!(null); 0]);
}

#[tokio::test]
async fn one_bad_event_refuses_the_request_and_all_bad_ones_are_named() {
    let server = Server::start().await;
    let deep = (0..41).fold(json!(1), |value, _| json!({ "a": value }));
    let events = json!([
        event("user-0"),
        { "user_id": "user-1" },
        { "event_type": "no id" },
        { "event_type": "e", "user_id": "user-3", "time": "2026-03-01T00:00:00Z" },
        { "event_type": "e", "user_id": " None " },
        { "event_type": "e", "user_id": 1.5, "event_properties": deep },
        { "event_type": "e", "device_id": "00000000-0000-0000-0000-000000000000" },
        { "event_type": "e", "user_id": "user-7", "user_properties": [] , "price": "1"},
    ]);
    let (status, answer) = upload(&server, KEY, &events).await;
    let expected = json!({
        "code": 400, "error": "Invalid field values on some events",
        "events_with_invalid_fields": {
            "device_id": [6], "event_properties": [5], "price": [7], "time": [3], "user_id": [4, 5],
            "user_properties": [7],
        },
        "events_with_missing_fields": { "device_id": [2], "event_type": [1], "user_id": [2] },
    });
    assert_eq!((status, answer), (400, expected));
    assert!(stored(&server).is_empty());
    assert_eq!(upload(&server, KEY, &json!([event("user-0")])).await.0, 200);
    assert_eq!(stored(&server).len(), 1);
}

#[tokio::test]
async fn a_short_id_is_refused_unless_the_request_allows_it() {
    let server = Server::start().await;
    let events = json!([event("user-1"), { "user_id": 12, "device_id": "dev", "event_type": "e" }]);
    let (status, answer) = upload(&server, KEY, &events).await;
    let expected = json!({
        "code": 400, "error": "Invalid id length for user_id or device_id",
        "events_with_invalid_id_lengths": { "user_id": [1], "device_id": [1] },
    });
    assert_eq!((status, answer), (400, expected));
    let body = json!({ "api_key": KEY, "events": events, "options": { "min_id_length": 1 } });
    assert_eq!(post(&server, "/2/httpapi", body.to_string().as_bytes()).await.status, 200);
    assert_eq!(stored(&server)[1]["userId"], "12");
}

#[tokio::test]
async fn sizes_are_bounded_per_door() {
    let server = Server::start().await;
    let many = Value::Array((0..2_001).map(|number| event(&format!("user-{number}"))).collect());
    let (status, answer) = upload(&server, KEY, &many).await;
    assert_eq!((status, answer), (413, json!({ "code": 413, "error": "Payload too large" })));
    let large = json!({ "user_id": "user-1", "event_type": "e", "event_properties": { "a": vec!["x".repeat(900); 1_300] } });
    assert_eq!(upload(&server, KEY, &json!([large])).await.0, 413);
    let body = json!({ "api_key": KEY, "events": [large, large, event("user-2")] }).to_string();
    assert_eq!(post(&server, "/batch", body.as_bytes()).await.status, 200);
    assert_eq!(stored(&server).len(), 3);
}

#[tokio::test]
async fn gzip_is_read_whatever_the_headers_say() {
    let server = Server::start().await;
    let body = json!({ "api_key": KEY, "events": event("user-1") }).to_string();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(body.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let head = "POST /2/httpapi HTTP/1.1\r\nContent-Type: text/plain;charset=UTF-8\r\n";
    assert_eq!(server.send(head, &gzip).await.status, 200);
    assert_eq!(server.send(head, body.as_bytes()).await.status, 200);
    assert_eq!(stored(&server).len(), 2);
}

#[tokio::test]
async fn the_forms_of_the_older_doors_answer_in_words() {
    let server = Server::start().await;
    let identification = r#"{"user_id":"user-1","user_properties":{"$set":{"plan":"pro"}}}"#;
    let encoded: String = form_urlencoded::byte_serialize(identification.as_bytes()).collect();
    let form = format!("api_key={KEY}&identification={encoded}");
    let reply = post(&server, "/identify", form.as_bytes()).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "success"));
    let reply = server.send(&format!("GET /identify?{form} HTTP/1.1\r\n"), b"").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "success"));
    let parts = format!(
        "--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n{KEY}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"identification\"\r\n\r\n\
         [{{\"group_type\":\"org\",\"group_value\":\"15\",\"group_properties\":{{\"size\":3}}}}]\r\n--b--\r\n"
    );
    let reply = post(&server, "/groupidentify", parts.as_bytes()).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "success"));
    let calls = stored(&server);
    assert_eq!(calls[0]["traits"], json!({ "plan": "pro" }));
    assert_eq!(calls[0], calls[1]);
    assert_eq!((&calls[2]["type"], &calls[2]["groupId"]), (&json!("group"), &json!("15")));
    for (body, word) in [
        ("identification=%7B%7D".to_owned(), "invalid_api_key"),
        (format!("api_key={KEY}"), "missing_event"),
        (
            format!("api_key={UNKNOWN}&identification=%7B%22user_id%22%3A%22user-1%22%7D"),
            "invalid_api_key",
        ),
    ] {
        let reply = post(&server, "/identify", body.as_bytes()).await;
        assert_eq!((reply.status, reply.body.as_str()), (400, word));
    }
}

#[tokio::test]
async fn the_rate_and_a_disabled_source_hold_here_too() {
    let server = Server::start().await;
    let mut last = 200;
    for _ in 0..5 {
        let (status, answer) = upload(&server, SLOW, &json!([event("user-1")])).await;
        if status == 429 {
            assert_eq!(answer["throttled_events"], json!([]));
        }
        last = status;
    }
    assert_eq!(last, 429);
    assert_eq!(upload(&server, DISABLED, &json!([event("user-1")])).await.0, 200);
    assert_eq!(stored(&server).last(), Some(&json!("!source_disabled")));
}

#[tokio::test]
async fn a_browser_may_ask_before_it_sends() {
    let server = Server::start().await;
    let head = "OPTIONS /2/httpapi HTTP/1.1\r\nOrigin: https://shop.example\r\n\
                Access-Control-Request-Headers: content-type,content-encoding\r\n";
    let reply = server.send(head, b"").await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-headers"), "content-type,content-encoding");
}

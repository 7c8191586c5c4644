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
async fn an_event_that_would_become_far_more_than_the_body_is_refused() {
    let server = Server::start().await;
    let names: Vec<String> = (0..10).map(|n| format!("group-{n}")).collect();
    let groups = json!({ "a": names, "b": names, "c": names, "d": names, "e": names });
    let group_event = |bytes: usize| {
        json!({ "event_type": "$groupidentify", "insert_id": "g", "groups": groups,
                "group_properties": { "note": "x".repeat(bytes) } })
    };
    let (status, answer) = upload(&server, KEY, &json!([group_event(200_000)])).await;
    assert_eq!((status, &answer["error"]), (413, &json!("Payload too large")));
    assert_eq!(stored(&server).len(), 0);
    let (status, _) = upload(&server, KEY, &json!([group_event(50_000)])).await;
    assert_eq!((status, stored(&server).len()), (200, 50));
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

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[tokio::test]
async fn a_mapping_makes_the_user_known_and_joins_it_with_the_global_one() {
    let server = Server::start().await;
    let mapping =
        r#"[{"user_id":"123","global_user_id":"456"},{"user_id":"789","global_user_id":"456"}]"#;
    let body = form(&[("api_key", KEY), ("mapping", mapping)]);
    let reply = post(&server, "/usermap", body.as_bytes()).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "success"));
    let calls = stored(&server);
    let expected = json!([
        { "type": "identify", "userId": "123" },
        { "type": "alias", "userId": "456", "previousId": "123" },
        { "type": "identify", "userId": "789" },
        { "type": "alias", "userId": "456", "previousId": "789" },
    ]);
    assert_eq!(json!(calls), expected);
    for (mapping, said) in [
        (r#"[{"user_id":"123"}]"#, "invalid_event"),
        (r#"[{"user_id":"none","global_user_id":"456"}]"#, "invalid_event"),
        (r#"[{"user_id":"123","unmap":true}]"#, "unmap is not available"),
    ] {
        let body = form(&[("api_key", KEY), ("mapping", mapping)]);
        let reply = server.send(&format!("GET /usermap?{body} HTTP/1.1\r\n"), b"").await;
        assert_eq!(reply.status, 400);
        assert!(reply.body.starts_with(said), "{}", reply.body);
    }
    assert_eq!(stored(&server).len(), 4);
}

#[tokio::test]
async fn an_upload_of_an_sdk_before_2020_is_taken_and_its_checksum_checked() {
    let server = Server::start().await;
    let events = json!([
        {
            "user_id": "ann", "device_id": "d-1", "event_type": "Seen", "timestamp": 1_772_366_400_000_i64,
            "uuid": "u-1", "session_id": -1, "event_properties": { "n": 1.50 }, "sequence_number": 3,
            "library": { "name": "amplitude-js", "version": "8.21.9" }, "version_name": "1.2.3",
            "api_properties": { "androidADID": "ad-1", "location": { "lat": 59.9, "lng": 10.7 } },
        },
        { "user_id": "None", "device_id": "d-1", "event_type": "$identify", "user_properties": { "$add": { "visits": 1 } } },
        { "device_id": "d-1" },
    ])
    .to_string();
    let upload = |checksum: &str| {
        form(&[
            ("client", KEY),
            ("e", &events),
            ("v", "2"),
            ("upload_time", "1772366400500"),
            ("checksum", checksum),
        ])
    };
    let right = {
        use md5::Digest as _;
        let digest = md5::Md5::digest(format!("2{KEY}{events}1772366400500"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let reply = post(&server, "/", upload("0123").as_bytes()).await;
    assert_eq!((reply.status, reply.body.as_str()), (400, "bad_checksum"));
    let reply = post(&server, "/", upload(&right).as_bytes()).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "success"));
    let calls = stored(&server);
    assert_eq!(
        calls.len(),
        3,
        "a bad event is the ledger's matter: the SDK would send it for ever"
    );
    let seen = &calls[0];
    assert_eq!((&seen["userId"], &seen["messageId"]), (&json!("ann"), &json!("u-1@d-1")));
    assert_eq!(seen["properties"].to_string(), r#"{"n":1.5}"#);
    assert_eq!(seen["context"]["library"], json!({ "name": "amplitude-js", "version": "8.21.9" }));
    assert_eq!(seen["context"]["app"]["version"], "1.2.3");
    assert_eq!(seen["context"]["device"]["advertisingId"], "ad-1");
    assert_eq!(seen["context"]["location"], json!({ "latitude": 59.9, "longitude": 10.7 }));
    assert_eq!(seen.get("integrations"), None, "-1 is no session");
    assert_eq!(calls[1].get("userId"), None, "nobody");
    assert_eq!(calls[1]["context"]["traitOperations"], json!({ "$add": { "visits": 1 } }));
    let unknown = form(&[("client", UNKNOWN), ("e", "[]")]);
    let reply = post(&server, "/", unknown.as_bytes()).await;
    assert_eq!((reply.status, reply.body.as_str()), (400, "invalid_api_key"));
    // The root stays the console's for everything else.
    let reply = server.send("GET / HTTP/1.1\r\n", b"").await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn a_place_that_is_sent_in_part_is_kept_in_part() {
    let server = Server::start().await;
    let mut event = event("user-1");
    event["country"] = "Norway".into();
    event["session_id"] = (-1).into();
    event["groups"] = json!({ "org": (0..12).map(|n| format!("g{n}")).collect::<Vec<_>>() });
    assert_eq!(upload(&server, KEY, &json!([event])).await.0, 200);
    let call = &stored(&server)[0];
    assert_eq!(call["context"]["location"], json!({ "country": "Norway" }));
    assert_eq!(call["context"]["groups"]["org"].as_array().unwrap().len(), 10);
    assert_eq!(call.get("integrations"), None);
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

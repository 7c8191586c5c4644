//! The exact answers: statuses, error bodies, CORS, size limits.

use sluice_event::{ReceivedItem, Refusal};
use sluice_log::LogConfig;

use crate::harness::{BASIC, DISABLED, KEY, Server, UNKNOWN};

async fn check(server: &Server, path: &str, body: &str, status: u16, code: &str) {
    let reply = server.post(path, body).await;
    let shown = body.get(..80.min(body.len())).unwrap_or("…");
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path} {shown}");
}

#[tokio::test]
async fn malformed_bodies_are_400_invalid_request() {
    let server = Server::start().await;
    for body in ["", "{", "nonsense", "[]", "5", r#"{"a":1}x"#, r#"{"a":01}"#, r#"{"a":"\x"}"#] {
        check(&server, "/v1/t", body, 400, "invalid_request").await;
        check(&server, "/v1/batch", body, 400, "invalid_request").await;
    }
    for body in
        ["{}", r#"{"batch":{}}"#, r#"{"batch":null}"#, r#"{"batch":[{}"#, r#"{"batch":[{]}"#]
    {
        check(&server, "/v1/b", body, 400, "invalid_request").await;
    }
    let reply = server.post("/v1/t", "{").await;
    assert_eq!(
        reply.body,
        r#"{"success":false,"code":"invalid_request","message":"malformed JSON","error":"malformed JSON"}"#
    );
    assert_eq!(reply.header("content-type"), "application/json");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn errors_carry_cors_headers_too() {
    let server = Server::start().await;
    let with_origin = format!("POST /v1/t HTTP/1.1\r\n{BASIC}Origin: https://shop.example\r\n");
    for (body, status) in [("{", 400), ("{}", 200)] {
        let reply = server.send(&with_origin, body.as_bytes()).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("access-control-allow-origin"), "https://shop.example");
        assert_eq!(reply.header("access-control-allow-credentials"), "true");
        assert_eq!(reply.header("access-control-expose-headers"), "Retry-After, X-RateLimit-Reset");
        assert_eq!(reply.header("vary"), "Origin");
    }
    let reply = server.post("/v1/t", "{").await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn a_preflight_allows_what_sdks_send() {
    let server = Server::start().await;
    let reply =
        server.send("OPTIONS /v1/t HTTP/1.1\r\nOrigin: https://shop.example\r\n", b"").await;
    assert_eq!(reply.status, 204);
    assert_eq!(
        reply.header("access-control-allow-headers"),
        "authorization, content-type, x-retry-count"
    );
    assert_eq!(reply.header("access-control-allow-methods"), "GET, POST, OPTIONS");
    assert_eq!(reply.header("access-control-max-age"), "86400");
    assert_eq!(server.stats().preflights, 1);
}

#[tokio::test]
async fn write_keys_are_judged_as_segment_judges_them() {
    for strict in [false, true] {
        let server =
            Server::with(|config| config.strict_write_key = strict, LogConfig::default()).await;
        let reply = |key: &'static str| {
            let body = format!(r#"{{"writeKey":"{key}","batch":[{{}},{{}}]}}"#);
            let server = &server;
            async move { server.send("POST /v1/b HTTP/1.1\r\n", body.as_bytes()).await }
        };
        for absurd in ["", "abc123", "YOUR_WRITE_KEY", "with spaces in it, and long enough"] {
            let reply = reply(absurd).await;
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "invalid_write_key"),
                "{absurd}"
            );
        }
        let missing = server.send("POST /v1/t HTTP/1.1\r\n", b"{}").await;
        assert_eq!((missing.status, missing.code().as_str()), (400, "invalid_write_key"));
        assert_eq!(reply(UNKNOWN).await.status, if strict { 400 } else { 200 });
        assert_eq!(server.stats().unknown_write_key, 1);
        assert_eq!(server.stats().unknown_write_key_events, if strict { 0 } else { 2 });
        assert!(server.received().is_empty());
    }
}

#[tokio::test]
async fn a_host_of_a_region_takes_only_sources_of_workspaces_there() {
    let hosts = |config: &mut sluice_collector::CollectorConfig| {
        config.region_hosts = vec![
            ("api.segment.io".to_owned(), sluice_model::Region::Us),
            ("events.eu1.segmentapis.com".to_owned(), sluice_model::Region::Eu),
        ];
    };
    let server = Server::with(hosts, sluice_log::LogConfig::default()).await;
    for (host, status) in [
        ("events.eu1.segmentapis.com", 200),
        ("Events.EU1.segmentapis.com:443", 200),
        ("sluice.example.com", 200),
        ("api.segment.io", 400),
        ("api.segment.io:8080", 400),
    ] {
        let head = format!("POST /v1/t HTTP/1.1\r\nHost: {host}\r\n{BASIC}");
        let reply = server.send(&head, br#"{"userId":"u","event":"E"}"#).await;
        assert_eq!(reply.status, status, "{host}");
        if status == 400 {
            assert_eq!(reply.code(), "invalid_write_key");
        }
    }
    assert_eq!((server.stats().wrong_region, server.received().len()), (2, 3));
}

#[tokio::test]
async fn a_disabled_source_leaves_stubs() {
    let server = Server::start().await;
    let body = format!(r#"{{"writeKey":"{DISABLED}","userId":"u"}}"#);
    assert_eq!(server.send("POST /v1/i HTTP/1.1\r\n", body.as_bytes()).await.status, 200);
    server.last(|request| {
        let ReceivedItem::Stub { refusal, head, .. } = request.items[0] else { unreachable!() };
        assert_eq!((refusal, head), (Refusal::SourceDisabled, r#"{"userId":"u"}"#));
    });
}

fn padded(bytes: usize) -> String {
    let frame = r#"{"userId":"u","event":"e","p":""}"#;
    frame.replace(r#""p":"""#, &format!(r#""p":"{}""#, "x".repeat(bytes - frame.len())))
}

#[tokio::test]
async fn an_event_may_have_32_kib() {
    let server = Server::start().await;
    check(&server, "/v1/t", &padded(32_768), 200, "success").await;
    check(&server, "/v1/t", &padded(32_769), 400, "payload_too_large").await;
    let batch = format!(r#"{{"batch":[{{}},{},{}]}}"#, padded(32_769), padded(32_768));
    check(&server, "/v1/batch", &batch, 200, "success").await;
    let received = server.received();
    assert_eq!(received[1].1[1], "!message_too_large");
    assert_eq!(received[1].1[2].len(), 32_768);
    assert_eq!(server.stats().events_stubbed, 1);
}

#[tokio::test]
async fn a_batch_may_have_512_kib() {
    let server = Server::start().await;
    let filled = |bytes: usize| {
        let item = padded(32_000);
        let mut batch = format!(r#"{{"batch":[{}"#, vec![item.as_str(); 16].join(","));
        let rest = bytes - batch.len() - 3;
        batch.push_str(&format!(",{}]}}", padded(rest)));
        assert_eq!(batch.len(), bytes);
        batch
    };
    check(&server, "/v1/import/", &filled(512_200), 200, "success").await;
    check(&server, "/v1/import/", &filled(524_288), 200, "success").await;
    check(&server, "/v1/import/", &filled(524_289), 400, "payload_too_large").await;
    let strict =
        Server::with(|config| config.batch_bytes_max = 500_000, LogConfig::default()).await;
    check(&strict, "/v1/batch", &filled(512_200), 400, "payload_too_large").await;
}

#[tokio::test]
async fn a_batch_may_have_2500_items_and_not_none() {
    let server = Server::start().await;
    let batch = |items: usize| format!(r#"{{"batch":[{}]}}"#, vec!["{}"; items].join(","));
    check(&server, "/v1/batch", &batch(2_500), 200, "success").await;
    check(&server, "/v1/batch", &batch(2_501), 200, "success").await;
    check(&server, "/v1/batch", &batch(0), 200, "success").await;
    let received = server.received();
    assert_eq!(received[0].1.len(), 2_500);
    assert_eq!(received[1].1, ["!batch_too_long"]);
    assert_eq!(received[2].1, ["!empty_batch"]);
    let strict =
        Server::with(|config| config.strict_batch_items = true, LogConfig::default()).await;
    check(&strict, "/v1/batch", &batch(2_501), 400, "payload_too_large").await;
}

#[tokio::test]
async fn a_batch_keeps_what_its_items_share() {
    let server = Server::start().await;
    let body = format!(
        r#"{{"sentAt":"2026-01-01T00:00:00Z","context":{{"library":{{"name":"java"}}}},"integrations":null,"batch":[{{}}],"sequence":7,"writeKey":"{KEY}"}}"#
    );
    assert_eq!(
        server
            .send("POST /v1/import/ HTTP/1.1\r\nX-Retry-Count: 2\r\n", body.as_bytes())
            .await
            .status,
        200
    );
    server.last(|request| {
        assert_eq!(request.sent_at, Some("\"2026-01-01T00:00:00Z\""));
        assert_eq!(request.context, Some(r#"{"library":{"name":"java"}}"#));
        assert_eq!(request.integrations, None);
    });
    assert_eq!(server.stats().requests_retried, 1);
}

/// SDKs take 201 and 204 for an answer of somebody else, follow or loop on 3xx, drop on 401, 403 and
/// 413: on an event path none of them is ever given, whatever is asked.
#[tokio::test]
async fn no_event_path_ever_answers_a_status_that_sdks_misread() {
    let server = Server::start().await;
    let large = padded(600_000);
    let bodies = ["", "{", "[]", "{}", r#"{"batch":[]}"#, r#"{"userId":"u","event":"e"}"#, &large];
    let no_pair = format!("Authorization: Basic {UNKNOWN}\r\n");
    let odd = "Authorization: Bearer x\r\nContent-Type: image/png\r\nContent-Encoding: br\r\n";
    for name in
        ["track", "t", "identify", "i", "page", "screen", "group", "a", "batch", "import", "b"]
    {
        for (at, body) in bodies.iter().enumerate() {
            for headers in [BASIC, "", &no_pair, odd] {
                for path in [format!("/v1/{name}"), format!("/v1/{name}/?a=b")] {
                    let head = format!("POST {path} HTTP/1.1\r\n{headers}");
                    let status = server.send(&head, body.as_bytes()).await.status;
                    let fits = [200, 400, 429, 503].contains(&status);
                    assert!(fits, "{status} from {path} with body {at} and {headers:?}");
                }
            }
        }
    }
}

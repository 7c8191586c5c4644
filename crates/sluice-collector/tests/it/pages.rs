//! What is not an event path: the browser SDK, its settings, the pixel.

use sluice_event::{Endpoint, EventType};
use sluice_log::LogConfig;

use crate::harness::{DISABLED, KEY, Server, UNKNOWN};

/// `{"writeKey":KEY,"userId":"u","event":"Opened"}` as URL-safe base64 without padding.
const DATA: &str = "eyJ3cml0ZUtleSI6ImFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6MDEyMzQ1IiwidXNlcklkIjoidSIsImV2ZW50IjoiT3BlbmVkIn0";

async fn get(server: &Server, path: &str) -> crate::harness::Reply {
    server.send(&format!("GET {path} HTTP/1.1\r\nUser-Agent: Mail/1\r\n"), b"").await
}

#[tokio::test]
async fn a_pixel_takes_both_forms_and_is_always_a_picture() {
    let server = Server::start().await;
    for path in [
        format!("/v1/pixel/track?data={DATA}"),
        format!("/v1/pixel/page/?writeKey={KEY}&userId=u&properties.title=Hi"),
    ] {
        check_picture(&server, &path).await;
    }
    let received = server.received();
    assert_eq!(received[0].1, [r#"{"userId":"u","event":"Opened"}"#], "the write key is taken out");
    assert_eq!(received[1].1, [r#"{"userId":"u","properties":{"title":"Hi"}}"#]);
    server.last(|request| {
        assert_eq!(request.endpoint, Endpoint::Pixel { event_type: EventType::Page });
        assert_eq!(request.user_agent, Some("Mail/1"));
        assert_eq!(request.ip, Some([127, 0, 0, 1].into()));
    });
    for nonsense in [
        "/v1/pixel/track".to_owned(),
        "/v1/pixel/track?data=%%%".to_owned(),
        "/v1/pixel/track?data=bm8ganNvbg".to_owned(),
        "/v1/pixel/track?event=NoKey".to_owned(),
        "/v1/pixel/never?event=x".to_owned(),
        format!("/v1/pixel/track?writeKey={UNKNOWN}&event=x"),
        format!("/v1/pixel/track?writeKey={KEY}&event={}", "x".repeat(40_000)),
    ] {
        check_picture(&server, &nonsense).await;
    }
    assert_eq!(server.received().len(), 2);
    assert_eq!(server.stats().unknown_write_key, 1);
}

async fn check_picture(server: &Server, path: &str) {
    // The picture is no text: only its head is looked at.
    let head =
        server.send_for_head(&format!("GET {path} HTTP/1.1\r\nUser-Agent: Mail/1\r\n")).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
    for line in ["content-type: image/gif", "cache-control: no-store", "content-length: 43"] {
        assert!(head.contains(line), "{path}: {head}");
    }
}

#[tokio::test]
async fn the_script_carries_the_key_of_a_known_source_only() {
    let server = Server::start().await;
    for path in ["analytics.min.js", "analytics.js", "platform/analytics.min.js"] {
        let reply = get(&server, &format!("/analytics.js/v1/{KEY}/{path}")).await;
        assert_eq!((reply.status, reply.body), (200, format!("sdk({{key:\"{KEY}\"}});\n")));
    }
    let reply = get(&server, &format!("/analytics.js/v1/{DISABLED}/analytics.min.js")).await;
    assert_eq!(reply.status, 200, "its events are to be seen as refused");
    let reply = get(&server, &format!("/analytics.js/v1/{UNKNOWN}/analytics.min.js")).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (404, "*"));
    let chunk = get(&server, "/analytics-next/bundles/tsub.bundle.0f.js").await;
    assert_eq!((chunk.status, chunk.body.as_str()), (200, "chunk"));
    assert!(chunk.header("cache-control").contains("immutable"));
    assert_eq!(get(&server, "/analytics-next/bundles/other.js").await.status, 404);
}

#[tokio::test]
async fn settings_tell_this_servers_own_address() {
    let server = Server::with(
        |config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()],
        LogConfig::default(),
    )
    .await;
    let asked = |headers: &'static str| {
        let (server, head) =
            (&server, format!("GET /v1/projects/{KEY}/settings HTTP/1.1\r\n{headers}"));
        async move {
            let reply = server.send(&head, b"").await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.header("access-control-allow-origin"), "*");
            let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
            let segment = &body["integrations"]["Segment.io"];
            assert_eq!(segment["apiKey"], KEY);
            assert_eq!(segment["httpConfig"]["backoffConfig"]["default4xxBehavior"], "drop");
            assert_eq!(body["metrics"]["sampleRate"], 0);
            let text = |name: &str| segment[name].as_str().unwrap().to_owned();
            format!("{}://{}", text("protocol"), text("apiHost"))
        }
    };
    assert_eq!(asked("").await, "http://h/v1");
    assert_eq!(asked("Origin: https://shop.example\r\n").await, "https://h/v1");
    assert_eq!(asked("X-Forwarded-Proto: https\r\n").await, "https://h/v1");
    let proxied = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: e.example.org\r\n";
    assert_eq!(asked(proxied).await, "https://e.example.org/v1");

    let public = |config: &mut sluice_collector::CollectorConfig| {
        config.public_url = Some("https://events.example.org/".parse().unwrap());
    };
    let server = Server::with(public, LogConfig::default()).await;
    let reply = get(&server, &format!("/projects/{KEY}/settings")).await;
    assert!(reply.body.contains(r#""apiHost":"events.example.org/v1""#), "{}", reply.body);
    let reply = get(&server, &format!("/v1/projects/{UNKNOWN}/settings/")).await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "invalid_write_key"));
}

#[test]
fn a_public_url_is_an_address_and_no_more() {
    for wrong in ["events.example.org", "ftp://x", "https://", "https://a b", "https://x?y"] {
        assert!(wrong.parse::<sluice_collector::PublicUrl>().is_err(), "{wrong}");
    }
}

async fn judged(server: &Server, path: &str, body: &str) -> serde_json::Value {
    let reply = server.post(path, body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    serde_json::from_str(&reply.body).unwrap()
}

#[tokio::test]
async fn validate_says_what_would_become_of_each_event_and_stores_nothing() {
    let server = Server::start().await;
    let good =
        r#"{"type":"track","event":"e","userId":"u","messageId":"m","properties":{"revenue":"9"}}"#;
    let one = judged(&server, "/v1/validate", good).await;
    assert_eq!((&one["valid"], &one["answer"]["status"]), (&true.into(), &200.into()));
    assert_eq!(one["summary"], "1 of 1 event would be accepted, 0 refused.");
    assert_eq!(one["events"][0]["outcome"], "accepted");
    assert_eq!(one["events"][0]["event"]["projectId"], "src_1");
    assert_eq!(one["events"][0]["remarks"][0]["field"], "properties.revenue");

    let big = "x".repeat(40_000);
    let batch = format!(
        r#"{{"batch":[{good},{{"type":"track","event":"e"}},{{"userId":"u"}},7,{{"type":"page","userId":"u","name":"{big}"}}]}}"#
    );
    let many = judged(&server, "/v1/validate", &batch).await;
    let reasons: Vec<_> = (0..5).map(|at| many["events"][at]["reason"].as_str()).collect();
    assert_eq!(
        reasons,
        [
            None,
            Some("no_user_anon_id"),
            Some("unknown_type"),
            Some("bad_request"),
            Some("message_too_large")
        ]
    );
    assert!(many["events"][1]["explanation"].as_str().unwrap().contains("userId or anonymousId"));
    assert_eq!(many["valid"], false);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn validate_finds_what_is_wrong_with_the_whole_request() {
    let server = Server::start().await;
    let said = |report: &serde_json::Value, status: u16, words: &str| {
        assert_eq!(report["valid"], false);
        assert_eq!(report["answer"]["status"], status, "{report}");
        let explanation = report["answer"]["explanation"].as_str().unwrap();
        assert!(explanation.contains(words), "{explanation}");
    };
    said(&judged(&server, "/v1/validate", r#"{"event" "e"}"#).await, 400, "line 1 column 10");
    said(&judged(&server, "/v1/validate", "[]").await, 400, "no object");
    said(&judged(&server, "/v1/validate", r#"{"userId":"u"}"#).await, 400, "has no type");
    said(&judged(&server, "/v1/validate", r#"{"batch":{}}"#).await, 400, "batch must be an array");
    let identify = judged(&server, "/v1/validate?type=identify", r#"{"userId":"u"}"#).await;
    assert_eq!(identify["events"][0]["event"]["type"], "identify");
    let keyed = |key: &str| {
        let body = format!(r#"{{"type":"page","userId":"u","writeKey":"{key}"}}"#);
        let server = &server;
        async move {
            let reply = server.send("POST /v1/validate HTTP/1.1\r\n", body.as_bytes()).await;
            serde_json::from_str::<serde_json::Value>(&reply.body).unwrap()
        }
    };
    said(&keyed("").await, 400, "no write key");
    said(&keyed("abc123").await, 400, "cannot be a write key");
    said(&keyed(UNKNOWN).await, 200, "ends with own1");
    let disabled = keyed(DISABLED).await;
    assert_eq!(disabled["events"][0]["reason"], "source_disabled");
    let preflight =
        server.send("OPTIONS /v1/validate HTTP/1.1\r\nOrigin: https://a\r\n", b"").await;
    assert_eq!(preflight.status, 204);
}

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

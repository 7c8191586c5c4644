//! Paths, ways to authenticate, encodings of the body, protocol versions.

use std::io::Write as _;

use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sluice_event::{Endpoint, EventType};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{BASIC, KEY, Reply, Server, UNKNOWN};

const SUCCESS: &str = r#"{"success":true}"#;
const EVENT: &str = r#"{"userId":"u","event":"e"}"#;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn every_path_takes_its_events_and_a_preflight() {
    let server = Server::start().await;
    let batch = format!(r#"{{"batch":[{EVENT}]}}"#);
    let singles =
        ["track", "identify", "page", "screen", "group", "alias", "t", "i", "p", "s", "g", "a"];
    for (name, body) in singles
        .iter()
        .map(|name| (*name, EVENT))
        .chain(["batch", "import", "b"].map(|name| (name, batch.as_str())))
    {
        for path in [format!("/v1/{name}"), format!("/v1/{name}/"), format!("/v1/{name}?x=1")] {
            let reply = server.post(&path, body).await;
            assert_eq!((reply.status, reply.body.as_str()), (200, SUCCESS), "{path}");
            let head = format!(
                "OPTIONS {path} HTTP/1.1\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Headers: authorization,x-own\r\n"
            );
            let reply = server.send(&head, b"").await;
            assert_eq!(reply.status, 204, "{path}");
            assert_eq!(reply.header("access-control-allow-headers"), "authorization,x-own");
        }
    }
    assert_eq!(server.received().len(), 45);
    assert_eq!(server.stats().requests_accepted, 45);
}

#[tokio::test]
async fn counters_of_sdks_about_themselves_are_answered_and_are_no_events() {
    let server = Server::start().await;
    let body = br#"{"series":[{"type":"Counter","metric":"analytics_js.invoke","value":1}]}"#;
    for path in ["/v1/m", "/v1/m/"] {
        let head = |method| format!("{method} {path} HTTP/1.1\r\nOrigin: https://shop.example\r\n");
        let reply = server.send(&head("POST"), body).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, SUCCESS), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "https://shop.example");
        assert_eq!(server.send(&head("OPTIONS"), b"").await.status, 204, "{path}");
    }
    assert!(server.received().is_empty());
    assert_eq!((server.stats().sdk_metrics, server.stats().requests_accepted), (2, 0));
}

#[tokio::test]
async fn the_path_is_written_down() {
    let server = Server::start().await;
    for (path, body, expected) in [
        ("/v1/p", EVENT, Endpoint::Single { event_type: EventType::Page, short: true }),
        ("/v1/page", EVENT, Endpoint::Single { event_type: EventType::Page, short: false }),
        ("/v1/b", r#"{"batch":[{}]}"#, Endpoint::ClientBatch),
        ("/v1/import/", r#"{"batch":[{}]}"#, Endpoint::Batch),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\n{BASIC}User-Agent: agent/1\r\nX-Forwarded-For: 6.6.6.6\r\n"
        );
        assert_eq!(server.send(&head, body.as_bytes()).await.status, 200);
        let (endpoint, agent, ip) = server
            .last(|request| (request.endpoint, request.user_agent.map(str::to_owned), request.ip));
        assert_eq!(endpoint, expected);
        assert_eq!(
            agent.is_some(),
            matches!(path, "/v1/p" | "/v1/b"),
            "only client paths keep the agent"
        );
        assert_eq!(ip, Some([127, 0, 0, 1].into()), "an untrusted peer's word is not taken");
    }
}

#[tokio::test]
async fn a_trusted_proxy_tells_the_address() {
    let server = Server::with(
        |config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()],
        Default::default(),
    )
    .await;
    let head = format!("POST /v1/t HTTP/1.1\r\n{BASIC}X-Forwarded-For: 6.6.6.6, 198.51.100.4\r\n");
    assert_eq!(server.send(&head, EVENT.as_bytes()).await.status, 200);
    assert_eq!(server.last(|request| request.ip), Some([198, 51, 100, 4].into()));
}

#[tokio::test]
async fn each_way_to_authenticate_works_and_the_key_is_never_kept() {
    let server = Server::start().await;
    let in_body = |key: &str| format!(r#"{{"writeKey":"{key}","userId":"u"}}"#);
    let unknown_basic = "Authorization: Basic dW5rbm93bjF1bmtub3duMXVua25vd24xdW5rbm93bjE6\r\n";
    for (headers, body) in [
        (BASIC, EVENT.to_owned()),
        ("authorization: basic YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU\r\n", EVENT.to_owned()),
        ("", in_body(KEY)),
        ("Authorization: Bearer some.jwt.here\r\n", in_body(KEY)),
        (unknown_basic, in_body(KEY)),
        (BASIC, in_body(UNKNOWN)),
        (BASIC, in_body("")),
        ("", in_body("short")),
    ] {
        let reply =
            server.send(&format!("POST /v1/i HTTP/1.1\r\n{headers}"), body.as_bytes()).await;
        assert_eq!(reply.body, SUCCESS, "{headers}{body}");
    }
    let batch =
        format!(r#"{{"batch":[{{"writeKey":"{KEY}","type":"page"}},{EVENT}],"writeKey":"{KEY}"}}"#);
    assert_eq!(server.send("POST /v1/b HTTP/1.1\r\n", batch.as_bytes()).await.body, SUCCESS);
    let received = server.received();
    assert_eq!(received.len(), 9);
    assert_eq!(
        received.iter().map(|(source, _)| *source).collect::<Vec<_>>(),
        [1, 1, 1, 1, 1, 1, 1, 4, 1]
    );
    assert_eq!(received[8].1, [r#"{"type":"page"}"#, EVENT]);
    let all = format!("{received:?}");
    assert!(!all.contains(KEY) && !all.contains(UNKNOWN) && !all.contains("writeKey"), "{all}");
}

#[tokio::test]
async fn bodies_come_plain_gzipped_chunked_and_with_a_byte_order_mark() {
    let server = Server::start().await;
    let batch = format!(r#"{{"batch":[{EVENT}],"writeKey":"{KEY}"}}"#);
    let with_bom = format!("\u{feff}{batch}");
    for body in
        [batch.clone().into_bytes(), gzip(&batch), with_bom.clone().into_bytes(), gzip(&with_bom)]
    {
        let reply = server.send("POST /v1/b HTTP/1.1\r\nContent-Type: text/plain\r\n", &body).await;
        assert_eq!(reply.body, SUCCESS);
    }
    let body = gzip(&batch);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"POST /v1/b HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
    for chunk in body.chunks(7) {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
        stream.write_all(chunk).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
        stream.flush().await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(Reply::read(&mut stream).await.body, SUCCESS);
    assert!(server.received().iter().all(|(_, items)| items == &[EVENT]));
    assert_eq!(server.received().len(), 5);
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "POST /v1/t HTTP/1.1\r\nHost: h\r\n{BASIC}Content-Length: {}\r\n\r\n{EVENT}",
        EVENT.len()
    );
    for _ in 0..20 {
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(Reply::read(&mut stream).await.status, 200);
    }
    assert_eq!(server.received().len(), 20);
    assert_eq!(server.stats().connections_accepted, 1);
}

#[tokio::test]
async fn http_2_works_with_prior_knowledge() {
    let server = Server::start().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let requests = (0..10).map(|number| {
        let body = format!(r#"{{"writeKey":"{KEY}","userId":"{number}"}}"#);
        let request = http::Request::post(format!("http://{}/v1/i", server.address));
        sender.send_request(request.body(Full::new(bytes::Bytes::from(body))).unwrap())
    });
    for reply in requests.collect::<Vec<_>>() {
        let reply = reply.await.unwrap();
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), SUCCESS);
    }
    assert_eq!(server.received().len(), 10);
}

#[tokio::test]
async fn every_other_path_is_the_routers() {
    let server = Server::start().await;
    let reply = server.send("GET /other HTTP/1.1\r\n", b"").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "from the router"));
    assert_eq!(server.send("GET /v1/track HTTP/1.1\r\n", b"").await.status, 404);
}

#[tokio::test]
async fn a_stop_lets_the_open_request_finish() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /v1/t HTTP/1.1\r\nHost: h\r\n{BASIC}Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        EVENT.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The interim answer shows that the request has begun.
    assert_eq!(Reply::read(&mut stream).await.status, 100);
    server.stop.cancel();
    stream.write_all(EVENT.as_bytes()).await.unwrap();
    assert_eq!(Reply::read(&mut stream).await.status, 200);
    server.served.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

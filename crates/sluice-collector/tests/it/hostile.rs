//! Bodies meant to harm: each gets an answer, and the server goes on.

use std::io::Write as _;
use std::time::Duration;

use sluice_log::LogConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{BASIC, Reply, Server};

#[tokio::test]
async fn odd_but_valid_json_is_kept_as_it_came() {
    let server = Server::start().await;
    let deep = format!(r#"{{"p":{}{}}}"#, "[".repeat(15_000), "]".repeat(15_000));
    let many: Vec<_> = (0..3_000).map(|number| format!("\"p{number}\":1")).collect();
    let many = format!("{{{}}}", many.join(","));
    let number = format!(r#"{{"n":{}}}"#, "9".repeat(30_000));
    for body in [
        deep.as_str(),
        &many,
        &number,
        r#"{"n":1e999999}"#,
        r#"{"userId":"\u0000"}"#,
        r#"{"userId":"\ud800"}"#,
        r#"{"a":1,"a":2}"#,
    ] {
        assert_eq!(server.post("/v1/t", body).await.status, 200);
        assert_eq!(server.received().last().unwrap().1, [body]);
    }
}

#[tokio::test]
async fn ten_thousand_properties_in_a_batch_item_leave_a_stub() {
    let server = Server::start().await;
    let many: Vec<_> = (0..10_000).map(|number| format!("\"p{number}\":1")).collect();
    let batch = format!(r#"{{"batch":[{{"properties":{{{}}}}},{{}}]}}"#, many.join(","));
    assert_eq!(server.post("/v1/batch", &batch).await.status, 200);
    assert_eq!(server.received()[0].1, ["!message_too_large", "{}"]);
}

#[tokio::test]
async fn nesting_as_deep_as_a_batch_is_long_is_answered() {
    let server = Server::start().await;
    let open = format!(r#"{{"batch":{}"#, "[".repeat(500_000));
    assert_eq!(server.post("/v1/batch", &open).await.status, 400);
    let deep = format!(r#"{{"batch":[{}{}]}}"#, r#"{"a":"#.repeat(80_000), "}".repeat(80_000));
    assert_eq!(server.post("/v1/batch", &deep).await.status, 400, "a member without a value");
}

#[tokio::test]
async fn bytes_that_are_not_text_are_400() {
    let server = Server::start().await;
    for body in [
        &b"{\"a\":\"\xff\"}"[..],
        b"\x00",
        b"\xed\xa0\x80",
        b"{\"a\":\"\x01\"}",
        b"\x1f\x8bnot gzip",
    ] {
        let reply = server.send(&format!("POST /v1/t HTTP/1.1\r\n{BASIC}"), body).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_request"), "{body:?}");
    }
}

#[tokio::test]
async fn a_zip_bomb_is_stopped_at_the_limit() {
    let server = Server::start().await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let reply = server.send(&format!("POST /v1/batch HTTP/1.1\r\n{BASIC}"), &bomb).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "payload_too_large"));
    let small = Server::with(|config| config.inflation_ratio_max = 2, LogConfig::default()).await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&[b' '; 10_000]).unwrap();
    let reply = small
        .send(&format!("POST /v1/batch HTTP/1.1\r\n{BASIC}"), &encoder.finish().unwrap())
        .await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "payload_too_large"), "by its ratio");
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_and_not_held() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head =
        format!("POST /v1/batch HTTP/1.1\r\nHost: h\r\n{BASIC}Content-Length: 104857600\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let writer = tokio::spawn(async move {
        let piece = vec![b'x'; 1 << 20];
        let mut written = 0;
        while written < 100 && writing.write_all(&piece).await.is_ok() {
            written += 1;
        }
        written
    });
    let mut answer = Vec::new();
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        use tokio::io::AsyncReadExt as _;
        if reading.read_buf(&mut answer).await.unwrap() == 0 {
            break;
        }
    }
    assert!(answer.starts_with(b"HTTP/1.1 400"), "{:?}", String::from_utf8_lossy(&answer));
    drop(reading);
    assert!(writer.await.unwrap() < 100, "the connection was closed before all was sent");
    assert_eq!(server.stats().in_flight_bytes, 0);
    assert_eq!(server.post("/v1/t", "{}").await.status, 200);
}

#[tokio::test]
async fn an_endless_chunked_body_is_refused_at_the_limit() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head =
        format!("POST /v1/batch HTTP/1.1\r\nHost: h\r\n{BASIC}Transfer-Encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..20 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let reply = Reply::read(&mut stream).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "payload_too_large"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_503_in_time() {
    let server = Server::with(
        |config| config.body_timeout = Duration::from_millis(50),
        LogConfig::default(),
    )
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("POST /v1/t HTTP/1.1\r\nHost: h\r\n{BASIC}Content-Length: 100\r\n\r\n{{");
    stream.write_all(head.as_bytes()).await.unwrap();
    let reply = Reply::read(&mut stream).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "unavailable"));
    assert_eq!(server.stats().in_flight_bytes, 0);
}

#[tokio::test]
async fn a_peer_that_sends_no_head_is_cut_off() {
    let server = Server::with(
        |config| config.head_timeout = Duration::from_millis(50),
        LogConfig::default(),
    )
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"POST /v1/t HTTP/1.1\r\nHo").await.unwrap();
    let mut rest = Vec::new();
    use tokio::io::AsyncReadExt as _;
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(server.post("/v1/t", "{}").await.status, 200);
}

#[tokio::test]
async fn shared_parts_of_a_batch_may_not_be_larger_than_an_event() {
    let server = Server::start().await;
    let body = format!(r#"{{"context":{{"p":"{}"}},"batch":[{{}}]}}"#, "x".repeat(33_000));
    let reply = server.post("/v1/batch", &body).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "payload_too_large"));
}

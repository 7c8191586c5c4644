//! What senders hear when the server cannot take more.

use sluice_log::{CommitMode, LogConfig};

use crate::harness::{BASIC, KEY, Reply, SLOW, Server};

fn check_wait(reply: &Reply, status: u16, code: &str) -> u64 {
    assert_eq!((reply.status, reply.code().as_str()), (status, code));
    assert_eq!(reply.header("retry-after"), reply.header("x-ratelimit-reset"));
    assert!(reply.header("access-control-expose-headers").contains("Retry-After"));
    reply.header("retry-after").parse().unwrap()
}

fn head(key_header: &str) -> String {
    format!("POST /v1/t HTTP/1.1\r\n{key_header}Origin: https://shop.example\r\n")
}

#[tokio::test]
async fn a_source_over_its_rate_is_told_to_wait_and_others_are_not() {
    let server = Server::start().await;
    let body = format!(r#"{{"writeKey":"{SLOW}","userId":"u"}}"#);
    let mut limited = None;
    // Two a second: of many in a row at least one must wait, however slow the machine.
    for _ in 0..50 {
        let reply = server.send(&head(""), body.as_bytes()).await;
        if reply.status != 200 {
            limited = Some(reply);
            break;
        }
    }
    assert_eq!(check_wait(&limited.unwrap(), 429, "rate_limited"), 1);
    assert_eq!(server.send(&head(BASIC), b"{}").await.status, 200);
    assert_eq!(server.stats().limited_by_rate, 1);
}

#[tokio::test]
async fn a_closed_workspace_answers_503() {
    let server = Server::start().await;
    server.close_workspace();
    assert_eq!(check_wait(&server.send(&head(BASIC), b"{}").await, 503, "unavailable"), 5);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_full_log_answers_429() {
    let small =
        LogConfig { commit: CommitMode::Inline, pending_bytes_max: 100, ..LogConfig::default() };
    let server = Server::with(|_| {}, small).await;
    let waiting = server.log.append(1, 1, &[0; 100]).unwrap();
    assert_eq!(check_wait(&server.send(&head(BASIC), b"{}").await, 429, "overloaded"), 1);
    waiting.wait().unwrap();
    assert_eq!(server.send(&head(BASIC), b"{}").await.status, 200);
}

#[tokio::test]
async fn a_batch_larger_than_the_logs_queue_is_stored_whole() {
    let small = LogConfig {
        commit: CommitMode::Inline,
        pending_bytes_max: 1_500_000,
        ..LogConfig::default()
    };
    let server = Server::with(|_| {}, small).await;
    let properties: serde_json::Map<_, _> =
        (0..900).map(|n| (format!("p{n}"), "x".repeat(1_000).into())).collect();
    let events: Vec<_> = (0..5)
        .map(|n| {
            serde_json::json!({ "user_id": format!("user-{n}"), "event_type": "Seen",
                                "event_properties": properties })
        })
        .collect();
    let body = serde_json::json!({ "api_key": KEY, "events": events }).to_string();
    let reply = server.send("POST /batch HTTP/1.1\r\n", body.as_bytes()).await;
    assert_eq!(reply.status, 200);
    let received = server.received();
    assert!(received.len() > 1);
    assert_eq!(received.iter().map(|(_, items)| items.len()).sum::<usize>(), 5);
}

#[tokio::test]
async fn a_disk_short_of_space_answers_429() {
    let server =
        Server::with(|_| {}, LogConfig { reserve_bytes: u64::MAX, ..LogConfig::default() }).await;
    assert_eq!(check_wait(&server.send(&head(BASIC), b"{}").await, 429, "overloaded"), 1);
}

#[tokio::test]
async fn a_stopped_log_answers_503() {
    let server = Server::start().await;
    server.log.stop();
    assert_eq!(check_wait(&server.send(&head(BASIC), b"{}").await, 503, "unavailable"), 5);
    assert_eq!(server.stats().requests_unavailable, 1);
}

#[tokio::test]
async fn bodies_beyond_the_memory_allowed_are_told_to_wait() {
    let server = Server::with(|config| config.in_flight_bytes_max = 10, LogConfig::default()).await;
    assert_eq!(
        check_wait(&server.send(&head(BASIC), br#"{"userId":"u"}"#).await, 429, "overloaded"),
        1
    );
    assert_eq!(server.send(&head(BASIC), b"{}").await.status, 200, "the memory was given back");
    assert_eq!(server.stats().in_flight_bytes, 0);
}

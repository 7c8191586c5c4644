//! The webhook: which requests it sends, and what it makes of answers.

use std::path::Path;

use serde_json::json;
use sluice_destination_kit::golden::{self, stored_event};
use sluice_destination_kit::peer::{Peer, Reply};
use sluice_destination_kit::{BatchOutcome, Delivery, DestinationKind, Verdict, Verdicts};
use sluice_destinations::webhook::Kind;
use sluice_event::Offset;

use crate::http;

async fn deliver_one(url: &str, allow_private: bool) -> BatchOutcome {
    let kind = Kind::new();
    let raw = json!({"url": url, "sharedSecret": "geheim-wort", "headers": {"Authorization": "Bearer tok-tok"},
        "timeoutSeconds": 1});
    let webhook = kind.build(kind.settings().check(&raw).unwrap(), http(allow_private)).unwrap();
    let stored = stored_event(&json!({"type": "track", "event": "A", "messageId": "m1"}));
    webhook
        .deliver(&[Delivery { offset: Offset(1), stored: &stored, attempt: 1, progress: None }])
        .await
}

fn code(outcome: &BatchOutcome) -> String {
    let Verdicts::Whole(verdict) = &outcome.verdicts else { panic!("one verdict for all") };
    let name = match verdict {
        Verdict::Delivered => return "delivered".to_owned(),
        Verdict::Retry { .. } => "retry",
        Verdict::Suspend { .. } => "suspend",
        Verdict::Reject { .. } => "reject",
        Verdict::Split { .. } => "split",
        Verdict::Again => "again",
        Verdict::Filtered(_) => "filtered",
    };
    format!("{name} {}", verdict.reason().unwrap().code)
}

#[tokio::test]
async fn the_requests_are_the_golden_ones() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/webhook/golden");
    golden::run(&Kind::new(), &dir).await;
}

#[tokio::test]
async fn answers_and_failures_become_their_verdicts() {
    let cases = [
        (Reply::status(204), "delivered"),
        (Reply::status(400), "reject 400"),
        (Reply::status(401), "suspend 401"),
        (Reply::status(413), "split 413"),
        (Reply::status(429), "retry 429"),
        (Reply::status(501), "reject 501"),
        (Reply::status(503), "retry 503"),
        (Reply::status(302).header("location", "/else"), "reject 302"),
        (Reply::status(307).header("location", "/else"), "reject REDIRECT"), // for ever in circles
        (Reply::reset(), "retry ECONNRESET"),
        (Reply::hang(), "retry ETIMEDOUT"),
    ];
    for (reply, expected) in cases {
        let scripted = reply.clone();
        let peer = Peer::start(move |_| scripted.clone()).await;
        assert_eq!(code(&deliver_one(&peer.url(), true).await), expected, "{reply:?}");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    assert_eq!(code(&deliver_one(&gone, true).await), "retry ECONNREFUSED");
}

#[tokio::test]
async fn a_redirect_to_another_origin_carries_the_body_but_no_secret_header() {
    let target = Peer::answering(200).await;
    let location = target.url();
    let peer = Peer::start(move |_| Reply::status(308).header("location", &location)).await;
    assert_eq!(code(&deliver_one(&peer.url(), true).await), "delivered");
    let (first, second) = (&peer.arrived()[0], &target.arrived()[0]);
    assert_eq!((first.method.as_str(), &first.body), (second.method.as_str(), &second.body));
    assert!(first.headers.contains_key("authorization"));
    assert!(!second.headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_private_address_is_refused_and_nothing_reaches_it() {
    let peer = Peer::answering(200).await;
    assert_eq!(code(&deliver_one(&peer.url(), false).await), "suspend PRIVATE_ADDRESS");
    let by_name = peer.url().replace("127.0.0.1", "localhost");
    assert_eq!(code(&deliver_one(&by_name, false).await), "suspend PRIVATE_ADDRESS");
    assert_eq!(peer.count(), 0);
}

#[tokio::test]
async fn a_recorded_failure_holds_no_secret() {
    let peer = Peer::start(|request| {
        let mut reply = Reply::status(400);
        reply.body = format!("you sent {:?} geheim-wort", request.headers);
        reply
    })
    .await;
    let exchanges = deliver_one(&peer.url(), true).await.exchanges;
    let kept = format!("{exchanges:?}");
    assert!(kept.contains("you sent"), "{kept}");
    assert!(!kept.contains("geheim-wort") && !kept.contains("tok-tok"), "{kept}");
}

//! How fast a connection sends, with a real HTTP peer and a clock that the test moves.

use std::time::Duration;

use serde_json::json;
use sluice_base::Clock as _;
use sluice_destination_kit::peer::{Peer, Reply};

use super::server::{Server, connection, event, to};

#[tokio::test]
async fn no_more_goes_in_a_second_than_the_owner_allows() {
    let peer = Peer::answering(200).await;
    let settings = json!({"url": peer.url(), "requestsPerSecond": 10});
    let mut server = Server::start(vec![connection("a", settings)]);
    server.append((0..100).map(|i| event(&format!("m{i}"), 1 + i)).collect());
    let before = server.clock.now();
    let status = server.drain_over("a", Duration::from_millis(50)).await;
    let took = server.clock.now().since(before).as_secs_f64();
    assert_eq!((status.counts.delivered, peer.count()), (100, 100));
    // A second's worth goes at once.
    assert!((8.9..10.5).contains(&took), "{took} s");
}

#[tokio::test]
async fn a_peer_that_throttles_is_spared_and_gets_everything_in_the_end() {
    let mut answers = 0;
    let peer = Peer::start(move |_| {
        answers += 1;
        Reply::status(if (20..40).contains(&answers) { 429 } else { 200 })
    })
    .await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append((0..200).map(|i| event(&format!("m{i}"), 1 + i)).collect());
    let spared = server
        .until("a", |status| {
            status.throttle.requests_per_second.is_some() && status.requests_in_flight == 0
        })
        .await;
    assert!(spared.throttle.requests_at_a_time.is_some_and(|n| n < 20), "{:?}", spared.throttle);
    assert_eq!(spared.state, sluice_delivery::ConnectionState::Running, "no breaker for a 429");
    let status = server.drain_over("a", Duration::from_millis(500)).await;
    assert_eq!((status.counts.delivered, status.dead.len()), (200, 0));
    assert_eq!(peer.count(), 220);
}

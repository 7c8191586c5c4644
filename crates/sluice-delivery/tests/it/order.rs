//! One person's events go out in order, whatever fails; others pass.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use sluice_base::Clock;
use sluice_destination_kit::peer::{Peer, Reply};
use sluice_event::{Decision, MergeId, PersonId};

use crate::server::{Server, connection, event, ids_of, message_ids, to};

#[tokio::test]
async fn a_failing_first_event_holds_its_person_and_nobody_else() {
    let peer = Peer::start(|request| {
        Reply::status(if ids_of(&request.body) == ["ann-1"] { 503 } else { 200 })
    })
    .await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![
        event("ann-1", 1),
        event("bob-1", 2),
        event("ann-2", 1),
        event("bob-2", 2),
        event("x", 0),
    ]);
    server.until("a", |status| status.counts.delivered == 3).await;
    let seen = message_ids(&peer);
    assert!(!seen.contains(&"ann-2".to_owned()), "{seen:?}");

    peer.script(|_| Reply::status(200));
    server.drain_over("a", Duration::from_secs(5)).await;
    let anns: Vec<_> = message_ids(&peer).into_iter().filter(|id| id.starts_with("ann")).collect();
    assert_eq!(anns, ["ann-1", "ann-1", "ann-2"]);
}

#[tokio::test]
async fn a_failed_batch_holds_every_person_in_it() {
    let peer = Peer::start(|request| {
        let ids = ids_of(&request.body);
        Reply::status(if ids.contains(&"ann-1".to_owned()) { 503 } else { 200 })
    })
    .await;
    let mut server =
        Server::start(vec![connection("a", json!({"url": peer.url(), "batchSize": 2}))]);
    server.append(vec![event("ann-1", 1), event("bob-1", 2)]);
    server.until("a", |status| status.last_error.is_some() && status.requests_in_flight == 0).await;
    server.append(vec![event("bob-2", 2), event("cid-1", 3), event("cid-2", 3)]);
    server.until("a", |status| status.counts.delivered == 2).await;
    assert!(!message_ids(&peer).contains(&"bob-2".to_owned()));
}

#[tokio::test]
async fn a_merge_makes_later_events_of_both_wait_for_what_waits_of_either() {
    let peer = Peer::start(|request| {
        Reply::status(if ids_of(&request.body) == ["anon-1"] { 503 } else { 200 })
    })
    .await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("anon-1", 9)]);
    server.until("a", |status| status.last_error.is_some() && status.requests_in_flight == 0).await;
    let merge = Decision::Merge {
        merge: MergeId(1),
        survivor: PersonId(4),
        absorbed: PersonId(9),
        at: server.clock.now(),
    };
    server.append_with(vec![merge], vec![event("known-1", 4), event("other", 5)]);
    server.until("a", |status| status.counts.delivered == 1).await;
    server.restart().await;
    server.append(vec![event("known-2", 4), event("other-2", 5)]);
    server.until("a", |status| status.counts.delivered == 2).await;
    peer.script(|_| Reply::status(200));
    server.drain_over("a", Duration::from_secs(5)).await;
    let mut seen = HashSet::new();
    let first_seen: Vec<_> =
        message_ids(&peer).into_iter().filter(|id| seen.insert(id.clone())).collect();
    assert_eq!(first_seen, ["anon-1", "other", "other-2", "known-1", "known-2"]);
}

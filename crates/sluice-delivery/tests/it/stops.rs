//! A peer that is away, a server that stops, a connection among others.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sluice_base::Clock as _;
use sluice_delivery::{ConnectionState, DeliveryConfig, Policy};
use sluice_destination_kit::peer::{Peer, Reply};

use crate::server::{Server, connection, event, message_ids, to};

#[tokio::test]
async fn a_receiver_down_for_ten_minutes_gets_everything_in_order_and_nothing_twice() {
    let (down, up) = (Peer::answering(503).await, Peer::answering(200).await);
    let mut server =
        Server::start(vec![connection("a", to(&down.url())), connection("b", to(&up.url()))]);
    for minute in 0..10_u64 {
        server.append(
            (0..50).map(|i| event(&format!("{}-{minute}-{i}", i % 31), i % 31 + 1)).collect(),
        );
        server.advance(Duration::from_secs(60));
        server.drained("b").await;
        if minute == 4 {
            server.restart().await;
        }
    }
    let status = server.status("a").await;
    assert!(matches!(status.state, ConnectionState::BreakerOpen { .. }), "{status:?}");
    assert!(down.count() < 100, "{} attempts at a dead receiver", down.count());
    assert_eq!(server.status("b").await.counts.delivered, 500);

    let before = down.count();
    down.script(|_| Reply::status(200));
    let back_at = server.clock.now();
    let status = server.drain_over("a", Duration::from_secs(5)).await;
    let caught_up = server.clock.now().since(back_at);
    assert!(caught_up <= Duration::from_secs(60), "caught up after {caught_up:?}");
    assert_eq!((status.counts.delivered, status.dead.len()), (500, 0));
    let delivered = message_ids(&down).split_off(before);
    assert_eq!(delivered.len(), 500);
    assert_eq!(delivered.iter().collect::<HashSet<_>>().len(), 500, "none twice");
    let mut last: HashMap<String, (u64, u64)> = HashMap::new();
    for id in &delivered {
        let mut parts = id.split('-').map(|part| part.parse::<u64>().unwrap());
        let (lane, at) = (parts.next().unwrap(), (parts.next().unwrap(), parts.next().unwrap()));
        let earlier = last.insert(lane.to_string(), at);
        assert!(earlier.is_none_or(|earlier| earlier < at), "{id} after {earlier:?}");
    }
}

/// Invariant I5. By the clock of the test, which stands still while a round is on its way, nobody
/// healthy may take any time at all; and each round must end while the hanging requests of the first
/// still hang. Work is counted in requests.
#[tokio::test]
async fn a_dead_and_a_hanging_destination_cost_their_neighbours_no_time_no_request_and_no_order() {
    const ROUNDS: u64 = 20;
    const EVENTS: u64 = 25;
    let (dead, hanging) = (Peer::answering(503).await, Peer::start(|_| Reply::hang()).await);
    let mut hanging_settings = to(&hanging.url());
    hanging_settings["timeoutSeconds"] = 30.into();
    let mut connections =
        vec![connection("dead", to(&dead.url())), connection("hanging", hanging_settings)];
    let mut healthy = Vec::new();
    for n in 0..4 {
        let peer = Peer::answering(200).await;
        connections.push(connection(&format!("h{n}"), to(&peer.url())));
        healthy.push((format!("h{n}"), peer));
    }
    let mut server = Server::start(connections);
    for round in 0..ROUNDS {
        let person = |i: u64| i % 7 + 1;
        server.append(
            (0..EVENTS).map(|i| event(&format!("{}-{round}-{i}", person(i)), person(i))).collect(),
        );
        for (id, _) in &healthy {
            server.drained(id).await;
        }
        let hanging = server.status("hanging").await;
        assert_eq!(hanging.last_error, None, "round {round}: the first requests hang still");
        server.advance(Duration::from_secs(60));
    }
    for (id, peer) in &healthy {
        let status = server.status(id).await;
        assert!(status.latency.p95 <= Duration::from_micros(2), "{id}: {:?}", status.latency);
        assert_eq!(peer.count() as u64, ROUNDS * EVENTS, "{id}: one request for each event");
        let mut last: HashMap<String, (u64, u64)> = HashMap::new();
        for id in message_ids(peer) {
            let mut parts = id.split('-').map(|part| part.parse::<u64>().unwrap());
            let lane = parts.next().unwrap().to_string();
            let at = (parts.next().unwrap(), parts.next().unwrap());
            assert!(last.insert(lane, at).is_none_or(|earlier| earlier < at), "{id}");
        }
    }
    let status = server.status("dead").await;
    assert!(matches!(status.state, ConnectionState::BreakerOpen { .. }), "{status:?}");
    assert!(dead.count() < 100, "{} attempts at a dead receiver", dead.count());
    assert!(hanging.count() <= 20, "{} requests hang at a time", hanging.count());
}

#[tokio::test]
async fn a_single_person_waits_no_longer_than_a_minute_for_a_receiver_that_is_back() {
    let peer = Peer::answering(503).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append((0..3).map(|i| event(&format!("m{i}"), 1)).collect());
    // Far into the outage, when delays between attempts would be ten minutes.
    for _ in 0..360 {
        server.until("a", |status| status.requests_in_flight == 0).await;
        server.advance(Duration::from_secs(10));
    }
    server.until("a", |status| status.requests_in_flight == 0).await;
    peer.script(|_| Reply::status(200));
    let back_at = server.clock.now();
    server.drain_over("a", Duration::from_secs(5)).await;
    let caught_up = server.clock.now().since(back_at);
    assert!(caught_up <= Duration::from_secs(60), "caught up after {caught_up:?}");
    assert_eq!(message_ids(&peer).split_off(peer.count() - 3), ["m0", "m1", "m2"]);
}

#[tokio::test]
async fn a_stop_in_the_middle_loses_nothing_and_counts_once() {
    let peer = Peer::answering(200).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    for round in 0..5 {
        server.append((0..200).map(|i| event(&format!("{round}-{i}"), i % 20)).collect());
        server.restart().await;
    }
    let status = server.drained("a").await;
    assert_eq!(status.counts.delivered, 1000);
    assert_eq!(message_ids(&peer).iter().collect::<HashSet<_>>().len(), 1000);
}

#[tokio::test]
async fn a_new_connection_gets_what_came_since_it_was_made_and_a_removed_one_leaves_no_files() {
    let peer = Peer::answering(200).await;
    let mut server = Server::start(Vec::new());
    server.append(vec![event("old", 1)]);
    let table = |specs: Vec<_>| {
        let connections = specs.into_iter().map(std::sync::Arc::new).collect();
        std::sync::Arc::new(sluice_model::tables::ConnectionTable { connections })
    };
    server.clock.advance(Duration::from_secs(1));
    let mut made = connection("a", to(&peer.url()));
    made.starts_at = server.clock.now();
    // Before delivery has heard of the connection.
    server.append(vec![event("new", 1)]);
    server.table.send_replace(table(vec![made]));
    while server.handle.connection("a").await.is_err() {
        tokio::task::yield_now().await;
    }
    server.drained("a").await;
    assert_eq!(message_ids(&peer), ["new"]);
    server.table.send_replace(table(Vec::new()));
    while !server.handle.connections().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.handle.keep_from(sluice_event::WorkspaceNo(1)), None);
}

#[tokio::test]
async fn a_suspended_backlog_over_its_age_budget_becomes_dead_letters_with_that_reason() {
    let peer = Peer::answering(403).await;
    let policy = Policy {
        backlog_age_max: Duration::from_secs(3600),
        read_ahead_events: 10,
        ..Policy::default()
    };
    let config = DeliveryConfig { policy, ..DeliveryConfig::default() };
    let mut server = Server::with_config(vec![connection("a", to(&peer.url()))], config);
    server.append(vec![event("m0", 1)]);
    server.until("a", |status| matches!(status.state, ConnectionState::Suspended { .. })).await;
    for i in 1..=20 {
        server.append(vec![event(&format!("m{i}"), i)]);
    }
    server.advance(Duration::from_secs(2 * 3600));
    server.append(vec![event("young", 1)]);
    // Budgets of age are looked at when a connection opens and twice a minute.
    server.restart().await;
    let status =
        server.until("a", |status| status.dead.get("backlog_over_budget") == Some(&21)).await;
    assert_eq!(status.lag, 2, "the young one waits on");
}

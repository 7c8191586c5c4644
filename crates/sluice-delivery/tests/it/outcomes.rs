//! What a peer's answers lead to: retries, dead letters, splits, filters, counts.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sluice_base::Clock;
use sluice_delivery::{ConnectionState, EventState, SendAgain};
use sluice_destination_kit::peer::{Peer, Reply};
use sluice_model::tables::ConnectionTable;

use crate::server::{Server, connection, event, ids_of, message_ids, to, with};

#[tokio::test]
async fn a_sink_that_answers_503_three_times_gets_a_fourth_attempt_after_10_20_and_40_seconds() {
    let mut failures = 3;
    let peer = Peer::start(move |_| {
        failures -= 1;
        Reply::status(if failures >= 0 { 503 } else { 200 })
    })
    .await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    let offset = server.append(vec![event("m1", 1)]) + 1;
    for (attempt, nominal) in [(1_u32, 10), (2, 20), (3, 40)] {
        peer.wait_for(attempt as usize).await;
        server.until("a", |status| status.requests_in_flight == 0).await;
        let EventState::Waiting { attempts, due, .. } =
            server.handle.receipt("a", offset).await.unwrap()
        else {
            panic!("must wait after attempt {attempt}")
        };
        let delay = due.since(server.clock.now()).as_secs_f64();
        assert_eq!(attempts, attempt);
        assert!(
            (0.5..=1.5).contains(&(delay / f64::from(nominal))),
            "{delay} s after attempt {attempt}"
        );
        server.advance(Duration::from_secs_f64(delay));
    }
    let status = server.drained("a").await;
    assert_eq!((peer.count(), status.counts.delivered, status.counts.retries), (4, 1, 3));
}

async fn check_rejected(status: u16) {
    let peer = Peer::answering(status).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("m1", 1)]);
    let drained = server.drained("a").await;
    assert_eq!(peer.count(), 1);
    assert_eq!(drained.dead.get(&status.to_string()), Some(&1));
}

#[tokio::test]
async fn answers_400_and_501_are_final_after_one_attempt() {
    check_rejected(400).await;
    check_rejected(501).await;
}

#[tokio::test]
async fn retry_after_is_the_least_wait() {
    let mut first = true;
    let peer = Peer::start(move |_| match std::mem::take(&mut first) {
        true => Reply::status(429).header("retry-after", "30"),
        false => Reply::status(200),
    })
    .await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("m1", 1)]);
    server
        .until("a", |status| {
            status.waiting == 1 && status.requests_in_flight == 0 && status.last_error.is_some()
        })
        .await;
    server.advance(Duration::from_millis(29_999));
    // Each answer comes from the connection's task after it has looked at the clock.
    for _ in 0..5 {
        assert_eq!(server.status("a").await.requests_in_flight, 0);
    }
    assert_eq!(peer.count(), 1);
    server.advance(Duration::from_millis(1));
    server.drained("a").await;
    assert_eq!(peer.count(), 2);
}

#[tokio::test]
async fn what_a_sink_refuses_for_five_hours_is_dead_after_four_and_can_be_sent_again() {
    let peer = Peer::answering(503).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("m1", 1)]);
    let before = server.clock.now();
    let status = server.drain_over("a", Duration::from_secs(60)).await;
    let hours = server.clock.now().since(before).as_secs_f64() / 3600.0;
    assert!((3.9..4.3).contains(&hours), "given up after {hours} h");
    assert_eq!(status.dead.get("window_expired"), Some(&1));
    // Alone, it is the probe of a peer that fails altogether: about one a minute.
    assert!((20..400).contains(&peer.count()), "{} attempts", peer.count());

    peer.script(|_| Reply::status(200));
    // A letter is shown once it is on disk.
    let page = loop {
        let page = server.handle.dead_letters("a", None, 10, None).await.unwrap();
        if !page.letters.is_empty() {
            break page;
        }
        tokio::task::yield_now().await;
    };
    assert!(page.letters[0].message.contains("503"), "{:?}", page.letters[0].message);
    assert_eq!(page.letters[0].exchange.as_ref().unwrap().status, Some(503));
    server.restart().await;
    assert_eq!(
        server.handle.send_again("a", SendAgain::Reason("window_expired".into())).await.unwrap(),
        1
    );
    let status = server.drain_over("a", Duration::from_secs(60)).await;
    assert_eq!((status.counts.delivered, status.dead.len()), (1, 0));
}

#[tokio::test]
async fn a_batch_answered_413_is_split_until_it_passes() {
    let peer = Peer::start(|request| {
        Reply::status(if ids_of(&request.body).len() > 3 { 413 } else { 200 })
    })
    .await;
    let mut server =
        Server::start(vec![connection("a", json!({"url": peer.url(), "batchSize": 10}))]);
    server.append((0..10).map(|i| event(&format!("m{i}"), i)).collect());
    let status = server.drained("a").await;
    assert_eq!((status.counts.delivered, status.dead.len()), (10, 0));
}

#[tokio::test]
async fn a_reset_connection_is_tried_again() {
    let mut first = true;
    let peer =
        Peer::start(
            move |_| if std::mem::take(&mut first) { Reply::reset() } else { Reply::status(200) },
        )
        .await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("m1", 1)]);
    let status = server.drain_over("a", Duration::from_secs(5)).await;
    assert_eq!((peer.count(), status.counts.delivered, status.counts.retries), (2, 1, 1));
}

#[tokio::test]
async fn filters_count_each_event_under_its_first_reason() {
    let peer = Peer::answering(200).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    let none = json!({"integrations": {"All": false}});
    let only = json!({"integrations": {"All": false, "Webhook": true}});
    let bundled = json!({"_metadata": {"bundled": ["Webhooks"]}});
    let both = json!({"integrations": {"webhooks": false}, "_metadata": {"bundled": ["Webhooks"]}});
    let offset = server.append(vec![
        with("m1", 1, none),
        with("m2", 1, only),
        with("m3", 1, bundled),
        with("m4", 1, both),
        event("m5", 1),
    ]);
    let status = server.drained("a").await;
    assert_eq!(message_ids(&peer), ["m2", "m5"]);
    assert_eq!(status.counts.filtered["FILTERED_BY_INTEGRATIONS_OBJECT"], 2);
    assert_eq!(status.counts.filtered["MESSAGE_SENT_CLIENT_SIDE"], 1);
    let receipt = server.handle.receipt("a", offset + 1).await.unwrap();
    assert_eq!(
        receipt,
        EventState::Filtered { reason: "FILTERED_BY_INTEGRATIONS_OBJECT".to_owned() }
    );
}

#[tokio::test]
async fn a_connection_switched_off_keeps_what_waits_and_filters_what_comes() {
    let peer = Peer::answering(503).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("m1", 1)]);
    server.until("a", |status| status.last_error.is_some() && status.requests_in_flight == 0).await;
    let mut off = connection("a", to(&peer.url()));
    off.enabled = false;
    server.table.send_replace(Arc::new(ConnectionTable { connections: vec![Arc::new(off)] }));
    server.until("a", |status| status.state == ConnectionState::Disabled).await;
    server.append(vec![event("m2", 1)]);
    let end = server.log.synced();
    let status = server.until("a", |status| status.cursor == end).await;
    assert_eq!((status.waiting, status.counts.filtered["connection_disabled"]), (1, 1));

    peer.script(|_| Reply::status(200));
    let on = ConnectionTable { connections: vec![Arc::new(connection("a", to(&peer.url())))] };
    server.table.send_replace(Arc::new(on));
    server.until("a", |status| status.state == ConnectionState::Running).await;
    let status = server.drain_over("a", Duration::from_secs(5)).await;
    assert_eq!(status.counts.delivered, 1);
}

#[tokio::test]
async fn answer_401_suspends_until_the_settings_change_and_nothing_is_lost() {
    let peer = Peer::answering(401).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append((0..50).map(|i| event(&format!("m{i}"), i)).collect());
    let is_suspended = |state: &ConnectionState| matches!(state, ConnectionState::Suspended { code, .. } if code == "401");
    server.until("a", |status| is_suspended(&status.state) && status.requests_in_flight == 0).await;
    let tries = peer.count();
    server.advance(Duration::from_secs(10 * 3600));
    server.restart().await;
    assert!(is_suspended(&server.status("a").await.state));
    assert_eq!(peer.count(), tries);

    peer.script(|_| Reply::status(200));
    let mut mended = connection("a", to(&peer.url()));
    mended.revision = 2;
    server.table.send_replace(Arc::new(ConnectionTable { connections: vec![Arc::new(mended)] }));
    let status = server.drained("a").await;
    assert_eq!((status.counts.delivered, status.dead.len()), (50, 0));
}

#[tokio::test]
async fn settings_that_do_not_fit_suspend_with_what_is_wrong() {
    let mut server = Server::start(vec![connection("a", json!({"uri": "https://a.example/"}))]);
    server.append(vec![event("m1", 1)]);
    let ConnectionState::Suspended { code, message, .. } = server.status("a").await.state else {
        panic!("must be suspended")
    };
    assert_eq!(code, "INVALID_SETTINGS");
    assert!(message.contains("did you mean `url`"), "{message}");
}

#[tokio::test]
async fn after_a_mixed_day_everything_is_counted_once() {
    let mut turn = 0_u64;
    let peer = Peer::start(move |_| {
        turn += 1;
        Reply::status([200, 503, 200, 400, 200, 429][usize::try_from(turn % 6).unwrap()])
    })
    .await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    for round in 0..10 {
        let skip = |i: u64| {
            if i.is_multiple_of(7) { json!({"integrations": {"All": false}}) } else { Value::Null }
        };
        server.append((0..20).map(|i| with(&format!("m{round}-{i}"), i % 5, skip(i))).collect());
        if round == 5 {
            server.restart().await;
        }
    }
    let status = server.drain_over("a", Duration::from_secs(3)).await;
    let filtered: u64 = status.counts.filtered.values().sum();
    let dead: u64 = status.dead.values().sum();
    assert_eq!((status.counts.accepted, filtered), (200, 30));
    assert_eq!(status.counts.delivered + dead, 170);
    assert!(dead > 0 && status.counts.retries > 0);
    // Letters are listed once they are committed.
    let page = loop {
        let page = server.handle.dead_letters("a", None, 3, Some("400")).await.unwrap();
        if page.by_reason.get("400") == Some(&dead) {
            break page;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((page.letters.len(), page.next), (3, Some(page.letters[2].offset)));
}

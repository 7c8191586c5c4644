//! What is broken stops itself at most, says so, and loses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use sluice_delivery::{
    ConnectionState, ConnectionStatus, DeliveryConfig, EventState, Policy, SendAgain, TrialOutcome,
};
use sluice_destination_kit::peer::Peer;
use sluice_destination_kit::{
    BatchLimits, BatchOutcome, BoxFuture, Catalog, Delivery, Destination, DestinationKind, HttpOut,
    Settings, SettingsError, SettingsSchema, Verdict, Verdicts,
};
use sluice_event::{StoredEvent, WorkspaceNo};
use sluice_model::DestinationFilter;

use crate::filters::filter;
use crate::server::{Server, connection, event, message_ids, to, with};

/// The webhook with faults: it panics at the first attempt of an event `panic-…`, and when asked
/// whether it takes an event `bug-…`. Of events `card-…` it takes those with a card, and of `late-…`
/// it finds at the attempt that nothing wants them. Counts how often it is built.
struct Faulty(Arc<dyn DestinationKind>, Arc<AtomicUsize>);

impl DestinationKind for Faulty {
    fn slug(&self) -> &str {
        "faulty"
    }

    fn name(&self) -> &str {
        "Faulty"
    }

    fn description(&self) -> &str {
        "Panics."
    }

    fn settings(&self) -> &SettingsSchema {
        self.0.settings()
    }

    fn build(
        &self,
        settings: Settings,
        http: HttpOut,
    ) -> Result<Arc<dyn Destination>, SettingsError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(Arc::new(FaultyDestination(self.0.build(settings, http)?)))
    }
}

struct FaultyDestination(Arc<dyn Destination>);

impl Destination for FaultyDestination {
    fn limits(&self) -> BatchLimits {
        self.0.limits()
    }

    fn takes(&self, stored: &StoredEvent) -> bool {
        assert!(!stored.event.message_id.starts_with("bug-"), "asked about {stored:?}");
        !stored.event.message_id.starts_with("card-") || stored.event.json.contains("4111")
    }

    fn deliver<'a>(&'a self, batch: &'a [Delivery<'a>]) -> BoxFuture<'a, BatchOutcome> {
        let is_bad =
            |d: &Delivery<'_>| d.attempt == 1 && d.stored.event.message_id.starts_with("panic-");
        assert!(!batch.iter().any(is_bad), "a fault of the destination");
        Box::pin(async move {
            let mut outcome = self.0.deliver(batch).await;
            if batch.iter().any(|d| d.stored.event.message_id.starts_with("late-")) {
                outcome.verdicts = Verdicts::Whole(Verdict::Filtered("NOTHING_WANTS_IT"));
            }
            outcome
        })
    }
}

fn faulty_catalog(builds: &Arc<AtomicUsize>) -> Catalog {
    let catalog = sluice_destinations::catalog();
    let faulty = Faulty(Arc::clone(catalog.get("webhook").unwrap()), Arc::clone(builds));
    let kinds = catalog.iter().cloned().chain([Arc::new(faulty) as Arc<dyn DestinationKind>]);
    Catalog::new(kinds.collect::<Vec<_>>())
}

fn faulty_server(peer: &Peer, builds: &Arc<AtomicUsize>) -> Server {
    faulty_server_with(peer, builds, Vec::new())
}

fn faulty_server_with(
    peer: &Peer,
    builds: &Arc<AtomicUsize>,
    filters: Vec<DestinationFilter>,
) -> Server {
    let policy =
        Policy { commit_interval: Duration::from_millis(5), requests_max: 1, ..Policy::default() };
    let config = DeliveryConfig { policy, ..DeliveryConfig::default() };
    let (mut faulty, sound) = (connection("a", to(&peer.url())), connection("b", to(&peer.url())));
    faulty.kind = "faulty".to_owned();
    faulty.filters = filters;
    Server::with_catalog(vec![faulty, sound], config, faulty_catalog(builds))
}

#[tokio::test]
async fn an_event_that_nothing_wants_any_more_counts_as_filtered() {
    let peer = Peer::answering(200).await;
    let mut server = faulty_server(&peer, &Arc::default());
    server.append(vec![event("late-1", 1), event("m2", 1)]);
    let status = server.drained("a").await;
    assert_eq!((status.counts.delivered, status.counts.filtered["NOTHING_WANTS_IT"]), (1, 1));
    assert!(status.last_error.is_none());
}

#[tokio::test]
async fn a_destination_is_asked_about_the_event_as_it_is_sent() {
    let peer = Peer::answering(200).await;
    let fields = json!({"properties": ["card"]});
    let drop = json!([{"type": "DROP_PROPERTIES", "fields": fields}]);
    let mut server = faulty_server_with(&peer, &Arc::default(), vec![filter("all", &drop)]);
    server.append(vec![with("card-1", 1, json!({"properties": {"card": "4111"}})), event("m2", 1)]);
    let status = server.drained("a").await;
    assert_eq!((status.counts.delivered, status.counts.filtered["UNSUPPORTED_EVENT_TYPE"]), (1, 1));
}

#[tokio::test]
async fn a_destination_that_panics_costs_an_attempt_and_neither_the_person_nor_the_slot() {
    let peer = Peer::answering(200).await;
    let mut server = faulty_server(&peer, &Arc::default());
    server.append(vec![event("panic-1", 1), event("ann-2", 1), event("panic-2", 2)]);
    let status = server
        .until("a", |status| status.last_error.is_some() && status.requests_in_flight == 0)
        .await;
    let (_, code, _) = status.last_error.unwrap();
    assert_eq!(code, "PANIC");
    let status = server.drain_over("a", Duration::from_secs(5)).await;
    assert_eq!((status.counts.delivered, status.counts.retries, status.dead.len()), (3, 2, 0));
    server.drained("b").await;
    let mut ids = message_ids(&peer);
    ids.sort();
    assert_eq!(ids, ["ann-2", "ann-2", "panic-1", "panic-1", "panic-2", "panic-2"]);
}

fn failure(status: &ConnectionStatus) -> Option<String> {
    match &status.state {
        ConnectionState::Failed { message } => Some(message.clone()),
        _ => None,
    }
}

async fn failed(server: &Server, id: &str) -> (ConnectionStatus, String) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let status = server.status(id).await;
        if let Some(message) = failure(&status) {
            return (status, message);
        }
        assert!(std::time::Instant::now() < deadline, "not failed: {status:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_connection_whose_next_record_the_log_has_dropped_fails_and_says_so() {
    let peer = Peer::answering(200).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("m1", 1)]);
    let cursor = server.drained("a").await.cursor;
    server.stop().await;
    server.open_log();
    while server.log.first() <= cursor {
        server.append((0..200).map(|i| event(&format!("unseen-{i}"), i)).collect());
        server.log.retain(server.log.synced()).unwrap();
    }
    server.log.stop();
    server.start_again();
    let (status, message) = failed(&server, "a").await;
    assert_eq!(message, format!("the events log no longer holds offset {cursor}"));
    assert_eq!((status.cursor, status.counts.delivered), (cursor, 1));
}

#[tokio::test]
async fn a_connection_whose_cursor_is_inside_a_record_fails_and_says_so() {
    let peer = Peer::answering(200).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("m1", 1)]);
    let cursor = server.drained("a").await.cursor;
    server.stop().await;
    // Another log than the one the connection has read.
    server.remove_log();
    server.start_again();
    server.append((0..10).map(|i| event(&format!("other-{i}"), i)).collect());
    let (_, message) = failed(&server, "a").await;
    assert_eq!(message, format!("the events log no longer holds offset {cursor}"));
}

#[tokio::test]
async fn a_connection_whose_task_broke_off_is_shown_failed_and_answers_what_is_durable() {
    let peer = Peer::answering(200).await;
    let mut server = faulty_server(&peer, &Arc::default());
    let first = server.append(vec![event("m1", 1)]) + 1;
    let cursor = server.drained("a").await.cursor;
    while server.handle.keep_from(WorkspaceNo(1)) != Some(cursor) {
        tokio::task::yield_now().await;
    }
    let bug = server.append(vec![event("bug-1", 1)]) + 1;
    let (status, message) = failed(&server, "a").await;
    assert!(message.contains("broke off"), "{message}");
    assert_eq!((status.cursor, status.counts.delivered, status.lag), (cursor, 1, 2));
    assert!(!status.balances);
    server.drained("b").await;
    assert_eq!(server.handle.connections().await.len(), 2);
    assert_eq!(server.handle.receipt("a", first).await.unwrap(), EventState::Finished);
    assert_eq!(server.handle.receipt("a", bug).await.unwrap(), EventState::NotRead);
    assert!(server.handle.resume("a").await.is_err());
    assert_eq!(server.handle.keep_from(WorkspaceNo(1)), Some(cursor));
}

#[tokio::test]
async fn a_damaged_connection_starts_nothing_drops_nothing_and_is_tried_again() {
    let peer = Peer::answering(200).await;
    let (a, b) = (connection("a", to(&peer.url())), connection("b", to(&peer.url())));
    let mut server = Server::start(vec![a.clone(), b.clone()]);
    server.append(vec![event("m1", 1)]);
    server.drained("a").await;
    server.stop().await;
    let journal = server.path("a", "state.journal");
    let sound = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, b"something else altogether").unwrap();
    server.start_again();
    let (status, message) = failed(&server, "a").await;
    assert!(message.contains("state.journal"), "{message}");
    assert!(!status.balances);
    server.append(vec![event("m2", 1)]);
    server.drained("b").await;
    assert_eq!(server.handle.keep_from(WorkspaceNo(1)), Some(server.log.first()));
    assert_eq!(server.handle.connections().await.len(), 2);
    server.handle.receipt("a", 1).await.unwrap_err();

    std::fs::write(&journal, sound).unwrap();
    server.publish(vec![a, b]);
    server.until("a", |status| status.counts.delivered == 2 && status.waiting == 0).await;
}

#[tokio::test]
async fn a_connection_that_could_not_be_opened_is_opened_by_itself_once_its_files_are_sound() {
    let peer = Peer::answering(200).await;
    let config = DeliveryConfig {
        reopen_after: Duration::from_millis(20),
        drain: Duration::from_millis(200),
        ..DeliveryConfig::default()
    };
    let mut server = Server::with_config(vec![connection("a", to(&peer.url()))], config);
    server.append(vec![event("m1", 1)]);
    server.drained("a").await;
    server.stop().await;
    let journal = server.path("a", "state.journal");
    let sound = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, b"something else altogether").unwrap();
    server.start_again();
    failed(&server, "a").await;
    server.append(vec![event("m2", 1)]);
    std::fs::write(&journal, sound).unwrap();
    server.until("a", |status| status.counts.delivered == 2 && status.waiting == 0).await;
    assert_eq!(message_ids(&peer), ["m1", "m2"]);
}

#[tokio::test]
async fn a_connection_whose_task_broke_off_goes_on_from_what_is_durable() {
    let peer = Peer::answering(200).await;
    let builds = Arc::new(AtomicUsize::new(0));
    let mut server = faulty_server(&peer, &builds);
    server.stop().await;
    server.config.reopen_after = Duration::from_millis(20);
    server.start_again();
    let first = server.append(vec![event("m1", 1)]) + 1;
    server.until("a", |status| status.counts.delivered == 1).await;
    server.append(vec![event("bug-1", 1)]);
    let before = builds.load(Ordering::SeqCst);
    // It breaks off at the same event each time, is opened anew, and holds its place meanwhile.
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while builds.load(Ordering::SeqCst) < before + 3 {
        assert!(server.handle.keep_from(WorkspaceNo(1)).is_some_and(|from| from <= first + 1));
        assert!(std::time::Instant::now() < deadline, "not opened anew");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.drained("b").await;
    failed(&server, "a").await;
}

#[tokio::test]
async fn a_test_event_shows_request_and_answer_and_leaves_no_trace_in_the_account() {
    let peer = Peer::answering(401).await;
    let mut settings = to(&peer.url());
    settings["sharedSecret"] = "planted-secret".into();
    let server = Server::start(vec![connection("a", settings)]);
    let trial = server.handle.try_out("a", event("try", 0)).await.unwrap();
    let TrialOutcome::Answered(Verdict::Suspend { reason }) = trial.outcome else {
        panic!("{:?}", trial.outcome)
    };
    assert_eq!(reason.code, "401");
    let exchange = &trial.exchanges[0];
    assert_eq!(exchange.status, Some(401));
    assert!(exchange.request_body.contains("\"try\""), "{exchange:?}");
    assert!(!format!("{exchange:?}").contains("planted-secret"), "{exchange:?}");
    let status = server.status("a").await;
    assert_eq!((status.state, status.counts.accepted), (ConnectionState::Running, 0));
    // What is asked right behind a change is answered by it.
    let misfit = connection("a", json!({"url": "nowhere"}));
    server.publish(vec![misfit, connection("new", to(&peer.url()))]);
    let trial = server.handle.try_out("a", event("try", 0)).await.unwrap();
    assert!(matches!(trial.outcome, TrialOutcome::Misfit(_)), "{:?}", trial.outcome);
    let trial = server.handle.try_out("new", event("try", 0)).await.unwrap();
    assert!(matches!(trial.outcome, TrialOutcome::Answered(_)), "{:?}", trial.outcome);
    assert!(server.handle.try_out("none", event("try", 0)).await.is_err());
}

#[tokio::test]
async fn settings_that_do_not_fit_give_up_only_what_the_destination_would_have_got() {
    let policy = Policy { backlog_age_max: Duration::from_secs(3600), ..Policy::default() };
    let config = DeliveryConfig { policy, ..DeliveryConfig::default() };
    let misfit = connection("a", json!({"uri": "https://a.example/"}));
    let mut server = Server::with_config(vec![misfit.clone()], config);
    let not_for_us = json!({"integrations": {"Webhooks": false}});
    server.append(vec![event("m1", 1), with("m2", 1, not_for_us), event("m3", 2)]);
    server.advance(Duration::from_secs(2 * 3600));
    server.restart().await;
    let status = server.drained("a").await;
    assert_eq!(status.dead.get("backlog_over_budget"), Some(&2), "{status:?}");
    assert_eq!(status.counts.filtered["FILTERED_BY_INTEGRATIONS_OBJECT"], 1);
}

#[tokio::test]
async fn a_letter_that_is_filtered_by_now_is_counted_and_not_sent_again() {
    let peer = Peer::answering(400).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    let for_webhooks = json!({"integrations": {"All": false, "Webhook": true}});
    server.append(vec![event("m1", 1), with("m2", 2, for_webhooks)]);
    server.drained("a").await;
    while server.handle.dead_letters("a", None, 9, None).await.unwrap().letters.len() < 2 {
        tokio::task::yield_now().await;
    }
    server.stop().await;
    // Another kind of destination under the same connection.
    let mut changed = connection("a", to(&peer.url()));
    (changed.kind, changed.revision) = ("faulty".to_owned(), 2);
    server.use_catalog(faulty_catalog(&Arc::default()));
    server.publish(vec![changed]);
    server.start_again();
    peer.script(|_| sluice_destination_kit::peer::Reply::status(200));
    assert_eq!(server.handle.send_again("a", SendAgain::All).await.unwrap(), 1);
    let status = server.drained("a").await;
    assert_eq!((status.counts.delivered, status.dead.len()), (1, 0));
    assert_eq!(status.counts.filtered["FILTERED_BY_INTEGRATIONS_OBJECT"], 1);
    assert_eq!(message_ids(&peer).last().unwrap(), "m1");
}

#[tokio::test]
async fn settings_that_go_on_to_misfit_stay_suspended_since_they_began_to() {
    let peer = Peer::answering(200).await;
    let misfit = connection("a", json!({"uri": "https://a.example/"}));
    let server = Server::start(vec![misfit.clone()]);
    let since = suspended_since(&server).await;
    server.advance(Duration::from_secs(60));
    server.publish(vec![misfit.clone(), connection("b", to(&peer.url()))]);
    while server.handle.connection("b").await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(suspended_since(&server).await, since);
    // Still misfits, in another way.
    let mut worse = connection("a", json!({"url": 7}));
    worse.revision = 2;
    server.publish(vec![worse]);
    while server.handle.connection("b").await.is_ok() {
        tokio::task::yield_now().await;
    }
    server
        .until("a", |status| match &status.state {
            ConnectionState::Suspended { message, .. } => !message.contains("uri"),
            _ => false,
        })
        .await;
    assert_eq!(suspended_since(&server).await, since);
}

async fn suspended_since(server: &Server) -> sluice_base::Timestamp {
    match server.status("a").await.state {
        ConnectionState::Suspended { since, .. } => since,
        other => panic!("must be suspended: {other:?}"),
    }
}

#[tokio::test]
async fn a_change_of_another_connection_builds_no_destination_anew() {
    let (peer, builds) = (Peer::answering(200).await, Arc::default());
    let server = faulty_server(&peer, &builds);
    let mut faulty = connection("a", to(&peer.url()));
    faulty.kind = "faulty".to_owned();
    server.publish(vec![faulty.clone(), connection("c", to(&peer.url()))]);
    while server.handle.connection("c").await.is_err() {
        tokio::task::yield_now().await;
    }
    server.status("a").await;
    assert_eq!(builds.load(Ordering::SeqCst), 1);
    faulty.revision = 2;
    server.publish(vec![faulty]);
    while server.handle.connection("c").await.is_ok() || builds.load(Ordering::SeqCst) == 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(builds.load(Ordering::SeqCst), 2);
}

/// Two dead letters, then `damage` of their file while the server is stopped.
async fn with_damaged_letters(damage: impl FnOnce(&mut Vec<u8>)) -> Server {
    let peer = Peer::answering(400).await;
    let mut server = Server::start(vec![connection("a", to(&peer.url()))]);
    server.append(vec![event("m1", 1)]);
    server.until("a", |status| status.dead.get("400") == Some(&1)).await;
    server.append(vec![event("m2", 1)]);
    server.until("a", |status| status.dead.get("400") == Some(&2)).await;
    server.stop().await;
    let path = server.path("a", "dead.letters");
    let mut bytes = std::fs::read(&path).unwrap();
    damage(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    server.start_again();
    server
}

#[tokio::test]
async fn a_damaged_dead_letter_is_reported_and_not_counted_as_if_it_could_be_found() {
    let server = with_damaged_letters(|bytes| bytes[20] ^= 1).await;
    let (status, message) = failed(&server, "a").await;
    assert!(message.contains("dead.letters is damaged at byte 5"), "{message}");
    assert!(!status.balances);
}

#[tokio::test]
async fn what_a_crash_left_of_a_dead_letter_is_cut() {
    let mut whole = 0;
    let server = with_damaged_letters(|bytes| {
        whole = bytes.len();
        bytes.extend_from_slice(&[40, 0, 0, 0, 1, 2, 3, 4, 5]);
    })
    .await;
    let page = server.handle.dead_letters("a", None, 9, None).await.unwrap();
    assert_eq!((page.letters.len(), page.by_reason["400"]), (2, 2));
    let bytes = std::fs::metadata(server.path("a", "dead.letters")).unwrap().len();
    assert_eq!(usize::try_from(bytes).unwrap(), whole);
}

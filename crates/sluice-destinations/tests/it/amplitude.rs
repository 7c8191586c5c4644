//! What the Amplitude destination makes of answers: events are judged one by one, a person's order
//! holds, and nothing secret is kept.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sluice_destination_kit::peer::{Arrived, Peer, Reply};
use sluice_destination_kit::{BatchOutcome, Delivery, Destination, Verdict, Verdicts};
use sluice_destinations::catalog;
use sluice_event::{Offset, StoredEvent};

use crate::amplitude_golden::somebodys;

fn destination(peer: &Peer, more: &Value) -> Arc<dyn Destination> {
    let origin = peer.url().trim_end_matches("/hook").to_owned();
    let mut settings = json!({"apiKey": "0123456789abcdef0123456789abcdef", "serverUrl": origin});
    for (key, value) in more.as_object().into_iter().flatten() {
        settings[key] = value.clone();
    }
    catalog().build("amplitude", &settings, crate::http(true)).unwrap()
}

fn track(id: &str, user: &str) -> StoredEvent {
    somebodys(&json!({"type": "track", "event": "E", "messageId": id, "userId": user}))
}

fn identify(id: &str, user: &str) -> StoredEvent {
    somebodys(&json!({"type": "identify", "messageId": id, "userId": user, "traits": {"a": 1}}))
}

async fn deliver(to: &dyn Destination, events: &[&StoredEvent], attempt: u32) -> BatchOutcome {
    let batch: Vec<Delivery<'_>> = events
        .iter()
        .map(|stored| Delivery { offset: Offset(1), stored, attempt, progress: None })
        .collect();
    to.deliver(&batch).await
}

/// Each verdict as a word, with its code, and the seconds to wait if the peer named them.
fn words(outcome: &BatchOutcome) -> Vec<String> {
    let Verdicts::Each(verdicts) = &outcome.verdicts else { panic!("a verdict for each") };
    let word = |verdict: &Verdict| match verdict {
        Verdict::Delivered => "delivered".to_owned(),
        Verdict::Again => "again".to_owned(),
        Verdict::Filtered(reason) => format!("filtered {reason}"),
        Verdict::Retry { reason, after: Some(after) } => {
            format!("retry {} in {}", reason.code, after.as_secs())
        }
        Verdict::Retry { reason, after: None } => format!("retry {}", reason.code),
        Verdict::Suspend { reason } => format!("suspend {}", reason.code),
        Verdict::Reject { reason } => format!("reject {}: {}", reason.code, reason.message),
        Verdict::Split { reason } => format!("split {}", reason.code),
    };
    verdicts.iter().map(word).collect()
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply { body: body.to_string(), ..Reply::status(status) }
}

fn insert_ids(request: &Arrived) -> Vec<String> {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let events = body["events"].as_array().unwrap();
    events.iter().map(|event| event["insert_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_answer_to_a_single_event_has_its_verdict() {
    let wrong_key = json!({"code": 400, "error": "Invalid API key: 0123"});
    let no_type = json!({"code": 400, "error": "Request missing required field", "missing_field": "event_type"});
    let cases = [
        (1, reply(200, &json!({"code": 200, "events_ingested": 0})), "delivered"),
        (1, reply(400, &wrong_key), "suspend INVALID_API_KEY"),
        (1, reply(400, &no_type), "reject BAD_REQUEST: event_type missing"),
        (1, reply(400, &json!({"error": "odd"})), "reject BAD_REQUEST: Amplitude refused it: odd"),
        (1, Reply::status(401), "suspend INVALID_API_KEY"),
        (1, Reply::status(403), "retry 403"),
        (4, Reply::status(403), "suspend INVALID_API_KEY"),
        (1, Reply::status(404), "reject 404: Amplitude answered 404"),
        (1, Reply::status(408), "retry 408"),
        (1, Reply::status(413), "reject 413: the request is larger than Amplitude takes"),
        (1, Reply::status(429), "retry 429 in 30"),
        (1, Reply::status(429).header("retry-after", "90"), "retry 429 in 90"),
        (1, Reply::status(500), "retry 500"),
        (1, Reply::status(503), "retry 503"),
        (1, Reply::reset(), "retry ECONNRESET"),
    ];
    for (attempt, reply, expected) in cases {
        let scripted = reply.clone();
        let peer = Peer::start(move |_| scripted.clone()).await;
        let to = destination(&peer, &json!({}));
        let outcome = deliver(&*to, &[&track("m", "ann")], attempt).await;
        assert_eq!(words(&outcome), [expected], "{reply:?}");
    }
}

/// The batch, and what remains of it, through the answers that name single events.
#[tokio::test]
async fn events_named_in_an_answer_are_judged_alone_and_the_others_go_again() {
    let peer = Peer::answering(200).await;
    let to = destination(&peer, &json!({}));
    let events: Vec<StoredEvent> =
        (0..5).map(|n| track(&format!("m{n}"), &format!("u-{}", 7 + n))).collect();
    let named = json!({"code": 400, "error": "Invalid fields",
        "events_with_invalid_fields": {"time": [1]}, "events_with_missing_fields": {"event_type": [3]}});
    peer.script(move |_| reply(400, &named));
    let outcome = deliver(&*to, &events.iter().collect::<Vec<_>>(), 1).await;
    let [invalid, missing] =
        ["reject BAD_REQUEST: time invalid", "reject BAD_REQUEST: event_type missing"];
    assert_eq!(words(&outcome), ["again", invalid, "again", missing, "again"]);

    let throttled = json!({"code": 429, "throttled_users": {"u-9": 41}, "throttled_events": [1], "eps_threshold": 30});
    peer.script(move |_| reply(429, &throttled));
    let outcome = deliver(&*to, &[&events[0], &events[2], &events[4]], 1).await;
    assert_eq!(words(&outcome), ["again", "retry THROTTLED_USER in 30", "again"]);

    peer.script(|_| Reply::status(200));
    let outcome = deliver(&*to, &[&events[0], &events[4]], 1).await;
    assert_eq!(words(&outcome), ["delivered", "delivered"]);
    let outcome = deliver(&*to, &[&events[2]], 2).await;
    assert_eq!(words(&outcome), ["delivered"]);
    let sent: Vec<String> = peer.arrived().iter().map(|r| insert_ids(r).join(" ")).collect();
    assert_eq!(sent, ["m0 m1 m2 m3 m4", "m0 m2 m4", "m0 m4", "m2"]);
}

#[tokio::test]
async fn a_throttled_device_is_held_by_its_name_and_a_daily_quota_for_an_hour() {
    let body = json!({"code": 429, "throttled_devices": {"dev-2": 40},
        "exceeded_daily_quota_users": {"u-3": 500_001}});
    let peer = Peer::start(move |_| reply(429, &body)).await;
    let to = destination(&peer, &json!({"sendToBatchEndpoint": true}));
    let device = somebodys(
        &json!({"type": "track", "event": "E", "messageId": "m2", "anonymousId": "dev-2"}),
    );
    let outcome = deliver(&*to, &[&track("m1", "u-1"), &device, &track("m3", "u-3")], 1).await;
    assert_eq!(
        words(&outcome),
        ["again", "retry THROTTLED_USER in 15", "retry OVER_DAILY_QUOTA in 3600"]
    );
    assert_eq!(peer.arrived()[0].path, "/batch");
}

#[tokio::test]
async fn silenced_devices_are_refused_with_their_reason() {
    let body = json!({"code": 400, "error": "Events silenced for device_id",
        "silenced_devices": ["dev-9"], "silenced_events": [0]});
    let peer = Peer::start(move |_| reply(400, &body)).await;
    let to = destination(&peer, &json!({}));
    let outcome = deliver(&*to, &[&track("m1", "u-1"), &track("m2", "u-2")], 1).await;
    let silenced = "reject BAD_REQUEST: Amplitude has silenced the device (dev-9)";
    assert_eq!(words(&outcome), [silenced, "again"]);
}

#[tokio::test]
async fn a_refusal_that_names_nobody_is_searched_by_halving() {
    let peer = Peer::start(|_| reply(400, &json!({"code": 400, "error": "odd"}))).await;
    let to = destination(&peer, &json!({}));
    let outcome = deliver(&*to, &[&track("m1", "u-1"), &track("m2", "u-2")], 1).await;
    assert_eq!(words(&outcome), ["split BAD_REQUEST", "split BAD_REQUEST"]);
    // The events of one order are one event, which no halving parts.
    let order = somebodys(&json!({"type": "track", "event": "Order Completed", "messageId": "m3",
        "userId": "u-3", "properties": {"revenue": 1, "products": [{"sku": "a"}, {"sku": "b"}]}}));
    let outcome = deliver(&*to, &[&order], 1).await;
    assert_eq!(words(&outcome), ["reject BAD_REQUEST: Amplitude refused it: odd"]);
}

#[tokio::test]
async fn a_fault_in_one_product_is_the_orders() {
    let body = json!({"code": 400, "events_with_invalid_fields": {"price": [2]}});
    let peer = Peer::start(move |_| reply(400, &body)).await;
    let to = destination(&peer, &json!({}));
    let order = somebodys(&json!({"type": "track", "event": "Order Completed", "messageId": "m3",
        "userId": "u-3", "properties": {"revenue": 1, "products": [{"sku": "a"}, {"sku": "b"}]}}));
    let outcome = deliver(&*to, &[&order, &track("m4", "u-4")], 1).await;
    assert_eq!(words(&outcome), ["reject BAD_REQUEST: price invalid", "again"]);
}

#[tokio::test]
async fn nothing_of_a_person_passes_what_has_to_wait() {
    let body = json!({"code": 429, "throttled_users": {"ann-1": 31}, "throttled_events": [0]});
    let peer = Peer::start(move |request| match request.path.as_str() {
        "/2/httpapi" => reply(429, &body),
        _ => Reply::status(200),
    })
    .await;
    let to = destination(&peer, &json!({}));
    let (first, second, third) =
        (track("m1", "ann-1"), identify("m2", "ann-1"), track("m3", "ann-1"));
    let outcome = deliver(&*to, &[&first, &second, &third, &identify("m4", "bob-1")], 1).await;
    // Her second track is throttled with the first; her identify was not sent.
    assert_eq!(words(&outcome)[..2], ["retry THROTTLED_USER in 30", "again"]);
    assert!(peer.arrived().iter().all(|request| request.path == "/2/httpapi"), "no identify");
}

#[tokio::test]
async fn a_peer_that_is_away_holds_the_whole_batch() {
    let peer = Peer::answering(503).await;
    let to = destination(&peer, &json!({}));
    let outcome = deliver(&*to, &[&track("m1", "u-1"), &identify("m2", "u-2")], 1).await;
    assert_eq!(words(&outcome), ["retry 503", "retry 503"]);
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn a_group_that_is_refused_as_the_persons_is_still_told_of_itself() {
    let peer = Peer::start(|request| match request.path.as_str() {
        "/identify" => reply(400, &json!({"error": "odd"})),
        _ => Reply::status(200),
    })
    .await;
    let settings = json!({"groupTypeTrait": "kind", "groupValueTrait": "name"});
    let to = destination(&peer, &settings);
    let group = somebodys(&json!({"type": "group", "messageId": "m1", "userId": "u-1",
        "groupId": "g-1", "traits": {"kind": "Company", "name": "Northwind"}}));
    let outcome = deliver(&*to, &[&group], 1).await;
    assert_eq!(words(&outcome), ["reject BAD_REQUEST: Amplitude refused it: odd"]);
    let paths: Vec<String> = peer.arrived().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/identify", "/groupidentify"]);
}

#[tokio::test]
async fn an_event_that_amplitude_would_never_take_does_not_hold_up_the_others() {
    let peer = Peer::answering(200).await;
    let to = destination(&peer, &json!({}));
    let nobodys = track("m1", "undefined");
    let outcome = deliver(&*to, &[&nobodys, &track("m2", "u-2")], 1).await;
    let refused = "reject BAD_REQUEST: no user_id or device_id that Amplitude takes: undefined";
    assert_eq!(words(&outcome), [refused, "delivered"]);
    assert_eq!(insert_ids(&peer.arrived()[0]), ["m2"]);
}

#[tokio::test]
async fn a_recorded_failure_holds_no_key() {
    let peer = Peer::start(|request| Reply {
        body: format!("you sent {}", String::from_utf8_lossy(&request.body)),
        ..Reply::status(400)
    })
    .await;
    let to = destination(&peer, &json!({}));
    for event in [track("m1", "u-1"), identify("m2", "u-1")] {
        let exchanges = deliver(&*to, &[&event], 1).await.exchanges;
        let kept = format!("{exchanges:?}");
        assert!(kept.contains("you sent") && kept.contains("***"), "{kept}");
        assert!(!kept.contains("0123456789abcdef"), "{kept}");
    }
}

#[tokio::test]
async fn large_events_part_into_requests_that_amplitude_takes() {
    let peer = Peer::answering(200).await;
    let to = destination(&peer, &json!({}));
    let large = |n: u32| {
        somebodys(&json!({"type": "track", "event": "E", "messageId": format!("m{n}"),
            "userId": "ann", "properties": {"text": "x".repeat(30_000)}}))
    };
    let events: Vec<StoredEvent> = (0..60).map(large).collect();
    let outcome = deliver(&*to, &events.iter().collect::<Vec<_>>(), 1).await;
    assert!(words(&outcome).iter().all(|word| word == "delivered"));
    let arrived = peer.arrived();
    assert!(arrived.iter().all(|request| request.body.len() < 1_000_000));
    let order: Vec<String> = arrived.iter().flat_map(insert_ids).collect();
    assert_eq!(order, (0..60).map(|n| format!("m{n}")).collect::<Vec<_>>());
}

#[test]
fn wrong_settings_are_named() {
    let settings = json!({"apiKey": "k", "endpoint": "asia", "traitsToIncrement": "logins",
        "mapQueryParams": {"q": "somewhere"}});
    let Err(error) = catalog().build("amplitude", &settings, crate::http(false)) else {
        panic!("taken")
    };
    assert_eq!(
        error.to_string(),
        "setting `endpoint` must be one of north_america, europe; \
         setting `traitsToIncrement` must be a list of texts"
    );
    let settings = json!({"apiKey": "k", "mapQueryParams": {"q": "somewhere"}});
    let error = catalog().build("amplitude", &settings, crate::http(false)).err().unwrap();
    assert_eq!(
        error.to_string(),
        "setting `mapQueryParams` `q` must be user_properties or event_properties"
    );
}

#[test]
fn a_batch_waits_a_second_at_most_and_none_at_all_when_switched_off() {
    let limits = |settings: Value| {
        catalog().build("amplitude", &settings, crate::http(false)).unwrap().limits()
    };
    let usual = limits(json!({"apiKey": "k"}));
    assert_eq!((usual.events_max, usual.age_max), (100, Duration::from_secs(1)));
    assert_eq!(limits(json!({"apiKey": "k", "sendToBatchEndpoint": true})).events_max, 1_000);
    assert_eq!(limits(json!({"apiKey": "k", "batchEvents": false})).events_max, 1);
}

#[tokio::test]
async fn what_goes_out_changed_is_warned_about_once_it_has_arrived() {
    let peer = Peer::answering(503).await;
    let to = destination(&peer, &json!({}));
    let nested = somebodys(&json!({"type": "track", "event": "E", "messageId": "m1",
        "userId": "u-1", "properties": {"rows": [[1], [2]]}}));
    let outcome = deliver(&*to, &[&nested, &track("m2", "u-2")], 1).await;
    assert!(outcome.warnings.is_empty(), "it may go out differently the next time");
    peer.script(|_| Reply::status(200));
    let outcome = deliver(&*to, &[&nested, &track("m2", "u-2")], 2).await;
    let codes: Vec<&str> = outcome.warnings.iter().map(|warning| &*warning.code).collect();
    assert_eq!(codes, ["NESTED_ARRAY"]);
}

async fn deletion_words(peer: &Peer, ids: &[&str]) -> (String, Option<String>) {
    let to = destination(peer, &json!({"secretKey": "secret-of-the-project"}));
    let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
    let outcome = to.forget(&ids).unwrap().await;
    let Verdicts::Whole(verdict) = outcome.verdicts.clone() else { panic!("one verdict") };
    let each = BatchOutcome { verdicts: Verdicts::Each(vec![verdict]), ..outcome.clone() };
    let kept = format!("{:?}", outcome.exchanges);
    assert!(!kept.contains("secret-of-the-project"), "{kept}");
    assert!(!kept.contains("MDEyMzQ1Njc4OWFiY2RlZj"), "{kept}");
    (words(&each).remove(0), outcome.warnings.first().map(|note| note.code.to_string()))
}

#[tokio::test]
async fn a_deletion_goes_with_key_and_secret_and_its_answer_has_a_verdict() {
    let unknown = json!({"error": "Invalid user_ids: ann-1"});
    let refused = "reject BAD_REQUEST: Amplitude refused it: {\"error\":\"odd\"}";
    let wrong = "suspend INVALID_SETTINGS";
    let cases = [
        (reply(200, &json!([{"day": "2026-03-20"}])), "delivered", None),
        (reply(400, &unknown), "delivered", Some("NOTHING_TO_DELETE")),
        (reply(400, &json!({"error": "odd"})), refused, None),
        (Reply::status(401), wrong, None),
        (Reply::status(403), wrong, None),
        (Reply::status(429), "retry 429 in 1", None),
        (Reply::status(503), "retry 503", None),
        (Reply::reset(), "retry ECONNRESET", None),
    ];
    for (answer, expected, note) in cases {
        let scripted = answer.clone();
        let peer = Peer::start(move |_| scripted.clone()).await;
        let (word, code) = deletion_words(&peer, &["ann-1"]).await;
        assert_eq!((word.as_str(), code.as_deref()), (expected, note), "{answer:?}");
        let arrived = &peer.arrived()[0];
        assert_eq!(arrived.path, "/api/2/deletions/users");
        assert!(arrived.headers["authorization"].to_str().unwrap().starts_with("Basic "));
    }
}

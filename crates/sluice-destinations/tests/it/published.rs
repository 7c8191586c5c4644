//! Published destinations over TLS to a receiver that stands for their vendors: what is sent, what
//! becomes of answers, what is repeated and what is not. Skipped, with a word, where npm did not
//! build the catalogue.

#![expect(clippy::print_stderr, reason = "says that it was skipped")]

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use sluice_destination_kit::golden::stored_event;
use sluice_destination_kit::peer::{Arrived, Reply};
use sluice_destination_kit::peer_tls::TlsPeer;
use sluice_destination_kit::{
    Delivery, Destination, DestinationKind, HttpOut, HttpOutConfig, KeepNothing, Verdict, Verdicts,
};
use sluice_destinations::published::{Files, Published, kinds};
use sluice_event::{Offset, PersonId, StoredEvent};
use sluice_filter::Subscription as Trigger;
use sluice_functions::{Engine, EngineConfig};
use sluice_mapping::Mapping;
use sluice_model::{Subscription, SubscriptionId};

fn catalogue() -> Option<Vec<Published>> {
    let dist = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../catalogue/dist");
    let engine = Engine::start(&EngineConfig::default()).unwrap();
    let kinds = kinds(&Files::folder(&dist), &engine).unwrap();
    if kinds.is_empty() {
        eprintln!("skipped: catalogue/dist was not built (cargo xtask assets)");
        return None;
    }
    Some(kinds)
}

pub(crate) fn kind(slug: &str) -> Option<Published> {
    catalogue()?.into_iter().find(|kind| kind.is(slug))
}

fn subscription(n: usize, action: &str, trigger: &str, mapping: Value) -> Subscription {
    Subscription {
        id: SubscriptionId::new(format!("s{n}")),
        name: format!("Mapping {n}"),
        action: action.to_owned(),
        trigger: trigger.to_owned(),
        mapping,
        enabled: true,
    }
}

fn hook(n: usize, path: &str, trigger: &str) -> Subscription {
    let mapping = json!({ "url": format!("https://hook.example/{path}"), "method": "POST",
                          "data": { "@path": "$.properties" } });
    subscription(n, "send", trigger, mapping)
}

fn presets(kind: &Published) -> Vec<Subscription> {
    let automatic = kind.presets().iter().filter(|preset| preset.is_automatic()).enumerate();
    automatic.map(|(n, one)| subscription(n, &one.action, &one.trigger, one.mapping())).collect()
}

fn build(
    kind: &Published,
    settings: &Value,
    subscriptions: &[Subscription],
    vendors: &TlsPeer,
) -> Arc<dyn Destination> {
    let http = HttpOut::new(HttpOutConfig {
        proxy: Some(vendors.proxy()),
        root_certificates: vec![vendors.root()],
        ..HttpOutConfig::default()
    });
    let settings = kind.settings().check(settings).unwrap();
    kind.build_with(settings, subscriptions, http, Arc::new(KeepNothing)).unwrap()
}

fn track(message_id: &str, person: u64) -> StoredEvent {
    track_with(message_id, person, &json!({ "n": 1 }))
}

fn track_with(message_id: &str, person: u64, properties: &Value) -> StoredEvent {
    let mut stored = stored_event(&json!({
        "type": "track", "event": "Saved", "messageId": message_id, "userId": format!("u{person}"),
        "timestamp": "2026-01-15T12:00:00.000Z", "properties": properties,
    }));
    stored.canonical = PersonId(person);
    stored
}

async fn deliver(to: &dyn Destination, events: &[StoredEvent], attempt: u32) -> Vec<String> {
    deliver_on(to, events, attempt, &mut None).await
}

/// Goes on from the progress of the first event, and leaves what it has become.
async fn deliver_on(
    to: &dyn Destination,
    events: &[StoredEvent],
    attempt: u32,
    progress: &mut Option<Arc<str>>,
) -> Vec<String> {
    let of = |offset| progress.as_deref().filter(|_| offset == 1);
    let batch: Vec<Delivery<'_>> = (events.iter().zip(1..))
        .map(|(stored, offset)| Delivery {
            offset: Offset(offset),
            stored,
            attempt,
            progress: of(offset),
        })
        .collect();
    let outcome = to.deliver(&batch).await;
    let Verdicts::Each(verdicts) = outcome.verdicts else { panic!("one each") };
    let told = outcome.progress.into_iter().find(|(place, _)| *place == 0);
    *progress = told.map(|(_, text)| text);
    verdicts.iter().map(shown).collect()
}

fn shown(verdict: &Verdict) -> String {
    let name = match verdict {
        Verdict::Delivered => return "delivered".to_owned(),
        Verdict::Again => return "again".to_owned(),
        Verdict::Filtered(reason) => return format!("filtered {reason}"),
        Verdict::Retry { .. } => "retry",
        Verdict::Suspend { .. } => "suspend",
        Verdict::Reject { .. } => "reject",
        Verdict::Split { .. } => "split",
    };
    let reason = verdict.reason().unwrap();
    assert_ne!(reason.code, "PROGRAM", "{reason}");
    format!("{name} {}", reason.code)
}

fn paths(vendors: &TlsPeer) -> Vec<String> {
    vendors.arrived().iter().map(|arrived| arrived.path.clone()).collect()
}

fn status_of(arrived: &Arrived, path: &str, status: u16) -> Reply {
    Reply::status(if arrived.path == path { status } else { 200 })
}

#[tokio::test]
async fn the_triggers_and_mappings_of_all_presets_read() {
    let Some(kinds) = catalogue() else { return };
    let (mut presets, mut wrong) = (0, Vec::new());
    for kind in &kinds {
        for preset in kind.presets() {
            presets += 1;
            if let Err(error) = Trigger::parse(&preset.trigger) {
                wrong.push(format!("{} `{}`: {error}", kind.slug(), preset.name));
            }
            if let Err(error) = Mapping::parse(&preset.mapping()) {
                wrong.push(format!("{} `{}`: {error}", kind.slug(), preset.name));
            }
        }
    }
    assert!(presets > 400, "{presets} presets");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn only_what_failed_of_an_event_is_sent_again() {
    let Some(kind) = kind("actions-webhook") else { return };
    let vendors = TlsPeer::start(|arrived| status_of(arrived, "/b", 503)).await;
    let track_calls = "type = \"track\"";
    let subscriptions =
        [hook(0, "a", track_calls), hook(1, "b", track_calls), hook(2, "c", track_calls)];
    let to = build(&kind, &json!({}), &subscriptions, &vendors);
    let (events, mut progress) = ([track("m1", 1)], None);
    assert_eq!(deliver_on(&*to, &events, 1, &mut progress).await, ["retry 503"]);
    assert_eq!(paths(&vendors), ["/a", "/b"], "what follows a failure waits with it");
    vendors.script(|_| Reply::status(200));
    // Built anew, as after a restart, and with the mappings in another order.
    let others = [hook(2, "c", track_calls), hook(0, "a", track_calls), hook(1, "b", track_calls)];
    let anew = build(&kind, &json!({}), &others, &vendors);
    assert_eq!(deliver_on(&*anew, &events, 2, &mut progress).await, ["delivered"]);
    assert_eq!(
        (paths(&vendors), progress),
        (["/a", "/b", "/c", "/b"].map(String::from).to_vec(), None)
    );
    vendors.script(|arrived| status_of(arrived, "/a", 400));
    assert_eq!(deliver(&*to, &[track("m2", 1)], 1).await, ["reject 400"]);
    assert_eq!(
        paths(&vendors)[4..],
        ["/a", "/b", "/c"],
        "a bad field of one mapping stops no other"
    );
}

#[tokio::test]
async fn a_persons_later_events_wait_behind_one_that_has_to() {
    let Some(kind) = kind("actions-webhook") else { return };
    let vendors = TlsPeer::start(|_| Reply::status(429).header("retry-after", "7")).await;
    let to = build(&kind, &json!({}), &[hook(0, "a", "type = \"track\"")], &vendors);
    let events = [track("m1", 1), track("m2", 1), track("m3", 2)];
    assert_eq!(deliver(&*to, &events, 1).await, ["retry 429"; 3]);
    assert_eq!(paths(&vendors).len(), 1, "a peer that asks for patience is left in peace");
}

#[tokio::test]
async fn a_batch_is_one_request_and_each_event_has_its_own_verdict() {
    let Some(kind) = kind("actions-mixpanel") else { return };
    let vendors = TlsPeer::start(|_| {
        let mut reply = Reply::status(400).header("content-type", "application/json");
        reply.body = json!({
            "code": 400, "status": "Bad Request", "num_records_imported": 2,
            "failed_records": [{ "index": 1, "field": "properties.time", "message": "too old" }],
        })
        .to_string();
        reply
    })
    .await;
    let settings = json!({ "projectToken": "tok", "apiSecret": "s3cret-of-mixpanel" });
    let to = build(&kind, &settings, &presets(&kind), &vendors);
    assert_eq!(to.limits().events_max, 1000);
    let events = [track("m1", 1), track("m2", 2), track("m3", 3)];
    let verdicts = deliver(&*to, &events, 1).await;
    assert_eq!(paths(&vendors), ["/import?strict=1"]);
    let sent: Value = serde_json::from_slice(&vendors.arrived()[0].body).unwrap();
    assert_eq!(sent.as_array().unwrap().len(), 3);
    assert_eq!(verdicts, ["delivered", "reject BAD_REQUEST", "delivered"]);
}

#[tokio::test]
async fn an_event_that_no_mapping_wants_is_not_taken() {
    let Some(kind) = kind("actions-webhook") else { return };
    let vendors = TlsPeer::start(|_| Reply::status(200)).await;
    let to = build(&kind, &json!({}), &[hook(0, "a", "event = \"Other\"")], &vendors);
    assert!(!to.takes(&track("m1", 1)));
    assert_eq!(to.untaken_reason(), "NO_MATCHING_MAPPING");
}

#[tokio::test]
async fn fields_that_do_not_fit_reject_the_event_and_wrong_settings_stop_the_destination() {
    let Some(kind) = kind("actions-slack") else { return };
    let vendors = TlsPeer::start(|_| Reply::status(200)).await;
    let mapping = json!({ "url": "https://hooks.slack.com/services/T1/B1/x1" });
    let to = build(
        &kind,
        &json!({}),
        &[subscription(0, "postToChannel", "type = \"track\"", mapping)],
        &vendors,
    );
    assert_eq!(deliver(&*to, &[track("m1", 1)], 1).await, ["reject PAYLOAD_VALIDATION_FAILED"]);
    let http = HttpOut::new(HttpOutConfig::default());
    let settings = kind.settings().check(&json!({})).unwrap();
    let wrong = [subscription(0, "postToChannel", "type = ", json!({}))];
    let error =
        kind.build_with(settings, &wrong, http, Arc::new(KeepNothing)).err().unwrap().to_string();
    assert!(error.contains("mapping `Mapping 0`: its trigger does not read"), "{error}");
}

#[tokio::test]
async fn a_test_event_shows_every_request_in_its_order_and_no_token() {
    let Some(kind) = kind("actions-hubspot-cloud") else { return };
    let vendors = TlsPeer::start(|arrived| match (arrived.method.as_str(), &*arrived.path) {
        (_, "/oauth/v1/token") => Reply {
            body: json!({ "access_token": "the-fresh-one", "expires_in": 1800 }).to_string(),
            ..Reply::status(200).header("content-type", "application/json")
        },
        _ if arrived.headers["authorization"] != "Bearer the-fresh-one" => Reply::status(401),
        ("PATCH", _) => Reply::status(404),
        _ => Reply {
            body: json!({ "id": "7" }).to_string(),
            ..Reply::status(201).header("content-type", "application/json")
        },
    })
    .await;
    let settings = json!({ "accessToken": "the-old-one", "refreshToken": "for-a-fresh-one",
                           "clientId": "client", "clientSecret": "secret-of-client" });
    let mapping = json!({ "email": { "@path": "$.properties.email" } });
    let wanted = [subscription(0, "upsertContact", "type = \"track\"", mapping)];
    let to = build(&kind, &settings, &wanted, &vendors);
    let event = stored_event(&json!({ "type": "track", "event": "Saved", "messageId": "m1",
        "userId": "u1", "properties": { "email": "ann@example.com" } }));
    let batch =
        [Delivery { offset: Offset(0), stored: &event, attempt: Delivery::TRIAL, progress: None }];
    let outcome = to.deliver(&batch).await;
    assert_eq!(outcome.verdicts, Verdicts::Each(vec![Verdict::Delivered]));
    let heads = outcome.exchanges.iter().map(|one| {
        let line = one.request_head.lines().next().unwrap_or_default();
        format!("{} {}", line, one.status.unwrap())
    });
    assert_eq!(
        heads.collect::<Vec<_>>(),
        [
            "PATCH https://api.hubapi.com/crm/v3/objects/contacts/ann@example.com?idProperty=email 401",
            "POST https://api.hubapi.com/oauth/v1/token 200",
            "PATCH https://api.hubapi.com/crm/v3/objects/contacts/ann@example.com?idProperty=email 404",
            "POST https://api.hubapi.com/crm/v3/objects/contacts 201",
        ]
    );
    let kept = format!("{:?}", outcome.exchanges);
    assert!(kept.contains("ann@example.com"), "{kept}");
    assert!(!kept.contains("-one") && !kept.contains("secret-of"), "{kept}");
}

/// A webhook in batches, to the address that the event names.
fn batched_hook() -> Subscription {
    let mapping = json!({ "url": { "@path": "$.properties.to" }, "method": "POST", "enable_batching": true,
                          "batch_keys": ["url"], "data": { "@path": "$.properties" } });
    subscription(0, "send", "type = \"track\"", mapping)
}

fn track_to(message_id: &str, person: u64, path: &str) -> StoredEvent {
    let to = format!("https://hook.example/{path}");
    track_with(message_id, person, &json!({ "to": to }))
}

#[tokio::test]
async fn a_batch_that_is_refused_for_whatever_reason_goes_in_halves() {
    let Some(kind) = kind("actions-webhook") else { return };
    let vendors = TlsPeer::start(|_| Reply::status(404)).await;
    let to = build(&kind, &json!({}), &[batched_hook()], &vendors);
    let events = [track_to("m1", 1, "a"), track_to("m2", 2, "a"), track_to("m3", 3, "a")];
    assert_eq!(deliver(&*to, &events, 1).await, ["split 404"; 3]);
    assert_eq!(deliver(&*to, &events[..1], 1).await, ["reject 404"]);
}

#[tokio::test]
async fn a_person_waits_also_for_what_another_request_of_the_attempt_left() {
    let Some(kind) = kind("actions-webhook") else { return };
    let vendors = TlsPeer::start(|arrived| status_of(arrived, "/a", 413)).await;
    let to = build(&kind, &json!({}), &[batched_hook()], &vendors);
    let events = [
        track_to("m1", 1, "a"),
        track_to("m2", 2, "a"),
        track_to("m3", 1, "b"),
        track_to("m4", 3, "b"),
    ];
    let verdicts = deliver(&*to, &events, 1).await;
    assert_eq!(verdicts, ["split 413", "split 413", "again", "delivered"]);
    let sent: Value = serde_json::from_slice(&vendors.arrived()[1].body).unwrap();
    assert_eq!(sent.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_that_names_its_own_peer_stops_nobody_else() {
    let Some(kind) = kind("actions-webhook") else { return };
    let vendors = TlsPeer::start(|arrived| status_of(arrived, "/shut", 401)).await;
    let mut single = batched_hook();
    single.mapping["enable_batching"] = json!(false);
    let to = build(&kind, &json!({}), &[single], &vendors);
    assert_eq!(deliver(&*to, &[track_to("m1", 1, "shut")], 1).await, ["reject 401"]);
    let private = track_with("m2", 1, &json!({ "to": "http://127.0.0.1:1/" }));
    assert_eq!(deliver(&*to, &[private], 1).await, ["reject PRIVATE_ADDRESS"]);
    let to = build(&kind, &json!({}), &[hook(0, "shut", "type = \"track\"")], &vendors);
    assert_eq!(deliver(&*to, &[track("m3", 1)], 1).await, ["suspend 401"]);
}

#[tokio::test]
async fn an_event_that_no_mapping_wants_any_more_is_filtered_and_not_delivered() {
    let Some(kind) = kind("actions-webhook") else { return };
    let vendors = TlsPeer::start(|_| Reply::status(200)).await;
    let to = build(&kind, &json!({}), &[hook(0, "a", "event = \"Other\"")], &vendors);
    let verdicts = deliver(&*to, &[track("m1", 1)], 2).await;
    assert_eq!(verdicts, ["filtered NO_MATCHING_MAPPING"]);
}

#[tokio::test]
async fn a_status_that_is_final_for_one_mapping_leaves_the_others() {
    let Some(kind) = kind("actions-webhook") else { return };
    let vendors = TlsPeer::start(|arrived| status_of(arrived, "/a", 501)).await;
    let track_calls = "type = \"track\"";
    let subscriptions = [hook(0, "a", track_calls), hook(1, "b", track_calls)];
    let to = build(&kind, &json!({}), &subscriptions, &vendors);
    assert_eq!(deliver(&*to, &[track("m1", 1)], 1).await, ["reject 501"]);
    assert_eq!(paths(&vendors), ["/a", "/b"]);
}

fn snap(batches: bool, vendors: &TlsPeer) -> Option<Arc<dyn Destination>> {
    let settings = json!({ "ad_account_id": "1", "accessToken": "old-token", "refreshToken": "refresh-me",
                           "clientId": "client", "clientSecret": "client-secret" });
    let mapping = json!({ "external_audience_id": "aud", "audienceKey": "n", "enable_batching": batches,
                          "props": { "@path": "$.properties" }, "max_batch_size": 100_000,
                          "email": { "@template": "{{userId}}@x.example" } });
    let mapping = subscription(0, "syncAudience", "type = \"track\"", mapping);
    Some(build(&kind("actions-snap-audiences")?, &settings, &[mapping], vendors))
}

/// Answers as a vendor that takes the new token alone; `renews` says whether it gives one.
fn of_token(arrived: &Arrived, renews: bool) -> Reply {
    if arrived.path.ends_with("/access_token") {
        let mut reply = Reply::status(if renews { 200 } else { 400 });
        reply = reply.header("content-type", "application/json");
        reply.body = json!({ "access_token": "new-token", "error": "invalid_grant" }).to_string();
        return reply;
    }
    let is_new = arrived.headers.get("authorization").is_some_and(|it| it == "Bearer new-token");
    Reply::status(if is_new { 200 } else { 401 })
}

#[tokio::test]
async fn a_status_that_an_action_gives_for_its_event_counts() {
    let vendors = TlsPeer::start(|_| Reply::status(400)).await;
    let Some(to) = snap(false, &vendors) else { return };
    assert_eq!(deliver(&*to, &[track("m1", 1)], 1).await, ["reject BAD_REQUEST"]);
}

#[tokio::test]
async fn a_token_that_has_run_out_is_renewed_and_what_it_kept_out_is_sent_again() {
    for batches in [false, true] {
        let vendors = TlsPeer::start(|arrived| of_token(arrived, true)).await;
        let Some(to) = snap(batches, &vendors) else { return };
        let events = [track("m1", 1), track("m2", 2)];
        assert_eq!(deliver(&*to, &events, 1).await, ["delivered"; 2], "batches: {batches}");
        let renewals =
            paths(&vendors).iter().filter(|path| path.ends_with("/access_token")).count();
        assert_eq!(renewals, 1);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_stops_the_destination_and_loses_no_event() {
    for batches in [false, true] {
        let vendors = TlsPeer::start(|arrived| of_token(arrived, false)).await;
        let Some(to) = snap(batches, &vendors) else { return };
        let verdicts = deliver(&*to, &[track("m1", 1), track("m2", 2)], 1).await;
        assert_eq!(verdicts[0], "suspend TOKEN_REFRESH_FAILED", "batches: {batches}");
        assert!(!verdicts.iter().any(|verdict| verdict.starts_with("reject")), "{verdicts:?}");
    }
}

#[tokio::test]
async fn what_sends_nothing_outside_segment_is_not_available() {
    let Some(kinds) = catalogue() else { return };
    for slug in
        ["actions-segment", "actions-segment-profiles", "actions-noop", "actions-twilio-studio"]
    {
        let kind = kinds.iter().find(|kind| kind.is(slug)).unwrap();
        assert!(kind.unavailable().is_some(), "{slug}");
    }
}

#[tokio::test]
async fn settings_with_secret_names_are_secret_whatever_the_package_says() {
    let Some(kinds) = catalogue() else { return };
    let is_secret = |slug: &str, key: &str| {
        let kind = kinds.iter().find(|kind| kind.is(slug)).unwrap();
        kind.settings().field(key).unwrap().secret
    };
    for (slug, key) in [
        ("actions-absmartly", "apiKey"),
        ("actions-avo-v2", "apiKey"),
        ("actions-kevel-audience", "apiKey"),
        ("actions-blackbaud-raisers-edge-nxt", "bbApiSubscriptionKey"),
        ("actions-responsys", "segmentWriteKey"),
    ] {
        assert!(is_secret(slug, key), "{slug} {key}");
    }
    for (slug, key) in [
        ("actions-mixpanel", "projectToken"),
        ("actions-avo-v2", "publicEncryptionKey"),
        ("actions-responsys", "segmentWriteKeyRegion"),
    ] {
        assert!(!is_secret(slug, key), "{slug} {key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_is_asked_to_delete_people_one_after_the_other_up_to_the_first_refusal() {
    let Some(braze) = kind("actions-braze-cloud") else { return };
    assert!(braze.deletes_people());
    let vendors = TlsPeer::start(|arrived| {
        let refused = String::from_utf8_lossy(&arrived.body).contains("user-2");
        Reply::status(if refused { 400 } else { 201 })
    })
    .await;
    let settings = json!({ "api_key": "brz-key", "app_id": "app", "endpoint": "https://rest.iad-01.braze.com" });
    let destination = build(&braze, &settings, &[], &vendors);
    let ids = |ids: [&str; 2]| ids.map(str::to_owned);
    let taken = destination.forget(&ids(["user-1", "user-3"])).unwrap().await;
    assert_eq!(taken.verdicts, Verdicts::Whole(Verdict::Delivered));
    assert_eq!(taken.exchanges.len(), 2);
    // https://www.braze.com/docs/api/endpoints/user_data/post_user_delete
    let arrived = vendors.arrived();
    assert_eq!(arrived[0].path, "/users/delete");
    assert_eq!(arrived[0].headers["authorization"], "Bearer brz-key");
    let body: Value = serde_json::from_slice(&arrived[0].body).unwrap();
    assert_eq!(body, json!({ "external_ids": ["user-1"] }));
    let refused = destination.forget(&ids(["user-2", "user-4"])).unwrap().await;
    let Verdicts::Whole(Verdict::Reject { reason }) = refused.verdicts else {
        panic!("{:?}", refused.verdicts)
    };
    assert_eq!(reason.code, "400");
    assert_eq!(vendors.arrived().len(), 3);
}

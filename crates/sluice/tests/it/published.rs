//! Published destinations through the real server: an event comes in over HTTP, and what the vendor
//! would get is compared with what the vendor documents. The vendors' hosts are a receiver that the
//! server takes for its outbound proxy; TLS and host names are real.
//!
//! Skipped, with a word, where npm did not build the catalogue.

#![expect(clippy::print_stderr, reason = "says that it was skipped")]

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sluice_destination_kit::peer::{Arrived, Reply};
use sluice_destination_kit::peer_tls::TlsPeer;

use crate::server::{Server, wait};

struct Case {
    kind: &'static str,
    settings: Value,
    /// `None`: the presets of the kind. Else action, trigger and mapping.
    mapping: Option<(&'static str, &'static str, Value)>,
    event: Value,
    /// What the vendor's documentation says of the request: method, host, path.
    request: [&'static str; 3],
    headers: &'static [(&'static str, &'static str)],
    /// Members that the body must have, at these pointers.
    body: &'static [(&'static str, &'static str)],
}

pub(crate) struct World {
    runtime: tokio::runtime::Runtime,
    pub(crate) vendors: TlsPeer,
    pub(crate) server: Server,
    pub(crate) source: String,
    write_key: String,
    data: tempfile::TempDir,
}

/// `None` if this build has no published destinations.
pub(crate) fn world(script: impl FnMut(&Arrived) -> Reply + Send + 'static) -> Option<World> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let vendors = runtime.block_on(TlsPeer::start(script));
    let data = tempfile::tempdir().unwrap();
    let ca = data.path().join("ca.pem");
    std::fs::write(&ca, vendors.authority()).unwrap();
    let outbound = format!("proxy = \"{}\"\nca_file = \"{}\"\n", vendors.proxy(), ca.display());
    let server = Server::start_outbound(data.path(), &outbound);
    let list = server.ask("GET", "/api/v1/catalog/destinations?search=slack", None);
    if list["destinationsCatalog"].as_array().unwrap().is_empty() {
        eprintln!("skipped: no published destinations in this build (cargo xtask assets)");
        return None;
    }
    let (source, write_key) = server.source("shop");
    Some(World { runtime, vendors, server, source, write_key, data })
}

impl World {
    /// Switched on, with the case's mapping.
    fn destination(&self, case: &Case) -> String {
        let body = json!({ "sourceId": self.source, "metadataId": case.kind, "enabled": false,
                           "settings": case.settings });
        let made = self.server.ask("POST", "/api/v1/destinations", Some(&body));
        let id = made["destination"]["id"].as_str().unwrap().to_owned();
        if let Some((action, trigger, mapping)) = &case.mapping {
            let body = json!({ "actionId": action, "trigger": trigger, "settings": mapping });
            let path = format!("/api/v1/destinations/{id}/subscriptions");
            self.server.ask("POST", &path, Some(&body));
        }
        let path = format!("/api/v1/destinations/{id}");
        self.server.ask("PATCH", &path, Some(&json!({ "enabled": true })));
        // Once its connection is on, it has the mapping, and no event comes too early.
        wait(|| {
            let all = self.server.ask("GET", "/api/v1/deliveries", None);
            let all = all["deliveries"].as_array().unwrap();
            all.iter().any(|one| one["destinationId"] == id.as_str() && one["state"] != "disabled")
        });
        id
    }

    fn send(&self, event: &Value) {
        let mut event = event.clone();
        event["writeKey"] = json!(self.write_key);
        let body = json!({ "writeKey": self.write_key, "batch": [event] }).to_string();
        let answer = self.server.client().send("POST", "/v1/batch", &[], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200);
    }

    fn wait_for(&self, found: impl Fn(&Arrived) -> bool) -> Arrived {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let arrived = self.vendors.arrived();
            if let Some(one) = arrived.iter().find(|one| found(one)) {
                return one.clone();
            }
            let told = || self.server.ask("GET", "/api/v1/deliveries", None);
            assert!(Instant::now() < deadline, "not among {arrived:#?}: {:#}", told());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

pub(crate) fn defaults_of(world: &World, kind: &str, action: &str) -> Value {
    let path = format!("/api/v1/catalog/destinations/{kind}");
    let kind = world.server.ask("GET", &path, None)["destinationMetadata"].clone();
    let actions = kind["actions"].as_array().unwrap();
    let action = actions.iter().find(|one| one["slug"] == action).unwrap();
    let fields = action["fields"].as_array().unwrap().iter();
    let mapped = fields.filter(|field| !field["default"].is_null());
    mapped
        .map(|field| (field["key"].as_str().unwrap().to_owned(), field["default"].clone()))
        .collect()
}

fn order() -> Value {
    json!({
        "type": "track", "event": "Order Completed", "userId": "u1", "anonymousId": "a1",
        "messageId": "m-order-1",
        "properties": {
            "order_id": "o1", "total": 49.99, "revenue": 49.99, "currency": "USD",
            "products": [{ "product_id": "p1", "name": "Shirt", "price": 49.99, "quantity": 1 }],
        },
        "context": {
            "ip": "203.0.113.7", "userAgent": "Mozilla/5.0 (Macintosh) Chrome/120.0",
            "page": { "url": "https://shop.example/thanks" },
            "traits": { "email": "Ann@Example.com " },
        },
    })
}

fn saved() -> Value {
    json!({
        "type": "track", "event": "Report Saved", "userId": "u1", "messageId": "m-saved-1",
        "properties": { "size": 3, "email": "ann@example.com" },
        "context": { "traits": { "email": "ann@example.com" } },
    })
}

#[expect(clippy::too_many_lines, reason = "a table of vendors")]
fn cases() -> Vec<Case> {
    vec![
        // developer.mixpanel.com/reference/import-events
        Case {
            kind: "actions-mixpanel",
            settings: json!({ "projectToken": "tok", "apiSecret": "s3cret-of-mixpanel" }),
            mapping: None,
            event: saved(),
            request: ["POST", "api.mixpanel.com", "/import?strict=1"],
            headers: &[
                ("authorization", "Basic s3cret-of-mixpanel:"),
                ("content-type", "application/json"),
            ],
            body: &[
                ("/0/event", "\"Report Saved\""),
                ("/0/properties/distinct_id", "\"u1\""),
                ("/0/properties/size", "3"),
                ("/0/properties/$insert_id", "\"m-saved-1\""),
            ],
        },
        // developers.google.com/analytics/devguides/collection/protocol/ga4/reference
        Case {
            kind: "actions-google-analytics-4",
            settings: json!({ "measurementId": "G-1", "apiSecret": "secret-of-ga4" }),
            mapping: Some((
                "purchase",
                "type = \"track\" and event = \"Order Completed\"",
                Value::Null,
            )),
            event: order(),
            request: [
                "POST",
                "www.google-analytics.com",
                "/mp/collect?api_secret=secret-of-ga4&measurement_id=G-1",
            ],
            headers: &[("content-type", "application/json")],
            body: &[
                ("/client_id", "\"u1\""),
                ("/events/0/name", "\"purchase\""),
                ("/events/0/params/transaction_id", "\"o1\""),
                ("/events/0/params/currency", "\"USD\""),
                ("/events/0/params/value", "49.99"),
                ("/events/0/params/items/0/item_id", "\"p1\""),
            ],
        },
        // developers.hubspot.com/docs/api/crm/contacts
        Case {
            kind: "actions-hubspot-cloud",
            settings: json!({ "accessToken": "pat-of-hubspot" }),
            mapping: Some(("upsertContact", "type = \"identify\"", Value::Null)),
            event: json!({ "type": "identify", "userId": "u1", "messageId": "m-identify-1",
                           "traits": { "email": "ann@example.com", "first_name": "Ann" } }),
            request: [
                "PATCH",
                "api.hubapi.com",
                "/crm/v3/objects/contacts/ann@example.com?idProperty=email",
            ],
            headers: &[("authorization", "Bearer pat-of-hubspot")],
            body: &[
                ("/properties/email", "\"ann@example.com\""),
                ("/properties/firstname", "\"Ann\""),
            ],
        },
        // customer.io/docs/api/track/#operation/batch
        Case {
            kind: "actions-customerio",
            settings: json!({ "siteId": "site-of-cio", "apiKey": "key-of-cio" }),
            mapping: None,
            event: saved(),
            request: ["POST", "track.customer.io", "/api/v2/batch"],
            headers: &[("authorization", "Basic site-of-cio:key-of-cio")],
            body: &[
                ("/batch/0/type", "\"person\""),
                ("/batch/0/action", "\"event\""),
                ("/batch/0/identifiers/id", "\"u1\""),
                ("/batch/0/name", "\"Report Saved\""),
                ("/batch/0/attributes/size", "3"),
            ],
        },
        // braze.com/docs/api/endpoints/user_data/post_user_track
        Case {
            kind: "actions-braze-cloud",
            settings: json!({ "api_key": "key-of-braze", "app_id": "app", "endpoint": "https://rest.iad-01.braze.com" }),
            mapping: None,
            event: saved(),
            request: ["POST", "rest.iad-01.braze.com", "/users/track"],
            headers: &[("authorization", "Bearer key-of-braze")],
            body: &[
                ("/events/0/external_id", "\"u1\""),
                ("/events/0/name", "\"Report Saved\""),
                ("/events/0/app_id", "\"app\""),
                ("/events/0/properties/size", "3"),
            ],
        },
        // developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events
        Case {
            kind: "actions-intercom-cloud",
            settings: json!({ "accessToken": "token-of-intercom" }),
            mapping: Some(("trackEvent", "type = \"track\"", Value::Null)),
            event: saved(),
            request: ["POST", "api.intercom.io", "/events"],
            headers: &[("authorization", "Bearer token-of-intercom")],
            body: &[
                ("/event_name", "\"Report Saved\""),
                ("/user_id", "\"u1\""),
                ("/metadata/size", "3"),
            ],
        },
        // api.slack.com/messaging/webhooks
        Case {
            kind: "actions-slack",
            settings: json!({}),
            mapping: Some((
                "postToChannel",
                "event = \"Report Saved\"",
                json!({ "url": "https://hooks.slack.com/services/T1/B1/x1", "text": { "@template": "{{userId}} saved {{properties.size}}" } }),
            )),
            event: saved(),
            request: ["POST", "hooks.slack.com", "/services/T1/B1/x1"],
            headers: &[("content-type", "application/json")],
            body: &[("/text", "\"u1 saved 3\"")],
        },
        // developers.facebook.com/docs/marketing-api/conversions-api/using-the-api
        Case {
            kind: "actions-facebook-conversions-api",
            settings: json!({ "pixelId": "1234567890123456", "environment": { "ACTIONS_FB_CAPI_SYSTEM_USER_TOKEN": "token-of-facebook" } }),
            mapping: Some(("purchase", "event = \"Order Completed\"", Value::Null)),
            event: order(),
            request: ["POST", "graph.facebook.com", "/v*/1234567890123456/events"],
            headers: &[("authorization", "Bearer token-of-facebook")],
            // SHA-256 of the address in lower case, without its blank.
            body: &[
                ("/data/0/event_name", "\"Purchase\""),
                ("/data/0/event_id", "\"m-order-1\""),
                ("/data/0/custom_data/currency", "\"USD\""),
                ("/data/0/custom_data/value", "49.99"),
                (
                    "/data/0/user_data/em",
                    "\"71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476\"",
                ),
            ],
        },
        // developers.klaviyo.com/en/reference/create_event
        Case {
            kind: "actions-klaviyo",
            settings: json!({ "api_key": "key-of-klaviyo" }),
            mapping: Some(("trackEvent", "type = \"track\"", Value::Null)),
            event: saved(),
            request: ["POST", "a.klaviyo.com", "/api/events/"],
            headers: &[("authorization", "Klaviyo-API-Key key-of-klaviyo")],
            body: &[
                ("/data/type", "\"event\""),
                ("/data/attributes/metric/data/attributes/name", "\"Report Saved\""),
                ("/data/attributes/properties/size", "3"),
                ("/data/attributes/profile/data/attributes/email", "\"ann@example.com\""),
            ],
        },
        // segment.com/docs/connections/destinations/catalog/actions-webhook; the signature is checked below
        Case {
            kind: "actions-webhook",
            settings: json!({ "sharedSecret": "secret-of-webhook" }),
            mapping: Some((
                "send",
                "type = \"track\"",
                json!({ "url": "https://hook.example/in?a=1", "method": "PUT", "headers": { "x-own": "1" }, "data": { "@path": "$.properties" } }),
            )),
            event: saved(),
            request: ["PUT", "hook.example", "/in?a=1"],
            headers: &[("x-own", "1"), ("x-signature", "*")],
            body: &[("/size", "3")],
        },
    ]
}

fn check(case: &Case, arrived: &Arrived) {
    for (name, expected) in case.headers {
        let value =
            arrived.headers.get(*name).unwrap_or_else(|| panic!("{}: no {name}", case.kind));
        let value = value.to_str().unwrap();
        let expected = match expected.strip_prefix("Basic ") {
            Some(pair) => format!("Basic {}", BASE64.encode(pair)),
            None => (*expected).to_owned(),
        };
        assert!(
            expected == "*" || value.starts_with(&expected),
            "{}: {name} is {value}",
            case.kind
        );
    }
    let agent = arrived.headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("Sluice/"), "{}: {agent}", case.kind);
}

fn is_request(case: &Case, arrived: &Arrived) -> bool {
    let [method, host, path] = case.request;
    let fits = match path.split_once('*') {
        Some((start, end)) => {
            let path = arrived.path.split('?').next().unwrap();
            path.starts_with(start) && path.ends_with(end)
        }
        None => arrived.path.replace("%40", "@") == path,
    };
    arrived.method == method && arrived.headers["host"] == host && fits
}

/// Several events of the test go to one address; each case is about one of them.
fn has_body(case: &Case, arrived: &Arrived) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(&arrived.body) else { return false };
    case.body.iter().all(|(pointer, expected)| {
        let expected: Value = serde_json::from_str(expected).unwrap();
        *body.pointer(pointer).unwrap_or(&Value::Null) == expected
    })
}

#[test]
fn ten_vendors_get_what_their_documentation_asks_for() {
    let answer = |arrived: &Arrived| {
        let mut reply = Reply::status(200).header("content-type", "application/json");
        let body = if arrived.path.starts_with("/import") {
            json!({ "code": 200, "num_records_imported": 1, "status": "OK" })
        } else {
            json!({})
        };
        reply.body = body.to_string();
        reply
    };
    let Some(world) = world(answer) else { return };
    let mut cases = cases();
    for case in &mut cases {
        if let Some((action, _, mapping)) = &mut case.mapping
            && mapping.is_null()
        {
            *mapping = defaults_of(&world, case.kind, action);
            mapping["enable_batching"] = json!(false);
            if case.kind == "actions-facebook-conversions-api" {
                mapping["action_source"] = json!("website");
            }
            if case.kind == "actions-klaviyo" {
                mapping["profile"] = json!({ "email": { "@path": "$.context.traits.email" } });
            }
        }
        world.destination(case);
    }
    // What comes before a mapping has reached its connection is filtered, so the events come again.
    let has_arrived = |case: &Case| {
        let arrived = world.vendors.arrived();
        arrived.iter().any(|arrived| is_request(case, arrived) && has_body(case, arrived))
    };
    for round in 0..10 {
        for mut event in [saved(), order(), cases[2].event.clone()] {
            if round > 0 {
                event["messageId"] = json!(format!("m-{round}-{}", event["event"]));
            }
            world.send(&event);
        }
        let until = Instant::now() + Duration::from_secs(6);
        while !cases.iter().all(has_arrived) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        if cases.iter().all(has_arrived) {
            break;
        }
    }
    for case in &cases {
        let arrived =
            world.wait_for(|arrived| is_request(case, arrived) && has_body(case, arrived));
        check(case, &arrived);
    }
    // What no mapping wants is filtered, and what a vendor's fields lack is a dead letter.
    let ledger = world.server.wait_for_ledger(|ledger| {
        let connections = ledger["connections"].as_array().unwrap();
        connections.iter().all(|one| one["waiting"] == 0)
    });
    assert_eq!(ledger["balances"], true, "{ledger:#}");
    for account in ledger["connections"].as_array().unwrap() {
        assert!(account["delivered"].as_u64().unwrap() >= 1, "{account:#}");
    }
    drop(world.runtime);
}

#[test]
fn rejected_credentials_stop_a_destination_and_mended_ones_send_what_waited() {
    let Some(world) = world(|arrived| {
        let is_good = arrived.headers["authorization"] == "Bearer good-token-1";
        let mut reply = Reply::status(if is_good { 200 } else { 401 });
        reply.body = json!({ "message": "who are you?" }).to_string();
        reply.header("content-type", "application/json")
    }) else {
        return;
    };
    let case = Case { settings: json!({ "accessToken": "wrong-token-1" }), ..cases().remove(2) };
    let mut mapping = defaults_of(&world, case.kind, "upsertContact");
    mapping["enable_batching"] = json!(false);
    let case = Case { mapping: Some(("upsertContact", "type = \"identify\"", mapping)), ..case };
    let id = world.destination(&case);
    let state = || world.server.ask("GET", "/api/v1/deliveries", None);
    let deadline = Instant::now() + Duration::from_secs(60);
    // What comes before the mapping has reached the connection is filtered.
    let mut event = case.event.clone();
    let suspended = loop {
        event["messageId"] = json!(format!("m-{:?}", deadline - Instant::now()));
        world.send(&event);
        let now = state();
        if now.to_string().contains("suspended") {
            break now;
        }
        assert!(Instant::now() < deadline, "{now:#}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let text = suspended.to_string();
    assert!(text.contains("401") && text.contains("who are you?"), "{suspended:#}");
    assert!(!text.contains("wrong-token-1"), "{suspended:#}");
    let settings = json!({ "settings": { "accessToken": "good-token-1" } });
    world.server.ask("PATCH", &format!("/api/v1/destinations/{id}"), Some(&settings));
    world.wait_for(|arrived| arrived.headers["authorization"] == "Bearer good-token-1");
    let ledger = world.server.wait_for_ledger(|ledger| {
        let account = &ledger["connections"][0];
        account["delivered"].as_u64() >= Some(1) && account["waiting"] == 0
    });
    assert_eq!(ledger["balances"], true, "{ledger:#}");
}

/// Whether some connection's journal names the text.
fn is_in_a_journal(data: &Path, text: &str) -> bool {
    let mut folders = vec![data.join("workspaces")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "state.journal") {
                let bytes = std::fs::read(&path).unwrap();
                if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                    return true;
                }
            }
        }
    }
    false
}

#[test]
fn a_killed_server_repeats_no_mapping_that_was_done_for_an_event() {
    let Some(mut world) = world(|arrived| match arrived.path.as_str() {
        "/b" => Reply::status(503).header("retry-after", "1"),
        _ => Reply::status(200),
    }) else {
        return;
    };
    let hook = |path: &str| json!({ "url": format!("https://hook.example/{path}"), "method": "POST", "data": { "@path": "$.properties" } });
    let case = Case {
        kind: "actions-webhook",
        settings: json!({}),
        mapping: Some(("send", "type = \"track\"", hook("a"))),
        ..cases().remove(9)
    };
    let id = world.destination(&case);
    let body = json!({ "actionId": "send", "trigger": "type = \"track\"", "settings": hook("b") });
    let path = format!("/api/v1/destinations/{id}/subscriptions");
    world.server.ask("POST", &path, Some(&body));
    let list = world.server.ask("GET", &path, None);
    let mappings = list["subscriptions"].as_array().unwrap();
    let first = mappings.iter().find(|one| one["settings"]["url"] == hook("a")["url"]).unwrap();
    let first = first["id"].as_str().unwrap().to_owned();
    // Until both mappings have reached the connection, events miss one of them.
    let mut sent = 0;
    let deadline = Instant::now() + Duration::from_secs(60);
    let is_refused = || world.vendors.arrived().iter().any(|one| one.path == "/b");
    while !is_refused() {
        assert!(Instant::now() < deadline, "{:?}", world.vendors.arrived());
        sent += 1;
        let mut event = saved();
        event["messageId"] = json!(format!("m{sent}"));
        event["properties"]["n"] = json!(sent);
        world.send(&event);
        let pause = Instant::now() + Duration::from_millis(500);
        while Instant::now() < pause && !is_refused() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    while !is_in_a_journal(world.data.path(), &first) {
        assert!(Instant::now() < deadline, "what is done of the event is not kept");
        std::thread::sleep(Duration::from_millis(10));
    }
    world.server.kill_and_restart();
    world.vendors.script(|_| Reply::status(200));
    world.server.wait_for_ledger(|ledger| ledger["connections"][0]["waiting"] == 0);
    let arrived = world.vendors.arrived();
    let number = |one: &Arrived| serde_json::from_slice::<Value>(&one.body).unwrap()["n"].as_u64();
    let delivered: Vec<_> =
        arrived.iter().filter(|one| one.path == "/b").filter_map(number).collect();
    let last = *delivered.last().unwrap();
    let done = arrived.iter().filter(|one| one.path == "/a" && number(one) == Some(last)).count();
    assert_eq!(done, 1, "{arrived:#?}");
}

#[test]
fn a_renewed_access_token_outlives_a_killed_server() {
    let Some(mut world) = world(|arrived| {
        let mut reply = Reply::status(401).header("content-type", "application/json");
        if arrived.path == "/oauth/v1/token" {
            let body = String::from_utf8_lossy(&arrived.body).into_owned();
            let is_known = body.contains("refresh_token=old-refresh-1");
            reply.status = if is_known { 200 } else { 400 };
            reply.body =
                json!({ "access_token": "new-access-1", "refresh_token": "new-refresh-1" })
                    .to_string();
        } else if arrived.headers["authorization"] == "Bearer new-access-1" {
            reply.status = 200;
            reply.body = "{}".to_owned();
        }
        reply
    }) else {
        return;
    };
    let settings = json!({ "accessToken": "old-access-1", "refreshToken": "old-refresh-1",
                           "clientId": "client-1", "clientSecret": "client-secret-1" });
    let case = Case { settings, ..cases().remove(2) };
    let mut mapping = defaults_of(&world, case.kind, "upsertContact");
    mapping["enable_batching"] = json!(false);
    let case = Case { mapping: Some(("upsertContact", "type = \"identify\"", mapping)), ..case };
    let id = world.destination(&case);
    let identify = |world: &World, n: usize| {
        let mut event = case.event.clone();
        event["messageId"] = json!(format!("m{n}"));
        world.send(&event);
    };
    let delivered =
        |world: &World| world.server.ledger()["connections"][0]["delivered"].as_u64().unwrap_or(0);
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut sent = 0;
    while delivered(&world) == 0 {
        assert!(
            Instant::now() < deadline,
            "{:#}",
            world.server.ask("GET", "/api/v1/deliveries", None)
        );
        sent += 1;
        identify(&world, sent);
        std::thread::sleep(Duration::from_millis(100));
    }
    world.server.wait_for_ledger(|ledger| ledger["connections"][0]["waiting"] == 0);
    let shown = world.server.ask("GET", &format!("/api/v1/destinations/{id}"), None);
    assert_eq!(shown["destination"]["settings"]["refreshToken"], "••••sh-1", "{shown:#}");
    let renewals = |world: &World| {
        world.vendors.arrived().iter().filter(|one| one.path == "/oauth/v1/token").count()
    };
    assert_eq!(renewals(&world), 1);
    let before = delivered(&world);
    world.server.kill_and_restart();
    identify(&world, sent + 1);
    world.server.wait_for_ledger(|ledger| {
        let account = &ledger["connections"][0];
        account["delivered"].as_u64() > Some(before) && account["waiting"] == 0
    });
    assert_eq!(renewals(&world), 1, "the token was renewed once, and kept");
}

#[test]
fn a_renewal_that_the_peer_refuses_stops_the_destination_and_says_what_to_do() {
    let Some(world) = world(|arrived| {
        let is_renewal = arrived.path == "/oauth/v1/token";
        let mut reply = Reply::status(if is_renewal { 400 } else { 401 });
        reply.body = json!({ "error": "invalid_grant" }).to_string();
        reply.header("content-type", "application/json")
    }) else {
        return;
    };
    let settings = json!({ "accessToken": "old-access-1", "refreshToken": "old-refresh-1",
                           "clientId": "client-1", "clientSecret": "client-secret-1" });
    let case = Case { settings, mapping: None, ..cases().remove(2) };
    let id = world.destination(&case);
    let path = format!("/api/v1/destinations/{id}/test");
    let body = json!({ "event": case.event });
    let deadline = Instant::now() + Duration::from_secs(60);
    let test = loop {
        let test = world.server.ask("POST", &path, Some(&body))["test"].clone();
        if test["verdict"] != "filtered" {
            break test;
        }
        assert!(Instant::now() < deadline, "{test:#}");
        let mut mapping = defaults_of(&world, case.kind, "upsertContact");
        mapping["enable_batching"] = json!(false);
        let body = json!({ "actionId": "upsertContact", "trigger": "type = \"identify\"", "settings": mapping });
        world.server.ask("POST", &format!("/api/v1/destinations/{id}/subscriptions"), Some(&body));
    };
    assert_eq!(test["verdict"], "suspend", "{test:#}");
    let text = test.to_string();
    assert!(text.contains("TOKEN_REFRESH_FAILED"), "{test:#}");
    assert!(text.contains("invalid_grant"), "{test:#}");
}

/// One call, three vendors: each gets it in its own terms.
#[test]
fn one_purchase_is_a_purchase_in_ga4_a_persons_event_in_mixpanel_and_revenue_in_amplitude() {
    let Some(world) = world(|arrived| {
        let mut reply = Reply::status(200).header("content-type", "application/json");
        reply.body = match arrived.headers["host"].to_str().unwrap() {
            "api.mixpanel.com" => json!({ "code": 200, "num_records_imported": 1, "status": "OK" }),
            "api2.amplitude.com" => json!({ "code": 200, "events_ingested": 1 }),
            _ => json!({}),
        }
        .to_string();
        reply
    }) else {
        return;
    };
    let base = || Case { headers: &[], body: &[], ..cases().remove(0) };
    let amount = json!({ "value": { "@path": "$.properties.revenue" }, "currency": "USD" });
    let client = json!({ "@path": "$.userId" });
    let mapping = json!({ "data_stream_type": "Web", "clientId": client, "lowercase": true,
                          "name": { "@path": "$.event" }, "params": amount });
    world.destination(&Case {
        kind: "actions-google-analytics-4",
        settings: json!({ "measurementId": "G-1", "apiSecret": "secret-of-ga4" }),
        mapping: Some(("customEvent", "event = \"Purchase\"", mapping)),
        ..base()
    });
    world.destination(&base());
    let settings = json!({ "apiKey": "0123456789abcdef0123456789abcdef" });
    world.destination(&Case { kind: "amplitude", settings, ..base() });
    let purchase = json!({ "type": "track", "event": "Purchase", "userId": "user_12345",
                           "properties": { "revenue": 49.99 } });
    let deadline = Instant::now() + Duration::from_secs(60);
    let at = |host: &str| {
        let arrived = world.vendors.arrived().into_iter().find(|one| one.headers["host"] == host);
        arrived.map(|one| serde_json::from_slice::<Value>(&one.body).unwrap())
    };
    let hosts = ["www.google-analytics.com", "api.mixpanel.com", "api2.amplitude.com"];
    // What comes before a mapping has reached its connection is filtered.
    while !hosts.iter().all(|host| at(host).is_some()) {
        assert!(Instant::now() < deadline, "{:#?}", world.vendors.arrived());
        world.send(&purchase);
        std::thread::sleep(Duration::from_millis(200));
    }
    let [ga4, mixpanel, amplitude] = hosts.map(|host| at(host).unwrap());
    assert_eq!(ga4["events"][0]["name"], "purchase", "{ga4:#}");
    assert_eq!(ga4["events"][0]["params"]["value"], 49.99, "{ga4:#}");
    assert_eq!(ga4["client_id"], "user_12345", "{ga4:#}");
    assert_eq!(mixpanel[0]["event"], "Purchase", "{mixpanel:#}");
    assert_eq!(mixpanel[0]["properties"]["distinct_id"], "user_12345", "{mixpanel:#}");
    assert_eq!(mixpanel[0]["properties"]["revenue"], 49.99, "{mixpanel:#}");
    let event = &amplitude["events"][0];
    assert_eq!(event["event_type"], "Purchase", "{amplitude:#}");
    let money = [&event["price"], &event["quantity"], &event["revenue"]];
    assert_eq!(money, [&json!(49.99), &json!(1), &json!(49.99)], "{amplitude:#}");
    assert_eq!(event["user_id"], "user_12345", "{amplitude:#}");
}

#[test]
fn a_mapping_made_without_fields_has_what_they_propose_those_inside_objects_too() {
    let Some(world) = world(|_| Reply::status(200)) else { return };
    let case = cases().into_iter().find(|case| case.kind == "actions-klaviyo").unwrap();
    let id = world.destination(&Case { mapping: None, ..case });
    let body = json!({ "actionId": "trackEvent", "trigger": "type = \"track\"" });
    let path = format!("/api/v1/destinations/{id}/subscriptions");
    let made = world.server.ask("POST", &path, Some(&body));
    let settings = &made["subscription"]["settings"];
    let profile = json!({ "external_id": { "@path": "$.userId" }, "anonymous_id": { "@path": "$.anonymousId" } });
    assert_eq!(settings["profile"], profile, "{settings:#}");
    assert_eq!(settings["metric_name"], json!({ "@path": "$.event" }), "{settings:#}");
}

#[test]
fn a_kind_that_cannot_run_says_why_and_is_not_made() {
    let Some(world) = world(|_| Reply::status(200)) else { return };
    let kafka = world.server.ask("GET", "/api/v1/catalog/destinations/actions-kafka", None);
    let kafka = &kafka["destinationMetadata"];
    assert_eq!(kafka["available"], false);
    assert!(kafka["unavailableBecause"].as_str().unwrap().contains("TCP"), "{kafka:#}");
    let body = json!({ "sourceId": world.source, "metadataId": "actions-kafka", "settings": {} });
    let bearer = format!("Bearer {}", crate::server::TOKEN);
    let headers = [("authorization", bearer.as_str())];
    let path = "/api/v1/destinations";
    let answer = world.server.client().send("POST", path, &headers, body.to_string().as_bytes());
    let answer = answer.unwrap();
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.contains("TCP"), "{}", answer.body);
}

//! Every operation of the document, asked by those who may not: a new one cannot be forgotten.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;
use sluice_model::{
    Actor, AnnotationSays, DestinationId, Email, EntryKind, EntrySays, FilterAction, NewApiToken,
    NewCohort, NewDestinationFilter, NewMembers, NewSavedInsight, NewSubscription, Role,
};

use crate::browser::{Browser, PASSWORD};
use crate::fakes::PLANTED;
use crate::openapi::{Needs, Operation, operations};
use crate::{Answer, Server, server};

/// What anybody may ask, by hand: an operation does not get here by a slip.
const OPEN: &[&str] = &[
    "accept_invite",
    "get_invite_by_code",
    "get_password_reset",
    "get_setup",
    "set_up",
    "sign_in",
    "sign_in_by_link",
    "use_password_reset",
];

const HOME: WorkspaceNo = WorkspaceNo(1);

/// Somebody who asks.
enum Who {
    Token(String),
    Browser(Browser),
}

impl Who {
    async fn call(&self, server: &Server, operation: &Operation, planted: &Planted) -> Answer {
        let (path, body) = (planted.path(&operation.path), planted.body(&operation.id));
        match self {
            Self::Token(token) => {
                server.call_as(token, &operation.method, &path, body.as_ref()).await
            }
            Self::Browser(browser) => {
                browser.call(server, &operation.method, &path, body.as_ref()).await
            }
        }
    }
}

/// Real things of workspace 1, as the path's parameters name them.
struct Planted {
    parameters: Vec<(&'static str, String)>,
    needles: Vec<String>,
}

/// A mapping of the destination; gives its id.
fn plant_mapping(server: &Server, of: &DestinationId) -> String {
    let new = NewSubscription {
        name: "planted-mapping".to_owned(),
        action: "send".to_owned(),
        trigger: "type = \"track\"".to_owned(),
        mapping: json!({}),
        enabled: true,
    };
    let made = server.store.subscription_create(HOME, of, &new, &Actor::server()).unwrap();
    made.id.into_string()
}

async fn plant(server: &Server) -> Planted {
    let source = server.source("shop").await;
    let destination = server.destination(&source).await;
    let actor = Actor::server();
    let new = NewApiToken { name: "t".to_owned(), role: Role::Viewer };
    let (token, _) = server.store.token_create(HOME, &new, &actor).unwrap();
    let new = NewSavedInsight { name: "i".to_owned(), query: json!({}), display: None };
    let insight = server.store.insight_create(HOME, &new, &actor).unwrap();
    let says = AnnotationSays { at: Timestamp::ZERO, text: "planted-annotation".to_owned() };
    let annotation = server.store.annotation_create(HOME, &says, &actor).unwrap();
    let dashboard = server.store.dashboard_create(HOME, "d", &actor).unwrap();
    let members = NewMembers::Listed(vec![1]);
    let new = NewCohort { name: "c".to_owned(), description: String::new(), members };
    let cohort = server.store.cohort_create(HOME, &new, &actor).unwrap();
    let says = EntrySays { description: "planted-says".to_owned(), ..EntrySays::default() };
    server.store.dictionary_set(HOME, (EntryKind::Event, "planted-entry"), &says, &actor).unwrap();
    let filter = NewDestinationFilter {
        source_id: None,
        title: "planted-filter".to_owned(),
        description: String::new(),
        enabled: true,
        condition: "all".to_owned(),
        actions: vec![FilterAction::Drop],
    };
    let of = DestinationId::from(destination["id"].as_str().unwrap());
    let filter = server.store.filter_create(HOME, &of, &filter, &actor).unwrap();
    let subscription = plant_mapping(server, &of);
    server.person(HOME, "planted-user", Role::Viewer).await;
    let users = server.get("/users").await.json;
    let email = Email::parse("planted-invite@example.com").unwrap();
    let (invite, _) = server.store.invite_create(HOME, (&email, Role::Viewer), &actor).unwrap();
    let text = |json: &Value| json.as_str().unwrap().to_owned();
    let parameters = vec![
        ("{dashboardId}", dashboard.id.into_string()),
        ("{sourceId}", text(&source["id"])),
        ("{writeKey}", text(&source["writeKeys"][0])),
        ("{destinationId}", text(&destination["id"])),
        ("{filterId}", filter.id.into_string()),
        ("{subscriptionId}", subscription),
        ("{tokenId}", token.id.into_string()),
        ("{insightId}", insight.id.into_string()),
        ("{annotationId}", annotation.id.into_string()),
        ("{entryKind}", "event".to_owned()),
        ("{entryName}", "planted-entry".to_owned()),
        ("{cohortId}", cohort.id.into_string()),
        ("{userId}", text(&users["data"]["users"][0]["id"])),
        ("{inviteId}", invite.id.into_string()),
        ("{code}", "a-code-that-nobody-has".to_owned()),
        ("{workspaceId}", server.get("/").await.id("workspace")),
        ("{personId}", "1".to_owned()),
        ("{sessionId}", "1".to_owned()),
        ("{mergeId}", "640".to_owned()),
        ("{messageId}", "m1".to_owned()),
        ("{offset}", "3".to_owned()),
        ("{kindId}", "webhook".to_owned()),
    ];
    let long = parameters.iter().map(|(_, value)| value.clone());
    let long = long.filter(|value| value.len() > 20 && !value.contains("nobody"));
    let planted = [
        PLANTED,
        "shop",
        "planted-user",
        "planted-invite",
        "planted-says",
        "planted-filter",
        "planted-mapping",
        "planted-annotation",
    ];
    Planted { needles: long.chain(planted.map(str::to_owned)).collect(), parameters }
}

impl Planted {
    fn path(&self, path: &str) -> String {
        let filled = self
            .parameters
            .iter()
            .fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!filled.contains('{'), "no value for a parameter of {path}");
        filled
    }

    /// A body that the operation takes, so that only permission can refuse it.
    fn body(&self, id: &str) -> Option<Value> {
        let of = |name: &str| self.parameters.iter().find(|one| one.0 == name).unwrap().1.clone();
        let trend =
            json!({ "kind": "trend", "range": { "last_days": 7 }, "events": [{ "event": "A" }] });
        let definition =
            json!({ "definition": { "clauses": [{ "any_of": [{ "kind": "active" }] }] } });
        let inner = json!({ "range": trend["range"], "events": trend["events"] });
        Some(match id {
            "create_source" => json!({ "name": "New" }),
            "create_destination" => json!({
                "sourceId": of("{sourceId}"), "metadataId": "webhook",
                "settings": { "url": "https://example.com" },
            }),
            "connect_source" => json!({ "sourceId": of("{sourceId}") }),
            "create_token" => json!({ "name": "n", "role": "viewer" }),
            "create_insight" => json!({ "name": "n", "query": trend }),
            "create_annotation" | "update_annotation" => {
                json!({ "at": "2026-03-01", "text": "n" })
            }
            "create_dashboard" => json!({ "name": "n" }),
            "create_cohort" => json!({ "name": "n" }),
            "set_dictionary_entry" => json!({ "description": "d" }),
            "preview_cohort" | "preview_cohort_people" => definition,
            "change_cohort_people" => json!({ "people": [1] }),
            "query_insight" => trend,
            "list_people_behind" => {
                json!({ "kind": "trend", "query": inner, "point": { "event": 0 } })
            }
            "create_filter" => {
                json!({ "title": "n", "if": "all", "actions": [{ "type": "DROP" }] })
            }
            "create_subscription" => {
                json!({ "actionId": "send", "trigger": "type = \"track\"", "settings": {} })
            }
            "preview_subscription" => {
                json!({ "actionId": "send", "trigger": "type = \"track\"", "settings": {}, "event": {} })
            }
            "validate_condition" => json!({ "if": "all" }),
            "preview_filter" => json!({
                "filter": { "if": "all", "actions": [{ "type": "DROP" }] },
                "payload": { "type": "track" },
            }),
            "create_invite" => json!({ "email": "new@example.com", "role": "viewer" }),
            "update_user" => json!({ "role": "viewer" }),
            "create_workspace" => json!({ "name": "N", "timeZone": "UTC", "region": "us" }),
            "switch_workspace" => json!({ "workspaceId": of("{workspaceId}") }),
            "change_password" => json!({ "current": PASSWORD, "new": "another long password" }),
            "sign_in" => json!({ "email": "nobody@example.com", "password": "not a password" }),
            "sign_in_by_link" => json!({ "link": of("{code}") }),
            "accept_invite" | "use_password_reset" => json!({ "password": PASSWORD }),
            "set_up" => json!({
                "setupToken": of("{code}"), "email": "a@example.com", "name": "A",
                "password": PASSWORD, "workspaceName": "W", "timeZone": "UTC", "region": "eu",
            }),
            "delete_people" => json!({ "userIds": ["somebody"] }),
            "update_workspace"
            | "set_routing"
            | "remark_on_settings"
            | "update_source"
            | "update_source_settings"
            | "update_destination"
            | "update_filter"
            | "update_subscription"
            | "update_insight"
            | "update_dashboard"
            | "update_cohort"
            | "create_sign_in_link"
            | "test_destination"
            | "send_dead_letters_again" => json!({}),
            _ => return None,
        })
    }
}

#[test]
fn what_anybody_may_ask_is_what_this_file_lists() {
    let open = operations().into_iter().filter(|one| one.needs == Needs::Nothing);
    let open: BTreeSet<String> = open.map(|one| one.id).collect();
    assert_eq!(open, OPEN.iter().map(|id| (*id).to_owned()).collect());
}

#[tokio::test]
async fn nobody_bad_tokens_and_bad_cookies_get_401_from_every_other_operation() {
    let server = server();
    let planted = plant(&server).await;
    let headers = [
        None,
        Some(("authorization", "Bearer wrong")),
        Some(("authorization", "Basic b3BlcmF0b3ItdG9rZW46")),
        Some(("authorization", "Bearer")),
        Some(("cookie", "sluice_session=wrong")),
        Some(("cookie", "sluice_session=")),
    ];
    for operation in operations().iter().filter(|one| one.needs != Needs::Nothing) {
        let path = planted.path(&operation.path);
        for header in headers {
            let mut request =
                Request::builder().method(operation.method.as_str()).uri(format!("/api/v1{path}"));
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            let answer = server.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, 401, "{} as {header:?}: {}", operation.id, answer.text);
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert_eq!(answer.json["errors"][0]["type"], "unauthorized", "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn an_open_operation_gives_nobody_more_than_that_its_code_is_wrong() {
    let server = server();
    let planted = plant(&server).await;
    let nobody = Who::Browser(Browser::default());
    for operation in operations().iter().filter(|one| one.needs == Needs::Nothing) {
        let answer = nobody.call(&server, operation, &planted).await;
        let expected = match operation.id.as_str() {
            "get_setup" => 200,
            "sign_in" => 401,
            "set_up" => 409,
            _ => 404,
        };
        assert_eq!(answer.status, expected, "{}: {}", operation.id, answer.text);
        for needle in &planted.needles {
            assert!(!answer.text.contains(needle), "{}: {}", operation.id, answer.text);
        }
    }
}

#[tokio::test]
async fn a_role_below_the_documented_one_gets_403_and_the_documented_one_does_not() {
    let server = server();
    let planted = plant(&server).await;
    let mut asking = Vec::new();
    for role in Role::ALL.iter().copied() {
        asking.push((role, Who::Token(server.token(HOME, role))));
        asking.push((role, Who::Browser(server.person(HOME, role.name(), role).await)));
    }
    let mut all = operations();
    // What deletes comes last, so that the others still find what they ask for.
    all.sort_by_key(|operation| operation.method == "DELETE");
    for operation in &all {
        let Needs::Role(needed) = operation.needs else { continue };
        let has_body = planted.body(&operation.id).is_some();
        assert_eq!(has_body, operation.json["requestBody"].is_object(), "{}", operation.id);
        for (role, who) in &asking {
            let answer = who.call(&server, operation, &planted).await;
            let refused = answer.status == 403;
            assert_eq!(refused, !role.may(needed), "{} as {role:?}: {}", operation.id, answer.text);
            let wrong = [400, 401, 405, 500].contains(&answer.status.as_u16());
            assert!(!wrong, "{} as {role:?}: {}", operation.id, answer.text);
        }
    }
}

#[tokio::test]
async fn an_operation_on_a_session_is_for_people_in_every_role_and_for_no_token() {
    let server = server();
    let planted = plant(&server).await;
    for operation in operations().iter().filter(|one| one.needs == Needs::Session) {
        for role in Role::ALL {
            let token = Who::Token(server.token(HOME, *role));
            let answer = token.call(&server, operation, &planted).await;
            assert_eq!(answer.status, 403, "{}: {}", operation.id, answer.text);
            let name = format!("{}-{}", operation.id.replace('_', "-"), role.name());
            let person = Who::Browser(server.person(HOME, &name, *role).await);
            let answer = person.call(&server, operation, &planted).await;
            // The planted session is another person's.
            let expected = if operation.id == "end_own_session" { 404 } else { 200 };
            assert_eq!(answer.status, expected, "{} as {role:?}: {}", operation.id, answer.text);
        }
    }
}

#[tokio::test]
async fn an_admin_of_another_workspace_reaches_nothing_of_this_one() {
    let server = server();
    let planted = plant(&server).await;
    let other = server.other_workspace();
    let shape = |json: &Value| json.to_string();
    let mut before = Vec::new();
    for path in [
        "/sources",
        "/destinations",
        "/tokens",
        "/insights",
        "/annotations",
        "/dashboards",
        "/cohorts",
        "/dictionary",
        "/users",
        "/invites",
        "/",
    ] {
        before.push((path, shape(&server.get(path).await.json)));
    }
    let mut all = operations();
    // Signing out and a new password end the session that asks.
    all.sort_by_key(|operation| ["sign_out", "change_password"].contains(&operation.id.as_str()));
    for who in [
        Who::Token(server.token(other, Role::Admin)),
        Who::Browser(server.person(other, "other-admin", Role::Admin).await),
    ] {
        for operation in all.iter().filter(|one| one.needs != Needs::Nothing) {
            let answer = who.call(&server, operation, &planted).await;
            let elsewhere = [
                "get_destination_kind",
                "end_own_session",
                "set_dictionary_entry",
                "delete_dictionary_entry",
            ];
            let of_us = operation.path.contains('{') && !elsewhere.contains(&operation.id.as_str());
            if of_us {
                assert_eq!(answer.status, 404, "{}: {}", operation.id, answer.text);
            } else if operation.id == "create_destination" {
                assert_eq!(answer.status, 400, "{}", answer.text);
            } else if ["switch_workspace", "end_own_session"].contains(&operation.id.as_str()) {
                assert!([403, 404].contains(&answer.status.as_u16()), "{}", answer.text);
            }
            // An address that was not found may be named back to who sent it.
            if answer.status == 200 {
                for needle in &planted.needles {
                    assert!(!answer.text.contains(needle), "{}: {}", operation.id, answer.text);
                }
            } else {
                assert!(!answer.text.contains(PLANTED), "{}: {}", operation.id, answer.text);
            }
        }
    }
    for (path, expected) in before {
        assert_eq!(
            shape(&server.get(path).await.json),
            expected,
            "{path} was changed from outside"
        );
    }
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing_and_neither_does_a_page_of_another_site() {
    let server = server();
    let planted = plant(&server).await;
    let signed_in = server.person(HOME, "ann", Role::Admin).await;
    let mut forged = Browser { csrf: Some("x".repeat(43)), ..signed_in.clone() };
    let without = Browser { csrf: None, ..signed_in.clone() };
    for operation in operations().iter().filter(|one| one.changes()) {
        let (path, body) = (planted.path(&operation.path), planted.body(&operation.id));
        let (method, body) = (operation.method.as_str(), body.as_ref());
        if operation.needs != Needs::Nothing {
            for browser in [&without, &forged] {
                let answer = browser.call(&server, method, &path, body).await;
                assert_eq!(answer.status, 403, "{}: {}", operation.id, answer.text);
            }
        }
        for origin in ["https://evil.example", "http://sluice.test.evil.example", "null"] {
            let request = Request::builder()
                .method(method)
                .uri(format!("/api/v1{path}"))
                .header("host", "sluice.test")
                .header("origin", origin)
                .header("cookie", signed_in.cookie.as_ref().unwrap())
                .header("x-csrf-token", signed_in.csrf.as_ref().unwrap());
            let body = body.map_or_else(Body::empty, |json| Body::from(json.to_string()));
            let answer = server.send(request.body(body).unwrap()).await;
            assert_eq!(answer.status, 403, "{} from {origin}: {}", operation.id, answer.text);
        }
    }
    forged.csrf = signed_in.csrf;
    assert_eq!(forged.call(&server, "DELETE", "/session", None).await.status, 200);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let server = server();
    let made = server.post("/tokens", &json!({ "name": "ci", "role": "editor" })).await;
    let secret = made.json["data"]["secret"].as_str().unwrap();
    assert_eq!(server.call_as(secret, "GET", "/sources", None).await.status, 200);
    let path = format!("/tokens/{}", made.id("token"));
    assert_eq!(server.delete(&path).await.status, 200);
    assert_eq!(server.call_as(secret, "GET", "/sources", None).await.status, 401);
}

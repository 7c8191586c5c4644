//! Every operation of the document, asked by those who may not: a new one cannot be forgotten.

use http::Request;
use serde_json::{Value, json};
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, NewApiToken, NewSavedInsight, Role};

use crate::fakes::PLANTED;
use crate::openapi::operations;
use crate::{Server, server};

/// Real things of workspace 1, as the path's parameters name them.
struct Planted {
    parameters: Vec<(&'static str, String)>,
    needles: Vec<String>,
}

async fn plant(server: &Server) -> Planted {
    let source = server.source("shop").await;
    let destination = server.destination(&source).await;
    let actor = Actor::server();
    let new = NewApiToken { name: "t".to_owned(), role: Role::Viewer };
    let (token, _) = server.store.token_create(WorkspaceNo(1), &new, &actor).unwrap();
    let new = NewSavedInsight { name: "i".to_owned(), query: json!({}), display: None };
    let insight = server.store.insight_create(WorkspaceNo(1), &new, &actor).unwrap();
    let dashboard = server.store.dashboard_create(WorkspaceNo(1), "d", &actor).unwrap();
    let text = |json: &Value| json.as_str().unwrap().to_owned();
    let parameters = vec![
        ("{dashboardId}", dashboard.id.into_string()),
        ("{sourceId}", text(&source["id"])),
        ("{writeKey}", text(&source["writeKeys"][0])),
        ("{destinationId}", text(&destination["id"])),
        ("{tokenId}", token.id.into_string()),
        ("{insightId}", insight.id.into_string()),
        ("{personId}", "1".to_owned()),
        ("{mergeId}", "640".to_owned()),
        ("{messageId}", "m1".to_owned()),
        ("{kindId}", "webhook".to_owned()),
    ];
    let long = parameters.iter().map(|(_, value)| value.clone()).filter(|value| value.len() > 20);
    let needles = long.chain([PLANTED.to_owned(), "shop".to_owned()]).collect();
    Planted { parameters, needles }
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
        let mut inner = trend.clone();
        inner.as_object_mut().unwrap().remove("kind");
        Some(match id {
            "create_source" => json!({ "name": "New" }),
            "create_destination" => json!({
                "sourceId": of("{sourceId}"), "metadataId": "webhook",
                "settings": { "url": "https://example.com" },
            }),
            "connect_source" => json!({ "sourceId": of("{sourceId}") }),
            "create_token" => json!({ "name": "n", "role": "viewer" }),
            "create_insight" => json!({ "name": "n", "query": trend }),
            "create_dashboard" => json!({ "name": "n" }),
            "query_insight" => trend,
            "list_people_behind" => {
                json!({ "kind": "trend", "query": inner, "point": { "event": 0 } })
            }
            "update_workspace"
            | "update_source"
            | "update_source_settings"
            | "update_destination"
            | "update_insight"
            | "update_dashboard"
            | "send_dead_letters_again" => json!({}),
            _ => return None,
        })
    }
}

#[tokio::test]
async fn nobody_and_bad_tokens_get_401_from_every_operation() {
    let server = server();
    let planted = plant(&server).await;
    for operation in operations() {
        let path = planted.path(&operation.path);
        for header in
            [None, Some("Bearer wrong"), Some("Basic b3BlcmF0b3ItdG9rZW46"), Some("Bearer")]
        {
            let mut request =
                Request::builder().method(operation.method.as_str()).uri(format!("/api/v1{path}"));
            if let Some(value) = header {
                request = request.header("authorization", value);
            }
            let answer = server.send(request.body(axum::body::Body::empty()).unwrap()).await;
            assert_eq!(answer.status, 401, "{} as {header:?}: {}", operation.id, answer.text);
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert_eq!(answer.json["errors"][0]["type"], "unauthorized", "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn a_role_below_the_documented_one_gets_403_and_the_documented_one_does_not() {
    let server = server();
    let planted = plant(&server).await;
    let tokens: Vec<(Role, String)> =
        Role::ALL.iter().map(|role| (*role, server.token(WorkspaceNo(1), *role))).collect();
    let mut all = operations();
    // What deletes comes last, so that the others still find what they ask for.
    all.sort_by_key(|operation| operation.method == "DELETE");
    for operation in all {
        let needed = Role::from_name(&operation.role).unwrap();
        let (path, body) = (planted.path(&operation.path), planted.body(&operation.id));
        assert_eq!(body.is_some(), operation.json["requestBody"].is_object(), "{}", operation.id);
        for (role, token) in &tokens {
            let answer = server.call_as(token, &operation.method, &path, body.as_ref()).await;
            let refused = answer.status == 403;
            assert_eq!(refused, !role.may(needed), "{} as {role:?}: {}", operation.id, answer.text);
            let wrong = [400, 401, 405, 500].contains(&answer.status.as_u16());
            assert!(!wrong, "{} as {role:?}: {}", operation.id, answer.text);
        }
    }
}

#[tokio::test]
async fn an_admin_of_another_workspace_reaches_nothing_of_this_one() {
    let server = server();
    let planted = plant(&server).await;
    let other = server.store.workspace_create("Other", "UTC", &Actor::server()).unwrap().no;
    let token = server.token(other, Role::Admin);
    let shape = |json: &Value| json.to_string();
    let mut before = Vec::new();
    for path in ["/sources", "/destinations", "/tokens", "/insights", "/dashboards", "/"] {
        before.push((path, shape(&server.get(path).await.json)));
    }
    for operation in operations() {
        let (path, body) = (planted.path(&operation.path), planted.body(&operation.id));
        let answer = server.call_as(&token, &operation.method, &path, body.as_ref()).await;
        let of_us = operation.path.contains('{') && operation.id != "get_destination_kind";
        if of_us {
            assert_eq!(answer.status, 404, "{}: {}", operation.id, answer.text);
        } else if operation.id == "create_destination" {
            assert_eq!(answer.status, 400, "{}", answer.text);
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
    for (path, expected) in before {
        assert_eq!(
            shape(&server.get(path).await.json),
            expected,
            "{path} was changed from outside"
        );
    }
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

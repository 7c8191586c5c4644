//! The API over HTTP: shapes by snapshot, one file per resource; permissions by walking the
//! document.
#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod amplitude;
mod annotations;
mod browser;
mod cohorts;
mod dashboards;
mod destinations;
mod dictionary;
mod fakes;
mod filters;
mod insights;
mod live_events;
mod openapi;
mod people;
mod permissions;
mod protocol;
mod sessions;
mod sources;
mod tokens;
mod users;
mod workspace;
mod workspaces;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use sluice_api::{ApiState, Site, router};
use sluice_base::{ManualClock, Secret, Timestamp};
use sluice_destination_kit::{Catalog, HttpOut, HttpOutConfig};
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, NewApiToken, NewWorkspace, Region, Role};
use sluice_store::Store;
use tower::ServiceExt;

const ADMIN: &str = "operator-token";

/// A server without a socket: requests go through the whole router.
struct Server {
    #[expect(dead_code, reason = "owned for its drop")]
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    store: Store,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    json: Value,
}

fn server() -> Server {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_767_225_600)));
    let store = Store::open(dir.path(), Arc::clone(&clock) as _).unwrap();
    store.token_accept(WorkspaceNo(1), &Secret::new(ADMIN.to_owned())).unwrap();
    let catalog = Arc::new(Catalog::new([fakes::kind()]));
    let site = Site {
        clock: Arc::clone(&clock) as _,
        public_url: None,
        is_https: false,
        client_ip: Arc::new(|peer, _| peer),
        scripts: sluice_api::BrowserScripts {
            sdk_bytes: 31_000,
            plugin_bytes: [("fake".to_owned(), 9_000)].into(),
        },
        outbound: HttpOut::new(HttpOutConfig::default()),
    };
    let router = router(ApiState::new(store.clone(), catalog, fakes::handles(&store), site));
    Server { dir, clock, store, router }
}

impl Server {
    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 24).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, text, json }
    }

    /// As the holder of `token`, with a JSON body if one is given.
    async fn call_as(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {token}"));
        let body = body.map_or_else(Body::empty, |json| Body::from(json.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call_as(ADMIN, method, path, Some(body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call_as(ADMIN, "GET", path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call_as(ADMIN, "POST", path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call_as(ADMIN, "PATCH", path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call_as(ADMIN, "DELETE", path, None).await
    }

    fn token(&self, workspace: WorkspaceNo, role: Role) -> String {
        let new = NewApiToken { name: role.name().to_owned(), role };
        self.store.token_create(workspace, &new, &Actor::server()).unwrap().1.into_exposed()
    }

    /// A second workspace, of which nobody here is a member.
    fn other_workspace(&self) -> WorkspaceNo {
        let new = NewWorkspace {
            name: "Other".to_owned(),
            slug: None,
            time_zone: "UTC".to_owned(),
            region: Region::Eu,
        };
        self.store.workspace_create(&new, None, &Actor::server()).unwrap().no
    }

    /// Makes a source and answers its view.
    async fn source(&self, slug: &str) -> Value {
        let answer = self.post("/sources", &serde_json::json!({ "slug": slug })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json["data"]["source"].clone()
    }

    /// Makes a destination of the source and answers its view.
    async fn destination(&self, source: &Value) -> Value {
        let body = serde_json::json!({
            "sourceId": source["id"], "metadataId": "webhook",
            "settings": { "url": "https://example.com/hook", "sharedSecret": "planted-secret-k3f9" },
        });
        let answer = self.post("/destinations", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json["data"]["destination"].clone()
    }
}

impl Answer {
    /// Status and body, with random ids, keys and tokens replaced by stars.
    fn shape(&self) -> String {
        let mut json = self.json.clone();
        hide(&mut json);
        format!("{} {}", self.status.as_u16(), serde_json::to_string_pretty(&json).unwrap())
    }

    fn id(&self, resource: &str) -> String {
        self.json["data"][resource]["id"].as_str().unwrap().to_owned()
    }
}

fn hide(json: &mut Value) {
    match json {
        Value::String(text) => {
            let is_random =
                |part: &str| part.len() >= 22 && part.bytes().all(|b| b.is_ascii_alphanumeric());
            if text.split(['_', '`']).any(is_random) {
                *text = "***".to_owned();
            }
        }
        Value::Array(list) => list.iter_mut().for_each(hide),
        Value::Object(map) => map.values_mut().for_each(hide),
        _ => {}
    }
}

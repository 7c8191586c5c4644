//! Amplitude's dashboard API: who may ask, what is refused and how. The numbers are tested with the
//! real parts, in the binary's tests.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Request, StatusCode};
use serde_json::json;
use sluice_model::Role;
use tower::ServiceExt as _;

use crate::fakes::PLANTED;
use crate::{ADMIN, Answer, Server, server};

async fn get(server: &Server, path: &str, keys: Option<(&str, &str)>) -> Answer {
    let mut request = Request::builder().uri(path);
    if let Some((key, secret)) = keys {
        let coded = STANDARD.encode(format!("{key}:{secret}"));
        request = request.header("authorization", format!("Basic {coded}"));
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

async fn write_key(server: &Server) -> String {
    server.source("shop").await["writeKeys"][0].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_write_key_and_a_token_of_one_workspace_open_it_and_nothing_else_does() {
    let server = server();
    let key = write_key(&server).await;
    let path = "/api/2/events/list";
    let of_other = server.token(server.other_workspace(), Role::Admin);
    for keys in [
        None,
        Some((key.as_str(), "wrong")),
        Some(("wrong", ADMIN)),
        Some((key.as_str(), of_other.as_str())),
        Some((ADMIN, key.as_str())),
    ] {
        let answer = get(&server, path, keys).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{keys:?}");
        assert_eq!(answer.headers["www-authenticate"], "Basic");
        assert!(answer.json["error"].is_string() && answer.json.get("data").is_none());
        assert!(!answer.text.contains(PLANTED));
    }
    let viewer = server.token(sluice_event::WorkspaceNo(1), Role::Viewer);
    for secret in [ADMIN, &viewer] {
        assert_eq!(get(&server, path, Some((&key, secret))).await.status, StatusCode::OK);
    }
    let in_query = format!("{path}?api_key={key}&secret_key={viewer}");
    assert_eq!(get(&server, &in_query, None).await.json["data"][0]["value"], PLANTED);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_a_reason_and_without_data() {
    let server = server();
    let key = write_key(&server).await;
    let days = "start=20260301&end=20260302";
    let event = format!("e=%7B%22event_type%22%3A%22{PLANTED}%22%7D");
    for (path, status, said) in [
        (format!("/api/2/events/segmentation?{days}"), 400, "Missing parameter: e"),
        (format!("/api/2/events/segmentation?{event}"), 400, "Missing parameter: start"),
        (
            format!("/api/2/events/segmentation?{event}&start=2026-03-01&end=20260302"),
            400,
            "YYYYMMDD",
        ),
        (
            format!("/api/2/events/segmentation?{event}&{days}&m=formula"),
            400,
            "Missing parameter: formula",
        ),
        (
            format!(
                "/api/2/events/segmentation?e=%7B%22event_type%22%3A%22{PLANTED}%22%2C%22group_by%22%3A%5B%7B%22type%22%3A%22event%22%2C%22value%22%3A%22a%22%7D%5D%7D&{days}&m=formula&formula=TOTALS%28A%29"
            ),
            400,
            "grouped by `g`",
        ),
        (format!("/api/2/events/segmentation?{event}&{days}&g2=country"), 400, "goes with `g`"),
        (
            format!("/api/2/events/segmentation?{event}&{days}&rollingWindow=2&rollingAverage=2"),
            400,
            "does not go with",
        ),
        (format!("/api/2/composition?{days}"), 400, "Missing parameter: p"),
        (format!("/api/2/revenue/ltv?{days}&g=country"), 400, "not available"),
        ("/api/2/revenue/ltv?start=20250101&end=20251231".to_owned(), 400, "at most 92"),
        (format!("/api/2/events/segmentation?{event}&{days}&m=sums"), 400, "needs a property"),
        (
            format!("/api/2/events/segmentation?e=%7B%22event_type%22%3A%22No%22%7D&{days}"),
            400,
            "Invalid event: No",
        ),
        (format!("/api/2/funnels?{event}&{days}"), 400, "at least two"),
        (format!("/api/2/funnels?{event}&{event}&{days}&mode=sideways"), 400, "mode"),
        (format!("/api/2/retention?rm=bracket&{days}"), 400, "Missing parameter: rb"),
        ("/api/2/useractivity?user=ann".to_owned(), 400, "a number"),
        ("/api/2/export?start=20260301&end=20260301T05".to_owned(), 400, "YYYYMMDDTHH"),
        ("/api/2/export?start=20260301T06&end=20260301T05".to_owned(), 400, "after start"),
        ("/api/2/export?start=20260301T06&end=99991230T22".to_owned(), 400, "calendar"),
        ("/api/2/export?start=20200301T05&end=20200301T05".to_owned(), 404, "No events"),
        // A full queue is "too many" for these clients.
        (format!("/api/2/events/segmentation?{event}&{days}"), 429, ""),
    ] {
        let answer = get(&server, &path, Some((&key, ADMIN))).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        let error = answer.json["error"].as_str().unwrap();
        assert!(error.contains(said), "{path}: {error}");
        assert!(answer.json.get("data").is_none());
        assert_eq!(answer.headers.contains_key("retry-after"), status == 429);
    }
}

async fn send(server: &Server, method: &str, path: &str, keys: (&str, &str), body: &str) -> Answer {
    let coded = STANDARD.encode(format!("{}:{}", keys.0, keys.1));
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", format!("Basic {coded}"));
    server.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn releases_and_annotations_are_those_of_the_charts() {
    let server = server();
    let key = write_key(&server).await;
    let admin = (key.as_str(), ADMIN);
    let body = json!({
        "version": "4.2", "title": "Spring", "release_start": "2026-03-01 09:00:00",
        "created_by": "ci",
    });
    let made = send(&server, "POST", "/api/2/release", admin, &body.to_string()).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let release = &made.json["release"];
    assert_eq!(
        (&release["version"], &release["params"]["created_by"]),
        (&json!("4.2"), &json!("ci"))
    );
    let own = server.get("/annotations").await.json["data"]["annotations"].clone();
    assert_eq!(
        (&own[0]["text"], &own[0]["at"]),
        (&json!("Spring (4.2)"), &json!("2026-03-01T09:00:00.000Z"))
    );
    let body = json!({ "label": "Sale", "start": "2026-03-05T10:00:00+02:00" }).to_string();
    let made = send(&server, "POST", "/api/3/annotations", admin, &body).await;
    let id = made.json["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made.json["data"]["start"], "2026-03-05T08:00:00.000Z");
    let path = format!("/api/3/annotations/{id}");
    let changed =
        send(&server, "PUT", &path, admin, r#"{"label":"Big sale","chart_id":null}"#).await;
    assert_eq!(
        (&changed.json["data"]["label"], &changed.json["data"]["chart_id"]),
        (&json!("Big sale"), &json!(null))
    );
    let later = "/api/3/annotations?start=2026-03-02T00:00:00Z";
    assert_eq!(
        send(&server, "GET", later, admin, "").await.json["data"].as_array().unwrap().len(),
        1
    );
    let old = "/api/2/annotations?date=2026-03-07&label=Old";
    let made = send(&server, "POST", old, admin, "").await;
    assert_eq!(made.json["annotation"]["date"], "2026-03-07", "{}", made.text);
    let all = send(&server, "GET", "/api/2/annotations", admin, "").await;
    assert_eq!(all.json["data"].as_array().unwrap().len(), 3);
    assert_eq!(send(&server, "DELETE", &path, admin, "").await.json, json!({ "success": true }));
    assert_eq!(send(&server, "GET", &path, admin, "").await.status, StatusCode::NOT_FOUND);
    let viewer = server.token(sluice_event::WorkspaceNo(1), Role::Viewer);
    for (method, path, keys, body, status) in [
        ("POST", "/api/3/annotations", admin, r#"{"label":"x"}"#, 400),
        ("POST", "/api/3/annotations", admin, r#"{"label":"x","start":"soon"}"#, 400),
        (
            "POST",
            "/api/3/annotations",
            admin,
            r#"{"label":"x","start":"2026-03-01T09:00:00Z","category":"R"}"#,
            400,
        ),
        (
            "POST",
            "/api/3/annotations",
            (key.as_str(), viewer.as_str()),
            r#"{"label":"x","start":"2026-03-01T09:00:00Z"}"#,
            403,
        ),
        ("POST", "/api/2/release?version=1&title=T&release_start=today", admin, "", 400),
        ("PUT", "/api/3/annotations/none", admin, "{}", 404),
    ] {
        let answer = send(&server, method, path, keys, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path} {body}: {}", answer.text);
        assert!(answer.json["error"].is_string());
    }
}

#[tokio::test]
async fn events_go_by_the_names_that_the_dictionary_gives_them() {
    let server = server();
    let key = write_key(&server).await;
    let keys = Some((key.as_str(), ADMIN));
    let custom = json!({ "anyOf": [{ "event": PLANTED }], "displayName": "Any touch" });
    server.call("PUT", "/dictionary/custom_event/Touch", &custom).await;
    let says = json!({ "displayName": "Order", "isHidden": true });
    server.call("PUT", &format!("/dictionary/event/{PLANTED}"), &says).await;
    let list = get(&server, "/api/2/events/list", keys).await.json["data"].clone();
    let seen = |one: usize| [&list[one]["value"], &list[one]["display"], &list[one]["hidden"]];
    assert_eq!(seen(0), [&json!(PLANTED), &json!("Order"), &json!(true)]);
    assert_eq!(seen(1), [&json!("ce:Touch"), &json!("Any touch"), &json!(false)]);
    let same = json!({ "sameAs": "Order Completed" });
    server.call("PUT", &format!("/dictionary/event/{PLANTED}"), &same).await;
    let list = get(&server, "/api/2/events/list", keys).await.json["data"].clone();
    assert_eq!(list[0]["value"], "Order Completed");
    let ask = async |event: &str| {
        let days = "start=20260301&end=20260302";
        let event = format!("e=%7B%22event_type%22%3A%22{event}%22%7D");
        get(&server, &format!("/api/2/events/segmentation?{event}&{days}"), keys).await
    };
    for name in [PLANTED, "Order%20Completed", "ce:Touch"] {
        assert_eq!(ask(name).await.status.as_u16(), 429, "{name} is known, and the queue is full");
    }
    for name in ["ce:No", "Order"] {
        assert!(ask(name).await.text.contains("Invalid event"), "{name}");
    }
    server
        .call("PUT", &format!("/dictionary/event/{PLANTED}"), &json!({ "isDeleted": true }))
        .await;
    assert!(ask(PLANTED).await.text.contains("Invalid event"));
}

#[tokio::test]
async fn a_search_for_nobody_and_activity_of_nobody_are_empty_answers() {
    let server = server();
    let key = write_key(&server).await;
    let found = get(&server, "/api/2/usersearch?user=nobody", Some((&key, ADMIN))).await;
    assert_eq!(found.json, json!({ "matches": [], "type": "nomatch" }));
    let begins = get(&server, "/api/2/usersearch?user=planted-of", Some((&key, ADMIN))).await;
    assert_eq!(begins.json["type"], "match_user_prefix");
    assert_eq!(begins.json["matches"][0]["user_id"], PLANTED);
    let activity = get(&server, "/api/2/useractivity?user=99", Some((&key, ADMIN))).await;
    assert_eq!(
        (&activity.json["events"], &activity.json["userData"]["num_events"]),
        (&json!([]), &json!(0))
    );
}

#[tokio::test]
async fn an_export_has_a_file_for_each_hour_and_its_directory_at_the_end() {
    let server = server();
    let key = write_key(&server).await;
    let coded = STANDARD.encode(format!("{key}:{ADMIN}"));
    let request = Request::builder()
        .uri("/api/2/export?start=20260301T12&end=20260301T13")
        .header("authorization", format!("Basic {coded}"));
    let response =
        server.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/zip");
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for name in ["1/1_2026-03-01_12#0.json.gz", "1/1_2026-03-01_13#0.json.gz"] {
        assert_eq!(text.matches(name).count(), 2, "before the file and in the directory");
    }
    assert!(bytes.starts_with(b"PK\x03\x04"));
    assert_eq!(&bytes[bytes.len() - 22..bytes.len() - 18], b"PK\x05\x06");
}

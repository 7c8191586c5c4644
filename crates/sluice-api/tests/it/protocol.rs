//! What all operations share: media types, errors, pagination, limits.

use axum::body::Body;
use expect_test::expect;
use http::Request;
use serde_json::json;

use crate::{ADMIN, server};

fn request(path: &str) -> http::request::Builder {
    Request::builder().uri(path).header("authorization", format!("Bearer {ADMIN}"))
}

#[tokio::test]
async fn the_root_answers_with_and_without_its_slash() {
    let server = server();
    for path in ["/api/v1", "/api/v1/"] {
        let answer = server.send(request(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.json["data"]["workspace"]["slug"], "my-workspace");
    }
}

#[tokio::test]
async fn an_answer_repeats_segments_media_type_when_asked_for_it() {
    let server = server();
    for (accept, expected) in [
        ("application/vnd.segment.v1+json", "application/vnd.segment.v1+json"),
        (
            "text/html, application/vnd.segment.v1beta+json;q=0.9",
            "application/vnd.segment.v1beta+json",
        ),
        ("*/*", "application/json"),
        ("application/vnd.segment.v99+json", "application/json"),
    ] {
        for path in ["/api/v1/sources", "/api/v1/sources/none"] {
            let asked = request(path).header("accept", accept).body(Body::empty()).unwrap();
            assert_eq!(
                server.send(asked).await.headers["content-type"],
                expected,
                "{accept} {path}"
            );
        }
    }
}

#[tokio::test]
async fn the_last_page_has_no_next_and_both_notations_page_alike() {
    let server = server();
    for n in 0..5 {
        server.source(&format!("s{n}")).await;
    }
    for (count, cursor) in
        [("pagination[count]", "pagination[cursor]"), ("pagination.count", "pagination.cursor")]
    {
        let (mut slugs, mut next, mut pages) = (Vec::new(), None, 0);
        loop {
            let mut path = format!("/sources?{count}=2");
            if let Some(next) = &next {
                path = format!("{path}&{cursor}={next}");
            }
            let answer = server.get(&path).await;
            let data = &answer.json["data"];
            slugs.extend(data["sources"].as_array().unwrap().iter().map(|one| one["slug"].clone()));
            pages += 1;
            assert_eq!(data["pagination"]["totalEntries"], 5);
            let pagination = data["pagination"].as_object().unwrap();
            match pagination.get("next") {
                Some(cursor) => next = Some(cursor.as_str().unwrap().to_owned()),
                None => break,
            }
        }
        assert_eq!((json!(slugs), pages), (json!(["s0", "s1", "s2", "s3", "s4"]), 3));
    }
}

#[tokio::test]
async fn a_wrong_page_is_refused_by_field() {
    let server = server();
    for (query, field) in [
        ("pagination[count]=0", "pagination.count"),
        ("pagination[count]=1001", "pagination.count"),
        ("pagination.count=x", "pagination.count"),
        ("pagination[cursor]=%%%", "pagination.cursor"),
        ("pagination.cursor=42", "pagination.cursor"),
    ] {
        let answer = server.get(&format!("/sources?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json["errors"][0]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn a_mistyped_field_is_refused_with_the_nearest_name_and_its_place() {
    let answer = server().post("/sources", &json!({ "name": "Shop", "enabld": true })).await;
    expect![[r#"
        400 {
          "errors": [
            {
              "type": "bad-request",
              "message": "`enabld` is not a field here; did you mean `enabled`?",
              "field": "enabld",
              "data": {
                "line": 1,
                "column": 23
              },
              "status": 400
            }
          ]
        }"#]]
    .assert_eq(&answer.shape());
}

#[tokio::test]
async fn broken_json_an_unknown_path_and_a_wrong_method_answer_json() {
    let server = server();
    let broken = request("/api/v1/sources").method("POST").body(Body::from("{\"name\":")).unwrap();
    let answer = server.send(broken).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["errors"][0]["data"]["line"]),
        (400, &json!(1))
    );
    let answer = server.get("/nothing/here").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["errors"][0]["type"]),
        (404, &json!("not-found"))
    );
    let answer = server.call_as(ADMIN, "PUT", "/sources", None).await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.json["errors"][0]["type"], "method-not-allowed");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let server = server();
    let long = json!({ "name": "x".repeat(300 * 1024) });
    let answer = server.post("/sources", &long).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["errors"][0]["type"]),
        (413, &json!("payload-too-large"))
    );
    let short = json!({ "name": "x".repeat(200 * 1024) });
    assert_eq!(server.post("/sources", &short).await.status, 400);
}

#[tokio::test]
async fn no_answer_lets_another_origin_in_or_may_be_cached() {
    let server = server();
    let asked = request("/api/v1/sources").header("origin", "https://evil.example");
    let answer = server.send(asked.body(Body::empty()).unwrap()).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
}

//! Questions and saved insights.

use serde_json::{Value, json};

use crate::server;

fn trend() -> Value {
    json!({ "kind": "trend", "range": { "last_days": 7 }, "events": [{ "event": "A" }] })
}

#[tokio::test]
async fn a_saved_insight_is_kept_changed_and_deleted() {
    let server = server();
    let made = server.post("/insights", &json!({ "name": "Signups", "query": trend() })).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let path = format!("/insights/{}", made.id("insight"));
    let query = made.json["data"]["insight"]["query"].clone();
    assert_eq!((&query["kind"], &query["events"][0]["event"]), (&json!("trend"), &json!("A")));
    let changed = server.patch(&path, &json!({ "name": "Signup" })).await;
    assert_eq!(changed.json["data"]["insight"]["query"], query);
    assert_eq!(server.get("/insights").await.json["data"]["insights"][0]["name"], "Signup");
    assert_eq!(server.delete(&path).await.status, 200);
    assert_eq!(server.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_question_that_cannot_be_asked_is_neither_asked_nor_saved() {
    let server = server();
    let none = json!({ "kind": "trend", "range": { "last_days": 7 }, "events": [] });
    let mistyped = json!({ "kind": "trend", "range": { "last_days": 7 }, "events": [{ "event": "A" }], "intervall": "day" });
    let unknown = json!({ "kind": "retension" });
    for query in [none, mistyped, unknown] {
        assert_eq!(server.post("/insights/query", &query).await.status, 400, "{query}");
        let saved = server.post("/insights", &json!({ "name": "x", "query": query })).await;
        assert_eq!(saved.status, 400, "{query}");
    }
    assert_eq!(server.get("/insights").await.json["data"]["insights"], json!([]));
}

#[tokio::test]
async fn a_full_queue_of_questions_answers_503_with_a_time() {
    let answer = server().post("/insights/query", &trend()).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["errors"][0]["type"]),
        (503, &json!("unavailable"))
    );
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn the_people_behind_a_number_come_in_pages() {
    let server = server();
    let mut query = trend();
    query.as_object_mut().unwrap().remove("kind");
    let body = json!({ "kind": "trend", "query": query, "point": { "event": 0 } });
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/insights/people?pagination.count=2&pagination.cursor={next}");
        let data = server.post(&path, &body).await.json["data"].clone();
        assert_eq!(data["total"], 5);
        seen.extend(
            data["people"].as_array().unwrap().iter().map(|one| one["person"].as_u64().unwrap()),
        );
        match data["pagination"].get("next") {
            Some(cursor) => next = cursor.as_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

//! Annotations.

use serde_json::json;

use crate::server;

#[tokio::test]
async fn an_annotation_is_kept_changed_and_taken_off_in_order_of_its_moment() {
    let server = server();
    let later = json!({ "at": "2026-03-02T09:00:00Z", "text": " Release 4.2 " });
    let made = server.post("/annotations", &later).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(made.json["data"]["annotation"]["text"], "Release 4.2");
    let path = format!("/annotations/{}", made.id("annotation"));
    server.post("/annotations", &json!({ "at": "2026-03-01", "text": "Campaign" })).await;
    let texts = async || {
        let all = server.get("/annotations").await.json["data"]["annotations"].clone();
        let text = |one: &serde_json::Value| one["text"].as_str().unwrap().to_owned();
        all.as_array().unwrap().iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(texts().await, ["Campaign", "Release 4.2"]);
    let moved = json!({ "at": "2026-02-01T00:00:00+02:00", "text": "Release 4.1" });
    let changed = server.call("PUT", &path, &moved).await;
    assert_eq!(changed.json["data"]["annotation"]["at"], "2026-01-31T22:00:00.000Z");
    assert_eq!(texts().await, ["Release 4.1", "Campaign"]);
    assert_eq!(server.delete(&path).await.status, 200);
    assert_eq!(server.delete(&path).await.status, 404);
    assert_eq!(texts().await, ["Campaign"]);
}

#[tokio::test]
async fn an_annotation_without_words_or_with_another_time_is_refused_at_its_field() {
    let server = server();
    for (body, field) in [
        (json!({ "at": "2026-03-01", "text": " " }), "text"),
        (json!({ "at": "2026-03-01", "text": "x".repeat(201) }), "text"),
        (json!({ "at": "yesterday", "text": "x" }), "at"),
    ] {
        let refused = server.post("/annotations", &body).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert_eq!(refused.json["errors"][0]["field"], field, "{}", refused.text);
    }
}

//! Filters of destinations: kept, changed, checked, and shown on an event.

use expect_test::expect;
use serde_json::{Value, json};

use crate::{Server, server};

async fn made(server: &Server) -> (String, Value) {
    let destination = server.destination(&server.source("shop").await).await;
    let path = format!("/destinations/{}/filters", destination["id"].as_str().unwrap());
    let body = json!({
        "title": "No tests", "if": "event = 'Test'", "actions": [{"type": "DROP"}]
    });
    let made = server.post(&path, &body).await.json["data"]["filter"].clone();
    (path, made)
}

#[tokio::test]
async fn a_filter_is_made_changed_listed_and_deleted() {
    let server = server();
    let (path, made) = made(&server).await;
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    expect![[r#"
        200 {
          "data": {
            "filter": {
              "id": "***",
              "destinationId": "***",
              "title": "No tests",
              "description": "",
              "if": "event = 'Test'",
              "actions": [
                {
                  "type": "DROP"
                }
              ],
              "enabled": true,
              "createdAt": "2026-01-01T00:00:00.000Z",
              "updatedAt": "2026-01-01T00:00:00.000Z"
            }
          }
        }"#]]
    .assert_eq(&server.get(&one).await.shape());
    let change = json!({"enabled": false, "actions": [{"type": "SAMPLE", "percent": 0.5, "path": "userId"}]});
    let changed = server.patch(&one, &change).await.json["data"]["filter"].clone();
    assert_eq!(
        (&changed["enabled"], &changed["actions"][0]["percent"]),
        (&json!(false), &json!(0.5))
    );
    let list = server.get(&path).await.json;
    assert_eq!(list["data"]["filters"], json!([changed]));
    assert_eq!(server.delete(&one).await.status, 200);
    assert_eq!(server.get(&one).await.status, 404);
    let audit = server.get("/audit").await.json.to_string();
    assert!(audit.contains("destination filter"), "{audit}");
}

#[tokio::test]
async fn what_is_wrong_with_a_filter_is_told_by_field() {
    let server = server();
    let (path, _) = made(&server).await;
    let wrong = json!({"title": "x", "if": "event == 'a'", "actions": [{"type": "DROP"}]});
    let answer = server.post(&path, &wrong).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json["errors"][0]["field"], "if");
    let message = answer.json["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("line 1, column 8"), "{message}");
    let wrong = json!({"title": "", "if": "all", "actions": [{"type": "SAMPLE", "percent": 2}]});
    let answer = server.post(&path, &wrong).await.json;
    let fields: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|e| &e["field"]).collect();
    assert_eq!(fields, ["title", "actions.0.percent"]);
    for _ in 0..9 {
        let good = json!({"title": "x", "if": "all", "actions": [{"type": "DROP"}]});
        assert_eq!(server.post(&path, &good).await.status, 200);
    }
    let eleventh = json!({"title": "x", "if": "all", "actions": [{"type": "DROP"}]});
    assert_eq!(server.post(&path, &eleventh).await.status, 409);
}

#[tokio::test]
async fn a_condition_is_formatted_or_its_mistake_placed() {
    let server = server();
    let ask = async |text: &str| {
        server.post("/filters/validate", &json!({ "if": text })).await.json["data"].clone()
    };
    assert_eq!(
        ask("type='track'  and (event = \"A\")").await,
        json!({"valid": true, "formatted": "type = \"track\" and event = \"A\""})
    );
    assert_eq!(
        ask("type = 'track'\nand contain(event, 'x')").await["error"],
        json!({
            "line": 2, "column": 5, "length": 7,
            "message": "there is no function `contain`; did you mean `contains`?"
        })
    );
}

#[tokio::test]
async fn a_filter_is_shown_on_an_event_before_it_is_kept() {
    let server = server();
    let ask = async |condition: &str, action: Value| {
        let filter = json!({"if": condition, "actions": [action]});
        let payload =
            json!({"type": "track", "event": "Paid", "properties": {"card": "4", "total": 1}});
        let body = json!({"filter": filter, "payload": payload});
        server.post("/filters/preview", &body).await.json["data"].clone()
    };
    assert_eq!(
        ask("event = 'Paid'", json!({"type": "DROP"})).await,
        json!({"matches": true, "outcome": "dropped"})
    );
    let drop = json!({"type": "DROP_PROPERTIES", "fields": {"properties": ["card"]}});
    assert_eq!(
        ask("all", drop.clone()).await,
        json!({"matches": true, "outcome": "changed", "result": {"type": "track", "event": "Paid", "properties": {"total": 1}}})
    );
    assert_eq!(ask("event = 'x'", drop).await["outcome"], "sent");
    assert_eq!(ask("all", json!({"type": "SAMPLE", "percent": 0})).await["outcome"], "sampled_out");
}

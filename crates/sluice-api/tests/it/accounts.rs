//! Ledger, deliveries, receipts, schema of events, audit trail.

use expect_test::expect;

use crate::server;

#[tokio::test]
async fn the_ledger_shows_every_account() {
    expect![[r#"
        200 {
          "data": {
            "ledger": {
              "balances": true,
              "waitingForPipeline": 0,
              "sources": [
                {
                  "sourceId": "planted-of-workspace-1",
                  "received": 10,
                  "accepted": 7,
                  "duplicate": 2,
                  "refused": {
                    "no_user_anon_id": 1
                  },
                  "balances": true
                }
              ],
              "connections": [
                {
                  "connectionId": "",
                  "destinationId": "",
                  "sourceId": "",
                  "accepted": 7,
                  "delivered": 7,
                  "filtered": {},
                  "waiting": 0,
                  "dead": {},
                  "erased": 0,
                  "expired": 0,
                  "balances": true
                }
              ],
              "analytics": {
                "accepted": 7,
                "stored": 7,
                "waiting": 0,
                "erased": 0,
                "balances": true
              }
            }
          }
        }"#]]
    .assert_eq(&server().get("/ledger").await.shape());
}

#[tokio::test]
async fn deliveries_have_a_state_per_connection() {
    let server = server();
    let made = server.destination(&server.source("shop").await).await;
    let deliveries = server.get("/deliveries").await.json["data"]["deliveries"].clone();
    assert_eq!(deliveries[0]["connectionId"], made["connections"][0]["id"]);
    assert_eq!(
        (&deliveries[0]["state"], deliveries.as_array().unwrap().len()),
        (&"running".into(), 1)
    );
}

#[tokio::test]
async fn an_event_has_a_receipt() {
    let server = server();
    let source = server.source("shop").await;
    let path = format!("/events/{}", source["id"].as_str().unwrap());
    expect![[r#"
        200 {
          "data": {
            "receipt": {
              "sourceId": "s",
              "messageId": "m/1 x",
              "receivedAt": "2026-01-01T00:00:00.000Z",
              "receivedOffset": 3,
              "outcome": {
                "state": "accepted",
                "offset": 4,
                "person": 1
              },
              "explanation": "Accepted.",
              "stages": [
                {
                  "stage": "received",
                  "state": "done"
                }
              ],
              "deliveries": [],
              "event": {
                "type": "track",
                "event": "planted-of-workspace-1"
              }
            }
          }
        }"#]]
    .assert_eq(&server.get(&format!("{path}/m%2F1%20x")).await.shape());
    assert_eq!(server.get(&format!("{path}/unknown")).await.status, 404);
    assert_eq!(server.get("/events/none/m1").await.status, 404);
}

#[tokio::test]
async fn the_pickers_are_fed_by_what_was_seen() {
    let server = server();
    assert_eq!(server.get("/events/names").await.json["data"]["events"][0]["count"], 3);
    let properties = server.get("/events/properties?event=A%20b").await.json;
    assert_eq!(properties["data"]["properties"][0]["samples"][0], "A b");
}

#[tokio::test]
async fn the_audit_trail_names_who_changed_what() {
    let server = server();
    server.source("shop").await;
    let entry = server.get("/audit").await.json["data"]["entries"][0].clone();
    assert_eq!(
        (&entry["actorName"], &entry["action"]),
        (&"SLUICE_ADMIN_TOKEN".into(), &"created".into())
    );
    assert_eq!(entry["resource"], "source");
}

#[tokio::test]
async fn a_test_event_shows_request_and_answer_and_needs_a_connected_source() {
    let server = server();
    let source = server.source("shop").await;
    let made = server.destination(&source).await;
    let path = format!("/destinations/{}", made["id"].as_str().unwrap());
    expect![[r#"
        200 {
          "data": {
            "test": {
              "verdict": "suspend",
              "code": "401",
              "explanation": "planted-of-workspace-1",
              "exchanges": [
                {
                  "requestHead": "POST https://example.com/hook",
                  "requestBody": "\"Test Event\"",
                  "status": 401,
                  "answerBody": "no"
                }
              ],
              "tookMs": 3,
              "event": {
                "type": "track",
                "event": "Test Event",
                "userId": "test-user",
                "properties": {
                  "sentBy": "Sluice"
                }
              }
            }
          }
        }"#]]
    .assert_eq(&server.post(&format!("{path}/test"), &serde_json::json!({})).await.shape());
    let own = serde_json::json!({ "event": { "type": "track", "event": "Mine", "userId": "u" } });
    let answer = server.post(&format!("{path}/test"), &own).await;
    assert_eq!(answer.json["data"]["test"]["exchanges"][0]["requestBody"], "\"Mine\"");
    server.delete(&format!("{path}/sources/{}", source["id"].as_str().unwrap())).await;
    let answer = server.post(&format!("{path}/test"), &own).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
}

//! Destinations, their catalogue, deliveries and dead letters.

use expect_test::expect;
use serde_json::{Value, json};

use crate::{Server, server};

async fn hook(server: &Server) -> (Value, String) {
    let made = server.destination(&server.source("shop").await).await;
    let path = format!("/destinations/{}", made["id"].as_str().unwrap());
    (made, path)
}

#[tokio::test]
async fn a_destination_shows_its_settings_with_the_secret_hidden() {
    let server = server();
    let (_, path) = hook(&server).await;
    expect![[r#"
        200 {
          "data": {
            "destination": {
              "id": "***",
              "name": "Webhook",
              "enabled": true,
              "metadata": {
                "id": "webhook",
                "name": "Webhook"
              },
              "sourceId": "***",
              "connections": [
                {
                  "id": "***",
                  "sourceId": "***",
                  "createdAt": "2026-01-01T00:00:00.000Z",
                  "routing": {
                    "consentCategories": [],
                    "schema": {
                      "calls": {
                        "track": true,
                        "identify": true,
                        "page": true,
                        "screen": true,
                        "group": true,
                        "alias": true
                      },
                      "events": {}
                    }
                  }
                }
              ],
              "settings": {
                "url": "https://example.com/hook",
                "sharedSecret": "••••k3f9"
              },
              "revision": 1,
              "createdAt": "2026-01-01T00:00:00.000Z",
              "updatedAt": "2026-01-01T00:00:00.000Z"
            }
          }
        }"#]]
    .assert_eq(&server.get(&path).await.shape());
}

#[tokio::test]
async fn no_answer_and_no_error_holds_a_secret() {
    let server = server();
    let (made, path) = hook(&server).await;
    let source = made["sourceId"].as_str().unwrap().to_owned();
    let mut answers = vec![made.to_string()];
    for path in [
        path.clone(),
        "/destinations".to_owned(),
        format!("/sources/{source}/connected-destinations"),
        "/audit".to_owned(),
        "/deliveries".to_owned(),
    ] {
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        answers.push(answer.text);
    }
    let change = json!({ "settings": { "url": "planted-secret", "sharedSecret": 1, "x": "planted-secret" } });
    let refused = server.patch(&path, &change).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json["errors"].as_array().unwrap().len()),
        (400, 3)
    );
    answers.push(refused.text);
    for answer in answers {
        assert!(!answer.contains("planted-secret"), "{answer}");
    }
}

#[tokio::test]
async fn a_secret_given_back_as_shown_is_kept() {
    let server = server();
    let (made, path) = hook(&server).await;
    let shown = made["settings"].clone();
    assert_eq!(shown["sharedSecret"], "••••k3f9");
    let mut change = shown.clone();
    change["url"] = json!("https://example.com/other");
    let answer = server.patch(&path, &json!({ "settings": change })).await;
    assert_eq!(answer.json["data"]["destination"]["settings"], change);
    let table = server.store.connections().borrow().clone();
    let kept = table.connections[0].settings.expose().clone();
    assert_eq!(
        kept,
        json!({ "url": "https://example.com/other", "sharedSecret": "planted-secret-k3f9" })
    );
    let answer = server.patch(&path, &json!({ "settings": { "sharedSecret": null } })).await;
    assert_eq!(
        answer.json["data"]["destination"]["settings"],
        json!({ "url": "https://example.com/other" })
    );
}

#[tokio::test]
async fn what_a_connection_gets_is_set_whole_and_what_is_absent_is_on_again() {
    let server = server();
    let (made, path) = hook(&server).await;
    let source = made["sourceId"].as_str().unwrap();
    let path = format!("{path}/sources/{source}/routing");
    let body = json!({
        "consentCategories": ["Advertising"],
        "schema": { "calls": { "alias": false }, "events": { "Scrolled": false } },
    });
    let answer = server.call("PUT", &path, &body).await;
    let routing = &answer.json["data"]["destination"]["connections"][0]["routing"];
    assert_eq!(routing["consentCategories"], json!(["Advertising"]), "{}", answer.text);
    let calls = &routing["schema"]["calls"];
    assert_eq!((&calls["alias"], &calls["track"]), (&json!(false), &json!(true)));
    assert_eq!(routing["schema"]["events"], json!({ "Scrolled": false }));
    let answer = server.call("PUT", &path, &json!({})).await;
    let routing = &answer.json["data"]["destination"]["connections"][0]["routing"];
    assert_eq!(routing["consentCategories"], json!([]));
    assert_eq!(routing["schema"]["calls"]["alias"], json!(true));
    let refused = server.call("PUT", &path, &json!({ "consentCategories": ["1st"] })).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json["errors"][0]["field"], "consentCategories.0", "{}", refused.text);
    let audit = server.get("/audit").await;
    assert!(audit.text.contains("Scrolled"), "{}", audit.text);
    let elsewhere = path.replace(source, "nobody");
    assert_eq!(server.call("PUT", &elsewhere, &json!({})).await.status, 404);
}

#[tokio::test]
async fn settings_are_checked_by_the_kind() {
    let server = server();
    let source = server.source("shop").await;
    let body = json!({
        "sourceId": source["id"], "metadataId": "webhook",
        "settings": { "uri": "https://example.com", "batchSize": 1000 },
    });
    expect![[r#"
        400 {
          "errors": [
            {
              "type": "bad-request",
              "message": "is not a setting; did you mean `url`?",
              "field": "settings.uri",
              "status": 400
            },
            {
              "type": "bad-request",
              "message": "is required",
              "field": "settings.url",
              "status": 400
            },
            {
              "type": "bad-request",
              "message": "must be a whole number from 1 to 100",
              "field": "settings.batchSize",
              "status": 400
            }
          ]
        }"#]]
    .assert_eq(&server.post("/destinations", &body).await.shape());
}

#[tokio::test]
async fn an_unknown_kind_and_an_unknown_source_are_refused_by_field() {
    let server = server();
    let source = server.source("shop").await;
    let body = json!({ "sourceId": source["id"], "metadataId": "webhok", "settings": {} });
    let answer = server.post("/destinations", &body).await;
    assert_eq!(
        answer.json["errors"][0]["message"],
        "there is no kind `webhok`; did you mean `webhook`?"
    );
    let body = json!({ "sourceId": "none", "metadataId": "webhook", "settings": { "url": "https://a.example" } });
    let answer = server.post("/destinations", &body).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["errors"][0]["field"]),
        (400, &json!("sourceId"))
    );
}

#[tokio::test]
async fn sources_are_connected_and_disconnected() {
    let server = server();
    let (made, path) = hook(&server).await;
    let other = server.source("other").await;
    let two = server.post(&format!("{path}/sources"), &json!({ "sourceId": other["id"] })).await;
    assert_eq!(two.json["data"]["destination"]["connections"].as_array().unwrap().len(), 2);
    let first = made["sourceId"].as_str().unwrap();
    let one = server.delete(&format!("{path}/sources/{first}")).await;
    assert_eq!(one.json["data"]["destination"]["sourceId"], other["id"]);
    assert_eq!(server.delete(&format!("{path}/sources/{first}")).await.status, 404);
}

#[tokio::test]
async fn a_disabled_and_a_deleted_destination_reach_deliverys_table() {
    let server = server();
    let (made, path) = hook(&server).await;
    let answer = server.patch(&path, &json!({ "enabled": false })).await;
    assert_eq!(answer.json["data"]["destination"]["enabled"], false);
    assert!(!server.store.connections().borrow().connections[0].enabled);
    assert_eq!(server.delete(&path).await.status, 200);
    assert!(server.store.connections().borrow().connections.is_empty());
    let restored = server.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(restored.json["data"]["destination"]["connections"], made["connections"]);
}

#[tokio::test]
async fn the_catalogue_shows_the_schema_of_the_settings() {
    let server = server();
    let mut list = server.get("/catalog/destinations").await;
    // The fields that all kinds share follow the kind's own.
    let fields = &mut list.json["data"]["destinationsCatalog"][0]["settings"];
    fields.as_array_mut().unwrap().truncate(2);
    expect![[r#"
        200 {
          "data": {
            "destinationsCatalog": [
              {
                "id": "webhook",
                "slug": "webhook",
                "name": "Webhook",
                "description": "Posts events to a URL.",
                "settings": [
                  {
                    "key": "url",
                    "label": "URL",
                    "description": "Where to post.",
                    "type": "url",
                    "required": true,
                    "secret": false,
                    "address": true
                  },
                  {
                    "key": "sharedSecret",
                    "label": "Shared secret",
                    "description": "Signs requests.",
                    "type": "text",
                    "required": false,
                    "secret": true,
                    "address": false
                  }
                ],
                "available": true,
                "hasActions": true,
                "deletesPeople": false,
                "connectsByOauth": false,
                "deviceMode": {
                  "isOnly": false,
                  "sdkBytes": 31000,
                  "pluginBytes": 9000
                }
              }
            ],
            "pagination": {
              "current": "YzA",
              "totalEntries": 1
            }
          }
        }"#]]
    .assert_eq(&list.shape());
    let one = server.get("/catalog/destinations/webhook").await;
    assert_eq!(one.json["data"]["destinationMetadata"]["slug"], "webhook");
    assert_eq!(one.json["data"]["destinationMetadata"]["actions"][0]["slug"], "send");
    assert_eq!(server.get("/catalog/destinations/none").await.status, 404);
    let none = server.get("/catalog/destinations?search=nothing-like-it").await;
    assert_eq!(none.json["data"]["destinationsCatalog"], json!([]));
}

#[tokio::test]
async fn a_mapping_is_checked_changed_previewed_and_deleted() {
    let server = server();
    let (_, path) = hook(&server).await;
    let path = format!("{path}/subscriptions");
    let wrong =
        json!({ "actionId": "send", "trigger": "type = ", "settings": { "text": { "@path": 1 } } });
    let refused = server.post(&path, &wrong).await;
    assert_eq!(refused.status, 400);
    let fields: Vec<&Value> =
        refused.json["errors"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(fields[0], "trigger", "{}", refused.text);
    assert!(fields[1].as_str().unwrap().starts_with("settings/text"), "{}", refused.text);
    let body = json!({ "actionId": "send", "trigger": "type = \"track\"",
                       "settings": { "text": { "@template": "{{event}}!" } } });
    let made = server.post(&path, &body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let made = &made.json["data"]["subscription"];
    assert_eq!((&made["name"], &made["enabled"]), (&json!("Send"), &json!(true)));
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let changed = server.patch(&one, &json!({ "enabled": false })).await;
    assert_eq!(changed.json["data"]["subscription"]["enabled"], false);
    assert_eq!(server.get(&path).await.json["data"]["subscriptions"].as_array().unwrap().len(), 1);
    let mut asked = body;
    asked["event"] = json!({ "type": "track", "event": "Saved" });
    let preview = server.post(&format!("{path}/preview"), &asked).await;
    let preview = &preview.json["data"]["preview"];
    assert_eq!(
        *preview,
        json!({ "matches": true, "payload": { "text": "Saved!" }, "problems": [] })
    );
    let mut large = asked.clone();
    large["settings"] = json!({ "text": "x".repeat(70_000) });
    let refused = server.post(&format!("{path}/preview"), &large).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json["errors"][0]["field"], "settings", "{}", refused.text);
    large["settings"] = json!({ "text": { "@template": "{{event}}".repeat(5_000) } });
    large["event"] = json!({ "type": "track", "event": "x".repeat(100_000) });
    let refused = server.post(&format!("{path}/preview"), &large).await;
    let problem = &refused.json["data"]["preview"]["problems"][0]["message"];
    assert!(problem.as_str().unwrap().contains("bytes"), "{}", refused.text);
    assert_eq!(server.delete(&one).await.status, 200);
    assert_eq!(server.get(&one).await.status, 404);
}

#[tokio::test]
async fn dead_letters_are_listed_grouped_and_sent_again() {
    let server = server();
    let (_, path) = hook(&server).await;
    expect![[r#"
        200 {
          "data": {
            "groups": [
              {
                "connectionId": "***",
                "reason": "400",
                "count": 2,
                "sample": {
                  "offset": 5,
                  "connectionId": "***",
                  "messageId": "m5",
                  "reason": "400",
                  "attempts": 3,
                  "at": "2026-01-01T00:00:00.000Z",
                  "detail": "planted-of-workspace-1"
                }
              },
              {
                "connectionId": "***",
                "reason": "timeout",
                "count": 1,
                "sample": {
                  "offset": 9,
                  "connectionId": "***",
                  "messageId": "m9",
                  "reason": "timeout",
                  "attempts": 3,
                  "at": "2026-01-01T00:00:00.000Z",
                  "detail": "planted-of-workspace-1"
                }
              }
            ]
          }
        }"#]]
    .assert_eq(&server.get(&format!("{path}/dead-letters/groups")).await.shape());
    let offsets = |json: &Value| -> Vec<u64> {
        let letters = json["data"]["deadLetters"].as_array().unwrap().iter();
        letters.map(|letter| letter["offset"].as_u64().unwrap()).collect()
    };
    let first = server.get(&format!("{path}/dead-letters?pagination.count=2")).await.json;
    assert_eq!(offsets(&first), [5, 9]);
    let cursor = first["data"]["pagination"]["next"].as_str().unwrap();
    let rest = server
        .get(&format!("{path}/dead-letters?pagination.count=2&pagination.cursor={cursor}"))
        .await
        .json;
    assert_eq!(offsets(&rest), [11]);
    assert_eq!(rest["data"]["pagination"].get("next"), None);
    let of_one = server.get(&format!("{path}/dead-letters?reason=400")).await.json;
    assert_eq!(offsets(&of_one), [5, 11]);
    let again = format!("{path}/dead-letters/send-again");
    assert_eq!(server.post(&again, &json!({ "offsets": [5, 9] })).await.json["data"]["queued"], 2);
    assert_eq!(server.post(&again, &json!({})).await.json["data"]["queued"], 3);
    assert_eq!(server.post(&again, &json!({ "offsets": [5], "reason": "400" })).await.status, 400);
    assert_eq!(server.post(&format!("{path}/resume"), &json!({})).await.status, 200);
}

#[tokio::test]
async fn people_are_deleted_at_a_destination_and_the_audit_trail_does_not_say_whom() {
    let server = server();
    let (_, path) = hook(&server).await;
    let path = format!("{path}/deletions");
    let answer = server.post(&path, &json!({ "userIds": ["ann", "bob"] })).await;
    assert_eq!(answer.json["data"]["deletion"]["verdict"], "accepted", "{}", answer.text);
    assert_eq!(answer.json["data"]["deletion"]["explanation"], "2 people");
    let audit = server.get("/audit").await;
    assert!(audit.text.contains("\"people\":2") && !audit.text.contains("ann"), "{}", audit.text);
    for wrong in [json!([]), json!([" "]), json!(vec!["x"; 101])] {
        assert_eq!(server.post(&path, &json!({ "userIds": wrong })).await.status, 400);
    }
}

//! Sources.

use expect_test::expect;
use serde_json::json;

use crate::server;

#[tokio::test]
async fn a_source_is_made_from_a_name_alone() {
    let answer = server().post("/sources", &json!({ "name": "Shop, web" })).await;
    expect![[r#"
        200 {
          "data": {
            "source": {
              "id": "***",
              "no": 1,
              "slug": "shop-web",
              "name": "Shop, web",
              "metadata": {
                "id": "http"
              },
              "workspaceId": "***",
              "enabled": true,
              "writeKeys": [
                "***"
              ],
              "settings": {
                "overlayReceipts": false,
                "ip": "keep"
              },
              "labels": [],
              "createdAt": "2026-01-01T00:00:00.000Z",
              "updatedAt": "2026-01-01T00:00:00.000Z"
            }
          }
        }"#]]
    .assert_eq(&answer.shape());
}

#[tokio::test]
async fn a_source_in_segments_form_is_made_and_listed() {
    let server = server();
    let body = json!({
        "slug": "shop", "enabled": false, "metadataId": "javascript",
        "settings": { "requestsPerSecondMax": 7 },
    });
    let made = server.post("/sources", &body).await.json["data"]["source"].clone();
    assert_eq!((&made["metadata"]["id"], &made["enabled"]), (&json!("javascript"), &json!(false)));
    assert_eq!(made["writeKeys"][0].as_str().unwrap().len(), 32);
    let list = server.get("/sources").await.json;
    assert_eq!(list["data"]["sources"], json!([made]));
    let one = server.get(&format!("/sources/{}", made["id"].as_str().unwrap())).await.json;
    assert_eq!(one["data"]["source"], made);
}

#[tokio::test]
async fn everything_wrong_with_a_source_is_told_at_once() {
    let body = json!({ "slug": "My Shop", "name": " ", "settings": { "requestsPerSecondMax": 0 } });
    let answer = server().post("/sources", &body).await;
    expect![[r#"
        400 {
          "errors": [
            {
              "type": "bad-request",
              "message": "must start with a lower-case letter or digit and hold only lower-case letters, digits, `-` and `_`, at most 100 characters",
              "field": "slug",
              "status": 400
            },
            {
              "type": "bad-request",
              "message": "must not be blank",
              "field": "name",
              "status": 400
            },
            {
              "type": "bad-request",
              "message": "must be from 1 to 1000000; to stop a source, disable it",
              "field": "settings.requestsPerSecondMax",
              "status": 400
            }
          ]
        }"#]].assert_eq(&answer.shape());
}

#[tokio::test]
async fn a_taken_slug_is_a_conflict() {
    let server = server();
    server.source("shop").await;
    let answer = server.post("/sources", &json!({ "slug": "shop" })).await;
    assert_eq!((answer.status.as_u16(), &answer.json["errors"][0]["field"]), (409, &json!("slug")));
}

#[tokio::test]
async fn a_patch_leaves_what_it_does_not_name_and_null_clears_the_rate_limit() {
    let server = server();
    let made = server.source("shop").await;
    let path = format!("/sources/{}", made["id"].as_str().unwrap());
    let limited = json!({ "requestsPerSecondMax": 9 });
    let answer = server.patch(&format!("{path}/settings"), &limited).await;
    let limited = json!({ "requestsPerSecondMax": 9, "overlayReceipts": false, "ip": "keep" });
    assert_eq!(answer.json["data"]["settings"], limited);
    let unlimited = json!({ "overlayReceipts": false, "ip": "keep" });
    let renamed =
        server.patch(&path, &json!({ "name": "Shop" })).await.json["data"]["source"].clone();
    assert_eq!((&renamed["slug"], &renamed["name"]), (&json!("shop"), &json!("Shop")));
    assert_eq!(renamed["settings"], limited);
    let answer =
        server.patch(&format!("{path}/settings"), &json!({ "requestsPerSecondMax": null })).await;
    assert_eq!(answer.json["data"]["settings"], unlimited);
    let settings = server.get(&format!("{path}/settings")).await.json;
    assert_eq!(settings["data"]["settings"], unlimited);
    let cut = server.patch(&format!("{path}/settings"), &json!({ "ip": "truncate" })).await;
    assert_eq!(cut.json["data"]["settings"]["ip"], "truncate");
    let wrong = server.patch(&format!("{path}/settings"), &json!({ "ip": "blur" })).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn write_keys_rotate_and_reach_the_collectors_table_at_once() {
    let server = server();
    let made = server.source("shop").await;
    let path = format!("/sources/{}/writekey", made["id"].as_str().unwrap());
    let old = made["writeKeys"][0].as_str().unwrap();
    let last = server.delete(&format!("{path}/{old}")).await;
    assert_eq!(last.status, 409, "{}", last.text);
    let two = server.post(&path, &json!({})).await.json["data"]["source"]["writeKeys"].clone();
    let new = two[1].as_str().unwrap();
    let one = server.delete(&format!("{path}/{old}")).await;
    assert_eq!(one.json["data"]["source"]["writeKeys"], json!([new]));
    let table = server.store.sources().borrow().clone();
    assert!(table.by_write_key.contains_key(new) && !table.by_write_key.contains_key(old));
    assert_eq!(server.delete(&format!("{path}/{old}")).await.status, 404);
}

#[tokio::test]
async fn a_deleted_source_comes_back_with_its_keys() {
    let server = server();
    let made = server.source("shop").await;
    let path = format!("/sources/{}", made["id"].as_str().unwrap());
    assert_eq!(server.delete(&path).await.json, json!({ "data": { "status": "SUCCESS" } }));
    expect![[r#"
        404 {
          "errors": [
            {
              "type": "not-found",
              "message": "***",
              "status": 404
            }
          ]
        }"#]]
    .assert_eq(&server.get(&path).await.shape());
    assert!(server.store.sources().borrow().by_write_key.is_empty());
    let restored = server.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(restored.json["data"]["source"], made);
}

#[tokio::test]
async fn a_source_lists_the_destinations_it_is_connected_to() {
    let server = server();
    let (a, b) = (server.source("a").await, server.source("b").await);
    let hook = server.destination(&a).await;
    let path = |source: &serde_json::Value| {
        format!("/sources/{}/connected-destinations", source["id"].as_str().unwrap())
    };
    assert_eq!(server.get(&path(&a)).await.json["data"]["destinations"], json!([hook]));
    assert_eq!(server.get(&path(&b)).await.json["data"]["destinations"], json!([]));
}

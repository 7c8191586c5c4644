//! People.

use expect_test::expect;
use serde_json::json;

use crate::server;

#[tokio::test]
async fn a_person_is_found_by_number_and_by_identifier() {
    let server = server();
    let one = server.get("/people/1").await;
    expect![[r#"
        200 {
          "data": {
            "person": {
              "id": 1,
              "externalIds": [
                {
                  "type": "user_id",
                  "value": "planted-of-workspace-1",
                  "node": 1
                }
              ],
              "traits": {
                "plan": "pro"
              },
              "merges": [
                {
                  "id": "640",
                  "survivor": 1,
                  "absorbed": 3,
                  "at": "2026-01-01T00:00:00.000Z"
                }
              ],
              "events": 5
            }
          }
        }"#]]
    .assert_eq(&one.shape());
    let people = |answer: crate::Answer| answer.json["data"]["people"].as_array().unwrap().clone();
    let found = people(server.get("/people?externalId=user_id:a:b").await);
    assert_eq!((found.len(), &found[0]["id"]), (1, &json!(1)));
    assert!(people(server.get("/people?externalId=user_id:c").await).is_empty());
    for unknown in ["/people/2", "/people/0", "/people/x"] {
        assert_eq!(server.get(unknown).await.status, 404, "{unknown}");
    }
    for wrong in ["/people?externalId=42", "/people?externalId=:a", "/people?externalId=a:"] {
        assert_eq!(server.get(wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn people_are_listed_in_pages_and_a_search_says_how_far_it_went() {
    let server = server();
    let first = server.get("/people?pagination.count=3").await.json["data"].clone();
    let cursor = first["pagination"]["next"].as_str().unwrap();
    let rest = server.get(&format!("/people?pagination.cursor={cursor}")).await;
    let rest = rest.json["data"].clone();
    let ids = [&first, &rest].map(|page| {
        let people = page["people"].as_array().unwrap().iter();
        people.map(|person| person["id"].as_u64().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(ids.concat(), [5, 4, 3, 2, 1]);
    assert_eq!((rest["pagination"].get("next"), rest.get("search")), (None, None));
    let some = server.get("/people?q=ann&pagination.count=2").await.json["data"].clone();
    assert_eq!(some["people"].as_array().unwrap().len(), 2);
    assert_eq!(some["search"], json!({ "lookedAt": 5, "isComplete": false }));
    let none = server.get("/people?q=nobody").await.json["data"].clone();
    assert_eq!((&none["people"], &none["search"]["isComplete"]), (&json!([]), &json!(true)));
    let long = format!("/people?q={}", "x".repeat(201));
    assert_eq!(server.get(&long).await.status, 400);
}

#[tokio::test]
async fn a_persons_events_come_in_pages_newest_first() {
    let server = server();
    let first = server.get("/people/1/events?pagination.count=3").await.json["data"].clone();
    assert_eq!(first["events"][0]["offset"], 5);
    let cursor = first["pagination"]["next"].as_str().unwrap();
    let rest =
        server.get(&format!("/people/1/events?pagination.cursor={cursor}")).await.json["data"]
            .clone();
    assert_eq!(rest["events"].as_array().unwrap().len(), 2);
    assert_eq!(rest["pagination"].get("next"), None);
}

#[tokio::test]
async fn a_merge_is_undone_once_it_is_found() {
    let server = server();
    assert_eq!(server.post("/people/1/merges/640/undo", &json!({})).await.status, 200);
    for unknown in
        ["/people/1/merges/641/undo", "/people/2/merges/640/undo", "/people/1/merges/x/undo"]
    {
        assert_eq!(server.post(unknown, &json!({})).await.status, 404, "{unknown}");
    }
}

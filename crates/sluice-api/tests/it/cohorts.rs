//! Cohorts.

use serde_json::{Value, json};

use crate::server;

fn performed(event: &str) -> Value {
    json!({ "clauses": [{ "any_of": [{ "kind": "performed", "event": { "event": event } }] }] })
}

fn in_cohort(id: &str) -> Value {
    json!({ "clauses": [{ "any_of": [{ "kind": "in_cohort", "cohort": id }] }] })
}

#[tokio::test]
async fn a_cohort_is_kept_sized_listed_changed_and_deleted() {
    let server = server();
    let body = json!({ "name": "Buyers", "definition": performed("Order Completed") });
    let made = server.post("/cohorts", &body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let path = format!("/cohorts/{}", made.id("cohort"));
    let cohort = &made.json["data"]["cohort"];
    let first = &cohort["definition"]["clauses"][0]["any_of"][0];
    assert_eq!((&first["kind"], &first["count"]), (&json!("performed"), &json!(1)));
    assert_eq!((cohort.get("listed"), &cohort["description"]), (None, &json!("")));
    let size = server.get(&format!("{path}/size")).await;
    assert_eq!(size.json["data"]["size"]["people"], 1, "{}", size.text);
    let people = server.get(&format!("{path}/people?pagination.count=3")).await;
    assert_eq!(people.json["data"]["total"], 5, "{}", people.text);
    assert_eq!(people.json["data"]["people"].as_array().unwrap().len(), 3);
    let changed = server.patch(&path, &json!({ "description": "Who bought" })).await;
    assert_eq!(changed.json["data"]["cohort"]["description"], "Who bought", "{}", changed.text);
    assert_eq!(server.get("/cohorts").await.json["data"]["cohorts"][0]["name"], "Buyers");
    assert_eq!(server.delete(&path).await.status, 200);
    assert_eq!(server.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_definition_is_sized_and_its_people_listed_without_being_saved() {
    let server = server();
    let body = json!({ "definition": performed("A") });
    let answer = server.post("/cohorts/preview", &body).await;
    assert_eq!(answer.json["data"]["size"]["people"], 1, "{}", answer.text);
    let people = server.post("/cohorts/preview/people?pagination.count=3", &body).await;
    assert_eq!(people.json["data"]["total"], 5, "{}", people.text);
    assert_eq!(people.json["data"]["people"].as_array().unwrap().len(), 3);
    assert_eq!(server.get("/cohorts").await.json["data"]["cohorts"], json!([]));
    let none = server.post("/cohorts/preview", &json!({ "definition": { "clauses": [] } })).await;
    assert_eq!(none.status, 400, "{}", none.text);
    let wrong = json!({ "definition": { "clauses": [{ "any_of": [{ "kind": "performd" }] }] } });
    for path in ["/cohorts/preview", "/cohorts/preview/people"] {
        assert_eq!(server.post(path, &wrong).await.status, 400);
    }
}

#[tokio::test]
async fn people_are_listed_by_user_id_or_number_and_unknown_ones_are_told() {
    let server = server();
    let made = server.post("/cohorts", &json!({ "name": "Testers" })).await;
    let path = format!("/cohorts/{}/people", made.id("cohort"));
    let body = json!({ "userIds": ["user-1", "user-2", "user-1", "nobody"] });
    let refused = server.post(&path, &body).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json["errors"][0]["field"], "userIds");
    assert!(refused.text.contains("nobody"), "{}", refused.text);
    let body = json!({
        "userIds": ["user-1", "user-2", "user-1", "nobody"], "people": [2, 3], "skipUnknown": true,
    });
    let answer = server.post(&path, &body).await;
    let expected = json!({ "matched": 3, "unknown": 1, "unknownSample": ["nobody"], "listed": 3 });
    assert_eq!(answer.json["data"], expected, "{}", answer.text);
    let body = json!({ "people": [3], "remove": true });
    assert_eq!(server.post(&path, &body).await.json["data"]["listed"], 2);
    assert_eq!(server.get("/cohorts").await.json["data"]["cohorts"][0]["listed"], 2);
    let many: Vec<u32> = (0..100_001).collect();
    assert_eq!(server.post(&path, &json!({ "people": many })).await.status, 400);
}

#[tokio::test]
async fn the_people_behind_a_number_become_a_cohort() {
    let server = server();
    let query = json!({ "range": { "last_days": 7 }, "events": [{ "event": "A" }] });
    let behind = json!({ "kind": "trend", "query": query, "point": { "event": 0 } });
    let body = json!({ "name": "Those", "behind": behind });
    let made = server.post("/cohorts", &body).await;
    assert_eq!(made.json["data"]["cohort"]["listed"], 5, "{}", made.text);
    let both = json!({ "name": "B", "behind": behind, "definition": performed("A") });
    assert_eq!(server.post("/cohorts", &both).await.status, 400);
    let mut groups = body.clone();
    groups["behind"]["query"]["count_by"] = json!("company");
    let refused = server.post("/cohorts", &groups).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("the number counts groups"), "{}", refused.text);
}

#[tokio::test]
async fn a_cohort_names_only_cohorts_that_exist_and_never_itself() {
    let server = server();
    let lost = json!({ "name": "Lost", "definition": in_cohort("nothing") });
    let refused = server.post("/cohorts", &lost).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json["errors"][0]["field"]),
        (400, &json!("definition"))
    );
    let inner =
        server.post("/cohorts", &json!({ "name": "I", "definition": performed("A") })).await;
    let inner = inner.id("cohort");
    let outer = json!({ "name": "O", "definition": in_cohort(&inner) });
    let outer = server.post("/cohorts", &outer).await.id("cohort");
    let around = json!({ "definition": in_cohort(&outer) });
    let refused = server.patch(&format!("/cohorts/{inner}"), &around).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("by itself"), "{}", refused.text);
    let used = server.delete(&format!("/cohorts/{inner}")).await;
    assert_eq!(used.status, 409, "{}", used.text);
    assert!(used.text.contains("the cohort `O`"), "{}", used.text);
}

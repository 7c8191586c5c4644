//! Making workspaces and moving between them.

use expect_test::expect;
use serde_json::json;
use sluice_event::WorkspaceNo;
use sluice_model::Role;

use crate::server;

const HOME: WorkspaceNo = WorkspaceNo(1);

#[tokio::test]
async fn a_person_makes_a_workspace_is_its_admin_and_moves_there_and_back() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Admin).await;
    server.source("shop").await;
    let body = json!({ "name": "Café (EU)", "timeZone": "Europe/Paris", "region": "eu" });
    let made = ann.call(&server, "POST", "/workspaces", Some(&body)).await;
    expect![[r#"
        200 {
          "data": {
            "workspace": {
              "id": "***",
              "name": "Café (EU)",
              "slug": "caf-eu",
              "role": "admin",
              "region": "eu",
              "timeZone": "Europe/Paris"
            }
          }
        }"#]]
    .assert_eq(&made.shape());
    let slugs = async || {
        let listed = ann.get(&server, "/sources").await.json;
        let all = listed["data"]["sources"].as_array().unwrap();
        all.iter().map(|one| one["slug"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(slugs().await, ["shop"]);
    let home = ann.get(&server, "/session").await.json["data"]["workspace"]["id"].clone();
    let there = json!({ "workspaceId": made.json["data"]["workspace"]["id"] });
    let moved = ann.call(&server, "PATCH", "/session", Some(&there)).await;
    assert_eq!(moved.json["data"]["workspace"]["slug"], "caf-eu");
    assert_eq!(slugs().await, [""; 0]);
    let fresh = server.signed_in("ann").await.get(&server, "/session").await;
    assert_eq!(fresh.json["data"]["workspace"]["slug"], "caf-eu", "a new session begins there");
    let back = json!({ "workspaceId": home });
    assert_eq!(ann.call(&server, "PATCH", "/session", Some(&back)).await.status, 200);
    assert_eq!(slugs().await, ["shop"]);
    assert_eq!(
        ann.get(&server, "/workspaces").await.json["data"]["workspaces"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_token_that_makes_a_workspace_gets_a_token_for_it() {
    let server = server();
    let body = json!({ "name": "Second", "slug": "two", "timeZone": "UTC", "region": "us" });
    let made = server.post("/workspaces", &body).await;
    let token = made.json["data"]["adminToken"].as_str().unwrap();
    let own = server.call_as(token, "GET", "/workspaces", None).await;
    assert_eq!(own.json["data"]["workspaces"][0]["slug"], "two");
    assert_eq!(server.post("/workspaces", &body).await.status, 409);
}

#[tokio::test]
async fn a_workspace_that_cannot_be_is_refused_by_field() {
    let server = server();
    for (field, value) in
        [("name", ""), ("slug", "Not a slug"), ("timeZone", "Mars"), ("region", "moon")]
    {
        let mut body = json!({ "name": "N", "slug": "n", "timeZone": "UTC", "region": "us" });
        body[field] = json!(value);
        let answer = server.post("/workspaces", &body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["errors"][0]["field"]),
            (400, &json!(field))
        );
    }
    let answer = server.patch("/", &json!({ "region": "eu" })).await;
    assert_eq!(answer.status, 400, "the region is for ever");
}

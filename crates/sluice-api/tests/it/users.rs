//! Users of a workspace: inviting, roles, leaving, a forgotten password.

use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};
use sluice_event::WorkspaceNo;
use sluice_model::Role;

use crate::browser::{Browser, PASSWORD};
use crate::{Answer, Server, server};

const HOME: WorkspaceNo = WorkspaceNo(1);

/// The code at the end of a link.
fn code(answer: &Answer) -> String {
    let url = answer.json["data"]["url"].as_str().unwrap_or_else(|| panic!("{}", answer.text));
    url.split_once('=').unwrap().1.to_owned()
}

async fn invite(server: &Server, who: &Browser, email: &str, role: &str) -> String {
    let body = json!({ "email": email, "role": role });
    code(&who.call(server, "POST", "/invites", Some(&body)).await)
}

async fn accept(server: &Server, code: &str, password: &str) -> (Browser, Answer) {
    let mut browser = Browser::default();
    let body = json!({ "name": "Bob", "password": password });
    let path = format!("/invites/by-code/{code}/accept");
    let answer = browser.go(server, "POST", &path, &body).await;
    (browser, answer)
}

async fn user_id(server: &Server, email: &str) -> String {
    let all = server.get("/users").await.json;
    let all = all["data"]["users"].as_array().unwrap();
    let found = all.iter().find(|user| user["email"] == email);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_invited_person_sees_where_to_joins_once_and_is_listed() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Admin).await;
    let code = invite(&server, &ann, "Bob@Example.com", "editor").await;
    let seen = server.call_as("", "GET", &format!("/invites/by-code/{code}"), None).await;
    expect![[r#"
        200 {
          "data": {
            "email": "bob@example.com",
            "role": "editor",
            "workspaceName": "My workspace",
            "hasAccount": false,
            "expiresAt": "2026-01-08T00:00:00.000Z"
          }
        }"#]]
    .assert_eq(&seen.shape());
    let (bob, answer) = accept(&server, &code, PASSWORD).await;
    assert_eq!(answer.json["data"]["workspace"]["role"], "editor", "{}", answer.text);
    let body = json!({ "name": "By Bob" });
    assert_eq!(bob.call(&server, "POST", "/sources", Some(&body)).await.status, 200);
    assert_eq!(accept(&server, &code, PASSWORD).await.1.status, 404);
    assert_eq!(server.get("/invites").await.json["data"]["invites"], json!([]));
    expect![[r#"
        200 {
          "data": {
            "users": [
              {
                "id": "***",
                "email": "ann@example.com",
                "name": "ann",
                "role": "admin",
                "createdAt": "2026-01-01T00:00:00.000Z",
                "lastSignedInAt": "2026-01-01T00:00:00.000Z"
              },
              {
                "id": "***",
                "email": "bob@example.com",
                "name": "Bob",
                "role": "editor",
                "createdAt": "2026-01-01T00:00:00.000Z",
                "lastSignedInAt": "2026-01-01T00:00:00.000Z"
              }
            ],
            "pagination": {
              "current": "YzA",
              "totalEntries": 2
            }
          }
        }"#]]
    .assert_eq(&bob.get(&server, "/users").await.shape());
}

#[tokio::test]
async fn an_invitation_ends_by_a_newer_one_by_withdrawal_and_by_time() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Admin).await;
    let first = invite(&server, &ann, "bob@example.com", "viewer").await;
    let second = invite(&server, &ann, "bob@example.com", "editor").await;
    assert_eq!(accept(&server, &first, PASSWORD).await.1.status, 404);
    let listed = server.get("/invites").await;
    assert_eq!(listed.json["data"]["pagination"]["totalEntries"], 1);
    assert!(!listed.text.contains(&second), "the code is shown once");
    let id = listed.json["data"]["invites"][0]["id"].as_str().unwrap();
    assert_eq!(server.delete(&format!("/invites/{id}")).await.status, 200);
    assert_eq!(accept(&server, &second, PASSWORD).await.1.status, 404);
    let third = invite(&server, &ann, "bob@example.com", "viewer").await;
    server.clock.advance(Duration::from_secs(7 * 86_400));
    assert_eq!(accept(&server, &third, PASSWORD).await.1.status, 404);
}

#[tokio::test]
async fn who_is_there_is_not_invited_again_and_who_has_an_account_joins_with_its_password() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Admin).await;
    let body = json!({ "email": "ANN@example.com", "role": "viewer" });
    assert_eq!(ann.call(&server, "POST", "/invites", Some(&body)).await.status, 409);
    let other = server.other_workspace();
    let carol = server.person(other, "carol", Role::Admin).await;
    let code = invite(&server, &carol, "ann@example.com", "viewer").await;
    let (_, wrong) = accept(&server, &code, "a password of somebody else").await;
    assert_eq!(
        (wrong.status.as_u16(), &wrong.json["errors"][0]["field"]),
        (400, &json!("password"))
    );
    let (joined, answer) = accept(&server, &code, PASSWORD).await;
    let data = &answer.json["data"];
    assert_eq!(
        (&data["workspace"]["slug"], &data["workspace"]["role"]),
        (&json!("other"), &json!("viewer"))
    );
    assert_eq!(data["workspaces"].as_array().unwrap().len(), 2);
    assert_eq!(data["user"]["name"], "ann", "the account keeps its name");
    assert_eq!(joined.get(&server, "/tokens").await.status, 403, "viewer here, admin there");
}

#[tokio::test]
async fn a_new_role_counts_at_once_and_the_last_admin_stays() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Admin).await;
    let bob = server.person(HOME, "bob", Role::Viewer).await;
    let (ann_path, bob_path) = (
        format!("/users/{}", user_id(&server, "ann@example.com").await),
        format!("/users/{}", user_id(&server, "bob@example.com").await),
    );
    let role = |name: &str| json!({ "role": name });
    for (method, body) in [("PATCH", Some(role("editor"))), ("DELETE", None)] {
        let answer = ann.call(&server, method, &ann_path, body.as_ref()).await;
        assert_eq!(answer.status, 409, "{}", answer.text);
    }
    assert_eq!(bob.get(&server, "/tokens").await.status, 403);
    assert_eq!(ann.call(&server, "PATCH", &bob_path, Some(&role("admin"))).await.status, 200);
    assert_eq!(bob.get(&server, "/tokens").await.status, 200);
    assert_eq!(bob.call(&server, "DELETE", &ann_path, None).await.status, 200);
    assert_eq!(ann.get(&server, "/session").await.status, 401, "removed at once");
    assert!(server.signed_in("ann").await.cookie.is_none(), "the account went with its last place");
}

#[tokio::test]
async fn who_forgot_the_password_sets_one_by_a_link_and_every_session_ends() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Admin).await;
    let bob = server.person(HOME, "bob", Role::Viewer).await;
    let path = format!("/users/{}/password-reset", user_id(&server, "bob@example.com").await);
    let code = code(&ann.call(&server, "POST", &path, None).await);
    let path = format!("/password-resets/{code}");
    let seen = server.call_as("", "GET", &path, None).await;
    assert_eq!(seen.json["data"], json!({ "email": "bob@example.com", "name": "bob" }));
    let mut browser = Browser::default();
    let short = browser.go(&server, "POST", &path, &json!({ "password": "short" })).await;
    assert_eq!(short.status, 400);
    let body = json!({ "password": "a new and long password" });
    assert_eq!(browser.go(&server, "POST", &path, &body).await.status, 200);
    assert_eq!(browser.get(&server, "/session").await.status, 200);
    assert_eq!(bob.get(&server, "/session").await.status, 401);
    assert!(server.signed_in("bob").await.cookie.is_none());
    assert_eq!(Browser::default().go(&server, "POST", &path, &body).await.status, 404);
}

#[tokio::test]
async fn nobody_gets_into_another_workspace_through_a_user_of_both() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Admin).await;
    let other = server.other_workspace();
    let carol = server.person(other, "carol", Role::Admin).await;
    let joined = invite(&server, &carol, "ann@example.com", "viewer").await;
    accept(&server, &joined, PASSWORD).await;
    let path = format!("/users/{}/password-reset", user_id(&server, "ann@example.com").await);
    let refused = carol.call(&server, "POST", &path, None).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let token = server.token(other, Role::Admin);
    assert_eq!(server.call_as(&token, "POST", &path, None).await.status, 409);

    let body = json!({ "email": "ann@example.com" });
    let link = code(&server.call_as(&token, "POST", "/sign-in-links", Some(&body)).await);
    let mut confined = Browser::default();
    let answer = confined.go(&server, "POST", "/session/link", &json!({ "link": link })).await;
    let seats: Vec<&Value> = answer.json["data"]["workspaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["slug"])
        .collect();
    assert_eq!(seats, [&json!("other")]);
    let home = ann.get(&server, "/session").await.json["data"]["workspace"]["id"].clone();
    let body = json!({ "workspaceId": home });
    assert_eq!(confined.call(&server, "PATCH", "/session", Some(&body)).await.status, 404);
    let listed = confined.get(&server, "/sessions").await.json["data"]["sessions"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1, "it sees no session elsewhere: {listed}");
    let ended = confined.call(&server, "DELETE", "/sessions", None).await;
    assert_eq!(ended.json["data"]["ended"], 0);
    assert_eq!(ann.get(&server, "/session").await.status, 200);

    let link = code(&server.post("/sign-in-links", &json!({ "email": "ann@example.com" })).await);
    let mut free = Browser::default();
    let answer = free.go(&server, "POST", "/session/link", &json!({ "link": link })).await;
    let seats = answer.json["data"]["workspaces"].as_array().unwrap().len();
    assert_eq!(seats, 2, "the operator reaches everywhere");
}

//! Signing in and out, as a browser does it.

use std::time::Duration;

use axum::body::Body;
use expect_test::expect;
use http::Request;
use serde_json::{Value, json};
use sluice_event::WorkspaceNo;
use sluice_model::Role;

use crate::browser::{Browser, PASSWORD};
use crate::{ADMIN, Server, server};

const HOME: WorkspaceNo = WorkspaceNo(1);
const DAY: Duration = Duration::from_secs(86_400);

fn setup_body(server: &Server) -> Value {
    json!({
        "setupToken": server.store.setup_token().unwrap().expose(),
        "email": " Ann@Example.com", "name": "Ann", "password": PASSWORD,
        "workspaceName": "Tea shop", "timeZone": "Europe/Berlin", "region": "eu",
    })
}

#[tokio::test]
async fn the_first_person_sets_the_server_up_and_is_signed_in_as_admin() {
    let server = server();
    let mut ann = Browser::default();
    let needed = ann.get(&server, "/setup").await;
    assert_eq!(needed.json["data"], json!({ "needed": true, "regions": ["us", "eu"] }));
    let body = setup_body(&server);
    let answer = ann.go(&server, "POST", "/setup", &body).await;
    expect![[r#"
        200 {
          "data": {
            "user": {
              "id": "***",
              "email": "ann@example.com",
              "name": "Ann"
            },
            "workspace": {
              "id": "***",
              "name": "Tea shop",
              "slug": "tea-shop",
              "role": "admin",
              "region": "eu",
              "timeZone": "Europe/Berlin"
            },
            "workspaces": [
              {
                "id": "***",
                "name": "Tea shop",
                "slug": "tea-shop",
                "role": "admin",
                "region": "eu",
                "timeZone": "Europe/Berlin"
              }
            ],
            "csrfToken": "***"
          }
        }"#]]
    .assert_eq(&answer.shape().replace(ann.csrf.as_ref().unwrap(), "***"));
    assert_eq!(ann.get(&server, "/session").await.json, answer.json);
    assert_eq!(ann.get(&server, "/sources").await.status, 200);
    let needed = ann.get(&server, "/setup").await;
    assert_eq!(needed.json["data"]["needed"], false);
    assert_eq!(Browser::default().go(&server, "POST", "/setup", &body).await.status, 409);
}

#[tokio::test]
async fn setup_takes_only_its_own_token_and_a_good_password() {
    let server = server();
    for (field, value) in
        [("setupToken", "wrong"), ("password", "short"), ("email", "nobody"), ("timeZone", "Mars")]
    {
        let mut body = setup_body(&server);
        body[field] = json!(value);
        let answer = Browser::default().go(&server, "POST", "/setup", &body).await;
        assert_eq!(answer.status, 400, "{field}");
        assert_eq!(answer.json["errors"][0]["field"], field);
    }
    assert_eq!(server.get("/users").await.json["data"]["users"], json!([]));
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites_and_signing_out_ends_it() {
    let server = server();
    server.person(HOME, "ann", Role::Viewer).await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let mut browser = Browser::default();
    let answer = browser.go(&server, "POST", "/session", &body).await;
    let line = answer.headers["set-cookie"].to_str().unwrap();
    let (pair, attributes) = line.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000");
    let token = pair.strip_prefix("sluice_session=").unwrap().to_owned();
    assert!(!answer.text.contains(&token), "the token is in the cookie only");
    let kept = browser.clone();
    assert_eq!(browser.call(&server, "DELETE", "/session", None).await.status, 200);
    assert_eq!(kept.get(&server, "/session").await.status, 401);
    assert_eq!(kept.get(&server, "/sources").await.status, 401);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_alike() {
    let server = server();
    server.person(HOME, "ann", Role::Viewer).await;
    let mut told = Vec::new();
    for email in ["ann@example.com", "nobody@example.com", "no address"] {
        let body = json!({ "email": email, "password": "not the password" });
        let answer = Browser::default().go(&server, "POST", "/session", &body).await;
        assert!(answer.headers.get("set-cookie").is_none());
        told.push(answer.shape());
    }
    assert!(told[0].starts_with("401 "), "{}", told[0]);
    assert_eq!((&told[0], &told[0]), (&told[1], &told[2]));
}

#[tokio::test]
async fn after_ten_wrong_passwords_an_account_waits_also_for_the_right_one_and_others_do_not() {
    let server = server();
    server.person(HOME, "ann", Role::Viewer).await;
    server.person(HOME, "bob", Role::Viewer).await;
    let sign_in = async |name: &str, password: &str| {
        let body = json!({ "email": format!("{name}@Example.com"), "password": password });
        Browser::default().go(&server, "POST", "/session", &body).await
    };
    for _ in 0..10 {
        assert_eq!(sign_in("ann", "wrong").await.status, 401);
    }
    let limited = sign_in("ann", PASSWORD).await;
    assert_eq!(limited.status, 429, "{}", limited.text);
    let wait: u64 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(limited.json["errors"][0]["type"], "too-many-requests");
    assert_eq!(sign_in("bob", PASSWORD).await.status, 200);
    server.clock.advance(Duration::from_secs(wait));
    assert_eq!(sign_in("ann", PASSWORD).await.status, 200, "after what Retry-After says");
}

#[tokio::test]
async fn an_address_that_is_wrong_too_often_waits_and_right_ones_cost_nothing() {
    let server = server();
    server.person(HOME, "ann", Role::Viewer).await;
    for _ in 0..30 {
        assert!(server.signed_in("ann").await.cookie.is_some());
    }
    let try_code = async || {
        let body = json!({ "link": "made-up" });
        Browser::default().go(&server, "POST", "/session/link", &body).await.status
    };
    for _ in 0..20 {
        assert_eq!(try_code().await, 404);
    }
    assert_eq!(try_code().await, 429);
    server.clock.advance(Duration::from_secs(6));
    assert_eq!(try_code().await, 404);
}

#[tokio::test]
async fn a_session_ends_after_a_week_of_rest_and_after_a_month_whatever_happens() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Viewer).await;
    for _ in 0..4 {
        server.clock.advance(6 * DAY);
        assert_eq!(ann.get(&server, "/session").await.status, 200, "it was used meanwhile");
    }
    server.clock.advance(6 * DAY);
    assert_eq!(ann.get(&server, "/session").await.status, 401, "a month has passed");
    let resting = server.signed_in("ann").await;
    server.clock.advance(7 * DAY);
    assert_eq!(resting.get(&server, "/session").await.status, 401);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_the_old_password() {
    let server = server();
    let mut ann = server.person(HOME, "ann", Role::Viewer).await;
    let (phone, before) = (server.signed_in("ann").await, ann.clone());
    let wrong = json!({ "current": "not the password", "new": "another long password" });
    let answer = ann.go(&server, "PATCH", "/session/password", &wrong).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["errors"][0]["field"]),
        (400, &json!("current"))
    );
    let short = json!({ "current": PASSWORD, "new": "short" });
    let answer = ann.go(&server, "PATCH", "/session/password", &short).await;
    assert_eq!((answer.status.as_u16(), &answer.json["errors"][0]["field"]), (400, &json!("new")));
    let body = json!({ "current": PASSWORD, "new": "another long password" });
    assert_eq!(ann.go(&server, "PATCH", "/session/password", &body).await.status, 200);
    assert_eq!(ann.get(&server, "/session").await.status, 200);
    for ended in [phone, before] {
        assert_eq!(ended.get(&server, "/session").await.status, 401);
    }
    assert!(server.signed_in("ann").await.cookie.is_none(), "the old password is dead");
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_one_or_all_others() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Viewer).await;
    let (phone, desk) = (server.signed_in("ann").await, server.signed_in("ann").await);
    let bob = server.person(HOME, "bob", Role::Viewer).await;
    server.clock.advance(Duration::from_secs(120));
    let request = Request::builder()
        .uri("/api/v1/sessions")
        .header("cookie", phone.cookie.as_ref().unwrap())
        .header("user-agent", "Phone/1")
        .body(Body::empty())
        .unwrap();
    assert_eq!(server.send(request).await.status, 200);
    let listed = ann.get(&server, "/sessions").await.json["data"]["sessions"].clone();
    let all = listed.as_array().unwrap();
    // One more began when the invitation was accepted.
    assert_eq!(all.len(), 4, "{listed}");
    assert_eq!(all.iter().filter(|one| one["isCurrent"] == true).count(), 1);
    let of_phone = all.iter().find(|one| one["agent"] == "Phone/1").unwrap();
    let path = format!("/sessions/{}", of_phone["id"].as_str().unwrap());
    assert_eq!(bob.call(&server, "DELETE", &path, None).await.status, 404, "not bob's");
    assert_eq!(ann.call(&server, "DELETE", &path, None).await.status, 200);
    assert_eq!(phone.get(&server, "/session").await.status, 401);
    assert_eq!(desk.get(&server, "/session").await.status, 200);
    let ended = ann.call(&server, "DELETE", "/sessions", None).await;
    assert_eq!(ended.json["data"]["ended"], 2);
    assert_eq!(desk.get(&server, "/session").await.status, 401);
    assert_eq!(ann.get(&server, "/session").await.status, 200, "the one that asked stays");
    assert_eq!(bob.get(&server, "/session").await.status, 200);
}

#[tokio::test]
async fn a_token_counts_before_a_cookie() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Viewer).await;
    let request = |token: &str| {
        Request::builder()
            .uri("/api/v1/tokens")
            .header("cookie", ann.cookie.as_ref().unwrap())
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(server.send(request(ADMIN)).await.status, 200, "admin by token, viewer by cookie");
    assert_eq!(server.send(request("wrong")).await.status, 401);
}

#[tokio::test]
async fn a_sign_in_link_works_once_and_for_a_quarter_of_an_hour() {
    let server = server();
    server.person(HOME, "ann", Role::Admin).await;
    let make = async |body: Value| {
        let answer = server.post("/sign-in-links", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let url = answer.json["data"]["url"].as_str().unwrap().to_owned();
        json!({ "link": url.strip_prefix("http://localhost/sign-in?link=").unwrap() })
    };
    let open = async |link: &Value| {
        let mut browser = Browser::default();
        let answer = browser.go(&server, "POST", "/session/link", link).await;
        (browser, answer)
    };
    let link = make(json!({})).await;
    let (browser, answer) = open(&link).await;
    assert_eq!(answer.json["data"]["user"]["email"], "ann@example.com");
    assert_eq!(browser.get(&server, "/sources").await.status, 200);
    assert_eq!(open(&link).await.1.status, 404);
    let late = make(json!({ "email": "ANN@example.com" })).await;
    server.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(open(&late).await.1.status, 404);
    let unknown = server.post("/sign-in-links", &json!({ "email": "bob@example.com" })).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn what_people_do_with_accounts_stands_in_the_trail_without_secrets() {
    let server = server();
    let ann = server.person(HOME, "ann", Role::Admin).await;
    let made = ann.call(&server, "POST", "/sign-in-links", Some(&json!({}))).await;
    let link = made.json["data"]["url"].as_str().unwrap().split('=').nth(1).unwrap().to_owned();
    ann.call(&server, "DELETE", "/session", None).await;
    let trail = server.get("/audit").await;
    let lines: Vec<String> = trail.json["data"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |field: &str| one[field].as_str().unwrap();
            format!("{} {} {}", text("actorName"), text("action"), text("resource"))
        })
        .collect();
    expect![[r#"
        ann deleted session
        ann created sign_in_link
        ann created session
        ann created session
        ann created user
        Sluice created invite
        Sluice created workspace"#]]
    .assert_eq(&lines.join("\n"));
    for secret in [&link, ann.csrf.as_ref().unwrap(), PASSWORD] {
        assert!(!trail.text.contains(secret));
    }
}

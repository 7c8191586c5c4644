//! API tokens.

use expect_test::expect;
use serde_json::json;

use crate::server;

#[tokio::test]
async fn a_token_is_shown_once() {
    let server = server();
    let made = server.post("/tokens", &json!({ "name": "ci", "role": "editor" })).await;
    let secret = made.json["data"]["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("slu_") && secret.len() == 44, "{secret}");
    for path in ["/tokens".to_owned(), format!("/tokens/{}", made.id("token")), "/audit".to_owned()]
    {
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.text.contains(&secret[4..]), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_role_is_refused_by_field() {
    let answer = server().post("/tokens", &json!({ "name": "ci", "role": "root" })).await;
    expect![[r#"
        400 {
          "errors": [
            {
              "type": "bad-request",
              "message": "unknown variant `root`, expected one of `viewer`, `editor`, `admin`",
              "field": "role",
              "data": {
                "line": 1,
                "column": 26
              },
              "status": 400
            }
          ]
        }"#]]
    .assert_eq(&answer.shape());
}

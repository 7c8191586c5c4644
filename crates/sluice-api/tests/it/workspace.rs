//! The workspace.

use expect_test::expect;
use serde_json::json;

use crate::server;

#[tokio::test]
async fn the_workspace_changes_its_name_and_zone_and_refuses_an_unknown_zone() {
    let server = server();
    let answer = server.patch("/", &json!({ "name": "Shop", "timeZone": "Europe/Berlin" })).await;
    expect![[r#"
        200 {
          "data": {
            "workspace": {
              "id": "***",
              "slug": "my-workspace",
              "name": "Shop",
              "timeZone": "Europe/Berlin",
              "region": "us",
              "createdAt": "2026-01-01T00:00:00.000Z"
            }
          }
        }"#]]
    .assert_eq(&answer.shape());
    let answer = server.patch("/", &json!({ "timeZone": "Mars/Olympus" })).await;
    expect![[r#"
        400 {
          "errors": [
            {
              "type": "bad-request",
              "message": "`Mars/Olympus` is not an IANA time zone; write for example `Europe/Berlin` or `UTC`",
              "field": "timeZone",
              "status": 400
            }
          ]
        }"#]].assert_eq(&answer.shape());
}

//! Live events: the list, the stream, the receipt of what was refused.

use axum::body::Body;
use expect_test::expect;
use http::Request;

use crate::{ADMIN, Answer, Server, server};

impl Server {
    async fn stream(&self, query: &str, last: Option<&str>) -> Answer {
        let mut request = Request::get(format!("/api/v1/live-events/stream{query}"))
            .header("authorization", format!("Bearer {ADMIN}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn the_list_goes_backwards_in_pages_and_shows_what_was_refused() {
    let server = server();
    expect![[r#"
        200 {
          "data": {
            "events": [
              {
                "cursor": "5",
                "receivedAt": "2026-01-01T00:00:00.000Z",
                "type": "track",
                "name": "planted-of-workspace-1",
                "sourceId": "s",
                "messageId": "m5",
                "state": "refused",
                "reason": "no_user_anon_id",
                "explanation": "No userId or anonymousId.",
                "receivedOffset": 5,
                "deliveries": []
              },
              {
                "cursor": "4",
                "receivedAt": "2026-01-01T00:00:00.000Z",
                "type": "track",
                "name": "planted-of-workspace-1",
                "sourceId": "s",
                "messageId": "m4",
                "userId": "u",
                "personId": 1,
                "state": "accepted",
                "receivedOffset": 4,
                "deliveries": [
                  {
                    "destinationId": "d",
                    "state": "delivered"
                  }
                ]
              }
            ],
            "next": "4"
          }
        }"#]]
    .assert_eq(&server.get("/live-events?limit=2").await.shape());
    let cursors = |answer: Answer| -> (Vec<String>, Option<String>) {
        let rows = answer.json["data"]["events"].as_array().unwrap().clone();
        let cursors = rows.iter().map(|row| row["cursor"].as_str().unwrap().to_owned()).collect();
        (cursors, answer.json["data"]["next"].as_str().map(str::to_owned))
    };
    let (second, next) = cursors(server.get("/live-events?limit=4&before=4").await);
    assert_eq!((second.join(" "), next), ("3 2 1 0".to_owned(), None));
    let (refused, _) = cursors(server.get("/live-events?state=refused&q=&type=track").await);
    assert_eq!(refused.join(" "), "5 3 1");
}

#[tokio::test]
async fn a_filter_or_cursor_that_cannot_be_is_named() {
    let server = server();
    for (query, field) in [
        ("type=clap", "type"),
        ("before=x", "before"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
    ] {
        let answer = server.get(&format!("/live-events?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json["errors"][0]["field"], field, "{}", answer.text);
    }
    assert_eq!(server.get("/live-events?state=lost").await.status, 400);
    assert_eq!(server.get("/live-events?sourceId=none").await.status, 404);
    assert_eq!(server.stream("?after=x", None).await.status, 400);
}

#[tokio::test]
async fn the_stream_sends_rows_oldest_first_and_counts_what_it_leaves_out() {
    let server = server();
    let answer = server.stream("", None).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let kinds = |answer: &Answer| -> Vec<String> {
        let lines = answer.text.lines();
        let told = lines.filter(|line| line.starts_with("id:") || line.starts_with("event: sk"));
        told.map(str::to_owned).collect()
    };
    assert_eq!(kinds(&answer).join(" "), "event: skipped id: 2 id: 3 id: 4 id: 5");
    assert!(answer.text.contains(r#"data: {"count":1}"#), "{}", answer.text);
    assert!(answer.text.contains("event: row\nid: 5\ndata: {\"cursor\":\"5\""), "{}", answer.text);
    for resumed in [server.stream("?after=3", None).await, server.stream("", Some("3")).await] {
        assert_eq!(kinds(&resumed).join(" "), "id: 4 id: 5", "nothing twice, nothing left out");
    }
}

#[tokio::test]
async fn a_refused_item_has_a_receipt_by_its_place() {
    let server = server();
    expect![[r#"
        200 {
          "data": {
            "receipt": {
              "sourceId": "s",
              "receivedAt": "2026-01-01T00:00:00.000Z",
              "receivedOffset": 3,
              "outcome": {
                "state": "refused",
                "reason": "no_user_anon_id"
              },
              "explanation": "No userId or anonymousId.",
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
    .assert_eq(&server.get("/events/received/3").await.shape());
    assert_eq!(server.get("/events/received/4").await.status, 404);
}

//! Dashboards.

use serde_json::{Value, json};

use crate::{Server, server};

async fn insight(server: &Server, name: &str) -> String {
    let query =
        json!({ "kind": "trend", "range": { "last_days": 7 }, "events": [{ "event": "A" }] });
    server.post("/insights", &json!({ "name": name, "query": query })).await.id("insight")
}

fn item(insight: &str, y: u32) -> Value {
    json!({ "insightId": insight, "x": 0, "y": y, "width": 6, "height": 4 })
}

#[tokio::test]
async fn a_workspace_begins_with_one_default_dashboard_that_stays() {
    let server = server();
    let listed = server.get("/dashboards").await.json["data"]["dashboards"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["isDefault"], &listed[0]["items"]), (&json!(true), &json!([])));
    let path = format!("/dashboards/{}", listed[0]["id"].as_str().unwrap());
    assert_eq!(server.delete(&path).await.status, 409);
    assert_eq!(server.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_dashboard_holds_insights_in_their_places_until_they_are_deleted() {
    let server = server();
    let (a, b) = (insight(&server, "A").await, insight(&server, "B").await);
    let made = server.post("/dashboards", &json!({ "name": "Checkout" })).await;
    let path = format!("/dashboards/{}", made.id("dashboard"));
    let items = json!([item(&a, 4), item(&b, 0)]);
    let changed = server.patch(&path, &json!({ "items": items })).await;
    assert_eq!(changed.json["data"]["dashboard"]["items"], json!([item(&b, 0), item(&a, 4)]));
    assert_eq!(server.delete(&format!("/insights/{b}")).await.status, 200);
    let left = server.get(&path).await.json["data"]["dashboard"].clone();
    assert_eq!((&left["name"], &left["items"]), (&json!("Checkout"), &json!([item(&a, 4)])));
    assert_eq!(server.delete(&path).await.status, 200);
    assert_eq!(server.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_shared_range_is_set_kept_and_taken_off() {
    let server = server();
    let made = server.post("/dashboards", &json!({ "name": "D" })).await;
    let path = format!("/dashboards/{}", made.id("dashboard"));
    let range = json!({ "last_days": 90 });
    server.patch(&path, &json!({ "range": range })).await;
    let renamed = server.patch(&path, &json!({ "name": "E" })).await;
    assert_eq!(renamed.json["data"]["dashboard"]["range"], range);
    let cleared = server.patch(&path, &json!({ "range": null })).await;
    assert_eq!(cleared.json["data"]["dashboard"].get("range"), None);
}

#[tokio::test]
async fn what_does_not_fit_on_the_grid_or_does_not_exist_is_refused() {
    let server = server();
    let a = insight(&server, "A").await;
    let made = server.post("/dashboards", &json!({ "name": "D" })).await;
    let path = format!("/dashboards/{}", made.id("dashboard"));
    let wide = json!({ "insightId": a, "x": 7, "y": 0, "width": 6, "height": 4 });
    for items in [json!([wide]), json!([item("none", 0)]), json!([item(&a, 0), item(&a, 4)])] {
        let refused = server.patch(&path, &json!({ "items": items })).await;
        assert_eq!(refused.status, 400, "{items}: {}", refused.text);
    }
    assert_eq!(server.get(&path).await.json["data"]["dashboard"]["items"], json!([]));
}

#[tokio::test]
async fn a_text_stands_among_the_insights_and_an_item_is_one_of_both() {
    let server = server();
    let a = insight(&server, "A").await;
    let made = server.post("/dashboards", &json!({ "name": "D" })).await;
    let path = format!("/dashboards/{}", made.id("dashboard"));
    let text = json!({ "text": "# Orders", "x": 0, "y": 0, "width": 12, "height": 1 });
    let items = json!([text, item(&a, 1)]);
    let changed = server.patch(&path, &json!({ "items": items })).await;
    assert_eq!(changed.json["data"]["dashboard"]["items"], items);
    let both = json!({ "insightId": a, "text": "b", "x": 0, "y": 0, "width": 1, "height": 1 });
    let none = json!({ "x": 0, "y": 0, "width": 1, "height": 1 });
    for wrong in [both, none] {
        let refused = server.patch(&path, &json!({ "items": [wrong] })).await;
        assert_eq!(refused.json["errors"][0]["field"], "items.0", "{}", refused.text);
    }
    assert_eq!(server.get(&path).await.json["data"]["dashboard"]["items"], items);
}

#[tokio::test]
async fn shared_filters_are_kept_and_must_be_conditions() {
    let server = server();
    let made = server.post("/dashboards", &json!({ "name": "D" })).await;
    let path = format!("/dashboards/{}", made.id("dashboard"));
    assert_eq!(made.json["data"]["dashboard"]["filters"], json!([]));
    let filters = json!([{ "property": "plan", "of": "user", "op": "is", "values": ["pro"] }]);
    let changed = server.patch(&path, &json!({ "filters": filters })).await;
    assert_eq!(changed.json["data"]["dashboard"]["filters"], filters, "{}", changed.text);
    server.patch(&path, &json!({ "name": "E" })).await;
    for wrong in [json!([{ "property": "plan" }]), json!([{ "nonsense": 1 }])] {
        assert_eq!(server.patch(&path, &json!({ "filters": wrong })).await.status, 400);
    }
    assert_eq!(server.get(&path).await.json["data"]["dashboard"]["filters"], filters);
}

//! The data dictionary.

use serde_json::json;

use crate::fakes::PLANTED;
use crate::server;

#[tokio::test]
async fn what_is_said_of_an_event_is_kept_shown_with_its_name_and_taken_back() {
    let server = server();
    let path = format!("/dictionary/event/{PLANTED}");
    let says = json!({ "displayName": "Order", "description": "A paid order", "isHidden": true });
    let kept = server.call("PUT", &path, &says).await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    let entry = &server.get("/dictionary").await.json["data"]["entries"][0];
    assert_eq!((&entry["kind"], &entry["displayName"]), (&json!("event"), &json!("Order")));
    assert_eq!((&entry["isHidden"], &entry["isDeleted"]), (&json!(true), &json!(false)));
    let seen = server.get("/events/names").await.json["data"]["events"][0].clone();
    assert_eq!((&seen["name"], &seen["displayName"]), (&json!(PLANTED), &json!("Order")));
    assert_eq!(seen["isNotOffered"], true);
    assert_eq!(server.delete(&path).await.status, 200);
    assert_eq!(server.delete(&path).await.status, 404);
    let seen = server.get("/events/names").await.json["data"]["events"][0].clone();
    assert_eq!((seen.get("displayName"), seen.get("isNotOffered")), (None, None));
}

#[tokio::test]
async fn names_follow_renamed_deleted_and_custom_events() {
    let server = server();
    let names = async || {
        let events = server.get("/events/names").await.json["data"]["events"].clone();
        let name = |one: &serde_json::Value| one["name"].as_str().unwrap().to_owned();
        events.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    let path = format!("/dictionary/event/{PLANTED}");
    server.call("PUT", &path, &json!({ "sameAs": "Order Completed" })).await;
    assert_eq!(names().await, ["Order Completed"]);
    server.call("PUT", &path, &json!({ "isDeleted": true })).await;
    assert_eq!(names().await, [""; 0]);
    server.delete(&path).await;
    let custom = json!({ "anyOf": [{ "event": PLANTED }], "displayName": "Touch" });
    let kept = server.call("PUT", "/dictionary/custom_event/Any%20touch", &custom).await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    assert_eq!(names().await, [PLANTED, "ce:Any touch"]);
}

#[tokio::test]
async fn a_custom_event_was_seen_as_often_as_its_parts_and_unknown_often_with_filters() {
    let server = server();
    let seen = async |name: &str| {
        let events = server.get("/events/names").await.json["data"]["events"].clone();
        let found = events.as_array().unwrap().iter().find(|one| one["name"] == name).cloned();
        found.unwrap()
    };
    let count = seen(PLANTED).await["count"].as_u64().unwrap();
    let renamed = format!("/dictionary/event/{PLANTED}");
    server.call("PUT", &renamed, &json!({ "sameAs": "Order Completed" })).await;
    // Both names of one event: it is counted once.
    let parts = json!([{ "event": PLANTED }, { "event": "Order Completed" }]);
    server.call("PUT", "/dictionary/custom_event/Touch", &json!({ "anyOf": parts })).await;
    assert_eq!(seen("ce:Touch").await["count"], count);
    let filter = json!([{ "property": "plan", "op": "is", "values": ["pro"] }]);
    let some = json!([{ "event": PLANTED, "filters": filter }]);
    server.call("PUT", "/dictionary/custom_event/Some", &json!({ "anyOf": some })).await;
    assert_eq!(seen("ce:Some").await.get("count"), None);
    let both = json!([{ "event": PLANTED, "filters": filter }, { "event": "Order Completed" }]);
    server.call("PUT", "/dictionary/custom_event/Some", &json!({ "anyOf": both })).await;
    assert_eq!(seen("ce:Some").await["count"], count, "the part without filters has all of them");
}

#[tokio::test]
async fn what_cannot_be_said_is_told() {
    let server = server();
    let cases = [
        ("/dictionary/event/A", json!({ "sameAs": "A" }), "sameAs"),
        ("/dictionary/event/A", json!({ "sameAs": "ce:Touch" }), "sameAs"),
        ("/dictionary/event/_active", json!({ "isDeleted": true }), "name"),
        ("/dictionary/event/ce:Touch", json!({ "sameAs": "A" }), "name"),
        ("/dictionary/event_property/plan", json!({ "isDeleted": true }), "isDeleted"),
        ("/dictionary/custom_event/C", json!({}), "anyOf"),
        ("/dictionary/custom_event/C", json!({ "anyOf": [{ "event": "_active" }] }), "anyOf"),
        ("/dictionary/event/A", json!({ "hidden": true }), "hidden"),
    ];
    for (path, says, field) in cases {
        let refused = server.call("PUT", path, &says).await;
        assert_eq!(refused.status, 400, "{path} {says}: {}", refused.text);
        assert_eq!(refused.json["errors"][0]["field"], field, "{}", refused.text);
    }
    assert_eq!(server.call("PUT", "/dictionary/thing/A", &json!({})).await.status, 404);
    server.call("PUT", "/dictionary/event/A", &json!({ "sameAs": "B" })).await;
    let onward = server.call("PUT", "/dictionary/event/C", &json!({ "sameAs": "A" })).await;
    assert!(onward.text.contains("name that"), "{}", onward.text);
    let hither = server.call("PUT", "/dictionary/event/B", &json!({ "sameAs": "D" })).await;
    assert!(hither.text.contains("`A` is the same as this event"), "{}", hither.text);
}

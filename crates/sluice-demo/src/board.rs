//! The shop's saved insights, and the default dashboard with them on it: what a newcomer sees first.
//! Made through the public interface, like everything of the demonstration.

use reqwest::Method;
use serde_json::{Value, json};

use crate::DemoError;
use crate::api::Server;

/// Name, question, how to draw it, and the place on the dashboard: column, row, width, height.
type Pinned = (&'static str, Value, Value, [u32; 4]);

fn insights() -> impl Iterator<Item = Pinned> {
    shop().into_iter().chain(signup())
}

fn steps(names: &[&str]) -> Vec<Value> {
    names.iter().map(|step| json!({ "event": step })).collect()
}

fn shop() -> [Pinned; 4] {
    let way = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"];
    [
        (
            "From product to order",
            json!({
                "kind": "funnel", "range": { "last_days": 30 }, "window_seconds": 604_800,
                "steps": steps(&way),
            }),
            json!({ "chart": "funnel" }),
            [0, 0, 6, 5],
        ),
        (
            "Orders a day",
            json!({
                "kind": "trend", "range": { "last_days": 30 }, "interval": "day", "users": "any",
                "events": [{ "event": "Order Completed" }], "measure": "totals",
            }),
            json!({ "chart": "bar" }),
            [6, 0, 6, 5],
        ),
        (
            "Revenue",
            json!({
                "kind": "trend", "range": { "last_days": 30 }, "interval": "day", "users": "any",
                "events": [{ "event": "Order Completed" }],
                "measure": { "sum": { "property": "revenue" } },
            }),
            json!({ "chart": "number" }),
            [0, 5, 4, 4],
        ),
        (
            "Who views what",
            json!({
                "kind": "trend", "range": { "last_days": 30 }, "interval": "day",
                "events": [{ "event": "Product Viewed" }], "measure": "uniques",
                "breakdown": { "property": "category" },
            }),
            json!({ "chart": "line" }),
            [4, 5, 8, 4],
        ),
    ]
}

fn signup() -> [Pinned; 2] {
    [
        (
            "Signup by method",
            json!({
                "kind": "funnel", "range": { "last_days": 30 }, "window_seconds": 604_800,
                "steps": steps(&["Signup Started", "Signup Completed"]),
                "breakdown": { "property": "signup_method" },
            }),
            json!({ "chart": "funnel" }),
            [0, 9, 6, 5],
        ),
        (
            "New people who come back",
            json!({
                "kind": "retention", "range": { "last_days": 30 }, "unit": "day", "periods": 14,
                "start": { "event": "_new" }, "returning": { "event": "_active" },
            }),
            json!({ "chart": "line" }),
            [6, 9, 6, 5],
        ),
    ]
}

/// Saves the insights and puts them on the default dashboard.
///
/// # Errors
/// If the server refuses.
pub(crate) async fn furnish(server: &Server) -> Result<(), DemoError> {
    let mut items = Vec::new();
    for (name, query, display, [x, y, width, height]) in insights() {
        let body = json!({ "name": name, "query": query, "display": display });
        let saved = server.call(Method::POST, "/insights", Some(&body)).await?;
        items.push(json!({
            "insightId": saved["insight"]["id"], "x": x, "y": y, "width": width, "height": height,
        }));
    }
    let listed = server.call(Method::GET, "/dashboards", None).await?;
    let dashboards = listed["dashboards"].as_array();
    let default = dashboards.into_iter().flatten().find(|one| one["isDefault"] == true);
    let id = default
        .and_then(|one| one["id"].as_str())
        .ok_or_else(|| server.unexpected("/dashboards", &listed))?;
    let body = json!({ "items": items });
    server.call(Method::PATCH, &format!("/dashboards/{id}"), Some(&body)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_lie_within_twelve_columns_and_do_not_overlap() {
        let mut taken = std::collections::HashSet::new();
        for (name, _, _, [x, y, width, height]) in insights() {
            assert!(x + width <= 12, "{name}");
            for column in x..x + width {
                for row in y..y + height {
                    assert!(taken.insert((column, row)), "{name} overlaps another");
                }
            }
        }
    }
}

//! The little shop at `/demo-shop/`: a page that loads analytics.js from this server like any
//! customer's page, and calls it as people click. Its goods are those of the sample shop.
//!
//! Not here: the overlay that shows the calls; every page that loads analytics.js from Sluice has it.

use std::sync::{Arc, OnceLock};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::api::Server;
use crate::catalog::{PRODUCTS, money};
use crate::{Demo, DemoError};

/// The write key of the page's source, known once the demonstration has made that source.
pub type PageKey = Arc<OnceLock<String>>;

const INDEX: &str = include_str!("../shop/index.html");
const STYLE: &str = include_str!("../shop/shop.css");
const SCRIPTS: &[(&str, &str)] = &[
    ("shop.js", include_str!("../shop/shop.js")),
    ("calls.js", include_str!("../shop/calls.js")),
    ("cart.js", include_str!("../shop/cart.js")),
    ("drawings.js", include_str!("../shop/drawings.js")),
];

/// Makes the page's source, wires it to the receivers, and opens the page.
///
/// # Errors
/// If the server refuses the source.
pub async fn open(server: &Server, demo: &Demo, key: &PageKey) -> Result<(), DemoError> {
    let source = server.create_source("demo-shop", "Demo shop in the browser").await?;
    for destination in [&demo.destinations.amplitude, &demo.destinations.webhook] {
        server.connect_source(destination, &source.id).await?;
    }
    server.show_receipts(&source.id).await?;
    key.get_or_init(|| source.write_key);
    Ok(())
}

/// The pages below `/demo-shop`. Until the key is known they answer 503 and load again by themselves.
pub fn router(key: PageKey) -> Router {
    Router::new()
        .route("/demo-shop", get(|| async { Redirect::permanent("/demo-shop/") }))
        .route("/demo-shop/", get(index))
        .route("/demo-shop/products.json", get(|| async { Json(products()) }))
        .route("/demo-shop/{*path}", get(file))
        .with_state(key)
}

async fn index(State(key): State<PageKey>) -> Response {
    let Some(key) = key.get() else {
        let text = "The shop opens when the sample shop's history has been sent. This page loads again by itself.\n";
        let again = [(header::REFRESH, "2"), (header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return (StatusCode::SERVICE_UNAVAILABLE, again, text).into_response();
    };
    ([(header::CACHE_CONTROL, "no-cache")], Html(INDEX.replace("__WRITE_KEY__", key)))
        .into_response()
}

/// A file of the shop; any other path is one of its pages, which the script draws.
async fn file(state: State<PageKey>, Path(path): Path<String>) -> Response {
    let typed =
        |kind, text| ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text);
    if path == "shop.css" {
        return typed("text/css; charset=utf-8", STYLE).into_response();
    }
    match SCRIPTS.iter().find(|(name, _)| *name == path) {
        Some((_, text)) => typed("text/javascript; charset=utf-8", text).into_response(),
        None => index(state).await,
    }
}

fn products() -> Value {
    let product = |product: &crate::catalog::Product| {
        json!({
            "product_id": product.id,
            "sku": product.sku,
            "category": product.category,
            "name": product.name,
            "brand": product.brand,
            "variant": product.variant,
            "price": money(product.price_cents),
        })
    };
    PRODUCTS.iter().map(product).collect()
}

//! The way into the console: the demonstration's own account, and a link that signs it in.
//!
//! Not here: opening a browser, which only the program on the person's own machine can do.

use rand::Rng;
use rand::distr::Alphanumeric;
use reqwest::Method;
use serde_json::json;

use crate::{DemoError, Server};

const EMAIL: &str = "demo@example.com";
const PASSWORD_CHARS: usize = 20;

/// How to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub email: &'static str,
    pub password: String,
}

/// Makes the first account of a new server.
///
/// # Errors
/// If the server refuses.
pub async fn set_up(server: &Server, setup_token: &str) -> Result<Account, DemoError> {
    let chars = rand::rng().sample_iter(Alphanumeric).take(PASSWORD_CHARS);
    let password: String = chars.map(char::from).collect();
    let body = json!({
        "setupToken": setup_token, "email": EMAIL, "name": "Demo", "password": password,
        "workspaceName": "Sample shop", "timeZone": "UTC", "region": "us",
    });
    server.call(Method::POST, "/setup", Some(&body)).await?;
    Ok(Account { email: EMAIL, password })
}

/// A link that opens the console already signed in; works once, for 15 minutes.
///
/// # Errors
/// If the server refuses.
pub async fn sign_in_link(server: &Server) -> Result<String, DemoError> {
    let data = server.call(Method::POST, "/sign-in-links", Some(&json!({}))).await?;
    let url = data["url"].as_str().map(str::to_owned);
    url.ok_or_else(|| server.unexpected("/sign-in-links", &data))
}

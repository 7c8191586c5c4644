//! A small client of the server's own API: makes the shop's source, asks for counts.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::DemoError;

const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A running server and a token for its API.
#[derive(Clone, Debug)]
pub struct Server {
    client: reqwest::Client,
    base_url: String,
    token: String,
}

/// The shop's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub id: String,
    pub write_key: String,
}

impl Server {
    /// `base_url` such as `http://127.0.0.1:8080`, without a path.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(base_url: &str, token: &str) -> Result<Self, DemoError> {
        let client = reqwest::Client::builder().no_proxy().build().map_err(DemoError::Client)?;
        let base_url = base_url.trim_end_matches('/').to_owned();
        Ok(Self { client, base_url, token: token.to_owned() })
    }

    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Makes a source.
    ///
    /// # Errors
    /// If the server refuses, for example because the slug is taken.
    pub async fn create_source(&self, slug: &str, name: &str) -> Result<Source, DemoError> {
        let body = json!({ "slug": slug, "name": name, "enabled": true });
        let data = self.call(Method::POST, "/sources", Some(&body)).await?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let source = &data["source"];
        match (text(&source["id"]), text(&source["writeKeys"][0])) {
            (Some(id), Some(write_key)) => Ok(Source { id, write_key }),
            _ => Err(self.unexpected("/sources", &data)),
        }
    }

    /// Makes a destination of the source and gives its id.
    pub(crate) async fn create_destination(
        &self,
        source: &Source,
        kind: &str,
        name: &str,
        settings: Value,
    ) -> Result<String, DemoError> {
        let body = json!({
            "sourceId": source.id, "metadataId": kind, "name": name, "enabled": true,
            "settings": settings,
        });
        let data = self.call(Method::POST, "/destinations", Some(&body)).await?;
        let id = data["destination"]["id"].as_str().map(str::to_owned);
        id.ok_or_else(|| self.unexpected("/destinations", &data))
    }

    /// Wires another source to a destination.
    pub(crate) async fn connect_source(
        &self,
        destination_id: &str,
        source_id: &str,
    ) -> Result<(), DemoError> {
        let path = format!("/destinations/{destination_id}/sources");
        self.call(Method::POST, &path, Some(&json!({ "sourceId": source_id }))).await.map(drop)
    }

    /// The state of delivery of one destination's connection to one source.
    pub(crate) async fn delivery(
        &self,
        destination_id: &str,
        source_id: &str,
    ) -> Result<Value, DemoError> {
        let data = self.call(Method::GET, "/deliveries", None).await?;
        let all = data["deliveries"].as_array();
        let is_it = |delivery: &&Value| {
            delivery["destinationId"] == destination_id && delivery["sourceId"] == source_id
        };
        let found = all.into_iter().flatten().find(is_it);
        found.cloned().ok_or_else(|| self.unexpected("/deliveries", &data))
    }

    /// Waits until nothing is left to be sent to a destination.
    ///
    /// # Errors
    /// If that does not come about within two minutes.
    pub(crate) async fn wait_for_delivery(
        &self,
        destination_id: &str,
        source_id: &str,
    ) -> Result<(), DemoError> {
        let started = Instant::now();
        loop {
            let delivery = self.delivery(destination_id, source_id).await?;
            if delivery["waiting"] == 0 && delivery["behind"] == 0 {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(DemoError::NotDelivered { delivery: delivery.to_string() });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Lets pages of the source show what became of their calls.
    pub(crate) async fn show_receipts(&self, source_id: &str) -> Result<(), DemoError> {
        let body = json!({ "overlayReceipts": true });
        let path = format!("/sources/{source_id}/settings");
        self.call(Method::PATCH, &path, Some(&body)).await.map(drop)
    }

    /// The account of one source: `accepted`, `duplicate`, `refused` by reason.
    pub(crate) async fn account(&self, source_id: &str) -> Result<Value, DemoError> {
        let ledger = self.ledger().await?;
        let sources = ledger["sources"].as_array();
        let found = sources.into_iter().flatten().find(|source| source["sourceId"] == source_id);
        found.cloned().ok_or_else(|| self.unexpected("/ledger", &ledger))
    }

    pub(crate) async fn ledger(&self) -> Result<Value, DemoError> {
        let mut data = self.call(Method::GET, "/ledger", None).await?;
        Ok(data["ledger"].take())
    }

    /// Waits until so many events of the source have been judged and analytics has stored all that
    /// were accepted.
    ///
    /// # Errors
    /// If that does not come about within two minutes.
    pub(crate) async fn wait_for(&self, source_id: &str, events: u64) -> Result<(), DemoError> {
        let started = Instant::now();
        loop {
            let ledger = self.ledger().await?;
            let sources = ledger["sources"].as_array();
            let judged =
                sources.into_iter().flatten().find(|source| source["sourceId"] == source_id);
            let received = judged.map_or(&Value::Null, |source| &source["received"]);
            let idle = ledger["waitingForPipeline"] == 0 && ledger["analytics"]["waiting"] == 0;
            if idle && received.as_u64() >= Some(events) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(DemoError::NotCounted { ledger: ledger.to_string() });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Asks a question and gives the result.
    pub(crate) async fn ask(&self, query: &Value) -> Result<Value, DemoError> {
        let mut data = self.call(Method::POST, "/insights/query", Some(query)).await?;
        Ok(data["result"].take())
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, DemoError> {
        let url = format!("{}/api/v1{path}", self.base_url);
        let mut request = self.client.request(method, &url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let unreachable = |source| DemoError::Unreachable { url: url.clone(), attempts: 1, source };
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.text().await.map_err(unreachable)?;
        if !status.is_success() {
            return Err(DemoError::Refused { url, status: status.as_u16(), body });
        }
        let mut body: Value = serde_json::from_str(&body).unwrap_or_default();
        Ok(body["data"].take())
    }

    pub(crate) fn unexpected(&self, path: &str, body: &Value) -> DemoError {
        DemoError::Unexpected {
            url: format!("{}/api/v1{path}", self.base_url),
            body: body.to_string(),
        }
    }
}

//! The secrets of one destination: what recorded exchanges must not show, and access tokens that it
//! renewed, which are kept as settings.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Map;
use sluice_base::Secret;
use sluice_destination_kit::oauth::{ACCESS_TOKEN, REFRESH_TOKEN};
use sluice_destination_kit::{KeepSettings, Redactor};

/// What a destination's own code fetched anew (`catalogue/src/core.js`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    access_token: String,
    refresh_token: Option<String>,
}

pub(super) struct Access {
    secrets: Mutex<(Vec<String>, Redactor)>,
    keep: Arc<dyn KeepSettings>,
}

impl Access {
    pub(super) fn new(secrets: &[String], keep: Arc<dyn KeepSettings>) -> Self {
        Self { secrets: Mutex::new((secrets.to_vec(), Redactor::new(secrets))), keep }
    }

    pub(super) fn redactor(&self) -> Redactor {
        self.secrets.lock().1.clone()
    }

    /// Before anything else is sent: the peer may have made the former ones void.
    pub(super) async fn keep(&self, tokens: Tokens) {
        let mut renewed = Map::new();
        {
            let (secrets, redactor) = &mut *self.secrets.lock();
            for (key, token) in
                [(ACCESS_TOKEN, Some(tokens.access_token)), (REFRESH_TOKEN, tokens.refresh_token)]
            {
                let Some(token) = token else { continue };
                secrets.push(token.clone());
                renewed.insert(key.to_owned(), token.into());
            }
            *redactor = Redactor::new(secrets);
        }
        if let Err(error) = self.keep.keep(Secret::new(renewed)).await {
            tracing::error!(%error, "a renewed access token could not be kept; a restart will lose it");
        }
    }
}

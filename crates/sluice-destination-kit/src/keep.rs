//! Where a destination puts settings that its peer gave anew, such as an access token that was
//! renewed: what is only in memory is lost with the process, and an old token may be good for nothing.

use serde_json::{Map, Value};
use sluice_base::Secret;

use crate::destination::BoxFuture;

/// Keeps settings of one configured destination.
pub trait KeepSettings: Send + Sync {
    /// They take the place of those of the same names; durable when it ends well. An error is a
    /// sentence for the log.
    fn keep(&self, renewed: Secret<Map<String, Value>>) -> BoxFuture<'_, Result<(), String>>;
}

/// For a destination that nobody has configured: there is nothing to put anything to.
pub struct KeepNothing;

impl KeepSettings for KeepNothing {
    fn keep(&self, _: Secret<Map<String, Value>>) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

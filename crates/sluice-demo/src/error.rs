//! What can go wrong when the shop's traffic is sent.

/// Sending failed for good.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("cannot reach {url} after {attempts} attempts")]
    Unreachable { url: String, attempts: u32, source: reqwest::Error },
    #[error("{url} answered {status}: {body}")]
    Refused { url: String, status: u16, body: String },
    #[error("{url} kept answering {status} for {attempts} attempts")]
    Overloaded { url: String, status: u16, attempts: u32 },
    #[error("{url} answered something else than expected: {body}")]
    Unexpected { url: String, body: String },
    #[error("the server has not counted everything after two minutes: {ledger}")]
    NotCounted { ledger: String },
    #[error("a destination has not been sent everything after two minutes: {delivery}")]
    NotDelivered { delivery: String },
    #[error("cannot set up the HTTP client")]
    Client(#[source] reqwest::Error),
    #[error("cannot compress a body")]
    Gzip(#[source] std::io::Error),
    #[error("a sending task ended early")]
    Task(#[source] tokio::task::JoinError),
}

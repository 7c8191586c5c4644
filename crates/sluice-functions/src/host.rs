//! What a program may ask of the outside.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

/// An answer on its way. Dropping it gives the request up.
pub type Fetching = Pin<Box<dyn Future<Output = Result<FetchAnswer, FetchFailure>> + Send>>;

/// The outside of one call.
pub trait Host: Send + Sync {
    fn fetch(&self, request: FetchRequest) -> Fetching;

    /// A line that the program wrote to its console.
    fn log(&self, level: &str, line: &str) {
        let _: (&str, &str) = (level, line);
    }
}

#[derive(Clone, Debug)]
pub struct FetchRequest {
    pub method: String,
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// If the program asked for one.
    pub timeout: Option<Duration>,
}

#[derive(Clone, Debug)]
pub struct FetchAnswer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// No answer came. The program sees it as an error of that code.
#[derive(Clone, Debug)]
pub struct FetchFailure {
    /// As `ECONNREFUSED`.
    pub code: String,
    pub message: String,
}

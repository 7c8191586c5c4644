//! Errors in the shape that clients of Amplitude's dashboard API print: `{"error": "text"}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::error::ApiError;

/// When to ask again after a question found the queue full.
const BUSY_SECONDS: u64 = 1;

#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    message: String,
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A parameter that cannot be used.
    pub(super) fn parameter(name: &str, why: impl std::fmt::Display) -> Self {
        Self::invalid(format!("Invalid parameter: {name}: {why}"))
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into() }
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, message: message.into() }
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, message: message.into() }
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The answer, with another body than the usual one.
    pub(super) fn with_body(&self, body: serde_json::Value) -> Response {
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(BUSY_SECONDS));
        }
        response
    }

    pub(super) fn keys() -> Self {
        let message = "Invalid API key or secret key: they are a source's write key and an API token \
                       of the same workspace";
        Self { status: StatusCode::UNAUTHORIZED, message: message.to_owned() }
    }
}

impl<E: Into<ApiError>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        match &error {
            ApiError::Internal(why) => {
                tracing::error!(error = %why, "a request for a dashboard failed");
                let message = "the server failed; its log says why".to_owned();
                Self { status: StatusCode::INTERNAL_SERVER_ERROR, message }
            }
            // Amplitude's clients know "too many", not "unavailable".
            ApiError::Busy { message, .. } => {
                Self { status: StatusCode::TOO_MANY_REQUESTS, message: message.clone() }
            }
            other => Self { status: other.status(), message: other.to_string() },
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.with_body(json!({ "error": self.message }))
    }
}

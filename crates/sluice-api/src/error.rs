//! Errors as clients see them, mapped here and nowhere else.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use sluice_insights::{ErrorKind, InsightError};
use sluice_model::Problem;
use sluice_store::StoreError;
use utoipa::ToSchema;

use crate::handles::HandleError;

/// When to ask a question again that found the queue full.
const BUSY_SECONDS: u64 = 1;

/// What failed, with one entry per problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Errors {
    errors: Vec<ErrorView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorView {
    /// Stable, for programs, such as `not-found`.
    #[schema(example = "bad-request")]
    r#type: &'static str,
    /// For people: what happened, why, what to do.
    #[schema(example = "must be from 1 to 1000000; to stop a source, disable it")]
    message: String,
    /// Dotted path of the field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "settings.requestsPerSecondMax")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<ErrorData>,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorData {
    /// Place in the body, counted from 1.
    line: usize,
    column: usize,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("nobody is signed in; sign in, or send `Authorization: Bearer TOKEN`")]
    Nobody,
    #[error("the token is not valid; it may have been revoked")]
    BadToken,
    #[error("the session has ended; sign in again")]
    NoSession,
    #[error("the email address or the password is wrong")]
    Credentials,
    #[error("this needs the role {needed}; yours here is {has}")]
    Role { needed: &'static str, has: &'static str },
    #[error("this is for signed-in people; a token has no session and no password")]
    NotAPerson,
    #[error("the request was started by a page of another site")]
    Origin,
    #[error("this needs the header `X-CSRF-Token` with the `csrfToken` of `GET /session`")]
    Csrf,
    #[error("too many wrong attempts; try again in {retry_after_seconds} s")]
    TooManyAttempts { retry_after_seconds: u64 },
    #[error("{0}")]
    Spent(String),
    #[error("no {what} with the id `{id}`")]
    NotFound { what: &'static str, id: String },
    #[error("there is nothing at this path; the operations are listed at /api/v1/openapi.json")]
    NoSuchPath,
    #[error("this path does not take this method")]
    Method,
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    #[error("{message}")]
    Json { message: String, field: Option<String>, line: usize, column: usize },
    #[error("the body has more than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    #[error("the body broke off")]
    BodyBroken,
    #[error("{0}")]
    Conflict(Problem),
    #[error("{message}")]
    Busy { message: String, retry_after_seconds: u64 },
    /// The text goes to the log, not to the client.
    #[error("{0}")]
    Internal(String),
}

impl ApiError {
    pub(crate) fn not_found(what: &'static str, id: &str) -> Self {
        Self::NotFound { what, id: id.to_owned() }
    }

    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Problem::new(field, message)])
    }

    /// A code that does not work; what is wrong about it, the store says.
    pub(crate) fn code() -> Self {
        Self::Spent("this link does not work".to_owned())
    }

    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Nobody | Self::BadToken | Self::NoSession | Self::Credentials => {
                StatusCode::UNAUTHORIZED
            }
            Self::Role { .. } | Self::NotAPerson | Self::Origin | Self::Csrf => {
                StatusCode::FORBIDDEN
            }
            Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound { .. } | Self::NoSuchPath | Self::Spent(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) | Self::Json { .. } | Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn views(self) -> Vec<ErrorView> {
        let status = self.status();
        let view = |message: String, field: Option<String>, data: Option<ErrorData>| ErrorView {
            r#type: type_name(status),
            message,
            field: field.filter(|field| !field.is_empty()),
            data,
            status: status.as_u16(),
        };
        match self {
            Self::Invalid(problems) => problems
                .into_iter()
                .map(|problem| view(problem.message, Some(problem.field), None))
                .collect(),
            Self::Conflict(problem) => vec![view(problem.message, Some(problem.field), None)],
            Self::Json { message, field, line, column } => {
                vec![view(message, field, Some(ErrorData { line, column }))]
            }
            Self::Internal(_) => {
                vec![view("the server failed; its log says why".to_owned(), None, None)]
            }
            other => vec![view(other.to_string(), None, None)],
        }
    }
}

/// The `type` that goes with a status.
pub(crate) const fn type_name(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "bad-request",
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
        StatusCode::REQUEST_TIMEOUT => "timeout",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PAYLOAD_TOO_LARGE => "payload-too-large",
        StatusCode::TOO_MANY_REQUESTS => "too-many-requests",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "internal",
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal(why) = &self {
            tracing::error!(error = %why, "an API request failed");
        }
        let status = self.status();
        let retry_after = match &self {
            Self::Busy { retry_after_seconds, .. }
            | Self::TooManyAttempts { retry_after_seconds } => Some(*retry_after_seconds),
            _ => None,
        };
        let mut response = (status, Json(Errors { errors: self.views() })).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Invalid(problems) => Self::Invalid(problems),
            StoreError::NotFound { what, id } => Self::NotFound { what, id },
            StoreError::Conflict(problem) => Self::Conflict(problem),
            spent @ StoreError::Spent { .. } => Self::Spent(spent.to_string()),
            other => Self::Internal(with_sources(&other)),
        }
    }
}

impl From<HandleError> for ApiError {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::NotFound { what, id } => Self::NotFound { what, id },
            HandleError::Invalid(problems) => Self::Invalid(problems),
            HandleError::Conflict(message) => Self::Conflict(Problem::new("", message)),
            HandleError::Busy { message, retry_after_seconds } => {
                Self::Busy { message, retry_after_seconds }
            }
            HandleError::Internal(why) => Self::Internal(why),
        }
    }
}

impl From<InsightError> for ApiError {
    fn from(error: InsightError) -> Self {
        match error.kind() {
            ErrorKind::Invalid => Self::invalid("", error.to_string()),
            ErrorKind::Busy | ErrorKind::Cancelled => {
                Self::Busy { message: error.to_string(), retry_after_seconds: BUSY_SECONDS }
            }
            ErrorKind::Unavailable => Self::Internal(with_sources(&error)),
        }
    }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

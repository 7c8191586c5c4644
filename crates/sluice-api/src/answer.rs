//! Answers: `{data}`, the media type that was asked for, and headers that every answer carries.

use axum::Json;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Segment's media types; an answer repeats the one it was asked for.
const SEGMENT_TYPES: &[&str] = &[
    "application/vnd.segment.v1+json",
    "application/vnd.segment.v1beta+json",
    "application/vnd.segment.v1alpha+json",
];

/// A successful answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// The same for an answer that may be large: it is written on a thread of its own, so that other
/// requests need not wait.
pub(crate) async fn written_apart<T: Serialize + Send + 'static>(
    data: T,
) -> Result<Response, ApiError> {
    let write = move || serde_json::to_vec(&Data { data });
    let written = tokio::task::spawn_blocking(write).await;
    let written = written.map_err(|error| ApiError::Internal(error.to_string()))?;
    let json = written.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

/// What a deletion or another act without a result answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    #[schema(example = "SUCCESS")]
    status: &'static str,
}

pub(crate) const fn done() -> Data<Done> {
    Data { data: Done { status: "SUCCESS" } }
}

/// Sets the headers of every answer of the API.
pub(crate) async fn finish(request: Request, next: Next) -> Response {
    let asked = segment_type(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Some(media_type) = asked
        && headers.get(header::CONTENT_TYPE).is_some_and(|held| held == "application/json")
    {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn segment_type(headers: &HeaderMap) -> Option<&'static str> {
    [header::ACCEPT, header::CONTENT_TYPE].iter().find_map(|name| {
        let asked = headers.get(name)?.to_str().ok()?;
        SEGMENT_TYPES.iter().copied().find(|held| {
            asked.split(',').any(|one| one.split(';').next().is_some_and(|one| one.trim() == *held))
        })
    })
}

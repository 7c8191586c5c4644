//! What comes in: JSON bodies, read with a cap and in time, and ids in paths. The content type is
//! not looked at: a foreign page gains nothing, since a cookie alone changes nothing ([`crate::cookie`]).

use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use http::request::Parts;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use sluice_base::nearest;

use crate::error::ApiError;

/// Largest body of a request; settings and questions are smaller.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;
/// Time in which a body must arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(15);

/// A JSON body. A field that nobody knows is refused with the nearest known name.
pub(crate) struct Body<T, const BYTES_MAX: usize = BODY_BYTES_MAX>(pub(crate) T);

impl<T, S, const BYTES_MAX: usize> FromRequest<S> for Body<T, BYTES_MAX>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let bytes = read(request, BYTES_MAX).await?;
        parse(&bytes).map(Self)
    }
}

/// Not compiled once more for each type of a body.
async fn read(request: Request, bytes_max: usize) -> Result<Bytes, ApiError> {
    let read = axum::body::to_bytes(request.into_body(), bytes_max);
    match tokio::time::timeout(BODY_TIME_MAX, read).await {
        Err(_) => Err(ApiError::BodyTooSlow),
        Ok(Err(error)) if is_over_limit(&error) => Err(ApiError::BodyTooLarge { limit: bytes_max }),
        Ok(Err(_)) => Err(ApiError::BodyBroken),
        Ok(Ok(bytes)) => Ok(bytes),
    }
}

fn is_over_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let deserializer = &mut serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut *deserializer).map_err(|error| {
        let path = error.path().to_string();
        json_error(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| json_error(".", &error))?;
    Ok(value)
}

fn json_error(path: &str, error: &serde_json::Error) -> ApiError {
    let whole = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = whole.strip_suffix(&place).unwrap_or(&whole);
    let (message, field) = match unknown_field(text) {
        Some((name, known)) => (unknown_message(name, &known), Some(field_path(path, name))),
        None => (text.to_owned(), (path != "." && path != "?").then(|| path.to_owned())),
    };
    ApiError::Json { message, field, line: error.line(), column: error.column() }
}

/// The name, and the known ones, out of serde's message about a field that nobody knows.
fn unknown_field(text: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = text.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let name = quoted.next()?;
    Some((name, quoted.collect()))
}

fn unknown_message(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("`{name}` is not a field here; did you mean `{near}`?"),
        None if known.is_empty() => format!("`{name}` is not a field here; there is none"),
        None => format!("`{name}` is not a field here; known are {}", known.join(", ")),
    }
}

/// The path that serde reports may or may not end in the name itself.
fn field_path(path: &str, name: &str) -> String {
    match path {
        "." | "?" => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// What stands in the path.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value)).map_err(|_| ApiError::NoSuchPath)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read by serde")]
        inner: Inner,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read by serde")]
        enabled: bool,
    }

    fn check(json: &str, expected: (&str, Option<&str>, usize)) {
        match parse::<Outer>(json.as_bytes()).unwrap_err() {
            ApiError::Json { message, field, line, .. } => {
                assert_eq!((message.as_str(), field.as_deref(), line), expected, "{json}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_body_is_told_with_field_and_place() {
        let unknown = "`enabld` is not a field here; did you mean `enabled`?";
        check("{\"inner\":\n{\"enabld\":true}}", (unknown, Some("inner.enabld"), 2));
        let wrong = "invalid type: integer `1`, expected a boolean";
        check("{\"inner\":{\"enabled\":1}}", (wrong, Some("inner.enabled"), 1));
        check("{}", ("missing field `inner`", None, 1));
        check("{\"inner\":{\"enabled\":true}} x", ("trailing characters", None, 1));
        check("", ("EOF while parsing a value", None, 1));
    }
}

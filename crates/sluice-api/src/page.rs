//! Pagination: `pagination[count]` and `pagination[cursor]`, or with dots as some clients write it.
//! A cursor is opaque to clients.

use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use http::request::Parts;
use serde::Serialize;
use sluice_store::{Listed, Page};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;

pub(crate) const COUNT_MAX: u32 = 1_000;
const COUNT_DEFAULT: u32 = 100;

/// The part of a list that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    pub(crate) count: u32,
    /// Where the part before ended.
    pub(crate) after: Option<u64>,
    /// In lists that go by time: the time (microseconds) of that entry.
    at: i64,
}

/// The parameters, for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters that `Paging` reads")]
pub(crate) struct PageParams {
    /// Entries in one answer, from 1 to 1000.
    #[param(rename = "pagination[count]", minimum = 1, maximum = 1000, default = 100)]
    count: Option<u32>,
    /// `pagination.next` of the answer before.
    #[param(rename = "pagination[cursor]")]
    cursor: Option<String>,
}

/// Where in a list an answer stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pagination {
    /// Cursor of this part.
    pub(crate) current: String,
    /// Cursor of the next part; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// Entries in all parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_entries: Option<u64>,
}

impl Paging {
    pub(crate) fn store_page(self) -> Page {
        Page { after: self.after.unwrap_or(0), count: self.count }
    }

    pub(crate) fn pagination(self, next: Option<u64>, total: Option<u64>) -> Pagination {
        Pagination {
            current: cursor(self.at, self.after.unwrap_or(0)),
            next: next.map(|place| cursor(0, place)),
            total_entries: total,
        }
    }

    /// Where a list that goes by time goes on: time in microseconds and place.
    pub(crate) fn before(self) -> Option<(i64, u64)> {
        self.after.map(|place| (self.at, place))
    }

    /// Of a list that goes by time.
    pub(crate) fn timed(self, next: Option<(i64, u64)>) -> Pagination {
        let current = cursor(self.at, self.after.unwrap_or(0));
        let next = next.map(|(at, place)| cursor(at, place));
        Pagination { current, next, total_entries: None }
    }

    /// The items as views, and where the list stands.
    pub(crate) fn listed<T, V>(
        self,
        listed: Listed<T>,
        view: impl FnMut(T) -> V,
    ) -> (Vec<V>, Pagination) {
        let pagination = self.pagination(listed.next, Some(listed.total));
        (listed.items.into_iter().map(view).collect(), pagination)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let mut paging = Self { count: COUNT_DEFAULT, after: None, at: 0 };
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()) {
            match name.as_ref() {
                "pagination[count]" | "pagination.count" => {
                    paging.count = value
                        .parse()
                        .ok()
                        .filter(|count| (1..=COUNT_MAX).contains(count))
                        .ok_or_else(|| {
                            let message = format!("must be a number from 1 to {COUNT_MAX}");
                            ApiError::invalid("pagination.count", message)
                        })?;
                }
                "pagination[cursor]" | "pagination.cursor" if value.is_empty() => {}
                "pagination[cursor]" | "pagination.cursor" => {
                    let (at, place) = uncursor(&value).ok_or_else(|| {
                        let message = "is not a cursor of this server; begin without one";
                        ApiError::invalid("pagination.cursor", message)
                    })?;
                    paging.at = at;
                    paging.after = Some(place).filter(|place| *place > 0);
                }
                _ => {}
            }
        }
        Ok(paging)
    }
}

fn cursor(at: i64, place: u64) -> String {
    BASE64.encode(if at == 0 { format!("c{place}") } else { format!("c{place}@{at}") })
}

fn uncursor(text: &str) -> Option<(i64, u64)> {
    let text = String::from_utf8(BASE64.decode(text.trim_end_matches('=')).ok()?).ok()?;
    let text = text.strip_prefix('c')?;
    let (place, at) = text.split_once('@').unwrap_or((text, "0"));
    Some((at.parse().ok()?, place.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_foreign_text_does_not() {
        for place in [0, 1, 42, u64::MAX] {
            for at in [0, 1, i64::MIN] {
                assert_eq!(uncursor(&cursor(at, place)), Some((at, place)));
            }
        }
        for foreign in ["", "42", "????", "Yzw"] {
            assert_eq!(uncursor(foreign), None, "{foreign}");
        }
    }
}

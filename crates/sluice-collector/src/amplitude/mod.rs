//! Amplitude's ingestion API: HTTP V2, Batch, the older HTTP API, the upload form of SDKs before 2020,
//! Identify, Group Identify and User Mapping, so that Amplitude's SDKs work after their server URL is
//! changed. The API key is a source's write key.
//!
//! An event is checked here as Amplitude checks it, since its SDKs mend a batch by the indexes that
//! the answer names; then it is translated into a call of Segment's spec (`translate`) and takes
//! the same way as every other. Rules and answers are those of Amplitude's public documentation
//! ("HTTP V2 API", "Batch Event Upload API", "Identify API", "Group Identify API", "User Mapping
//! (Aliasing) API").
//!
//! Not here: attribution, deletion, export, and the rate per user or device.

mod answer;
mod check;
mod door;
mod groups;
mod legacy;
mod request;
mod shorten;
mod translate;

use http::Method;

pub(crate) use answer::Reply;
pub(crate) use request::Upload;
pub(crate) use translate::{Origin, translate};

pub(crate) use self::check::check;

/// One of Amplitude's paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// `/2/httpapi`.
    HttpV2,
    /// `/batch`.
    Batch,
    /// `/httpapi`: a form with `api_key` and `event`.
    HttpV1,
    /// `/identify`: a form with `api_key` and `identification`.
    Identify,
    /// `/groupidentify`: the same for groups.
    GroupIdentify,
    /// `/usermap`: a form with `api_key` and `mapping`.
    UserMap,
    /// `POST /`: the form of SDKs before 2020.
    Legacy,
}

impl Door {
    /// The door behind a path, with or without one trailing slash. The root is one for `POST` only:
    /// the console is there for everything else.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        match path.strip_suffix('/').unwrap_or(path) {
            "/2/httpapi" => Some(Self::HttpV2),
            "/batch" => Some(Self::Batch),
            "/httpapi" => Some(Self::HttpV1),
            "/identify" => Some(Self::Identify),
            "/groupidentify" => Some(Self::GroupIdentify),
            "/usermap" => Some(Self::UserMap),
            "" if *method == Method::POST => Some(Self::Legacy),
            _ => None,
        }
    }

    /// Bytes of a request after inflation: 20 MB for Batch, 1 MB for the others.
    pub(crate) const fn body_bytes_max(self) -> usize {
        match self {
            Self::Batch => 20_000_000,
            _ => 1 << 20,
        }
    }

    /// Whether the answer is the word `success` instead of JSON.
    pub(crate) const fn answers_text(self) -> bool {
        !matches!(self, Self::HttpV2 | Self::Batch)
    }

    /// The field of a form that holds one event or a list.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::HttpV1 => "event",
            Self::UserMap => "mapping",
            Self::Legacy => legacy::EVENTS,
            _ => "identification",
        }
    }
}

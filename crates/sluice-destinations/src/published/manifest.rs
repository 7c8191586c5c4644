//! `catalogue.json`, as `catalogue/describe.mjs` writes it.

use serde::Deserialize;
use serde_json::Value;
use sluice_destination_kit::{Action, Comparison, Preset};

#[derive(Deserialize)]
pub(super) struct Manifest {
    pub(super) destinations: Vec<Entry>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) slug: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) scheme: Scheme,
    /// It can ask for a new access token by itself.
    #[serde(default)]
    pub(super) refreshes: bool,
    /// It can ask its peer to delete a person.
    #[serde(default)]
    pub(super) deletes: bool,
    pub(super) settings: Vec<FieldEntry>,
    pub(super) actions: Vec<Action>,
    pub(super) presets: Vec<Preset>,
    /// Packages it loads beside the core.
    #[serde(default)]
    pub(super) libraries: Vec<String>,
    /// What it reads from `process.env`: secrets of Segment's own apps at the peer.
    #[serde(default)]
    pub(super) environment: Vec<String>,
    pub(super) unavailable: Option<String>,
    pub(super) compared: Option<Comparison>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scheme {
    None,
    Basic,
    Custom,
    Oauth2,
    OauthManaged,
}

/// A field of the settings.
#[derive(Deserialize)]
pub(super) struct FieldEntry {
    pub(super) key: String,
    pub(super) label: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) multiple: bool,
    /// A truth, or conditions on other fields.
    #[serde(default)]
    pub(super) required: Value,
    pub(super) default: Option<Value>,
    /// Texts, or objects with `value` and `label`.
    #[serde(default)]
    pub(super) choices: Vec<Value>,
    pub(super) format: Option<String>,
}

//! A source: where events originate, with the public write keys that may only write to it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sluice_base::Timestamp;
use sluice_event::{IpPolicy, SourceNo, WorkspaceNo};

use crate::check::{Checks, Problem, text_id};
use crate::tables::SourceEntry;

/// Write keys are 32 letters or digits, as Segment's are, so that SDKs that look at them accept them.
pub const WRITE_KEY_CHARS: usize = 32;
/// Keys of one source at a time; two are enough to rotate, the rest is slack.
pub const WRITE_KEYS_MAX: usize = 20;
/// A rate limit above this is a mistake.
pub const REQUESTS_PER_SECOND_MAX: u32 = 1_000_000;

text_id!(
    /// Public id of a source; becomes `projectId` of its events.
    SourceId
);

/// The public credential that may only write to its source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteKey(String);

impl WriteKey {
    /// # Errors
    /// If it is not 32 letters or digits.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text.len() == WRITE_KEY_CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::new("writeKey", format!("must be {WRITE_KEY_CHARS} letters or digits")))
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WriteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub no: SourceNo,
    pub id: SourceId,
    pub workspace: WorkspaceNo,
    pub slug: String,
    pub name: String,
    /// What kind of sender it is, a free slug such as `javascript` or `node`; informs only.
    pub kind: String,
    pub enabled: bool,
    /// Oldest first; never empty in a new source.
    pub write_keys: Vec<WriteKey>,
    pub settings: SourceSettings,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Source {
    #[must_use]
    pub fn entry(&self) -> SourceEntry {
        SourceEntry {
            no: self.no,
            workspace: self.workspace,
            id: self.id.as_str().to_owned(),
            slug: self.slug.clone(),
            enabled: self.enabled,
            requests_per_second_max: self.settings.requests_per_second_max,
            overlay_receipts: self.settings.overlay_receipts,
            ip: self.settings.ip,
        }
    }
}

/// Settings of a source, as kept and as the API shows them. What tracking plans will add to it
/// (allow, omit or block what is unplanned) joins when they are enforced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceSettings {
    /// Requests per second that the source may send; absent means the server's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_second_max: Option<u32>,
    /// Whoever has the write key and a message id may ask what became of that event (the overlay
    /// does). Off: only the API tells.
    #[serde(skip_serializing_if = "is_off")]
    pub overlay_receipts: bool,
    /// What is kept of the senders' addresses: `keep`, `truncate` or `drop`.
    #[serde(with = "ip_policy", skip_serializing_if = "is_keep")]
    pub ip: IpPolicy,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_off(switch: &bool) -> bool {
    !*switch
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_keep(policy: &IpPolicy) -> bool {
    *policy == IpPolicy::Keep
}

/// By its name.
mod ip_policy {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use sluice_event::IpPolicy;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(policy: &IpPolicy, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(policy.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<IpPolicy, D::Error> {
        let name = String::deserialize(from)?;
        IpPolicy::from_name(&name)
            .ok_or_else(|| D::Error::custom(format!("`{name}` is not one of keep, truncate, drop")))
    }
}

/// What it takes to make a source; the store adds id, number and a first write key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSource {
    pub slug: String,
    pub name: String,
    pub kind: String,
    pub enabled: bool,
    pub settings: SourceSettings,
}

/// What may change about a source; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceChange {
    pub slug: Option<String>,
    pub name: Option<String>,
    pub enabled: Option<bool>,
    pub settings: Option<SourceSettings>,
}

impl NewSource {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.slug("slug", &self.slug);
        checks.name("name", &self.name);
        checks.slug("metadataId", &self.kind);
        check_settings(&mut checks, &self.settings);
        checks.finish()
    }
}

impl SourceChange {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        if let Some(slug) = &self.slug {
            checks.slug("slug", slug);
        }
        if let Some(name) = &self.name {
            checks.name("name", name);
        }
        if let Some(settings) = &self.settings {
            check_settings(&mut checks, settings);
        }
        checks.finish()
    }
}

fn check_settings(checks: &mut Checks, settings: &SourceSettings) {
    if let Some(limit) = settings.requests_per_second_max
        && !(1..=REQUESTS_PER_SECOND_MAX).contains(&limit)
    {
        checks.fail(
            "settings.requestsPerSecondMax",
            format!("must be from 1 to {REQUESTS_PER_SECOND_MAX}; to stop a source, disable it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_key_is_32_letters_or_digits() {
        assert!(WriteKey::parse("abcdefghijklmnopqrstuvwxyzABCDEF").is_ok());
        for bad in
            ["", "abc123", "abcdefghijklmnopqrstuvwxyzABCDE-", "abcdefghijklmnopqrstuvwxyzABCDEFG"]
        {
            assert!(WriteKey::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let source = NewSource {
            slug: "My Shop".to_owned(),
            name: String::new(),
            kind: "node".to_owned(),
            enabled: true,
            settings: SourceSettings {
                requests_per_second_max: Some(0),
                ..SourceSettings::default()
            },
        };
        let fields: Vec<String> =
            source.check().unwrap_err().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["slug", "name", "settings.requestsPerSecondMax"]);
    }
}

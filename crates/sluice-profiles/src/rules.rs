//! The rules of identity resolution: how many values of a type one person may have, which type
//! gives way, which values mean nothing, and the hard limits.
//!
//! The defaults are those of Segment's Unify: `user_id` once, every other type five times, priority
//! `user_id`, `email`, then by alphabet. A type that no rule names gets the default limit and its
//! place in the alphabet.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sluice_base::Timestamp;

pub const USER_ID: &str = "user_id";
pub const ANONYMOUS_ID: &str = "anonymous_id";
pub const EMAIL: &str = "email";

/// Identifiers read from one event at most; the rest of it is not looked at. Keeps the merges of
/// one event below the 128 that a merge number has room for.
pub const IDS_PER_EVENT_MAX: usize = 50;
/// A longer value (after trimming) is not an identifier: it is data in the wrong place, and one such
/// value per event must not fill the map.
pub const ID_VALUE_BYTES_MAX: usize = 1024;
/// A longer type is not an identifier type.
pub const ID_KIND_BYTES_MAX: usize = 128;
/// Traits of one person, removed ones included; further names are not kept.
pub const TRAITS_MAX: usize = 300;
/// Bytes of all traits of one person (names and JSON); a set that would exceed it is not kept.
pub const TRAIT_BYTES_MAX: usize = 64 * 1024;

/// Over which time values of one type are counted, from when each was attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Ever,
    Weekly,
    Monthly,
    Annually,
}

impl Window {
    /// The earliest attachment that still counts at `now`.
    fn since(self, now: Timestamp) -> Timestamp {
        const DAY: Duration = Duration::from_secs(86_400);
        match self {
            Self::Ever => Timestamp::MIN,
            Self::Weekly => now.minus(DAY * 7),
            Self::Monthly => now.minus(DAY * 30),
            Self::Annually => now.minus(DAY * 365),
        }
    }
}

/// How many values of one type a person may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub count: u32,
    pub window: Window,
}

impl Limit {
    #[must_use]
    pub const fn ever(count: u32) -> Self {
        Self { count, window: Window::Ever }
    }

    /// Whether a value attached at `attached_at` still counts at `now`.
    #[must_use]
    pub fn counts(self, attached_at: Timestamp, now: Timestamp) -> bool {
        attached_at >= self.window.since(now)
    }
}

/// The rules of one workspace.
#[derive(Clone, Debug)]
pub struct IdentityRules {
    /// Limits of the types that differ from [`IdentityRules::limit_default`].
    pub limits: BTreeMap<String, Limit>,
    pub limit_default: Limit,
    /// Types by priority, the strongest first; those not named follow by alphabet.
    pub order: Vec<String>,
    /// Values that are no identifier, whatever the type, beside those of only `0` and `-`.
    pub blocked: BTreeSet<String>,
    /// Merges that may stand behind one person.
    pub merges_max: usize,
    /// Identifiers of one person.
    pub mappings_max: usize,
}

impl Default for IdentityRules {
    fn default() -> Self {
        Self {
            limits: BTreeMap::from([(USER_ID.to_owned(), Limit::ever(1))]),
            limit_default: Limit::ever(5),
            order: vec![USER_ID.to_owned(), EMAIL.to_owned()],
            blocked: ["-1", "null", "anonymous"].map(str::to_owned).into(),
            merges_max: 100,
            mappings_max: 1000,
        }
    }
}

impl IdentityRules {
    #[must_use]
    pub fn limit(&self, kind: &str) -> Limit {
        self.limits.get(kind).copied().unwrap_or(self.limit_default)
    }

    /// The stronger type first.
    #[must_use]
    pub fn priority(&self, a: &str, b: &str) -> Ordering {
        let rank =
            |kind: &str| self.order.iter().position(|named| named == kind).unwrap_or(usize::MAX);
        rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
    }

    /// Whether the value is one that senders use for "nobody". An empty value is.
    #[must_use]
    pub fn is_blocked(&self, value: &str) -> bool {
        value.bytes().all(|byte| byte == b'0' || byte == b'-') || self.blocked.contains(value)
    }
}

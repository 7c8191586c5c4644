//! The data dictionary: what events and properties are called and mean, which of them are offered,
//! which are one and the same, which are not counted; and events made of others.

use std::fmt;

use sluice_base::Timestamp;

use crate::check::{Checks, Problem};

/// Longest name of an event or a property, in bytes.
pub const ENTRY_NAME_BYTES_MAX: usize = 512;
/// Longest description, in characters.
pub const ENTRY_DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Most entries of a workspace.
pub const ENTRIES_MAX: u64 = 20_000;
/// How questions name custom events: this and their names.
const CUSTOM_EVENT_PREFIX: &str = "ce:";
/// Largest definition of a custom event, as JSON text.
pub const CUSTOM_EVENT_BYTES_MAX: usize = 64 * 1024;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    Event,
    /// Made of others; asked for as `ce:` and its name.
    CustomEvent,
    EventProperty,
    UserTrait,
}

impl EntryKind {
    pub const ALL: &[Self] =
        &[Self::Event, Self::CustomEvent, Self::EventProperty, Self::UserTrait];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::CustomEvent => "custom_event",
            Self::EventProperty => "event_property",
            Self::UserTrait => "user_trait",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct DictionaryEntry {
    pub kind: EntryKind,
    pub name: String,
    pub says: EntrySays,
    pub updated_at: Timestamp,
}

/// What an entry says; an entry that says nothing is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntrySays {
    /// What to call it; empty: its name.
    pub display_name: String,
    pub description: String,
    /// Not offered, but counted.
    pub is_hidden: bool,
    /// Not offered; whoever uses it should use something else.
    pub is_deprecated: bool,
    /// Comes from testing.
    pub is_test: bool,
    /// Not counted at all. Only of events.
    pub is_deleted: bool,
    /// The event that this one is the same as. Only of events.
    pub same_as: Option<String>,
    /// Alternatives as JSON, checked by the insights engine. Only of custom events.
    pub definition: Option<serde_json::Value>,
}

/// Checks an entry by itself.
///
/// # Errors
/// With everything that is wrong.
pub fn check_entry(kind: EntryKind, name: &str, says: &EntrySays) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::default();
    if name.is_empty() || name.len() > ENTRY_NAME_BYTES_MAX {
        checks.fail("name", format!("must have 1 to {ENTRY_NAME_BYTES_MAX} bytes"));
    }
    let is_event = kind == EntryKind::Event;
    if is_event && (name.starts_with('_') || name.starts_with(CUSTOM_EVENT_PREFIX)) {
        let what = "begins as the names of pseudo-events (`_active`) or custom events (`ce:`) do";
        checks.fail("name", what);
    }
    if !says.display_name.is_empty() {
        checks.name("displayName", &says.display_name);
    }
    if says.description.chars().count() > ENTRY_DESCRIPTION_CHARS_MAX {
        let message = format!("must have at most {ENTRY_DESCRIPTION_CHARS_MAX} characters");
        checks.fail("description", message);
    }
    if says.is_deleted && !is_event {
        checks.fail("isDeleted", "only events can be left out of everything");
    }
    match &says.same_as {
        Some(_) if !is_event => checks.fail("sameAs", "only events can be the same as others"),
        Some(other) if other == name => checks.fail("sameAs", "is this event itself"),
        Some(other)
            if other.is_empty()
                || other.starts_with(['_', '$'])
                || other.starts_with(CUSTOM_EVENT_PREFIX) =>
        {
            checks.fail("sameAs", "must be the name of an event");
        }
        _ => {}
    }
    match &says.definition {
        Some(_) if kind != EntryKind::CustomEvent => {
            checks.fail("anyOf", "only a custom event has one");
        }
        Some(json) if json.to_string().len() > CUSTOM_EVENT_BYTES_MAX => {
            checks.fail("anyOf", format!("must have at most {CUSTOM_EVENT_BYTES_MAX} bytes"));
        }
        None if kind == EntryKind::CustomEvent => {
            checks.fail("anyOf", "a custom event needs one: the events it is made of");
        }
        _ => {}
    }
    checks.finish()
}

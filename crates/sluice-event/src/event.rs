//! A decoded, checked event.

use std::ops::Range;
use std::sync::Arc;

use sluice_base::Timestamp;

/// The six calls of Segment's spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventType {
    Track = 1,
    Identify = 2,
    Page = 3,
    Screen = 4,
    Group = 5,
    Alias = 6,
}

impl EventType {
    pub const ALL: &[Self] =
        &[Self::Track, Self::Identify, Self::Page, Self::Screen, Self::Group, Self::Alias];

    /// As it stands in the `type` field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Identify => "identify",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Group => "group",
            Self::Alias => "alias",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| *kind as u8 == number)
    }
}

/// An event in its final form. `json` is the whole event as destinations receive it (without the
/// write key, with `messageId`, the four timestamps, `channel`, `projectId`, merged `context` and
/// `integrations`); the other fields are what the parts of Sluice look at without parsing it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub event_type: EventType,
    pub message_id: Arc<str>,
    pub anonymous_id: Option<Arc<str>>,
    pub user_id: Option<Arc<str>>,
    /// `groupId` of a group call, else `context.groupId`.
    pub group_id: Option<Arc<str>>,
    /// Of an alias call.
    pub previous_id: Option<Arc<str>>,
    /// Track: the event name. Page and screen: the `name`, if any. Else empty.
    pub name: Arc<str>,
    pub original_timestamp: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// `received − (sent − original)` by the table of Segment's spec.
    pub timestamp: Timestamp,
    /// The session the sender states (`integrations.*.session_id`, `context.sessionId`), or -1.
    pub session_id: i64,
    pub json: Arc<str>,
    /// Byte range of `properties` (track, page, screen) or `traits` (identify, group) in `json`,
    /// an object; empty range if there is none.
    pub body: Range<u32>,
    /// Byte range of `context` in `json`, an object; empty range if there is none.
    pub context: Range<u32>,
    /// Byte range of `integrations` in `json`, an object; empty range if there is none.
    pub integrations: Range<u32>,
}

impl Event {
    fn slice(&self, range: &Range<u32>) -> Option<&str> {
        self.json.get(range.start as usize..range.end as usize).filter(|text| !text.is_empty())
    }

    /// `properties` or `traits` as JSON text.
    #[must_use]
    pub fn body_json(&self) -> Option<&str> {
        self.slice(&self.body)
    }

    #[must_use]
    pub fn context_json(&self) -> Option<&str> {
        self.slice(&self.context)
    }

    #[must_use]
    pub fn integrations_json(&self) -> Option<&str> {
        self.slice(&self.integrations)
    }

    /// The name under which analytics counts the event: a track's own name, `Page Viewed`,
    /// `Screen Viewed`, and `$identify`, `$group`, `$alias` for those that are not counted as
    /// activity.
    #[must_use]
    pub fn analytics_name(&self) -> &str {
        match self.event_type {
            EventType::Track => &self.name,
            EventType::Page => "Page Viewed",
            EventType::Screen => "Screen Viewed",
            EventType::Identify => "$identify",
            EventType::Group => "$group",
            EventType::Alias => "$alias",
        }
    }
}

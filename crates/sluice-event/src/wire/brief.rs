//! What an item can be recognised by, checked or not: for those that were refused or wait. Pure.
//!
//! Reads as far as the text is JSON and takes what is there; nothing is checked. Not here: what an
//! accepted event is called, which stands in the event itself.

use std::borrow::Cow;

use crate::json::{RawText, Scanner};
use crate::{Endpoint, EventType, ReceivedItem, ReceivedRequest};

use super::members::Field;

/// Identifiers and name of an item as its sender wrote them; empty ones are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brief<'a> {
    pub event_type: Option<EventType>,
    /// A track's event name, a page's or screen's name.
    pub name: Option<Cow<'a, str>>,
    pub message_id: Option<Cow<'a, str>>,
    pub user_id: Option<Cow<'a, str>>,
    pub anonymous_id: Option<Cow<'a, str>>,
    /// The item as it came, or what is kept of it.
    pub text: &'a str,
}

/// Reads what can be read of item `index`.
#[must_use]
pub fn brief<'a>(request: &ReceivedRequest<'a>, index: usize) -> Brief<'a> {
    let text = match request.items.get(index) {
        Some(ReceivedItem::Event(json)) => *json,
        Some(ReceivedItem::Stub { head, .. }) => *head,
        None => "",
    };
    let mut found = Found::default();
    found.read(text);
    let event_type = match request.endpoint {
        Endpoint::Single { event_type, .. } | Endpoint::Pixel { event_type } => Some(event_type),
        Endpoint::Batch | Endpoint::ClientBatch | Endpoint::Amplitude => {
            found.event_type.and_then(|name| EventType::from_name(&name))
        }
    };
    let name = match event_type {
        Some(EventType::Page | EventType::Screen) => found.name,
        Some(EventType::Track) | None => found.event,
        Some(_) => None,
    };
    let Found { message_id, user_id, anonymous_id, .. } = found;
    Brief { event_type, name, message_id, user_id, anonymous_id, text }
}

type Text<'a> = Option<Cow<'a, str>>;

#[derive(Default)]
struct Found<'a> {
    event_type: Text<'a>,
    event: Text<'a>,
    name: Text<'a>,
    message_id: Text<'a>,
    user_id: Text<'a>,
    anonymous_id: Text<'a>,
}

impl<'a> Found<'a> {
    /// Stops where the text is no JSON any more.
    fn read(&mut self, text: &'a str) {
        let mut scanner = Scanner::new(text);
        let Ok(mut more) = scanner.enter_object() else { return };
        while more {
            let Ok(key) = scanner.key() else { return };
            let Ok(value) = scanner.value() else { return };
            let value = text.get(value).and_then(RawText::of_literal).map(|text| text.decode());
            let value = value.filter(|value| !value.is_empty());
            match Field::of(&key.decode()) {
                Field::Type => self.event_type = value,
                Field::Event => self.event = value,
                Field::Name => self.name = value,
                Field::MessageId => self.message_id = value,
                Field::UserId => self.user_id = value,
                Field::AnonymousId => self.anonymous_id = value,
                _ => {}
            }
            let Ok(next) = scanner.next_member() else { return };
            more = next;
        }
    }
}

//! Page and screen calls: up to three events, one for each of the settings that is on.

use std::borrow::Cow;

use sluice_destination_kit::Reason;
use sluice_event::{Event, EventType};

use super::super::json::{Fields, Object};
use super::super::settings::{Config, PageNaming};
use super::fields::literal;
use super::properties::EventProperties;
use super::subject::Subject;
use super::{Endpoint, Mapped, fields};

/// What the call names.
struct Page<'a> {
    name: Option<Cow<'a, str>>,
    category: Option<Cow<'a, str>>,
    is_screen: bool,
}

impl<'a> Page<'a> {
    fn of(event: &'a Event) -> Self {
        let (top, properties) = (Object::parse(&event.json), Object::parse_some(event.body_json()));
        let named = |key: &str| top.text(key).or_else(|| properties.text(key));
        let is_screen = event.event_type == EventType::Screen;
        Self { name: named("name"), category: named("category"), is_screen }
    }

    /// Names and suffixes of the insert ids of the events to send, in their order.
    fn events(&self, config: &Config) -> Vec<(String, &'static str)> {
        let mut events = Vec::new();
        if config.all_pages {
            events.push((self.all_name(config.page_naming), ""));
        }
        if config.categorized_pages
            && config.page_naming != PageNaming::Actions
            && let Some(category) = &self.category
        {
            events.push((self.title(config.page_naming, &[category]), "-category"));
        }
        if config.named_pages
            && let Some(name) = &self.name
        {
            events.push((self.named(config.page_naming, name), "-name"));
        }
        events
    }

    fn kind(&self) -> &'static str {
        if self.is_screen { "Screen" } else { "Page" }
    }

    fn all_name(&self, naming: PageNaming) -> String {
        match (&self.name, naming) {
            (None, _) | (_, PageNaming::Documented) => format!("Loaded a {}", self.kind()),
            (Some(name), _) => self.named(naming, name),
        }
    }

    fn named(&self, naming: PageNaming, name: &str) -> String {
        match (naming, &self.category) {
            (PageNaming::Actions, _) => format!("Viewed {name}"),
            (_, Some(category)) => self.title(naming, &[category, name]),
            (_, None) => self.title(naming, &[name]),
        }
    }

    fn title(&self, naming: PageNaming, words: &[&str]) -> String {
        let is_loaded = naming == PageNaming::Documented && !self.is_screen;
        let verb = if is_loaded { "Loaded" } else { "Viewed" };
        format!("{verb} {} {}", words.join(" "), self.kind())
    }
}

/// True if at least one of the settings makes an event of the call.
pub(super) fn is_wanted(event: &Event, config: &Config) -> bool {
    config.all_pages
        || (config.named_pages || config.categorized_pages)
            && !Page::of(event).events(config).is_empty()
}

pub(super) fn map(subject: &Subject<'_>, mapped: &mut Mapped) -> Result<(), Reason> {
    subject.must_be_somebody()?;
    let page = Page::of(subject.event);
    let (properties, shared) =
        (Object::parse_some(subject.event.body_json()), fields::of_event(subject));
    for (event_type, suffix) in page.events(subject.config) {
        let mut event_properties = EventProperties::of_call(subject, &properties);
        for (key, value) in [("name", &page.name), ("category", &page.category)] {
            if let Some(value) = value {
                event_properties.add(key, Cow::Owned(literal(value)));
            }
        }
        let mut out = String::with_capacity(shared.len() + 512);
        let mut event = Fields::open(&mut out);
        event.text("event_type", &event_type);
        event.text("insert_id", &format!("{}{suffix}", subject.event.message_id));
        event_properties.put(&mut event, subject.config, mapped);
        event.all(&shared);
        event.close();
        mapped.put(Endpoint::Events, out);
    }
    Ok(())
}

//! What of one source's events a destination gets at all: with whose consent, and which calls and
//! events are switched on.
//!
//! Not here: filters, which ask conditions of an event (`filter`).

use std::collections::{BTreeMap, BTreeSet};

use sluice_event::EventType;

use crate::check::{Checks, Problem};

/// Consent categories of one connection.
pub const CONSENT_CATEGORIES_MAX: usize = 20;
/// As Segment bounds the id of a category.
pub const CONSENT_CATEGORY_CHARS_MAX: usize = 34;
/// Events with a switch of their own, per connection.
pub const EVENT_SWITCHES_MAX: usize = 1_000;
const EVENT_NAME_CHARS_MAX: usize = 255;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routing {
    /// A person must have agreed to all of them; if there is none, nobody is asked.
    pub consent_categories: Vec<String>,
    pub switches: SchemaSwitches,
}

/// Everything is on unless it is switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaSwitches {
    pub calls_off: BTreeSet<EventType>,
    /// Tracks by name, on or off: they have the last word over the switch of all tracks.
    pub events: BTreeMap<String, bool>,
}

impl SchemaSwitches {
    #[must_use]
    pub fn lets_pass(&self, event_type: EventType, name: &str) -> bool {
        let own = (event_type == EventType::Track).then(|| self.events.get(name)).flatten();
        own.copied().unwrap_or_else(|| !self.calls_off.contains(&event_type))
    }
}

impl Routing {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        if self.consent_categories.len() > CONSENT_CATEGORIES_MAX {
            let message = format!("must be at most {CONSENT_CATEGORIES_MAX}");
            checks.fail("consentCategories", message);
        }
        for (index, category) in self.consent_categories.iter().enumerate() {
            let is_good = !category.trim().is_empty()
                && !category.starts_with(|first: char| first.is_ascii_digit())
                && category.chars().count() <= CONSENT_CATEGORY_CHARS_MAX
                && !category.chars().any(char::is_control);
            if !is_good {
                let message = format!(
                    "must have 1 to {CONSENT_CATEGORY_CHARS_MAX} characters and not begin with a digit"
                );
                checks.fail(&format!("consentCategories.{index}"), message);
            } else if self.consent_categories[..index].contains(category) {
                checks.fail(&format!("consentCategories.{index}"), "must not be named twice");
            }
        }
        let events = &self.switches.events;
        if events.len() > EVENT_SWITCHES_MAX {
            checks.fail("schema.events", format!("must be at most {EVENT_SWITCHES_MAX} events"));
        }
        let is_name = |name: &String| (1..=EVENT_NAME_CHARS_MAX).contains(&name.chars().count());
        if !events.keys().all(is_name) {
            let message = format!("must be names of 1 to {EVENT_NAME_CHARS_MAX} characters");
            checks.fail("schema.events", message);
        }
        checks.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_own_switch_has_the_last_word_over_that_of_its_call() {
        let switches = SchemaSwitches {
            calls_off: [EventType::Track, EventType::Page].into(),
            events: [("Signed Up".to_owned(), true), ("Home".to_owned(), true)].into(),
        };
        assert!(switches.lets_pass(EventType::Track, "Signed Up"));
        assert!(!switches.lets_pass(EventType::Track, "Other"));
        assert!(!switches.lets_pass(EventType::Page, "Home"), "names are those of tracks");
        assert!(switches.lets_pass(EventType::Identify, ""));
        let one_off =
            SchemaSwitches { events: [("X".to_owned(), false)].into(), ..Default::default() };
        assert!(
            !one_off.lets_pass(EventType::Track, "X") && one_off.lets_pass(EventType::Track, "Y")
        );
    }

    #[test]
    fn what_cannot_be_a_category_is_named_by_its_place() {
        let with = |categories: &[&str]| Routing {
            consent_categories: categories.iter().map(|&one| one.to_owned()).collect(),
            ..Routing::default()
        };
        assert_eq!(with(&["Advertising", "advertising", "C0002"]).check(), Ok(()));
        for wrong in ["", " ", "1st", &"x".repeat(35)] {
            let problems = with(&["A", wrong]).check().unwrap_err();
            assert_eq!(problems[0].field, "consentCategories.1", "{wrong:?}");
        }
        assert!(with(&["A", "A"]).check().is_err());
    }
}

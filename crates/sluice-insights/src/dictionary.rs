//! What events are taken for: some go by the name of another, some are not counted at all, and
//! some are made of others.

use hashbrown::{HashMap, HashSet};
use sluice_columnar::EventNames;

use crate::InsightError;
use crate::query::{ALTERNATIVES_MAX, EventAlternative, EventSelector, invalid};

/// How a question names a custom event: this and its name.
pub const CUSTOM_EVENT_PREFIX: &str = "ce:";

/// The dictionary of a workspace as questions see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dictionary {
    renamed: HashMap<String, String>,
    left_out: HashSet<String>,
    custom: HashMap<String, CustomEvent>,
}

/// An event made of others: a row that fits one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomEvent {
    /// What to call it in results.
    pub label: String,
    pub any_of: Vec<EventAlternative>,
}

impl Dictionary {
    /// Rows of `name` count as rows of `same_as`.
    #[must_use]
    pub fn with_renamed(mut self, name: &str, same_as: &str) -> Self {
        self.renamed.insert(name.to_owned(), same_as.to_owned());
        self
    }

    /// Rows of this name are in no answer.
    #[must_use]
    pub fn with_left_out(mut self, name: &str) -> Self {
        self.left_out.insert(name.to_owned());
        self
    }

    #[must_use]
    pub fn with_custom(mut self, name: &str, event: CustomEvent) -> Self {
        self.custom.insert(name.to_owned(), event);
        self
    }

    /// Whether stored names are taken as they are.
    pub(crate) fn is_plain(&self) -> bool {
        self.left_out.is_empty() && self.renamed.is_empty()
    }

    /// The selector with custom events replaced by what they are made of, and other names of an
    /// event by its own.
    pub(crate) fn resolve(&self, selector: &EventSelector) -> Result<EventSelector, InsightError> {
        if self.custom.is_empty() && self.renamed.is_empty() {
            return self.known(selector).map(|()| selector.clone());
        }
        self.known(selector)?;
        let mut resolved = selector.clone();
        let alternatives = selector.alternatives();
        let mut any_of = Vec::with_capacity(alternatives.len());
        for one in alternatives {
            match self.custom_event(&one.event) {
                None => {
                    let event = self.renamed.get(&one.event).cloned().unwrap_or(one.event);
                    any_of.push(EventAlternative { event, filters: one.filters });
                }
                Some(custom) => any_of.extend(custom.any_of.iter().map(|part| EventAlternative {
                    event: self.renamed.get(&part.event).unwrap_or(&part.event).clone(),
                    filters: part.filters.iter().chain(&one.filters).cloned().collect(),
                })),
            }
        }
        if resolved.label.is_none() {
            resolved.label = selector
                .event
                .as_deref()
                .and_then(|event| self.custom_event(event))
                .map(|custom| custom.label.clone());
        }
        match &any_of[..] {
            [one] if one.filters.is_empty() => {
                resolved.event = Some(one.event.clone());
                resolved.any_of = Vec::new();
            }
            _ => {
                resolved.event = None;
                resolved.any_of = any_of;
            }
        }
        Ok(resolved)
    }

    /// What a stored name counts as, whether it is left out or not.
    pub(crate) fn name_of<'a>(&'a self, event: &'a str) -> &'a str {
        self.renamed.get(event).map_or(event, String::as_str)
    }

    fn custom_event(&self, event: &str) -> Option<&CustomEvent> {
        self.custom.get(event.strip_prefix(CUSTOM_EVENT_PREFIX)?)
    }

    /// Whether every custom event that is named exists.
    fn known(&self, selector: &EventSelector) -> Result<(), InsightError> {
        let events = selector.event.iter().chain(selector.any_of.iter().map(|one| &one.event));
        for event in events.filter(|event| event.starts_with(CUSTOM_EVENT_PREFIX)) {
            if self.custom_event(event).is_none() {
                return Err(invalid(format!(
                    "there is no custom event `{}`",
                    &event[CUSTOM_EVENT_PREFIX.len()..]
                )));
            }
        }
        Ok(())
    }
}

impl EventNames for Dictionary {
    fn counted_as<'a>(&'a self, stored: &'a str) -> Option<&'a str> {
        if self.left_out.contains(stored) {
            return None;
        }
        let name = self.renamed.get(stored).map_or(stored, String::as_str);
        (!self.left_out.contains(name)).then_some(name)
    }
}

/// Checks what a custom event is made of.
///
/// # Errors
/// Says what cannot be asked.
pub fn check_custom_event(any_of: &[EventAlternative]) -> Result<(), InsightError> {
    if any_of.is_empty() || any_of.len() > ALTERNATIVES_MAX {
        return Err(invalid(format!("a custom event is made of 1 to {ALTERNATIVES_MAX} events")));
    }
    let selector =
        EventSelector { event: None, any_of: any_of.to_vec(), filters: Vec::new(), label: None };
    selector.check("a custom event")?;
    match any_of.iter().find(|one| {
        one.event.is_empty()
            || one.event.starts_with(['_', '$'])
            || one.event.starts_with(CUSTOM_EVENT_PREFIX)
    }) {
        Some(one) => Err(invalid(format!(
            "`{}` cannot be part of a custom event; name events that are sent",
            one.event
        ))),
        None => Ok(()),
    }
}

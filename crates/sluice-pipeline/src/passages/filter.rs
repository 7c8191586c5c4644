//! Which passages are asked for. What can be told without the item's text is asked first.

use std::sync::Arc;

use sluice_event::{EventType, PersonId, SourceNo};

use super::{Outcome, Passage};

/// All that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct PassageFilter {
    pub source: Option<SourceNo>,
    pub event_type: Option<EventType>,
    /// The whole name.
    pub name: Option<Arc<str>>,
    pub person: Option<PassagePerson>,
    pub state: Option<PassageState>,
    /// Stands somewhere in the event, in small or capital letters.
    pub text: Option<TextFilter>,
}

/// A person by any of its nodes, or by an id of the sender's.
#[derive(Clone, Debug)]
pub struct PassagePerson {
    pub nodes: Vec<PersonId>,
    pub id: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassageState {
    Waiting,
    Accepted,
    Duplicate,
    Refused,
}

impl PassageState {
    pub const ALL: &[Self] = &[Self::Waiting, Self::Accepted, Self::Duplicate, Self::Refused];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.name() == name)
    }
}

impl Outcome {
    #[must_use]
    pub const fn state(self) -> PassageState {
        match self {
            Self::Waiting => PassageState::Waiting,
            Self::Accepted { .. } => PassageState::Accepted,
            Self::Duplicate { .. } => PassageState::Duplicate,
            Self::Refused(_) => PassageState::Refused,
        }
    }
}

/// Text to be found whatever its case.
#[derive(Clone, Debug)]
pub struct TextFilter(Box<str>);

impl TextFilter {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase().into())
    }

    fn is_in(&self, text: &str) -> bool {
        // Most text is ASCII, and then no copy is needed.
        if self.0.is_ascii() {
            let wanted = self.0.as_bytes();
            let found = |window: &[u8]| window.eq_ignore_ascii_case(wanted);
            return wanted.is_empty() || text.as_bytes().windows(wanted.len()).any(found);
        }
        text.to_lowercase().contains(&*self.0)
    }
}

impl PassageFilter {
    /// False if an item of this source with this outcome need not be looked at.
    pub(super) fn may_take(&self, source: SourceNo, outcome: Outcome) -> bool {
        self.source.is_none_or(|wanted| wanted == source)
            && self.state.is_none_or(|wanted| wanted == outcome.state())
    }

    pub(super) fn takes(&self, passage: &Passage) -> bool {
        self.may_take(passage.source, passage.outcome)
            && self.event_type.is_none_or(|wanted| passage.event_type == Some(wanted))
            && self.name.as_ref().is_none_or(|wanted| passage.name.as_ref() == Some(wanted))
            && self.person.as_ref().is_none_or(|wanted| wanted.is_of(passage))
            && self.text.as_ref().is_none_or(|wanted| wanted.is_in(&passage.text))
    }
}

impl PassagePerson {
    fn is_of(&self, passage: &Passage) -> bool {
        let has_id = |own: &Option<Arc<str>>| own.as_ref() == Some(&self.id);
        let is_node = match passage.outcome {
            Outcome::Accepted { person, .. } => self.nodes.contains(&person),
            _ => false,
        };
        is_node || has_id(&passage.user_id) || has_id(&passage.anonymous_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_whatever_its_case() {
        let check = |wanted: &str, text: &str| TextFilter::new(wanted).is_in(text);
        assert!(check("BOUGHT", r#"{"event":"Bought"}"#));
        assert!(check("größe", r#"{"n":"GRÖSSE GRÖßE"}"#));
        assert!(check("", ""));
        assert!(!check("sold", r#"{"event":"Bought"}"#));
    }
}

//! From one event to what Amplitude is told of it. Pure: the same event and settings give the same
//! records, and a record is JSON text ready to be put in a request.
//!
//! Inside: `subject` (who, which session, which library), `fields` (what every record has of the
//! event's context), `track` with `revenue`, `pages`, `people` (identify, group, alias),
//! `properties` (what Amplitude cannot take), `agent` (user agents).
//!
//! Not here: which records share a request (`requests`), and sending (the module above).

mod agent;
mod fields;
mod pages;
mod people;
mod properties;
mod revenue;
mod subject;
mod track;

use sluice_destination_kit::Reason;
use sluice_event::{Event, EventType};

use super::settings::Config;
use subject::Subject;

/// An API of Amplitude's that takes records of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/2/httpapi` or `/batch`.
    Events,
    /// `/identify`
    Identify,
    /// `/groupidentify`
    GroupIdentify,
    /// `/usermap`
    UserMap,
}

/// One record for one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) endpoint: Endpoint,
    pub(super) json: String,
    /// Must stand alone in its array even if nothing else is sent: Amplitude documents a group's
    /// association as a list.
    pub(super) is_listed: bool,
}

/// What becomes of an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapped {
    /// In the order in which they must arrive.
    pub(super) parts: Vec<Part>,
    /// It goes out, but not quite as it came.
    pub(super) warnings: Vec<Reason>,
}

impl Mapped {
    fn put(&mut self, endpoint: Endpoint, json: String) {
        self.parts.push(Part { endpoint, json, is_listed: endpoint != Endpoint::Identify });
    }

    fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        let warning = Reason::new(code, message);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

/// False if the settings give the event no way to Amplitude.
pub(super) fn takes(event: &Event, config: &Config) -> bool {
    match event.event_type {
        EventType::Track | EventType::Identify | EventType::Group => true,
        EventType::Page | EventType::Screen => pages::is_wanted(event, config),
        EventType::Alias => config.sends_alias,
    }
}

/// # Errors
/// If Amplitude would never take the event, with the reason why.
pub(super) fn map(event: &Event, config: &Config) -> Result<Mapped, Reason> {
    let subject = Subject::new(event, config)?;
    let mut mapped = Mapped::default();
    match event.event_type {
        EventType::Track => track::map(&subject, &mut mapped)?,
        EventType::Page | EventType::Screen => pages::map(&subject, &mut mapped)?,
        EventType::Identify => people::identify(&subject, &mut mapped)?,
        EventType::Group => people::group(&subject, &mut mapped)?,
        EventType::Alias => people::alias(&subject, &mut mapped)?,
    }
    Ok(mapped)
}

fn refused(message: impl Into<String>) -> Reason {
    Reason::new("BAD_REQUEST", message)
}

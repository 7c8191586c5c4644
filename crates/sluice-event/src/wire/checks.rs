//! What an event must have: identifiers, names, containers. Each breach has its code.

use std::borrow::Cow;

use crate::json::{RawText, Scanner};
use crate::{EventType, Refusal};

use super::WireLimits;
use super::members::{Field, Members, of_object};

/// The event by which consent managers report; its `context.consent` has a fixed shape.
pub const CONSENT_EVENT: &str = "Segment Consent Preference Updated";

/// Text without NUL.
fn clean(text: RawText<'_>) -> Cow<'_, str> {
    let decoded = text.decode();
    if text.is_escaped() && decoded.contains('\0') {
        Cow::Owned(decoded.replace('\0', ""))
    } else {
        decoded
    }
}

/// `None` if absent; may be empty.
fn id(raw: Option<&str>) -> Result<Option<Cow<'_, str>>, Refusal> {
    let Some(raw) = raw else { return Ok(None) };
    RawText::of_literal(raw).map(clean).map(Some).ok_or(Refusal::IdNotString)
}

/// An identifier that the call cannot do without.
pub(super) fn required_id(raw: Option<&str>) -> Result<Cow<'_, str>, Refusal> {
    id(raw)?.filter(|id| !id.is_empty()).ok_or(Refusal::IdRequired)
}

type Id<'a> = Option<Cow<'a, str>>;

/// `userId` and `anonymousId`; at least one is there.
pub(super) fn user_ids<'a>(members: &Members<'a>) -> Result<(Id<'a>, Id<'a>), Refusal> {
    let user_id = id(members.known(Field::UserId))?;
    let anonymous_id = id(members.known(Field::AnonymousId))?;
    let was_given = user_id.is_some() || anonymous_id.is_some();
    let (user_id, anonymous_id) =
        (user_id.filter(|id| !id.is_empty()), anonymous_id.filter(|id| !id.is_empty()));
    if user_id.is_none() && anonymous_id.is_none() {
        return Err(if was_given { Refusal::IdRequired } else { Refusal::NoUserAnonId });
    }
    Ok((user_id, anonymous_id))
}

/// The sender's message id: anything but a string that is not empty is none.
pub(super) fn message_id<'a>(
    members: &Members<'a>,
    limits: &WireLimits,
) -> Result<Option<Cow<'a, str>>, Refusal> {
    let Some(raw) = members.known(Field::MessageId) else { return Ok(None) };
    let Some(id) = RawText::of_literal(raw).map(clean).filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    if id.len() > limits.message_id_chars_max && id.chars().count() > limits.message_id_chars_max {
        return Err(Refusal::MessageIdTooLong);
    }
    Ok(Some(id))
}

/// The track's name, or the `name` of a page or screen; else empty.
pub(super) fn name<'a>(
    members: &Members<'a>,
    event_type: EventType,
    limits: &WireLimits,
) -> Result<Cow<'a, str>, Refusal> {
    let text = |field, refusal| match members.known(field) {
        None => Ok(Cow::Borrowed("")),
        Some(raw) => RawText::of_literal(raw).map(clean).ok_or(refusal),
    };
    match event_type {
        EventType::Track => {
            let name = text(Field::Event, Refusal::EventNotString)?;
            if name.is_empty() {
                return Err(Refusal::EventNotDefined);
            }
            if name.len() > limits.name_chars_max && name.chars().count() > limits.name_chars_max {
                return Err(Refusal::EventNameTooLong);
            }
            Ok(name)
        }
        EventType::Page | EventType::Screen => {
            text(Field::Category, Refusal::CategoryNotString)?;
            text(Field::Name, Refusal::NameNotString)
        }
        EventType::Identify | EventType::Group | EventType::Alias => Ok(Cow::Borrowed("")),
    }
}

/// Where a call carries its facts.
pub(super) const fn body_field(event_type: EventType) -> Option<Field> {
    match event_type {
        EventType::Track | EventType::Page | EventType::Screen => Some(Field::Properties),
        EventType::Identify | EventType::Group => Some(Field::Traits),
        EventType::Alias => None,
    }
}

/// `properties` or `traits`, without the surplus; empty text if the event has none.
pub(super) fn body<'a>(
    members: &Members<'a>,
    event_type: EventType,
    limits: &WireLimits,
) -> Result<Cow<'a, str>, Refusal> {
    let Some(raw) = body_field(event_type).and_then(|field| members.known(field)) else {
        return Ok(Cow::Borrowed(""));
    };
    if !raw.starts_with('{') {
        return Err(match event_type {
            EventType::Identify | EventType::Group => Refusal::TraitsNotObject,
            _ => Refusal::PropertiesNotObject,
        });
    }
    // A member takes at least five bytes: `"":1,`.
    if members.longest_key <= limits.name_chars_max && raw.len() / 5 <= limits.properties_max {
        return Ok(Cow::Borrowed(raw));
    }
    walk_body(raw, limits)
}

fn walk_body<'a>(raw: &'a str, limits: &WireLimits) -> Result<Cow<'a, str>, Refusal> {
    let mut scanner = Scanner::new(raw);
    let mut cut = None;
    let mut count = 0;
    let mut more = scanner.enter_object()?;
    while more {
        if count == limits.properties_max {
            cut.get_or_insert(scanner.at());
        }
        let key = scanner.key()?;
        if key.raw().len() > limits.name_chars_max
            && key.decode().chars().count() > limits.name_chars_max
        {
            return Err(Refusal::PropertyNameTooLong);
        }
        scanner.value()?;
        more = scanner.next_member()?;
        count += 1;
    }
    Ok(match cut.and_then(|cut| raw.get(..cut)) {
        Some(kept) => Cow::Owned(format!("{}}}", kept.trim_end_matches(','))),
        None => Cow::Borrowed(raw),
    })
}

/// The shape of `context.consent` on [`CONSENT_EVENT`].
pub(super) fn consent(consent: Option<&str>) -> Result<(), Refusal> {
    let fields = match consent.filter(|consent| consent.starts_with('{')) {
        Some(consent) => of_object(consent)?,
        None => return Err(Refusal::ConsentCategoryPreferencesMissing),
    };
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key.decode() == name);
        found.map(|(_, value)| *value).filter(|value| *value != "null")
    };
    let preferences =
        field("categoryPreferences").ok_or(Refusal::ConsentCategoryPreferencesMissing)?;
    if !preferences.starts_with('{') {
        return Err(Refusal::ConsentFieldsNotObject);
    }
    if of_object(preferences)?.iter().any(|(_, value)| !matches!(*value, "true" | "false")) {
        return Err(Refusal::ConsentFieldsNotBool);
    }
    match field("version") {
        Some(version) if !version.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            Err(Refusal::ConsentVersionNotNumber)
        }
        _ => Ok(()),
    }
}

//! From the bytes a client sent to a checked event, or the reason why not. Pure.
//!
//! Rules, in the order they are applied:
//! - `null` at the top level means absent; of a key given twice the last counts.
//! - Objects nested deeper than the limit, a name of a property or trait over 255 characters, an
//!   event name over 255 characters refuse the event with a code of their own; properties beyond
//!   10,000 are dropped and the event stays.
//! - The path decides the type of a single event; in a batch each item needs a `type`.
//! - `userId` and `anonymousId` are strings; one of them is not empty. An empty one is absent.
//! - A group needs `groupId`, an alias `userId` and `previousId`, a track `event`.
//! - NUL is taken out of identifiers and event names (no database stores it); half a surrogate pair
//!   becomes U+FFFD, and a number beyond a double a string of its text, since no reader takes them.
//! - The fields that the server sets (see [`Event::json`]) replace what the sender wrote there. All
//!   other keys pass in the sender's order, numbers as written.
//!
//! Not here: deduplication, suppression, and the limits on a whole request.

mod brief;
mod checks;
mod context;
mod members;

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use sluice_base::Timestamp;

use crate::json::{self, Malformed, RawText};
use crate::{
    Endpoint, Event, EventType, IpPolicy, Offset, ReceivedItem, ReceivedRequest, Refusal, time,
};

pub use brief::{Brief, brief};
pub use checks::CONSENT_EVENT;
use members::{Field, Members};

/// Bounds on one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireLimits {
    /// Bytes of the event as it was sent.
    pub event_bytes_max: usize,
    /// Objects and arrays within one another, the event itself being the first.
    pub depth_max: usize,
    /// Members of `properties` or `traits`; the surplus is dropped.
    pub properties_max: usize,
    /// Characters of an event name and of the name of a property or trait.
    pub name_chars_max: usize,
    /// Characters of a message id. Segment asks for fewer than 100; longer ones are taken as well.
    pub message_id_chars_max: usize,
}

impl Default for WireLimits {
    fn default() -> Self {
        Self {
            event_bytes_max: 32 << 10,
            depth_max: 64,
            properties_max: 10_000,
            name_chars_max: 255,
            message_id_chars_max: 1_000,
        }
    }
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::BadRequest
    }
}

/// What normalising needs to know of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender<'a> {
    /// Its public id.
    pub project_id: &'a str,
    pub ip: IpPolicy,
}

impl<'a> From<&'a str> for Sender<'a> {
    /// A source of this id that has no rules of its own.
    fn from(project_id: &'a str) -> Self {
        Self { project_id, ip: IpPolicy::Keep }
    }
}

/// Checks item `index` of a request and brings it into its final form.
///
/// `offset` is the item's offset in the `received` log. It gives the message id when the sender
/// gave none: `api-` and 27 KSUID characters made of the offset, the source and the time of
/// receipt, so that a repeat gives the same.
///
/// # Errors
/// The reason why the event is not accepted; a stub's own reason for a stub.
pub fn normalize(
    request: &ReceivedRequest<'_>,
    index: usize,
    offset: Offset,
    sender: Sender<'_>,
    limits: &WireLimits,
) -> Result<Event, Refusal> {
    let item = match request.items.get(index) {
        Some(ReceivedItem::Event(json)) => *json,
        Some(ReceivedItem::Stub { refusal, .. }) => return Err(*refusal),
        None => return Err(Refusal::BadRequest),
    };
    // Amplitude's door has a limit of its own on the whole request.
    if item.len() > limits.event_bytes_max && request.endpoint != Endpoint::Amplitude {
        return Err(Refusal::MessageTooLarge);
    }
    let members = Members::of_event(item, limits)?;
    let item = Item { request, offset, sender, limits };
    if members.needs_repair {
        let repaired = json::repair(members.text);
        return item.normalize(&Members::of_event(&repaired, limits)?);
    }
    item.normalize(&members)
}

/// One item with all that bears on it.
struct Item<'a> {
    request: &'a ReceivedRequest<'a>,
    offset: Offset,
    sender: Sender<'a>,
    limits: &'a WireLimits,
}

/// The identifiers and names of an event, checked.
struct Names<'a> {
    message_id: Cow<'a, str>,
    /// The sender's own stands in the text.
    message_id_given: bool,
    anonymous_id: Option<Cow<'a, str>>,
    user_id: Option<Cow<'a, str>>,
    group_id: Option<Cow<'a, str>>,
    previous_id: Option<Cow<'a, str>>,
    name: Cow<'a, str>,
}

struct Times<'a> {
    original_raw: Option<&'a str>,
    sent_raw: Option<&'a str>,
    original: Option<Timestamp>,
    sent: Option<Timestamp>,
    corrected: Timestamp,
}

impl Item<'_> {
    fn normalize(&self, members: &Members<'_>) -> Result<Event, Refusal> {
        let event_type = self.event_type(members)?;
        let names = self.names(members, event_type)?;
        let body = checks::body(members, event_type, self.limits)?;
        let context = context::merge_context(
            self.request.context,
            members.known(Field::Context),
            self.limits,
        )?;
        let facts = context::Facts::read(&context)?;
        if event_type == EventType::Track && names.name == CONSENT_EVENT {
            checks::consent(facts.consent)?;
        }
        let channel = facts.channel(self.request);
        let full_context = context::complete(&context, &facts, self.request, self.sender.ip)?;
        let integrations = context::merge_integrations(
            self.request.integrations,
            members.known(Field::Integrations),
            self.limits,
        )?;
        let times = self.times(members);
        let session_id = context::session_id(&integrations).or(facts.session_id()).unwrap_or(-1);
        let text = Text { item: self, event_type, names: &names, times: &times, channel };
        SCRATCH.with_borrow_mut(|out| {
            out.clear();
            out.shrink_to(SCRATCH_BYTES_MAX);
            let ranges = text.write(out, members, &body, &full_context, &integrations)?;
            let arc = |text: &Option<Cow<'_, str>>| text.as_deref().map(Arc::<str>::from);
            let group_id = arc(&names.group_id)
                .or_else(|| facts.group_id().filter(|id| !id.is_empty()).map(|id| Arc::from(&*id)));
            Ok(Event {
                event_type,
                message_id: Arc::from(&*names.message_id),
                anonymous_id: arc(&names.anonymous_id),
                user_id: arc(&names.user_id),
                group_id,
                previous_id: arc(&names.previous_id),
                name: Arc::from(&*names.name),
                original_timestamp: times.original,
                sent_at: times.sent,
                received_at: self.request.received_at,
                timestamp: times.corrected,
                session_id,
                json: Arc::from(out.as_str()),
                body: ranges.body,
                context: ranges.context,
                integrations: ranges.integrations,
            })
        })
    }

    fn event_type(&self, members: &Members<'_>) -> Result<EventType, Refusal> {
        match self.request.endpoint {
            Endpoint::Single { event_type, .. } | Endpoint::Pixel { event_type } => Ok(event_type),
            Endpoint::Batch | Endpoint::ClientBatch | Endpoint::Amplitude => members
                .known(Field::Type)
                .and_then(RawText::of_literal)
                .and_then(|name| EventType::from_name(&name.decode()))
                .ok_or(Refusal::UnknownType),
        }
    }

    fn names<'a>(
        &self,
        members: &Members<'a>,
        event_type: EventType,
    ) -> Result<Names<'a>, Refusal> {
        let (user_id, anonymous_id) = match checks::user_ids(members) {
            // Amplitude's groups have properties of their own, whoever sends them.
            Err(Refusal::NoUserAnonId) if self.is_group_alone(event_type) => (None, None),
            found => found?,
        };
        let (mut group_id, mut previous_id) = (None, None);
        if event_type == EventType::Group {
            group_id = Some(checks::required_id(members.known(Field::GroupId))?);
        }
        if event_type == EventType::Alias {
            previous_id = Some(checks::required_id(members.known(Field::PreviousId))?);
            if user_id.is_none() {
                return Err(Refusal::IdRequired);
            }
        }
        let name = checks::name(members, event_type, self.limits)?;
        let (message_id, message_id_given) = match checks::message_id(members, self.limits)? {
            Some(id) => (id, true),
            None => (Cow::Owned(self.own_message_id()), false),
        };
        Ok(Names {
            message_id,
            message_id_given,
            anonymous_id,
            user_id,
            group_id,
            previous_id,
            name,
        })
    }

    fn is_group_alone(&self, event_type: EventType) -> bool {
        self.request.endpoint == Endpoint::Amplitude && event_type == EventType::Group
    }

    fn times<'a>(&'a self, members: &Members<'a>) -> Times<'a> {
        let is_time = |raw: &&str| {
            raw.starts_with(['"', '-']) || raw.starts_with(|c: char| c.is_ascii_digit())
        };
        let original_raw = members.known(Field::Timestamp).filter(is_time);
        let own_sent = members.known(Field::SentAt);
        let sent_raw = own_sent.or(self.request.sent_at).filter(is_time);
        let original = original_raw.and_then(time::parse_json);
        let sent = sent_raw.and_then(time::parse_json);
        let corrected = time::corrected(original, sent, self.request.received_at);
        Times { original_raw, sent_raw, original, sent, corrected }
    }

    /// `api-` and a KSUID: 4 bytes of seconds since 2014-05-13, 16 bytes that are different for
    /// every offset of a source.
    fn own_message_id(&self) -> String {
        const KSUID_EPOCH_SECS: i64 = 1_400_000_000;
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let received_at = self.request.received_at;
        let seconds = u32::try_from(received_at.as_secs() - KSUID_EPOCH_SECS).unwrap_or_default();
        let low = mix(self.offset.0);
        let high = mix(received_at.as_micros().cast_unsigned()
            ^ mix(u64::from(self.request.source.0))
            ^ low.rotate_left(32));
        // A number of 160 bits in five words, divided by 62 twenty-seven times.
        let [a, b] = halves(high);
        let [c, d] = halves(low);
        let mut words = [seconds, a, b, c, d];
        let mut digits = [b'0'; 27];
        for digit in digits.iter_mut().rev() {
            let mut rest = 0u64;
            for word in &mut words {
                let value = rest << 32 | u64::from(*word);
                *word = u32::try_from(value / 62).unwrap_or_default();
                rest = value % 62;
            }
            *digit = DIGITS[usize::try_from(rest).unwrap_or_default()];
        }
        format!("api-{}", std::str::from_utf8(&digits).unwrap_or_default())
    }
}

/// The finalizer of SplitMix64: one to one, every bit of the input moves every bit of the output.
const fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

const fn halves(value: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = value.to_be_bytes();
    [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])]
}

/// What the text buffer of a thread may keep between events.
const SCRATCH_BYTES_MAX: usize = 256 << 10;

thread_local! {
    /// The event's text is written here and then copied once, at its true length, into its `Arc`.
    static SCRATCH: RefCell<String> = const { RefCell::new(String::new()) };
}

struct Ranges {
    body: Range<u32>,
    context: Range<u32>,
    integrations: Range<u32>,
}

/// Writes the final text of an event.
struct Text<'a> {
    item: &'a Item<'a>,
    event_type: EventType,
    names: &'a Names<'a>,
    times: &'a Times<'a>,
    channel: &'static str,
}

impl Text<'_> {
    fn write(
        &self,
        out: &mut String,
        members: &Members<'_>,
        body: &str,
        context: &str,
        integrations: &str,
    ) -> Result<Ranges, Refusal> {
        let body_field = checks::body_field(self.event_type);
        let mut ranges = Ranges { body: 0..0, context: 0..0, integrations: 0..0 };
        out.push('{');
        for member in members.kept() {
            if self.is_dropped(member.field, member.value) {
                continue;
            }
            if out.len() > 1 {
                out.push(',');
            }
            put_all(out, &["\"", member.key.raw(), "\":"]);
            match member.field {
                Field::Context => ranges.context = put_range(out, context)?,
                Field::Integrations => ranges.integrations = put_range(out, integrations)?,
                field if Some(field) == body_field => ranges.body = put_range(out, body)?,
                field => match self.cleaned(field).filter(|_| has_nul(member.value)) {
                    Some(clean) => json::put_string(out, clean),
                    None => out.push_str(member.value),
                },
            }
        }
        if ranges.context.is_empty() {
            out.push_str(if out.len() > 1 { ",\"context\":" } else { "\"context\":" });
            ranges.context = put_range(out, context)?;
        }
        if ranges.integrations.is_empty() {
            out.push_str(",\"integrations\":");
            ranges.integrations = put_range(out, integrations)?;
        }
        self.write_server_fields(out);
        Ok(ranges)
    }

    fn write_server_fields(&self, out: &mut String) {
        if !self.names.message_id_given {
            put_all(out, &[",\"messageId\":\"", &self.names.message_id, "\""]);
        }
        if let Some(raw) = self.times.original_raw {
            put_all(out, &[",\"originalTimestamp\":", raw]);
        }
        if let Some(raw) = self.times.sent_raw {
            put_all(out, &[",\"sentAt\":", raw]);
        }
        out.push_str(",\"receivedAt\":\"");
        time::put(out, self.item.request.received_at);
        out.push_str("\",\"timestamp\":\"");
        time::put(out, self.times.corrected);
        put_all(out, &["\",\"channel\":\"", self.channel, "\",\"projectId\":"]);
        json::put_string(out, self.item.sender.project_id);
        put_all(out, &[",\"version\":2,\"type\":\"", self.event_type.name(), "\"}"]);
    }

    /// Empty identifiers are absent; containers of a wrong kind that were let pass as empty, too.
    fn is_dropped(&self, field: Field, value: &str) -> bool {
        match field {
            Field::UserId => self.names.user_id.is_none(),
            Field::AnonymousId => self.names.anonymous_id.is_none(),
            Field::MessageId => !self.names.message_id_given || !value.starts_with('"'),
            _ => false,
        }
    }

    /// What replaces the sender's text where that has a NUL in it.
    fn cleaned(&self, field: Field) -> Option<&str> {
        match field {
            Field::MessageId => Some(&self.names.message_id),
            Field::UserId => self.names.user_id.as_deref(),
            Field::AnonymousId => self.names.anonymous_id.as_deref(),
            Field::GroupId => self.names.group_id.as_deref(),
            Field::PreviousId => self.names.previous_id.as_deref(),
            Field::Event if self.event_type == EventType::Track => Some(&self.names.name),
            _ => None,
        }
    }
}

fn has_nul(literal: &str) -> bool {
    literal.as_bytes().contains(&b'\\') && literal.contains("\\u0000")
}

fn put_all(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

fn put_range(out: &mut String, text: &str) -> Result<Range<u32>, Refusal> {
    let start = u32::try_from(out.len()).map_err(|_| Refusal::MessageTooLarge)?;
    out.push_str(text);
    Ok(start..u32::try_from(out.len()).map_err(|_| Refusal::MessageTooLarge)?)
}

//! From a body to the items of a `received` record: syntax and sizes checked, write keys taken out.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use sluice_event::json::{Malformed, RawText, Scanner};
use sluice_event::received::STUB_HEAD_BYTES_MAX;
use sluice_event::{Endpoint, ReceivedItem, Refusal};

use crate::CollectorConfig;
use crate::answer::Answer;

const MALFORMED: Answer = Answer::Malformed("malformed JSON");

/// A request's content, write keys taken out.
#[derive(Debug, Default)]
pub(crate) struct Payload<'a> {
    /// The body's own write key; empty if it is not a text.
    pub(crate) write_key: Option<Cow<'a, str>>,
    pub(crate) sent_at: Option<&'a str>,
    pub(crate) context: Option<&'a str>,
    pub(crate) integrations: Option<&'a str>,
    pub(crate) items: Vec<Item<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    Event(Cow<'a, str>),
    Stub { refusal: Refusal, size: u64, head: Cow<'a, str> },
}

impl Item<'_> {
    pub(crate) fn as_received(&self) -> ReceivedItem<'_> {
        match self {
            Self::Event(json) => ReceivedItem::Event(json),
            Self::Stub { refusal, size, head } => {
                ReceivedItem::Stub { refusal: *refusal, size: *size, head: head_of(head) }
            }
        }
    }

    /// The same item refused for `refusal`; one refused before stays so.
    pub(crate) fn into_stub(self, refusal: Refusal) -> Self {
        match self {
            Self::Event(head) => Self::Stub { refusal, size: head.len() as u64, head },
            stub @ Self::Stub { .. } => stub,
        }
    }
}

/// The first bytes of a text, cut at a character's border.
fn head_of(text: &str) -> &str {
    let end = text.floor_char_boundary(STUB_HEAD_BYTES_MAX);
    text.get(..end).unwrap_or_default()
}

impl<'a> Payload<'a> {
    /// # Errors
    /// The answer to give if the body is not what the endpoint takes.
    pub(crate) fn parse(
        body: &'a [u8],
        endpoint: Endpoint,
        config: &CollectorConfig,
    ) -> Result<Self, Answer> {
        let text = std::str::from_utf8(body).map_err(|_| MALFORMED)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
        match endpoint {
            Endpoint::Single { .. } | Endpoint::Pixel { .. } => Self::of_event(text, config),
            Endpoint::Batch | Endpoint::ClientBatch | Endpoint::Amplitude => {
                Self::of_batch(text, config)
            }
        }
    }

    fn of_event(text: &'a str, config: &CollectorConfig) -> Result<Self, Answer> {
        let walk = walk_event(text, true).map_err(|_| MALFORMED)?;
        if text.len() > config.event_bytes_max {
            return Err(Answer::TooLarge("Exceed payload limit"));
        }
        let item = Item::Event(walk.without_key(text));
        Ok(Self { write_key: walk.write_key, items: vec![item], ..Self::default() })
    }

    fn of_batch(text: &'a str, config: &CollectorConfig) -> Result<Self, Answer> {
        let mut payload = Self::default();
        let mut scanner = Scanner::new(text);
        let mut has_batch = false;
        let mut more = scanner.enter_object().map_err(|_| MALFORMED)?;
        while more {
            let key = scanner.key().map_err(|_| MALFORMED)?;
            let key = key.decode();
            if key == "batch" {
                has_batch = true;
                payload.items = read_items(text, &mut scanner, config)?;
            } else {
                let raw = scanner.value().map_err(|_| MALFORMED)?;
                let raw = text.get(raw).filter(|raw| *raw != "null");
                match &*key {
                    "writeKey" => payload.write_key = raw.map(write_key),
                    "sentAt" => payload.sent_at = raw.filter(|raw| !raw.starts_with(['{', '['])),
                    "context" => payload.context = raw,
                    "integrations" => payload.integrations = raw,
                    _ => {}
                }
            }
            more = scanner.next_member().map_err(|_| MALFORMED)?;
        }
        scanner.end().map_err(|_| MALFORMED)?;
        if !has_batch {
            return Err(Answer::Malformed("batch must be an array"));
        }
        let shared = [payload.sent_at, payload.context, payload.integrations];
        if shared.into_iter().flatten().any(|raw| raw.len() > config.event_bytes_max) {
            return Err(Answer::TooLarge("Exceed payload limit"));
        }
        if payload.items.is_empty() {
            let head = Cow::Borrowed("");
            payload.items.push(Item::Stub {
                refusal: Refusal::EmptyBatch,
                size: text.len() as u64,
                head,
            });
        }
        Ok(payload)
    }
}

fn write_key(raw: &str) -> Cow<'_, str> {
    RawText::of_literal(raw).map_or(Cow::Borrowed(""), |key| key.decode())
}

/// Reads the array of items. The scanner checks the whole of it once; items are looked into only if
/// there can be a write key among their members.
fn read_items<'a>(
    text: &'a str,
    scanner: &mut Scanner<'a>,
    config: &CollectorConfig,
) -> Result<Vec<Item<'a>>, Answer> {
    static WRITE_KEY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("writeKey"));
    if scanner.peek().map_err(|_| MALFORMED)? != b'[' {
        return Err(Answer::Malformed("batch must be an array"));
    }
    let start = scanner.at();
    let mut ranges: Vec<Range<usize>> = Vec::with_capacity(128);
    let mut count = 0;
    let mut more = scanner.enter_array().map_err(|_| MALFORMED)?;
    while more {
        let range = scanner.value().map_err(|_| MALFORMED)?;
        count += 1;
        if count <= config.batch_items_max {
            ranges.push(range);
        }
        more = scanner.next_element().map_err(|_| MALFORMED)?;
    }
    let size = scanner.at() - start;
    if count > config.batch_items_max {
        if config.strict_batch_items {
            return Err(Answer::TooLarge("too many events in the batch"));
        }
        let head = Cow::Borrowed("");
        return Ok(vec![Item::Stub { refusal: Refusal::BatchTooLong, size: size as u64, head }]);
    }
    let array = &text.as_bytes()[start..scanner.at()];
    let may_have_keys = scanner.has_escaped_keys() || WRITE_KEY.find(array).is_some();
    let items = ranges
        .into_iter()
        .map(|range| item(text.get(range).unwrap_or_default(), may_have_keys, config));
    Ok(items.collect())
}

fn item<'a>(raw: &'a str, may_have_key: bool, config: &CollectorConfig) -> Item<'a> {
    let size = raw.len() as u64;
    if !raw.starts_with('{') {
        return Item::Stub { refusal: Refusal::BadRequest, size, head: Cow::Borrowed(raw) };
    }
    let json = match may_have_key.then(|| walk_event(raw, false)) {
        Some(Ok(walk)) => walk.without_key(raw),
        _ => Cow::Borrowed(raw),
    };
    if raw.len() > config.event_bytes_max {
        return Item::Stub { refusal: Refusal::MessageTooLarge, size, head: json };
    }
    Item::Event(json)
}

/// What a walk over an event's members found.
struct Walk<'a> {
    write_key: Option<Cow<'a, str>>,
    /// Members to leave out, each with the comma that goes with it.
    cuts: Vec<Range<usize>>,
}

fn walk_event(text: &str, to_end: bool) -> Result<Walk<'_>, Malformed> {
    let mut walk = Walk { write_key: None, cuts: Vec::new() };
    let mut scanner = Scanner::new(text);
    let mut more = scanner.enter_object()?;
    let mut kept_end = None;
    while more {
        let start = scanner.at();
        let key = scanner.key()?;
        let is_key =
            if key.is_escaped() { key.decode() == "writeKey" } else { key.raw() == "writeKey" };
        let value = scanner.value()?;
        let end = value.end;
        more = scanner.next_member()?;
        if is_key {
            let raw = text.get(value).filter(|raw| *raw != "null");
            walk.write_key = raw.map(write_key);
            // Behind a kept member its comma goes; before the first kept one the comma that follows.
            walk.cuts.push(match kept_end {
                Some(kept_end) => kept_end..end,
                None if more => start..scanner.at(),
                None => start..end,
            });
        }
        if !is_key || kept_end.is_some() {
            kept_end = Some(end);
        }
    }
    if to_end {
        scanner.end()?;
    }
    Ok(walk)
}

impl Walk<'_> {
    fn without_key<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.cuts.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut kept = String::with_capacity(text.len());
        let mut from = 0;
        for cut in &self.cuts {
            kept.push_str(text.get(from..cut.start).unwrap_or_default());
            from = cut.end;
        }
        kept.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> (String, Option<String>) {
        let walk = walk_event(text, true).unwrap();
        (walk.without_key(text).into_owned(), walk.write_key.as_deref().map(str::to_owned))
    }

    #[test]
    fn a_write_key_is_cut_out_wherever_it_stands() {
        for (text, left) in [
            (r#"{"writeKey":"k","a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1,"writeKey":"k"}"#, r#"{"a":1}"#),
            (r#"{"a":1, "writeKey" : "k" ,"b":2}"#, r#"{"a":1 ,"b":2}"#),
            (r#"{"writeKey":"k"}"#, "{}"),
            (r#"{"writeKey":"x","writeKey":"k"}"#, "{}"),
            (r#"{"a":1,"writeKey":"x","writeKey":"k","b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{"write\u004bey":"k","a":{"writeKey":"inner"}}"#, r#"{"a":{"writeKey":"inner"}}"#),
        ] {
            assert_eq!(stripped(text), (left.to_owned(), Some("k".to_owned())), "{text}");
        }
        assert_eq!(stripped(r#"{"writeKey":null,"a":1}"#), (r#"{"a":1}"#.to_owned(), None));
        assert_eq!(stripped(r#"{"writeKey":5}"#), ("{}".to_owned(), Some(String::new())));
    }

    #[test]
    fn every_item_of_a_batch_loses_its_write_key() {
        let config = CollectorConfig::default();
        let body = br#"{"batch":[{"writeKey":"k1","event":"a"},{"event":"b"},7,{"e\u0076ent":"c","write\u004bey":"k2"}],"writeKey":"k","sentAt":"2026"}"#;
        let payload = Payload::parse(body, Endpoint::Batch, &config).unwrap();
        assert_eq!(payload.write_key.as_deref(), Some("k"));
        assert_eq!(payload.sent_at, Some("\"2026\""));
        let event = |json: &'static str| Item::Event(Cow::Borrowed(json));
        assert_eq!(
            payload.items,
            [
                event(r#"{"event":"a"}"#),
                event(r#"{"event":"b"}"#),
                Item::Stub { refusal: Refusal::BadRequest, size: 1, head: Cow::Borrowed("7") },
                event(r#"{"e\u0076ent":"c"}"#),
            ]
        );
    }

    #[test]
    fn the_head_of_a_stub_ends_at_a_character() {
        let text = "é".repeat(STUB_HEAD_BYTES_MAX);
        assert_eq!(head_of(&text).len(), STUB_HEAD_BYTES_MAX);
        let shifted = format!("a{text}");
        assert_eq!(head_of(&shifted).len(), STUB_HEAD_BYTES_MAX - 1);
    }
}

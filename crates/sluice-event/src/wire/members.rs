//! The members of an event's object: which are known, which pass through, each key once.

use std::collections::HashMap;

use crate::json::{RawText, Scanner};
use crate::{Refusal, wire::WireLimits};

/// What a top-level key of an event means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Type,
    MessageId,
    AnonymousId,
    UserId,
    GroupId,
    PreviousId,
    Event,
    Name,
    Category,
    Timestamp,
    SentAt,
    Properties,
    Traits,
    Context,
    Integrations,
    /// Set by the server alone; whatever the sender wrote is dropped.
    Server,
    Other,
}

const KNOWN: usize = Field::Server as usize;

impl Field {
    pub(super) fn of(key: &str) -> Self {
        match key {
            "type" => Self::Type,
            "messageId" => Self::MessageId,
            "anonymousId" => Self::AnonymousId,
            "userId" => Self::UserId,
            "groupId" => Self::GroupId,
            "previousId" => Self::PreviousId,
            "event" => Self::Event,
            "name" => Self::Name,
            "category" => Self::Category,
            "timestamp" => Self::Timestamp,
            "sentAt" => Self::SentAt,
            "properties" => Self::Properties,
            "traits" => Self::Traits,
            "context" => Self::Context,
            "integrations" => Self::Integrations,
            "originalTimestamp" | "receivedAt" | "channel" | "projectId" | "version"
            | "writeKey" => Self::Server,
            _ => Self::Other,
        }
    }

    /// Whether the member itself stands in the final text.
    const fn is_kept(self) -> bool {
        !matches!(self, Self::Type | Self::Timestamp | Self::SentAt | Self::Server)
    }
}

pub(super) struct Member<'a> {
    pub(super) field: Field,
    pub(super) key: RawText<'a>,
    pub(super) value: &'a str,
}

pub(super) struct Members<'a> {
    pub(super) text: &'a str,
    pub(super) needs_repair: bool,
    /// No key anywhere in the event is longer than this many bytes.
    pub(super) longest_key: usize,
    kept: Vec<Member<'a>>,
    known: [Option<&'a str>; KNOWN],
}

impl<'a> Members<'a> {
    /// Reads the event's object. Members of `null` are absent.
    pub(super) fn of_event(text: &'a str, limits: &WireLimits) -> Result<Self, Refusal> {
        let mut scanner = Scanner::new(text);
        let mut kept = Vec::with_capacity(16);
        let mut known = [None; KNOWN];
        let (mut seen, mut others) = ([false; KNOWN], 0usize);
        let mut duplicates = false;
        let mut more = scanner.enter_object()?;
        while more {
            let key = scanner.key()?;
            let value = text.get(scanner.value()?).unwrap_or_default();
            more = scanner.next_member()?;
            let field =
                if key.is_escaped() { Field::of(&key.decode()) } else { Field::of(key.raw()) };
            if (field as usize) < KNOWN {
                duplicates |= std::mem::replace(&mut seen[field as usize], true);
                known[field as usize] = Some(value).filter(|value| *value != "null");
            } else if field == Field::Other {
                others += 1;
            }
            if field.is_kept() {
                kept.push(Member { field, key, value });
            }
        }
        scanner.end()?;
        if scanner.deepest() + 1 > limits.depth_max {
            return Err(Refusal::NestedTooDeep);
        }
        if duplicates || others > 1 {
            keep_last(&mut kept, |member| &member.key);
        }
        kept.retain(|member| member.value != "null");
        let needs_repair = scanner.has_lone_surrogates() || scanner.has_huge_numbers();
        Ok(Self { text, needs_repair, longest_key: scanner.longest_key(), kept, known })
    }

    /// Raw JSON of a known member; `None` if it is absent or `null`.
    pub(super) fn known(&self, field: Field) -> Option<&'a str> {
        self.known.get(field as usize).copied().flatten()
    }

    /// Members that stand in the final text, in the sender's order, each key once.
    pub(super) fn kept(&self) -> &[Member<'a>] {
        &self.kept
    }
}

/// The members of an object, each key once.
pub(super) fn of_object(text: &str) -> Result<Vec<(RawText<'_>, &str)>, Refusal> {
    let mut scanner = Scanner::new(text);
    let mut list = Vec::new();
    let mut more = scanner.enter_object()?;
    while more {
        let key = scanner.key()?;
        list.push((key, text.get(scanner.value()?).unwrap_or_default()));
        more = scanner.next_member()?;
    }
    scanner.end()?;
    keep_last(&mut list, |member| &member.0);
    Ok(list)
}

/// Up to so many members, comparing all pairs is quicker than hashing.
const PAIRS_MAX: usize = 16;

/// Of members with the same key keeps the last.
fn keep_last<T>(list: &mut Vec<T>, key: impl for<'t> Fn(&'t T) -> &'t RawText<'_>) {
    if list.len() <= PAIRS_MAX && !list.iter().any(|member| key(member).is_escaped()) {
        let mut at = 0;
        while at < list.len() {
            let name = key(&list[at]).raw();
            if list[at + 1..].iter().any(|later| key(later).raw() == name) {
                list.remove(at);
            } else {
                at += 1;
            }
        }
        return;
    }
    let mut last = HashMap::with_capacity(list.len());
    for (at, member) in list.iter().enumerate() {
        last.insert(key(member).decode(), at);
    }
    let mut stays = vec![false; list.len()];
    for at in last.into_values() {
        stays[at] = true;
    }
    let mut stays = stays.into_iter();
    list.retain(|_| stays.next().unwrap_or_default());
}

/// Finds members by key; hashes when there are many.
pub(super) struct Lookup<'l, 'a> {
    list: &'l [(RawText<'a>, &'a str)],
    hashed: Option<HashMap<std::borrow::Cow<'a, str>, &'a str>>,
}

impl<'l, 'a> Lookup<'l, 'a> {
    pub(super) fn new(list: &'l [(RawText<'a>, &'a str)]) -> Self {
        let hashed = (list.len() > PAIRS_MAX)
            .then(|| list.iter().map(|(key, value)| (key.decode(), *value)).collect());
        Self { list, hashed }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        match &self.hashed {
            Some(hashed) => hashed.get(key).copied(),
            None => self.list.iter().find(|(own, _)| own.decode() == key).map(|(_, value)| *value),
        }
    }
}

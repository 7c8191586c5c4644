//! `context` and `integrations`: what the batch says merged beneath what the item says, then what
//! the server adds.
//!
//! An empty array stands for an empty object (PHP writes one for the other); any other kind of
//! value refuses the event.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::json::{self, RawText, Scanner};
use crate::{Endpoint, IpPolicy, ReceivedRequest, Refusal};

use super::WireLimits;
use super::members::{Lookup, of_object};

/// Mobile libraries whose older releases use the paths of servers.
const CLIENT_LIBRARIES: &[&str] = &[
    "analytics-android",
    "analytics-ios",
    "analytics-react-native",
    "analytics-flutter",
    "analytics-kotlin",
    "analytics-swift",
];

/// Objects within objects that are merged member by member; deeper ones are the item's as a whole.
const MERGE_DEPTH_MAX: usize = 32;

/// What the server looks at in a context.
#[derive(Default)]
pub(super) struct Facts<'a> {
    empty: bool,
    /// A member that the server may fill stands there as `null`.
    nulls: bool,
    /// The literal that the sender gave as its address.
    ip: Option<&'a str>,
    has_user_agent: bool,
    has_library: bool,
    direct: bool,
    mobile_library: bool,
    group_id: Option<&'a str>,
    session_id: Option<&'a str>,
    pub(super) consent: Option<&'a str>,
}

impl<'a> Facts<'a> {
    /// Reads the merged context.
    pub(super) fn read(context: &'a str) -> Result<Self, Refusal> {
        let mut facts = Self { empty: true, ..Self::default() };
        let mut scanner = Scanner::new(context);
        let mut more = scanner.enter_object()?;
        while more {
            let key = scanner.key()?;
            let raw = context.get(scanner.value()?).unwrap_or_default();
            more = scanner.next_member()?;
            facts.empty = false;
            let given = (raw != "null").then_some(raw);
            match &*key.decode() {
                "library" => {
                    facts.has_library = given.is_some();
                    facts.nulls |= given.is_none();
                    facts.mobile_library = given.is_some_and(is_mobile_library);
                }
                "ip" => {
                    facts.ip = given;
                    facts.nulls |= given.is_none();
                }
                "userAgent" => {
                    facts.has_user_agent = given.is_some();
                    facts.nulls |= given.is_none();
                }
                "direct" => facts.direct = raw == "true",
                "groupId" => facts.group_id = given,
                "sessionId" => facts.session_id = given,
                "device" => check_device(raw)?,
                "consent" => facts.consent = given,
                _ => {}
            }
        }
        Ok(facts)
    }

    /// `client` by path, by the sender's own word, or by the library's name; else `server`.
    pub(super) const fn channel(&self, request: &ReceivedRequest<'_>) -> &'static str {
        if self.direct || self.mobile_library || is_client_path(request) {
            "client"
        } else {
            "server"
        }
    }

    pub(super) fn group_id(&self) -> Option<Cow<'a, str>> {
        let id = self.group_id.and_then(RawText::of_literal)?.decode();
        if id.contains('\0') { Some(Cow::Owned(id.replace('\0', ""))) } else { Some(id) }
    }

    pub(super) fn session_id(&self) -> Option<i64> {
        self.session_id.and_then(number)
    }
}

const fn is_client_path(request: &ReceivedRequest<'_>) -> bool {
    matches!(
        request.endpoint,
        Endpoint::Single { short: true, .. } | Endpoint::ClientBatch | Endpoint::Pixel { .. }
    )
}

fn is_mobile_library(library: &str) -> bool {
    let mut scanner = Scanner::new(library);
    let mut is_mobile = false;
    let mut more = scanner.enter_object().unwrap_or_default();
    while more {
        let (Ok(key), Ok(value)) = (scanner.key(), scanner.value()) else { return false };
        if key.decode() == "name" {
            let name = library.get(value).and_then(RawText::of_literal);
            is_mobile = name.is_some_and(|name| CLIENT_LIBRARIES.contains(&&*name.decode()));
        }
        more = scanner.next_member().unwrap_or_default();
    }
    is_mobile
}

fn check_device(device: &str) -> Result<(), Refusal> {
    if !device.contains("advertisingId") || !device.starts_with('{') {
        return Ok(());
    }
    let id = of_object(device)?.into_iter().find(|(key, _)| key.decode() == "advertisingId");
    match id {
        Some((_, raw)) if raw != "null" && !raw.starts_with('"') => {
            Err(Refusal::DeviceAdvertisingIdNotString)
        }
        _ => Ok(()),
    }
}

/// The merged context with what the server adds: a name for an unknown library; for the client
/// channel the peer's address; for client paths the peer's user agent. Never over a given value,
/// but of an address only so much stays as the source keeps.
pub(super) fn complete<'a>(
    context: &'a str,
    facts: &Facts<'_>,
    request: &ReceivedRequest<'_>,
    policy: IpPolicy,
) -> Result<Cow<'a, str>, Refusal> {
    let given = facts.ip.filter(|_| policy != IpPolicy::Keep);
    let ip = match given {
        Some(given) => {
            RawText::of_literal(given).and_then(|text| text.decode().trim().parse().ok())
        }
        None => request.ip.filter(|_| facts.ip.is_none() && facts.channel(request) == "client"),
    };
    let ip = ip.and_then(|ip| policy.apply(ip));
    let user_agent =
        request.user_agent.filter(|_| !facts.has_user_agent && is_client_path(request));
    if facts.has_library && ip.is_none() && user_agent.is_none() && given.is_none() {
        return Ok(Cow::Borrowed(context));
    }
    let mut added = String::with_capacity(128);
    if !facts.has_library {
        added.push_str(",\"library\":{\"name\":\"unknown\",\"version\":\"unknown\"}");
    }
    if let Some(ip) = ip {
        let ip = match ip {
            IpAddr::V6(six) => six.to_ipv4_mapped().map_or(ip, IpAddr::V4),
            IpAddr::V4(_) => ip,
        };
        added.push_str(",\"ip\":");
        json::put_string(&mut added, &ip.to_string());
    }
    if let Some(user_agent) = user_agent {
        added.push_str(",\"userAgent\":");
        json::put_string(&mut added, user_agent);
    }
    let added = if facts.empty { added.get(1..).unwrap_or_default() } else { &added };
    if facts.nulls || given.is_some() {
        let added = format!("{{{}}}", added.trim_start_matches(','));
        let without = without_replaced(context, given.is_some())?;
        return merge_objects(&without, &added, 0).map(Cow::Owned);
    }
    let open = context.strip_suffix('}').ok_or(Refusal::BadRequest)?;
    Ok(Cow::Owned([open, added, "}"].concat()))
}

/// Without what the server fills: members that are `null`, and the address if it may not stay.
fn without_replaced(context: &str, drop_ip: bool) -> Result<String, Refusal> {
    let mut out = String::with_capacity(context.len());
    out.push('{');
    for (key, value) in of_object(context)? {
        let name = key.decode();
        let is_filled = matches!(&*name, "library" | "ip" | "userAgent");
        if !(is_filled && value == "null" || drop_ip && name == "ip") {
            put_member(&mut out, key, value);
        }
    }
    out.push('}');
    Ok(out)
}

fn put_member(out: &mut String, key: RawText<'_>, value: &str) {
    if out.len() > 1 {
        out.push(',');
    }
    for part in ["\"", key.raw(), "\":", value] {
        out.push_str(part);
    }
}

/// The batch's context with the item's over it, member by member at every level.
pub(super) fn merge_context<'a>(
    batch: Option<&'a str>,
    item: Option<&'a str>,
    limits: &WireLimits,
) -> Result<Cow<'a, str>, Refusal> {
    merge(batch, item, limits, MERGE_DEPTH_MAX)
}

/// The batch's `integrations` with the item's over it, whole members.
pub(super) fn merge_integrations<'a>(
    batch: Option<&'a str>,
    item: Option<&'a str>,
    limits: &WireLimits,
) -> Result<Cow<'a, str>, Refusal> {
    merge(batch, item, limits, 1)
}

fn merge<'a>(
    batch: Option<&'a str>,
    item: Option<&'a str>,
    limits: &WireLimits,
    depth: usize,
) -> Result<Cow<'a, str>, Refusal> {
    let item = item.map_or(Ok(EMPTY), object)?;
    let Some(batch) = batch else { return Ok(Cow::Borrowed(item)) };
    let batch = object(batch)?;
    if batch == EMPTY {
        return Ok(Cow::Borrowed(item));
    }
    if batch.len() > limits.event_bytes_max {
        return Err(Refusal::MessageTooLarge);
    }
    let batch = sound(batch, limits)?;
    if item == EMPTY {
        return Ok(batch);
    }
    merge_objects(&batch, item, depth - 1).map(Cow::Owned)
}

const EMPTY: &str = "{}";

fn object(raw: &str) -> Result<&str, Refusal> {
    let raw = raw.trim_ascii();
    match raw.as_bytes().first() {
        Some(b'{') => Ok(raw),
        Some(b'[') if raw.len() == 2 || raw.trim_matches(['[', ']']).trim().is_empty() => Ok(EMPTY),
        Some(b'n') => Ok(EMPTY),
        _ => Err(Refusal::BadRequest),
    }
}

/// The batch's object, which has not been looked at before: as deep as allowed, and readable.
fn sound<'a>(text: &'a str, limits: &WireLimits) -> Result<Cow<'a, str>, Refusal> {
    let mut scanner = Scanner::new(text);
    scanner.value()?;
    scanner.end()?;
    if scanner.deepest() + 1 > limits.depth_max {
        return Err(Refusal::NestedTooDeep);
    }
    if scanner.has_lone_surrogates() || scanner.has_huge_numbers() {
        return Ok(Cow::Owned(json::repair(text)));
    }
    Ok(Cow::Borrowed(text))
}

/// `over` wins; its members come first, in its order. `levels` more levels are merged, too.
fn merge_objects(base: &str, over: &str, levels: usize) -> Result<String, Refusal> {
    let (base, over) = (of_object(base)?, of_object(over)?);
    let (in_base, in_over) = (Lookup::new(&base), Lookup::new(&over));
    let mut out = String::with_capacity(256);
    out.push('{');
    for (key, value) in &over {
        match in_base.get(&key.decode()) {
            Some(below) if levels > 0 && value.starts_with('{') && below.starts_with('{') => {
                put_member(&mut out, *key, &merge_objects(below, value, levels - 1)?);
            }
            _ => put_member(&mut out, *key, value),
        }
    }
    for (key, value) in &base {
        if in_over.get(&key.decode()).is_none() {
            put_member(&mut out, *key, value);
        }
    }
    out.push('}');
    Ok(out)
}

/// The session that the sender names for a destination: `integrations.<any>.session_id`.
pub(super) fn session_id(integrations: &str) -> Option<i64> {
    if integrations.len() <= EMPTY.len() || !integrations.contains("session_id") {
        return None;
    }
    of_object(integrations)
        .ok()?
        .into_iter()
        .filter(|(_, options)| options.starts_with('{'))
        .find_map(|(_, options)| {
            let options = of_object(options).ok()?;
            number(options.iter().find(|(key, _)| key.decode() == "session_id")?.1)
        })
}

/// A whole number, or a text that is one.
fn number(raw: &str) -> Option<i64> {
    match RawText::of_literal(raw) {
        Some(text) => text.decode().parse().ok(),
        None => raw.parse().ok(),
    }
}

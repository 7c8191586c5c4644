//! Which identifiers an event carries.
//!
//! Read are `userId`, `anonymousId`, the e-mail address in traits, device ids, Google Analytics'
//! client id and `context.externalIds`. The context is parsed only if a plain search finds one of
//! the names in it: most events carry none.
//!
//! Not here: what becomes of the identifiers (`graph`).

use std::sync::{Arc, LazyLock};

use memchr::memmem::{self, Finder};
use serde_json::value::RawValue;
use sluice_event::{Event, EventType, ExternalId};

use crate::raw_object::RawObject;
use crate::rules::{
    ANONYMOUS_ID, EMAIL, ID_KIND_BYTES_MAX, ID_VALUE_BYTES_MAX, IDS_PER_EVENT_MAX, IdentityRules,
    USER_ID,
};

/// What an event says about who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// In the order found, each once, blocked ones left out.
    pub ids: Vec<ExternalId>,
    /// The trimmed `previousId` of an alias call, not yet known to be a user id or anonymous id.
    pub previous: Option<Arc<str>>,
}

/// The identifiers of one event.
#[must_use]
pub fn identifiers(event: &Event, rules: &IdentityRules) -> Identifiers {
    let mut found = Found { rules, ids: Vec::with_capacity(2) };
    if let Some(id) = &event.user_id {
        found.add_shared(&NAMES.user_id, id);
    }
    if let Some(id) = &event.anonymous_id {
        found.add_shared(&NAMES.anonymous_id, id);
    }
    if matches!(event.event_type, EventType::Identify | EventType::Group) {
        found.email(event.body_json());
    }
    if let Some(context) = event.context_json().filter(|text| may_identify(text)) {
        found.context(context);
    }
    let previous = (event.event_type == EventType::Alias)
        .then_some(event.previous_id.as_deref())
        .flatten()
        .map(str::trim)
        .filter(|value| is_usable(value, rules))
        .map(Arc::from);
    Identifiers { ids: found.ids, previous }
}

/// The types that nearly every event has, made once.
struct Names {
    user_id: Arc<str>,
    anonymous_id: Arc<str>,
}

static NAMES: LazyLock<Names> =
    LazyLock::new(|| Names { user_id: USER_ID.into(), anonymous_id: ANONYMOUS_ID.into() });

/// What a context that holds an identifier has in it. A backslash could spell any name.
static SIGNS: LazyLock<[Finder<'static>; 5]> = LazyLock::new(|| {
    ["\"email\"", "\"device\"", "\"externalIds\"", "\"Google Analytics\"", "\\u"].map(Finder::new)
});

fn may_identify(context: &str) -> bool {
    SIGNS.iter().any(|sign| sign.find(context.as_bytes()).is_some())
}

fn is_usable(value: &str, rules: &IdentityRules) -> bool {
    value.len() <= ID_VALUE_BYTES_MAX && !rules.is_blocked(value)
}

struct Found<'r> {
    rules: &'r IdentityRules,
    ids: Vec<ExternalId>,
}

impl Found<'_> {
    fn add(&mut self, kind: &str, value: &str) {
        let value = value.trim();
        let known = |id: &ExternalId| &*id.kind == kind && &*id.value == value;
        if !is_usable(value, self.rules)
            || self.ids.len() >= IDS_PER_EVENT_MAX
            || self.ids.iter().any(known)
        {
            return;
        }
        self.ids.push(ExternalId::new(kind, value));
    }

    /// As [`Found::add`], without copying.
    fn add_shared(&mut self, kind: &Arc<str>, value: &Arc<str>) {
        if value.trim().len() != value.len() {
            return self.add(kind, value);
        }
        let known = |id: &ExternalId| id.kind == *kind && id.value == *value;
        if is_usable(value, self.rules) && !self.ids.iter().any(known) {
            self.ids.push(ExternalId { kind: Arc::clone(kind), value: Arc::clone(value) });
        }
    }

    fn add_json(&mut self, kind: &str, value: Option<&RawValue>) {
        if let Some(value) = value.and_then(scalar) {
            self.add(kind, &value);
        }
    }

    fn email(&mut self, traits: Option<&str>) {
        if let Some(traits) =
            traits.filter(|text| memmem::find(text.as_bytes(), b"email").is_some())
        {
            let email =
                RawObject::parse(traits).and_then(|object| object.get(EMAIL).and_then(scalar));
            if let Some(email) = email {
                self.add(EMAIL, &email.to_lowercase());
            }
        }
    }

    fn context(&mut self, context: &str) {
        let Some(context) = RawObject::parse(context) else { return };
        self.email(context.get("traits").map(RawValue::get));
        if let Some(device) = context.object("device") {
            self.device(&device);
        }
        let client = context
            .object("integrations")
            .and_then(|integrations| integrations.object("Google Analytics"));
        if let Some(client) = client {
            self.add_json("ga_client_id", client.get("clientId"));
        }
        let external: Option<Vec<&RawValue>> =
            context.get("externalIds").and_then(|raw| serde_json::from_str(raw.get()).ok());
        for entry in external.into_iter().flatten() {
            if let Some(entry) = RawObject::parse(entry.get()) {
                self.external(&entry);
            }
        }
    }

    fn device(&mut self, device: &RawObject<'_>) {
        let kind = device.get("type").and_then(scalar).unwrap_or_default().to_ascii_lowercase();
        let [id, idfa, token] = match kind.as_str() {
            "android" => ["android.id", "android.idfa", "android.push_token"],
            "ios" | "tvos" | "ipados" | "watchos" => ["ios.id", "ios.idfa", "ios.push_token"],
            _ => return,
        };
        self.add_json(id, device.get("id"));
        if device.get("adTrackingEnabled").is_some_and(|raw| raw.get() == "true") {
            self.add_json(idfa, device.get("advertisingId"));
        }
        self.add_json(token, device.get("token"));
    }

    /// All four members are required; the type must be lower case.
    fn external(&mut self, entry: &RawObject<'_>) {
        let text = |name| entry.get(name).and_then(scalar);
        let (Some(id), Some(kind), Some(collection), Some(encoding)) =
            (text("id"), text("type"), text("collection"), text("encoding"))
        else {
            return;
        };
        let usable_kind =
            !kind.is_empty() && kind.len() <= ID_KIND_BYTES_MAX && kind == kind.to_lowercase();
        if usable_kind && collection == "users" && encoding == "none" {
            let id = if kind == EMAIL { id.to_lowercase() } else { id };
            self.add(&kind, &id);
        }
    }
}

/// A string's content or a number as printed; nothing else identifies.
fn scalar(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok(),
        b'-' | b'0'..=b'9' => Some(text.to_owned()),
        _ => None,
    }
}

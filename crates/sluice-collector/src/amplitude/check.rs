//! What makes Amplitude refuse a request. All faults of all events are found in one pass: the SDKs
//! take out the events named and send the rest again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::Door;
use super::request::{Members, text};

/// Objects and arrays within one another.
const DEPTH_MAX: usize = 40;

/// Values that are sent for "nobody", in small letters. The nil UUID and other rows of zeros are
/// found by their digits.
const NOBODY: &[&str] = &[
    "",
    "anonymous",
    "nil",
    "none",
    "null",
    "n/a",
    "na",
    "undefined",
    "unknown",
    "{}",
    "lmy47d",
    "-1",
];

/// Fields and the indexes of the events in which they are wrong.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) invalid: BTreeMap<&'static str, Vec<usize>>,
    pub(crate) missing: BTreeMap<&'static str, Vec<usize>>,
    /// Ids shorter than the request allows.
    pub(crate) short_ids: BTreeMap<&'static str, Vec<usize>>,
}

impl Faults {
    fn is_empty(&self) -> bool {
        self.invalid.is_empty() && self.missing.is_empty() && self.short_ids.is_empty()
    }
}

/// Checks every event of a request. Of a legacy upload none is refused here: its SDKs would send the
/// whole upload again without end, so what is wrong with an event is found later, for the ledger.
///
/// # Errors
/// If any event is wrong: then the whole request is refused.
pub(crate) fn check(door: Door, events: &[Members<'_>], id_chars_min: usize) -> Result<(), Faults> {
    let mut faults = Faults::default();
    for (index, event) in events.iter().enumerate() {
        Check { event, index, faults: &mut faults }.run(door, id_chars_min);
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// A user or device id: a string, or a whole number as its digits. `None` if it is neither.
pub(super) fn id(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    if json.starts_with('"') {
        return text(raw).map(|id| match id {
            Cow::Borrowed(id) => Cow::Borrowed(id.trim()),
            Cow::Owned(id) => Cow::Owned(id.trim().to_owned()),
        });
    }
    let digits = json.strip_prefix('-').unwrap_or(json);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(Cow::Borrowed(json))
}

struct Check<'c, 'a> {
    event: &'c Members<'a>,
    index: usize,
    faults: &'c mut Faults,
}

impl Check<'_, '_> {
    fn run(&mut self, door: Door, id_chars_min: usize) {
        match door {
            Door::GroupIdentify => {
                for field in ["group_type", "group_value"] {
                    if !self.event.contains_key(field) {
                        self.is_missing(field);
                    }
                }
            }
            Door::Identify => self.ids(id_chars_min),
            Door::UserMap => self.mapping(),
            Door::Legacy => return,
            Door::HttpV1 | Door::HttpV2 | Door::Batch => {
                self.event_type();
                if !self.names_a_group() {
                    self.ids(id_chars_min);
                }
            }
        }
        for field in ["time", "event_id", "session_id", "quantity"] {
            self.all(field, |json| json.parse::<f64>().is_ok_and(|number| number.fract() == 0.0));
        }
        for field in ["price", "revenue", "location_lat", "location_lng"] {
            self.all(field, |json| json.parse::<f64>().is_ok());
        }
        for field in ["event_properties", "user_properties", "groups", "group_properties"] {
            self.all(field, |json| json.starts_with('{') && depth(json) <= DEPTH_MAX);
        }
    }

    fn mapping(&mut self) {
        for field in ["user_id", "global_user_id"] {
            match self.event.get(field).map(|raw| id(raw)) {
                None => self.is_missing(field),
                Some(id) if id.as_deref().is_none_or(is_nobody) => self.is_invalid(field),
                Some(_) => {}
            }
        }
    }

    fn names_a_group(&self) -> bool {
        self.event.get("event_type").is_some_and(|raw| raw.get() == "\"$groupidentify\"")
    }

    fn event_type(&mut self) {
        match self.event.get("event_type") {
            None => self.is_missing("event_type"),
            Some(raw) if text(raw).is_none_or(|name| name.is_empty()) => {
                self.is_invalid("event_type")
            }
            Some(_) => {}
        }
    }

    fn ids(&mut self, id_chars_min: usize) {
        let fields = ["user_id", "device_id"];
        if fields.iter().all(|field| !self.event.contains_key(*field)) {
            for field in fields {
                self.is_missing(field);
            }
        }
        for field in fields {
            let Some(raw) = self.event.get(field) else { continue };
            match id(raw) {
                Some(id) if is_nobody(&id) => self.is_invalid(field),
                Some(id) if id.chars().count() < id_chars_min => {
                    self.faults.short_ids.entry(field).or_default().push(self.index);
                }
                Some(_) => {}
                None => self.is_invalid(field),
            }
        }
    }

    fn all(&mut self, field: &'static str, is_good: impl Fn(&str) -> bool) {
        if self.event.get(field).is_some_and(|raw| !is_good(raw.get())) {
            self.is_invalid(field);
        }
    }

    fn is_missing(&mut self, field: &'static str) {
        self.faults.missing.entry(field).or_default().push(self.index);
    }

    fn is_invalid(&mut self, field: &'static str) {
        self.faults.invalid.entry(field).or_default().push(self.index);
    }
}

pub(super) fn is_nobody(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0' || byte == b'-')
        || NOBODY.contains(&id.to_ascii_lowercase().as_str())
}

fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

//! Traits of a person: per name the value with the newest timestamp.
//!
//! A late event does not overwrite a newer value; `null` removes the trait (and is remembered, so
//! that a late value does not bring it back); a nested object is one trait. Of equal timestamps the
//! later event in the log counts. Operations (`operations`) take the value of the moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_base::Timestamp;
use sluice_event::codec::{self, CodecError, Reader};
use sluice_event::{Event, EventType, Offset};

use serde_json::Value;

use crate::operations::{self, Operation};
use crate::raw_object::RawObject;
use crate::rules::{TRAIT_BYTES_MAX, TRAITS_MAX};

/// One trait's value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraitValue {
    /// Corrected time of the event that set it.
    pub timestamp: Timestamp,
    /// The event that set it.
    pub offset: Offset,
    /// JSON text; `null` stands for a removed trait.
    pub json: Arc<str>,
}

impl TraitValue {
    const fn rank(&self) -> (Timestamp, Offset) {
        (self.timestamp, self.offset)
    }

    pub(crate) fn is_removed(&self) -> bool {
        &*self.json == "null"
    }
}

/// The traits that one node's own events have set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traits {
    values: BTreeMap<Arc<str>, TraitValue>,
    bytes: usize,
}

impl Traits {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.values.len() * 96
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &TraitValue)> {
        self.values.iter()
    }

    /// Takes the traits of an identify call, and the operations of any call. True if the person's
    /// traits may have changed: one node's own only by another value, those of a merged person
    /// (`is_merged`) also by the same value at a later time, which may now be newer than another
    /// node's.
    pub(crate) fn take(&mut self, event: &Event, offset: Offset, is_merged: bool) -> bool {
        let operations = operations::operations(event);
        if !operations.is_empty() {
            // They say it all, the plain traits of an identify call included.
            let mut changed = false;
            for operation in &operations {
                changed |= self.operate(operation, (event.timestamp, offset), is_merged);
            }
            return changed;
        }
        if event.event_type != EventType::Identify {
            return false;
        }
        let Some(object) = event.body_json().and_then(RawObject::parse) else { return false };
        let mut changed = false;
        for (name, raw) in object.iter() {
            changed |= self.set(name, raw.get(), event.timestamp, offset).is_seen(is_merged);
        }
        changed
    }

    /// Applies one operation to the value of the moment, however late the event is.
    fn operate(
        &mut self,
        operation: &Operation,
        rank: (Timestamp, Offset),
        is_merged: bool,
    ) -> bool {
        let (kind, name, operand) = match operation {
            Operation::Change(kind, name, operand) => (*kind, name, operand),
            Operation::ClearAll => {
                let names: Vec<Arc<str>> = self.values.keys().cloned().collect();
                let mut changed = false;
                for name in &names {
                    changed |= self.replace(name, &Value::Null, rank).is_seen(is_merged);
                }
                return changed;
            }
        };
        let known = self.values.get(name.as_str());
        let was_set = known.is_some();
        let old = known
            .filter(|value| !value.is_removed())
            .and_then(|value| serde_json::from_str(&value.json).ok());
        kind.apply(old, was_set, operand)
            .is_some_and(|new| self.replace(name, &new, rank).is_seen(is_merged))
    }

    fn replace(&mut self, name: &str, new: &Value, rank: (Timestamp, Offset)) -> Set {
        let (timestamp, offset) = rank;
        let known = self.values.get(name).map_or(timestamp, |known| known.timestamp);
        self.set(name, &new.to_string(), timestamp.max(known), offset)
    }

    /// What has no room within the limits is not kept.
    fn set(&mut self, name: &str, json: &str, timestamp: Timestamp, offset: Offset) -> Set {
        let known = self.values.get(name);
        if known.is_some_and(|value| value.rank() > (timestamp, offset)) {
            return Set::Left;
        }
        let freed = known.map_or(0, |value| name.len() + value.json.len());
        let bytes = self.bytes - freed + name.len() + json.len();
        if bytes > TRAIT_BYTES_MAX || (known.is_none() && self.values.len() >= TRAITS_MAX) {
            return Set::Left;
        }
        let changed = known.map_or(json != "null", |value| &*value.json != json);
        self.bytes = bytes;
        let value = TraitValue { timestamp, offset, json: json.into() };
        match self.values.get_mut(name) {
            Some(slot) => *slot = value,
            None => drop(self.values.insert(name.into(), value)),
        }
        if changed { Set::Changed } else { Set::Same }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        codec::put_u64(out, self.values.len() as u64);
        for (name, value) in &self.values {
            codec::put_bytes(out, name.as_bytes());
            codec::put_i64(out, value.timestamp.as_micros());
            codec::put_u64(out, value.offset.0);
            codec::put_bytes(out, value.json.as_bytes());
        }
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut traits = Self::default();
        for _ in 0..r.count("traits")? {
            let name = r.arc("trait name")?;
            let timestamp = r.time("trait time")?;
            let offset = Offset(r.u64("trait offset")?);
            let json = r.arc("trait value")?;
            traits.bytes += name.len() + json.len();
            traits.values.insert(name, TraitValue { timestamp, offset, json });
        }
        Ok(traits)
    }
}

/// What setting a trait did to the node.
enum Set {
    /// It has another visible value.
    Changed,
    /// The same visible value, of a later time.
    Same,
    /// Nothing: older than what is there, or no room.
    Left,
}

impl Set {
    /// Whether the traits of the person may have changed by it.
    const fn is_seen(&self, is_merged: bool) -> bool {
        match self {
            Self::Changed => true,
            Self::Same => is_merged,
            Self::Left => false,
        }
    }
}

/// The traits of a person made of several nodes: per name the newest value, removed ones included.
pub(crate) type Folded = BTreeMap<Arc<str>, TraitValue>;

pub(crate) fn fold_into(folded: &mut Folded, traits: &Traits) {
    for (name, value) in traits.iter() {
        match folded.get_mut(name) {
            Some(known) if known.rank() >= value.rank() => {}
            Some(known) => *known = value.clone(),
            None => drop(folded.insert(Arc::clone(name), value.clone())),
        }
    }
}

/// The JSON object of the traits that stand; `None` if there is none.
pub(crate) fn to_json<'t>(
    values: impl Iterator<Item = (&'t Arc<str>, &'t TraitValue)>,
) -> Option<Arc<str>> {
    let mut json = String::new();
    for (name, value) in values.filter(|(_, value)| !value.is_removed()) {
        json.push(if json.is_empty() { '{' } else { ',' });
        json.push_str(&serde_json::Value::from(&**name).to_string());
        json.push(':');
        json.push_str(&value.json);
    }
    if json.is_empty() {
        return None;
    }
    json.push('}');
    Some(json.into())
}

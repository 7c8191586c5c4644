//! A store filled with raw events, and the raw events beside it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};
use sluice_base::{ManualClock, OsDisk, Timestamp};
use sluice_columnar::{Store, StoreConfig};
use sluice_event::{
    Decision, Event, EventBatch, EventType, MergeId, Offset, PersonId, SourceNo, StoredEvent,
    TraitSet,
};
use sluice_insights::query::EventAlternative;
use sluice_insights::{Calendar, Context, CustomEvent, Dictionary};

/// An event as it was sent, with what the pipeline decided.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) seq: u64,
    /// Microseconds.
    pub(crate) time: i64,
    /// As written; 0 is nobody.
    pub(crate) person: u64,
    pub(crate) name: String,
    pub(crate) props: Map<String, Json>,
    pub(crate) traits: Option<Map<String, Json>>,
    /// The session that the sender stated.
    pub(crate) session: Option<i64>,
}

pub(crate) struct World {
    pub(crate) rows: Vec<Raw>,
    /// Merge number, the two people, whether it was undone.
    pub(crate) merges: Vec<(u64, u64, u64, bool)>,
    pub(crate) store: Store,
    pub(crate) dictionary: Says,
    next: u64,
    _dir: tempfile::TempDir,
}

/// What the data dictionary says of the events of a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Says {
    /// The first counts as the second.
    pub(crate) renamed: Option<(&'static str, &'static str)>,
    pub(crate) left_out: Option<&'static str>,
    /// Events that `ce:M` is made of.
    pub(crate) made_of: &'static [&'static str],
}

impl Says {
    fn dictionary(&self) -> Dictionary {
        let mut dictionary = Dictionary::default();
        if let Some((name, same_as)) = self.renamed {
            dictionary = dictionary.with_renamed(name, same_as);
        }
        if let Some(name) = self.left_out {
            dictionary = dictionary.with_left_out(name);
        }
        let part =
            |event: &&str| EventAlternative { event: (*event).to_owned(), filters: Vec::new() };
        let any_of = self.made_of.iter().map(part).collect();
        dictionary.with_custom("M", CustomEvent { label: "M".to_owned(), any_of })
    }
}

/// An event to be written.
pub(crate) struct New {
    pub(crate) time: i64,
    pub(crate) person: u64,
    pub(crate) name: String,
    pub(crate) props: Json,
    pub(crate) traits: Option<Json>,
    pub(crate) session: Option<i64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            merge_parts_min: 2,
            flush_after: Duration::from_secs(3_600),
            ..StoreConfig::default()
        };
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_770_000_000)));
        let store = Store::open(Arc::new(OsDisk), dir.path().join("parts"), config, clock).unwrap();
        let (rows, merges, dictionary) = (Vec::new(), Vec::new(), Says::default());
        Self { rows, merges, store, dictionary, next: 0, _dir: dir }
    }

    pub(crate) fn write(&mut self, events: Vec<New>, decisions: Vec<Decision>) {
        let base = self.next;
        let mut batch = EventBatch {
            consumed_to: Offset(base),
            decided_at: Timestamp::ZERO,
            turned_away: Vec::new(),
            decisions,
            counts: Vec::new(),
            trait_sets: Vec::new(),
            events: Vec::new(),
        };
        for (index, new) in events.into_iter().enumerate() {
            let seq = base + 1 + index as u64;
            let traits = new.traits.as_ref().map_or(0, |traits| {
                let json: Arc<str> = traits.to_string().into();
                let set = TraitSet { person: PersonId(new.person), version: Offset(seq), json };
                batch.trait_sets.push(set);
                batch.trait_sets.len() as u32
            });
            batch.events.push(StoredEvent {
                source: SourceNo(1),
                received_offset: Offset(seq),
                person: PersonId(new.person),
                canonical: PersonId(new.person),
                traits,
                event: event(seq, &new),
            });
            self.rows.push(Raw {
                seq,
                time: new.time,
                person: new.person,
                name: new.name,
                props: new.props.as_object().cloned().unwrap_or_default(),
                traits: new.traits.and_then(|traits| traits.as_object().cloned()),
                session: new.session,
            });
        }
        self.store.ingest(Offset(base), &batch).unwrap();
        self.next = base + batch.offsets();
    }

    /// Writes events `(person, time text, name, properties)` of one day format `YYYY-MM-DDTHH:MM:SS(.fff)Z`.
    pub(crate) fn tell(&mut self, rows: &[(u64, &str, &str, Json)]) {
        let events = rows.iter().map(|(person, at, name, props)| New {
            time: micros(at),
            person: *person,
            name: (*name).to_owned(),
            props: props.clone(),
            traits: None,
            session: None,
        });
        self.write(events.collect(), Vec::new());
        self.store.flush().unwrap();
    }

    pub(crate) fn merge(&mut self, a: u64, b: u64) -> Decision {
        let id = self.merges.len() as u64 + 1;
        self.merges.push((id, a, b, false));
        let (survivor, absorbed) = (PersonId(a.min(b)), PersonId(a.max(b)));
        Decision::Merge { merge: MergeId(id), survivor, absorbed, at: Timestamp::ZERO }
    }

    pub(crate) fn undo(&mut self, index: usize) -> Decision {
        self.merges[index].3 = true;
        Decision::Undo { merge: MergeId(self.merges[index].0), at: Timestamp::ZERO }
    }

    pub(crate) fn context(&self, zone: &str, now: i64, threads: usize) -> Context {
        let calendar = Calendar::of_zone(zone).unwrap();
        let dictionary = Arc::new(self.dictionary.dictionary());
        Context::new(self.store.snapshot(), calendar, Timestamp::from_micros(now), threads)
            .with_dictionary(dictionary)
    }
}

pub(crate) fn micros(at: &str) -> i64 {
    at.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// The context of an event: groups by its properties `x` and `y`, and `app` as it is. A group call of
/// an event that has `n` says its type, as Amplitude's do.
fn context(props: &Json) -> Json {
    let mut context = Map::new();
    if let Some(id) = props.get("x") {
        context.insert("groupId".to_owned(), id.clone());
    }
    if let Some(org) = props.get("y") {
        context.insert("groups".to_owned(), json!({ "org": org }));
    }
    if props.get("n").is_some() {
        context.insert("groupType".to_owned(), json!("org"));
    }
    if let Some(app) = props.get("app") {
        context.insert("app".to_owned(), app.clone());
    }
    Json::Object(context)
}

/// The group that a group call is about.
pub(crate) fn called(name: &str, seq: u64) -> Option<&'static str> {
    (name == "$group").then(|| ["Pro", "acme", "5"][seq as usize % 3])
}

pub(crate) fn event(seq: u64, new: &New) -> Event {
    let event_type = match new.name.as_str() {
        "$identify" => EventType::Identify,
        "$group" => EventType::Group,
        _ => EventType::Track,
    };
    let body = if event_type == EventType::Track { "properties" } else { "traits" };
    let context = context(&new.props).to_string();
    let start = format!("{{\"messageId\":\"m{seq}\",\"context\":");
    let head = format!("{start}{context},\"{body}\":");
    let properties = if new.props.is_null() { json!({}) } else { new.props.clone() }.to_string();
    let range = Range { start: head.len() as u32, end: (head.len() + properties.len()) as u32 };
    let name = if event_type == EventType::Track { new.name.as_str() } else { "" };
    let timestamp = Timestamp::from_micros(new.time);
    Event {
        event_type,
        message_id: format!("m{seq}").into(),
        anonymous_id: None,
        user_id: None,
        group_id: called(&new.name, seq).map(Into::into),
        previous_id: None,
        name: name.into(),
        original_timestamp: None,
        sent_at: None,
        received_at: timestamp,
        timestamp,
        session_id: new.session.unwrap_or(-1),
        json: format!("{head}{properties}}}").into(),
        body: range,
        context: start.len() as u32..(start.len() + context.len()) as u32,
        integrations: 0..0,
    }
}

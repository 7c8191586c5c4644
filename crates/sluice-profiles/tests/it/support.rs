//! Events and maps for the tests.

use std::sync::Arc;
use std::time::Duration;

use sluice_base::Timestamp;
use sluice_event::{
    Decision, Event, EventBatch, EventType, ExternalId, Offset, SourceNo, StoredEvent,
};
use sluice_profiles::{IdentityConfig, IdentityMap, IdentityRules, Resolved};
use tempfile::TempDir;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// An event out of `userId`, `anonymousId`, `context`, `traits` (JSON).
pub(crate) fn event(
    event_type: EventType,
    user_id: Option<&str>,
    anonymous_id: Option<&str>,
    context: &str,
    traits: &str,
) -> Event {
    let json = format!("{{\"context\":{context},\"traits\":{traits}}}");
    let context_at = 11_u32;
    let context_end = context_at + u32::try_from(context.len()).unwrap();
    let traits_at = context_end + 10;
    let traits_end = traits_at + u32::try_from(traits.len()).unwrap();
    Event {
        event_type,
        message_id: "m".into(),
        anonymous_id: anonymous_id.map(Arc::from),
        user_id: user_id.map(Arc::from),
        group_id: None,
        previous_id: None,
        name: "n".into(),
        original_timestamp: None,
        sent_at: None,
        received_at: NOW,
        timestamp: NOW,
        session_id: -1,
        json: json.into(),
        body: traits_at..traits_end,
        context: context_at..context_end,
        integrations: 0..0,
    }
}

/// `u:x a:1 e:j phone:5` as ids; `p:x` is the previous id of an alias.
pub(crate) fn parse_id(text: &str) -> ExternalId {
    let (kind, value) = text.split_once(':').unwrap();
    let kind = match kind {
        "u" => "user_id",
        "a" => "anonymous_id",
        "e" => "email",
        other => other,
    };
    ExternalId::new(kind, value)
}

/// An identify call (an alias, if it has `p:`) with the ids given.
pub(crate) fn event_with(ids: &str) -> Event {
    let mut parts: (Option<&str>, Option<&str>, Option<&str>) = (None, None, None);
    let (mut traits, mut external) = (String::new(), Vec::new());
    for id in ids.split_whitespace() {
        let (kind, value) = id.split_once(':').unwrap();
        match kind {
            "u" => parts.0 = Some(value),
            "a" if parts.1.is_none() => parts.1 = Some(value),
            "p" => parts.2 = Some(value),
            "e" if traits.is_empty() => traits = format!("\"email\":\"{value}\""),
            _ => {
                let kind = parse_id(id).kind;
                external.push(format!(
                    "{{\"id\":\"{value}\",\"type\":\"{kind}\",\"collection\":\"users\",\"encoding\":\"none\"}}"
                ));
            }
        }
    }
    let context = format!("{{\"externalIds\":[{}]}}", external.join(","));
    let event_type = if parts.2.is_some() { EventType::Alias } else { EventType::Identify };
    let mut made = event(event_type, parts.0, parts.1, &context, &format!("{{{traits}}}"));
    made.previous_id = parts.2.map(Arc::from);
    made
}

/// A map with the log that it writes.
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) map: IdentityMap,
    pub(crate) log: Vec<(Offset, EventBatch)>,
    pub(crate) next: Offset,
    pub(crate) rules: IdentityRules,
}

pub(crate) fn open(dir: &TempDir, rules: &IdentityRules) -> IdentityMap {
    let mut config = IdentityConfig::new(dir.path());
    config.rules = rules.clone();
    // Small, so that tests also read what was stored.
    config.cache_bytes = 4 << 10;
    config.dirty_bytes_max = 8 << 10;
    config.new_ids_max = 10;
    IdentityMap::open(config).unwrap()
}

impl World {
    pub(crate) fn new(rules: &IdentityRules) -> Self {
        let dir = TempDir::new().unwrap();
        let map = open(&dir, rules);
        Self { dir, map, log: Vec::new(), next: Offset(0), rules: rules.clone() }
    }

    /// Adds a record of decisions alone, as if read from the log.
    pub(crate) fn decisions(&mut self, decisions: Vec<Decision>) {
        let batch = batch(decisions, Vec::new());
        self.map.apply(self.next, &batch).unwrap();
        self.log(batch);
    }

    pub(crate) fn send(&mut self, event: &Event) -> Resolved {
        let mut decisions = Vec::new();
        let base = self.next;
        let mut writer = self.map.writer();
        let resolved = writer.resolve(event, base.plus(1), &mut decisions).unwrap();
        writer.advance(base.plus(2));
        drop(writer);
        let stored = StoredEvent {
            source: SourceNo(1),
            received_offset: Offset(0),
            person: resolved.person,
            canonical: resolved.canonical,
            traits: 0,
            event: event.clone(),
        };
        self.log(batch(decisions, vec![stored]));
        resolved
    }

    pub(crate) fn undo(&mut self, merge: sluice_event::MergeId) -> bool {
        let base = self.next;
        let mut writer = self.map.writer();
        let Ok(decision) = writer.undo(merge, base, NOW) else { return false };
        writer.advance(base.plus(1));
        drop(writer);
        self.log(batch(vec![decision], Vec::new()));
        true
    }

    pub(crate) fn erase(&mut self, person: sluice_event::PersonId) {
        let base = self.next;
        let mut writer = self.map.writer();
        let decisions = writer.erase(&[person], base, NOW).unwrap();
        writer.advance(base.plus(1));
        drop(writer);
        self.log(batch(decisions, Vec::new()));
    }

    fn log(&mut self, batch: EventBatch) {
        let base = self.next;
        self.next = base.plus(batch.offsets());
        self.log.push((base, batch));
    }

    /// The same map, rebuilt from the log alone.
    pub(crate) fn rebuilt(&self) -> (TempDir, IdentityMap) {
        let dir = TempDir::new().unwrap();
        let map = open(&dir, &self.rules);
        for (base, batch) in &self.log {
            map.apply(*base, batch).unwrap();
        }
        (dir, map)
    }

    /// Stores, closes and opens again; `forget` closes without storing and reads the log.
    pub(crate) fn reopen(mut self, forget: bool) -> Self {
        if !forget {
            self.map.flush().unwrap();
        }
        let Self { dir, map, log, next, rules } = self;
        drop(map);
        let map = open(&dir, &rules);
        for (base, batch) in &log {
            map.apply(*base, batch).unwrap();
        }
        self = Self { dir, map, log, next, rules };
        self
    }
}

fn batch(decisions: Vec<Decision>, events: Vec<StoredEvent>) -> EventBatch {
    EventBatch {
        consumed_to: Offset(0),
        decided_at: NOW,
        turned_away: Vec::new(),
        decisions,
        counts: Vec::new(),
        trait_sets: Vec::new(),
        events,
    }
}

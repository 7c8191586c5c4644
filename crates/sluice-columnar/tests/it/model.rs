//! Random logs, and the naive answer: every row in a list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use sluice_base::{ByteSize, Disk, ManualClock, Timestamp};
use sluice_columnar::{
    Piece, RowRef, Scope, Selection, Snapshot, Store, StoreConfig, Value, system,
};
use sluice_event::{
    Decision, Event, EventBatch, EventType, MergeId, Offset, PersonId, SourceNo, StoredEvent,
    TraitSet,
};

pub(crate) const NOW: i64 = 1_772_400_000_000_000;
const DAY: i64 = 86_400_000_000;

/// A row as both sides show it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) time: i64,
    pub(crate) seq: u64,
    pub(crate) name: String,
    pub(crate) message_id: String,
    pub(crate) values: BTreeMap<String, String>,
}

/// The log, and what was decided in it.
#[derive(Clone, Default)]
pub(crate) struct Model {
    pub(crate) log: Vec<(Offset, EventBatch)>,
    pub(crate) rows: Vec<(u64, Row)>,
    edges: Vec<(u64, u64, u64, bool)>,
    next: u64,
}

pub(crate) struct Gen {
    pub(crate) rng: StdRng,
    pub(crate) names: u32,
}

pub(crate) fn config() -> StoreConfig {
    StoreConfig {
        buffer_rows_max: 1_000,
        buffer_bytes_max: ByteSize::mib(4),
        merge_parts_min: 3,
        merge_parts_max: 4,
        columns_max: 8,
        ..StoreConfig::default()
    }
}

pub(crate) fn open(disk: &Arc<dyn Disk>, config: StoreConfig) -> Store {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(NOW)));
    Store::open(disk.clone(), PathBuf::from("/parts"), config, clock).unwrap()
}

impl Gen {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), names: 6 }
    }

    fn time(&mut self) -> i64 {
        let whole = if self.rng.random_bool(0.5) { 1_000_000 } else { 1 };
        let at = match self.rng.random_range(0..20) {
            0 => NOW - self.rng.random_range(0..100) * DAY,
            1 => self.rng.random_range(0..3_000_000_000_000_000),
            _ => NOW - self.rng.random_range(0..50) * 1_000_000,
        };
        at / whole * whole
    }

    /// A JSON object, and its values as the store shows them.
    fn object(&mut self) -> (String, BTreeMap<String, String>) {
        let mut members = Vec::new();
        let mut values = BTreeMap::new();
        let mut put = |name: &str, json: String, path: &str, shown: String| {
            members.push(format!("\"{name}\":{json}"));
            values.insert(path.to_owned(), shown);
        };
        let n: u32 = self.rng.random_range(0..4);
        if self.rng.random_bool(0.9) {
            put("plan", format!("\"plan {n}\""), "plan", format!("text plan {n}"));
        }
        match self.rng.random_range(0..6) {
            0 => put("mixed", n.to_string(), "mixed", format!("number {n}")),
            1 => put("mixed", format!("\"{n}\""), "mixed", format!("text {n}")),
            2 => put("mixed", "null".to_owned(), "mixed", "null".to_owned()),
            3 => put("mixed", "true".to_owned(), "mixed", "bool true".to_owned()),
            4 => put("mixed", format!("[{n},{{}}]"), "mixed", format!("list [{n},{{}}]")),
            _ => {}
        }
        let big = 9_007_199_254_740_993_u64 + u64::from(n);
        put("deep", format!("{{\"id\":{big},\"e\":{{}}}}"), "deep.id", format!("number {big}"));
        values.insert("deep.e".to_owned(), "object {}".to_owned());
        for _ in 0..2 {
            let (k, escaped) = (self.rng.random_range(0..60), "\\u00e9\\n\\\"");
            if values.contains_key(&format!("rare_{k}")) {
                continue;
            }
            members.push(format!("\"rare_{k}\":\"{escaped}\""));
            values.insert(format!("rare_{k}"), "text é\n\"".to_owned());
        }
        (format!("{{{}}}", members.join(",")), values)
    }

    fn decisions(&mut self, model: &mut Model) -> Vec<Decision> {
        let mut decisions = Vec::new();
        if self.rng.random_bool(0.3) {
            let (a, b) = (self.rng.random_range(1..14), self.rng.random_range(1..14));
            let (a, b) = (model.canonical(a), model.canonical(b));
            if a != b {
                let id = model.next * 128;
                model.edges.push((id, a.min(b), a.max(b), true));
                decisions.push(Decision::Merge {
                    merge: MergeId(id),
                    survivor: PersonId(a.min(b)),
                    absorbed: PersonId(a.max(b)),
                    at: Timestamp::from_micros(NOW),
                });
            }
        }
        if self.rng.random_bool(0.15) && !model.edges.is_empty() {
            let at = self.rng.random_range(0..model.edges.len());
            if model.edges[at].3 {
                model.edges[at].3 = false;
                decisions.push(Decision::Undo {
                    merge: MergeId(model.edges[at].0),
                    at: Timestamp::from_micros(NOW),
                });
            }
        }
        decisions
    }

    /// The next record of the log, added to the model.
    pub(crate) fn batch(&mut self, model: &mut Model) -> (Offset, EventBatch) {
        let base = Offset(model.next);
        let decisions = self.decisions(model);
        let (traits, trait_values) = self.object();
        let person = self.rng.random_range(1..14);
        let version = Offset(model.next / 40 * 40);
        let set = TraitSet { person: PersonId(person), version, json: traits.into() };
        let mut batch = EventBatch {
            consumed_to: base,
            decided_at: Timestamp::from_micros(NOW),
            turned_away: Vec::new(),
            decisions,
            counts: Vec::new(),
            trait_sets: vec![set],
            events: Vec::new(),
        };
        if model.trait_sets().contains_key(&(person, version.0)) {
            batch.trait_sets.clear();
        }
        for index in 0..self.rng.random_range(0..20) {
            let seq = EventBatch::event_offset(base, index).0;
            let person = self.rng.random_range(0..14);
            let (stored, mut row) = self.event(person, seq);
            let stored = StoredEvent { traits: u32::from(self.rng.random_bool(0.5)), ..stored };
            if stored.traits == 1 && !batch.trait_sets.is_empty() {
                row.values.extend(trait_values.iter().map(|(k, v)| (format!("t.{k}"), v.clone())));
            }
            batch.events.push(stored);
            model.rows.push((person, row));
        }
        model.next += batch.offsets();
        model.log.push((base, batch.clone()));
        (base, batch)
    }

    fn event(&mut self, person: u64, seq: u64) -> (StoredEvent, Row) {
        let (body, values) = self.object();
        let name = format!("Event {}", self.rng.random_range(0..self.names));
        let json = format!("{{\"properties\":{body}}}");
        let time = self.time();
        let message_id = format!("m{seq}");
        let event = Event {
            event_type: EventType::Track,
            message_id: message_id.as_str().into(),
            anonymous_id: None,
            user_id: Some(format!("u{person}").into()),
            group_id: None,
            previous_id: None,
            name: name.as_str().into(),
            original_timestamp: None,
            sent_at: None,
            received_at: Timestamp::from_micros(NOW),
            timestamp: Timestamp::from_micros(time),
            session_id: if seq.is_multiple_of(3) { i64::from(seq as u32) } else { -1 },
            body: 14..14 + body.len() as u32,
            context: 0..0,
            integrations: 0..0,
            json: json.into(),
        };
        let stored = StoredEvent {
            source: SourceNo(1 + (seq % 2) as u32),
            received_offset: Offset(seq),
            person: PersonId(person),
            canonical: PersonId(person),
            traits: 0,
            event,
        };
        (stored, Row { time, seq, name, message_id, values })
    }
}

impl Model {
    fn trait_sets(&self) -> BTreeMap<(u64, u64), ()> {
        let sets = self.log.iter().flat_map(|(_, batch)| &batch.trait_sets);
        sets.map(|set| ((set.person.0, set.version.0), ())).collect()
    }

    /// The smallest node reachable over live merges, by spreading labels until nothing changes.
    pub(crate) fn canonical(&self, node: u64) -> u64 {
        let mut label: BTreeMap<u64, u64> = BTreeMap::new();
        loop {
            let before = label.clone();
            for (_, a, b, _) in self.edges.iter().filter(|edge| edge.3) {
                let least = *label.get(a).unwrap_or(a).min(label.get(b).unwrap_or(b));
                label.insert(*a, least);
                label.insert(*b, least);
            }
            if label == before {
                return label.get(&node).copied().unwrap_or(node);
            }
        }
    }

    /// A record that erases nodes, added to the model: their rows are gone from it, and so are their
    /// traits from others' rows.
    pub(crate) fn erase(&mut self, nodes: &BTreeSet<u64>) -> (Offset, EventBatch) {
        let at = Timestamp::from_micros(NOW);
        let mut without_traits = BTreeSet::new();
        for (base, batch) in &self.log {
            if batch.trait_sets.first().is_some_and(|set| nodes.contains(&set.person.0)) {
                let events = 0..batch.events.len();
                without_traits.extend(events.map(|index| EventBatch::event_offset(*base, index).0));
            }
        }
        self.rows.retain(|(node, _)| !nodes.contains(node));
        for (_, row) in &mut self.rows {
            if without_traits.contains(&row.seq) {
                row.values.retain(|name, _| !name.starts_with("t."));
            }
        }
        let base = Offset(self.next);
        let decisions = nodes.iter().map(|node| Decision::Erase { person: PersonId(*node), at });
        let batch = EventBatch {
            consumed_to: base,
            decided_at: at,
            turned_away: Vec::new(),
            decisions: decisions.collect(),
            counts: Vec::new(),
            trait_sets: Vec::new(),
            events: Vec::new(),
        };
        self.next += batch.offsets();
        self.log.push((base, batch.clone()));
        (base, batch)
    }

    pub(crate) fn people(&self) -> BTreeMap<u64, Vec<Row>> {
        let mut people: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
        for (node, row) in &self.rows {
            people.entry(self.canonical(*node)).or_default().push(row.clone());
        }
        for rows in people.values_mut() {
            rows.sort();
        }
        people
    }
}

fn shown(value: Value<'_>) -> Option<String> {
    Some(match value {
        Value::Absent => return None,
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => format!("bool {yes}"),
        Value::Number { text, number } => {
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits());
            format!("number {text}")
        }
        Value::Text(text) => format!("text {text}"),
        Value::List(text) => format!("list {text}"),
        Value::Object(text) => format!("object {text}"),
    })
}

fn names() -> Vec<String> {
    let fixed = ["plan", "mixed", "deep.id", "deep.e"].map(str::to_owned);
    fixed.into_iter().chain((0..60).map(|k| format!("rare_{k}"))).collect()
}

pub(crate) fn row(selection: &Selection, at: RowRef) -> Row {
    let part = &selection.parts()[at.part as usize];
    let mut values = BTreeMap::new();
    for name in names() {
        if let Some(column) = part.column(Scope::Property, &name).unwrap() {
            values.extend(shown(column.get(at.row)).map(|value| (name.clone(), value)));
        }
        let version = part.trait_refs().map_or(0, |refs| refs[at.row as usize]);
        if let Some(column) = part.column(Scope::Trait, &name).unwrap().filter(|_| version > 0) {
            values.extend(shown(column.get(version - 1)).map(|value| (format!("t.{name}"), value)));
        }
    }
    let message_ids = part.column(Scope::System, system::MESSAGE_ID).unwrap().unwrap();
    let Value::Text(message_id) = message_ids.get(at.row) else { panic!("no message id") };
    let (time, seq) = selection.place(at);
    let session = part.session(at.row);
    assert_eq!(session, seq.is_multiple_of(3).then_some(seq as i64));
    let code = part.events().get(at.row as usize);
    let name = part.event_name(code).to_owned();
    assert_eq!(part.event_code(&name), Some(code));
    assert!(part.postings(code).is_none_or(|rows| rows.binary_search(&at.row).is_ok()));
    Row { time, seq, name, message_id: message_id.to_owned(), values }
}

/// All people as a walk gives them, in `slices` slices.
pub(crate) fn walked(selection: &Selection, slices: usize) -> BTreeMap<u64, Vec<Row>> {
    let mut people: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
    let mut add = |person: u64, rows: Vec<Row>| {
        assert!(people.insert(person, rows).is_none(), "person {person} came twice");
    };
    for slice in selection.slices(slices) {
        selection.walk(slice, |piece| {
            match piece {
                Piece::Block { part, people } => {
                    let of = &selection.parts()[part as usize];
                    for index in people.clone() {
                        let rows =
                            of.range(index).map(|at| row(selection, RowRef { part, row: at }));
                        add(of.people()[index], rows.collect());
                    }
                }
                Piece::Runs { person, runs } => {
                    let mut rows = Vec::new();
                    selection.order(runs, &mut rows);
                    add(person.0, rows.iter().map(|at| row(selection, *at)).collect());
                }
                Piece::Rows { person, rows } => {
                    add(person.0, rows.iter().map(|at| row(selection, *at)).collect());
                }
            }
            true
        });
    }
    people
}

/// Everything a snapshot shows equals the model.
pub(crate) fn check(snapshot: &Arc<Snapshot>, model: &Model) {
    let expected = model.people();
    let selection = snapshot.select_all();
    for slices in [1, 3] {
        assert_eq!(walked(&selection, slices), expected);
    }
    for (person, rows) in &expected {
        let first = Timestamp::from_micros(rows[0].time);
        assert_eq!(snapshot.first_seen_of(PersonId(*person)), Some(first));
        let listed: Vec<u64> =
            selection.person(PersonId(*person)).iter().map(|at| selection.place(*at).1).collect();
        assert_eq!(listed, rows.iter().map(|row| row.seq).collect::<Vec<_>>());
    }
    assert_eq!(snapshot.stored().values().sum::<u64>(), model.rows.len() as u64);
    assert_eq!(snapshot.cursor(), Offset(model.next));
    let named: u64 = snapshot.event_names().iter().map(|name| name.rows).sum();
    assert_eq!(named, model.rows.len() as u64);
}

/// How many seeds to try: more by `SLUICE_SEEDS`.
pub(crate) fn seeds(default: u64) -> u64 {
    std::env::var("SLUICE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

//! Rows of one partition on their way from the log to a part, in memory, in order of arrival.

use hashbrown::{HashMap, HashTable};
use std::hash::BuildHasher;

use sluice_event::{EventBatch, StoredEvent, TraitSet};

use crate::column::{Kind, Scope};
use crate::derived::Deriver;
use crate::dict::{CellsOut, Dict};
use crate::merges::MergeMap;
use crate::pack::PackWriter;
use crate::part::PartHeader;
use crate::rest::{self, REST};
use crate::write::{HotRows, write_column};
use crate::{CONTEXT_COLUMNS, ColumnarError, shred, system};

#[derive(Debug)]
struct ColumnBuffer {
    scope: Scope,
    name: Box<str>,
    dict: Dict,
    rows: Vec<u32>,
    codes: Vec<u32>,
}

impl ColumnBuffer {
    /// The last value of a name counts when an object repeats it.
    fn set(&mut self, row: u32, code: u32) {
        if self.rows.last() == Some(&row) {
            self.codes.pop();
        } else {
            self.rows.push(row);
        }
        self.codes.push(code);
    }
}

/// Columns by name, up to a limit; beyond it values go to the JSON rest.
#[derive(Debug, Default)]
struct ColumnBuffers {
    list: Vec<ColumnBuffer>,
    index: HashTable<u32>,
    hasher: foldhash::fast::FixedState,
    /// The columns that the last object used, in order: the next one mostly uses the same.
    trail: Vec<u32>,
    step: usize,
    bytes: usize,
}

impl ColumnBuffers {
    fn begin_object(&mut self) {
        self.step = 0;
    }

    fn hash(hasher: &foldhash::fast::FixedState, scope: Scope, name: &str) -> u64 {
        hasher.hash_one((scope, name))
    }

    /// Index of the column; `None` if there are `max` already.
    fn column(&mut self, scope: Scope, name: &str, max: usize) -> Option<usize> {
        let step = self.step;
        self.step += 1;
        if let Some(guess) = self.trail.get(step).map(|guess| *guess as usize) {
            let column = &self.list[guess];
            if column.scope == scope && *column.name == *name {
                return Some(guess);
            }
        }
        let hash = Self::hash(&self.hasher, scope, name);
        let list = &self.list;
        let same = |at: &u32| {
            let column = &list[*at as usize];
            column.scope == scope && *column.name == *name
        };
        let found = match self.index.find(hash, same) {
            Some(found) => *found,
            None if self.list.len() >= max => return None,
            None => self.add(hash, scope, name),
        };
        if step < self.trail.len() {
            self.trail[step] = found;
        } else {
            self.trail.push(found);
        }
        Some(found as usize)
    }

    fn add(&mut self, hash: u64, scope: Scope, name: &str) -> u32 {
        let at = self.list.len() as u32;
        let column = ColumnBuffer {
            scope,
            name: name.into(),
            dict: Dict::default(),
            rows: Vec::new(),
            codes: Vec::new(),
        };
        self.list.push(column);
        self.bytes += name.len() + 256;
        let (list, hasher) = (&self.list, &self.hasher);
        self.index.insert_unique(hash, at, |at| {
            let column = &list[*at as usize];
            Self::hash(hasher, column.scope, &column.name)
        });
        at
    }

    /// Sets a value; `false` if there is no room for another column.
    fn set(
        &mut self,
        scope: Scope,
        name: &str,
        row: u32,
        kind: Kind,
        text: &str,
        max: usize,
    ) -> bool {
        let Some(at) = self.column(scope, name, max) else { return false };
        let column = &mut self.list[at];
        let before = column.dict.bytes();
        let code = column.dict.intern(kind, text);
        column.set(row, code);
        self.bytes += column.dict.bytes() - before + 8;
        true
    }

    /// Sets a value that hardly any other row has.
    fn set_unique(&mut self, scope: Scope, name: &str, row: u32, text: &str) {
        let Some(at) = self.column(scope, name, usize::MAX) else { return };
        let column = &mut self.list[at];
        let code = column.dict.push(Kind::Text as u8, text);
        column.set(row, code);
        self.bytes += text.len() + 24;
    }

    /// Takes an object apart into columns; what finds no room is added to `rest`.
    fn set_object(&mut self, scope: Scope, json: &str, row: u32, max: usize, rest: &mut String) {
        let mut path = String::new();
        let whole = shred::members(json, |name, raw| {
            if scope == Scope::Context && !CONTEXT_COLUMNS.contains(&name) {
                return;
            }
            if !raw.starts_with('{') {
                self.set_raw(scope, name, row, raw, max, rest);
                return;
            }
            path.clear();
            path.push_str(name);
            shred::flatten(&mut path, raw, 0, &mut |path, raw| {
                self.set_raw(scope, path, row, raw, max, rest);
            });
        });
        if !whole {
            let text = serde_json::Value::String(json.to_owned()).to_string();
            rest::add_member(rest, scope, "$unreadable", &text);
        }
    }

    fn set_raw(
        &mut self,
        scope: Scope,
        name: &str,
        row: u32,
        raw: &str,
        max: usize,
        rest: &mut String,
    ) {
        let (kind, text) = shred::value(raw);
        if !self.set(scope, name, row, kind, &text, max) {
            rest::add_member(rest, scope, name, raw);
        }
    }

    fn set_rest(&mut self, scope: Scope, row: u32, rest: &mut String) {
        if !rest.is_empty() {
            rest.push('}');
            self.set(scope, REST, row, Kind::Object, rest, usize::MAX);
            rest.clear();
        }
    }

    fn write(
        self,
        pack: &mut PackWriter,
        rows: u32,
        place: impl Fn(u32) -> u32,
        header: &mut PartHeader,
    ) -> Result<(), ColumnarError> {
        for column in self.list {
            let mut cells = CellsOut::new(rows, column.rows.len(), column.dict.len());
            for (row, code) in column.rows.iter().zip(&column.codes) {
                cells.set(place(*row), *code);
            }
            header.columns.extend(write_column(
                pack,
                column.scope,
                &column.name,
                column.dict,
                cells,
            )?);
        }
        Ok(())
    }
}

/// The rows of one partition since the last flush.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    people: Vec<u64>,
    times: Vec<i64>,
    seqs: Vec<u64>,
    codes: Vec<u32>,
    traits: Vec<u32>,
    has_traits: bool,
    sessions: Vec<(u32, i64)>,
    names: Dict,
    columns: ColumnBuffers,
    trait_columns: ColumnBuffers,
    trait_index: HashMap<(u64, u64), u32>,
    trait_ids: Vec<(u64, u64)>,
    rest: String,
}

const ROW_BYTES: usize = 40;

impl Buffer {
    pub(crate) fn rows(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.rows() * ROW_BYTES + self.names.bytes() + self.columns.bytes + self.trait_columns.bytes
    }

    /// Adds one event. `seq` is its offset in the events log.
    pub(crate) fn push(
        &mut self,
        batch: &EventBatch,
        stored: &StoredEvent,
        seq: u64,
        columns_max: usize,
        deriver: &mut Deriver,
    ) {
        let row = self.rows() as u32;
        let event = &stored.event;
        self.people.push(stored.person.0);
        self.times.push(event.timestamp.as_micros());
        self.seqs.push(seq);
        self.codes.push(self.names.intern(Kind::Text, event.analytics_name()) - 1);
        if event.session_id >= 0 {
            self.sessions.push((row, event.session_id));
        }
        let traits =
            (stored.traits as usize).checked_sub(1).and_then(|at| batch.trait_sets.get(at));
        let trait_ref = traits.map_or(0, |set| self.trait_ref(set, columns_max));
        self.has_traits |= trait_ref != 0;
        self.traits.push(trait_ref);

        let columns = &mut self.columns;
        columns.begin_object();
        let mut text = |name: &str, value: &str| {
            columns.set(Scope::System, name, row, Kind::Text, value, usize::MAX);
        };
        text(system::TYPE, event.event_type.name());
        let optional = [
            (system::USER_ID, &event.user_id),
            (system::ANONYMOUS_ID, &event.anonymous_id),
            (system::GROUP_ID, &event.group_id),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                text(name, value);
            }
        }
        if *event.name != *event.analytics_name() && !event.name.is_empty() {
            text(system::NAME, &event.name);
        }
        let source = stored.source.0.to_string();
        columns.set(Scope::System, system::SOURCE, row, Kind::Number, &source, usize::MAX);
        columns.set_unique(Scope::System, system::MESSAGE_ID, row, &event.message_id);
        for (scope, json) in
            [(Scope::Property, event.body_json()), (Scope::Context, event.context_json())]
        {
            if let Some(json) = json {
                columns.set_object(scope, json, row, columns_max, &mut self.rest);
            }
        }
        if let Some(context) = event.context_json() {
            deriver.derive(context, |name, value| {
                columns.set(Scope::Context, name, row, Kind::Text, value, columns_max);
            });
        }
        columns.set_rest(Scope::System, row, &mut self.rest);
    }

    /// Index plus one of a trait version, shredded when it is new here.
    fn trait_ref(&mut self, set: &TraitSet, columns_max: usize) -> u32 {
        let id = (set.person.0, set.version.0);
        if let Some(known) = self.trait_index.get(&id) {
            return *known;
        }
        let row = self.trait_ids.len() as u32;
        self.trait_ids.push(id);
        self.trait_index.insert(id, row + 1);
        self.trait_columns.begin_object();
        self.trait_columns.set_object(Scope::Trait, &set.json, row, columns_max, &mut self.rest);
        self.trait_columns.set_rest(Scope::Trait, row, &mut self.rest);
        row + 1
    }

    /// Sorts the rows by (canonical person, time, seq) and writes everything into the pack.
    pub(crate) fn write(
        self,
        pack: &mut PackWriter,
        merges: &MergeMap,
    ) -> Result<Written, ColumnarError> {
        let rows = self.rows() as u32;
        let keys: Vec<u64> = self.people.iter().map(|node| merges.root(*node)).collect();
        let mut order: Vec<u32> = (0..rows).collect();
        order.sort_unstable_by_key(|row| {
            let row = *row as usize;
            (keys[row], self.times[row], self.seqs[row])
        });
        let mut place = vec![0u32; rows as usize];
        let mut hot = HotRows::default();
        for (at, row) in (0u32..).zip(&order) {
            place[*row as usize] = at;
            let row = *row as usize;
            if hot.people.last() != Some(&keys[row]) {
                hot.people.push(keys[row]);
                hot.starts.push(at);
            }
            if keys[row] != self.people[row] {
                hot.written.push((at, self.people[row]));
            }
        }
        let pick = |row: &u32| *row as usize;
        hot.times = order.iter().map(|row| self.times[pick(row)]).collect();
        hot.seqs = order.iter().map(|row| self.seqs[pick(row)]).collect();
        hot.codes = order.iter().map(|row| self.codes[pick(row)]).collect();
        if self.has_traits {
            hot.traits = order.iter().map(|row| self.traits[pick(row)]).collect();
        }
        hot.sessions =
            self.sessions.iter().map(|(row, session)| (place[*row as usize], *session)).collect();
        hot.sessions.sort_unstable();
        hot.names = (1..self.names.len()).map(|code| self.names.text(code).to_owned()).collect();
        hot.trait_ids = self.trait_ids;
        let (time, seq, trait_rows) =
            (hot.time_bounds(), hot.seq_bounds(), hot.trait_ids.len() as u32);
        let mut header = hot.write(pack)?;
        self.columns.write(pack, rows, |row| place[row as usize], &mut header)?;
        self.trait_columns.write(pack, trait_rows, |row| row, &mut header)?;
        Ok(Written { header, time, seq })
    }
}

/// A part written but not yet finished.
pub(crate) struct Written {
    pub(crate) header: PartHeader,
    pub(crate) time: (i64, i64),
    pub(crate) seq: (u64, u64),
}

//! Merging several parts of a partition into one.
//!
//! First the order of all rows is found from people, times and seqs alone; it gives for each input
//! row its place in the output. Then one column after another is read from the inputs and written
//! to its place, so memory is that of the places (4 bytes a row) and of one column at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::types::UInt64Type;
use hashbrown::{HashMap, HashSet};

use sluice_event::PersonId;

use crate::ColumnarError;
use crate::buffer::Written;
use crate::column::{Column, Kind, Scope};
use crate::dict::{CellsOut, Dict};
use crate::merges::MergeMap;
use crate::pack::PackWriter;
use crate::part::{ColumnMeta, Part, PartHeader};
use crate::rest::{self, REST, each_cell};
use crate::write::{HotRows, write_column};

/// Place of an input row in the output; this for one that has none: a trait version seen before, or
/// what is an erased person's.
const NOWHERE: u32 = u32::MAX;
/// A dictionary is not searched for repeats when its values hardly repeat: then it is as large as
/// the column and a hash table of it larger.
const UNIQUE_SHARE: u64 = 2;
const UNIQUE_MIN: u64 = 65_536;

struct Span {
    key: u64,
    part: u32,
    start: u32,
    end: u32,
}

/// Today's people: who was merged, and whose rows are to go.
type People<'a> = (&'a MergeMap, &'a BTreeSet<u64>);

/// Whether a part has rows of erased people.
pub(crate) fn holds(part: &Part, erasing: &BTreeSet<u64>) -> bool {
    let people = part.people();
    let is_in = |node: &u64| erasing.contains(node);
    erasing.iter().any(|node| people.binary_search(node).is_ok())
        || part.written_exceptions().1.iter().any(is_in)
        || part.trait_ids().is_ok_and(|ids| ids.iter().any(|(person, _)| is_in(person)))
}

/// Whether a row is left when those of erased people go.
pub(crate) fn keeps_any(parts: &[Arc<Part>], erasing: &BTreeSet<u64>) -> bool {
    let is_kept =
        |part: &Part, key: u64, row: u32| !erasing.contains(&part.written(row, PersonId(key)).0);
    let keeps = |part: &Arc<Part>| {
        let mut keys = part.people().iter().enumerate();
        keys.any(|(index, key)| part.range(index).any(|row| is_kept(part, *key, row)))
    };
    parts.iter().any(keeps)
}

/// Writes the rows of all parts, in the order of today's people, into the pack.
pub(crate) fn merge_parts(
    parts: &[Arc<Part>],
    people: People<'_>,
    pack: &mut PackWriter,
    columns_max: usize,
) -> Result<Written, ColumnarError> {
    let mut places: Vec<Vec<u32>> =
        parts.iter().map(|part| vec![NOWHERE; part.rows() as usize]).collect();
    let (trait_places, trait_ids) = merge_traits(parts, people.1)?;
    let hot = merge_hot(parts, people, &mut places, &trait_places, trait_ids);
    let (time, seq) = (hot.time_bounds(), hot.seq_bounds());
    let mut header = hot.write(pack)?;
    merge_columns(parts, &places, &trait_places, pack, columns_max, &mut header)?;
    Ok(Written { header, time, seq })
}

/// Runs of rows of one canonical person each, by person; without those of erased people.
fn spans(parts: &[Arc<Part>], (merges, erasing): People<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    for (part, number) in parts.iter().zip(0u32..) {
        let mut dirty: HashSet<u64> =
            merges.dirty_groups(part.meta().folded).into_iter().flatten().collect();
        dirty.extend(erasing);
        for (index, key) in part.people().iter().enumerate() {
            let range = part.range(index);
            if !dirty.contains(key) {
                spans.push(Span { key: *key, part: number, start: range.start, end: range.end });
                continue;
            }
            let from = spans.len();
            for row in range {
                let written = part.written(row, PersonId(*key)).0;
                if erasing.contains(&written) {
                    continue;
                }
                let person = merges.root(written);
                match spans[from..].last_mut() {
                    Some(last) if last.key == person && last.end == row => last.end += 1,
                    _ => spans.push(Span { key: person, part: number, start: row, end: row + 1 }),
                }
            }
        }
    }
    spans.sort_by_key(|span| span.key);
    spans
}

fn merge_hot(
    parts: &[Arc<Part>],
    people: People<'_>,
    places: &mut [Vec<u32>],
    trait_places: &[Vec<u32>],
    trait_ids: Vec<(u64, u64)>,
) -> HotRows {
    let mut hot = HotRows { trait_ids, ..HotRows::default() };
    let mut names = Names::new(parts);
    let rows: usize = parts.iter().map(|part| part.rows() as usize).sum();
    hot.times.reserve(rows);
    hot.seqs.reserve(rows);
    hot.codes.reserve(rows);
    let has_traits = parts.iter().any(|part| part.trait_refs().is_some());
    let spans = spans(parts, people);
    let mut order: Vec<(i64, u64, u32, u32)> = Vec::new();
    for group in spans.chunk_by(|a, b| a.key == b.key) {
        hot.people.push(group[0].key);
        hot.starts.push(hot.times.len() as u32);
        order.clear();
        for span in group {
            let part = &parts[span.part as usize];
            let (times, seqs) = (part.times(), part.seqs());
            order.extend(
                (span.start..span.end).map(|row| (times.get(row), seqs.get(row).0, span.part, row)),
            );
        }
        if group.len() > 1 {
            order.sort_unstable();
        }
        for (time, seq, part, row) in &order {
            let (number, row) = (*part as usize, *row as usize);
            let part = &parts[number];
            places[number][row] = hot.times.len() as u32;
            hot.times.push(*time);
            hot.seqs.push(*seq);
            hot.codes.push(names.code(number, part, part.events().get(row)));
            if has_traits {
                let version = part.trait_refs().map_or(0, |refs| refs[row]);
                // What an erased person's traits were goes also where others' rows refer to it.
                let place = version.checked_sub(1).map(|at| trait_places[number][at as usize]);
                hot.traits.push(place.filter(|at| *at != NOWHERE).map_or(0, |at| at + 1));
            }
        }
    }
    hot.names = names.list;
    place_exceptions(parts, places, &mut hot, people.0);
    hot
}

/// Sessions and written nodes, which few rows have.
fn place_exceptions(
    parts: &[Arc<Part>],
    places: &[Vec<u32>],
    hot: &mut HotRows,
    merges: &MergeMap,
) {
    for (part, places) in parts.iter().zip(places) {
        let is_kept = |row: u32| places[row as usize] != NOWHERE;
        let (rows, sessions) = part.sessions();
        let kept = rows.iter().zip(sessions).filter(|(row, _)| is_kept(**row));
        hot.sessions.extend(kept.map(|(row, id)| (places[*row as usize], *id)));
        let (rows, people) = part.written_exceptions();
        for (row, node) in rows.iter().zip(people) {
            if merges.root(*node) != *node && is_kept(*row) {
                hot.written.push((places[*row as usize], *node));
            }
        }
        // A key that has been merged since: its own rows now stand under another.
        for (index, key) in part.people().iter().enumerate() {
            if merges.root(*key) == *key {
                continue;
            }
            let range = part.range(index);
            let own =
                range.filter(|row| is_kept(*row) && part.written(*row, PersonId(*key)).0 == *key);
            hot.written.extend(own.map(|row| (places[row as usize], *key)));
        }
    }
    hot.sessions.sort_unstable();
    hot.written.sort_unstable();
}

/// The event names of the rows that were written, and for each part the new code of each of its own.
struct Names {
    list: Vec<String>,
    known: HashMap<String, u32>,
    codes: Vec<Vec<u32>>,
}

impl Names {
    fn new(parts: &[Arc<Part>]) -> Self {
        let codes = parts.iter().map(|part| vec![NOWHERE; part.events_count() as usize]);
        Self { list: Vec::new(), known: HashMap::new(), codes: codes.collect() }
    }

    fn code(&mut self, number: usize, part: &Part, code: u32) -> u32 {
        let new = &mut self.codes[number][code as usize];
        if *new == NOWHERE {
            let name = part.event_name(code);
            let list = &mut self.list;
            *new = *self.known.entry_ref(name).or_insert_with(|| {
                list.push(name.to_owned());
                list.len() as u32 - 1
            });
        }
        *new
    }
}

/// Person and version of a trait set.
type TraitId = (u64, u64);

/// For each part the place of each of its trait versions, and all versions once each. Versions
/// that two parts have share a place; [`first_places`] keeps the first. Those of erased people have
/// none.
fn merge_traits(
    parts: &[Arc<Part>],
    erasing: &BTreeSet<u64>,
) -> Result<(Vec<Vec<u32>>, Vec<TraitId>), ColumnarError> {
    let mut ids = Vec::new();
    let mut known: HashMap<(u64, u64), u32> = HashMap::new();
    let mut places = Vec::with_capacity(parts.len());
    for part in parts {
        let mut of_part = Vec::with_capacity(part.traits_count() as usize);
        for id in part.trait_ids()? {
            if erasing.contains(&id.0) {
                of_part.push(NOWHERE);
                continue;
            }
            of_part.push(*known.entry(id).or_insert_with(|| {
                ids.push(id);
                ids.len() as u32 - 1
            }));
        }
        places.push(of_part);
    }
    Ok((places, ids))
}

/// Places with repeats taken out: a trait version that two parts have is written once.
fn first_places(places: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut next = 0;
    let mut first = |place: &u32| {
        if *place == next {
            next += 1;
            *place
        } else {
            NOWHERE
        }
    };
    places.iter().map(|of_part| of_part.iter().map(&mut first).collect()).collect()
}

struct Merged {
    scope: Scope,
    name: String,
    present: u64,
    distinct: u64,
}

/// The columns of the inputs, most used first.
fn column_list(parts: &[Arc<Part>]) -> Vec<Merged> {
    let mut sums: HashMap<(Scope, &str), (u64, u64)> = HashMap::new();
    for ColumnMeta { scope, name, distinct, kinds } in parts.iter().flat_map(|part| part.columns())
    {
        let (present, all) = sums.entry((*scope, name)).or_default();
        *present += kinds.iter().map(|rows| u64::from(*rows)).sum::<u64>();
        *all += u64::from(*distinct);
    }
    let mut list: Vec<Merged> = sums
        .into_iter()
        .map(|((scope, name), (present, distinct))| Merged {
            scope,
            name: name.to_owned(),
            present,
            distinct,
        })
        .collect();
    list.sort_by(|a, b| {
        b.present.cmp(&a.present).then_with(|| (a.scope, &a.name).cmp(&(b.scope, &b.name)))
    });
    list
}

fn merge_columns(
    parts: &[Arc<Part>],
    places: &[Vec<u32>],
    trait_places: &[Vec<u32>],
    pack: &mut PackWriter,
    columns_max: usize,
    header: &mut PartHeader,
) -> Result<(), ColumnarError> {
    let trait_places = first_places(trait_places);
    let (mut events, mut traits) = (0, 0);
    let mut surplus = Surplus::default();
    let mut rests = Vec::new();
    for column in column_list(parts) {
        let (places, rows, used) = match column.scope {
            Scope::Trait => (&trait_places[..], header.traits, &mut traits),
            _ => (places, header.rows, &mut events),
        };
        if column.name == REST {
            rests.push(column);
            continue;
        }
        let counts = column.scope != Scope::System;
        if counts && *used >= columns_max {
            surplus.add(parts, places, &column)?;
            continue;
        }
        *used += usize::from(counts);
        let (dict, cells) = merge_column(parts, places, rows, &column)?;
        header.columns.extend(write_column(pack, column.scope, &column.name, dict, cells)?);
    }
    for column in rests {
        let places = if column.scope == Scope::Trait { &trait_places[..] } else { places };
        surplus.add(parts, places, &column)?;
    }
    for (scope, members) in [(Scope::System, surplus.events), (Scope::Trait, surplus.traits)] {
        let rows = if scope == Scope::Trait { header.traits } else { header.rows };
        let mut dict = Dict::default();
        let mut cells = CellsOut::Sparse(Vec::with_capacity(members.len()));
        for (row, mut json) in members {
            json.push('}');
            debug_assert!(row < rows, "a place lies in the part");
            cells.set(row, dict.intern(Kind::Object, &json));
        }
        header.columns.extend(write_column(pack, scope, REST, dict, cells)?);
    }
    Ok(())
}

fn merge_column(
    parts: &[Arc<Part>],
    places: &[Vec<u32>],
    rows: u32,
    column: &Merged,
) -> Result<(Dict, CellsOut), ColumnarError> {
    let unique = column.distinct > UNIQUE_MIN && column.distinct * UNIQUE_SHARE > column.present;
    let mut dict = Dict::default();
    let codes_max = u32::try_from(column.distinct + 1).unwrap_or(u32::MAX);
    let mut cells = CellsOut::new(rows, column.present as usize, codes_max);
    for (part, places) in parts.iter().zip(places) {
        let Some(input) = part.load_column(column.scope, &column.name)? else { continue };
        let mut codes = vec![NOWHERE; input.codes_count() as usize];
        each_cell(input.cells(), |row, code| {
            let place = places[row as usize];
            if place == NOWHERE {
                return;
            }
            let new = &mut codes[code as usize];
            if *new == NOWHERE {
                *new = take(&mut dict, &input, code, unique);
            }
            cells.set(place, *new);
        });
    }
    Ok((dict, cells))
}

/// Takes over a value that a row has; gives its new code.
fn take(dict: &mut Dict, column: &Column, code: u32, is_unique: bool) -> u32 {
    let kind = column.kind_numbers()[code as usize];
    match Kind::from_number(kind) {
        _ if is_unique => dict.push(kind, column.text(code)),
        Some(kind) => dict.intern(kind, column.text(code)),
        None => 0,
    }
}

/// Columns beyond the limit on their way into the JSON rest: open objects by row.
#[derive(Default)]
struct Surplus {
    events: HashMap<u32, String>,
    traits: HashMap<u32, String>,
}

impl Surplus {
    fn add(
        &mut self,
        parts: &[Arc<Part>],
        places: &[Vec<u32>],
        column: &Merged,
    ) -> Result<(), ColumnarError> {
        let objects =
            if column.scope == Scope::Trait { &mut self.traits } else { &mut self.events };
        for (part, places) in parts.iter().zip(places) {
            let Some(input) = part.load_column(column.scope, &column.name)? else { continue };
            each_cell(input.cells(), |row, code| {
                let place = places[row as usize];
                if place == NOWHERE {
                    return;
                }
                let json = objects.entry(place).or_default();
                if column.name == REST {
                    let text = input.text(code);
                    json.push(if json.is_empty() { '{' } else { ',' });
                    json.push_str(text.get(1..text.len() - 1).unwrap_or_default());
                } else {
                    let raw = raw_json(&input, code);
                    rest::add_member(json, column.scope, &column.name, &raw);
                }
            });
        }
        Ok(())
    }
}

/// A value as JSON text again.
fn raw_json(column: &Column, code: u32) -> String {
    let text = column.text(code);
    match Kind::from_number(column.kind_numbers()[code as usize]) {
        Some(Kind::Text) => serde_json::Value::String(text.to_owned()).to_string(),
        Some(Kind::Null) | None => "null".to_owned(),
        Some(Kind::Bool | Kind::Number | Kind::List | Kind::Object) => text.to_owned(),
    }
}

impl Part {
    fn sessions(&self) -> (&[u32], &[i64]) {
        self.session_slices().unwrap_or((&[], &[]))
    }

    /// Person and version of every trait set.
    fn trait_ids(&self) -> Result<Vec<(u64, u64)>, ColumnarError> {
        if self.traits_count() == 0 {
            return Ok(Vec::new());
        }
        let batch = self.batch("traits")?;
        let people =
            crate::ipc::values::<UInt64Type>(&batch, "person").unwrap_or_else(|| Vec::new().into());
        let versions = crate::ipc::values::<UInt64Type>(&batch, "version")
            .unwrap_or_else(|| Vec::new().into());
        Ok(people.iter().copied().zip(versions.iter().copied()).collect())
    }
}

//! Writing one part: the hot rows and people, the event table, and columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray, UInt8Array, UInt32Array, UInt64Array};

use crate::ColumnarError;
use crate::column::Scope;
use crate::dict::{CellsOut, Dict, code_array, number_array};
use crate::ipc;
use crate::pack::PackWriter;
use crate::part::{ColumnMeta, PartHeader};

/// An event with more rows than one in this many has no postings.
const POSTING_SHARE: usize = 64;

/// The rows of a part in their final order.
#[derive(Debug, Default)]
pub(crate) struct HotRows {
    pub(crate) people: Vec<u64>,
    /// Without the number of rows at the end.
    pub(crate) starts: Vec<u32>,
    pub(crate) times: Vec<i64>,
    pub(crate) seqs: Vec<u64>,
    pub(crate) codes: Vec<u32>,
    pub(crate) names: Vec<String>,
    /// Empty if no row has traits.
    pub(crate) traits: Vec<u32>,
    pub(crate) sessions: Vec<(u32, i64)>,
    pub(crate) written: Vec<(u32, u64)>,
    /// Person and version of each trait set.
    pub(crate) trait_ids: Vec<(u64, u64)>,
}

fn u32s(values: impl IntoIterator<Item = u32>) -> ArrayRef {
    Arc::new(UInt32Array::from_iter_values(values))
}

fn u64s(values: impl IntoIterator<Item = u64>) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(values))
}

fn i64s(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

impl HotRows {
    pub(crate) fn time_bounds(&self) -> (i64, i64) {
        let min = self.times.iter().min().copied().unwrap_or(0);
        (min, self.times.iter().max().copied().unwrap_or(0))
    }

    pub(crate) fn seq_bounds(&self) -> (u64, u64) {
        let min = self.seqs.iter().min().copied().unwrap_or(0);
        (min, self.seqs.iter().max().copied().unwrap_or(0))
    }

    /// Writes the hot entries; gives the header without its columns.
    pub(crate) fn write(self, pack: &mut PackWriter) -> Result<PartHeader, ColumnarError> {
        let (rows, people) = (self.times.len() as u32, self.people.len() as u32);
        let (time_base, times) = self.time_array();
        let (seq_base, seqs) = self.seq_array();
        self.write_events(pack)?;
        let firsts: Vec<i64> =
            self.starts.iter().map(|start| self.times[*start as usize]).collect();
        let traits = self.trait_ids.len() as u32;
        let mut columns: Vec<(&str, ArrayRef)> =
            vec![times, ("seq", seqs), ("event", code_array(self.codes, self.names.len() as u32))];
        if !self.traits.is_empty() {
            columns.push(("traits", Arc::new(UInt32Array::from(self.traits))));
        }
        pack.put("hot.rows", &ipc::encode(columns)?)?;
        let people_columns = vec![
            ("person", u64s(self.people.into_iter().chain([u64::MAX]))),
            ("start", u32s(self.starts.into_iter().chain([rows]))),
            ("first_us", i64s(firsts.into_iter().chain([i64::MAX]))),
        ];
        pack.put("hot.people", &ipc::encode(people_columns)?)?;
        if !self.sessions.is_empty() {
            let columns = vec![
                ("row", u32s(self.sessions.iter().map(|session| session.0))),
                ("session", i64s(self.sessions.iter().map(|session| session.1))),
            ];
            pack.put("sessions", &ipc::encode(columns)?)?;
        }
        if !self.written.is_empty() {
            let columns = vec![
                ("row", u32s(self.written.iter().map(|written| written.0))),
                ("person", u64s(self.written.iter().map(|written| written.1))),
            ];
            pack.put("written", &ipc::encode(columns)?)?;
        }
        if traits > 0 {
            let columns = vec![
                ("person", u64s(self.trait_ids.iter().map(|id| id.0))),
                ("version", u64s(self.trait_ids.iter().map(|id| id.1))),
            ];
            pack.put("traits", &ipc::encode(columns)?)?;
        }
        Ok(PartHeader { rows, people, traits, time_base, seq_base, columns: Vec::new() })
    }

    fn time_array(&self) -> (i64, (&'static str, ArrayRef)) {
        let (min, max) = self.time_bounds();
        let base = min.div_euclid(1_000).saturating_mul(1_000);
        let fits = max.checked_sub(base).is_some_and(|span| span / 1_000 <= i64::from(u32::MAX));
        if fits && self.times.iter().all(|time| time.rem_euclid(1_000) == 0) {
            let deltas = self.times.iter().map(|time| ((time - base) / 1_000) as u32);
            (base, ("time_ms", u32s(deltas)))
        } else {
            (0, ("time_us", i64s(self.times.iter().copied())))
        }
    }

    fn seq_array(&self) -> (u64, ArrayRef) {
        let (min, max) = self.seq_bounds();
        if max - min <= u64::from(u32::MAX) {
            (min, u32s(self.seqs.iter().map(|seq| (seq - min) as u32)))
        } else {
            (0, u64s(self.seqs.iter().copied()))
        }
    }

    fn write_events(&self, pack: &mut PackWriter) -> Result<(), ColumnarError> {
        let count = self.names.len();
        let mut rows = vec![0u32; count];
        let (mut min, mut max) = (vec![i64::MAX; count], vec![i64::MIN; count]);
        for (code, time) in self.codes.iter().zip(&self.times) {
            let code = *code as usize;
            rows[code] += 1;
            min[code] = min[code].min(*time);
            max[code] = max[code].max(*time);
        }
        let rare = |code: usize| rows[code] as usize * POSTING_SHARE <= self.codes.len();
        let mut ends = Vec::with_capacity(count);
        let mut end = 0;
        for (code, rows) in rows.iter().enumerate() {
            end += if rare(code) { *rows } else { 0 };
            ends.push(end);
        }
        let mut at: Vec<u32> = std::iter::once(0).chain(ends.iter().copied()).take(count).collect();
        let mut postings = vec![0u32; end as usize];
        for (row, code) in (0u32..).zip(&self.codes) {
            let code = *code as usize;
            if rare(code) {
                postings[at[code] as usize] = row;
                at[code] += 1;
            }
        }
        let mut by_name: Vec<u32> = (0..count as u32).collect();
        by_name.sort_unstable_by_key(|code| &self.names[*code as usize]);
        let columns = vec![
            ("name", Arc::new(StringArray::from_iter_values(&self.names)) as ArrayRef),
            ("by_name", u32s(by_name)),
            ("rows", u32s(rows)),
            ("time_min", i64s(min)),
            ("time_max", i64s(max)),
            ("posting_end", u32s(ends)),
        ];
        pack.put("events", &ipc::encode(columns)?)?;
        pack.put("postings", &ipc::encode(vec![("row", u32s(postings))])?)
    }
}

/// Writes a column and says what is in it; `None` if no row has a value.
pub(crate) fn write_column(
    pack: &mut PackWriter,
    scope: Scope,
    name: &str,
    dict: Dict,
    cells: CellsOut,
) -> Result<Option<ColumnMeta>, ColumnarError> {
    let codes_count = dict.len();
    let (rows, codes) = cells.finish();
    let kinds = count_kinds(dict.kinds(), &codes);
    if kinds.iter().all(|count| *count == 0) {
        return Ok(None);
    }
    let mut columns = Vec::with_capacity(2);
    if let Some(rows) = rows {
        columns.push(("row", Arc::new(UInt32Array::from(rows)) as ArrayRef));
    }
    columns.push(("code", code_array(codes, codes_count)));
    let entry = format!("{}:{name}", scope.prefix());
    pack.put(entry.clone(), &ipc::encode(columns)?)?;
    let (dict_kinds, numbers, texts) = dict.into_arrays();
    let mut columns: Vec<(&str, ArrayRef)> = vec![("kind", Arc::new(UInt8Array::from(dict_kinds)))];
    if !numbers.is_empty() {
        columns.push(("number", number_array(numbers)));
    }
    columns.push(("text", Arc::new(texts)));
    pack.put(format!("d{entry}"), &ipc::encode(columns)?)?;
    Ok(Some(ColumnMeta { scope, name: name.to_owned(), distinct: codes_count - 1, kinds }))
}

fn count_kinds(dict: &[u8], codes: &[u32]) -> [u32; 6] {
    let mut per_code = vec![0u32; dict.len()];
    for code in codes {
        per_code[*code as usize] += 1;
    }
    let mut kinds = [0; 6];
    for (kind, rows) in dict.iter().zip(per_code).skip(1) {
        kinds[usize::from(*kind) - 1] += rows;
    }
    kinds
}

//! Building the dictionary and the cells of a column.

use std::hash::BuildHasher;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray, UInt8Array, UInt16Array, UInt32Array};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use hashbrown::HashTable;

use crate::column::Kind;

/// Distinct values in order of appearance; code 0 is kept for "absent".
#[derive(Debug)]
pub(crate) struct Dict {
    texts: String,
    ends: Vec<u32>,
    kinds: Vec<u8>,
    table: HashTable<u32>,
    hasher: foldhash::fast::FixedState,
}

impl Default for Dict {
    fn default() -> Self {
        Self {
            texts: String::new(),
            ends: vec![0],
            kinds: vec![0],
            table: HashTable::new(),
            hasher: foldhash::fast::FixedState::default(),
        }
    }
}

impl Dict {
    fn hash(&self, kind: u8, text: &str) -> u64 {
        self.hasher.hash_one((kind, text))
    }

    pub(crate) fn text(&self, code: u32) -> &str {
        let index = code as usize;
        let from = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.texts[from as usize..self.ends[index] as usize]
    }

    /// The code of a value, new if it was not there.
    pub(crate) fn intern(&mut self, kind: Kind, text: &str) -> u32 {
        let kind = kind as u8;
        let hash = self.hash(kind, text);
        let same = |code: &u32| self.kinds[*code as usize] == kind && self.text(*code) == text;
        if let Some(code) = self.table.find(hash, same) {
            return *code;
        }
        let code = self.push(kind, text);
        let (kinds, texts, ends, hasher) = (&self.kinds, &self.texts, &self.ends, &self.hasher);
        self.table.insert_unique(hash, code, |code| {
            let index = *code as usize;
            hasher.hash_one((kinds[index], &texts[ends[index - 1] as usize..ends[index] as usize]))
        });
        code
    }

    /// Adds a value without looking whether it is there: for columns whose values hardly repeat.
    pub(crate) fn push(&mut self, kind: u8, text: &str) -> u32 {
        let code = self.kinds.len() as u32;
        self.texts.push_str(text);
        self.ends.push(self.texts.len() as u32);
        self.kinds.push(kind);
        code
    }

    pub(crate) fn len(&self) -> u32 {
        self.kinds.len() as u32
    }

    pub(crate) fn bytes(&self) -> usize {
        self.texts.len() + self.kinds.len() * 16
    }

    pub(crate) fn kinds(&self) -> &[u8] {
        &self.kinds
    }

    /// Kinds, numbers (empty if there are none) and texts, in the order of the codes.
    pub(crate) fn into_arrays(self) -> (Vec<u8>, Vec<f64>, StringArray) {
        let is_number = |kind: u8| kind == Kind::Number as u8 || kind == Kind::Bool as u8;
        let numbers = if self.kinds.iter().any(|kind| is_number(*kind)) {
            (0..self.len()).map(|code| number(self.kinds[code as usize], self.text(code))).collect()
        } else {
            Vec::new()
        };
        let mut offsets: Vec<i32> = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        offsets.extend(self.ends.iter().map(|end| *end as i32));
        let texts = StringArray::new(
            OffsetBuffer::new(ScalarBuffer::from(offsets)),
            Buffer::from_vec(self.texts.into_bytes()),
            None,
        );
        (self.kinds, numbers, texts)
    }
}

fn number(kind: u8, text: &str) -> f64 {
    if kind == Kind::Number as u8 {
        text.parse().unwrap_or(f64::NAN)
    } else if kind == Kind::Bool as u8 {
        f64::from(u8::from(text == "true"))
    } else {
        f64::NAN
    }
}

/// Codes of rows on their way to disk: dense or sparse, whichever is smaller.
#[derive(Debug)]
pub(crate) enum CellsOut {
    Dense(Vec<u32>),
    Sparse(Vec<(u32, u32)>),
}

const SPARSE_CELL_BYTES: usize = 8;

impl CellsOut {
    /// `present` is how many rows will be set, `codes` how many codes there may be.
    pub(crate) fn new(rows: u32, present: usize, codes: u32) -> Self {
        if present * SPARSE_CELL_BYTES < rows as usize * code_bytes(codes) {
            Self::Sparse(Vec::with_capacity(present))
        } else {
            Self::Dense(vec![0; rows as usize])
        }
    }

    pub(crate) fn set(&mut self, row: u32, code: u32) {
        match self {
            Self::Dense(codes) => codes[row as usize] = code,
            Self::Sparse(cells) => cells.push((row, code)),
        }
    }

    /// Rows (if sparse) and codes, ascending.
    pub(crate) fn finish(self) -> (Option<Vec<u32>>, Vec<u32>) {
        match self {
            Self::Dense(codes) => (None, codes),
            Self::Sparse(mut cells) => {
                cells.sort_unstable();
                (
                    Some(cells.iter().map(|cell| cell.0).collect()),
                    cells.iter().map(|cell| cell.1).collect(),
                )
            }
        }
    }
}

const fn code_bytes(codes: u32) -> usize {
    if codes <= 1 << 8 {
        1
    } else if codes <= 1 << 16 {
        2
    } else {
        4
    }
}

/// The narrowest array that holds codes below `codes`.
pub(crate) fn code_array(values: Vec<u32>, codes: u32) -> ArrayRef {
    match code_bytes(codes) {
        1 => Arc::new(UInt8Array::from_iter_values(values.into_iter().map(|code| code as u8))),
        2 => Arc::new(UInt16Array::from_iter_values(values.into_iter().map(|code| code as u16))),
        _ => Arc::new(UInt32Array::from(values)),
    }
}

pub(crate) fn number_array(numbers: Vec<f64>) -> ArrayRef {
    Arc::new(Float64Array::from(numbers))
}

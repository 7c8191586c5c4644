//! One property, trait or other value over the rows of a part.
//!
//! Every column is dictionary-encoded: each row has a code, code 0 means absent, every other code
//! stands for one distinct value of one JSON type. A filter is therefore evaluated once per
//! distinct value and looked up per row. Types are kept apart (`5` and `"5"` have two codes), so a
//! mixed column is shown as what it is. A column that few rows have is sparse: (row, code) pairs.
//!
//! The text of a number is kept as the sender wrote it, so an id beyond 2^53 is not rounded.

use std::ops::Index;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_buffer::ScalarBuffer;
use serde::{Deserialize, Serialize};

use crate::dict::{CellsOut, Dict};
use crate::ipc;

/// Where a column's name lives; the same name in two scopes is two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// `properties` of track, page and screen; `traits` of identify and group calls. Nested objects
    /// are flattened with dots.
    Property,
    /// The documented selection of `context` ([`crate::CONTEXT_COLUMNS`]), without the prefix.
    Context,
    /// The person's traits as they were at the event. Its rows are trait versions, not events: see
    /// [`crate::Part::trait_refs`].
    Trait,
    /// What Sluice itself knows of the event: [`crate::system`].
    System,
}

impl Scope {
    pub(crate) const fn prefix(self) -> char {
        match self {
            Self::Property => 'p',
            Self::Context => 'c',
            Self::Trait => 't',
            Self::System => 's',
        }
    }
}

/// The JSON type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    Null = 1,
    Bool = 2,
    Number = 3,
    Text = 4,
    List = 5,
    /// An empty object, or one nested deeper than columns go.
    Object = 6,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Null, Self::Bool, Self::Number, Self::Text, Self::List, Self::Object];

    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Null,
            2 => Self::Bool,
            3 => Self::Number,
            4 => Self::Text,
            5 => Self::List,
            6 => Self::Object,
            _ => return None,
        })
    }
}

/// One value of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// The row does not have it.
    Absent,
    /// The sender wrote `null`.
    Null,
    Bool(bool),
    /// `text` is the number as written; it says more than `number` where that had to round.
    Number {
        number: f64,
        text: &'a str,
    },
    /// Unescaped.
    Text(&'a str),
    /// JSON text of an array.
    List(&'a str),
    /// JSON text of an object.
    Object(&'a str),
}

impl Value<'_> {
    /// Whether a group-by shows it as `(none)`.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }
}

/// Codes of rows, in the narrowest width that holds them.
#[derive(Clone, Debug)]
pub(crate) enum Codes {
    U8(ScalarBuffer<u8>),
    U16(ScalarBuffer<u16>),
    U32(ScalarBuffer<u32>),
}

/// Codes as a plain slice; match once outside the loop.
#[derive(Clone, Copy, Debug)]
pub enum CodeSlice<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
}

impl CodeSlice<'_> {
    /// The code at an index; for loops match on the width instead.
    #[must_use]
    pub fn get(&self, index: usize) -> u32 {
        match self {
            Self::U8(codes) => u32::from(codes[index]),
            Self::U16(codes) => u32::from(codes[index]),
            Self::U32(codes) => codes[index],
        }
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::U8(codes) => codes.len(),
            Self::U16(codes) => codes.len(),
            Self::U32(codes) => codes.len(),
        }
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Codes {
    pub(crate) fn from_batch(batch: &RecordBatch, name: &str) -> Option<Self> {
        ipc::values::<UInt8Type>(batch, name)
            .map(Self::U8)
            .or_else(|| ipc::values::<UInt16Type>(batch, name).map(Self::U16))
            .or_else(|| ipc::values::<UInt32Type>(batch, name).map(Self::U32))
    }

    pub(crate) fn slice(&self) -> CodeSlice<'_> {
        match self {
            Self::U8(codes) => CodeSlice::U8(codes),
            Self::U16(codes) => CodeSlice::U16(codes),
            Self::U32(codes) => CodeSlice::U32(codes),
        }
    }
}

#[derive(Debug)]
enum Stored {
    Dense(Codes),
    Sparse { rows: ScalarBuffer<u32>, codes: Codes },
}

/// The rows of a column as slices.
#[derive(Clone, Copy, Debug)]
pub enum Cells<'a> {
    /// One code per row of the part.
    Dense(CodeSlice<'a>),
    /// Rows that have the value, ascending, and their codes; all other rows are absent.
    Sparse { rows: &'a [u32], codes: CodeSlice<'a> },
}

/// A column of one part, its values mapped.
#[derive(Debug)]
pub struct Column {
    stored: Stored,
    kinds: ScalarBuffer<u8>,
    numbers: ScalarBuffer<f64>,
    texts: StringArray,
}

impl Column {
    pub(crate) fn from_batches(cells: &RecordBatch, dictionary: &RecordBatch) -> Option<Self> {
        let codes = Codes::from_batch(cells, "code")?;
        let stored = match ipc::values::<UInt32Type>(cells, "row") {
            Some(rows) => Stored::Sparse { rows, codes },
            None => Stored::Dense(codes),
        };
        let column = Self {
            stored,
            kinds: ipc::values::<UInt8Type>(dictionary, "kind")?,
            numbers: ipc::values::<Float64Type>(dictionary, "number")
                .unwrap_or_else(|| Vec::new().into()),
            texts: dictionary.column_by_name("text")?.as_string_opt::<i32>()?.clone(),
        };
        (column.kinds.first() == Some(&0)).then_some(column)
    }

    pub(crate) fn from_built(dict: Dict, cells: CellsOut) -> Option<Self> {
        let codes_count = dict.len();
        let (rows, codes) = cells.finish();
        let codes = match codes_count {
            0..=0x100 => Codes::U8(codes.into_iter().map(|code| code as u8).collect()),
            0x101..=0x1_0000 => Codes::U16(codes.into_iter().map(|code| code as u16).collect()),
            _ => Codes::U32(codes.into()),
        };
        let stored = match rows {
            Some(rows) => Stored::Sparse { rows: rows.into(), codes },
            None => Stored::Dense(codes),
        };
        let (kinds, numbers, texts) = dict.into_arrays();
        (kinds.len() > 1).then(|| Self {
            stored,
            kinds: kinds.into(),
            numbers: numbers.into(),
            texts,
        })
    }

    #[must_use]
    pub fn cells(&self) -> Cells<'_> {
        match &self.stored {
            Stored::Dense(codes) => Cells::Dense(codes.slice()),
            Stored::Sparse { rows, codes } => Cells::Sparse { rows, codes: codes.slice() },
        }
    }

    /// The code of a row; a binary search when the column is sparse.
    #[must_use]
    pub fn code(&self, row: u32) -> u32 {
        match &self.stored {
            Stored::Dense(codes) => codes.slice().get(row as usize),
            Stored::Sparse { rows, codes } => {
                rows.binary_search(&row).map_or(0, |index| codes.slice().get(index))
            }
        }
    }

    /// How many codes there are, 0 (absent) included: codes are below this.
    #[must_use]
    pub fn codes_count(&self) -> u32 {
        self.kinds.len() as u32
    }

    /// What a code stands for.
    ///
    /// # Panics
    /// If the code is not below [`Column::codes_count`].
    #[must_use]
    pub fn value(&self, code: u32) -> Value<'_> {
        let index = code as usize;
        match Kind::from_number(*self.kinds.index(index)) {
            None => Value::Absent,
            Some(Kind::Null) => Value::Null,
            Some(Kind::Bool) => Value::Bool(self.numbers[index] != 0.0),
            Some(Kind::Number) => {
                Value::Number { number: self.numbers[index], text: self.texts.value(index) }
            }
            Some(Kind::Text) => Value::Text(self.texts.value(index)),
            Some(Kind::List) => Value::List(self.texts.value(index)),
            Some(Kind::Object) => Value::Object(self.texts.value(index)),
        }
    }

    /// The value of a row.
    #[must_use]
    pub fn get(&self, row: u32) -> Value<'_> {
        self.value(self.code(row))
    }

    /// Number per code, NaN where the value is not a number (booleans are 0 and 1). Empty if the
    /// column has neither numbers nor booleans.
    #[must_use]
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    pub(crate) fn kind_numbers(&self) -> &[u8] {
        &self.kinds
    }

    pub(crate) fn text(&self, code: u32) -> &str {
        self.texts.value(code as usize)
    }

    /// About what the column takes on disk and, in use, of the page cache.
    #[must_use]
    pub fn disk_bytes(&self) -> usize {
        let width = |codes: &Codes| match codes {
            Codes::U8(codes) => codes.len(),
            Codes::U16(codes) => codes.len() * 2,
            Codes::U32(codes) => codes.len() * 4,
        };
        let cells = match &self.stored {
            Stored::Dense(codes) => width(codes),
            Stored::Sparse { rows, codes } => rows.len() * 4 + width(codes),
        };
        cells + self.kinds.len() * 5 + self.numbers.len() * 8 + self.texts.value_data().len()
    }

    pub(crate) fn texts_len_ok(&self) -> bool {
        let len = self.kinds.len();
        self.texts.len() == len && (self.numbers.is_empty() || self.numbers.len() == len)
    }
}

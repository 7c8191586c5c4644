//! One immutable part, read: plain slices over the mapped file.
//!
//! Rows are sorted by (person, time, seq). `starts()[i]..starts()[i + 1]` are the rows of
//! `people()[i]`; keys ascend. The key is the canonical person of the moment the part was written;
//! [`crate::Selection`] knows what has changed since.
//!
//! Event names are coded per part, not per workspace: codes stay one byte wide however many names
//! a workspace has ever used, a hostile stream of new names fills only the parts it is in, and no
//! growing dictionary has to be committed together with the manifest. A query resolves its few
//! names once per part ([`Part::event_code`]).

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_buffer::ScalarBuffer;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use sluice_base::{Disk, Timestamp};
use sluice_event::{Offset, PersonId};

use crate::cache::{ColumnCache, ColumnKey};
use crate::column::{CodeSlice, Codes, Column, Scope};
use crate::pack::Pack;
use crate::{ColumnarError, ipc, rest};

/// What is known of one column of a part without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMeta {
    pub scope: Scope,
    pub name: String,
    /// Distinct values.
    pub distinct: u32,
    /// Rows per [`crate::Kind`], in the order of [`crate::Kind::ALL`].
    pub kinds: [u32; 6],
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PartHeader {
    pub(crate) rows: u32,
    pub(crate) people: u32,
    pub(crate) traits: u32,
    /// Micros; with `millis` the stored times are whole milliseconds since it.
    pub(crate) time_base: i64,
    pub(crate) seq_base: u64,
    pub(crate) columns: Vec<ColumnMeta>,
}

/// A part as the manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartMeta {
    pub id: u64,
    pub partition: crate::Partition,
    pub rows: u32,
    pub bytes: u64,
    pub time_min: i64,
    pub time_max: i64,
    pub seq_min: u64,
    pub seq_max: u64,
    /// Merge records folded into the keys.
    pub folded: u64,
}

impl PartMeta {
    /// Whether some row may lie in the range.
    #[must_use]
    pub const fn overlaps(&self, range: &Range<Timestamp>) -> bool {
        self.time_max >= range.start.as_micros() && self.time_min < range.end.as_micros()
    }
}

#[derive(Debug)]
pub(crate) enum StoredTimes {
    Millis(ScalarBuffer<u32>),
    Micros(ScalarBuffer<i64>),
}

/// Times of all rows; match once outside the loop.
#[derive(Clone, Copy, Debug)]
pub enum Times<'a> {
    /// Time is `base + 1000 * delta` microseconds. Used when every time is a whole millisecond and
    /// the part spans less than 49 days: half the bytes of the hot pass.
    Millis {
        base: i64,
        deltas: &'a [u32],
    },
    Micros(&'a [i64]),
}

impl Times<'_> {
    /// Microseconds since the epoch.
    #[must_use]
    pub fn get(&self, row: u32) -> i64 {
        match self {
            Self::Millis { base, deltas } => base + i64::from(deltas[row as usize]) * 1_000,
            Self::Micros(times) => times[row as usize],
        }
    }
}

#[derive(Debug)]
pub(crate) enum StoredSeqs {
    Short(ScalarBuffer<u32>),
    Long(ScalarBuffer<u64>),
}

/// Offsets in the events log of all rows: the tie-break of equal times.
#[derive(Clone, Copy, Debug)]
pub enum Seqs<'a> {
    Short { base: u64, deltas: &'a [u32] },
    Long(&'a [u64]),
}

impl Seqs<'_> {
    #[must_use]
    pub fn get(&self, row: u32) -> Offset {
        Offset(match self {
            Self::Short { base, deltas } => base + u64::from(deltas[row as usize]),
            Self::Long(seqs) => seqs[row as usize],
        })
    }
}

/// One event name of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventStats {
    pub rows: u32,
    pub time_min: Timestamp,
    pub time_max: Timestamp,
}

#[derive(Debug)]
struct EventTable {
    names: StringArray,
    /// Codes by name, ascending.
    sorted: ScalarBuffer<u32>,
    rows: ScalarBuffer<u32>,
    time_min: ScalarBuffer<i64>,
    time_max: ScalarBuffer<i64>,
    /// One more than there are names.
    posting_starts: ScalarBuffer<u32>,
    postings: ScalarBuffer<u32>,
}

/// An open part.
#[derive(Debug)]
pub struct Part {
    meta: PartMeta,
    header: PartHeader,
    pack: Pack,
    people: ScalarBuffer<u64>,
    starts: ScalarBuffer<u32>,
    firsts: ScalarBuffer<i64>,
    times: StoredTimes,
    seqs: StoredSeqs,
    codes: Codes,
    traits: Option<ScalarBuffer<u32>>,
    events: EventTable,
    sessions: Option<(ScalarBuffer<u32>, ScalarBuffer<i64>)>,
    written: Option<(ScalarBuffer<u32>, ScalarBuffer<u64>)>,
    cache: Arc<Mutex<ColumnCache>>,
    first_rows: OnceLock<Box<[u64]>>,
}

impl Part {
    pub(crate) fn open(
        disk: &dyn Disk,
        path: &Path,
        meta: PartMeta,
        cache: Arc<Mutex<ColumnCache>>,
    ) -> Result<Self, ColumnarError> {
        let (pack, header) = Pack::open::<PartHeader>(disk, path)?;
        let lacks = |what: &str| ColumnarError::damaged(path, format!("no {what}"));
        let entry = |name: &str| -> Result<Option<RecordBatch>, ColumnarError> {
            let Some(bytes) = pack.entry(name)? else { return Ok(None) };
            let bad = |error| ColumnarError::damaged(path, format!("entry `{name}`: {error}"));
            ipc::decode(&bytes).map(Some).map_err(bad)
        };
        let rows = entry("hot.rows")?.ok_or_else(|| lacks("rows"))?;
        let people = entry("hot.people")?.ok_or_else(|| lacks("people"))?;
        let times = ipc::values::<UInt32Type>(&rows, "time_ms")
            .map(StoredTimes::Millis)
            .or_else(|| ipc::values::<Int64Type>(&rows, "time_us").map(StoredTimes::Micros))
            .ok_or_else(|| lacks("times"))?;
        let seqs = ipc::values::<UInt32Type>(&rows, "seq")
            .map(StoredSeqs::Short)
            .or_else(|| ipc::values::<UInt64Type>(&rows, "seq").map(StoredSeqs::Long))
            .ok_or_else(|| lacks("seqs"))?;
        let pair_i64 = entry("sessions")?.and_then(|batch| {
            Some((
                ipc::values::<UInt32Type>(&batch, "row")?,
                ipc::values::<Int64Type>(&batch, "session")?,
            ))
        });
        let pair_u64 = entry("written")?.and_then(|batch| {
            Some((
                ipc::values::<UInt32Type>(&batch, "row")?,
                ipc::values::<UInt64Type>(&batch, "person")?,
            ))
        });
        let events = entry("events")?.zip(entry("postings")?).ok_or_else(|| lacks("events"))?;
        let part = Self {
            people: ipc::values::<UInt64Type>(&people, "person").ok_or_else(|| lacks("people"))?,
            starts: ipc::values::<UInt32Type>(&people, "start").ok_or_else(|| lacks("starts"))?,
            firsts: ipc::values::<Int64Type>(&people, "first_us").ok_or_else(|| lacks("firsts"))?,
            times,
            seqs,
            codes: Codes::from_batch(&rows, "event").ok_or_else(|| lacks("event codes"))?,
            traits: ipc::values::<UInt32Type>(&rows, "traits"),
            events: EventTable::from_batches(&events.0, &events.1)
                .ok_or_else(|| lacks("events"))?,
            sessions: pair_i64,
            written: pair_u64,
            meta,
            header,
            pack,
            cache,
            first_rows: OnceLock::new(),
        };
        if !part.is_consistent() {
            return Err(ColumnarError::damaged(path, "its tables do not fit together"));
        }
        Ok(part)
    }

    fn is_consistent(&self) -> bool {
        let (rows, people) = (self.header.rows as usize, self.header.people as usize);
        rows == self.meta.rows as usize
            && self.codes.slice().len() == rows
            && self.people.len() == people + 1
            && self.starts.last() == Some(&self.header.rows)
            && self.traits.as_ref().is_none_or(|traits| traits.len() == rows)
    }

    #[must_use]
    pub const fn meta(&self) -> &PartMeta {
        &self.meta
    }

    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.header.rows
    }

    /// Keys, ascending and distinct. Key 0 holds the events of nobody, ordered by time.
    #[must_use]
    pub fn people(&self) -> &[u64] {
        &self.people[..self.header.people as usize]
    }

    /// First row per key, and the number of rows at the end: one longer than [`Part::people`].
    #[must_use]
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// One bit per row, 64 rows a word: whether it is the first of its key. Made on first use and
    /// kept: whose some rows are is then a matter of counting bits.
    #[must_use]
    pub fn first_rows(&self) -> &[u64] {
        self.first_rows.get_or_init(|| {
            let mut words = vec![0; (self.header.rows as usize).div_ceil(64)];
            for start in &self.starts[..self.header.people as usize] {
                if let Some(word) = words.get_mut(*start as usize / 64) {
                    *word |= 1 << (start % 64);
                }
            }
            words.into()
        })
    }

    /// Time of the first row per key, microseconds.
    #[must_use]
    pub fn firsts(&self) -> &[i64] {
        &self.firsts[..self.header.people as usize]
    }

    #[must_use]
    pub fn times(&self) -> Times<'_> {
        match &self.times {
            StoredTimes::Millis(deltas) => Times::Millis { base: self.header.time_base, deltas },
            StoredTimes::Micros(times) => Times::Micros(times),
        }
    }

    #[must_use]
    pub fn seqs(&self) -> Seqs<'_> {
        match &self.seqs {
            StoredSeqs::Short(deltas) => Seqs::Short { base: self.header.seq_base, deltas },
            StoredSeqs::Long(seqs) => Seqs::Long(seqs),
        }
    }

    /// Event codes of all rows; they start at 0 and are below [`Part::events_count`].
    #[must_use]
    pub fn events(&self) -> CodeSlice<'_> {
        self.codes.slice()
    }

    #[must_use]
    pub fn events_count(&self) -> u32 {
        self.events.names.len() as u32
    }

    #[must_use]
    pub fn event_name(&self, code: u32) -> &str {
        self.events.names.value(code as usize)
    }

    /// The code of an event name in this part, or `None` if no row has it.
    #[must_use]
    pub fn event_code(&self, name: &str) -> Option<u32> {
        let sorted = &self.events.sorted;
        let index = sorted.partition_point(|code| self.event_name(*code) < name);
        sorted.get(index).copied().filter(|code| self.event_name(*code) == name)
    }

    #[must_use]
    pub fn event_stats(&self, code: u32) -> EventStats {
        let index = code as usize;
        EventStats {
            rows: self.events.rows[index],
            time_min: Timestamp::from_micros(self.events.time_min[index]),
            time_max: Timestamp::from_micros(self.events.time_max[index]),
        }
    }

    /// The rows of a rare event, ascending. `None` for an event that more than one row in 64 has:
    /// scanning the codes is as fast there.
    #[must_use]
    pub fn postings(&self, code: u32) -> Option<&[u32]> {
        let index = code as usize;
        let (from, to) = (self.events.posting_starts[index], self.events.posting_starts[index + 1]);
        (to > from).then(|| &self.events.postings[from as usize..to as usize])
    }

    /// Index plus one of the trait version that was valid at each row, 0 for none. Columns of
    /// [`Scope::Trait`] have one row per version: the value is `column.get(trait_ref - 1)`.
    /// `None` if no row has traits.
    #[must_use]
    pub fn trait_refs(&self) -> Option<&[u32]> {
        self.traits.as_deref()
    }

    /// Number of trait versions.
    #[must_use]
    pub const fn traits_count(&self) -> u32 {
        self.header.traits
    }

    /// The session the sender stated, or `None`.
    #[must_use]
    pub fn session(&self, row: u32) -> Option<i64> {
        let (rows, sessions) = self.sessions.as_ref()?;
        rows.binary_search(&row).ok().map(|index| sessions[index])
    }

    /// The node a row was written with, given its key.
    #[must_use]
    pub fn written(&self, row: u32, key: PersonId) -> PersonId {
        let Some((rows, people)) = self.written.as_ref() else { return key };
        rows.binary_search(&row).map_or(key, |index| PersonId(people[index]))
    }

    /// Rows whose written node differs from their key, ascending, with that node.
    #[must_use]
    pub fn written_exceptions(&self) -> (&[u32], &[u64]) {
        self.written.as_ref().map_or((&[], &[]), |(rows, people)| (rows, people))
    }

    /// The columns there are. Names beyond the limit are not listed but [`Part::column`] finds them.
    #[must_use]
    pub fn columns(&self) -> &[ColumnMeta] {
        &self.header.columns
    }

    /// A column by name, or `None` if no row has a value. Mapped and checked on first use, then
    /// kept in the store's bounded cache. A name beyond the column limit is put together from the
    /// JSON rest.
    ///
    /// # Errors
    /// If the bytes on disk are damaged.
    pub fn column(&self, scope: Scope, name: &str) -> Result<Option<Arc<Column>>, ColumnarError> {
        let key = ColumnKey { part: self.meta.id, scope, name: name.into() };
        if let Some(found) = self.cache.lock().get(&key) {
            return Ok(found);
        }
        let stored = self.load_column(scope, name)?;
        let column = rest::complete(self, scope, name, stored)?.map(Arc::new);
        self.cache.lock().insert(key, column.clone());
        Ok(column)
    }

    /// The column as stored, without what the JSON rest holds under its name.
    pub(crate) fn load_column(
        &self,
        scope: Scope,
        name: &str,
    ) -> Result<Option<Column>, ColumnarError> {
        let base = format!("{}:{name}", scope.prefix());
        let Some(cells) = self.pack.entry(&base)? else { return Ok(None) };
        let bad = |what: String| {
            ColumnarError::damaged(self.pack.path(), format!("column `{base}`: {what}"))
        };
        let dictionary =
            self.pack.entry(&format!("d{base}"))?.ok_or_else(|| bad("no dictionary".to_owned()))?;
        let cells = ipc::decode(&cells).map_err(|error| bad(error.to_string()))?;
        let dictionary = ipc::decode(&dictionary).map_err(|error| bad(error.to_string()))?;
        let column = Column::from_batches(&cells, &dictionary)
            .filter(Column::texts_len_ok)
            .ok_or_else(|| bad("unknown layout".to_owned()))?;
        Ok(Some(column))
    }

    pub(crate) fn session_slices(&self) -> Option<(&[u32], &[i64])> {
        self.sessions.as_ref().map(|(rows, sessions)| (&**rows, &**sessions))
    }

    pub(crate) fn batch(&self, name: &str) -> Result<RecordBatch, ColumnarError> {
        let damaged = |what: String| ColumnarError::damaged(self.pack.path(), what);
        let entry = self.pack.entry(name)?.ok_or_else(|| damaged(format!("no entry `{name}`")))?;
        ipc::decode(&entry).map_err(|error| damaged(format!("entry `{name}`: {error}")))
    }

    /// How many rows a column of the scope covers.
    pub(crate) const fn scope_rows(&self, scope: Scope) -> u32 {
        match scope {
            Scope::Trait => self.header.traits,
            Scope::Property | Scope::Context | Scope::System => self.header.rows,
        }
    }

    /// Reads the whole file and compares all checksums.
    ///
    /// # Errors
    /// If one does not hold.
    pub fn verify(&self) -> Result<(), ColumnarError> {
        self.pack.verify()
    }

    /// Row range of a key's index.
    #[must_use]
    pub fn range(&self, index: usize) -> Range<u32> {
        self.starts[index]..self.starts[index + 1]
    }
}

impl EventTable {
    fn from_batches(events: &RecordBatch, postings: &RecordBatch) -> Option<Self> {
        let table = Self {
            names: events.column_by_name("name")?.as_string_opt::<i32>()?.clone(),
            sorted: ipc::values::<UInt32Type>(events, "by_name")?,
            rows: ipc::values::<UInt32Type>(events, "rows")?,
            time_min: ipc::values::<Int64Type>(events, "time_min")?,
            time_max: ipc::values::<Int64Type>(events, "time_max")?,
            posting_starts: {
                let mut starts = vec![0];
                starts.extend_from_slice(&ipc::values::<UInt32Type>(events, "posting_end")?);
                starts.into()
            },
            postings: ipc::values::<UInt32Type>(postings, "row")?,
        };
        Some(table)
    }
}

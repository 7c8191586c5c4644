//! What a query reads: an unchanging set of parts with the people as they are now.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;
use parking_lot::Mutex;

use sluice_base::Timestamp;
use sluice_event::{Offset, PersonId, SourceNo};

use crate::column::Scope;
use crate::dirty::Dirty;
use crate::first_seen::FirstSeen;
use crate::merges::MergeMap;
use crate::part::Part;
use crate::walk::Selection;

/// The state of the store after one commit. Files of parts that were compacted away stay readable
/// for as long as a snapshot holds them.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) parts: Vec<Arc<Part>>,
    pub(crate) merges: Arc<MergeMap>,
    pub(crate) cursor: u64,
    pub(crate) stored: BTreeMap<SourceNo, u64>,
    pub(crate) accepted: u64,
    pub(crate) erased: u64,
    /// Nodes whose rows no answer has, although parts do.
    pub(crate) erasing: Arc<BTreeSet<u64>>,
    pub(crate) dirty: Mutex<Vec<(Vec<u64>, Arc<Dirty>)>>,
    pub(crate) first_seen: OnceLock<FirstSeen>,
    pub(crate) names: OnceLock<Vec<EventSummary>>,
    pub(crate) columns: OnceLock<Vec<ColumnSummary>>,
}

/// One event name over all parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSummary {
    pub name: String,
    pub rows: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// One column over all parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSummary {
    pub scope: Scope,
    pub name: String,
    /// Rows per [`crate::Kind`] in the order of [`crate::Kind::ALL`]; for traits, versions.
    pub kinds: [u64; 6],
    /// Largest number of distinct values in one part.
    pub distinct: u32,
}

/// At most this many event names are listed for pickers; the rest stays queryable by its name (I10).
pub const EVENT_NAMES_LISTED_MAX: usize = 20_000;
const DIRTY_KEPT_MAX: usize = 4;

impl Snapshot {
    /// All parts, by partition and then by age.
    #[must_use]
    pub fn parts(&self) -> &[Arc<Part>] {
        &self.parts
    }

    #[must_use]
    pub fn merges(&self) -> &MergeMap {
        &self.merges
    }

    /// Next offset of the events log: everything below it is in the parts.
    #[must_use]
    pub const fn cursor(&self) -> Offset {
        Offset(self.cursor)
    }

    /// Events taken over per source since the beginning (I4).
    #[must_use]
    pub const fn stored(&self) -> &BTreeMap<SourceNo, u64> {
        &self.stored
    }

    /// Events that the pipeline counted as accepted below the cursor. Equal to the sum of
    /// [`Snapshot::stored`], and to [`Snapshot::rows`] with [`Snapshot::erased`], or the ledger does
    /// not balance (I4).
    #[must_use]
    pub const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Events that are in no part any more, since their people were erased.
    #[must_use]
    pub const fn erased(&self) -> u64 {
        self.erased
    }

    /// Whether parts still hold rows of erased people.
    #[must_use]
    pub fn is_erasing(&self) -> bool {
        !self.erasing.is_empty()
    }

    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.rows())).sum()
    }

    /// The parts that can hold rows of the time range, ready to be walked person by person. Rows
    /// outside the range are in these parts, too: the operator looks at the times.
    #[must_use]
    pub fn select(self: &Arc<Self>, range: Range<Timestamp>) -> Selection {
        let parts: Vec<Arc<Part>> =
            self.parts.iter().filter(|part| part.meta().overlaps(&range)).cloned().collect();
        let ids: Vec<u64> = parts.iter().map(|part| part.meta().id).collect();
        let kept =
            self.dirty.lock().iter().find(|(of, _)| *of == ids).map(|(_, dirty)| dirty.clone());
        let dirty = kept.unwrap_or_else(|| {
            let dirty = Arc::new(Dirty::find(&parts, &self.merges, &self.erasing));
            let mut kept = self.dirty.lock();
            if kept.len() == DIRTY_KEPT_MAX {
                kept.remove(0);
            }
            kept.push((ids, dirty.clone()));
            dirty
        });
        Selection::new(self.clone(), parts, dirty)
    }

    /// Everything, whatever its time.
    #[must_use]
    pub fn select_all(self: &Arc<Self>) -> Selection {
        self.select(Timestamp::MIN..Timestamp::MAX)
    }

    /// When each person was first seen, over the whole history.
    #[must_use]
    pub fn first_seen(self: &Arc<Self>) -> &FirstSeen {
        self.first_seen.get_or_init(|| FirstSeen::new(&self.select_all()))
    }

    /// Time of a person's first event ever; `None` if there is none.
    #[must_use]
    pub fn first_seen_of(self: &Arc<Self>, person: PersonId) -> Option<Timestamp> {
        self.first_seen().reader().get(person)
    }

    /// The event names in use, most frequent first, at most [`EVENT_NAMES_LISTED_MAX`].
    #[must_use]
    pub fn event_names(&self) -> &[EventSummary] {
        self.names.get_or_init(|| {
            let mut names: HashMap<&str, EventSummary> = HashMap::new();
            for part in &self.parts {
                for code in 0..part.events_count() {
                    let (name, stats) = (part.event_name(code), part.event_stats(code));
                    let summary = names.entry(name).or_insert_with(|| EventSummary {
                        name: name.to_owned(),
                        rows: 0,
                        first: stats.time_min,
                        last: stats.time_max,
                    });
                    summary.rows += u64::from(stats.rows);
                    summary.first = summary.first.min(stats.time_min);
                    summary.last = summary.last.max(stats.time_max);
                }
            }
            let mut names: Vec<EventSummary> = names.into_values().collect();
            names.sort_unstable_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.name.cmp(&b.name)));
            names.truncate(EVENT_NAMES_LISTED_MAX);
            names
        })
    }

    /// The columns in use with their types, by scope and name.
    #[must_use]
    pub fn columns(&self) -> &[ColumnSummary] {
        self.columns.get_or_init(|| {
            let mut columns: BTreeMap<(Scope, &str), ([u64; 6], u32)> = BTreeMap::new();
            for meta in self.parts.iter().flat_map(|part| part.columns()) {
                let (kinds, distinct) = columns.entry((meta.scope, &meta.name)).or_default();
                for (sum, rows) in kinds.iter_mut().zip(meta.kinds) {
                    *sum += u64::from(rows);
                }
                *distinct = (*distinct).max(meta.distinct);
            }
            let summary = |((scope, name), (kinds, distinct)): ((Scope, &str), _)| ColumnSummary {
                scope,
                name: name.to_owned(),
                kinds,
                distinct,
            };
            columns.into_iter().map(summary).collect()
        })
    }
}

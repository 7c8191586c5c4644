//! Analytics storage: immutable parts of rows sorted by (person, time, seq), written from the
//! events log, compacted in the background, read as plain slices.
//!
//! - Writing: [`Store::ingest`] shreds the events of a batch into columns in memory,
//!   [`Store::flush`] writes them as small parts and commits parts, cursor and counts in one
//!   manifest, so each event of the log is in exactly one part (I3). [`Store::compact_once`] merges
//!   small parts of a month into larger ones.
//! - Reading: [`Store::snapshot`] gives an unchanging [`Snapshot`]; [`Snapshot::select`] the parts
//!   of a time range; [`Selection::walk`] every person once with all their rows, merged people
//!   included; [`Selection::numbered`] people as numbers, for passes over many at once; [`Part`]
//!   the slices; [`Part::column`] properties by name.
//!
//! Not here: conditions, operators and charts (`sluice-filter`, `sluice-insights`).

mod buffer;
mod cache;
mod column;
mod compact;
mod derived;
mod dict;
mod dirty;
mod error;
mod first_seen;
mod ipc;
mod manifest;
mod merges;
mod numbers;
mod pack;
mod part;
mod partition;
mod rest;
mod shred;
mod snapshot;
mod store;
mod union;
mod walk;
mod write;

pub use column::{Cells, CodeSlice, Column, Kind, Scope, Value};
pub use derived::{Country, Places};
pub use error::{ColumnarError, ErrorKind};
pub use first_seen::{FirstSeen, FirstSeenReader};
pub use merges::MergeMap;
pub use numbers::{Numbered, NumberedSlice, PartPeople};
pub use part::{ColumnMeta, EventStats, Part, PartMeta, Seqs, Times};
pub use partition::Partition;
pub use snapshot::{ColumnSummary, EVENT_NAMES_LISTED_MAX, EventSummary, Snapshot};
pub use store::{Store, StoreConfig};
pub use walk::{EventNames, PeopleSlice, Piece, RowRef, Run, Selection};

/// What of `context` becomes columns of [`Scope::Context`], by the first name of the path; the
/// whole event stays in the events log. `ip` is left out: an address identifies a person and is
/// of no use in a chart.
pub const CONTEXT_COLUMNS: &[&str] = &[
    "app",
    "campaign",
    "device",
    "groupId",
    "groupType",
    "groups",
    "library",
    "locale",
    "location",
    "network",
    "os",
    "page",
    "referrer",
    "screen",
    "timezone",
    "userAgent",
];

/// Names of the columns of [`Scope::System`].
pub mod system {
    /// Message id: text, different on nearly every row.
    pub const MESSAGE_ID: &str = "$message_id";
    /// Source number.
    pub const SOURCE: &str = "$source";
    pub const USER_ID: &str = "$user_id";
    pub const ANONYMOUS_ID: &str = "$anonymous_id";
    pub const GROUP_ID: &str = "$group_id";
    /// `track`, `identify`, `page`, `screen`, `group`, `alias`.
    pub const TYPE: &str = "$type";
    /// The `name` of a page or screen call.
    pub const NAME: &str = "$name";
}

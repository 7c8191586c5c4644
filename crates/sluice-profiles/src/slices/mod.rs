//! Slices: finished, sorted, mapped files of 128-bit keys behind Bloom filters, which merge.
//!
//! An index made of slices takes a new key for well under a microsecond and says "never seen" from
//! one cache line a slice. It fits data that is only ever added to: the index of identifiers here and
//! the deduplication index of the pipeline, which uses this module too.
//!
//! Not here: which slices are live, what is still in memory, when to merge; the owner of an index
//! decides that.

mod file;
mod filter;
mod merge;

pub use file::{Entry, META_BYTES, Slice, SliceWriter, path};
pub use merge::{FAN_IN, Merge, is_balanced};

//! The store against a naive model: same rows, same people, same order, whatever was flushed,
//! compacted, merged, undone or cut short by a crash in between.
#![expect(clippy::unwrap_used, reason = "tests")]

mod crash;
mod erasing;
mod formats;
mod limits;
mod model;
mod round_trip;

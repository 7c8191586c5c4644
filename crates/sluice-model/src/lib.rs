//! What operators configure, as plain records, one file per resource; and the tables made of them
//! that running parts read as immutable snapshots.

pub mod tables;

pub use tables::{ConnectionSpec, ConnectionTable, SourceEntry, SourceTable};

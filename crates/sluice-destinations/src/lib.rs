//! The destinations that Sluice brings along: a folder each, and one list.
//!
//! To add one: `<slug>/mod.rs` with a `Kind`, its golden files, and a line in [`catalog`].

pub mod amplitude;
pub mod catalog;
pub mod published;
pub mod webhook;

pub use catalog::{catalog, catalog_with};

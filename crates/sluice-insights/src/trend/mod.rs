//! Trends: how much of an event there was, per interval of time.
//!
//! A question is one pass over people per segment (`pass`, `operator`), which fills a table of cells
//! (`table`) and, for measures that must tell values apart, sorted runs of them (`counted`). Figures
//! over several intervals come from it by a `window`; formulas put figures together.

mod counted;
mod dims;
mod figure;
mod formula;
mod measure;
mod operator;
mod pass;
mod run;
pub mod spec;
mod table;
mod window;

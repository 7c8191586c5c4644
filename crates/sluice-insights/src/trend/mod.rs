//! Trends: how much of an event there was, per interval of time.
//!
//! A question is one pass over people per segment (`pass`, `operator`), which fills a table of cells
//! (`table`) and, for measures that must tell values apart, sorted runs of them (`counted`). Figures
//! over several intervals come from it by a `window`, which goes over runs by `sliding`; formulas put
//! figures together. There is `room` for so many numbers in an answer.

mod counted;
mod dims;
mod figure;
mod formula;
mod measure;
mod operator;
mod pass;
mod room;
mod run;
mod sliding;
pub mod spec;
mod table;
mod window;

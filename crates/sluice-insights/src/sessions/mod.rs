//! Sessions: how many there are, how long they last, how many people leave at once.

mod run;
pub mod spec;
mod split;

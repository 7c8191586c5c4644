//! Liquid, as far as mappings may use it.
//!
//! Segment runs LiquidJS without its loops, includes and costly filters. What is left has no loop, so
//! a rendering ends after at most as many steps as the template has characters, and this module
//! implements it itself:
//! - output `{{ … }}`, tags `{% … %}`, whitespace control by `-`;
//! - tags `assign`, `capture`, `if`/`elsif`/`else`, `unless`, `increment`, `decrement`, `cycle`,
//!   `echo`, `comment`, `raw`, `liquid`, and comments with `#`;
//! - operators `==`, `!=`, `<`, `<=`, `>`, `>=`, `contains`, `and`, `or`, `not`; `and` and `or` bind
//!   alike, from the right; `nil`, `empty`, `blank`;
//! - the filters of [`FILTERS`]. Dates are in UTC, and read from ISO texts and seconds alone: another
//!   text, which JavaScript may guess a date from, is left as it is.
//!
//! A name that does not exist is empty. Only false and nil are false. Not supported, and refused
//! when the template is read: ranges, the filters `where`, `slugify`, `sample`, `inspect`, and names
//! that are no filters, which LiquidJS passes over.

mod expr;
mod filters;
mod parse;
mod render;
mod text_filters;

pub use filters::FILTERS;

use expr::Filtered;

/// A template is at most this long, in UTF-16 units.
pub const TEMPLATE_CHARS_MAX: usize = 1_000;
/// What one rendering may put together, intermediate texts included.
pub const RENDER_BYTES_MAX: usize = 1 << 20;

/// A template, ready to be rendered.
#[derive(Clone, Debug)]
pub struct Template {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Output(Filtered),
    Assign(String, Filtered),
    Capture(String, Vec<Self>),
    /// Conditions with their bodies, in order; the last body has none.
    If(Vec<(Option<Condition>, Vec<Self>)>),
    Increment(String),
    Decrement(String),
    Cycle {
        /// Tells apart whose turn it is.
        group: String,
        candidates: Vec<Filtered>,
    },
    Block(Vec<Self>),
}

#[derive(Clone, Debug)]
struct Condition {
    value: Filtered,
    /// Of `unless`.
    negated: bool,
}

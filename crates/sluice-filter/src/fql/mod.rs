//! FQL, the language of destination filters and transformations: an expression over one event.
//!
//! ```text
//! type = 'track' and (event in ['Signed Up', 'Order Completed'] or contains(traits.email, '@corp.'))
//! ```
//! Rules (as Segment documents them, and what Sluice fixes where that is silent):
//! - a path that does not exist is null; nothing is converted on its own, so `30` is not `'30'`.
//! - `=` holds for equal types and values, `!=` is its exact negation; `<` and its kin are false
//!   unless both sides are numbers; `x in l` is false unless `l` is a list.
//! - `and`, `or`, `!` count only exact true as true; `and` binds tighter than `or`.
//! - a query matches if its result is exactly true; `all` alone matches every event.
//!
//! A query that does not parse matches nothing: whoever stores one keeps it only if it parses.
//!
//! Not here: what happens to an event that matches ([`crate::destination_filter`]).

mod eval;
mod function;
mod glob;
mod parse;
mod print;

pub use function::Function;

/// A query is at most this long.
pub const QUERY_BYTES_MAX: usize = 5 * 1024;

/// A query, ready to be asked of events. Displays as its canonical text.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    All,
    Expr(Expr),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Path(Vec<String>),
    Call(Function, Vec<Self>),
    Not(Box<Self>),
    Compare(Comparison, Box<(Self, Self)>),
    /// At least two.
    And(Vec<Self>),
    /// At least two.
    Or(Vec<Self>),
}

/// What may stand between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Comparison {
    pub const ALL: [Self; 7] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::In,
    ];

    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

//! Triggers: which events an action of a destination wants, as Segment's destination subscriptions
//! write it.
//!
//! ```text
//! type = "track" and (event = "Signed Up" or properties.plan != null)
//! ```
//! It looks like FQL and is smaller; where Segment's published parser is lenient, so is this one,
//! since triggers written there must mean the same here. [`Subscription::notes`] tells a person what
//! was passed over.
//! - A group has one connective: the last one written in it holds for all its parts. Parentheses
//!   hold no parentheses: the first `)` closes the group, that of a function too.
//! - Parentheses without a condition end the evaluation: what stands before them may still decide.
//! - `=` with a text holds for exactly that text, and `!=` for everything else, absent included.
//!   With a number (in properties, traits, context) both hold for numbers only, as do `<` and its kin.
//! - `contains` and `match` hold for texts only, negated too. `match` knows a star at the end;
//!   otherwise its first character is dropped and the rest must end the text.
//! - Single quotes are part of the value.
//!
//! One deviation: a field without an operator and a value makes the trigger invalid, so that it
//! matches nothing, where the original compares with whatever word stands there.

mod eval;
mod parse;
mod print;

use crate::fql::Comparison;
use crate::parse_error::ParseError;

/// A trigger is at most this long.
pub const TRIGGER_BYTES_MAX: usize = 16 * 1024;

/// A trigger, ready to be asked of events. Displays as its canonical text.
#[derive(Clone, Debug)]
pub struct Subscription {
    root: Group,
    notes: Vec<ParseError>,
}

impl Subscription {
    /// What was passed over while reading, each a likely mistake.
    #[must_use]
    pub fn notes(&self) -> &[ParseError] {
        &self.notes
    }
}

/// Equal if they mean the same; what was passed over does not count.
impl PartialEq for Subscription {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Group {
    /// `or` instead of `and`.
    any: bool,
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    /// Parentheses without a condition: whoever comes to them stops, and the trigger does not match.
    Nothing,
    Group(Group),
    Condition(Field, Test),
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    Type,
    Event,
    Name,
    UserId,
    In(Part, Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Properties,
    Traits,
    Context,
}

impl Part {
    const ALL: [Self; 3] = [Self::Properties, Self::Traits, Self::Context];

    const fn name(self) -> &'static str {
        match self {
            Self::Properties => "properties",
            Self::Traits => "traits",
            Self::Context => "context",
        }
    }
}

/// As written, and cut into its keys.
#[derive(Clone, Debug, PartialEq)]
struct Path {
    text: String,
    keys: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Is(String),
    IsNot(String),
    /// Never [`Comparison::In`].
    Number(Comparison, Literal),
    Text {
        how: Match,
        text: String,
        negated: bool,
    },
    Exists,
    DoesNotExist,
    IsBool(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Text(String),
    Number(f64),
}

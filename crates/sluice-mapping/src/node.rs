//! A mapping after it was read: what can be decided without an event has been.

use serde_json::Value;

use crate::liquid;
use crate::path::Path;
use crate::template::Template;

#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// Without directives inside.
    Constant(Value),
    List(Vec<Self>),
    Members(Vec<(String, Self)>),
    Path(Source<Path>),
    Template(Source<Template>),
    If(Box<If>),
    Case {
        upper: bool,
        value: Box<Self>,
    },
    Replace(Box<Replace>),
    ArrayPath {
        source: ArraySource,
        /// Not an empty object.
        shape: Option<Box<Self>>,
    },
    Encode(Box<Self>),
    Decode(Box<Self>),
    Flatten {
        separator: String,
        omit_arrays: bool,
        value: Box<Self>,
    },
    /// In the order of assignment: the last wins.
    Merge(Vec<Self>),
    Transform {
        apply: Box<Self>,
        mapping: Box<Self>,
    },
    ExcludeWhenNull(Box<Self>),
    Liquid(liquid::Template),
    /// Has no result, whatever the event.
    Nothing,
}

/// A text known from the start, or given by another directive.
#[derive(Clone, Debug)]
pub(crate) enum Source<T> {
    Fixed(T),
    Computed(Box<Node>),
}

#[derive(Clone, Debug)]
pub(crate) enum ArraySource {
    Path(Path),
    /// Gives the array itself.
    Computed(Box<Node>),
}

#[derive(Clone, Debug)]
pub(crate) struct If {
    pub(crate) test: Node,
    /// Tests that the value is not blank, instead of that it exists.
    pub(crate) blank: bool,
    pub(crate) then: Node,
    pub(crate) otherwise: Node,
}

#[derive(Clone, Debug)]
pub(crate) struct Replace {
    pub(crate) value: Node,
    /// One or two, one after the other.
    pub(crate) steps: Vec<ReplaceStep>,
    pub(crate) global: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ReplaceStep {
    pub(crate) pattern: regex::Regex,
    pub(crate) replacement: String,
}

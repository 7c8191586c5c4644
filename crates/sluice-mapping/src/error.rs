//! What is wrong with a mapping, or with applying it to one event.

use std::fmt::{self, Display, Formatter};

/// A mapping that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct MappingError {
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One mistake in a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A JSON pointer into the mapping, such as `/email/@if/then`; the whole mapping is "".
    pub pointer: String,
    pub message: String,
}

impl Display for MappingError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            Display::fmt(problem, f)?;
        }
        Ok(())
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "the mapping" } else { &self.pointer };
        write!(f, "{pointer} {}", self.message)
    }
}

/// A mapping that cannot be applied to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyError {
    pub message: String,
    /// From the inside out.
    keys: Vec<String>,
}

impl ApplyError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), keys: Vec::new() }
    }

    pub(crate) fn not_an_object(kind: &str) -> Self {
        Self::new(format!("data must be an object, got {kind}"))
    }

    /// The same error, seen from the member that holds it.
    pub(crate) fn within(mut self, key: &str) -> Self {
        self.keys.push(key.to_owned());
        self
    }

    /// Where in the mapping's plain objects: `/email`, `/items/sku`.
    #[must_use]
    pub fn pointer(&self) -> String {
        pointer(self.keys.iter().rev().map(String::as_str))
    }
}

impl Display for ApplyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.keys.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.pointer(), self.message)
    }
}

impl std::error::Error for ApplyError {}

pub(crate) fn pointer<'k>(keys: impl Iterator<Item = &'k str>) -> String {
    keys.fold(String::new(), |pointer, key| {
        pointer + "/" + &key.replace('~', "~0").replace('/', "~1")
    })
}

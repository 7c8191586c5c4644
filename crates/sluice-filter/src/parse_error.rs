//! Where a written condition goes wrong, and what would have been right.

/// A mistake in a written condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters are wrong, at least 1.
    pub length: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl ParseError {
    /// About the bytes from `start` to `end` of `text`.
    pub(crate) fn new(text: &str, start: usize, end: usize, message: impl Into<String>) -> Self {
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            length: text[start..end.max(start)].chars().count().max(1),
            message: message.into(),
        }
    }
}

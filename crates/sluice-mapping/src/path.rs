//! Paths into an event, as `@path`, `@arrayPath` and placeholders write them.

use std::borrow::Cow;

use serde_json::Value;
use sluice_base::ecma;

/// The keys of a path; none for the whole input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path(Vec<Box<str>>);

impl Path {
    /// The path of a directive: the first `$.` in it, normally at the start, is dropped.
    pub(crate) fn of_directive(text: &str) -> Self {
        match text.split_once("$.") {
            Some((before, after)) => Self::parse(&format!("{before}{after}")),
            None => Self::parse(text),
        }
    }

    /// Cut at `.`, at `[` before a digit or quote, at `]` after one; quotes are dropped. So
    /// `a[0].b` and `a['x y']` have keys as expected, `a[b]` is one key, and a key with a point in
    /// it cannot be written.
    pub(crate) fn parse(text: &str) -> Self {
        let is_mark = |c: char| c == '"' || c == '\'' || c.is_ascii_digit();
        let mut keys: Vec<String> = vec![String::new()];
        let mut rest = text.chars().peekable();
        let mut before = None;
        while let Some(c) = rest.next() {
            let cuts = match c {
                '.' => true,
                '[' => rest.peek().is_some_and(|next| is_mark(*next)),
                ']' => before.is_some_and(is_mark),
                _ => false,
            };
            if cuts {
                while c == ']' && rest.next_if_eq(&']').is_some() {}
                keys.push(String::new());
            } else if c != '"'
                && c != '\''
                && let Some(key) = keys.last_mut()
            {
                key.push(c);
            }
            before = Some(c);
        }
        // A part that held only quotes is an empty key of its own in the original; it finds nothing
        // in either case, unless an object has the empty key.
        Self(keys.into_iter().filter(|key| !key.is_empty()).map(String::into_boxed_str).collect())
    }

    /// What is there; `None` is undefined.
    pub(crate) fn of<'v>(&self, input: Option<&'v Value>) -> Option<Cow<'v, Value>> {
        ecma::walk(input?, self.0.iter().map(|key| &**key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, keys: &[&str]) {
        let expected: Vec<Box<str>> = keys.iter().map(|key| (*key).into()).collect();
        assert_eq!(Path::of_directive(text).0, expected, "{text}");
    }

    #[test]
    fn paths_are_cut_into_keys() {
        check("$.a.b", &["a", "b"]);
        check("a.b[0].c", &["a", "b", "0", "c"]);
        check("a['x y'].z", &["a", "x y", "z"]);
        check("a[\"k\"]", &["a", "k"]);
        check("a[b]", &["a[b]"]);
        check("a[0][1]", &["a", "0", "1"]);
        check("$.", &[]);
        check(".", &[]);
        check("a$.b", &["ab"]);
        check("", &[]);
    }
}

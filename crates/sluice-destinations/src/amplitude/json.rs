//! Reading parts of an event and writing parts of a request, as JSON text: what is not looked at is
//! copied byte for byte, so the sender's own digits stay.
//!
//! Not here: which fields there are (`mapping`).

use std::borrow::Cow;

use sluice_event::json::{RawText, Scanner, put_string};

/// The members of an object, in their order. Anything but an object reads as an empty one.
#[derive(Default)]
pub(super) struct Object<'a>(Vec<(RawText<'a>, &'a str)>);

impl<'a> Object<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let mut members = Vec::new();
        let mut scanner = Scanner::new(text);
        let mut is_inside = scanner.enter_object().unwrap_or(false);
        while is_inside {
            let Ok(key) = scanner.key() else { break };
            let Ok(place) = scanner.value() else { break };
            members.push((key, text.get(place).unwrap_or_default()));
            is_inside = scanner.next_member().unwrap_or(false);
        }
        Self(members)
    }

    pub(super) fn parse_some(text: Option<&'a str>) -> Self {
        text.map(Self::parse).unwrap_or_default()
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (RawText<'a>, &'a str)> + '_ {
        self.0.iter().copied()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A member's value as it stands; null counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(name, _)| is_key(name, key));
        found.map(|(_, value)| *value).filter(|value| *value != "null")
    }

    /// The object under a key, empty if there is none.
    pub(super) fn object(&self, key: &str) -> Self {
        Self::parse_some(self.get(key).filter(|value| value.starts_with('{')))
    }

    /// A text, or the digits of a number; an empty text counts as absent.
    pub(super) fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        scalar_text(self.get(key)?)
    }

    pub(super) fn number(&self, key: &str) -> Option<f64> {
        number(self.get(key)?)
    }
}

/// Whether a key as written means `key`.
pub(super) fn is_key(written: &RawText<'_>, key: &str) -> bool {
    if written.is_escaped() { written.decode() == key } else { written.raw() == key }
}

fn scalar_text(raw: &str) -> Option<Cow<'_, str>> {
    let text = match RawText::of_literal(raw) {
        Some(text) => text.decode(),
        None if raw.starts_with(['{', '[', 't', 'f', 'n']) => return None,
        None => Cow::Borrowed(raw),
    };
    (!text.is_empty()).then_some(text)
}

/// A number, or a text that is one once a `$` and spaces around it are gone.
pub(super) fn number(raw: &str) -> Option<f64> {
    let text = match RawText::of_literal(raw) {
        Some(text) => text.decode().trim().replacen('$', "", 1),
        None => raw.to_owned(),
    };
    let digits = text.trim_start_matches(['-', '+', '.']);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Writes the members of one object.
pub(super) struct Fields<'o> {
    out: &'o mut String,
    is_first: bool,
}

impl<'o> Fields<'o> {
    pub(super) fn open(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, is_first: true }
    }

    /// Members without braces, to be copied into several objects by [`Fields::all`].
    pub(super) const fn bare(out: &'o mut String) -> Self {
        Self { out, is_first: true }
    }

    pub(super) fn close(self) {
        self.out.push('}');
    }

    fn key(&mut self, key_as_written: &str) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        self.out.push('"');
        self.out.push_str(key_as_written);
        self.out.push_str("\":");
    }

    /// Copies a member. `key` is one of ours or as it stood in the event.
    pub(super) fn raw(&mut self, key: &str, raw: &str) {
        self.key(key);
        self.out.push_str(raw);
    }

    pub(super) fn raw_some(&mut self, key: &str, raw: Option<&str>) {
        if let Some(raw) = raw {
            self.raw(key, raw);
        }
    }

    /// As [`Fields::raw`] under a key that may need escapes.
    pub(super) fn raw_named(&mut self, name: &str, raw: &str) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        put_string(self.out, name);
        self.out.push(':');
        self.out.push_str(raw);
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        put_string(self.out, text);
    }

    pub(super) fn text_some(&mut self, key: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.text(key, text.as_ref());
        }
    }

    pub(super) fn integer(&mut self, key: &str, number: i64) {
        self.raw(key, &number.to_string());
    }

    pub(super) fn number(&mut self, key: &str, number: f64) {
        self.raw(key, &number.to_string());
    }

    pub(super) fn object(&mut self, key: &str) -> Fields<'_> {
        self.key(key);
        Fields::open(self.out)
    }

    pub(super) fn list<'a>(&mut self, key: &str, items: impl Iterator<Item = &'a str>) {
        self.key(key);
        Self::put_list(self.out, items);
    }

    pub(super) fn put_list<'a>(out: &mut String, items: impl Iterator<Item = &'a str>) {
        out.push('[');
        for (i, item) in items.enumerate() {
            if i > 0 {
                out.push(',');
            }
            out.push_str(item);
        }
        out.push(']');
    }

    /// Members that were written before with [`Fields::bare`].
    pub(super) fn all(&mut self, members: &str) {
        if !members.is_empty() {
            if !std::mem::take(&mut self.is_first) {
                self.out.push(',');
            }
            self.out.push_str(members);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_a_currency_sign_and_nothing_else() {
        let cases = [
            ("32", Some(32.0)),
            ("\"49.50\"", Some(49.5)),
            ("\" $12 \"", Some(12.0)),
            ("\"$-15.25\"", Some(-15.25)),
            ("\"-$15.25\"", Some(-15.25)),
            ("\"12 EUR\"", None),
            ("\"\"", None),
            ("\"inf\"", None),
            ("\"NaN\"", None),
            ("true", None),
            ("[1]", None),
            ("1e400", None),
        ];
        for (raw, expected) in cases {
            assert_eq!(number(raw), expected, "{raw}");
        }
    }

    #[test]
    fn what_is_no_object_reads_as_an_empty_one() {
        for text in ["", "null", "[1,2]", "\"x\"", "{", "{}"] {
            assert!(Object::parse(text).is_empty(), "{text}");
        }
        let object = Object::parse(r#"{"a":{"b":1},"\u0061b":null,"n":7,"e":""}"#);
        assert_eq!(object.object("a").text("b").as_deref(), Some("1"));
        assert_eq!((object.get("ab"), object.text("e")), (None, None));
        assert_eq!(object.text("n").as_deref(), Some("7"));
    }
}

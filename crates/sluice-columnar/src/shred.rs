//! A JSON object taken apart into names and values without building a tree.
//!
//! Nested objects are flattened with dots down to [`DEPTH_MAX`]; deeper ones and lists stay JSON
//! text. Each value is read once as raw text; only strings with escapes are decoded into new memory.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::column::Kind;

/// How deep nested objects become columns of their own.
pub(crate) const DEPTH_MAX: usize = 4;

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct Each<F>(F);

impl<'de, F: FnMut(&str, &'de str)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            let value: &'de RawValue = map.next_value()?;
            (self.0)(&name, value.get());
        }
        Ok(())
    }
}

impl<'de, F: FnMut(&str, &'de str)> DeserializeSeed<'de> for Each<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// Gives the members of an object as name and raw JSON text. `false` if it is not an object.
pub(crate) fn members<'a>(json: &'a str, each: impl FnMut(&str, &'a str)) -> bool {
    Each(each).deserialize(&mut serde_json::Deserializer::from_str(json)).is_ok()
}

/// Gives all values below a name: path, raw JSON text.
pub(crate) fn flatten<'a>(
    path: &mut String,
    raw: &'a str,
    depth: usize,
    each: &mut dyn FnMut(&str, &'a str),
) {
    if !raw.starts_with('{') || depth >= DEPTH_MAX || is_empty_object(raw) {
        each(path, raw);
        return;
    }
    let len = path.len();
    let mut inner: Vec<(String, &'a str)> = Vec::new();
    if !members(raw, |name, value| inner.push((name.to_owned(), value))) {
        each(path, raw);
        return;
    }
    for (name, value) in inner {
        path.push('.');
        path.push_str(&name);
        flatten(path, value, depth + 1, each);
        path.truncate(len);
    }
}

fn is_empty_object(raw: &str) -> bool {
    raw[1..].trim_start().starts_with('}')
}

/// Type and text of a raw JSON value: strings unescaped, all else as written. A string that is no
/// Unicode (a lone surrogate) keeps its escapes.
pub(crate) fn value(raw: &str) -> (Kind, Cow<'_, str>) {
    let borrowed = |kind| (kind, Cow::Borrowed(raw));
    match raw.as_bytes().first() {
        Some(b'"') => {
            let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
            if !inner.as_bytes().contains(&b'\\') {
                return (Kind::Text, Cow::Borrowed(inner));
            }
            let decoded: Result<String, _> = serde_json::from_str(raw);
            (Kind::Text, decoded.map_or(Cow::Borrowed(inner), Cow::Owned))
        }
        Some(b'{') => borrowed(Kind::Object),
        Some(b'[') => borrowed(Kind::List),
        Some(b't' | b'f') => borrowed(Kind::Bool),
        Some(b'n') => (Kind::Null, Cow::Borrowed("")),
        _ => borrowed(Kind::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_objects_become_dotted_names_and_numbers_keep_their_text() {
        let json = r#"{"a":{"b":{"c":1.50},"e":{}},"l":[1,{"x":2}],"s":"\u00e9\n","n":null,
            "d":{"1":{"2":{"3":{"4":{"5":6}}}}},"bad":"\ud800","big":9007199254740993}"#;
        let mut got = Vec::new();
        assert!(members(json, |name, raw| {
            flatten(&mut name.to_owned(), raw, 0, &mut |path, raw| {
                let (kind, text) = value(raw);
                got.push(format!("{path} {kind:?} {text}"));
            });
        }));
        assert_eq!(
            got,
            [
                "a.b.c Number 1.50",
                "a.e Object {}",
                "l List [1,{\"x\":2}]",
                "s Text é\n",
                "n Null ",
                "d.1.2.3.4 Object {\"5\":6}",
                "bad Text \\ud800",
                "big Number 9007199254740993",
            ]
        );
    }
}

//! Strings longer than Amplitude keeps are cut, in keys and in values.

use std::borrow::Cow;

/// Characters of a string that Amplitude keeps; the rest is cut off, the event stays.
const CHARS_MAX: usize = 1_024;

/// JSON text with every string cut to 1,024 characters.
pub(super) fn shorten(json: &str) -> Cow<'_, str> {
    if json.len() <= CHARS_MAX {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(quote) = rest.find('"') {
        let (before, string) = rest.split_at(quote + 1);
        let end = end_of_string(string);
        let (content, after) = string.split_at(end);
        out.push_str(before);
        out.push_str(cut(content));
        rest = after.strip_prefix('"').map_or(after, |after| {
            out.push('"');
            after
        });
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Bytes up to the closing quote.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The first characters of a string's raw content. An escape is one character, a surrogate pair
/// stays whole.
fn cut(content: &str) -> &str {
    if content.len() <= CHARS_MAX {
        return content;
    }
    let (mut at, mut chars) = (0, 0);
    while let Some(first) = content[at..].chars().next() {
        if chars == CHARS_MAX {
            return &content[..at];
        }
        chars += 1;
        at += match (first, content.as_bytes().get(at + 1)) {
            ('\\', Some(b'u')) if is_high_surrogate(&content[at..]) => 12,
            ('\\', Some(b'u')) => 6,
            ('\\', _) => 2,
            (plain, _) => plain.len_utf8(),
        };
    }
    content
}

fn is_high_surrogate(escape: &str) -> bool {
    let high = escape.get(2..4).is_some_and(|digits| {
        matches!(digits.as_bytes(), [b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B'])
    });
    high && escape.get(6..8) == Some("\\u") && escape.get(..12).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_cut_by_characters_and_nothing_else_changes() {
        let long = "é".repeat(1_030);
        let json = format!(r#"{{"a":"{long}","b\"":[1.50,"x\\"],"{long}":true}}"#);
        let short = "é".repeat(1_024);
        let expected = format!(r#"{{"a":"{short}","b\"":[1.50,"x\\"],"{short}":true}}"#);
        assert_eq!(shorten(&json), expected);
        let fits = format!(r#"["{}"]"#, "\\u00e9".repeat(1_024));
        assert_eq!(shorten(&fits), fits);
        let pairs = format!(r#"["{}"]"#, "\\ud83d\\ude00".repeat(1_025));
        assert_eq!(shorten(&pairs), format!(r#"["{}"]"#, "\\ud83d\\ude00".repeat(1_024)));
    }
}

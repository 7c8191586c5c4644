//! The patterns of `match`: the whole text, `*` any run, `?` one character, `[a-z]` and `[^…]` one
//! of a set, `\` the character itself.

/// Whether the whole text fits; a malformed pattern fits nothing.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    // Where to go on after the last star: it takes one character more each time.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix('*') {
            pattern = rest;
            retry = Some((rest, text));
            continue;
        }
        if pattern.is_empty() && text.is_empty() {
            return true;
        }
        let mut letters = text.chars();
        if let Some(c) = letters.next()
            && let Some(rest) = one(pattern, c)
        {
            (pattern, text) = (rest, letters.as_str());
            continue;
        }
        let Some((after_star, taken)) = retry else { return false };
        let mut letters = taken.chars();
        if letters.next().is_none() {
            return false;
        }
        (pattern, text) = (after_star, letters.as_str());
        retry = Some((after_star, text));
    }
}

/// The rest of the pattern, if its first element takes the character.
fn one(pattern: &str, c: char) -> Option<&str> {
    let mut rest = pattern.chars();
    match rest.next()? {
        '?' => Some(rest.as_str()),
        '[' => set(rest.as_str(), c),
        '\\' => (rest.next()? == c).then_some(rest.as_str()),
        literal => (literal == c).then_some(rest.as_str()),
    }
}

fn set(inside: &str, c: char) -> Option<&str> {
    let (negated, inside) = inside.strip_prefix('^').map_or((false, inside), |rest| (true, rest));
    let mut rest = inside.chars();
    let (mut holds, mut is_empty) = (false, true);
    loop {
        let low = match rest.next()? {
            ']' if is_empty => return None,
            ']' => break,
            '-' if is_empty => return None,
            '\\' => rest.next()?,
            plain => plain,
        };
        is_empty = false;
        let mut high = low;
        if let Some(after) = rest.as_str().strip_prefix('-') {
            rest = after.chars();
            high = match rest.next()? {
                ']' => return None,
                '\\' => rest.next()?,
                plain => plain,
            };
        }
        holds |= (low..=high).contains(&c);
    }
    (holds != negated).then_some(rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        let cases = [
            ("4.*", "4.1", true),
            ("4.*", "41", false),
            ("a*c", "a/b/c", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("*", "", true),
            ("?", "é", true),
            ("?", "", false),
            ("[abc]x", "bx", true),
            ("[^abc]x", "bx", false),
            ("[a-cz]", "z", true),
            (r"[\]]", "]", true),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            ("[", "[", false),
            ("[]", "]", false),
            ("[-a]", "-", false),
            (r"a\", "a", false),
            ("**a", "xxa", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn many_stars_on_a_long_text_end_in_time() {
        let pattern = "*a".repeat(400);
        assert!(!fits(&pattern, &"a".repeat(300)));
        assert!(!fits(&format!("{pattern}*b"), &"a".repeat(20_000)));
    }
}

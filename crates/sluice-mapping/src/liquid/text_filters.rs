//! The filters about texts.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::filters::{Input, strict_number};
use super::render::Context;

/// What JavaScript's `encodeURIComponent` escapes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// And its `cgi_escape`, which leaves less.
const CGI: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What `encodeURI` escapes, but for brackets.
const URI: &AsciiSet = &COMPONENT
    .remove(b';')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',')
    .remove(b'#')
    .remove(b'[')
    .remove(b']');

/// Runs a filter about texts.
pub(super) fn run(
    name: &str,
    input: &Input<'_>,
    context: &Context<'_>,
) -> Result<Option<Value>, String> {
    let text = input.text();
    let first = || input.argument_text(0);
    let changed = match name {
        "append" if input.arguments.is_empty() => {
            return Err("append expect 2 arguments".to_owned());
        }
        "prepend" if input.arguments.is_empty() => {
            return Err("prepend expect 2 arguments".to_owned());
        }
        "append" => text + &first(),
        "prepend" => first() + &text,
        "upcase" => text.to_uppercase(),
        "downcase" => text.to_lowercase(),
        "capitalize" => capitalize(&text),
        "strip" => trim(&text, &first(), true, true).to_owned(),
        "lstrip" => trim(&text, &first(), true, false).to_owned(),
        "rstrip" => trim(&text, &first(), false, true).to_owned(),
        "strip_newlines" => text.replace("\r\n", "").replace('\n', ""),
        "normalize_whitespace" => normalize(&text),
        "strip_html" => strip_html(&text),
        "escape" | "xml_escape" => escape(&text),
        "escape_once" => escape(&unescape(&text)),
        "url_encode" => utf8_percent_encode(&text, COMPONENT).to_string().replace("%20", "+"),
        "cgi_escape" => utf8_percent_encode(&text, CGI).to_string().replace("%20", "+"),
        "uri_escape" => utf8_percent_encode(&text, URI).to_string(),
        "url_decode" => {
            let plain = text.replace('+', " ");
            let decoded = percent_decode_str(&plain).decode_utf8();
            decoded.map_err(|_| "URI malformed".to_owned())?.into_owned()
        }
        "remove" => replace_all(&text, &first(), "", context)?,
        "remove_first" => text.replacen(&first(), "", 1),
        "remove_last" => replace_last(&text, &first(), ""),
        "replace" => replace_all(&text, &first(), &input.argument_text(1), context)?,
        "replace_first" => text.replacen(&first(), &input.argument_text(1), 1),
        "replace_last" => replace_last(&text, &first(), &input.argument_text(1)),
        "truncate" => return Ok(truncate(input, &text)),
        "truncatewords" => truncate_words(input, &text),
        "number_of_words" => return Ok(Some(text.split_whitespace().count().into())),
        "split" => {
            let between = first();
            // A value for each piece, however short it is.
            context.allows(text.matches(&between).count().saturating_mul(size_of::<Value>()))?;
            return Ok(Some(split(&text, &between)));
        }
        other => return Err(format!("there is no filter `{other}`")),
    };
    Ok(Some(Value::String(changed)))
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + &letters.as_str().to_lowercase()
}

/// Of white space, or of the characters given.
fn trim<'t>(text: &'t str, characters: &str, at_start: bool, at_end: bool) -> &'t str {
    let is_trimmed = |c: char| match characters {
        "" => c.is_whitespace() || c == '\u{feff}',
        set => set.contains(c),
    };
    let text = if at_start { text.trim_start_matches(is_trimmed) } else { text };
    if at_end { text.trim_end_matches(is_trimmed) } else { text }
}

fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_space = false;
    for c in text.chars() {
        if !c.is_whitespace() {
            out.push(c);
        } else if !in_space {
            out.push(' ');
        }
        in_space = c.is_whitespace();
    }
    out
}

/// Scripts, styles and comments with what is in them, other tags alone; what is not closed stays.
fn strip_html(text: &str) -> String {
    let blocks = [("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">")];
    let mut unclosed = [false; 4];
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let mut after = None;
        for (block, (open, close)) in blocks.iter().enumerate() {
            if unclosed[block] || !rest.starts_with(open) {
                continue;
            }
            match rest[open.len()..].find(close) {
                Some(length) => {
                    after = Some(&rest[open.len() + length + close.len()..]);
                    break;
                }
                None => unclosed[block] = true,
            }
        }
        let Some(after) = after else { break };
        rest = after;
    }
    out + rest
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn unescape(text: &str) -> String {
    const NAMES: [(&str, &str); 5] =
        [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&#39;", "'")];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let known = NAMES.iter().find_map(|(name, c)| Some((*c, rest.strip_prefix(name)?)));
        let (c, after) = known.unwrap_or(("&", &rest[1..]));
        out.push_str(c);
        rest = after;
    }
    out + rest
}

fn replace_all(
    text: &str,
    pattern: &str,
    with: &str,
    context: &Context<'_>,
) -> Result<String, String> {
    let pieces = pieces(text, pattern);
    // Before it is made: a long replacement at each of many places.
    context.allows(pieces.len().saturating_mul(with.len()))?;
    Ok(pieces.join(with))
}

/// As JavaScript splits: by the empty text into characters.
fn pieces<'t>(text: &'t str, between: &str) -> Vec<&'t str> {
    if !between.is_empty() {
        return text.split(between).collect();
    }
    text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect()
}

fn replace_last(text: &str, pattern: &str, with: &str) -> String {
    match text.rfind(pattern) {
        Some(at) => format!("{}{with}{}", &text[..at], &text[at + pattern.len()..]),
        None => text.to_owned(),
    }
}

fn split(text: &str, between: &str) -> Value {
    let mut pieces = pieces(text, between);
    while pieces.last().is_some_and(|piece| piece.is_empty()) {
        pieces.pop();
    }
    Value::Array(pieces.into_iter().map(Value::from).collect())
}

/// The argument as a count, or `absent`.
fn count(input: &Input<'_>, index: usize, absent: usize) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates at 0")]
    input.arguments.get(index).map_or(absent, |value| strict_number(value) as usize)
}

fn ellipsis(input: &Input<'_>) -> String {
    if input.arguments.len() > 1 { input.argument_text(1) } else { "...".to_owned() }
}

fn truncate(input: &Input<'_>, text: &str) -> Option<Value> {
    let (length, ellipsis) = (count(input, 0, 50), ellipsis(input));
    if text.chars().count() <= length {
        return input.value.clone();
    }
    let kept = length.saturating_sub(ellipsis.chars().count());
    Some(Value::String(text.chars().take(kept).collect::<String>() + &ellipsis))
}

fn truncate_words(input: &Input<'_>, text: &str) -> String {
    let words = count(input, 0, 15).max(1);
    let trimmed = text.trim_start();
    // A text that ends in space has an empty last word.
    let mut all: Vec<&str> = trimmed.split_whitespace().collect();
    if trimmed.is_empty() || trimmed.ends_with(char::is_whitespace) {
        all.push("");
    }
    let kept = all[..words.min(all.len())].join(" ");
    if all.len() >= words { kept + &ellipsis(input) } else { kept }
}
